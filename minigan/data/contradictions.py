"""What a DataLoader's arguments may not say together, or at all, about samples and their order."""

from pathlib import Path
from typing import Any

from minigan.data.refusals import Unfit, WrongType, flag, whole


def check_samples(loader: Any) -> None:
    """Raises WrongType for what has no samples by number: a path, a class that nobody called."""
    dataset = loader.dataset
    if isinstance(dataset, type):
        name = dataset.__name__
        raise WrongType(f"DataLoader: {name} is a class, which makes a data set: {name}(…)")
    numbered = hasattr(dataset, "__getitem__") or hasattr(dataset, "gather")
    if isinstance(dataset, (str, bytes, Path)) or not (loader.iterable or numbered):
        raise WrongType(
            f"DataLoader: {dataset!r} is no data set, which has samples by number, as a list, a "
            f"tensor or ImageFolder(path) has"
        )


def check_order(loader: Any) -> None:
    """Raises Unfit for arguments that contradict each other about the order."""
    flag("DataLoader: drop_last", loader.drop_last)
    flag("DataLoader: replacement", loader.replacement)
    if loader.batch_size is not None:
        whole("DataLoader: batch_size", loader.batch_size, 1)
    mixed = loader.shuffle or loader.replacement
    if loader.iterable and (
        mixed or loader.given_sampler is not None or loader.batch_sampler is not None
    ):
        raise Unfit(
            "DataLoader: an IterableDataset decides the order itself; leave out shuffle, "
            "sampler and batch_sampler"
        )
    if loader.iterable and loader.num_workers:
        raise Unfit(
            "DataLoader: an IterableDataset is read by the caller's thread; leave out "
            "num_workers (in PyTorch each worker would go through all of it)"
        )
    if loader.batch_sampler is not None and (
        loader.given_sampler is not None or mixed or loader.drop_last or loader.batch_size != 1
    ):
        raise Unfit(
            "DataLoader: a batch_sampler decides the batches; leave out shuffle, sampler, "
            "batch_size, and drop_last"
        )
    if loader.given_sampler is not None and mixed:
        raise Unfit("DataLoader: a sampler decides the order; leave out the shuffle")
    if loader.batch_size is None and loader.drop_last:
        raise Unfit("DataLoader: without batches (batch_size=None) there is no last to drop")


def check_batches(loader: Any) -> None:
    """Raises Unfit when it is certain that there is no batch."""
    try:
        empty = len(loader) == 0
    except (TypeError, NotImplementedError):  # samples that nobody counted
        return
    if empty:
        raise Unfit(
            f"DataLoader: {loader.samples():,} samples make no batch of {loader.batch_size}"
            f"{' (drop_last)' if loader.drop_last else ''}; use a smaller batch size"
        )
