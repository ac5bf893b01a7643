"""torch.utils.data: minigan.data under PyTorch's address."""

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
