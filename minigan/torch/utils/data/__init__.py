"""torch.utils.data: minigan.data under PyTorch's address."""

from typing import Any

from minigan.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    Subset,
    TensorDataset,
    loader,
    random_split,
)
from minigan.torch.utils.data import dataloader, dataset, sampler
from minigan.torch.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler", "ConcatDataset", "DataLoader", "Dataset", "RandomSampler", "Sampler",
    "SequentialSampler", "Subset", "SubsetRandomSampler", "TensorDataset",
    "WeightedRandomSampler", "dataloader", "dataset", "default_collate", "random_split",
    "sampler",
]  # fmt: skip


def default_collate(batch: list[Any]) -> Any:
    """What a DataLoader makes of a list of samples."""
    return loader.hand_out(loader.collate(batch))
