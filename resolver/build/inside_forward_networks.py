"""Forward calls of what trains and runs networks; see inside_forward.py."""

from inside_forward_means import has, scratch


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
