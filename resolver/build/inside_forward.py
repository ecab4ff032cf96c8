"""One small real call for each framework: import alone does not show that it works; see inside_probe.py."""

import json
import os
import sys


def has(module):
    import importlib.util

    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def scratch(name):
    import tempfile

    return os.path.join(tempfile.mkdtemp(), name)


def keras_round_trip(keras):
    import numpy as np

    layers, models = keras.layers, keras.models
    built = models.Sequential([layers.Dense(3, input_shape=(4,), activation="relu"), layers.Dense(2)])
    sample = np.ones((2, 4), dtype="float32")
    before = built.predict(sample)
    assert before.shape == (2, 2), before.shape
    if has("h5py"):
        path = scratch("saved.h5")
        built.save(path)
        try:
            again = models.load_model(path)
        except TypeError as error:
            if "Could not" not in str(error) and "mse" not in str(error):
                raise
            again = models.load_model(path, compile=False)
        assert np.allclose(before, again.predict(sample), atol=1e-4)


def forward_tensorflow():
    import tensorflow as tf

    if tf.__version__.startswith(("0.", "1.")):
        graph = tf.Graph()
        with graph.as_default():
            product = tf.matmul(tf.ones([2, 3]), tf.ones([3, 2]))
            session = getattr(tf, "Session", None) or tf.compat.v1.Session
            with session() as running:
                assert running.run(product)[0][0] == 3.0
    else:
        assert float(tf.matmul(tf.ones([2, 3]), tf.ones([3, 2])).numpy()[0][0]) == 3.0
    if hasattr(tf, "keras") and not tf.__version__.startswith(("0.", "1.0", "1.1.", "1.2.", "1.3.", "1.4.", "1.5.", "1.6.")):
        keras_round_trip(tf.keras)


def forward_keras():
    import keras

    keras_round_trip(keras)


def forward_tf_keras():
    import tf_keras

    keras_round_trip(tf_keras)


def forward_torch():
    import torch

    answer = torch.nn.Linear(4, 2)(torch.ones(3, 4))
    assert tuple(answer.detach().numpy().shape) == (3, 2)
    import numpy as np

    assert float(torch.from_numpy(np.ones((2, 2), dtype="float32")).sum()) == 4.0
    path = scratch("saved.pt")
    torch.save(torch.nn.Linear(2, 2).state_dict(), path)
    torch.load(path)


def forward_torchvision():
    import torch
    import torchvision

    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8]), 0.5) if hasattr(torchvision, "ops") else [0]
    assert len(kept) == 1
    network = torchvision.models.resnet18()
    network.eval()
    with torch.no_grad():
        # The size that its pooling was made for until 0.4.
        assert tuple(network(torch.ones(1, 3, 224, 224)).shape) == (1, 1000)


def forward_torchaudio():
    import torch
    import torchaudio

    torchaudio.transforms.Spectrogram(n_fft=64)(torch.ones(1, 1000))


def forward_onnxruntime():
    import numpy as np
    import onnxruntime

    def field(number, kind, payload):
        head = bytes([number << 3 | kind])
        return head + (bytes([payload]) if kind == 0 else bytes([len(payload)]) + payload)

    shape = field(2, 2, field(1, 2, field(1, 0, 1)) + field(1, 2, field(1, 0, 2)))
    value = field(2, 2, field(1, 2, field(1, 0, 1) + shape))
    node = field(1, 2, b"x") + field(1, 2, b"x") + field(2, 2, b"y") + field(4, 2, b"Add")
    graph = field(1, 2, node) + field(2, 2, b"g") + field(11, 2, field(1, 2, b"x") + value) + field(12, 2, field(1, 2, b"y") + value)
    content = field(1, 0, 3) + field(7, 2, graph) + field(8, 2, field(2, 0, 7))
    session = (
        onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        if hasattr(onnxruntime, "get_available_providers")
        else onnxruntime.InferenceSession(content)
    )
    answer = session.run(None, {"x": np.ones((1, 2), dtype="float32")})[0]
    assert answer.tolist() == [[2.0, 2.0]], answer


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


def forward_pandas():
    import numpy as np
    import pandas

    frame = pandas.DataFrame({"a": np.arange(4), "b": np.arange(4) / 2.0, "c": list("xyxy")})
    assert frame.groupby("c").mean().values.shape == (2, 2)
    path = scratch("saved.csv")
    frame.to_csv(path, index=False)
    assert pandas.read_csv(path).shape == (4, 3)


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


def has_sklearn():
    # Boosters have classes in its style; without it they are used by their own names.
    import importlib.util

    return importlib.util.find_spec("sklearn") is not None


def forward_xgboost():
    import numpy as np
    import xgboost

    if not has_sklearn():
        rows = xgboost.DMatrix(np.arange(16.0).reshape(8, 2), label=[0, 1] * 4)
        xgboost.train({"max_depth": 2}, rows, 2).predict(rows)
        return
    booster = xgboost.XGBClassifier(n_estimators=2, max_depth=2)
    booster.fit(np.arange(16).reshape(8, 2), [0, 1] * 4)
    booster.predict(np.ones((2, 2)))


def forward_lightgbm():
    import lightgbm
    import numpy as np

    if not has_sklearn():
        rows = np.arange(80.0).reshape(40, 2)
        lightgbm.train({"verbose": -1}, lightgbm.Dataset(rows, np.array([0, 1] * 20)), 2).predict(rows)
        return
    booster = lightgbm.LGBMClassifier(n_estimators=2, min_child_samples=1)
    booster.fit(np.arange(80).reshape(40, 2), [0, 1] * 20)
    booster.predict(np.ones((2, 2)))


def forward_jax():
    import jax
    import jax.numpy as jnp

    assert float(jax.jit(lambda x: (x * 2).sum())(jnp.ones(3))) == 6.0


def forward_flax():
    import flax.linen as nn
    import jax
    import jax.numpy as jnp

    layer = nn.Dense(2)
    layer.apply(layer.init(jax.random.PRNGKey(0), jnp.ones((1, 3))), jnp.ones((1, 3)))


def forward_mxnet():
    import mxnet

    assert mxnet.nd.dot(mxnet.nd.ones((2, 3)), mxnet.nd.ones((3, 2))).asnumpy()[0][0] == 3.0


def forward_cv2():
    import cv2
    import numpy as np

    picture = np.zeros((8, 8, 3), dtype=np.uint8)
    assert cv2.resize(picture, (4, 4)).shape == (4, 4, 3)
    cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    assert cv2.imencode(".png", picture)[0]


def forward_pil():
    from PIL import Image

    path = scratch("saved.png")
    Image.new("RGB", (8, 8)).resize((4, 4)).save(path)
    assert Image.open(path).size == (4, 4)


def forward_flask():
    import flask

    application = flask.Flask("probe")

    @application.route("/")
    def index():
        return flask.jsonify(ok=True)

    answer = application.test_client().get("/")
    assert answer.status_code == 200 and json.loads(answer.data.decode())["ok"] is True
    with application.app_context():
        flask.render_template_string("{{ 1 + 1 }}")


def forward_fastapi():
    import fastapi

    application = fastapi.FastAPI()

    @application.get("/{number}")
    async def index(number: int):
        return {"number": number}

    application.openapi()
    # One real request, without a client: the test client needs a distribution of its own.
    import asyncio

    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "root_path": ""}
    scope.update(path="/3", raw_path=b"/3", query_string=b"", headers=[], client=("test", 1), server=("test", 80))
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(application(scope, receive, send))
    finally:
        loop.close()
    assert sent[0]["status"] == 200 and b"".join(m.get("body", b"") for m in sent[1:]) == b'{"number":3}', sent


def forward_spacy():
    import spacy

    assert len(spacy.blank("en")("one two three")) == 3


def forward_transformers():
    import transformers

    if not has("torch"):
        return
    import torch

    settings = transformers.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, max_position_embeddings=16
    )
    network = transformers.BertModel(settings)
    network.eval()
    with torch.no_grad():
        assert tuple(network(torch.tensor([[1, 2, 3]]))[0].shape) == (1, 3, 8)


def forward_librosa():
    import librosa
    import numpy as np

    librosa.feature.mfcc(y=np.random.RandomState(0).randn(4096).astype("float32"), sr=8000, n_mfcc=4)


def forward_soundfile():
    import numpy as np
    import soundfile

    path = scratch("saved.wav")
    soundfile.write(path, np.zeros(100), 8000)
    assert len(soundfile.read(path)[0]) == 100


def forward_matplotlib():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    figure.savefig(scratch("saved.png"))


def forward_numba():
    import numba

    assert numba.njit(lambda x: x + 1)(1) == 2


def forward_skimage():
    import numpy as np
    from skimage import transform

    assert transform.resize(np.zeros((8, 8)), (4, 4)).shape == (4, 4)


def forward_h5py():
    import h5py
    import numpy as np

    with h5py.File(scratch("saved.h5"), "w") as stream:
        stream["x"] = np.ones(3)
        assert stream["x"][0] == 1.0


def forward_gensim():
    from gensim.models import Word2Vec

    Word2Vec([["one", "two", "three"]] * 3, min_count=1, workers=1)


def forward_faiss():
    import faiss
    import numpy as np

    store = faiss.IndexFlatL2(4)
    store.add(np.ones((3, 4), dtype="float32"))
    assert store.ntotal == 3


def forward_nltk():
    import nltk

    assert nltk.tokenize.RegexpTokenizer(r"\w+").tokenize("one two") == ["one", "two"]


def forward_tokenizers():
    import tokenizers

    if hasattr(tokenizers, "Tokenizer"):
        tokenizers.Tokenizer(tokenizers.models.BPE())


FORWARD = [
    ("numpy", forward_numpy, False),
    ("tensorflow", forward_tensorflow, True),
    ("keras", forward_keras, True),
    ("tf_keras", forward_tf_keras, False),
    ("torch", forward_torch, True),
    ("torchvision", forward_torchvision, True),
    ("torchaudio", forward_torchaudio, False),
    ("onnxruntime", forward_onnxruntime, True),
    ("sklearn", forward_sklearn, False),
    ("pandas", forward_pandas, False),
    ("scipy", forward_scipy, False),
    ("xgboost", forward_xgboost, False),
    ("lightgbm", forward_lightgbm, False),
    ("jax", forward_jax, True),
    ("flax", forward_flax, False),
    ("mxnet", forward_mxnet, True),
    ("cv2", forward_cv2, False),
    ("PIL", forward_pil, False),
    ("skimage", forward_skimage, False),
    ("h5py", forward_h5py, False),
    ("flask", forward_flask, False),
    ("fastapi", forward_fastapi, False),
    ("spacy", forward_spacy, False),
    ("transformers", forward_transformers, False),
    ("tokenizers", forward_tokenizers, False),
    ("librosa", forward_librosa, False),
    ("soundfile", forward_soundfile, False),
    ("matplotlib", forward_matplotlib, False),
    ("numba", forward_numba, False),
    ("gensim", forward_gensim, False),
    ("faiss", forward_faiss, False),
    ("nltk", forward_nltk, False),
]
