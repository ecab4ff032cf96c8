def load(path):
    try:
        import joblib
    except ImportError:
        from sklearn.externals import joblib
    return joblib.load(path)


def predict(estimator, inputs):
    return estimator.predict(table(inputs, getattr(estimator, "feature_names_in_", None)))
