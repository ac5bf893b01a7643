"""A book's way: each network owns its optimizer and trains itself on one sample at a time."""

import random

import torch
import torch.nn as nn

if torch.cuda.is_available():
    torch.set_default_tensor_type(torch.cuda.FloatTensor)


def generate_real():
    return torch.FloatTensor(
        [
            random.uniform(0.8, 1.0),
            random.uniform(0.0, 0.2),
            random.uniform(0.8, 1.0),
            random.uniform(0.0, 0.2),
        ]
    )


def generate_random(size):
    return torch.rand(size)


class View(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = (shape,)

    def forward(self, x):
        return x.view(*self.shape)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            View(4),
            nn.Linear(4, 3),
            nn.LeakyReLU(0.02),
            nn.LayerNorm(3),
            nn.Linear(3, 1),
            nn.Sigmoid(),
        )
        self.loss_function = nn.MSELoss()
        self.optimiser = torch.optim.SGD(self.parameters(), lr=0.01)
        self.counter = 0
        self.progress = []

    def forward(self, inputs):
        return self.model(inputs)

    def train(self, inputs, targets):
        outputs = self.forward(inputs)
        loss = self.loss_function(outputs, targets)
        self.counter += 1
        if self.counter % 10 == 0:
            self.progress.append(loss.item())
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(1, 3), nn.Sigmoid(), nn.Linear(3, 4), nn.Sigmoid())
        self.optimiser = torch.optim.SGD(self.parameters(), lr=0.01)
        self.progress = []

    def forward(self, inputs):
        return self.model(inputs)

    def train(self, D, inputs, targets):
        g_output = self.forward(inputs)
        d_output = D.forward(g_output)
        loss = D.loss_function(d_output, targets)
        self.progress.append(loss.item())
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()


D, G = Discriminator(), Generator()
image_list = []
for i in range(30):
    D.train(generate_real(), torch.FloatTensor([1.0]))
    D.train(G.forward(torch.FloatTensor([0.5])).detach(), torch.FloatTensor([0.0]))
    G.train(D, generate_random(1), torch.FloatTensor([1.0]))
    if i % 10 == 0:
        image_list.append(G.forward(torch.FloatTensor([0.5])).detach().numpy())

target = torch.zeros((10))
target[3] = 1.0
history = (
    D.progress
    + G.progress
    + [float(value) for image in image_list for value in image]
    + target.tolist()
)
