"""Tensors on disk: weights and checkpoints as safetensors files, which hold data and never code.

A flat dict of tensors, such as a state_dict, becomes a plain file that PyTorch's
`safetensors.torch.load_file` reads, and its files load here. Any other tree of dicts, lists and
tuples has its tensors in the same file, named by their path ("opt_D/state/0/exp_avg"), and its
shape, with all that is no tensor, as JSON in the file's metadata. NumPy's arrays in such a tree
come back as NumPy's arrays, its numbers as Python's.

The metadata also holds a SHA-256 of all this, so a file that was damaged is refused, not loaded as
other numbers. Files of other programs have none; of them only the format can be checked.

Files know no backend: tensors are written from, and come back to, the one in use.
Format: https://huggingface.co/docs/safetensors
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from minigan import backend as B
from minigan.atomic import replacing
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import UserError
from minigan.opening import opened

ENTRY = "minigan"  # in the metadata: JSON of the checksum and, unless the file is flat, the tree
FORMER = "minigan.tree"  # the tree alone, as it was before there were checksums
RESERVED = "__metadata__"  # the one name that the format keeps for itself

DTYPES = {
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    "BOOL": "bool",
}
KINDS = {dtype: kind for kind, dtype in DTYPES.items()}


def save(obj: Any, path: str | Path, former: str | Path | None = None) -> None:
    """Write tensors, arrays, numbers, strings, None and dicts, lists and tuples of them to `path`.

    The file appears at once and whole; on failure the one that was there stays. It is kept at
    `former` if that is given.
    Raises UserError when it cannot be written, TypeError for anything else inside `obj`.
    """
    content = to_bytes(obj)
    with replacing(path, former) as temporary:
        temporary.write_bytes(content)


def to_bytes(obj: Any) -> bytes:
    """What `save` writes."""
    arrays: dict[str, np.ndarray] = {}
    about: dict[str, Any] = {}
    if _is_flat(obj):
        arrays.update((name, _on_host(tensor)) for name, tensor in obj.items())
    else:
        about["tree"] = _encode(obj, (), arrays)
    entries = ((name, _entry(array)) for name, array in arrays.items())
    about["sha256"] = _checksum(entries, about)
    return safetensors.numpy.save(arrays, {ENTRY: json.dumps(about)})


def load(path: str | Path) -> Any:
    """What `save` wrote, tensors on the backend in use; or the tensors of any safetensors file.

    bfloat16, which NumPy lacks, becomes float32 of the same values.
    Raises UserError, naming the file, when it cannot be read, is damaged, or is another format.
    """
    try:
        with opened(path) as file:
            content = file.read()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    return from_bytes(content, path)


def from_bytes(content: bytes, path: str | Path) -> Any:
    """What a file of this content holds; `path` is its name in what is said of it."""
    try:
        entries = safetensors.deserialize(content)
        about = _about(content)
    except (safetensors.SafetensorError, ValueError, RecursionError) as error:
        raise UserError(f"cannot load {path}: {_diagnosis(content, error)}") from None
    if "sha256" not in about:
        _say_unchecked(path)
    elif about["sha256"] != _checksum(entries, about):
        raise UserError(
            f"cannot load {path}: its checksum is another one, so the file is damaged, or was "
            f"changed without minigan.save"
        )
    tensors = {name: _tensor(path, name, entry) for name, entry in entries}
    if "tree" not in about:
        return tensors
    try:
        return _decode(about["tree"], tensors)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError(f"cannot load {path}: its list of contents is damaged") from None


# The checksum ------------------------------------------------------------------------------------


def _checksum(entries: Iterable[tuple[str, dict[str, Any]]], about: dict[str, Any]) -> str:
    """SHA-256 of the tree and of every tensor with its name, dtype and shape, in order of names."""
    digest = hashlib.sha256(json.dumps(about.get("tree")).encode())
    for name, entry in sorted(entries, key=lambda entry: entry[0]):
        digest.update(json.dumps([name, entry["dtype"], list(entry["shape"])]).encode())
        digest.update(entry["data"])
    return digest.hexdigest()


def _entry(array: np.ndarray) -> dict[str, Any]:
    """An array as the file's reader will see it."""
    data = array.reshape(-1).view(np.uint8).data
    return {"dtype": KINDS[array.dtype.name], "shape": array.shape, "data": data}


def _say_unchecked(path: Any) -> None:
    """Once in a process: whoever loads one such file has more of them."""
    if not unchecked:
        line = "has no checksum, so damage in it would go unseen; minigan.save writes one"
        print(f"minigan: {path} {line}", file=sys.stderr)
        unchecked.append(path)


unchecked: list[Any] = []  # the file of which that was said


# Tensors -----------------------------------------------------------------------------------------


def _is_flat(obj: Any) -> bool:
    """Whether it is a dict of tensors by name, as PyTorch would write it."""
    return (
        isinstance(obj, dict)
        and len(obj) > 0
        and RESERVED not in obj
        and all(isinstance(name, str) and isinstance(v, Tensor) for name, v in obj.items())
    )


def _on_host(value: Any) -> np.ndarray:
    array = B.to_host(value.array if isinstance(value, Tensor) else value)
    if array.dtype.name not in DTYPES.values():
        raise TypeError(f"save: a file cannot hold an array of type {array.dtype}")
    return np.asarray(array, order="C")


def _tensor(path: str | Path, name: str, entry: dict[str, Any]) -> Tensor:
    """One entry of a file as a tensor on the backend in use."""
    kind = entry["dtype"]
    if kind == "BF16":  # the upper half of a float32
        array = (np.frombuffer(entry["data"], np.uint16).astype(np.uint32) << 16).view(np.float32)
    elif kind in DTYPES:
        array = np.frombuffer(entry["data"], DTYPES[kind])
    else:
        raise UserError(
            f"cannot load {path}: tensor {name!r} is of type {kind}, which NumPy does not have; "
            f"convert it to float32 where the file comes from"
        )
    try:
        return wrap(B.to_device(array.reshape(entry["shape"])))
    except ValueError:  # too many dimensions, or too large ones beside a 0
        raise UserError(
            f"cannot load {path}: no array has the shape of tensor {name!r}, {entry['shape']}"
        ) from None


# The tree: a dict in the JSON is always a mark: "tensor", "array", "dict" or "tuple" --------------


def _encode(value: Any, path: tuple[str, ...], arrays: dict[str, np.ndarray]) -> Any:
    """The value as JSON; its tensors go to `arrays` under their path."""
    if isinstance(value, Tensor) or B.is_array(value):
        name = "/".join(path)
        while name in arrays or name == RESERVED:  # keys 0 and "0", or "a/b", may coincide
            name += "'"
        arrays[name] = _on_host(value)
        return {"array" if isinstance(value, np.ndarray) else "tensor": name}
    if isinstance(value, dict):
        if strange := [key for key in value if type(key) not in (str, int)]:
            raise TypeError(f"save: {_place(path)} has the key {strange[0]!r}; use str or int")
        return {"dict": [[k, _encode(v, (*path, str(k)), arrays)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        items = [_encode(v, (*path, str(i)), arrays) for i, v in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, (np.bool_, np.integer, np.floating)):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    advice = "; give its state_dict()" if hasattr(value, "state_dict") else ""
    advice = "; give vars() of it" if type(value).__name__ == "Namespace" else advice
    raise TypeError(
        f"save: {_place(path)} is of type {type(value).__name__}, which has no place in a file of "
        f"data: only tensors, numbers, strings, None, and dicts, lists and tuples of them{advice}"
    )


def _decode(value: Any, tensors: dict[str, Tensor]) -> Any:
    """What `_encode` was given."""
    if isinstance(value, list):
        return [_decode(item, tensors) for item in value]
    if isinstance(value, dict):
        ((mark, content),) = value.items()
        if mark == "tensor":
            return tensors[content]
        if mark == "array":
            return B.to_host(tensors[content].array)
        build: Callable = {"dict": dict, "tuple": tuple}[mark]
        return build(_decode(content, tensors))
    return value


def _place(path: tuple[str, ...]) -> str:
    return "/".join(path) or "the object"


# Files that are not what they should be ----------------------------------------------------------


def _about(content: bytes) -> dict[str, Any]:
    """What minigan wrote into the file's header, which is 8 bytes of length and then JSON."""
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length]).get(RESERVED) or {}
    if FORMER in metadata:
        return {"tree": json.loads(metadata[FORMER])}
    if ENTRY not in metadata:
        return {}
    about = json.loads(metadata[ENTRY])
    if not isinstance(about, dict) or "sha256" not in about:
        raise ValueError("what minigan writes is not there")
    return about


def _diagnosis(content: bytes, error: Exception) -> str:
    """What is wrong with a file that is not intact safetensors, and what to do."""
    if not content:
        return "the file is empty"
    if content.startswith((b"PK\3\4", b"\x80\2", b"\x80\3", b"\x80\4", b"\x80\5")):
        return (
            "it is a pickle or zip archive, as torch.save writes (.pt, .pth). minigan reads no "
            "pickle, because loading one can run any code. Convert it where PyTorch is installed: "
            "safetensors.torch.save_file(torch.load(FILE, weights_only=True), 'FILE.safetensors')"
        )
    if int.from_bytes(content[:8], "little") > 100_000_000 or content[8:9] != b"{":
        return "it is not a safetensors file"
    return f"the file is damaged or cut off ({str(error).rpartition(': ')[2]})"
