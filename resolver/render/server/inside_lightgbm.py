def load(path):
    import lightgbm

    return lightgbm.Booster(model_file=path)


def predict(booster, inputs):
    return booster.predict(table(inputs, booster.feature_name()).astype("float64"))
