"""torch.utils.data.dataloader: where older programs import the DataLoader from."""

from typing import Any

from minigan.data import DataLoader, collate
from minigan.data.collating import convert, hand_out

__all__ = ["DataLoader", "default_collate", "default_convert"]


def default_collate(batch: list[Any]) -> Any:
    """What a DataLoader makes of a list of samples."""
    return hand_out(collate(batch))


def default_convert(data: Any) -> Any:
    """What a DataLoader without batches makes of a sample: its arrays as tensors."""
    return hand_out(convert(data))
