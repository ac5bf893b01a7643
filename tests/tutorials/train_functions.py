"""Hidden layers as blocks, one function per player that calls backward twice, a picture logger."""

import numpy as np
import torch
import torchvision.utils as vutils
from matplotlib import pyplot as plt
from torch import nn, optim
from torch.autograd.variable import Variable
from torchvision import datasets, transforms


def training_data():
    compose = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    return datasets.MNIST(root="./data", train=True, transform=compose, download=True)


loader = torch.utils.data.DataLoader(training_data(), batch_size=32, shuffle=True)


class DiscriminatorNet(torch.nn.Module):
    def __init__(self):
        super(DiscriminatorNet, self).__init__()
        self.hidden0 = nn.Sequential(nn.Linear(784, 48), nn.LeakyReLU(0.2), nn.Dropout(0.3))
        self.hidden1 = nn.Sequential(nn.Linear(48, 24), nn.LeakyReLU(0.2), nn.Dropout(0.3))
        self.out = nn.Sequential(torch.nn.Linear(24, 1), torch.nn.Sigmoid())

    def forward(self, x):
        return self.out(self.hidden1(self.hidden0(x)))


class GeneratorNet(torch.nn.Module):
    def __init__(self):
        super(GeneratorNet, self).__init__()
        self.hidden0 = nn.Sequential(nn.Linear(20, 32), nn.LeakyReLU(0.2))
        self.hidden1 = nn.Sequential(nn.Linear(32, 48), nn.LeakyReLU(0.2))
        self.out = nn.Sequential(nn.Linear(48, 784), nn.Tanh())

    def forward(self, x):
        return self.out(self.hidden1(self.hidden0(x)))


def as_vectors(images):
    return images.view(images.size(0), 784)


def as_images(vectors):
    return vectors.view(vectors.size(0), 1, 28, 28)


def noise(size):
    n = Variable(torch.randn(size, 20))
    if torch.cuda.is_available():
        return n.cuda()
    return n


def target(size, value):
    data = Variable(torch.ones(size, 1) * value)
    if torch.cuda.is_available():
        return data.cuda()
    return data


discriminator, generator = DiscriminatorNet(), GeneratorNet()
if torch.cuda.is_available():
    discriminator.cuda()
    generator.cuda()
d_optimizer = optim.Adam(discriminator.parameters(), lr=0.0002)
g_optimizer = optim.Adam(generator.parameters(), lr=0.0002)
loss = nn.BCELoss()


def train_discriminator(optimizer, real_data, fake_data):
    optimizer.zero_grad()
    prediction_real = discriminator(real_data)
    error_real = loss(prediction_real, target(real_data.size(0), 1))
    error_real.backward()
    prediction_fake = discriminator(fake_data)
    error_fake = loss(prediction_fake, target(real_data.size(0), 0))
    error_fake.backward()
    optimizer.step()
    return error_real + error_fake, prediction_real, prediction_fake


def train_generator(optimizer, fake_data):
    optimizer.zero_grad()
    prediction = discriminator(fake_data)
    error = loss(prediction, target(prediction.size(0), 1))
    error.backward()
    optimizer.step()
    return error


def log_images(images, count, name):
    if type(images) == np.ndarray:
        images = torch.from_numpy(images)
    row = vutils.make_grid(images, normalize=True, scale_each=True)
    grid = vutils.make_grid(images, nrow=int(np.sqrt(count)), normalize=True, scale_each=True)
    for picture, kind in ((row, "row"), (grid, "grid")):
        figure = plt.figure()
        plt.imshow(np.moveaxis(picture.numpy(), 0, -1))
        plt.axis("off")
        figure.savefig(f"{name}_{kind}.png")
        plt.close()


history = []
test_noise = noise(4)
for epoch in range(2):
    for n_batch, (real_batch, _) in enumerate(loader):
        real_data = Variable(as_vectors(real_batch))
        if torch.cuda.is_available():
            real_data = real_data.cuda()
        fake_data = generator(noise(real_data.size(0))).detach()
        d_error, d_real, d_fake = train_discriminator(d_optimizer, real_data, fake_data)
        fake_data = generator(noise(real_batch.size(0)))
        g_error = train_generator(g_optimizer, fake_data)
        numbers = [d_error.data.cpu().numpy(), g_error.data.cpu().numpy()]
        print("D(x): {:.4f}, D(G(z)): {:.4f}".format(d_real.data.mean(), d_fake.data.mean()))
        history += [float(number) for number in numbers]
    log_images(as_images(generator(test_noise)).data.cpu(), 4, f"epoch_{epoch}")
log_images(real_batch.numpy()[:4], 4, "real")
