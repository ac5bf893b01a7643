"""Conditional GAN: labels embedded or one-hot, least-squares loss, a grid with a class per column."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable
from torchvision import datasets, transforms
from torchvision.utils import make_grid, save_image

cuda = torch.cuda.is_available()
FloatTensor = torch.cuda.FloatTensor if cuda else torch.FloatTensor
LongTensor = torch.cuda.LongTensor if cuda else torch.LongTensor
n_classes, latent_dim, img_shape = 10, 10, (1, 28, 28)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.label_emb = nn.Embedding(n_classes, n_classes)
        self.model = nn.Sequential(
            nn.Linear(latent_dim + n_classes, 32),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(32, 48),
            nn.BatchNorm1d(48, 0.8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(48, int(np.prod(img_shape))),
            nn.Tanh(),
        )

    def forward(self, noise, labels):
        gen_input = torch.cat((self.label_emb(labels), noise), -1)
        img = self.model(gen_input)
        return img.view(img.size(0), *img_shape)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(n_classes + int(np.prod(img_shape)), 32),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(32, 32),
            nn.Dropout(0.4),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(32, 1),
        )

    def forward(self, img, labels):
        codes = F.one_hot(labels, n_classes).type(FloatTensor)
        return self.model(torch.cat((img.view(img.size(0), -1), codes), -1))


adversarial_loss = torch.nn.MSELoss()
generator, discriminator = Generator(), Discriminator()
if cuda:
    generator.cuda()
    discriminator.cuda()
    adversarial_loss.cuda()

mnist = datasets.MNIST(
    "data", transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.5, 0.5)])
)
loader = torch.utils.data.DataLoader(mnist, batch_size=32, shuffle=True)
optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))


def sample_image(n_row, name):
    z = Variable(FloatTensor(np.random.normal(0, 1, (n_row**2, latent_dim))))
    labels = np.array([num for _ in range(n_row) for num in range(n_row)])
    labels = Variable(LongTensor(labels))
    generator.eval()
    gen_imgs = generator(z, labels)
    generator.train()
    save_image(gen_imgs.data, name, nrow=n_row, normalize=True)
    assert make_grid(gen_imgs.detach(), nrow=n_row, padding=0).size() == (3, 28 * n_row, 28 * n_row)


history = []
for epoch in range(2):
    for i, (imgs, labels) in enumerate(loader):
        batch_size = imgs.shape[0]
        valid = Variable(FloatTensor(batch_size, 1).fill_(1.0), requires_grad=False)
        fake = Variable(FloatTensor(batch_size, 1).fill_(0.0), requires_grad=False)
        real_imgs = Variable(imgs.type(FloatTensor))
        labels = Variable(labels.type(LongTensor))

        optimizer_G.zero_grad()
        z = Variable(FloatTensor(np.random.normal(0, 1, (batch_size, latent_dim))))
        gen_labels = Variable(LongTensor(np.random.randint(0, n_classes, batch_size)))
        gen_imgs = generator(z, gen_labels)
        g_loss = adversarial_loss(discriminator(gen_imgs, gen_labels), valid)
        g_loss.backward()
        optimizer_G.step()

        optimizer_D.zero_grad()
        d_real_loss = adversarial_loss(discriminator(real_imgs, labels), valid)
        d_fake_loss = adversarial_loss(discriminator(gen_imgs.detach(), gen_labels), fake)
        d_loss = (d_real_loss + d_fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()
        history += [d_loss.item(), g_loss.item()]
    sample_image(10, f"classes-{epoch}.png")
