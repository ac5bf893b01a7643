"""Filling a hole: changes in place that learn, odd layers, old words for losses, waves in 1-d."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable
from torch.optim.lr_scheduler import ExponentialLR
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler, TensorDataset

side, hole, batch = 8, slice(2, 6), 6


class Painter(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2, padding=1, padding_mode="reflect"),
            nn.InstanceNorm2d(4, affine=True, track_running_stats=True),
            nn.LeakyReLU(0.2, True),
        )
        self.norm = nn.GroupNorm(2, 4)
        self.up = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, x):
        x = self.norm(self.down(x))
        return torch.tanh(self.up(F.interpolate(x, scale_factor=1.5, mode="bilinear"))[..., :4, :4])


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.ModuleList([nn.Conv2d(1, 3, 3, 2, 1), nn.Conv2d(3, 2, 3, 1, 1)])
        self.pool = nn.AvgPool2d(3, stride=2, padding=[1, 1], count_include_pad=False)
        self.out = nn.Linear(8, 1, device="cpu", dtype=torch.float)

    def forward(self, x):
        for layer in self.features:
            x = F.leaky_relu(layer(x), 0.2)
        weights = torch.einsum("bchw,bdhw->bcd", x, x)
        x = self.pool(x) + weights.mean((1, 2))[:, None, None, None]
        return self.out(x.flatten(1)).sigmoid_()


pictures = torch.rand(2 * batch, 1, side, side) * 2 - 1
sampler = BatchSampler(SequentialSampler(range(len(pictures))), batch_size=batch, drop_last=True)
loader = DataLoader(TensorDataset(pictures), batch_sampler=sampler)
painter, critic = Painter(), Critic()
adversarial, pixelwise = nn.BCELoss(size_average=True), nn.L1Loss()
opt_G = torch.optim.Adam(painter.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_D = torch.optim.RMSprop(critic.parameters(), lr=1e-3)
schedule = ExponentialLR(opt_G, gamma=0.5)

history = []
for epoch in range(2):
    for (real,) in loader:
        valid = Variable(torch.Tensor(real.size(0), 1).fill_(1.0), requires_grad=False)
        masked = real.clone()
        masked[:, :, hole, hole] = 1
        part = painter(masked)
        filled = masked.clone()
        filled[:, :, hole, hole] = part
        filled.add_(0.1).clamp_(-1, 1)

        opt_G.zero_grad()
        loss_G = 0.1 * adversarial(critic(filled), valid)
        loss_G = loss_G + pixelwise(part, real[:, :, hole, hole])
        loss_G.backward()
        opt_G.step()

        opt_D.zero_grad()
        loss_D = adversarial(critic(real), valid) + adversarial(critic(filled.detach()), 1 - valid)
        loss_D.backward()
        torch.nn.utils.clip_grad_norm_(critic.parameters(), 1.0, error_if_nonfinite=True)
        opt_D.step()
        history += [loss_D.item(), loss_G.item()]
    schedule.step()
    history.append(opt_G.param_groups[0]["lr"])

waves = torch.sin(torch.arange(start=0.0, end=16.0).view(1, 1, -1) * torch.rand(batch, 1, 1))
listener = nn.Sequential(
    nn.Conv1d(1, 3, 4, 2, 1), nn.InstanceNorm1d(3), nn.ELU(), nn.Flatten(), nn.Linear(24, 1)
)
speaker = nn.Sequential(
    nn.Linear(3, 8), nn.Unflatten(1, (1, 8)), nn.ConvTranspose1d(1, 1, 4, 2, 1), nn.Tanh()
)
for _ in range(2):
    said = speaker(torch.randn(batch, 3)) * torch.tensor(np.float64(2.0))
    loss = F.mse_loss(listener(said), listener(waves).detach(), size_average=False)
    listener.zero_grad()
    speaker.zero_grad()
    loss.backward()
    with torch.no_grad():
        for p in speaker.parameters():
            p.sub_(p.grad, alpha=0.01)
    history.append(loss.item())

print(speaker)
print(painter.load_state_dict(painter.state_dict()))
