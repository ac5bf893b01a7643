"""A second G whose weights are a moving average of the first one's: it draws steadier samples."""

import copy

from minigan import backend as B
from minigan import nn
from minigan.autograd import Tensor


class EMA(nn.Module):
    """w̄ ← w̄ + (1 - decay)·(w - w̄) for every weight and buffer of a network; w̄ starts as w.

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
        self.module = copy.deepcopy(network)
        for weight in self.module.parameters():
            weight.requires_grad_(False).grad = None

    def update(self, network: nn.Module) -> None:
        """Move the average towards the network's present state."""
        theirs = network.state_dict()
        for name, average in self.module.state_dict().items():
            mean, value = average.array, theirs[name].array
            if mean.dtype.kind == "f":
                mean += (value - mean) * (1.0 - self.decay)
            else:
                B.write(mean, value)
            average.changed_in_place()

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.module(*inputs)
