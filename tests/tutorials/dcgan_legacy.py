"""Convolutions in older habits: buffers resized and refilled, DataParallel, _modules, upsampling."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.parallel
import torch.optim as optim
from torch.autograd import Variable

nz, ngf, batch, side, ngpu = 6, 4, 6, 8, 1


def normal_init(m, mean, std):
    if isinstance(m, nn.ConvTranspose2d) or isinstance(m, nn.Conv2d):
        m.weight.data.normal_(mean, std)
        m.bias.data.zero_()


class G(nn.Module):
    def __init__(self, d=ngf):
        super(G, self).__init__()
        self.deconv1 = nn.ConvTranspose2d(nz, d * 2, 2, 1, 0)
        self.deconv1_bn = nn.BatchNorm2d(d * 2)
        self.deconv2 = nn.ConvTranspose2d(d * 2, d, 4, 2, 1)
        self.deconv2_bn = nn.BatchNorm2d(d)
        self.up = nn.Upsample(scale_factor=2)
        self.last = nn.Conv2d(d, 1, 3, stride=1, padding=1)

    def weight_init(self, mean, std):
        for m in self._modules:
            normal_init(self._modules[m], mean, std)

    def forward(self, input):
        x = F.relu(self.deconv1_bn(self.deconv1(input)))
        x = F.relu(self.deconv2_bn(self.deconv2(x)))
        return F.tanh(self.last(self.up(x)))


class _netD(nn.Module):
    def __init__(self, ngpu):
        super(_netD, self).__init__()
        self.ngpu = ngpu

        def block(in_filters, out_filters, bn=True):
            layers = [
                nn.Conv2d(in_filters, out_filters, 3, 2, 1),
                nn.LeakyReLU(0.2, inplace=True),
                nn.Dropout2d(0.25),
            ]
            if bn:
                layers.append(nn.BatchNorm2d(out_filters, 0.8))
            return layers

        self.main = nn.Sequential(*block(1, 4, bn=False), *block(4, 8))
        self.adv_layer = nn.Linear(8 * (side // 4) ** 2, 1)

    def forward(self, input):
        if isinstance(input.data, torch.cuda.FloatTensor) and self.ngpu > 1:
            out = nn.parallel.data_parallel(self.main, input, range(self.ngpu))
        else:
            out = self.main(input)
        return self.adv_layer(out.view(out.shape[0], -1)).view(-1, 1)


netG, netD = nn.DataParallel(G()), _netD(ngpu)
netG.module.weight_init(mean=0.0, std=0.02)
criterion = nn.MSELoss()
input = torch.FloatTensor(batch, 1, side, side)
noise = torch.FloatTensor(batch, nz, 1, 1)
label = torch.FloatTensor(batch, 1)
input, label, noise = Variable(input), Variable(label), Variable(noise)
optimizerD = optim.Adam(netD.parameters(), lr=0.0002, betas=(0.5, 0.999))
optimizerG = optim.Adam(netG.parameters(), lr=0.0002, betas=(0.5, 0.999))
images = torch.rand(18, 1, side, side) * 2 - 1

history = []
for real_cpu in torch.split(images, batch):
    netD.zero_grad()
    batch_size = real_cpu.size(0)
    input.data.resize_(real_cpu.size()).copy_(real_cpu)
    label.data.resize_(batch_size, 1).fill_(1)
    errD_real = criterion(netD(input), label)
    errD_real.backward()
    noise.data.resize_(batch_size, nz, 1, 1)
    noise.data.normal_(0, 1)
    fake = netG(noise)
    label.data.fill_(0)
    errD_fake = criterion(netD(fake.detach()), label)
    errD_fake.backward()
    errD = errD_real + errD_fake
    optimizerD.step()

    netG.zero_grad()
    label.data.fill_(1)
    errG = criterion(netD(fake), label)
    errG.backward()
    optimizerG.step()
    history += [errD.item(), errG.item()]
