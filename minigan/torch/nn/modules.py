"""torch.nn.modules: PyTorch's layers by kind, which some programs import from there."""

import sys

from minigan.torch.nn import activation, container, conv, layers, loss, module, norm, resize

__all__ = [
    "activation", "batchnorm", "container", "conv", "dropout", "instancenorm", "linear", "loss",
    "module", "normalization", "padding", "pixelshuffle", "pooling", "sparse", "upsampling",
]  # fmt: skip

dropout = linear = sparse = layers
batchnorm = instancenorm = normalization = norm
padding = pixelshuffle = pooling = upsampling = resize

for _kind in __all__:
    sys.modules[f"{__name__}.{_kind}"] = globals()[_kind]
