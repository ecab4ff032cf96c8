"""Makes examples/onnx-service/model.onnx: a linear classifier of 8 x 8 grey pictures with fixed weights. Needs `pip install onnx numpy`."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

weights = np.cos(np.arange(64 * 3, dtype="float32")).reshape(64, 3)
graph = helper.make_graph(
    [
        helper.make_node("Flatten", ["picture"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ],
    "classifier",
    [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", 1, 8, 8])],
    [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 3])],
    [numpy_helper.from_array(weights, "weights")],
)
network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], producer_name="make_model.py")
network.ir_version = 6
onnx.checker.check_model(network)
onnx.save(network, Path(__file__).parent.parent / "examples" / "onnx-service" / "model.onnx")
