"""Wasserstein GAN: a critic's weights clamped, RMSprop, an endless iterator, frozen parameters."""

import torch
import torch.nn as nn
import torch.optim as optim
from torch.autograd import Variable

nz, width, batch, clip, critic_steps = 6, 24, 16, 0.01, 3


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Linear") != -1:
        m.weight.data.normal_(0.0, 0.02)
        m.bias.data.fill_(0)
    elif classname.find("BatchNorm") != -1:
        m.weight.data.normal_(1.0, 0.02)
        m.bias.data.fill_(0)


class MLP_G(nn.Module):
    def __init__(self, isize, nz, nc, ngf):
        super(MLP_G, self).__init__()
        main = nn.Sequential(
            nn.Linear(nz, ngf),
            nn.BatchNorm1d(ngf),
            nn.ReLU(True),
            nn.Linear(ngf, ngf),
            nn.ReLU(True),
            nn.Linear(ngf, nc * isize * isize),
        )
        self.main = main
        self.nc, self.isize, self.nz = nc, isize, nz

    def forward(self, input):
        input = input.view(input.size(0), input.size(1))
        output = self.main(input)
        return output.view(output.size(0), self.nc, self.isize, self.isize)


class MLP_D(nn.Module):
    def __init__(self, isize, nc, ndf):
        super(MLP_D, self).__init__()
        self.main = nn.Sequential(
            nn.Linear(nc * isize * isize, ndf),
            nn.ReLU(True),
            nn.Linear(ndf, ndf),
            nn.ReLU(True),
            nn.Linear(ndf, 1),
        )

    def forward(self, input):
        input = input.view(input.size(0), input.size(1) * input.size(2) * input.size(3))
        output = self.main(input)
        output = output.mean(0)
        return output.view(1)


netG, netD = MLP_G(5, nz, 1, width), MLP_D(5, 1, width)
netG.apply(weights_init)
netD.apply(weights_init)
print(netG)
print(netD)

input = torch.FloatTensor(batch, 1, 5, 5)
noise = torch.FloatTensor(batch, nz, 1, 1)
fixed_noise = torch.FloatTensor(batch, nz, 1, 1).normal_(0, 1)
one = torch.FloatTensor([1])
mone = one * -1
optimizerD = optim.RMSprop(netD.parameters(), lr=5e-4)
optimizerG = optim.RMSprop(netG.parameters(), lr=5e-4)

pictures = torch.rand(80, 1, 5, 5)
dataset = torch.utils.data.TensorDataset(pictures, torch.zeros(80).long())
dataloader = torch.utils.data.DataLoader(dataset, batch_size=batch, shuffle=True, num_workers=0)


def endless():
    while True:
        for images, _ in dataloader:
            yield images


data = endless()
history = []
for gen_iterations in range(4):
    for p in netD.parameters():
        p.requires_grad = True
    for _ in range(critic_steps):
        for p in netD.parameters():
            p.data.clamp_(-clip, clip)
        netD.zero_grad()
        real_cpu = next(data)
        input.resize_as_(real_cpu).copy_(real_cpu)
        errD_real = netD(Variable(input))
        errD_real.backward(one)
        noise.resize_(batch, nz, 1, 1).normal_(0, 1)
        with torch.no_grad():
            fake = Variable(netG(Variable(noise)).data)
        errD_fake = netD(fake)
        errD_fake.backward(mone)
        errD = errD_real - errD_fake
        optimizerD.step()

    for p in netD.parameters():
        p.requires_grad = False
    netG.zero_grad()
    noise.resize_(batch, nz, 1, 1).normal_(0, 1)
    errG = netD(netG(Variable(noise)))
    errG.backward(one)
    optimizerG.step()
    print(
        "[%d] Loss_D: %f Loss_G: %f Loss_D_real: %f"
        % (gen_iterations, errD.data[0], errG.data[0], errD_real.data[0])
    )
    history += [errD.data[0].item(), errG.item()]
assert all(p.grad is not None and p.data.abs().max() < 0.1 for p in netD.parameters())
with torch.no_grad():
    assert netG(fixed_noise).data.mul(0.5).add(0.5).shape == (batch, 1, 5, 5)
