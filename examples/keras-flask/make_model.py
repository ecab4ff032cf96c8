"""Makes model_file.h5: a small untrained network saved by Keras 2.2.5. Run it inside the image that `resolve` wrote."""

import keras
from keras.layers import Conv2D, Dense, Flatten
from keras.models import Sequential

keras.backend.clear_session()
network = Sequential([Conv2D(4, (3, 3), activation="relu", input_shape=(28, 28, 1)), Flatten(), Dense(10, activation="softmax")])
network.compile(loss="categorical_crossentropy", optimizer="sgd")
network.save("model_file.h5")
