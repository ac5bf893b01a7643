"""A DCGAN on stacked MNIST: a thousand modes, each of which can be named and counted.

Three digits drawn at random are the channels of one image, so there are 1,000 kinds of images, all
equally likely. A classifier reads G's samples, channel by channel: how many of the kinds are among
them, and how far is their distribution from the uniform one? The networks, the settings and the
measure are those of PacGAN: Lin et al., arXiv 1712.04086, section 4.2. `--packing 2` shows D two
samples at a time, as there.
"""

from pathlib import Path
from typing import Any

import minigan  # first: from here on Ctrl-C ends in one line

# isort: split
import numpy as np

from minigan import data, gan, metrics, models, run
from minigan.backend import random
from minigan.data.transforms import ToTensor
from minigan.errors import UserError
from minigan.scores import images as drawn
from minigan.scores import lenet
from minigan.torch import Tensor, nn, optim

DIGITS = 3  # in an image
SHOWN = 64  # samples in the grid
SCORED_BY = ("samples", "seed", "classifier")  # options of `minigan evaluate`


def main() -> None:
    options = run.options(
        "stacked_mnist",
        __doc__,
        epochs=50,
        batch_size=64,
        packing=run.count(1, "samples that D sees at once: PacGAN"),
        lr=run.rate(2e-4, "Adam's learning rate, for D and G"),
        beta1=run.fraction(0.5, "Adam's first beta"),
        beta2=run.fraction(0.999, "Adam's second beta"),
        k_g=run.count(2, "G's steps for each of D's"),
        z=run.count(100, "size of the latent points"),
        width=run.count(64, "channels of D's first and G's last inner convolution"),
        triples=run.count(128_000, "stacked images to train on, and packs in an epoch"),
        samples=run.count(26_000, "samples that are scored"),
        score_every=run.count(1, "epochs from one score to the next; the last one is scored too"),
        classifier=run.Option(
            None,
            "folder of a run of mnist_classifier, instead of the classifier that comes along",
            {"type": Path, "metavar": "DIR"},
        ),
        quick={"epochs": 4, "triples": 6_400, "samples": 2_000, "width": 16},
    )
    digits = run.load_data(options, ToTensor())  # to [0, 1], as in PacGAN's code
    if (shape := tuple(digits[0][0].shape)) != (1, 28, 28):
        raise UserError(
            f"--dataset {options.dataset} has images of shape {shape}: only grey ones of 28×28 can "
            f"be stacked here; choose mnist, fashion, kmnist or digits"
        )
    classifier = lenet.load(options.dataset, options.classifier)
    m, k = options.batch_size, options.packing
    triples = Triples(digits, options.triples, options.seed)
    seen = drawn_from(triples, k * len(triples), options.seed)
    loader = data.DataLoader(seen, k * m, drop_last=True)

    D = Discriminator(options.width, DIGITS * k)
    G = Generator(options.z, options.width, DIGITS)
    betas = (options.beta1, options.beta2)
    opt_D = optim.Adam(D.parameters(), options.lr, betas)
    opt_G = optim.Adam(G.parameters(), options.lr, betas)
    parameters_of_G = list(G.parameters())
    loss = gan.adversarial_loss("non-saturating")

    @minigan.capture
    def step(x: Tensor) -> dict[str, Tensor]:
        # A fake pack holds one sample each of as many batches.
        noise = [G.noise(m) for _ in range(k)]
        fake = minigan.cat([G(z) for z in noise], 1)

        # Update D by ascending 1/m Σ [log D(x₁, …) + log(1 - D(G(z₁), …))].
        real_logits, fake_logits = D(gan.pack(x, k)), D(fake.detach())
        loss_D = loss.d(real_logits, fake_logits)
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()

        # Update G by ascending 1/m Σ log D(G(z₁), …), twice, with the same noise: PacGAN's code
        # does so lest D's loss vanish.
        for again in range(options.k_g):
            if again:
                fake = minigan.cat([G(z) for z in noise], 1)
            loss_G = loss.g(D(fake))
            opt_G.zero_grad()
            loss_G.backward(inputs=parameters_of_G)
            opt_G.step()

        with minigan.no_grad():
            d_real, d_fake = real_logits.sigmoid().mean(), fake_logits.sigmoid().mean()
        return {"loss_D": loss_D, "loss_G": loss_G, "D_x": d_real, "D_Gz": d_fake}

    with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
        r.save_images("real.png", triples.gather(np.arange(min(SHOWN, len(triples))))[0])

        for epoch in r.epochs():
            for x, _ in r.batches(loader):
                r.log(**step(x))

            if (epoch + 1) % options.score_every == 0 or r.at():
                count = SHOWN if r.stopping else options.samples  # to score them takes a minute
                images, _ = drawn(G, count, options.seed)
                r.save_images(f"samples_{epoch:03}.png", images[:SHOWN])
                if not r.stopping:
                    modes, kl = score(classifier, images)
                    reader = f"as LeNet {classifier.hash} reads"
                    print(f"modes {modes:,} of 1,000, KL {kl:.3f}, {reader}")
                    r.score(modes=modes, kl=kl)


def score(classifier: lenet.Classifier, images: np.ndarray) -> tuple[int, float]:
    """How many of the 1,000 kinds the classifier sees in images (N, 3, 28, 28) of bytes, and
    KL(their shares ‖ uniform)."""
    read = classifier.classes(images.reshape(-1, 1, *images.shape[2:]))
    return metrics.stacked(read.reshape(-1, DIGITS))


def scores(G: Any, settings: Any, asked: Any, facts: dict) -> dict[str, dict[str, float]]:
    """What `minigan evaluate` shows: of G's samples, of stacked test images, and of noise."""
    classifier = lenet.load(settings.dataset, asked.classifier or settings.classifier)
    count = asked.samples or settings.samples
    test = data.load(settings.dataset, asked.data_dir, train=False)
    chance = random.Generator(asked.seed, stream=3, host=True)
    images = {
        "samples": drawn(G, count, asked.seed)[0],
        "real": test.shown()[Triples(test, count, asked.seed).places, 0],
        "noise": chance.integers(0, 256, (count, DIGITS, 28, 28)).astype(np.uint8),
    }
    right = metrics.accuracy(classifier.classes(test.shown()), np.asarray(test.targets))
    print(f"{count:,} samples, stacked test images, and noise")
    print(f"as LeNet {classifier.hash} reads them, {right:.2%} right on {len(test):,} test images")
    facts |= {"samples": count, "against": f"test images of {settings.dataset}"}
    facts["classifier"] = {"weights": classifier.hash, "accuracy": right}
    names = ("modes", "kl")
    return {k: dict(zip(names, score(classifier, x), strict=True)) for k, x in images.items()}


# -- data ------------------------------------------------------------------------------------------


class Triples(data.Dataset):
    """Images (3, 28, 28) whose channels are digits drawn with replacement, and those three labels.

    It keeps where the digits are, and no image of its own.
    """

    def __init__(self, digits: data.ImageDataset, count: int, seed: int):
        self.digits = digits
        chance = random.Generator(seed, stream=1, host=True)
        self.places = chance.integers(0, len(digits), (count, DIGITS))

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        image, labels = self.gather(np.array([index]))
        return minigan.tensor(image[0]), minigan.tensor(labels[0])

    @property
    def batched(self) -> bool:
        return self.digits.batched

    def gather(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The images `indices`, (n, 3, 28, 28) float32, and their labels, (n, 3) int64."""
        places = self.places[indices]
        images, labels = self.digits.gather(places.reshape(-1))
        return images.reshape(*places.shape, *images.shape[2:]), labels.reshape(places.shape)


def drawn_from(triples: Triples, count: int, seed: int) -> data.Subset:
    """So many triples, drawn once and with replacement, as PacGAN's code does for its packs.

    Each epoch shows them in this order.
    """
    chance = random.Generator(seed, stream=2, host=True)
    return data.Subset(triples, chance.integers(0, len(triples), (count,)))


# -- networks --------------------------------------------------------------------------------------


class Generator(models.Network):
    """An image from a latent point: (N, z) → (N, C, 28, 28), by way of 2×2, 4×4, 7×7 and 14×14.

    It ends in tanh, though the images that it learns from are in [0, 1], as in PacGAN's code: when
    it samples, what lies below black is black.
    """

    def __init__(self, z: int = 100, width: int = 64, channels: int = 3):
        self.z = z
        layers = [nn.Linear(z, 8 * width * 2 * 2), nn.Unflatten(1, (8 * width, 2, 2))]
        inputs = 8 * width
        for outputs, even in ((4 * width, 1), (2 * width, 0), (width, 1), (channels, 1)):
            layers += [nn.BatchNorm2d(inputs), nn.ReLU()]
            layers += [nn.ConvTranspose2d(inputs, outputs, 5, 2, 2, output_padding=even)]
            inputs = outputs
        self.layers = initialised(nn.Sequential(*layers, nn.Tanh()))

    def forward(self, z: Tensor) -> Tensor:
        image = self.layers(z)
        return image if self.training else image.relu()

    def noise(self, count: int) -> Tensor:
        """Latent points z ~ U(-1, 1): (count, z)."""
        return minigan.rand(count, self.z) * 2.0 - 1.0


class Discriminator(models.Network):
    """Whether all images of a pack are real, as a raw output: (N, C, 28, 28) → (N, 1)."""

    def __init__(self, width: int = 64, channels: int = 3):
        layers = [nn.Conv2d(channels, width, 5, 2, 2), nn.LeakyReLU(0.2)]
        for inputs in (width, 2 * width, 4 * width):
            layers += [nn.Conv2d(inputs, 2 * inputs, 5, 2, 2), nn.BatchNorm2d(2 * inputs)]
            layers += [nn.LeakyReLU(0.2)]
        layers += [nn.Flatten(), nn.Linear(8 * width * 2 * 2, 1)]
        self.layers = initialised(nn.Sequential(*layers))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def initialised(network: nn.Sequential) -> nn.Sequential:
    """Weights ~ N(0, 0.02²), those of D's convolutions within two standard deviations; biases 0."""
    for layer in network:
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            nn.init.zeros_(layer.bias)
        if isinstance(layer, nn.Conv2d):
            weight = layer.weight.detach()
            while (far := weight.abs() > 2 * 0.02).any():
                weight[far] = minigan.randn(int(far.sum())) * 0.02
    return network


if __name__ == "__main__":
    run.program(main)
