"""A DCGAN on Fashion-MNIST: convolutions instead of dense layers, on images of 64×64.

Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional
generative adversarial networks", arXiv 1511.06434. The tutorial that these settings come from
scales images to [0, 1] although its G ends in Tanh; here they are scaled to [-1, 1].
"""

import minigan
from minigan import data, gan, models, nn, optim, run
from minigan.data.transforms import Compose, Normalize, Resize, ToTensor


def main() -> None:
    options = run.options(
        "fashion_dcgan",
        __doc__,
        epochs=24,
        batch_size=64,
        lr_g=run.rate(2e-4, "Adam's learning rate for G"),
        lr_d=run.rate(1e-4, "Adam's learning rate for D"),
        beta1=run.fraction(0.5, "Adam's first beta"),
        beta2=run.fraction(0.999, "Adam's second beta"),
        z=run.count(100, "size of the latent points"),
        width=run.count(128, "channels of the widest layer: D's first, G's last"),
        size=run.count(64, "side of the images: 28, 32 or 64", least=8),
        real_label=run.rate(1.0, "D's target for real images; 0.9 smooths one-sidedly", most=1.0),
        feature_matching=run.flag(False, "G matches the means of D's features"),
        conditional=run.flag(False, "labels for G, class scores from D: AC-GAN"),
        spectral=run.flag(False, "spectral normalisation of D's convolutions, no BatchNorm there"),
        k=run.count(1, "D's steps for each of G's"),
        quick={"epochs": 6, "limit": 9_600, "width": 16, "size": 28},
    )

    transform = Compose([Resize(options.size), ToTensor(), Normalize(0.5, 0.5)])
    images = run.load_data(options, transform, prefer="fashion")
    loader = data.DataLoader(images, options.batch_size, shuffle=True, drop_last=True)
    real, _ = next(iter(loader))

    colours = len(images[0][0])
    classes = 10 if options.conditional else 0
    D = models.DCGANDiscriminator(
        options.width, options.size, colours, spectral=options.spectral, classes=classes
    )
    G = models.DCGANGenerator(options.z, options.width, options.size, colours, classes=classes)
    models.dcgan_init(D)
    models.dcgan_init(G)
    betas = (options.beta1, options.beta2)
    opt_D = optim.Adam(D.parameters(), options.lr_d, betas)
    opt_G = optim.Adam(G.parameters(), options.lr_g, betas)
    parameters_of_G = list(G.parameters())
    bce, cross_entropy = nn.BCELoss(), nn.CrossEntropyLoss()
    m = options.batch_size
    ones, zeros = minigan.ones(m, 1), minigan.zeros(m, 1)
    real_target = ones * options.real_label
    fixed_z, fixed_labels = G.noise(25), minigan.tensor([i % 10 for i in range(25)])

    def judge(x: minigan.Tensor, labels: minigan.Tensor) -> tuple:
        """D's probability that x is real, and how badly it names the classes (0 without labels)."""
        if not options.conditional:
            return D(x), 0.0
        probability, scores = D(x)
        return probability, cross_entropy(scores, labels)

    @minigan.capture
    def step(x: minigan.Tensor, labels: minigan.Tensor, learn_G: bool) -> dict:
        # Update D by ascending 1/m Σ [log D(x) + log(1 - D(G(z)))]; G rests.
        with minigan.no_grad():
            fake = G(G.noise(m), labels)
        d_real, classes_real = judge(x, labels)
        d_fake, _ = judge(fake, labels)
        loss_D = bce(d_real, real_target) + bce(d_fake, zeros)
        opt_D.zero_grad()
        (loss_D + classes_real).backward()  # not of fakes: see mnist_conditional.py
        opt_D.step()

        # Every k steps update G by ascending 1/m Σ log D(G(z)) on fresh noise; or, matching
        # features, by descending |mean f(x) - mean f(G(z))|², f being D's inner layers.
        fake = G(G.noise(m), labels)
        d, classes_fake = judge(fake, labels)
        if options.feature_matching:
            loss_G = gan.feature_matching(D.features(x), D.features(fake))
        else:
            loss_G = bce(d, ones)
        if learn_G:
            opt_G.zero_grad()
            (loss_G + classes_fake).backward(inputs=parameters_of_G)
            opt_G.step()

        return {"loss_D": loss_D, "loss_G": loss_G, "D_x": d_real.mean(), "D_Gz": d_fake.mean()}

    with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
        r.save_images("real.png", real[:25], columns=5)

        for epoch in r.epochs():
            G.train()
            for x, labels in r.batches(loader):
                r.log(**step(x, labels, r.batch % options.k == 0))

            G.eval()  # running statistics: a sample does not depend on its neighbours
            with minigan.no_grad():
                r.save_images(f"samples_{epoch:03}.png", G(fixed_z, fixed_labels), columns=5)


if __name__ == "__main__":
    run.program(main)
