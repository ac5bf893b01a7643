"""Other value functions: relativistic, softmax, boundary seeking, f-divergences, hinge, saturating."""

import random

import torch
import torch.nn
import torch.nn.functional as F
import torch.optim as optim

z_dim, x_dim, h_dim, batch = 5, 8, 16, 12


def log(x):
    return torch.log(x + 1e-8)


def players(last=None):
    G = torch.nn.Sequential(
        torch.nn.Linear(z_dim, h_dim),
        torch.nn.ReLU(),
        torch.nn.Linear(h_dim, x_dim),
        torch.nn.Sigmoid(),
    )
    layers = [torch.nn.Linear(x_dim, h_dim), torch.nn.ReLU(), torch.nn.Linear(h_dim, 1)]
    D = torch.nn.Sequential(*layers + ([] if last is None else [last]))
    return G, D, optim.Adam(G.parameters(), lr=1e-3), optim.Adam(D.parameters(), lr=1e-3)


def relativistic(real, fake):
    loss, valid, no = torch.nn.BCEWithLogitsLoss(), torch.ones_like(real), torch.zeros_like(real)
    for_d = loss(real - fake.mean(0, keepdim=True), valid) + loss(
        fake - real.mean(0, keepdim=True), no
    )
    for_g = loss(real - fake.mean(0, keepdim=True), no) + loss(
        fake - real.mean(0, keepdim=True), valid
    )
    return for_d / 2, for_g / 2


def softmax_gan(real, fake):
    n = real.size(0)
    Z = torch.sum(torch.exp(-real)) + torch.sum(torch.exp(-fake))
    for_d = (1 / n) * torch.sum(real) + log(Z)
    for_g = (1 / (2 * n)) * (torch.sum(real) + torch.sum(fake)) + log(Z)
    return for_d, for_g


def total_variation(real, fake):
    return -(torch.mean(0.5 * torch.tanh(real)) - torch.mean(0.5 * torch.tanh(fake))), -torch.mean(
        0.5 * torch.tanh(fake)
    )


def reverse_kl(real, fake):
    return -(torch.mean(-torch.exp(real)) - torch.mean(-1 - fake)), -torch.mean(-1 - fake)


def pearson(real, fake):
    return -(torch.mean(real) - torch.mean(0.25 * fake**2 + fake)), -torch.mean(
        0.25 * fake**2 + fake
    )


def hellinger(real, fake):
    ratio = torch.mean((1 - torch.exp(fake)) / torch.exp(fake))
    return -(torch.mean(1 - torch.exp(real)) - ratio), -ratio


def hinge(real, fake):
    return F.relu(1.0 - real).mean() + F.relu(1.0 + fake).mean(), -fake.mean()


def hinge_by_clamp(real, fake):
    return torch.clamp(1 - real, min=0).mean() + (1 + fake).clamp(min=0).mean(), -torch.mean(fake)


def logistic(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean(), F.softplus(-fake).mean()


def log_sigmoids(real, fake):
    return -(F.logsigmoid(real) + F.logsigmoid(-fake)).mean(), torch.nn.LogSigmoid()(
        fake
    ).neg().mean()


def minimax(real, fake):
    real, fake = torch.sigmoid(real), torch.sigmoid(fake)
    return -torch.mean(log(real) + log(1 - fake)), torch.mean(log(1 - fake))


def boundary_seeking(real, fake):
    real, fake = real.sigmoid(), fake.sigmoid()
    ones, zeros = torch.ones(real.size()), torch.zeros(real.shape)
    for_d = (F.binary_cross_entropy(real, ones) + F.binary_cross_entropy(fake, zeros)) / 2
    return for_d, 0.5 * torch.mean((torch.log(fake) - torch.log(1 - fake)) ** 2)


def least_squares(real, fake):
    return 0.5 * (torch.mean((real - 1) ** 2) + torch.mean(fake**2)), 0.5 * torch.mean(
        (fake - 1) ** 2
    )


def stable_by_hand(real, fake):
    def bce(x, target):
        return (x.clamp(min=0) - x * target + (1 + (-x.abs()).exp()).log()).mean()

    return bce(real, torch.ones(real.size(0), 1)) + bce(fake, torch.zeros(len(fake), 1)), bce(
        fake, 1
    )


history = []
games = [
    relativistic,
    softmax_gan,
    total_variation,
    reverse_kl,
    pearson,
    hellinger,
    hinge,
    hinge_by_clamp,
    logistic,
    log_sigmoids,
    minimax,
    boundary_seeking,
    least_squares,
    stable_by_hand,
]
for game in games:
    G, D, opt_G, opt_D = players()
    nets, chosen = [G, D], random.choice([0, 1])
    for _ in range(2):
        X, z = torch.rand(batch, x_dim), torch.randn(batch, z_dim)
        loss_D, _ = game(D(X), D(G(z).detach()))
        loss_D.backward()
        opt_D.step()
        for net in nets:
            net.zero_grad()
        _, loss_G = game(D(X).detach(), D(G(z)))
        loss_G.backward()
        opt_G.step()
        for net in nets:
            net.zero_grad()
        print("{}; D: {:.4}; G: {:.4}".format(game.__name__, loss_D.item(), loss_G.item()))
        history += [loss_D.item(), loss_G.item()]
