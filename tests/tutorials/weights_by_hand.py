"""No modules: weight matrices as Variables, networks as functions; InfoGAN's mutual information."""

import matplotlib.gridspec as gridspec
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as nn
import torch.optim as optim
from torch.autograd import Variable

batch, z_dim, x_dim, h_dim, classes = 16, 8, 36, 24, 5


def xavier(size):
    spread = 1.0 / np.sqrt(size[0] / 2.0)
    return Variable(torch.randn(*size) * spread, requires_grad=True)


def bias(size):
    return Variable(torch.zeros(size), requires_grad=True)


Wzh, bzh = xavier([z_dim + classes, h_dim]), bias(h_dim)
Whx, bhx = xavier([h_dim, x_dim]), bias(x_dim)
Wxh, bxh = xavier([x_dim, h_dim]), bias(h_dim)
Why, bhy = xavier([h_dim, 1]), bias(1)
Wqxh, bqxh = xavier([x_dim, h_dim]), bias(h_dim)
Whc, bhc = xavier([h_dim, classes]), bias(classes)


def G(z, c):
    inputs = torch.cat([z, c], 1)
    h = nn.relu(inputs @ Wzh + bzh)
    return nn.sigmoid(h @ Whx + bhx)


def D(X):
    h = nn.relu(torch.mm(X, Wxh) + bxh.repeat(X.size(0), 1))
    return nn.sigmoid(h @ Why + bhy)


def Q(X):
    h = nn.relu(X @ Wqxh + bqxh)
    return nn.softmax(h @ Whc + bhc, dim=1)


G_params, D_params, Q_params = [Wzh, bzh, Whx, bhx], [Wxh, bxh, Why, bhy], [Wqxh, bqxh, Whc, bhc]
params = G_params + D_params + Q_params


def reset_grad():
    for p in params:
        if p.grad is not None:
            p.grad.data.zero_()


G_solver = optim.Adam(G_params, lr=1e-3)
D_solver = optim.Adam(D_params, lr=1e-3)
Q_solver = optim.Adam(G_params + Q_params, lr=1e-3)


def codes(size):
    c = np.random.multinomial(1, classes * [1 / classes], size=size)
    return Variable(torch.from_numpy(c.astype("float32")))


history = []
data = np.random.rand(64, x_dim).astype("float32")
for it in range(6):
    X = Variable(torch.from_numpy(data[np.random.randint(0, len(data), batch)]))
    z = Variable(torch.randn(batch, z_dim))
    c = codes(batch)

    D_loss = -torch.mean(torch.log(D(X) + 1e-8) + torch.log(1 - D(G(z, c)) + 1e-8))
    D_loss.backward()
    D_solver.step()
    reset_grad()

    G_loss = -torch.mean(torch.log(D(G(z, c)) + 1e-8))
    G_loss.backward()
    G_solver.step()
    reset_grad()

    Q_c_given_x = Q(G(z, c))
    crossent = torch.mean(-torch.sum(c * torch.log(Q_c_given_x + 1e-8), dim=1))
    entropy = torch.mean(-torch.sum(c * torch.log(c + 1e-8), dim=1))
    mi_loss = crossent + entropy
    mi_loss.backward()
    Q_solver.step()
    reset_grad()
    print("Iter-{}; D: {}; G: {:.4}".format(it, D_loss.data.numpy(), G_loss.data.item()))
    history += [D_loss.item(), G_loss.item(), mi_loss.item()]

wanted = np.zeros([batch, classes])
wanted[range(batch), np.random.randint(0, classes)] = 1
samples = G(z, Variable(torch.from_numpy(wanted.astype("float32")))).data.numpy()[:4]
figure = plt.figure(figsize=(2, 2))
grid = gridspec.GridSpec(2, 2)
for i, sample in enumerate(samples):
    axes = plt.subplot(grid[i])
    axes.imshow(sample.reshape(6, 6), cmap="Greys_r")
plt.savefig("samples.png", bbox_inches="tight")
plt.close(figure)
