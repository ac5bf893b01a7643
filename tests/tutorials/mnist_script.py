"""One flat script with argparse, Variables and typed tensors; BatchNorm with a large eps."""

import argparse
import os

import numpy as np
import torch
import torch.nn as nn
import torchvision.transforms as transforms
from torch.autograd import Variable
from torch.utils.data import DataLoader
from torchvision import datasets
from torchvision.utils import save_image

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--lr", type=float, default=2e-4)
parser.add_argument("--beta1", type=float, default=0.5)
parser.add_argument("--latent", type=int, default=12)
parser.add_argument("--side", type=int, default=28)
parser.add_argument("--every", type=int, default=2, help="steps between pictures")
options = parser.parse_args()
os.makedirs("pictures", exist_ok=True)

shape = (1, options.side, options.side)
pixels = int(np.prod(shape))
use_gpu = True if torch.cuda.is_available() else False
Tensor = torch.cuda.FloatTensor if use_gpu else torch.FloatTensor


class Painter(nn.Module):
    def __init__(self):
        super(Painter, self).__init__()

        def stage(wide, narrow, norm=True):
            parts = [nn.Linear(wide, narrow)]
            if norm:
                parts.append(nn.BatchNorm1d(narrow, 0.8))
            parts.append(nn.LeakyReLU(0.2, inplace=True))
            return parts

        self.body = nn.Sequential(
            *stage(options.latent, 24, norm=False),
            *stage(24, 32),
            *stage(32, 48),
            nn.Linear(48, pixels),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.body(z).view(z.size(0), *shape)


class Critic(nn.Module):
    def __init__(self):
        super(Critic, self).__init__()
        self.body = nn.Sequential(
            nn.Linear(pixels, 40),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(40, 20),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(20, 1),
            nn.Sigmoid(),
        )

    def forward(self, picture):
        return self.body(picture.view(picture.size(0), -1))


bce = torch.nn.BCELoss()
painter, critic = Painter(), Critic()
if use_gpu:
    painter.cuda()
    critic.cuda()
    bce.cuda()

loader = DataLoader(
    datasets.MNIST(
        "data",
        train=True,
        download=True,
        transform=transforms.Compose(
            [
                transforms.Resize(options.side),
                transforms.ToTensor(),
                transforms.Normalize([0.5], [0.5]),
            ]
        ),
    ),
    batch_size=options.batch,
    shuffle=True,
)
betas = (options.beta1, 0.999)
opt_painter = torch.optim.Adam(painter.parameters(), lr=options.lr, betas=betas)
opt_critic = torch.optim.Adam(critic.parameters(), lr=options.lr, betas=betas)

history = []
for epoch in range(options.epochs):
    for i, (pictures, _) in enumerate(loader):
        yes = Variable(Tensor(pictures.size(0), 1).fill_(1.0), requires_grad=False)
        no = Variable(Tensor(pictures.size(0), 1).fill_(0.0), requires_grad=False)
        real = Variable(pictures.type(Tensor))

        opt_painter.zero_grad()
        z = Variable(Tensor(np.random.normal(0, 1, (pictures.shape[0], options.latent))))
        fake = painter(z)
        loss_painter = bce(critic(fake), yes)
        loss_painter.backward()
        opt_painter.step()

        opt_critic.zero_grad()
        loss_critic = (bce(critic(real), yes) + bce(critic(fake.detach()), no)) / 2
        loss_critic.backward()
        opt_critic.step()

        print("[%d/%d] D %f G %f" % (epoch, i, loss_critic.item(), loss_painter.item()))
        history += [loss_critic.item(), loss_painter.item()]
        done = epoch * len(loader) + i
        if done % options.every == 0:
            save_image(fake.data[:25], "pictures/%d.png" % done, nrow=5, normalize=True)
