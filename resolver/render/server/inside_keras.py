import contextlib


def load(path):
    try:
        import keras
    except ImportError:
        from tensorflow import keras
    network = keras.models.load_model(path, compile=False)
    session.found = None
    try:
        import tensorflow
    except ImportError:
        return network
    if hasattr(tensorflow, "get_default_graph"):  # TensorFlow 1: graph and session belong to the thread that made them
        backend = keras.backend.get_session() if hasattr(keras.backend, "get_session") else tensorflow.keras.backend.get_session()
        session.found = tensorflow.get_default_graph(), backend
    return network


@contextlib.contextmanager
def session():
    if session.found is None:
        yield
    else:
        with session.found[0].as_default(), session.found[1].as_default():
            yield


def predict(network, inputs):
    import numpy

    if isinstance(inputs, dict):
        given = {name: numpy.asarray(rows, dtype="float32") for name, rows in inputs.items()}
    else:
        given = numpy.asarray(inputs, dtype="float32")
        shape = network.input_shape
        if isinstance(shape, tuple) and given.ndim == len(shape) - 1:
            given = given[None]
        if isinstance(shape, tuple) and (given.ndim != len(shape) or wrong(given.shape, shape)):
            raise ValueError("the model takes the shape %s, these instances have %s" % (shape, given.shape))
    with session():
        return network.predict(given)


def wrong(given, shape):
    return any(want is not None and have != want for have, want in zip(given[1:], shape[1:]))


def picture(network, image):
    return fitted(image, network.input_shape)
