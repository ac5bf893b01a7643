"""Reads arrays of numbers out of MATLAB files of version 5, the form that SVHN is published in.

128 bytes of header, then elements: a type and a size of 4 bytes each, and so many bytes, filled up
to a multiple of 8. What has at most 4 bytes stands in the place of the size, which then shares the
type's. An array is an element of elements: its class, its shape, its name, and its numbers, first
dimension fastest. Elements may be zlib streams that hold another one.
https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf

SciPy reads them too, but believes what a damaged file claims: it can end the process.
"""

import io
import math
import struct
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from minigan.opening import opened, taken

HEADER = 128
MATRIX, PACKED = 14, 15
TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8",
           15: "u8"}  # fmt: skip
MOST_DIMENSIONS = 32
LONGEST_NAME = 64
CHUNK = 1 << 16


def read_matlab(path: str | Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """The arrays of these names; all else in the file is passed over.

    Takes the memory of what they really hold. Raises OSError when the file cannot be read, and
    ValueError, struct.error or zlib.error when it is damaged, or one of them holds no real numbers.
    """
    found: dict[str, np.ndarray] = {}
    with opened(path) as file:
        header = file.read(HEADER)
        order = {b"IM": "<", b"MI": ">"}.get(header[126:])
        if not order or struct.unpack(f"{order}H", header[124:126]) != (0x0100,):
            raise ValueError("it is not of version 5")
        while tag := file.read(8):
            kind, size = struct.unpack(f"{order}II", tag)
            end = file.tell() + size
            stream: Any = file
            if kind == PACKED:
                stream = io.BufferedReader(unpacked := _Inflated(file, size))
                kind, _ = struct.unpack(f"{order}II", stream.read(8))
            if kind == MATRIX and (array := _array(stream, order, names)):
                found.update(array)
                # To its end, where a checksum stands.
                if stream is not file and (stream.read(1) or not unpacked.unpack.eof):
                    raise ValueError(f"what is packed of {' and '.join(array)} has another end")
            file.seek(end)
    return found


class _Inflated(io.RawIOBase):
    """What a zlib stream of `size` bytes holds, unpacked as it is asked for."""

    def __init__(self, file: BinaryIO, size: int):
        self.file, self.left, self.waiting, self.unpack = file, size, b"", zlib.decompressobj()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, target: Any) -> int:
        """The next bytes; none at the end."""
        while not self.unpack.eof:
            if not self.waiting:
                self.waiting = self.file.read(min(CHUNK, self.left))
                self.left -= len(self.waiting)
                if not self.waiting:
                    break
            part = self.unpack.decompress(self.waiting, len(target))
            self.waiting = self.unpack.unconsumed_tail
            if part:
                target[: len(part)] = part
                return len(part)
        return 0


def _array(stream: Any, order: str, names: Collection[str]) -> dict[str, np.ndarray]:
    """The array that begins here, by its name, if that is wanted."""
    _, said = _element(stream, order, 8)
    _, shaped = _element(stream, order, 4 * MOST_DIMENSIONS)
    _, named = _element(stream, order, LONGEST_NAME)
    name = bytes(named).decode("latin1")
    if name not in names:
        return {}
    flags = struct.unpack(f"{order}I", said[:4])[0]
    shape = np.frombuffer(shaped, f"{order}i4").tolist()
    if min(shape, default=-1) < 0:
        raise ValueError(f"{name} is of no shape")
    if flags & 0xFF not in CLASSES or flags & 0x0800:
        raise ValueError(f"{name} holds no real numbers")
    kind, content = _element(stream, order, math.inf)
    if kind not in TYPES:
        raise ValueError(f"{name} holds numbers of no type")
    numbers = np.frombuffer(content, f"{order}{TYPES[kind]}")
    if math.prod(shape) != len(numbers):
        raise ValueError(f"{name} is cut off: it holds {len(numbers):,} numbers, not {shape}")
    array = numbers.reshape(shape, order="F")
    return {name: array.astype(CLASSES[flags & 0xFF], copy=False)}


def _element(stream: Any, order: str, most: float) -> tuple[int, bytearray]:
    """The type and the bytes of the element that begins here, which has at most so many."""
    tag = stream.read(8)
    kind, size = struct.unpack(f"{order}II", tag)
    if short := kind >> 16:
        if short > 4:
            raise ValueError("an element is too long for its place")
        return kind & 0xFFFF, bytearray(tag[4 : 4 + short])
    if size > most:
        raise ValueError("an element is longer than any can be")
    content = taken(stream, size)
    stream.read(-size % 8)
    return kind, content
