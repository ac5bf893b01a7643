"""A ring of Gaussians: points from numpy, Categorical-free sampling, D's surface on a mesh, modes."""

import random

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.autograd as autograd
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(1)
BATCH_SIZE, DIM, LAMBDA = 32, 16, 0.1


def inf_train_gen():
    angles = 2 * torch.pi * torch.arange(8) / 8
    centers = torch.stack([torch.cos(angles), torch.sin(angles)], dim=1) * 2
    while True:
        dataset = []
        for _ in range(BATCH_SIZE):
            point = np.random.randn(2) * 0.02
            center = random.choice(centers.tolist())
            point[0] += center[0]
            point[1] += center[1]
            dataset.append(point)
        dataset = np.array(dataset, dtype="float32")
        dataset /= 1.414
        yield dataset


class Generator(nn.Module):
    def __init__(self):
        super(Generator, self).__init__()
        main = nn.Sequential(
            nn.Linear(2, DIM), nn.ReLU(True), nn.Linear(DIM, DIM), nn.ReLU(True), nn.Linear(DIM, 2)
        )
        self.main = main

    def forward(self, noise):
        return self.main(noise)


class MinibatchDiscrimination(nn.Module):
    """How near the other samples of the batch are, as further features."""

    def __init__(self, in_features, out_features, kernel_dims):
        super().__init__()
        self.in_features, self.out_features, self.kernel_dims = (
            in_features,
            out_features,
            kernel_dims,
        )
        self.T = nn.Parameter(torch.Tensor(in_features, out_features, kernel_dims))
        nn.init.normal_(self.T, 0, 1)

    def forward(self, x):
        matrices = x.mm(self.T.view(self.in_features, -1))
        matrices = matrices.view(-1, self.out_features, self.kernel_dims)
        M = matrices.unsqueeze(0)
        M_T = M.permute(1, 0, 2, 3)
        norm = torch.abs(M - M_T).sum(3)
        o_b = torch.exp(-norm).sum(0) - 1
        return torch.cat([x, o_b], 1)


class Discriminator(nn.Module):
    def __init__(self):
        super(Discriminator, self).__init__()
        self.main = nn.Sequential(
            nn.Linear(2, DIM),
            nn.ReLU(True),
            MinibatchDiscrimination(DIM, 3, 2),
            nn.Linear(DIM + 3, 1),
        )

    def forward(self, inputs):
        return self.main(inputs).view(-1)


def calc_gradient_penalty(netD, real_data, fake_data):
    alpha = torch.rand(BATCH_SIZE, 1)
    alpha = alpha.expand(real_data.size())
    interpolates = alpha * real_data + ((1 - alpha) * fake_data)
    interpolates = autograd.Variable(interpolates, requires_grad=True)
    scores = netD(interpolates)
    gradients = autograd.grad(
        outputs=scores,
        inputs=interpolates,
        grad_outputs=torch.ones(scores.size()),
        create_graph=True,
        only_inputs=True,
    )[0]
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * LAMBDA


netG, netD = Generator(), Discriminator()
optimizerD = optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.9))
optimizerG = optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.9))
one = torch.tensor(1.0)
mone = one * -1
data = inf_train_gen()
history = []
for iteration in range(4):
    for p in netD.parameters():
        p.requires_grad = True
    for iter_d in range(2):
        real_data = torch.Tensor(next(data))
        netD.zero_grad()
        D_real = netD(real_data).mean()
        D_real.backward(mone)
        with torch.no_grad():
            fake = netG(torch.randn(BATCH_SIZE, 2))
        D_fake = netD(fake).mean()
        D_fake.backward(one)
        gradient_penalty = calc_gradient_penalty(netD, real_data.data, fake.data)
        gradient_penalty.backward()
        D_cost = D_fake - D_real + gradient_penalty
        optimizerD.step()
    for p in netD.parameters():
        p.requires_grad = False
    netG.zero_grad()
    G = netD(netG(torch.randn(BATCH_SIZE, 2))).mean()
    G.backward(mone)
    optimizerG.step()
    history += [D_cost.cpu().data.numpy().item(), G.item(), gradient_penalty.item()]

xs = torch.linspace(-3, 3, 16)
X, Y = torch.meshgrid(xs, xs, indexing="ij")
with torch.no_grad():
    surface = netD(torch.stack([X.reshape(-1), Y.reshape(-1)], dim=1)).view(16, 16)
    points = netG(torch.randn(64, 2))
plt.contour(xs.numpy(), xs.numpy(), surface.numpy().transpose())
plt.scatter(points[:, 0], points[:, 1], marker="+")
plt.savefig("frame.png")
plt.close()
centers = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
distances = ((points.unsqueeze(1) - centers.unsqueeze(0)) ** 2).sum(-1).sqrt()
nearest = distances.min(dim=1)
history += [nearest.values.mean().item(), (nearest[1] == 0).float().mean().item()]
history += (
    torch.topk(distances.view(-1), 3)[0].tolist() + torch.sort(distances[:, 0])[0][:3].tolist()
)
