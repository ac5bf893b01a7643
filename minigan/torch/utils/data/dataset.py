"""torch.utils.data.dataset: where older programs import data sets from."""

from minigan.data import ConcatDataset, Dataset, Subset, TensorDataset, random_split

__all__ = ["ConcatDataset", "Dataset", "Subset", "TensorDataset", "random_split"]
