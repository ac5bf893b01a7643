"""torch.utils.data.dataloader: where older programs import the DataLoader from."""

from minigan.data import DataLoader

__all__ = ["DataLoader"]
