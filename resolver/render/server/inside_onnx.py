KINDS = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}


def load(path):
    import onnxruntime

    try:
        return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except TypeError:  # before 1.4
        return onnxruntime.InferenceSession(path)


def predict(session, inputs):
    import numpy

    wanted = {one.name: one for one in session.get_inputs()}
    if not (isinstance(inputs, dict) and set(inputs) <= set(wanted)):
        if len(wanted) != 1:
            raise ValueError("the model takes %s: send an object with these names" % ", ".join(sorted(wanted)))
        inputs = {next(iter(wanted)): inputs}
    feed = {name: numpy.asarray(rows, dtype=KINDS.get(wanted[name].type, "float32")) for name, rows in inputs.items()}
    names = [one.name for one in session.get_outputs()]
    try:
        answer = dict(zip(names, session.run(None, feed)))
    except Exception as problem:  # a class of its own for each kind of error, all of them made by the input
        raise ValueError(str(problem)[:300])
    return next(iter(answer.values())) if len(answer) == 1 else answer


def picture(session, image):
    wanted = session.get_inputs()
    if len(wanted) != 1:
        raise ValueError("this model takes no single picture")
    return fitted(image, wanted[0].shape)
