"""A user's GAN in the core's words: type checkers know what each of them is, and it runs."""

from typing import Any, assert_type

import minigan
from minigan import Tensor, gan, models, nn, optim


class Conditional(nn.Module):
    """A network with a forward of its own form."""

    def __init__(self, classes: int, width: int = 8) -> None:
        self.embedding = nn.Embedding(classes, width)
        self.body = nn.Sequential(nn.Linear(2 + width, width), nn.LeakyReLU(0.1))
        self.last = nn.Linear(width, 2)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        h = minigan.cat([x, self.embedding(labels)], dim=1)
        return self.last(self.body(h)).tanh()


def main() -> None:
    D = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.1), nn.Linear(8, 1), nn.Sigmoid())
    G = Conditional(classes=3).train()
    opt_D = optim.Adam(D.parameters(), lr=3e-4, betas=(0.5, 0.999))
    opt_G = optim.Adam(G.parameters(), lr=3e-4)
    bce = nn.BCELoss()

    z, labels = minigan.randn(4, 2), minigan.randint(0, 3, (4,))
    fake = assert_type(G(z, labels), Tensor)
    loss_D = bce(D(minigan.randn(4, 2)), minigan.ones(4, 1))
    loss_D = loss_D + bce(D(fake.detach()), minigan.zeros(4, 1))
    assert_type(loss_D, Tensor)
    opt_D.zero_grad()
    loss_D.backward()
    opt_D.step()

    opt_G.zero_grad()
    loss_G = -D(fake).log().mean()
    loss_G.backward(inputs=list(G.parameters()))
    opt_G.step()
    assert_type(G.last.weight, nn.Parameter)
    assert_type(G.last.weight.grad, Tensor | None)
    print(f"{loss_D.item():.2f} {float(loss_G):.2f}")

    x = minigan.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    assert_type(x.mean(), Tensor)
    assert_type(x.sum(dim=1, keepdim=True), Tensor)
    assert_type((2.0 - x) ** 2 / x @ x.T, Tensor)
    assert_type(x[0, 1:], Tensor)
    assert_type(x > 1.0, Tensor)
    assert_type(x.reshape(3, -1), Tensor)
    assert_type(minigan.stack([x, x]), Tensor)
    assert_type(x.shape, tuple[int, ...])
    (slope,) = minigan.grad(x.square().sum(), [x], create_graph=True)
    assert_type(slope, Any)  # None for what no output depends on, where that is allowed
    with minigan.no_grad():
        samples = assert_type(G(z, labels), Tensor).numpy()
    print(samples.shape, [p.shape for p in D.parameters()])

    critic = models.DenseDiscriminator((8,), image=(1, 2, 2))
    images = minigan.rand(4, 1, 2, 2)
    assert_type(gan.gradient_penalty(critic, images, images * 0.5), Tensor)
    assert_type(gan.gradient_penalty(D, z, z * 0.5), Tensor)
    minigan.manual_seed(0)


main()
