"""EMNIST: MNIST's digits and letters, as its authors sort them."""

import string
from collections.abc import Callable
from pathlib import Path

from minigan.data.files import find_or_fetch
from minigan.data.idx import read_labelled_images
from minigan.data.images import ImageDataset
from minigan.data.mnist import MNIST
from minigan.data.refusals import check_labels, one_of


class EMNIST(MNIST):
    """Handwritten digits and letters, 28×28 grey, in six splits. Cohen et al., 2017.

    split: "byclass", "bymerge", "balanced", "letters", "digits" or "mnist". `root` holds the files
    of EMNIST/raw/, itself or in emnist/; minigan does not download them. As in torchvision the
    images lie on their side, and the letters are numbered from 1.
    """

    title = "EMNIST"
    folders = ("emnist", "EMNIST/raw")
    source = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
    merged = "cijklmopsuvwxyz"  # letters that look alike in both cases

    def __init__(
        self,
        root: str | Path | None = None,
        split: str = "",
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
    ):
        letters = string.ascii_lowercase
        every = sorted(string.digits + string.ascii_letters)
        fewer = [letter for letter in every if letter not in self.merged]
        classes = {
            "byclass": every, "bymerge": fewer, "balanced": fewer, "letters": ["N/A", *letters],
            "digits": list(string.digits), "mnist": list(string.digits),
        }  # fmt: skip
        self.root, self.split, self.train = root, split, train
        self.classes = classes[one_of("EMNIST: split", split, tuple(classes))]
        stem = f"emnist-{split}-{'train' if train else 'test'}"
        names = (f"{stem}-images-idx3-ubyte", f"{stem}-labels-idx1-ubyte")
        paths = find_or_fetch(self.title, names, self.folders, root, source=self.source)
        images, targets = read_labelled_images(*paths)
        check_labels(paths[1], targets, 0, len(self.classes) - 1)
        ImageDataset.__init__(self, images, targets, transform, target_transform)
