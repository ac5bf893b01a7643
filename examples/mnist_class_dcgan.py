"""A class-conditional DCGAN whose samples teach a classifier: the DCGAN paper's own experiment.

Radford et al., arXiv 1511.06434, supplement 8.1: 50,000 labelled samples of G are the training set
of a 1-nearest-neighbour classifier, whose errors on MNIST's test images are counted. `minigan
evaluate` does that. The settings are those of the authors' code: one-hot labels beside the input of
every layer of G and D, z ~ U(-1, 1), no biases, BatchNorm without scale and shift and by the
statistics of the batch also when sampling, weight decay, batches for G and for D in turns, and a
rate that falls to 0 over the second half. `--dense` is the twin that knows nothing of the plane.

Options beside them: R1, a moving average of G, and with both a larger rate. With `--lr 1e-3
--r1-weight 1 --ema 0.999` the dense twin's samples teach as well after 50 epochs as after 200
without. At half that rate, those of the other one come nearer to real digits, but are less various.
"""

import math
from collections.abc import Sequence
from typing import Any

import minigan  # first: from here on Ctrl-C ends in one line

# isort: split
import numpy as np

from minigan import data, gan, models, run
from minigan.data.transforms import ToTensor
from minigan.torch import Tensor, nn, optim

CLASSES = 10


def main() -> None:
    options = run.options(
        "mnist_class_dcgan",
        __doc__,
        epochs=200,
        batch_size=128,
        limit=50_000,
        dense=run.flag(False, "dense layers only"),
        lr=run.rate(2e-4, "Adam's learning rate, for D and G"),
        beta1=run.fraction(0.5, "Adam's first beta"),
        beta2=run.fraction(0.999, "Adam's second beta"),
        weight_decay=run.weight(2.5e-5, "times each weight, added to its gradient"),
        r1_weight=run.weight(0.0, "γ of R1"),
        r1_every=run.count(
            4, "batches from one with R1 to the next; it counts as many times as much"
        ),
        ema=run.fraction(0.0, "draw from a moving average of G with this decay; 0: from G itself"),
        z=run.count(100, "size of the latent points"),
        width=run.count(64, "channels of D's first and G's last inner convolution"),
        units=run.count(1024, "units of the dense layers"),
        rows=run.count(8, "latent points in the grid"),
        quick={"epochs": 3, "limit": 12_800, "width": 16, "units": 256},
    )

    images = run.load_data(options, ToTensor())  # to [0, 1]
    m = options.batch_size
    both = 2 * m  # a batch for G, and one for D
    loader = data.DataLoader(images, both, shuffle=True, drop_last=True)
    shape = tuple(images[0][0].shape)

    D = Discriminator(options.width, options.units, shape, options.dense)
    G = Generator(options.z, options.width, options.units, shape, options.dense)
    betas = (options.beta1, options.beta2)
    opt_D = optim.Adam(D.parameters(), options.lr, betas, weight_decay=options.weight_decay)
    opt_G = optim.Adam(G.parameters(), options.lr, betas, weight_decay=options.weight_decay)
    parameters_of_G, parameters_of_D = list(G.parameters()), list(D.parameters())
    loss = gan.adversarial_loss("non-saturating")
    gamma = options.r1_weight * options.r1_every
    every_class = minigan.tensor(list(range(CLASSES)) * options.rows)
    fixed_z = G.noise(options.rows)[[row for row in range(options.rows) for _ in range(CLASSES)]]
    parts: dict[str, Any] = {"D": D, "G": G, "opt_D": opt_D, "opt_G": opt_G}
    drawn: Any = G
    if options.ema:
        drawn = parts["G_ema"] = gan.EMA(G, options.ema)

    @minigan.capture
    def step(x: Tensor, labels: Tensor, with_r1: bool) -> dict[str, Tensor]:
        # Update G by ascending 1/m Σ log D(G(z, c), c), with the classes c of the first batch.
        c = labels[:m]
        logits = D(G(G.noise(m), c), c)
        loss_G = loss.g(logits)
        opt_G.zero_grad()
        loss_G.backward(inputs=parameters_of_G)
        opt_G.step()
        if options.ema:
            drawn.update(G)

        # Update D by ascending 1/m Σ [log D(x, c) + log(1 - D(G(z, c), c))], with the second batch.
        x, c = x[m:], labels[m:]
        with minigan.no_grad():
            fake = G(G.noise(m), c)
        if with_r1:
            x = x.detach().requires_grad_()
        real_logits, fake_logits = D(x, c), D(fake, c)
        loss_D = loss.d(real_logits, fake_logits)
        objective = loss_D
        if with_r1:  # through BatchNorm, by which each image has a little of the others' slopes
            objective = loss_D + gamma * gan.r1_penalty(real_logits, x)
        opt_D.zero_grad()
        objective.backward(inputs=parameters_of_D)
        opt_D.step()

        with minigan.no_grad():
            d_real, d_fake = real_logits.sigmoid().mean(), fake_logits.sigmoid().mean()
        return {"loss_D": loss_D, "loss_G": loss_G, "D_x": d_real, "D_Gz": d_fake}

    with run.Run(options, **parts) as r:
        for epoch in r.epochs():
            left = (options.epochs - epoch) / options.epochs
            for optimizer in (opt_D, opt_G):
                optimizer.param_groups[0]["lr"] = options.lr * min(1.0, 2.0 * left)

            for x, labels in r.batches(loader):
                r.log(**step(x, labels, gamma > 0.0 and r.batch % options.r1_every == 0))

            with minigan.no_grad():
                r.save_images(
                    f"classes_{epoch:03}.png", drawn(fixed_z, every_class), columns=CLASSES
                )


# -- networks --------------------------------------------------------------------------------------


class Labelled(models.Network):
    """Blocks of layers, each of which sees what the one before it made and the label, one-hot."""

    def __init__(self, *blocks: list[nn.Module]):
        self.blocks = nn.ModuleList([nn.Sequential(*block) for block in blocks])
        self.one_hot = minigan.tensor(np.eye(CLASSES, dtype="float32"))
        for weight in self.parameters():
            nn.init.normal_(weight, 0.0, 0.02)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        one_hot = self.one_hot[labels]
        for block in self.blocks:
            x = block(beside(x, one_hot))
        return x


class Generator(Labelled):
    """An image in [0, 1] of a class: (N, z), (N) → (N, C, S, S)."""

    def __init__(
        self,
        z: int = 100,
        width: int = 64,
        units: int = 1024,
        image: Sequence[int] = (1, 28, 28),
        dense: bool = False,
    ):
        self.z, self.classes = z, CLASSES
        colours, side, _ = image
        inner = (2 * width, side // 4, side // 4)
        first = [linear(z, units), norm(units), nn.ReLU()]
        if dense:
            super().__init__(
                first,
                [linear(units, units), norm(units), nn.ReLU()],
                [linear(units, math.prod(image)), nn.Sigmoid(), nn.Unflatten(1, image)],
            )
        else:
            pixels = math.prod(inner)
            super().__init__(
                first,
                [linear(units, pixels), norm(pixels), nn.ReLU(), nn.Unflatten(1, inner)],
                [enlarging(2 * width, width), norm(width, nn.BatchNorm2d), nn.ReLU()],
                [enlarging(width, colours), nn.Sigmoid()],
            )

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Without labels, the classes 0, 1, 2, … in turn."""
        if labels is None:
            labels = minigan.tensor([i % CLASSES for i in range(len(z))])
        return super().forward(z, labels)

    def noise(self, count: int) -> Tensor:
        """Latent points z ~ U(-1, 1): (count, z)."""
        return minigan.rand(count, self.z) * 2.0 - 1.0


class Discriminator(Labelled):
    """Whether an image of a class is real, as a raw output: (N, C, S, S), (N) → (N, 1)."""

    def __init__(
        self,
        width: int = 64,
        units: int = 1024,
        image: Sequence[int] = (1, 28, 28),
        dense: bool = False,
    ):
        self.dense = dense
        colours, side, _ = image
        slope = nn.LeakyReLU(0.2)
        last = [linear(units, 1)]
        if dense:
            super().__init__(
                [linear(math.prod(image), units), slope],
                [linear(units, units), norm(units), slope],
                last,
            )
        else:
            super().__init__(
                [halving(colours, width), slope],
                [halving(width, 2 * width), norm(2 * width, nn.BatchNorm2d), slope, nn.Flatten()],
                [linear(2 * width * (side // 4) ** 2, units), norm(units), slope],
                last,
            )

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return super().forward(x.flatten(1) if self.dense else x, labels)


def beside(x: Tensor, one_hot: Tensor) -> Tensor:
    """The label beside each x (N, I), or beside each place of x (N, C, H, W) as channels."""
    if x.ndim == 4:
        one_hot = one_hot.reshape(*one_hot.shape, 1, 1).expand(-1, -1, *x.shape[2:])
    return minigan.cat([x, one_hot], 1)


def linear(inputs: int, outputs: int) -> nn.Linear:
    """(N, inputs + CLASSES) → (N, outputs)"""
    return nn.Linear(inputs + CLASSES, outputs, bias=False)


def halving(inputs: int, outputs: int) -> nn.Conv2d:
    """(N, inputs + CLASSES, S, S) → (N, outputs, S/2, S/2)"""
    return nn.Conv2d(inputs + CLASSES, outputs, 5, 2, 2, bias=False)


def enlarging(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """(N, inputs + CLASSES, S, S) → (N, outputs, 2S, 2S)"""
    return nn.ConvTranspose2d(inputs + CLASSES, outputs, 5, 2, 2, output_padding=1, bias=False)


def norm(channels: int, kind: Any = nn.BatchNorm1d) -> nn.Module:
    """BatchNorm without scale and shift, always by the batch."""
    return kind(channels, affine=False, track_running_stats=False)


if __name__ == "__main__":
    run.program(main)
