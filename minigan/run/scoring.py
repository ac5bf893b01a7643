"""Scores of samples while a run trains: --evaluate-every."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from minigan import nn
from minigan.backend import random
from minigan.errors import UserError
from minigan.run.reading import drawing

if TYPE_CHECKING:
    from minigan.scores import Judge

HELD_OUT = 10_000
"""The last so many training images, which samples are compared with here. Some programs leave them
out of the training. Whether or not, one may choose a run or an epoch by these scores: those of
`minigan evaluate` are against the test images, which choose nothing."""


class Scores:
    """Of what the G of a run draws. Raises UserError where it draws nothing that can be scored."""

    def __init__(self, options: argparse.Namespace, networks: Mapping[str, nn.Module]):
        from minigan import scores  # which a run without it need not load

        self.options, self.scores = options, scores
        self.judge: Judge | None = None  # made when it is due
        refusal = f"--evaluate-every: {options.program} on {options.dataset}"
        self.G = networks.get(drawing(networks))
        if self.G is None or not hasattr(getattr(self.G, "module", self.G), "noise"):
            raise UserError(f"{refusal} has no G that draws from noise alone: leave it out")
        if options.dataset not in scores.lenet.FILES:
            raise UserError(f"{refusal} draws what no classifier knows: leave it out")
        if (channels := scores.images(self.G, 1)[0].shape[1]) != 1:
            raise UserError(f"{refusal} draws {channels} channels, not grey images: leave it out")

    def due(self, epoch: int) -> dict[str, float]:
        """Scores by name after an epoch, where it is time for them; else none."""
        if (epoch + 1) % self.options.evaluate_every:
            return {}
        if self.judge is None:
            former = random.default.state()  # a classifier draws weights before it gets its own
            self.judge = self._made()
            random.default.set_state(former)
        drawn, asked = self.scores.images(self.G, len(self.judge.real))
        return self.judge.scores(drawn, asked if self.scores.classes_of(self.G) else None)

    def _made(self) -> "Judge":
        options = self.options
        real = self.scores.of_data(options.dataset, options.data_dir, train=True)[-HELD_OUT:]
        if getattr(options, "flip", False):
            real = real.mirrored(0)
        return self.scores.Judge(real, self.scores.lenet.load(options.dataset), pixels=False)
