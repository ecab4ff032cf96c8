"""One small real call for each framework: import alone does not show that it works; see inside_probe.py."""

import inside_forward_around as around
import inside_forward_data as data
import inside_forward_networks as networks

# (import root, call, whether it is made although the project does not ask for the distribution itself), in this order.
FORWARD = [
    ("numpy", data.forward_numpy, False),
    ("tensorflow", networks.forward_tensorflow, True),
    ("keras", networks.forward_keras, True),
    ("tf_keras", networks.forward_tf_keras, False),
    ("torch", networks.forward_torch, True),
    ("torchvision", networks.forward_torchvision, True),
    ("torchaudio", networks.forward_torchaudio, False),
    ("onnxruntime", networks.forward_onnxruntime, True),
    ("sklearn", data.forward_sklearn, False),
    ("pandas", data.forward_pandas, False),
    ("scipy", data.forward_scipy, False),
    ("xgboost", data.forward_xgboost, False),
    ("lightgbm", data.forward_lightgbm, False),
    ("jax", networks.forward_jax, True),
    ("flax", networks.forward_flax, False),
    ("mxnet", networks.forward_mxnet, True),
    ("cv2", around.forward_cv2, False),
    ("PIL", around.forward_pil, False),
    ("skimage", around.forward_skimage, False),
    ("h5py", data.forward_h5py, False),
    ("flask", around.forward_flask, False),
    ("fastapi", around.forward_fastapi, False),
    ("spacy", around.forward_spacy, False),
    ("transformers", networks.forward_transformers, False),
    ("tokenizers", around.forward_tokenizers, False),
    ("librosa", around.forward_librosa, False),
    ("soundfile", around.forward_soundfile, False),
    ("matplotlib", around.forward_matplotlib, False),
    ("numba", data.forward_numba, False),
    ("gensim", around.forward_gensim, False),
    ("faiss", data.forward_faiss, False),
    ("nltk", around.forward_nltk, False),
]
