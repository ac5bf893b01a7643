"""A GAN that sharpens: G undoes a Gaussian blur of CIFAR-10 images, D judges the result.

D alone would let G draw any sharp image at all; a pixel loss, |G(x) - y|, ties it to its input
(Isola et al., arXiv 1611.07004). --pixel-weight 0 leaves it out, as the simplest tutorials do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import minigan  # first: from here on Ctrl-C ends in one line

# isort: split
import numpy as np

from minigan import data, metrics, models, nn, optim, run
from minigan.data.resampling import gaussian_matrix
from minigan.data.transforms import Compose, Normalize, ToTensor

TRANSFORM = Compose([ToTensor(), Normalize(0.5, 0.5)])  # bytes to [0, 1] to [-1, 1]
SCORED_BY = ("real_size",)  # options of `minigan evaluate`


def main() -> None:
    options = run.options(
        "cifar_deblur",
        __doc__,
        epochs=10,
        batch_size=64,
        dataset="cifar10",
        allow_missing=run.flag(False, "train on those of the five batches that are there"),
        sigma=run.rate(1.0, "standard deviation of the blur, in pixels", most=8.0),
        pixel_weight=run.weight(100.0, "weight of |G(x) - y| in G's loss"),
        lr=run.rate(2e-4, "Adam's learning rate, for D and G"),
        beta1=run.fraction(0.5, "Adam's first beta"),
        beta2=run.fraction(0.999, "Adam's second beta"),
        width=run.count(64, "channels of the inner layers"),
        test_limit=run.count(2000, "test images for PSNR and SSIM"),
        quick={"epochs": 3, "limit": 10_000, "test_limit": 64, "width": 16, "lr": 1e-3},
    )

    of_cifar = {"allow_missing": True} if options.allow_missing else {}
    sharp = run.load_data(options, TRANSFORM, prefer="cifar10", **of_cifar)
    test = data.load(options.dataset, options.data_dir, False, TRANSFORM, limit=options.test_limit)
    loader = data.DataLoader(sharp, options.batch_size, shuffle=True, drop_last=True)
    channels, side = sharp[0][0].shape[:2]
    blurred = Blur(side, options.sigma)

    D = models.DeblurDiscriminator(options.width, channels, side)
    G = models.Deblurrer(options.width, channels)
    betas = (options.beta1, options.beta2)
    opt_D = optim.Adam(D.parameters(), options.lr, betas)
    opt_G = optim.Adam(G.parameters(), options.lr, betas)
    parameters_of_G = list(G.parameters())
    bce = nn.BCELoss()
    m = options.batch_size
    ones, zeros = minigan.ones(m, 1), minigan.zeros(m, 1)

    @minigan.capture
    def step(x: minigan.Tensor, y: minigan.Tensor) -> dict[str, minigan.Tensor]:
        fake = G(x)

        # Update D by ascending 1/m Σ [log D(y) + log(1 - D(G(x)))] on sharp images y.
        d = D(minigan.cat([y, fake.detach()]))
        loss_D = bce(d, minigan.cat([ones, zeros]))
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()

        # Update G by ascending 1/m Σ log D(G(x)) and descending the pixel loss.
        loss_G, pixel = bce(D(fake), ones), (fake - y).abs().mean()
        opt_G.zero_grad()
        (loss_G + pixel * options.pixel_weight).backward(inputs=parameters_of_G)
        opt_G.step()

        d = d.detach()
        return {
            "loss_D": loss_D,
            "loss_G": loss_G,
            "D_x": d[:m].mean(),
            "D_Gz": d[m:].mean(),
            "loss_pixel": pixel,
        }

    with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
        for _epoch in r.epochs():
            for y, _ in r.batches(loader):
                r.log(**step(blurred(y), y))

            # What the test images gain, and how it looks: blurred | deblurred | sharp.
            results = list(deblurred(G, test, blurred))
            before, after = (score(results)[name] for name in ("blurred", "deblurred"))
            words = "PSNR {psnr:.2f} dB, SSIM {ssim:.4f}".format_map
            print(f"test  blurred {words(before)};  deblurred {words(after)}")
            r.score(**after)
            shown = [image for triple in zip(*results[0], strict=True) for image in triple]
            r.save_images("rows.png", minigan.stack(shown[:24]), columns=6)


class Blur:
    """Each row and each column of each channel under the same Gaussian, `sigma` pixels wide."""

    def __init__(self, side: int, sigma: float):
        self.matrix = minigan.tensor(gaussian_matrix(side, sigma, round(4 * sigma)), "float32")

    def __call__(self, y: minigan.Tensor) -> minigan.Tensor:
        return self.matrix @ y @ self.matrix.T


def deblurred(G: Any, images: Any, blurred: Blur) -> Iterator[tuple[minigan.Tensor, ...]]:
    """Images blurred, deblurred by G, and as they were, some at a time."""
    for y, _ in data.DataLoader(images, 250):
        with minigan.no_grad():
            x = blurred(y)
            out = G(x)
        yield x, out, y


def score(results: Iterable[tuple[minigan.Tensor, ...]]) -> dict[str, dict[str, float]]:
    """Mean PSNR and SSIM of deblurred images and, beside them, of blurred ones."""
    found: dict[str, dict[str, list]] = defaultdict(lambda: {"psnr": [], "ssim": []})
    for x, out, y in results:
        for name, images in (("deblurred", out), ("blurred", x)):
            found[name]["psnr"].append(metrics.psnr(images, y))
            found[name]["ssim"].append(metrics.ssim(images, y))
    return {
        name: {measure: float(np.concatenate(each).mean()) for measure, each in of.items()}
        for name, of in found.items()
    }


def scores(G: Any, settings: Any, asked: Any, facts: dict) -> dict[str, dict[str, float]]:
    """What `minigan evaluate` shows: of test images, --real-size of them or all."""
    limit = asked.real_size
    test = data.load(settings.dataset, asked.data_dir, False, TRANSFORM, limit=limit)
    blurred = Blur(test.shown().shape[2], settings.sigma)
    print(f"{len(test):,} test images of {test.name}")
    facts["real_size"] = len(test)
    return score(deblurred(G, test, blurred))


if __name__ == "__main__":
    run.program(main)
