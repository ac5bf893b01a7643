"""A dense GAN on Fashion-MNIST, wider, with dropout in D and two updates of D in each step.

After Goodfellow et al., "Generative Adversarial Nets", 2014, Algorithm 1, with Adam's settings and
G's initial weights from Radford et al., arXiv 1511.06434. The model is saved after every epoch;
`python examples/sample.py runs/fashion_dense` draws a 10×10 grid from the last one.
"""

import minigan
from minigan import data, models, nn, optim, run
from minigan.data.transforms import Compose, Normalize, ToTensor


def main() -> None:
    options = run.options(
        "fashion_dense",
        __doc__,
        epochs=20,
        batch_size=64,
        log_every=1,
        lr=run.rate(2e-4, "Adam's learning rate, for D and G"),
        beta1=run.fraction(0.5, "Adam's first beta"),
        beta2=run.fraction(0.999, "Adam's second beta"),
        z=run.count(100, "size of the latent points"),
        hidden_d=run.counts([1024, 512, 256], "D's hidden layers"),
        hidden_g=run.counts([256, 512, 1024], "G's hidden layers"),
        slope=run.fraction(0.2, "LeakyReLU's slope below 0"),
        dropout=run.fraction(0.3, "share of D's hidden units that each step leaves out"),
        init_std=run.rate(0.02, "standard deviation of G's initial weights"),
        quick={"epochs": 3, "limit": 25_600},
    )

    transform = Compose([ToTensor(), Normalize(0.5, 0.5)])  # bytes to [0, 1] to [-1, 1]
    images = run.load_data(options, transform, prefer="fashion")
    # Every image of a batch is drawn from all, with replacement.
    loader = data.DataLoader(images, options.batch_size, replacement=True, drop_last=True)
    real, _ = next(iter(loader))
    shape = real.shape[1:]

    D = models.DenseDiscriminator(options.hidden_d, options.slope, options.dropout, shape)
    G = models.DenseGenerator(options.z, options.hidden_g, options.slope, shape)
    for layer in D.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)  # Glorot's
            nn.init.zeros_(layer.bias)
    for layer in G.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0.0, options.init_std)
            nn.init.zeros_(layer.bias)
    betas = (options.beta1, options.beta2)
    opt_D = optim.Adam(D.parameters(), options.lr, betas)
    opt_G = optim.Adam(G.parameters(), options.lr, betas)
    parameters_of_G = list(G.parameters())
    bce = nn.BCELoss()
    m = options.batch_size
    ones, zeros = minigan.ones(m, 1), minigan.zeros(m, 1)
    fixed_z = G.noise(100)

    @minigan.capture
    def step(x: minigan.Tensor) -> dict[str, minigan.Tensor]:
        # Update D by ascending the first half of its gradient, 1/m Σ log D(x), on real x…
        d_real = D(x)
        loss_real = bce(d_real, ones)
        opt_D.zero_grad()
        loss_real.backward()
        opt_D.step()

        # … and then the second half, 1/m Σ log(1 - D(G(z))), on fake images; G rests.
        with minigan.no_grad():
            fake = G(G.noise(m))
        d_fake = D(fake)
        loss_fake = bce(d_fake, zeros)
        opt_D.zero_grad()
        loss_fake.backward()
        opt_D.step()

        # Update G by ascending 1/m Σ log D(G(z)), the non-saturating form, on fresh noise;
        # D is frozen: only G's gradients are asked for.
        d = D(G(G.noise(m)))
        loss_G = bce(d, ones)
        opt_G.zero_grad()
        loss_G.backward(inputs=parameters_of_G)
        opt_G.step()

        with minigan.no_grad():
            return {
                "loss_D": (loss_real + loss_fake) / 2,
                "loss_G": loss_G,
                "D_x": d_real.mean(),
                "D_Gz": d_fake.mean(),
                "loss_D_real": loss_real,
                "loss_D_fake": loss_fake,
                "acc_D_real": (d_real > 0.5).mean(),  # how often D is right
                "acc_D_fake": (d_fake < 0.5).mean(),
                "acc_G": (d > 0.5).mean(),  # how often G fools it
            }

    with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
        r.save_images("real.png", real[:25], columns=5)

        for epoch in r.epochs():
            for x, _ in r.batches(loader):
                r.log(**step(x))

            r.save_weights(f"G_{epoch:03}.safetensors", G)
            with minigan.no_grad():
                r.save_images(f"samples_{epoch:03}.png", G(fixed_z), columns=10)


if __name__ == "__main__":
    run.program(main)
