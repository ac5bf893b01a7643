"""A conditional GAN on MNIST: it draws the digit that it is asked for.

AC-GAN (Odena et al., arXiv 1610.09585): G is told a class, and D has a second head that names it;
G wants the right name for its images, D for real ones. The grids have a class in each column and
the same latent point in each row: what stays along a row is style.
"""

import minigan
from minigan import data, models, nn, optim, run
from minigan.data.transforms import Compose, Normalize, ToTensor


def main() -> None:
    options = run.options(
        "mnist_conditional",
        __doc__,
        epochs=15,
        batch_size=64,
        lr=run.rate(2e-4, "Adam's learning rate, for D and G"),
        beta1=run.fraction(0.5, "Adam's first beta"),
        beta2=run.fraction(0.999, "Adam's second beta"),
        z=run.count(100, "size of the latent points"),
        width=run.count(32, "channels of D's first and G's last inner layer"),
        rows=run.count(8, "latent points in the grid"),
        quick={"epochs": 3, "limit": 12_800, "width": 16},
    )

    transform = Compose([ToTensor(), Normalize(0.5, 0.5)])  # bytes to [0, 1] to [-1, 1]
    images = run.load_data(options, transform)
    loader = data.DataLoader(images, options.batch_size, shuffle=True, drop_last=True)

    classes = 10
    colours, side, _ = images[0][0].shape
    D = models.DCGANDiscriminator(options.width, side, colours, classes=classes)
    G = models.DCGANGenerator(options.z, options.width, side, colours, classes=classes)
    models.dcgan_init(D)
    models.dcgan_init(G)
    betas = (options.beta1, options.beta2)
    opt_D = optim.Adam(D.parameters(), options.lr, betas)
    opt_G = optim.Adam(G.parameters(), options.lr, betas)
    parameters_of_G = list(G.parameters())
    bce, cross_entropy = nn.BCELoss(), nn.CrossEntropyLoss()
    m = options.batch_size
    ones, zeros = minigan.ones(m, 1), minigan.zeros(m, 1)
    every_class = minigan.tensor(list(range(classes)) * options.rows)
    fixed_z = G.noise(options.rows)[[row for row in range(options.rows) for _ in range(classes)]]

    @minigan.capture
    def step(x: minigan.Tensor, labels: minigan.Tensor) -> dict[str, minigan.Tensor]:
        # Update D by ascending 1/m Σ [log D(x) + log(1 - D(G(z, c)))] and the log probability that
        # its second head gives to the classes of real images. The paper adds those of the fakes;
        # but then G and D can agree on signs of their own.
        wanted = minigan.randint(0, classes, (m,))
        fake = G(G.noise(m), wanted)
        d_real, scores_real = D(x)
        d_fake, _ = D(fake.detach())
        loss_D = bce(d_real, ones) + bce(d_fake, zeros)
        opt_D.zero_grad()
        (loss_D + cross_entropy(scores_real, labels)).backward()
        opt_D.step()

        # Update G by ascending 1/m Σ log D(G(z, c)) and the log probability of c.
        d, scores = D(fake)
        loss_G = bce(d, ones)
        opt_G.zero_grad()
        (loss_G + cross_entropy(scores, wanted)).backward(inputs=parameters_of_G)
        opt_G.step()

        return {
            "loss_D": loss_D,
            "loss_G": loss_G,
            "D_x": d_real.mean(),
            "D_Gz": d_fake.mean(),
            "acc_classes_real": (scores_real.argmax(1) == labels).astype("float32").mean(),
            "acc_classes_fake": (scores.argmax(1) == wanted).astype("float32").mean(),
        }

    with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
        for epoch in r.epochs():
            G.train()
            for x, labels in r.batches(loader):
                r.log(**step(x, labels))

            G.eval()  # running statistics: a sample does not depend on its neighbours
            with minigan.no_grad():
                r.save_images(f"classes_{epoch:03}.png", G(fixed_z, every_class), columns=classes)


if __name__ == "__main__":
    run.program(main)
