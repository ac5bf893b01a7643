"""AC-GAN and InfoGAN in one: codes by scatter_ and numpy, three optimizers, accuracies in numpy."""

import itertools

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

batch, z_dim, classes, code_dim, pixels = 16, 6, 4, 2, 36
assert isinstance(torch.zeros(3).long(), (torch.LongTensor, torch.cuda.LongTensor))


def to_onehot(x, num_classes=classes):
    c = torch.zeros(x.size(0), num_classes)
    return c.scatter_(1, x.view(-1, 1), 1)


def to_categorical(y):
    y_cat = np.zeros((y.shape[0], classes))
    y_cat[range(y.shape[0]), y] = 1.0
    return torch.FloatTensor(y_cat)


def initialize_weights(net):
    for m in net.modules():
        if isinstance(m, nn.Linear):
            m.weight.data.normal_(0, 0.05)
            m.bias.data.zero_()


class generator(nn.Module):
    def __init__(self):
        super(generator, self).__init__()
        self.fc = nn.Sequential(
            nn.Linear(z_dim + classes + code_dim, 32),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.Linear(32, pixels),
            nn.Tanh(),
        )
        initialize_weights(self)

    def forward(self, input, dist_code, cont_code):
        return self.fc(torch.cat([input, dist_code, cont_code], 1))


class discriminator(nn.Module):
    def __init__(self):
        super(discriminator, self).__init__()
        self.body = nn.Sequential(
            nn.Linear(pixels, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2)
        )
        self.adv = nn.Sequential(nn.Linear(32, 1), nn.Sigmoid())
        self.aux = nn.Linear(32, classes)
        self.code = nn.Linear(32, code_dim)

    def forward(self, input):
        h = self.body(input)
        return self.adv(h), self.aux(h), self.code(h)


G, D = generator(), discriminator()
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_info = torch.optim.Adam(itertools.chain(G.parameters(), D.parameters()), lr=1e-3)
BCE_loss, CE_loss, MSE_loss = nn.BCELoss(), nn.CrossEntropyLoss(), nn.MSELoss()

num_params = 0
for param in G.parameters():
    num_params += param.numel()
print(G)
print("Total number of parameters: %d" % num_params)

sample_z = torch.zeros((classes**2, z_dim))
for i in range(classes):
    sample_z[i * classes] = torch.rand(1, z_dim)
    for j in range(1, classes):
        sample_z[i * classes + j] = sample_z[i * classes]
temp = torch.zeros((classes, 1))
for i in range(classes):
    temp[i, 0] = i
temp_y = torch.zeros((classes**2, 1))
for i in range(classes):
    temp_y[i * classes : (i + 1) * classes] = temp
sample_y = torch.zeros((classes**2, classes)).scatter_(1, temp_y.type(torch.LongTensor), 1)
sample_c = torch.zeros((classes**2, code_dim))
sample_c[:, 0] = torch.linspace(-1, 1, classes).repeat_interleave(classes)

data = torch.from_numpy(np.random.uniform(-1, 1, (64, pixels))).type(torch.FloatTensor)
names = torch.arange(64) % classes
loader = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(data, names), batch_size=batch, shuffle=True
)
y_real, y_fake = torch.ones(batch, 1), torch.zeros(batch, 1)

history = []
G.train()
D.train()
for x, y in loader:
    z = torch.rand((batch, z_dim))
    y_disc = to_onehot(y)
    y_cont = torch.from_numpy(np.random.uniform(-1, 1, size=(batch, 2))).type(torch.FloatTensor)

    opt_D.zero_grad()
    D_real, C_real, _ = D(x)
    x_fake = G(z, y_disc, y_cont)
    D_fake, C_fake, _ = D(x_fake.detach())
    D_loss = (
        BCE_loss(D_real, y_real)
        + BCE_loss(D_fake, y_fake)
        + CE_loss(C_real, torch.max(y_disc, 1)[1])
    )
    D_loss.backward(retain_graph=True)
    opt_D.step()

    opt_G.zero_grad()
    D_fake, C_fake, _ = D(G(z, y_disc, y_cont))
    G_loss = 0.5 * (BCE_loss(D_fake, y_real) + CE_loss(C_fake, y))
    G_loss.backward()
    opt_G.step()

    opt_info.zero_grad()
    sampled = np.random.randint(0, classes, batch)
    _, C_info, code = D(G(torch.rand(batch, z_dim), to_categorical(sampled), y_cont))
    truth = torch.LongTensor(sampled)
    info_loss = 1 * F.nll_loss(F.log_softmax(C_info, dim=1), truth) + 0.1 * MSE_loss(code, y_cont)
    info_loss.backward()
    opt_info.step()

    pred = np.concatenate([C_real.data.cpu().numpy(), C_fake.data.cpu().numpy()], axis=0)
    gt = np.concatenate([y.data.cpu().numpy(), y.numpy()], axis=0)
    d_acc = np.mean(np.argmax(pred, axis=1) == gt)
    right = (C_real.argmax(dim=1) == y).sum().item() / y.size(0)
    print("[D loss: %f, acc: %d%%] [G loss: %f]" % (D_loss.item(), 100 * d_acc, G_loss.item()))
    history += [D_loss.item(), G_loss.item(), info_loss.item(), right]

G.eval()
samples = (
    G(sample_z, sample_y, sample_c).cpu().data.numpy().reshape(-1, 6, 6, 1).transpose(0, 3, 1, 2)
)
assert samples.shape == (classes**2, 1, 6, 6)
