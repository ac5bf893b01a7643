"""torch.utils.data: minigan.data under PyTorch's address."""

from minigan.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    Subset,
    TensorDataset,
    random_split,
)
from minigan.utils.data import sampler
from minigan.utils.data.sampler import Sampler, SubsetRandomSampler, WeightedRandomSampler

__all__ = [
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "Sampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "random_split",
    "sampler",
]
