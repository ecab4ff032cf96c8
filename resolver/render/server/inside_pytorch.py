def load(path):
    import torch

    try:
        return torch.jit.load(path, map_location="cpu").eval()
    except RuntimeError:
        pass
    try:
        found = torch.load(path, map_location="cpu")
    except Exception as problem:  # since 2.6 only tensors are loaded unless the file is trusted; this one is the project's own
        if "weights_only" not in str(problem):
            raise
        found = torch.load(path, map_location="cpu", weights_only=False)
    if isinstance(found, dict):
        for name in ("state_dict", "model_state_dict", "model"):
            if isinstance(found.get(name), dict):
                found = found[name]
        network = named()
        network.load_state_dict({name[7:] if name.startswith("module.") else name: value for name, value in found.items()})
        found = network
    return found.eval()


def named():
    import importlib

    if not CLASS:
        raise SystemExit("the file holds weights alone, and the project has no class for them that needs no arguments")
    return getattr(importlib.import_module(MODULE), CLASS)()


def predict(network, inputs):
    import numpy
    import torch

    given = numpy.asarray(inputs)
    tensor = torch.from_numpy(given.astype("int64" if given.dtype.kind in "iu" and INTEGERS else "float32"))
    with torch.no_grad():
        return network(tensor)


def picture(network, image):
    return pixels(image, IMAGE_SIZE, IMAGE_SIZE, 3, True)


# Whole numbers reach the network as such (an embedding wants that) when this is True.
INTEGERS = False
