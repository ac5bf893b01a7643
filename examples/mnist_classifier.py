"""LeNet-5 on MNIST: no GAN, but the classifier by which scores tell what samples are worth.

LeCun et al., Proceedings of the IEEE 86, 1998, with ReLU, max pooling and Adam. The images are
shifted by up to two pixels, and the rate falls to 0 in a straight line. After each epoch the last
sixth of the training images, which is held out, tells how far it is; the test images are read once,
at the end.
"""

import minigan  # first: from here on Ctrl-C ends in one line

# isort: split
import numpy as np

from minigan import data, nn, optim, run
from minigan.data.transforms import Compose, Normalize, RandomCrop, Resize, ToTensor
from minigan.errors import UserError
from minigan.scores.lenet import SIDE, Classifier, LeNet


def main() -> None:
    options = run.options(
        "mnist_classifier",
        __doc__,
        epochs=12,
        batch_size=64,
        lr=run.rate(2e-3, "Adam's learning rate in the first step"),
        shift=run.count(2, "pixels by which an image is shifted at most", least=0),
        hold_out=run.count(6, "one in so many training images is held out: the last ones", least=2),
        quick={"epochs": 2, "limit": 12_000},
    )

    shifted = [Resize((SIDE, SIDE)), RandomCrop(SIDE, options.shift)]
    transform = Compose([*shifted, ToTensor(), Normalize(0.5, 0.5)])  # bytes to [-1, 1]
    images = run.load_data(options, transform, repeat=False)
    if not (held := len(images) // options.hold_out):
        raise UserError(f"--limit {options.limit} leaves no image to hold out: take more")
    taught = len(images) - held
    loader = data.DataLoader(data.Subset(images, range(taught)), options.batch_size, shuffle=True)
    held_out = images.shown()[taught:], np.asarray(images.targets)[taught:]

    C = LeNet(channels=images[0][0].shape[0])
    opt_C = optim.Adam(C.parameters(), options.lr)
    cross_entropy = nn.CrossEntropyLoss()
    steps = options.epochs * len(loader)

    @minigan.capture
    def step(x: minigan.Tensor, labels: minigan.Tensor) -> dict[str, minigan.Tensor]:
        scores = C(x)
        loss = cross_entropy(scores, labels)
        opt_C.zero_grad()
        loss.backward()
        opt_C.step()
        return {"loss": loss, "accuracy": (scores.argmax(1) == labels).astype("float32").mean()}

    with run.Run(options, C=C, opt_C=opt_C) as r:
        for epoch in r.epochs():
            for x, labels in r.batches(loader):
                done = (epoch * len(loader) + r.batch) / steps
                opt_C.param_groups[0]["lr"] = options.lr * (1.0 - done)
                r.log(**step(x, labels))

            reached = accuracy(C, *held_out)
            print(f"held out: {reached:.2%} of {held:,}")
            r.score(accuracy=reached)

        test = data.load(options.dataset, options.data_dir, False, transform)  # whatever --limit
        reached = accuracy(C, test.shown(), np.asarray(test.targets))
        print(f"test: {reached:.2%} of {len(test):,}; weights {Classifier(C).hash}")


def accuracy(C: LeNet, images: np.ndarray, labels: np.ndarray) -> float:
    """The share of the images whose class is told rightly."""
    return float((Classifier(C).classes(images) == labels).mean())


if __name__ == "__main__":
    run.program(main)
