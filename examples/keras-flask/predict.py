"""A digit classifier behind Flask: POST an image to /predict."""

import io

import cv2
import numpy as np
import tensorflow as tf
from flask import Flask, jsonify, request
from keras.models import load_model
from PIL import Image

MAX_BYTES = 16 << 20
MAX_PIXELS = 50000000
Image.MAX_IMAGE_PIXELS = None  # refused by MAX_PIXELS, before anything is decoded

app = Flask(__name__)
graph = tf.get_default_graph()
model = load_model("model_file.h5")


@app.route("/health")
def health():
    return jsonify(status="ok", tensorflow=tf.__version__)


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


@app.errorhandler(Refused)
def refuse(problem):
    return jsonify(error=str(problem)), problem.status


@app.route("/predict", methods=["POST"])
def predict():
    small = cv2.resize(np.asarray(picture()), (28, 28)).astype("float32") / 255.0
    with graph.as_default():
        scores = model.predict(small.reshape(1, 28, 28, 1))[0]
    return jsonify(digit=int(scores.argmax()), scores=[float(score) for score in scores])


def picture():
    """The posted picture in shades of grey; Refused when it is none."""
    if request.content_length is None:
        raise Refused(411, "send a Content-Length")
    if request.content_length > MAX_BYTES:
        drain(min(request.content_length, 4 * MAX_BYTES))
        raise Refused(413, "more than %d bytes" % MAX_BYTES)
    if not request.mimetype.startswith("image/"):
        raise Refused(415, "send a picture as image/png, image/jpeg or the like")
    try:
        found = Image.open(io.BytesIO(request.get_data()))
    except Exception:
        raise Refused(400, "the body is no picture")
    if found.size[0] * found.size[1] > MAX_PIXELS:
        raise Refused(413, "more than %d pixels" % MAX_PIXELS)
    try:
        return found.convert("L")
    except Exception:
        raise Refused(400, "the picture is damaged")


def drain(length):
    """Read what the client is still sending: it would not look for the answer before."""
    while length > 0:
        chunk = request.stream.read(65536)
        if not chunk:
            return
        length -= len(chunk)


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
