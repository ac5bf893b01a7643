"""A dense GAN on MNIST: the smallest complete example.

G turns noise z into images, D tells the probability that an image is real, and the two are trained
against each other: Goodfellow et al., "Generative Adversarial Nets", 2014, Algorithm 1.
"""

import minigan
from minigan import data, models, nn, optim, run
from minigan.data.transforms import Compose, Normalize, RandomHorizontalFlip, ToTensor


def main() -> None:
    options = run.options(
        "mnist_dense",
        __doc__,
        epochs=101,
        batch_size=64,
        lr=run.rate(3e-4, "Adam's learning rate, for D and G"),
        beta1=run.fraction(0.9, "Adam's first beta"),
        beta2=run.fraction(0.999, "Adam's second beta"),
        z=run.count(64, "size of the latent points"),
        hidden_d=run.counts([256, 128], "D's hidden layers"),
        hidden_g=run.counts([256, 512], "G's hidden layers"),
        slope=run.fraction(0.1, "LeakyReLU's slope below 0"),
        flip=run.flag(True, "mirror half of the images, as the tutorial does"),
        sample_epochs=run.counts([0, 1, 2, 5, *range(10, 101, 10)], "draw after these", least=0),
        quick={"epochs": 4, "limit": 40_000, "beta1": 0.5, "flip": False},
    )

    transform = [ToTensor(), Normalize(0.5, 0.5)]  # bytes to [0, 1] to [-1, 1]
    if options.flip:
        transform.insert(0, RandomHorizontalFlip())
    images = run.load_data(options, Compose(transform))
    loader = data.DataLoader(images, options.batch_size, shuffle=True)
    real, _ = next(iter(loader))
    shape = real.shape[1:]

    D = models.DenseDiscriminator(options.hidden_d, options.slope, image=shape)
    G = models.DenseGenerator(options.z, options.hidden_g, options.slope, shape)
    betas = (options.beta1, options.beta2)
    opt_D = optim.Adam(D.parameters(), options.lr, betas)
    opt_G = optim.Adam(G.parameters(), options.lr, betas)
    parameters_of_G = list(G.parameters())
    bce = nn.BCELoss()
    fixed_z = G.noise(options.batch_size)

    @minigan.capture
    def step(x: minigan.Tensor) -> dict[str, minigan.Tensor]:
        m = len(x)
        ones, zeros = minigan.ones(m, 1), minigan.zeros(m, 1)

        # Sample a minibatch of m noise points z from p_g(z), and with it m images G(z).
        fake = G(G.noise(m))

        # Update D by ascending its stochastic gradient of
        #     1/m Σ [log D(x) + log(1 - D(G(z)))],
        # that is, by descending (BCE(D(x), 1) + BCE(D(G(z)), 0)) / 2, which is the mean over real
        # and fake images as one batch. G has no part in it: fake is detached.
        d = D(minigan.cat([x, fake.detach()]))
        loss_D = bce(d, minigan.cat([ones, zeros]))
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()

        # Update G by ascending its stochastic gradient of
        #     1/m Σ log D(G(z)),
        # the non-saturating form of the paper's section 3, with the same images and the updated D;
        # only G's gradients are asked for.
        loss_G = bce(D(fake), ones)
        opt_G.zero_grad()
        loss_G.backward(inputs=parameters_of_G)
        opt_G.step()

        d = d.detach()
        return {"loss_D": loss_D, "loss_G": loss_G, "D_x": d[:m].mean(), "D_Gz": d[m:].mean()}

    with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
        r.save_images("real.png", real[:25], columns=5)

        for epoch in r.epochs():
            for x, _ in r.batches(loader):
                r.log(**step(x))

            if r.at(*options.sample_epochs):
                with minigan.no_grad():
                    r.save_images(f"samples_{epoch:03}.png", G(fixed_z))


if __name__ == "__main__":
    run.program(main)
