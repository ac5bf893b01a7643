"""A university assignment: a sampler of one's own, networks and data converted with .type(dtype)."""

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
import torchvision.datasets as dset
import torchvision.transforms as T
from torch.nn import init
from torch.utils.data import DataLoader, sampler

NUM_TRAIN, NUM_VAL, NOISE_DIM, batch_size = 64, 32, 12, 32


class ChunkSampler(sampler.Sampler):
    """Samples one after the other, from some place on."""

    def __init__(self, num_samples, start=0):
        self.num_samples = num_samples
        self.start = start

    def __iter__(self):
        return iter(range(self.start, self.start + self.num_samples))

    def __len__(self):
        return self.num_samples


train = dset.MNIST("./data", train=True, download=True, transform=T.ToTensor())
loader_train = DataLoader(train, batch_size=batch_size, sampler=ChunkSampler(NUM_TRAIN, 0))
loader_val = DataLoader(train, batch_size=batch_size, sampler=ChunkSampler(NUM_VAL, NUM_TRAIN))
imgs = next(iter(loader_train))[0].view(batch_size, 784).numpy().squeeze()
assert imgs.shape == (batch_size, 784) and imgs.dtype == np.float32
dtype = torch.cuda.FloatTensor if torch.cuda.is_available() else torch.FloatTensor


def sample_noise(batch_size, dim):
    return torch.rand(batch_size, dim) * 2 - 1


class Flatten(nn.Module):
    def forward(self, x):
        N, C, H, W = x.size()
        return x.view(N, -1)


class Unflatten(nn.Module):
    def __init__(self, N=-1, C=1, H=28, W=28):
        super(Unflatten, self).__init__()
        self.N, self.C, self.H, self.W = N, C, H, W

    def forward(self, x):
        return x.view(self.N, self.C, self.H, self.W)


def initialize_weights(m):
    if isinstance(m, nn.Linear):
        init.xavier_uniform_(m.weight.data)


def discriminator():
    return nn.Sequential(
        Flatten(),
        nn.Linear(784, 32),
        nn.LeakyReLU(0.01, inplace=True),
        nn.Linear(32, 16),
        nn.LeakyReLU(0.01),
        nn.Linear(16, 1),
    )


def generator(noise_dim=NOISE_DIM):
    return nn.Sequential(
        nn.Linear(noise_dim, 32), nn.ReLU(inplace=True), nn.Linear(32, 784), nn.Tanh(), Unflatten()
    )


def bce_loss(input, target):
    neg_abs = -input.abs()
    loss = input.clamp(min=0) - input * target + (1 + neg_abs.exp()).log()
    return loss.mean()


def discriminator_loss(logits_real, logits_fake):
    true_labels = torch.ones(logits_real.size()).type(dtype)
    return bce_loss(logits_real, true_labels) + bce_loss(logits_fake, 1 - true_labels)


def generator_loss(logits_fake):
    return bce_loss(logits_fake, torch.ones(logits_fake.size()).type(dtype))


def ls_discriminator_loss(scores_real, scores_fake):
    return 0.5 * ((scores_real - 1) ** 2).mean() + 0.5 * (scores_fake**2).mean()


def ls_generator_loss(scores_fake):
    return 0.5 * ((scores_fake - 1) ** 2).mean()


def get_optimizer(model):
    return optim.Adam(model.parameters(), lr=1e-3, betas=(0.5, 0.999))


def run_a_gan(D, G, D_solver, G_solver, discriminator_loss, generator_loss, num_epochs=1):
    log = []
    for epoch in range(num_epochs):
        for x, _ in loader_train:
            if len(x) != batch_size:
                continue
            D_solver.zero_grad()
            real_data = x.type(dtype)
            logits_real = D(2 * (real_data - 0.5)).type(dtype)
            g_fake_seed = sample_noise(batch_size, NOISE_DIM).type(dtype)
            fake_images = G(g_fake_seed).detach()
            logits_fake = D(fake_images.view(batch_size, 1, 28, 28))
            d_total_error = discriminator_loss(logits_real, logits_fake)
            d_total_error.backward()
            D_solver.step()
            G_solver.zero_grad()
            fake_images = G(sample_noise(batch_size, NOISE_DIM).type(dtype))
            gen_logits_fake = D(fake_images.view(batch_size, 1, 28, 28))
            g_error = generator_loss(gen_logits_fake)
            g_error.backward()
            G_solver.step()
            log += [d_total_error.item(), g_error.item()]
        assert fake_images.data.cpu().numpy()[0:16].shape == (16, 1, 28, 28)
    return log


history = []
for losses in ((discriminator_loss, generator_loss), (ls_discriminator_loss, ls_generator_loss)):
    D, G = discriminator().type(dtype), generator().type(dtype)
    D.apply(initialize_weights)
    history += run_a_gan(D, G, get_optimizer(D), get_optimizer(G), *losses)
assert sum(len(x) for x, _ in loader_val) == NUM_VAL
