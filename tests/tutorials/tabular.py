"""A table of numbers and categories: Gumbel softmax, per-column losses, weighted samplers, numpy out."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.sampler import SubsetRandomSampler

rows, numbers, colours = 60, 3, 4
values = np.random.randn(rows, numbers)
values = (values - values.mean(axis=0)) / values.std(axis=0)
chosen = np.random.randint(0, colours, rows)
table = torch.cat(
    (torch.tensor(values, dtype=torch.float32), F.one_hot(torch.tensor(chosen), colours).float()),
    axis=1,
)
loader = DataLoader(
    TensorDataset(table), batch_size=12, sampler=SubsetRandomSampler(list(range(48)))
)


class Residual(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.fc = nn.Linear(i, o)
        self.bn = nn.BatchNorm1d(o)
        self.relu = nn.ReLU()

    def forward(self, input):
        return torch.cat([self.relu(self.bn(self.fc(input))), input], dim=1)


class Generator(nn.Module):
    def __init__(self, dim, sizes):
        super().__init__()
        seq = []
        for size in list(sizes):
            seq += [Residual(dim, size)]
            dim += size
        seq.append(nn.Linear(dim, numbers + colours))
        self.seq = nn.Sequential(*seq)

    def forward(self, z, hard=False):
        data = self.seq(z)
        soft = F.gumbel_softmax(data[:, numbers:], tau=0.2, hard=hard)
        return torch.cat([torch.tanh(data[:, :numbers]), soft], dim=1)


class Discriminator(nn.Module):
    def __init__(self, dim, pac=3):
        super().__init__()
        self.pac = pac
        self.seq = nn.Sequential(
            nn.Linear(dim * pac, 16), nn.LeakyReLU(0.2), nn.Dropout(0.5), nn.Linear(16, 1)
        )

    def forward(self, input):
        assert input.size()[0] % self.pac == 0
        return self.seq(input.view(-1, input.size()[1] * self.pac))


G, D = Generator(6, (10, 8)), Discriminator(numbers + colours)
optimizer_G = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.9), weight_decay=1e-6)
optimizer_D = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.9))
mean, std = torch.zeros(12, 6), torch.zeros(12, 6) + 1
class_weights = torch.tensor([1.0, 2.0, 1.0, 0.5])

history = []
for epoch in range(2):
    for (real,) in loader:
        fakez = torch.normal(mean=mean, std=std)
        fake = G(fakez)
        loss_d = -(torch.mean(D(real)) - torch.mean(D(fake.detach())))
        optimizer_D.zero_grad()
        loss_d.backward()
        optimizer_D.step()

        fake = G(torch.normal(0.0, 1.0, size=(12, 6)))
        named = nn.CrossEntropyLoss(weight=class_weights)(
            fake[:, numbers:], real[:, numbers:].argmax(axis=1)
        )
        loss_g = (
            -torch.mean(D(fake))
            + named
            + F.mse_loss(fake[:, :numbers].std(axis=0), real[:, :numbers].std(0))
        )
        optimizer_G.zero_grad(set_to_none=False)
        loss_g.backward()
        optimizer_G.step()
        history += [loss_d.detach().cpu().item(), loss_g.detach().cpu().item()]

G.eval()
with torch.set_grad_enabled(False):
    made = G(torch.randn(20, 6), hard=True).detach().cpu().numpy()
assert set(np.unique(made[:, numbers:]).round(5)) == {0.0, 1.0}
frame = {f"number {i}": made[:, i] for i in range(numbers)}
frame["colour"] = made[:, numbers:].argmax(axis=1)
