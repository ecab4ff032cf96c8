"""Makes model.joblib; ran once with scikit-learn 0.24.2."""

import joblib
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

joblib.dump(
    RandomForestClassifier(n_estimators=5, max_depth=3, random_state=0).fit(*load_iris(return_X_y=True)), "model.joblib", compress=3
)
