"""A GAN that sharpens: G undoes a Gaussian blur of CIFAR-10 images, D judges the result.

D alone would let G draw any sharp image at all; a pixel loss, |G(x) - y|, ties it to its input
(Isola et al., arXiv 1611.07004). --pixel-weight 0 leaves it out, as the simplest tutorials do.
"""

import minigan
from minigan import data, metrics, models, nn, optim, run
from minigan.data.resampling import gaussian_matrix
from minigan.data.transforms import Compose, Normalize, ToTensor


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

    transform = Compose([ToTensor(), Normalize(0.5, 0.5)])  # bytes to [0, 1] to [-1, 1]
    of_cifar = {"allow_missing": True} if options.allow_missing else {}
    sharp = run.load_data(options, transform, prefer="cifar10", **of_cifar)
    test = data.load(options.dataset, options.data_dir, False, transform, limit=options.test_limit)
    loader = data.DataLoader(sharp, options.batch_size, shuffle=True, drop_last=True)
    channels, side = sharp[0][0].shape[:2]
    blur = minigan.tensor(gaussian_matrix(side, options.sigma, round(4 * options.sigma)), "float32")

    def blurred(y: minigan.Tensor) -> minigan.Tensor:
        """Each row and each column of each channel under the same Gaussian."""
        return blur @ y @ blur.T

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

    def score(images: minigan.Tensor, originals: minigan.Tensor) -> dict[str, float]:
        return {
            "psnr": metrics.psnr(images, originals).mean(),
            "ssim": metrics.ssim(images, originals).mean(),
        }

    with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
        for _epoch in r.epochs():
            for y, _ in r.batches(loader):
                r.log(**step(blurred(y), y))

            # What the test images gain, and how it looks: blurred | deblurred | sharp.
            shown, results = [], []
            with minigan.no_grad():
                for y, _ in data.DataLoader(test, 250):
                    x = blurred(y)
                    results.append((x, G(x), y))
            x, out, y = (minigan.cat(part) for part in zip(*results, strict=True))
            before, after = score(x, y), score(out, y)
            words = "PSNR {psnr:.2f} dB, SSIM {ssim:.4f}".format_map
            print(f"test  blurred {words(before)};  deblurred {words(after)}")
            r.score(**after)
            for i in range(min(8, len(y))):
                shown += [x[i], out[i], y[i]]
            r.save_images("rows.png", minigan.stack(shown), columns=6)


if __name__ == "__main__":
    run.program(main)
