def load(path):
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(path)
    return booster


def predict(booster, inputs):
    import xgboost

    names = booster.feature_names
    return booster.predict(xgboost.DMatrix(table(inputs, names).astype("float32"), feature_names=names))
