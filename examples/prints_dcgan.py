"""A DCGAN for colour prints: any folder of pictures, at 128×128.

Radford et al., arXiv 1511.06434, with the remedies that people reach for when it will not learn:
one-sided label smoothing and feature matching (Salimans et al., arXiv 1606.03498), labels (AC-GAN,
arXiv 1610.09585), spectral normalisation (arXiv 1802.05957), and more steps of D than of G.
"""

from pathlib import Path

import minigan
from minigan import data, gan, models, nn, optim, run
from minigan.data.transforms import Compose, Normalize, ToTensor
from minigan.errors import UserError


def main() -> None:
    options = run.options(
        "prints_dcgan",
        __doc__,
        epochs=25,
        batch_size=128,
        dataset=None,
        images=run.Option(
            None, "folder of pictures; sub-folders are classes", {"type": Path, "metavar": "DIR"}
        ),
        skip_unreadable=run.flag(False, "go on without pictures that cannot be read"),
        lr=run.rate(2e-4, "Adam's learning rate, for D and G"),
        beta1=run.fraction(0.5, "Adam's first beta"),
        beta2=run.fraction(0.999, "Adam's second beta"),
        z=run.count(128, "size of the latent points"),
        width=run.count(64, "channels of D's first and G's last inner layer"),
        multipliers=run.counts([1, 2, 4, 8, 16], "channels of each layer, in units of the width"),
        size=run.count(128, "side of the images", least=8),
        last=run.choice("sigmoid", ["sigmoid", "tanh"], "G's end: images in [0, 1] or [-1, 1]"),
        sample_every=run.count(1000, "steps between two grids of samples"),
        real_label=run.rate(1.0, "D's target for real images; 0.9 smooths one-sidedly", most=1.0),
        feature_matching=run.flag(False, "G matches the means of D's features"),
        conditional=run.flag(False, "labels for G, class scores from D: AC-GAN"),
        spectral=run.flag(False, "spectral normalisation of D's convolutions, no BatchNorm there"),
        k=run.count(1, "D's steps for each of G's"),
        quick={"epochs": 60, "limit": 256, "batch_size": 16, "last": "tanh", "sample_every": 200}
        | {"width": 16, "size": 32, "multipliers": [1, 2, 4]},
    )
    if options.images is None:
        raise UserError("which pictures? Name their folder with --images DIR")

    scale = [Normalize(0.5, 0.5)] if options.last == "tanh" else []
    pictures = data.ImageFolder(
        options.images,
        Compose([ToTensor(), *scale]),
        size=options.size,
        skip_unreadable=options.skip_unreadable,
        limit=options.limit,
    )
    loader = data.DataLoader(pictures, options.batch_size, shuffle=True, drop_last=True)
    if not len(loader):
        raise UserError(
            f"{len(pictures)} pictures do not fill one batch of {options.batch_size}: "
            f"add pictures, or lower --batch-size"
        )
    real, _ = next(iter(loader))

    channels = [options.width * factor for factor in options.multipliers]
    classes = len(pictures.classes) if options.conditional else 0
    D = models.DCGANDiscriminator(
        channels, options.size, 3, bias=False, norm_first=True,
        spectral=options.spectral, classes=classes,
    )  # fmt: skip
    G = models.DCGANGenerator(
        options.z, channels, options.size, 3, bias=False, last=options.last, classes=classes
    )
    models.dcgan_init(D)
    models.dcgan_init(G)
    betas = (options.beta1, options.beta2)
    opt_D = optim.Adam(D.parameters(), options.lr, betas)
    opt_G = optim.Adam(G.parameters(), options.lr, betas)
    parameters_of_G = list(G.parameters())
    bce, cross_entropy = nn.BCELoss(), nn.CrossEntropyLoss()
    m = options.batch_size
    ones, zeros = minigan.ones(m, 1), minigan.zeros(m, 1)
    real_target = ones * options.real_label
    fixed_z, fixed_labels = G.noise(64), minigan.tensor([i % max(classes, 1) for i in range(64)])

    def judge(x: minigan.Tensor, labels: minigan.Tensor) -> tuple:
        """D's probability that x is real, and how badly it names the classes (0 without labels)."""
        if not options.conditional:
            return D(x), 0.0
        probability, scores = D(x)
        return probability, cross_entropy(scores, labels)

    @minigan.capture
    def step(x: minigan.Tensor, labels: minigan.Tensor, learn_G: bool) -> dict:
        # Update D by ascending 1/m Σ [log D(x) + log(1 - D(G(z)))]: two backward passes, one after
        # the other, add to the same gradients; the fakes are detached.
        fake = G(G.noise(m), labels)
        opt_D.zero_grad()
        d_real, classes_real = judge(x, labels)
        loss_real = bce(d_real, real_target)
        (loss_real + classes_real).backward()
        d_fake, _ = judge(fake.detach(), labels)
        loss_fake = bce(d_fake, zeros)
        loss_fake.backward()  # without their classes: see mnist_conditional.py
        opt_D.step()

        # Update G by ascending 1/m Σ log D(G(z)), with the same fakes, undetached, and the updated
        # D.
        d_after, classes_fake = judge(fake, labels)
        if options.feature_matching:
            loss_G = gan.feature_matching(D.features(x), D.features(fake))
        else:
            loss_G = bce(d_after, ones)
        if learn_G:
            opt_G.zero_grad()
            (loss_G + classes_fake).backward(inputs=parameters_of_G)
            opt_G.step()

        return {
            "loss_D": loss_real + loss_fake,
            "loss_G": loss_G,
            "D_x": d_real.mean(),
            "D_Gz": d_fake.mean(),
            "D_Gz_after": d_after.mean(),
        }

    def draw(name: str, z: minigan.Tensor, labels: minigan.Tensor, columns: int) -> None:
        """A grid of G(z) in eval mode: running statistics, so that samples are independent."""
        G.eval()
        with minigan.no_grad():
            r.save_images(name, G(z, labels), columns)
        G.train()

    with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
        r.save_images("real.png", real[:64], columns=8)

        for epoch in r.epochs():
            for x, labels in r.batches(loader):
                r.log(**step(x, labels, (r.batch + 1) % options.k == 0))
                number = epoch * len(loader) + r.batch
                if number % options.sample_every == 0:
                    draw(f"samples_{number:06}.png", fixed_z, fixed_labels, columns=8)

            # From one latent point to another, on the straight line between them.
            t = minigan.tensor([[i / 9] for i in range(10)])
            line = fixed_z[:1] * (1.0 - t) + fixed_z[1:2] * t
            draw("interpolation.png", line, minigan.zeros(10, dtype="int64"), columns=10)
            draw("samples.png", fixed_z, fixed_labels, columns=8)


if __name__ == "__main__":
    run.program(main)
