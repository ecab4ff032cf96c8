import io
import json
import math
import os
import threading

from flask import Flask, jsonify, request
from werkzeug.exceptions import HTTPException

# One request may carry this many bytes; a picture this many pixels.
MAX_BYTES = int(os.environ.get("MAX_BYTES", 16 << 20))
MAX_PIXELS = int(os.environ.get("MAX_PIXELS", 50000000))

# What frameworks raise when an input has the wrong shape or type.
BAD_INPUT = {
    "ValueError",
    "TypeError",
    "IndexError",
    "KeyError",
    "AssertionError",
    "RuntimeError",
    "InvalidArgument",
    "InvalidArgumentError",
    "XGBoostError",
    "LightGBMError",
}

app = application = Flask(__name__)
model = load(os.path.join(os.path.dirname(os.path.abspath(__file__)), MODEL))
turn = threading.Lock()


class Refused(Exception):
    def __init__(self, status, message):
        super(Refused, self).__init__(message)
        self.status = status


@app.route("/health")
def health():
    return jsonify(status="ok", model=MODEL)


@app.route("/predict", methods=["POST"])
def answer():
    try:
        kind, given = read()
        with turn:
            inputs = picture(model, given) if kind == "image" else given
            found = predict(model, inputs)
        return jsonify(predictions=plain(found))
    except Refused as problem:
        return jsonify(error=str(problem)), problem.status
    except HTTPException as problem:  # Flask's own limits
        return jsonify(error=problem.description), problem.code
    except Exception as problem:
        if {one.__name__ for one in type(problem).__mro__} & BAD_INPUT:
            lines = str(problem).strip().split("\n")  # what follows the first is often a trace
            return jsonify(error="%s: %s" % (type(problem).__name__, lines[0][:300])), 400
        app.logger.exception("the model failed")
        return jsonify(error="the model failed"), 500


def read():
    length = request.content_length
    if length is None:
        raise Refused(411, "send a Content-Length")
    if length > MAX_BYTES:
        drain(min(length, 4 * MAX_BYTES))
        raise Refused(413, "more than %d bytes" % MAX_BYTES)
    kind = request.mimetype
    if kind == "application/json" or kind.endswith("+json"):
        return "json", instances(request.get_data())
    if kind.startswith("image/"):
        return "image", opened(request.get_data())
    if kind == "multipart/form-data":
        files = list(request.files.values())
        if len(files) != 1:
            raise Refused(400, "send exactly one file")
        return "image", opened(files[0].read())
    raise Refused(415, "send application/json, image/* or multipart/form-data")


def drain(length):
    # A client that is still sending would not read the answer.
    while length > 0:
        chunk = request.environ["wsgi.input"].read(min(length, 65536))
        if not chunk:
            return
        length -= len(chunk)


def instances(body):
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=refused)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON")
    if isinstance(value, dict):
        for name in ("instances", "inputs", "data"):
            if name in value:
                return value[name]
    return value


def refused(word):
    raise ValueError(word)


def opened(body):
    if picture is None:
        raise Refused(415, "this model takes no pictures: send application/json")
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # told below, before anything is decoded
    try:
        image = Image.open(io.BytesIO(body))
    except Exception:
        raise Refused(400, "the body is no picture")
    if image.size[0] * image.size[1] > MAX_PIXELS:
        raise Refused(413, "more than %d pixels" % MAX_PIXELS)
    try:
        image.load()
    except Exception:
        raise Refused(400, "the picture is damaged")
    return image


def plain(value):
    # Arrays, tensors and numbers of any library as JSON; what is not finite becomes null.
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "numpy") and not hasattr(value, "tolist"):
        value = value.numpy()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
