"""Which iris is it? POST {"flowers": [[5.1, 3.5, 1.4, 0.2]]} to /predict."""

import joblib
from flask import Flask, jsonify, request

app = Flask(__name__)
names = ["setosa", "versicolor", "virginica"]


@app.route("/predict", methods=["POST"])
def predict():
    return jsonify(species=[names[number] for number in model.predict(request.get_json()["flowers"])])


if __name__ == "__main__":
    model = joblib.load("model.joblib")
    app.run()
