"""A second G whose weights are a moving average of the first one's: it draws steadier samples."""

import copy

from minigan import nn
from minigan.autograd import Tensor, no_grad


class EMA(nn.Module):
    """w̄ ← decay·w̄ + (1 - decay)·w for every weight and buffer of a network; w̄ starts as w.

    Called like the network itself, it answers with the averaged weights. Whole numbers, such as
    BatchNorm's count of batches, are copied. Its state_dict is the average alone, under the names
    `module.*`: saved and loaded, it goes on exactly. Yazıcı et al., arXiv 1806.04498. Raises
    ValueError for a decay outside [0, 1).

        ema = EMA(G, decay=0.999)
        …  optimizer_G.step(); ema.update(G)
        samples = ema.eval()(z)
    """

    def __init__(self, network: nn.Module, decay: float = 0.999):
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"EMA: decay must be within [0, 1), got {decay}")
        self.decay = decay
        self.module = copy.deepcopy(network).requires_grad_(False)
        self.module.zero_grad()

    @no_grad()
    def update(self, network: nn.Module) -> None:
        """Move the average towards the network's present state."""
        ours, theirs = self.module.state_dict(), network.state_dict()
        for name, average in ours.items():
            if average.dtype.kind == "f":
                average.lerp_(theirs[name], 1.0 - self.decay)
            else:
                average.copy_(theirs[name])

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.module(*inputs)

    def extra_repr(self) -> str:
        return f"decay={self.decay}"
