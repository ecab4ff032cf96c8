"""A digit classifier behind Flask: POST an image to /predict."""

import io

import cv2
import numpy as np
import tensorflow as tf
from flask import Flask, jsonify, request
from keras.models import load_model
from PIL import Image

app = Flask(__name__)
graph = tf.get_default_graph()
model = load_model("model_file.h5")


@app.route("/health")
def health():
    return jsonify(status="ok", tensorflow=tf.__version__)


@app.route("/predict", methods=["POST"])
def predict():
    picture = np.asarray(Image.open(io.BytesIO(request.get_data())).convert("L"))
    small = cv2.resize(picture, (28, 28)).astype("float32") / 255.0
    with graph.as_default():
        scores = model.predict(small.reshape(1, 28, 28, 1))[0]
    return jsonify(digit=int(scores.argmax()), scores=[float(score) for score in scores])


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
