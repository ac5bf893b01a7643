"""Gradient penalties in three spellings: WGAN-GP, DRAGAN, WGAN-div; a trainer class and its log."""

import numpy as np
import torch
import torch.autograd as autograd
import torch.nn as nn
from torch.autograd import Variable
from torch.autograd import grad as torch_grad

Tensor = torch.cuda.FloatTensor if torch.cuda.is_available() else torch.FloatTensor


class Trainer:
    def __init__(self, generator, critic, opt_g, opt_d, weight=10, critic_iterations=2):
        self.G, self.D, self.opt_g, self.opt_d = generator, critic, opt_g, opt_d
        self.weight, self.critic_iterations, self.num_steps = weight, critic_iterations, 0
        self.losses = {"G": [], "D": [], "GP": [], "gradient_norm": []}

    def _critic_step(self, data):
        generated = self.sample(data.size()[0])
        penalty = self._penalty(data, generated)
        self.losses["GP"].append(penalty.item())
        self.opt_d.zero_grad()
        d_loss = self.D(generated).mean() - self.D(data).mean() + penalty
        d_loss.backward()
        self.opt_d.step()
        self.losses["D"].append(d_loss.item())

    def _generator_step(self, data):
        self.opt_g.zero_grad()
        g_loss = -self.D(self.sample(data.size()[0])).mean()
        g_loss.backward()
        self.opt_g.step()
        self.losses["G"].append(g_loss.item())

    def _penalty(self, real, generated):
        count = real.size()[0]
        alpha = torch.rand(count, 1, 1, 1).expand_as(real)
        mixed = Variable(alpha * real.data + (1 - alpha) * generated.data, requires_grad=True)
        score = self.D(mixed)
        gradients = torch_grad(
            outputs=score,
            inputs=mixed,
            grad_outputs=torch.ones(score.size()),
            create_graph=True,
            retain_graph=True,
        )[0]
        gradients = gradients.view(count, -1)
        self.losses["gradient_norm"].append(gradients.norm(2, dim=1).mean().item())
        norms = torch.sqrt(torch.sum(gradients**2, dim=1) + 1e-12)
        return self.weight * ((norms - 1) ** 2).mean()

    def train(self, loader, epochs):
        for epoch in range(epochs):
            for data in loader:
                self.num_steps += 1
                self._critic_step(data[0])
                if self.num_steps % self.critic_iterations == 0:
                    self._generator_step(data[0])

    def sample(self, count):
        return self.G(Variable(torch.randn((count, 6))))


class Reshape(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.view(x.size(0), *self.shape)

    def extra_repr(self):
        return "shape={}".format(self.shape)


G = nn.Sequential(nn.Linear(6, 20), nn.LeakyReLU(), nn.Linear(20, 25), Reshape(1, 5, 5))
D = nn.Sequential(nn.Flatten(), nn.Linear(25, 20), nn.Tanh(), nn.LayerNorm(20), nn.Linear(20, 1))
print(G)
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.9))
images = torch.from_numpy(np.random.rand(32, 1, 5, 5)).float()
loader = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(images), batch_size=8, shuffle=True
)
trainer = Trainer(G, D, opt_G, opt_D)
trainer.train(loader, 2)
history = [value for losses in trainer.losses.values() for value in losses]


def dragan_penalty(X):
    alpha = Tensor(np.random.random(size=X.shape))
    noisy = X + 0.5 * X.std() * torch.rand(X.size())
    between = Variable(alpha * X + (1 - alpha) * noisy, requires_grad=True)
    score = D(between)
    ones = Variable(Tensor(X.shape[0], 1).fill_(1.0), requires_grad=False)
    gradients = autograd.grad(
        outputs=score,
        inputs=between,
        grad_outputs=ones,
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    return 10 * ((gradients.norm(2, dim=1) - 1) ** 2).mean()


def divergence_penalty(real, fake, k=2, p=6):
    powers = []
    for x in (Variable(real, requires_grad=True), fake):
        score = D(x)
        weight = Variable(Tensor(x.size(0), 1).fill_(1.0), requires_grad=False)
        slope = autograd.grad(
            score, x, weight, create_graph=True, retain_graph=True, only_inputs=True
        )[0]
        powers.append(slope.view(slope.size(0), -1).pow(2).sum(1) ** (p / 2))
    return torch.mean(powers[0] + powers[1]) * k / 2


for batch in loader:
    real = batch[0]
    for penalty in (dragan_penalty, lambda x: divergence_penalty(x, trainer.sample(len(x)))):
        opt_D.zero_grad()
        loss = (
            -torch.mean(D(real)) + torch.mean(D(trainer.sample(len(real)).detach())) + penalty(real)
        )
        loss.backward()
        opt_D.step()
        history.append(loss.item())
    real_validity = D(real)
    real_validity.backward(Tensor(real.shape[0], 1).fill_(-1.0))
    slopes = torch.autograd.grad(D(real.requires_grad_()).sum(), real, create_graph=True)[0]
    history.append(slopes.flatten(1).norm(p=2, dim=1).square().mean().item())
