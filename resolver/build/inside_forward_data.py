"""Forward calls of what computes with arrays and tables, boosters among it; see inside_forward.py."""

from inside_forward_means import has, scratch


def forward_numpy():
    import numpy as np

    assert np.dot(np.ones((2, 3)), np.ones((3, 2)))[0][0] == 3.0
    np.linalg.inv(np.eye(3))


def forward_scipy():
    import numpy as np
    import scipy.linalg
    import scipy.sparse
    import scipy.stats

    scipy.linalg.inv(np.eye(3))
    scipy.sparse.csr_matrix(np.eye(3)).dot(np.ones(3))
    scipy.stats.norm.cdf(0.5)


def forward_pandas():
    import numpy as np
    import pandas

    frame = pandas.DataFrame({"a": np.arange(4), "b": np.arange(4) / 2.0, "c": list("xyxy")})
    assert frame.groupby("c").mean().values.shape == (2, 2)
    path = scratch("saved.csv")
    frame.to_csv(path, index=False)
    assert pandas.read_csv(path).shape == (4, 3)


def forward_sklearn():
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(np.arange(8).reshape(4, 2), [0, 0, 1, 1])
    assert len(fitted.predict(np.ones((3, 2)))) == 3
    try:
        import joblib
    except ImportError:
        return
    path = scratch("saved.joblib")
    joblib.dump(fitted, path)
    joblib.load(path).predict(np.ones((1, 2)))


def forward_xgboost():
    import numpy as np
    import xgboost

    # Boosters have classes in its style; without it they are used by their own names.
    if not has("sklearn"):
        rows = xgboost.DMatrix(np.arange(16.0).reshape(8, 2), label=[0, 1] * 4)
        xgboost.train({"max_depth": 2}, rows, 2).predict(rows)
        return
    booster = xgboost.XGBClassifier(n_estimators=2, max_depth=2)
    booster.fit(np.arange(16).reshape(8, 2), [0, 1] * 4)
    booster.predict(np.ones((2, 2)))


def forward_lightgbm():
    import lightgbm
    import numpy as np

    if not has("sklearn"):
        rows = np.arange(80.0).reshape(40, 2)
        lightgbm.train({"verbose": -1}, lightgbm.Dataset(rows, np.array([0, 1] * 20)), 2).predict(rows)
        return
    booster = lightgbm.LGBMClassifier(n_estimators=2, min_child_samples=1)
    booster.fit(np.arange(80).reshape(40, 2), [0, 1] * 20)
    booster.predict(np.ones((2, 2)))


def forward_faiss():
    import faiss
    import numpy as np

    store = faiss.IndexFlatL2(4)
    store.add(np.ones((3, 4), dtype="float32"))
    assert store.ntotal == 3


def forward_numba():
    import numba

    assert numba.njit(lambda x: x + 1)(1) == 2


def forward_h5py():
    import h5py
    import numpy as np

    with h5py.File(scratch("saved.h5"), "w") as stream:
        stream["x"] = np.ones(3)
        assert stream["x"][0] == 1.0
