def load(path):
    import tensorflow

    if hasattr(tensorflow, "function") and hasattr(tensorflow.saved_model, "load") and not hasattr(tensorflow, "Session"):
        loaded = tensorflow.saved_model.load(path)
        signature = loaded.signatures["serving_default"]
        inputs = signature.structured_input_signature[1]
        return {"loaded": loaded, "call": signature, "inputs": {name: spec for name, spec in inputs.items()}}
    session = tensorflow.Session(graph=tensorflow.Graph())
    with session.graph.as_default():
        meta = tensorflow.saved_model.loader.load(session, ["serve"], path)
    signature = meta.signature_def["serving_default"]
    inputs = {name: session.graph.get_tensor_by_name(info.name) for name, info in signature.inputs.items()}
    outputs = {name: info.name for name, info in signature.outputs.items()}

    def call(**given):
        return session.run(outputs, {inputs[name]: value for name, value in given.items()})

    return {"call": call, "inputs": inputs, "raw": True}


def predict(found, inputs):
    import numpy
    import tensorflow

    if not (isinstance(inputs, dict) and set(inputs) <= set(found["inputs"])):
        if len(found["inputs"]) != 1:
            raise ValueError("the model takes %s: send an object with these names" % ", ".join(sorted(found["inputs"])))
        inputs = {next(iter(found["inputs"])): inputs}
    given = {name: numpy.asarray(rows, dtype=found["inputs"][name].dtype.as_numpy_dtype) for name, rows in inputs.items()}
    if not found.get("raw"):
        given = {name: tensorflow.constant(value) for name, value in given.items()}
    answer = found["call"](**given)
    return next(iter(answer.values())) if len(answer) == 1 else answer


def picture(found, image):
    shapes = [spec.shape for spec in found["inputs"].values()]
    if len(shapes) != 1 or shapes[0].ndims != 4:
        raise ValueError("this model takes no single picture")
    return fitted(image, shapes[0].as_list())
