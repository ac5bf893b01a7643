"""Samples to batches: what a DataLoader makes of a list of samples, by PyTorch's rules.

Everything here is host arrays; `hand_out` makes them Tensors of the backend in use at the very end.
"""

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import wrap
from minigan.data import pixels
from minigan.data.refusals import Unfit, WrongType

PLAIN = {bool: np.dtype("bool"), int: np.dtype("int64"), float: np.dtype("float32")}


def collate(samples: Sequence[Any]) -> Any:
    """A batch of host arrays from single samples, stacked along a new first axis.

    Tensors and arrays stack, in the type that holds all of theirs. Python numbers: float64 where
    the first one is a float, else the type of a tensor of them all: int64, bool, or float32 where
    any is a float. Strings and bytes stay as they are; tuples become a list of batches; lists,
    dicts and named tuples keep their kind. PIL images become float32 in [0, 1], as by ToTensor.

    Raises Unfit (a ValueError and RuntimeError) when shapes or lengths differ, WrongType (a
    TypeError) for samples of any other kind.
    """
    first = samples[0]
    if isinstance(first, (str, bytes)):
        return samples
    if isinstance(first, Mapping):
        return _mapping(first, lambda key: collate([sample[key] for sample in samples]))
    if isinstance(first, Sequence):
        if len(lengths := {len(sample) for sample in samples}) > 1:
            raise Unfit(
                f"collate: samples of {sorted(lengths)} parts do not form a batch: give each the "
                "same number of parts, or a collate_fn"
            )
        batches = [collate(parts) for parts in zip(*samples, strict=True)]
        return batches if isinstance(first, tuple) and not _named(first) else _like(first, batches)
    if pixels.is_pil(first):
        from minigan.data import transforms

        return transforms.run(None, list(samples))
    return stack(samples)


def stack(samples: Sequence[Any]) -> np.ndarray:
    """Tensors, arrays or numbers as one array, with the sample's number as its first axis."""
    first = samples[0]
    wide = isinstance(first, float) and not isinstance(first, np.generic)
    arrays = [_array(sample) for sample in samples]
    if len(shapes := {array.shape for array in arrays}) > 1:
        raise Unfit(
            f"collate: samples of different shapes {sorted(shapes)[:4]} do not form a batch: "
            "bring them to one shape, or give a collate_fn"
        )
    dtype = np.dtype("float64") if wide else common({array.dtype for array in arrays})
    return np.stack(arrays).astype(dtype, copy=False)


def common(dtypes: set[np.dtype]) -> np.dtype:
    """The type of a batch: the widest of the floats, else of the whole numbers, else bool."""
    found = [dtype for dtype in dtypes if dtype.kind in "fc"] or list(dtypes)
    result = np.result_type(*found)
    if (result.kind == "f" and found[0].kind != "f") or _unsigned(dtypes):
        names = ", ".join(sorted(map(str, dtypes)))
        raise WrongType(f"collate: {names} have no common type: bring the samples to one dtype")
    return result


def _unsigned(dtypes: set[np.dtype]) -> bool:
    """Whether the wide unsigned types, which PyTorch widens to nothing, meet others."""
    return len(dtypes) > 1 and any(d.kind == "u" and d.itemsize > 1 for d in dtypes)


def _array(sample: Any) -> np.ndarray:
    if type(sample) in PLAIN:
        try:
            return np.array(sample, PLAIN[type(sample)])
        except OverflowError:
            raise Unfit(f"collate: {sample} does not fit into int64") from None
    if getattr(sample, "requires_grad", False):
        raise Unfit("collate: a sample that requires a gradient; detach() it in the data set")
    array = pixels.to_array(sample) if hasattr(sample, "__array__") else None
    if array is None or array.dtype.kind not in "biufc":
        found = type(sample).__name__ if array is None else f"an array of {array.dtype}"
        raise WrongType(
            f"collate: a batch is made of tensors, arrays, numbers, strings, tuples, lists and "
            f"dicts, not of {found}: let the data set return one of these, or give a collate_fn"
        )
    return array


def convert(sample: Any) -> Any:
    """One sample with its arrays and NumPy's numbers as host arrays; all else stays as it is, but
    that a tuple becomes a list."""
    if isinstance(sample, (np.ndarray, np.generic)):
        return np.asarray(sample) if sample.dtype.kind in "biufc" else sample
    parts = _through(sample, convert)
    return list(parts) if type(parts) is tuple else parts


def hand_out(batch: Any) -> Any:
    """The batch with each host array as a Tensor of the backend in use."""
    if isinstance(batch, np.ndarray):
        if batch.dtype.kind not in "biufc":
            return batch
        return wrap(getattr(B.kernels, "upload", B.to_device)(batch))
    return _through(batch, hand_out)


def _through(value: Any, function: Callable[[Any], Any]) -> Any:
    """The same container with `function` of each of its parts."""
    if isinstance(value, (str, bytes)):
        return value
    if isinstance(value, Mapping):
        return _mapping(value, lambda key: function(value[key]))
    if isinstance(value, (list, tuple)):
        parts = [function(part) for part in value]
        return tuple(parts) if type(value) is tuple else _like(value, parts)
    return value


def _named(value: Any) -> bool:
    return hasattr(value, "_fields")


def _mapping(model: Mapping, value_of: Callable[[Any], Any]) -> Any:
    """A mapping of `model`'s kind and keys; a dict where its kind cannot be made anew."""
    made = {key: value_of(key) for key in model}
    if type(model) is dict:
        return made
    try:
        if isinstance(model, MutableMapping):
            clone = copy.copy(model)
            clone.update(made)
            return clone
        return type(model)(made)  # type: ignore[call-arg]
    except TypeError:
        return made


def _like(model: Any, parts: list[Any]) -> Any:
    """A sequence of `model`'s kind; a list where its kind cannot be made anew."""
    if type(model) is list:
        return parts
    try:
        if _named(model):
            return type(model)(*parts)
        if isinstance(model, MutableSequence):
            clone = copy.copy(model)
            for place, part in enumerate(parts):
                clone[place] = part
            return clone
        return type(model)(parts)
    except TypeError:
        return parts
