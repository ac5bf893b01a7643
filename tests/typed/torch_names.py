"""A user's GAN in PyTorch's words: type checkers know what each of them is, and it runs."""

from typing import Any, assert_type

import minigan.torch as torch
import minigan.torch.nn.functional as F
import minigan.torchvision.transforms as transforms
import minigan.torchvision.utils as vutils
from minigan.torch import Tensor, nn, optim
from minigan.torch.optim.lr_scheduler import StepLR
from minigan.torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def weights_init(m: nn.Module) -> None:
    if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(m.weight, 0.0, 0.02)
    elif isinstance(m, nn.BatchNorm2d):
        nn.init.constant_(m.bias, 0)


class Generator(nn.Module):
    scale: Tensor

    def __init__(self, latent: int, classes: int) -> None:
        super().__init__()
        self.label_emb = nn.Embedding(classes, classes)
        self.l1 = nn.Sequential(nn.Linear(latent + classes, 4 * 4 * 4), nn.ReLU(inplace=True))
        self.blocks = nn.ModuleList([nn.BatchNorm2d(4), nn.Upsample(scale_factor=2)])
        self.conv = nn.ConvTranspose2d(4, 1, 4, 2, 1, bias=False)
        self.register_buffer("scale", torch.ones(1))

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        h = torch.cat((self.label_emb(labels), noise), -1)
        h = self.l1(h).view(h.size(0), 4, 4, 4)
        for block in self.blocks:
            h = block(h)
        return torch.tanh(self.conv(h)) * self.scale


class Discriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, kernel_size=4, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(4, affine=True)
        self.drop = nn.Dropout(0.25, inplace=False)
        self.fc = nn.Linear(4 * 8 * 8, 1, device=device)

    def forward(self, x: Tensor) -> Tensor:
        h = F.leaky_relu(self.norm(self.conv(x)), 0.2)
        return self.fc(torch.flatten(self.drop(h), 1))


def penalty(D: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    alpha = torch.rand(real.size(0), 1, 1, 1)
    between = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    out = D(between)
    gradients = torch.autograd.grad(
        outputs=out, inputs=between, grad_outputs=torch.ones_like(out), create_graph=True
    )[0]
    return ((gradients.view(len(real), -1).norm(2, dim=1) - 1) ** 2).mean()


def main(**options: Any) -> None:
    torch.manual_seed(0)
    G, D = Generator(8, 10).to(device), Discriminator().to(device)
    assert_type(G, Generator)
    G.apply(weights_init)
    D.apply(weights_init)
    opt_G = optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
    opt_D: optim.Optimizer = optim.RMSprop(D.parameters(), lr=5e-5)
    schedule = StepLR(opt_G, step_size=1)
    criterion = nn.BCEWithLogitsLoss()
    to_range = transforms.Compose([transforms.Normalize((0.5,), (0.5,))])

    data = TensorDataset(torch.rand(8, 1, 16, 16), torch.randint(0, 10, (8,)))
    loss_D = loss_G = torch.zeros(())
    for images, labels in DataLoader(data, batch_size=4, shuffle=True):
        real = torch.stack([to_range(image) for image in images]).to(device)
        z = torch.randn(len(real), 8, device=device)
        fake = assert_type(G(z, labels), Tensor)

        D.zero_grad(set_to_none=True)
        logits = assert_type(D(real), Tensor)
        loss_D = criterion(logits, torch.ones_like(logits)) + penalty(D, real, fake.detach())
        loss_D += F.softplus(D(fake.detach())).mean()
        assert_type(loss_D, Tensor)
        loss_D.backward()
        nn.utils.clip_grad_norm_(D.parameters(), 1.0)
        opt_D.step()

        opt_G.zero_grad()
        loss_G = criterion(D(fake), torch.full((len(fake), 1), 1.0))
        loss_G.backward()
        opt_G.step()
    schedule.step()

    grad = G.conv.weight.grad
    assert_type(grad, Tensor | None)
    with torch.no_grad():
        samples = G(torch.randn(4, 8), torch.arange(4))
        grid = vutils.make_grid(samples.cpu(), nrow=2, normalize=True)
    assert_type(grid, Tensor)
    print(f"{loss_D.item():.2f}", loss_G.data.numpy().shape, samples.view(2, -1).shape)

    x = torch.linspace(0, 1, 6).unsqueeze(0)
    assert_type(x.view(2, -1).permute(1, 0).contiguous(), Tensor)
    assert_type(x.float().clamp(0, 1), Tensor)
    assert_type(x + 1, Tensor)
    assert_type(x[:, 0], Tensor)
    assert_type(x.dim(), int)
    assert_type(torch.cat([x, x], dim=1), Tensor)
    assert_type(torch.sigmoid(x), Tensor)
    assert_type(torch.exp(x), Tensor)
    assert_type(torch.mean(x), Tensor)
    assert_type(torch.zeros(2, 3, device=device), Tensor)
    assert_type(nn.Linear(6, 2)(x), Tensor)
    assert_type(nn.Sequential(nn.Linear(6, 2), nn.Tanh())(x), Tensor)
    assert_type(F.relu(x), Tensor)
    torch.save(G.state_dict(), "G.safetensors")
    G.load_state_dict(torch.load("G.safetensors"))
    G.eval().half().float()


@torch.no_grad()
def drawn(G: Generator) -> Tensor:
    return G(torch.randn(1, 8), torch.tensor([1]))


main()
drawn(Generator(8, 10))
