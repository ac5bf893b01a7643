"""A second G whose weights are a moving average of the first one's: it draws steadier samples."""

import copy
from collections.abc import Mapping
from typing import Any

from minigan import backend as B
from minigan import nn
from minigan.autograd import Tensor
from minigan.nn import Parameter
from minigan.ops.creation import tensor

BY_POWER_ITERATION = ("_u", "_v")  # unit vectors, whose average is shorter than 1


class EMA(nn.Module):
    """w̄ ← w̄ + max(1 - decay, 35 / (t + 34)) · (w - w̄) at update t = 1, 2, …, for every weight.

    So w̄ is an average of what was trained alone, with nothing of the initial weights, and looks
    back over 3 % of the updates so far until that is as far as decay says: a ramp-up like that of
    StyleGAN2-ADA (Karras et al., arXiv 2006.06676; there a half-life of 5 %). BatchNorm's running
    statistics, like all other floating-point buffers, are averaged by the same factor, as in BigGAN
    (Brock et al., arXiv 1809.11096, its PyTorch code): so they fit the averaged weights. G's last
    ones, which StyleGAN copies (it has no BatchNorm), do not. Whole numbers, and the vectors of
    spectral normalisation, are copied. Why to average at all: Yazıcı et al., arXiv 1806.04498.

    Called like the network itself, it answers with the averaged weights. Its state_dict is the
    average, under the names `module.*`, and the number of `updates`: saved and loaded, it goes on
    exactly; one saved without that number goes on with decay. Raises ValueError for a decay outside
    [0, 1), and for an update from a network of other names or shapes.

        ema = EMA(G, decay=0.999)
        …  optimizer_G.step(); ema.update(G)
        samples = ema.eval()(z)
    """

    updates: Tensor

    def __init__(self, network: nn.Module, decay: float = 0.999):
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"EMA: decay must be within [0, 1), got {decay}")
        self.decay = decay
        self.module = copy.deepcopy(network)
        for weight in self.module.parameters():
            weight.requires_grad_(False).grad = None
        self.register_buffer("updates", tensor(0))

    def update(self, network: nn.Module) -> None:
        """Move the average towards the network's present state."""
        averages, theirs = dict(self.module.named_state()), dict(network.named_state())
        if [(n, v.shape) for n, v in averages.items()] != [(n, v.shape) for n, v in theirs.items()]:
            raise ValueError("EMA.update: another network than was averaged, by names or shapes")
        updates = self.updates.array
        updates += 1
        factor = B.module_of(updates).maximum(1.0 - self.decay, 35.0 / (updates + 34.0))
        for name, average in averages.items():
            mean, value = average.array, theirs[name].array
            moves = isinstance(average, Parameter) or not name.endswith(BY_POWER_ITERATION)
            if moves and mean.dtype.kind == "f":
                mean += (value - mean) * factor.astype(mean.dtype)
            else:
                B.write(mean, value)
            average.changed_in_place()

    def load_state_dict(self, state_dict: Mapping[str, Any], *args: Any, **options: Any) -> Any:
        """As any module's; one saved without its number of updates counts as an old one."""
        old = {"updates": tensor(1_000_000_000)}
        return super().load_state_dict({**old, **state_dict}, *args, **options)

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.module(*inputs)
