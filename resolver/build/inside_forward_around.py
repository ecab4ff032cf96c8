"""Forward calls of what stands around a model: pictures, sound, texts, answers to requests; see inside_forward.py."""

import json

from inside_forward_means import scratch


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


def forward_skimage():
    import numpy as np
    from skimage import transform

    assert transform.resize(np.zeros((8, 8)), (4, 4)).shape == (4, 4)


def forward_matplotlib():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    figure.savefig(scratch("saved.png"))


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


def forward_spacy():
    import spacy

    assert len(spacy.blank("en")("one two three")) == 3


def forward_nltk():
    import nltk

    assert nltk.tokenize.RegexpTokenizer(r"\w+").tokenize("one two") == ["one", "two"]


def forward_gensim():
    from gensim.models import Word2Vec

    Word2Vec([["one", "two", "three"]] * 3, min_count=1, workers=1)


def forward_tokenizers():
    import tokenizers

    if hasattr(tokenizers, "Tokenizer"):
        tokenizers.Tokenizer(tokenizers.models.BPE())


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
