"""Whether the frameworks of this environment were built for a graphics card: one that was not runs on the processor and says nothing;
see inside_probe.py."""


class CpuFallback(Exception):
    """A build without CUDA where CUDA was asked for."""


def torch_has_cuda(installed):
    import torch

    return bool(torch.version.cuda)


def tensorflow_has_cuda(installed):
    import tensorflow as tf

    return bool(tf.test.is_built_with_cuda())


def jax_has_cuda(installed):
    plugins = [n for n in installed.version if n.startswith("jax-cuda") and n.endswith("-plugin")]
    return bool(plugins) or "cuda" in installed.version.get("jaxlib", "")


def onnxruntime_has_cuda(installed):
    import onnxruntime

    told = getattr(onnxruntime, "get_available_providers", None) or onnxruntime.get_all_providers
    return "CUDAExecutionProvider" in told()


def mxnet_has_cuda(installed):
    import mxnet

    return bool(mxnet.runtime.Features().is_enabled("CUDA"))


def xgboost_has_cuda(installed):
    import xgboost

    # Before 1.7 the wheels say nothing of it; those for Linux have had CUDA since 0.90.
    return bool(xgboost.build_info()["USE_CUDA"]) if hasattr(xgboost, "build_info") else True


CHECKS = [
    ("torch", torch_has_cuda),
    ("tensorflow", tensorflow_has_cuda),
    ("jax", jax_has_cuda),
    ("onnxruntime", onnxruntime_has_cuda),
    ("mxnet", mxnet_has_cuda),
    ("xgboost", xgboost_has_cuda),
]


def cuda_checks(installed):
    """(framework, check) for each framework that is installed; a check raises CpuFallback."""

    def asked(root, has_cuda):
        if not has_cuda(installed):
            name = installed.root_owner[root]
            raise CpuFallback("%s %s is a build without CUDA: it runs on the processor" % (name, installed.version[name]))

    return [(root, lambda r=root, h=has: asked(r, h)) for root, has in CHECKS if root in installed.root_owner]
