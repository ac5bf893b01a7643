"""PacGAN: D judges several independent samples at once, so that a lack of variety is in plain view.

Lin et al., arXiv 1712.04086. Only D's first layer changes: it takes k times as many features or
channels.
"""

from minigan.autograd import Tensor
from minigan.errors import UserError


def pack(x: Tensor, k: int) -> Tensor:
    """Each k samples in a row as one: (N, C, …) → (N/k, k·C, …), flat or as images.

    Raises UserError when N is no multiple of k.
    """
    if k < 1 or len(x) % k:
        raise UserError(
            f"packing: a batch of {len(x)} cannot be packed by {k}; use a batch size that is a "
            f"multiple of it"
        )
    return x.reshape(len(x) // k, k * x.shape[1], *x.shape[2:])
