"""A user's mistakes: each line with the word is an error to a type checker, and no other is."""

import minigan
import minigan.torch as torch
import minigan.torch.nn.functional as F
import minigan.torchvision.transforms as transforms
from minigan import nn as core
from minigan.torch import Tensor, nn, optim
from minigan.torch.nn import Conv2D  # error  # noqa: F401


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(2, 3)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.fc(x)


def main(x: Tensor, net: Net) -> None:
    x.foo()  # error
    x.meen()  # error
    x.view(2, -1).foo()  # error
    x.mean().item(3)  # error
    x.sum(axes=1)  # error
    (x + 1).foo()  # error
    x[0].foo()  # error
    minigan.foo(x)  # error
    minigan.randnn(2)  # error
    minigan.cat([x, x], dimension=1)  # error
    minigan.cat([x, x]).foo()  # error
    core.Lniear(2, 3)  # error
    core.Linear("two", 3)  # error
    core.Linear(2, 3)(x).foo()  # error
    torch.foo(x)  # error
    torch.cat([x, x]).foo()  # error
    nn.Lniear(2, 3)  # error
    nn.Linear(2, 3)(x).foo()  # error
    net(x)  # error
    net(x, x).foo()  # error
    net(3, x)  # error
    F.rleu(x)  # error
    F.relu(x).foo()  # error
    transforms.Resise(2)  # error
    optim.Addam(net.parameters())  # error
    optimizer = optim.Adam(net.parameters())
    optimizer.stepp()  # error
    loss = nn.BCELoss()(net(x, labels=x), x)
    loss.bakward()  # error
    net.fc.weight.grad.norm()  # error
    net.train().eval().to("cpu")(x, x).foo()  # error
