"""Reads IDX files, the format of MNIST and its relatives: a short header, then the bare numbers.

Two zero bytes, one byte for the type of the numbers, one for the count of dimensions, each
dimension as a big-endian 32-bit integer, then the numbers, big-endian, last dimension fastest.
http://yann.lecun.com/exdb/mnist/
"""

import gzip
import math
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from minigan.errors import DataError
from minigan.opening import opened, reason, size_of, taken

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP_MAGIC = b"\x1f\x8b"
DEFLATE_BEST = 1032  # deflate packs at most 1032 bytes into one
MOST_DIMENSIONS = 64  # of NumPy's arrays


def read_idx(path: str | Path) -> np.ndarray:
    """The array in an IDX file, gzipped or not (its content decides, not its name), native order.

    Takes the memory of what the file really holds, whatever its header claims. Raises DataError,
    naming the file, when it cannot be read, is not IDX or not intact gzip, is shorter or longer
    than its header says, or holds floats that are not finite.
    """
    path = Path(path)
    try:
        with opened(path) as file:
            zipped = file.read(2) == GZIP_MAGIC
            file.seek(0)
            most = size_of(file) * (DEFLATE_BEST if zipped else 1)
            with gzip.open(file) if zipped else file as stream:
                return _parse(path, stream, most)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path}: the gzip data is broken ({error}); delete the file and fetch it again"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from None


def _parse(path: Path, stream: Any, most: int) -> np.ndarray:
    """Header and numbers; `most` bounds the bytes that the file can hold, whatever it claims."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or magic[3] == 0:
        raise DataError(
            f"{path}: not an IDX file: it starts with {magic.hex(' ') or 'nothing'}, where an IDX "
            "file has two zero bytes, a type (08, 09, 0b, 0c, 0d or 0e) and a count of dimensions"
        )
    dtype, rank = np.dtype(TYPES[magic[2]]), magic[3]
    if rank > MOST_DIMENSIONS:
        raise DataError(f"{path}: has {rank} dimensions, but arrays at most {MOST_DIMENSIONS}")
    dims = stream.read(4 * rank)
    shape = tuple(int(n) for n in np.frombuffer(dims[: len(dims) // 4 * 4], ">u4"))
    size = math.prod(shape) * dtype.itemsize  # Python integers: no overflow, whatever the header
    if len(shape) < rank or size > most:
        raise DataError(
            f"{path}: truncated: its header promises {rank} dimensions {shape}, "
            f"{size:,} bytes, which the file is too short to hold"
        )
    if math.prod(filter(None, shape)) * dtype.itemsize > sys.maxsize:  # as 0 × 2³² × 2³²
        raise DataError(f"{path}: its header promises dimensions {shape}, which no array has")
    content = taken(stream, size)
    if len(content) < size:
        raise DataError(
            f"{path}: truncated: {len(content):,} of the {size:,} bytes of shape {shape} "
            "that its header promises; delete the file and fetch it again"
        )
    if stream.read(1):
        raise DataError(
            f"{path}: oversized: data goes on after the {size:,} bytes of shape {shape} "
            "that its header promises"
        )
    array = np.frombuffer(content, dtype).reshape(shape)
    if not dtype.isnative:
        array = array.byteswap(inplace=True).view(dtype.newbyteorder("="))
    if dtype.kind == "f" and not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise DataError(f"{path}: the value at {where} is {array[where]}, not a finite number")
    return array


def read_images(path: str | Path) -> np.ndarray:
    """Grey images (N, H, W), uint8, of an IDX file. Raises DataError when it holds others."""
    images = read_idx(path)
    if images.ndim != 3 or images.dtype != np.uint8 or images.size == 0:
        raise DataError(
            f"{path}: holds {images.dtype} of shape {images.shape}; images are uint8 "
            "(IDX type 08) of shape (count, height, width)"
        )
    return images


def read_labels(path: str | Path) -> np.ndarray:
    """Labels (N,), int64, of an IDX file. Raises DataError when it holds something else."""
    labels = read_idx(path)
    if labels.ndim != 1 or labels.dtype.kind not in "ui":
        raise DataError(
            f"{path}: holds {labels.dtype} of shape {labels.shape}; labels are "
            "integers of shape (count,)"
        )
    return labels.astype(np.int64)


def read_labelled_images(images: str | Path, labels: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, H, W) uint8 and labels (N,) int64. Raises DataError when their counts differ."""
    pixels, classes = read_images(images), read_labels(labels)
    if len(pixels) != len(classes):
        raise DataError(
            f"{images} holds {len(pixels):,} images but {labels} holds "
            f"{len(classes):,} labels: the two files do not belong together"
        )
    return pixels, classes
