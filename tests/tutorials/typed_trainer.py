"""Newer habits: annotations, dataclasses, schedulers, clipping, EMA copies, checkpoints, hooks."""

import copy
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Optional

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils import clip_grad_norm_, clip_grad_value_, spectral_norm
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, MultiStepLR, StepLR
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split

torch.backends.cudnn.deterministic = True
torch.backends.cudnn.benchmark = False


@dataclass
class Config:
    latent: int = 8
    features: int = 12
    hidden: list[int] = field(default_factory=lambda: [24, 16])
    lr: float = 1e-3
    epochs: int = 2
    device: torch.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Generator(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        sizes = [config.latent, *config.hidden]
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])
        self.norms = nn.ModuleList(nn.BatchNorm1d(size) for size in config.hidden)
        self.head = nn.Sequential(
            OrderedDict([("out", nn.Linear(sizes[-1], config.features)), ("act", nn.Tanh())])
        )
        self.register_buffer("fixed_noise", torch.randn(4, config.latent))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.kaiming_normal_(module.weight, a=0.2, nonlinearity="leaky_relu")
                nn.init.zeros_(module.bias)

    def forward(self, z: Tensor) -> Tensor:
        for layer, norm in zip(self.layers, self.norms):
            z = F.leaky_relu(norm(layer(z)), negative_slope=0.2, inplace=True)
        return self.head(z)

    @torch.no_grad()
    def sample(self, n: Optional[int] = None) -> Tensor:
        self.eval()
        z = (
            self.fixed_noise
            if n is None
            else torch.randn(n, self.fixed_noise.size(1), device=self.fixed_noise.device)
        )
        pictures = self(z)
        self.train()
        return pictures


class Discriminator(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.inner = nn.Linear(config.features, 16)
        self.slope = nn.PReLU()
        self.outer = nn.Linear(16, 1, bias=False)
        for name, param in self.named_parameters():
            if "weight" in name and param.dim() > 1:
                nn.init.xavier_uniform_(param, gain=nn.init.calculate_gain("leaky_relu", 0.2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.outer(
            F.dropout(self.slope(self.inner(x)), p=0.2, training=self.training)
        ).squeeze(1)


class WithNoise(Dataset):
    def __init__(self, base: Dataset, sigma: float) -> None:
        self.base, self.sigma = base, sigma

    def __len__(self) -> int:
        return len(self.base)

    def __getitem__(self, index: int) -> dict:
        (x,) = self.base[index]
        return {"x": x + self.sigma, "index": index}


def requires_grad(model: nn.Module, flag: bool = True) -> None:
    for p in model.parameters():
        p.requires_grad = flag


class Trainer:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.G = Generator(config).to(config.device)
        self.D = Discriminator(config).to(config.device)
        self.ema = copy.deepcopy(self.G).eval()
        self.ema.requires_grad_(False)
        self.opt_G: Optimizer = AdamW(
            self.G.parameters(), lr=config.lr, betas=(0.5, 0.999), weight_decay=0.01
        )
        self.opt_D: Optimizer = torch.optim.SGD(
            filter(lambda p: p.requires_grad, self.D.parameters()),
            lr=0.05,
            momentum=0.9,
            nesterov=True,
        )
        self.schedules = [
            LambdaLR(self.opt_G, lr_lambda=lambda epoch: 1.0 - epoch / 10),
            StepLR(self.opt_D, step_size=1, gamma=0.5),
        ]
        self.features: list[Tensor] = []
        self.D.inner.register_forward_hook(
            lambda module, inputs, output: self.features.append(output.detach())
        )
        self.log: list[float] = []

    @torch.no_grad()
    def update_ema(self, decay: float = 0.9) -> None:
        ours, theirs = (
            OrderedDict(self.ema.named_parameters()),
            OrderedDict(self.G.named_parameters()),
        )
        for name, param in theirs.items():
            ours[name].mul_(decay).add_(param.data, alpha=1 - decay)
        for ours_b, theirs_b in zip(self.ema.buffers(), self.G.buffers()):
            ours_b.copy_(theirs_b)

    def step(self, real: Tensor) -> None:
        n = real.size(0)
        z = torch.randn(n, self.config.latent, device=self.config.device)
        requires_grad(self.D, True)
        self.opt_D.zero_grad(set_to_none=True)
        smooth = torch.empty(n, device=self.config.device).uniform_(0.8, 1.0)
        flipped = torch.where(torch.rand(n) < 0.1, torch.zeros(n), smooth)
        loss_D = F.binary_cross_entropy_with_logits(self.D(real), flipped)
        loss_D = loss_D + F.binary_cross_entropy_with_logits(
            self.D(self.G(z).detach()), torch.zeros(n)
        )
        loss_D.backward()
        norm = clip_grad_norm_(self.D.parameters(), max_norm=0.5)
        self.opt_D.step()

        requires_grad(self.D, False)
        self.opt_G.zero_grad(set_to_none=True)
        fake = self.G(z)
        loss_G = F.binary_cross_entropy_with_logits(self.D(fake), torch.full((n,), 1.0))
        loss_G += 0.1 * F.smooth_l1_loss(fake.mean(dim=0), real.mean(dim=0))
        loss_G.backward()
        clip_grad_value_(self.G.parameters(), 0.1)
        self.opt_G.step()
        self.update_ema()
        self.log += [loss_D.item(), loss_G.item(), float(norm)]

    def fit(self, loader: DataLoader) -> None:
        for epoch in range(self.config.epochs):
            for batch in loader:
                self.step(batch["x"].to(self.config.device, non_blocking=True))
            for schedule in self.schedules:
                schedule.step()
            self.log += [
                group["lr"] for opt in (self.opt_G, self.opt_D) for group in opt.param_groups
            ]

    def save(self, path: str) -> None:
        torch.save(
            {
                "epoch": self.config.epochs,
                "G": self.G.state_dict(),
                "D": self.D.state_dict(),
                "opt_G": self.opt_G.state_dict(),
                "schedule": self.schedules[1].state_dict(),
            },
            path,
        )

    def load(self, path: str) -> int:
        checkpoint = torch.load(path, map_location=self.config.device, weights_only=True)
        self.G.load_state_dict(checkpoint["G"])
        self.D.load_state_dict(checkpoint["D"], strict=True)
        self.opt_G.load_state_dict(checkpoint["opt_G"])
        self.schedules[1].load_state_dict(checkpoint["schedule"])
        return checkpoint["epoch"]


def main() -> list[float]:
    config = Config()
    torch.manual_seed(0)
    table = torch.tanh(torch.randn(60, 2) @ torch.randn(2, config.features))
    train, test = random_split(TensorDataset(table), [48, 12])
    loader = DataLoader(
        WithNoise(train, 0.01), batch_size=16, shuffle=True, drop_last=True, pin_memory=False
    )
    trainer = Trainer(config)
    trainer.fit(loader)
    held_out = next(iter(DataLoader(test, batch_size=len(test))))[0]
    with torch.inference_mode():
        trainer.D.eval()
        trainer.log.append(trainer.D(held_out).sigmoid().mean().item())
        trainer.D.train()
    assert trainer.G.sample().shape == (4, config.features)
    assert not trainer.ema.sample(3).requires_grad
    assert len(trainer.features) == 3 * 3 * config.epochs + 1
    trainer.save("checkpoint.pt")
    other = Trainer(config)
    assert other.load("checkpoint.pt") == config.epochs
    assert torch.allclose(other.G.sample(), trainer.G.sample())
    fresh = [torch.optim.RMSprop(net.parameters(), lr=0.01) for net in (other.G, other.D)]
    for schedule in (
        CosineAnnealingLR(fresh[0], T_max=4, eta_min=1e-5),
        MultiStepLR(fresh[1], [1, 3], 0.1),
    ):
        for _ in range(4):
            schedule.optimizer.step()
            schedule.step()
            trainer.log.append(schedule.get_last_lr()[0])
    normed = spectral_norm(nn.Linear(6, 3))
    assert normed(torch.randn(2, 6)).shape == (2, 3)
    return trainer.log


if __name__ == "__main__":
    history = main()
