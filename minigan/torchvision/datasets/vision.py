"""VisionDataset: the class that data sets of one's own begin from, as torchvision has it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minigan.data.dataset import Dataset


class StandardTransform:
    """The transforms of an item, of its picture and of its label, as one function of both."""

    def __init__(self, transform: Callable | None = None, target_transform: Callable | None = None):
        self.transform, self.target_transform = transform, target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        return (
            self.transform(input) if self.transform else input,
            self.target_transform(target) if self.target_transform else target,
        )


class VisionDataset(Dataset):
    """Keeps root and transforms; __getitem__ and __len__ are the subclass's business.

    transforms: of picture and label together, instead of transform and target_transform. ValueError
    for both.
    """

    def __init__(
        self,
        root: str | Path | None = None,
        transforms: Callable | None = None,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ):
        if transforms is not None and (transform or target_transform):
            raise ValueError("VisionDataset: give transforms, or transform and target_transform")
        self.root = os.path.expanduser(root) if isinstance(root, str) else root
        self.transform, self.target_transform = transform, target_transform
        if transform or target_transform:
            transforms = StandardTransform(transform, target_transform)
        self.transforms = transforms

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: write __getitem__(self, index)")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__}: write __len__(self)")
