"""FakeData: noise in place of pictures, for trying a program out without any files."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigan.backend.random import Generator
from minigan.data.dataset import Dataset
from minigan.data.pixels import to_pil
from minigan.data.refusals import whole


class FakeData(Dataset):
    """Noise with random labels: as many pictures as asked for, the same for the same index.

    `image_size`: (C, H, W). `random_offset` moves the seeds on. The numbers are minigan's own.
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: Sequence[int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        random_offset: int = 0,
    ):
        self.size, self.num_classes = whole("FakeData: size", size, 0), num_classes
        whole("FakeData: num_classes", num_classes, 1)
        self.image_size, self.random_offset = tuple(image_size), random_offset
        self.transform, self.target_transform = transform, target_transform

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if not 0 <= index < self.size:
            raise IndexError(f"index {index} of {self.size:,} images")
        draws = Generator(index + self.random_offset, host=True)
        image: Any = to_pil(draws.integers(0, 256, self.image_size).astype(np.uint8))
        target: Any = int(draws.integers(0, self.num_classes, (1,))[0])
        if self.transform:
            image = self.transform(image)
        return image, self.target_transform(target) if self.target_transform else target
