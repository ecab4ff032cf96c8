import importlib
import os
import tempfile


def load(path):
    return getattr(importlib.import_module(MODULE), FUNCTION)


def predict(function, inputs):
    if TAKES != "path":
        return function(inputs)
    if not hasattr(inputs, "save"):
        raise ValueError("send a picture")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "picture.png")
        inputs.save(path)
        return function(path)


def handed(function, image):
    return image


picture = handed if TAKES in ("image", "path") else None
