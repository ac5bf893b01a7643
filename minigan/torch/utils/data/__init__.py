"""torch.utils.data: minigan.data under PyTorch's address."""

from typing import Any

from minigan.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from minigan.data.workers import get_worker_info
from minigan.torch.utils.data import dataloader, dataset, sampler
from minigan.torch.utils.data.dataloader import default_collate, default_convert
from minigan.torch.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler", "ConcatDataset", "DataLoader", "Dataset", "IterableDataset", "RandomSampler",
    "Sampler", "SequentialSampler", "Subset", "SubsetRandomSampler", "TensorDataset",
    "WeightedRandomSampler", "dataloader", "dataset", "default_collate", "default_convert",
    "get_worker_info", "random_split", "sampler",
]  # fmt: skip

MISSING = {
    "ChainDataset": "join the samples in an IterableDataset of your own",
    "StackDataset": "return a tuple from a Dataset of your own",
    "DistributedSampler": "minigan trains in one process; leave the sampler out and shuffle",
    "distributed": "minigan trains in one process; leave the sampler out and shuffle",
    "datapipes": "use a Dataset or an IterableDataset",
}


def __getattr__(name: str) -> Any:
    """What minigan does not have, by name."""
    if name in MISSING:
        raise AttributeError(f"minigan.torch.utils.data has no {name}: {MISSING[name]}")
    raise AttributeError(f"module 'minigan.torch.utils.data' has no attribute {name!r}")
