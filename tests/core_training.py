"""A program of the core's words only, which prints what became of its networks, as digests.

Run by test_nn.py in processes of their own, with one word: when minigan.torch is to be imported,
"never", "first", or "between", after the networks were built.
"""

import hashlib
import importlib
import sys

import minigan
from minigan import nn, optim

BATCH = 4


def networks():
    """Every layer of the core."""
    G = nn.Sequential(
        nn.Linear(5, 8),
        nn.BatchNorm1d(8),
        nn.LeakyReLU(0.1),
        nn.Unflatten(1, (2, 2, 2)),
        nn.ConvTranspose2d(2, 3, 4, 2, 1),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.ConvTranspose2d(3, 1, 4, 2, 1, bias=False),
        nn.Tanh(),
    )
    D = nn.Sequential(
        nn.Conv2d(1, 4, 4, 2, 1),
        nn.LeakyReLU(),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(64, 3),
    )
    return G, D, nn.Embedding(3, 5)


def train(G, D, labels, optimizers, steps=3):
    judge, score = nn.CrossEntropyLoss(), nn.BCELoss()
    for _ in range(steps):
        classes = minigan.randint(0, 3, (BATCH,))
        fake = G(minigan.randn(BATCH, 5) + labels(classes))
        verdict = D(fake)
        truth = minigan.ones(BATCH, 3)
        loss = judge(verdict, classes) + score(nn.Sigmoid()(verdict), truth)
        loss = loss + fake.abs().mean()
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
    return loss


def digest(values):
    """The bytes of all these tensors, as one short word."""
    content = hashlib.sha256()
    for value in values:
        content.update(value.array.tobytes())
    return content.hexdigest()


def main(when):
    if when == "first":
        importlib.import_module("minigan.torch")
    minigan.manual_seed(1)
    G, D, labels = networks()
    optimizers = [
        optim.Adam([*G.parameters(), *labels.parameters()], betas=(0.5, 0.999)),
        optim.Adam(D.parameters(), lr=0.01),
    ]
    train(G, D, labels, optimizers)
    if when == "between":
        importlib.import_module("minigan.torch")
    loss = train(G, D, labels, optimizers)
    G.eval(), D.eval()
    verdict = D(G(minigan.randn(BATCH, 5)))
    moments = optimizers[0].state_dict()["state"].values()
    assert ("minigan.torch" in sys.modules) == (when != "never")
    print(
        digest(value for module in (G, D, labels) for value in module.state_dict().values()),
        digest(entry[name] for entry in moments for name in ("exp_avg", "exp_avg_sq")),
        digest([verdict, loss]),
        ",".join(G.state_dict()),
    )


if __name__ == "__main__":
    main(sys.argv[1])
