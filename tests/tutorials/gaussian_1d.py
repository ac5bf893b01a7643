"""A normal distribution from uniform noise; D sees a whole sample at once, and its differences."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.autograd import Variable

mean, stddev, cardinality, hidden = 4, 1.25, 20, 10
name, preprocess, width = "differences too", lambda d: with_differences(d, 2.0), cardinality * 2
print("Using data [%s]" % (name))


def real_sampler(mu, sigma):
    return lambda n: torch.Tensor(np.random.normal(mu, sigma, (1, n)))


def noise_sampler():
    return lambda m, n: torch.rand(m, n)


class Net(nn.Module):
    def __init__(self, inputs, hidden, outputs, last):
        super(Net, self).__init__()
        self.map1 = nn.Linear(inputs, hidden)
        self.map2 = nn.Linear(hidden, hidden)
        self.map3 = nn.Linear(hidden, outputs)
        self.last = last

    def forward(self, x):
        x = F.elu(self.map1(x))
        x = F.sigmoid(self.map2(x))
        return self.last(self.map3(x))


def extract(v):
    return v.data.storage().tolist()


def stats(d):
    return [np.mean(d), np.std(d)]


def with_differences(data, exponent):
    mean = torch.mean(data.data, 1)
    level = torch.mul(torch.ones(data.size()), mean.tolist()[0])
    differences = torch.pow(data - Variable(level), exponent)
    return torch.cat([data, differences], 1)


G = Net(1, hidden, 1, lambda x: x)
D = Net(width, hidden, 1, torch.sigmoid)
criterion = nn.BCELoss()
d_optimizer = optim.Adam(D.parameters(), lr=2e-3, betas=(0.9, 0.999))
g_optimizer = optim.Adam(G.parameters(), lr=2e-3, betas=(0.9, 0.999))
d_sampler, gi_sampler = real_sampler(mean, stddev), noise_sampler()

history = []
for epoch in range(8):
    for d_index in range(2):
        D.zero_grad()
        d_real_data = Variable(d_sampler(cardinality))
        d_real_error = criterion(D(preprocess(d_real_data)), Variable(torch.ones(1, 1)))
        d_real_error.backward()
        d_fake_data = G(Variable(gi_sampler(cardinality, 1))).detach()
        d_fake_error = criterion(D(preprocess(d_fake_data.t())), Variable(torch.zeros(1, 1)))
        d_fake_error.backward()
        d_optimizer.step()

    for g_index in range(1):
        G.zero_grad()
        g_fake_data = G(Variable(gi_sampler(cardinality, 1)))
        g_error = criterion(D(preprocess(g_fake_data.t())), Variable(torch.ones(1, 1)))
        g_error.backward()
        g_optimizer.step()

    numbers = extract(d_real_error)[0], extract(d_fake_error)[0], extract(g_error)[0]
    print(
        "%s: D: %s/%s G: %s (Real: %s, Fake: %s)"
        % (epoch, *numbers, stats(extract(d_real_data)), stats(extract(d_fake_data)))
    )
    history += numbers
