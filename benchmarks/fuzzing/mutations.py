"""Damage, by chance: bytes, JSON and trees of objects, changed as disks, networks and people do it.

Every function takes a `random.Random` first, so the same seed gives the same damage.
"""

import copy
import json
import struct
from collections.abc import Callable
from random import Random
from typing import Any

Way = Callable[[Random, bytes], bytes]

EDGES = [0, 1, 2, 3, 127, 128, 255, 256, 32767, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1]
EDGES += [2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1]
HEADER = 64  # bytes: half of all changes meet these, where formats say what comes
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 5, 2**31, 2**62, 2**63, 2**64, 10**30, -(2**63), 0.5, 1e308,
    float("nan"), float("inf"), "", "x", "5", "\0", "\ud800", "../x", [], {}, [1, 2], [0, 2**62],
    [1] * 65, [2**40, 2**40], [-1], ["x"], [None], [[]], {"x": 1}, {"tensor": "x"}, {"dict": [[1]]},
]  # fmt: skip


def changed(rng: Random, content: bytes) -> bytes:
    """The bytes with one to three changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        content = rng.choice(CHANGES)(rng, content)
    return content


def _place(rng: Random, content: bytes) -> int:
    """Somewhere in the bytes, or at their end."""
    return rng.randint(0, min(len(content), HEADER) if rng.random() < 0.5 else len(content))


def _with(content: bytes, start: int, end: int, new: bytes) -> bytes:
    return content[:start] + new + content[end:]


def flip(rng: Random, content: bytes) -> bytes:
    """One bit."""
    at = _place(rng, content[:-1])
    return _with(
        content, at, at + 1, bytes(b ^ 1 << rng.randrange(8) for b in content[at : at + 1])
    )


def put_byte(rng: Random, content: bytes) -> bytes:
    """One byte."""
    at = _place(rng, content[:-1])
    return _with(content, at, at + 1, rng.randbytes(1))


def cut(rng: Random, content: bytes) -> bytes:
    """The end is missing."""
    return content[: _place(rng, content)]


def insert(rng: Random, content: bytes) -> bytes:
    """Some bytes too many, perhaps those that stand there, over and over."""
    at, count = _place(rng, content), rng.choice((1, 2, 4, 16, 300))
    new = rng.choice((rng.randbytes(count), bytes(count), content[at : at + 8] * count))
    return _with(content, at, at, new)


def drop(rng: Random, content: bytes) -> bytes:
    """Some bytes are missing."""
    at = _place(rng, content)
    return _with(content, at, at + rng.choice((1, 2, 4, 16, 300)), b"")


def blank(rng: Random, content: bytes) -> bytes:
    """A block of zeros, or of ones, as disks give it."""
    at, count = _place(rng, content), rng.choice((1, 4, 64, 512))
    part = content[at : at + count]
    return _with(content, at, at + count, rng.choice((b"\0", b"\xff")) * len(part))


def swap(rng: Random, content: bytes) -> bytes:
    """Two blocks in each other's place."""
    a, b, c = sorted(_place(rng, content) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def put_edge(rng: Random, content: bytes) -> bytes:
    """A number where readers stumble, in any width and order."""
    kind = rng.choice("BHHIIIQQ")
    value = rng.choice([*EDGES, len(content), len(content) * 8]) % 2 ** (8 * struct.calcsize(kind))
    new, at = struct.pack(rng.choice("<>") + kind, value), _place(rng, content)
    return _with(content, at, at + len(new), new)


def put_digits(rng: Random, content: bytes) -> bytes:
    """Another number in place of one that is written out, or another word."""
    starts = [at for at, byte in enumerate(content[:2000]) if byte in b"0123456789"]
    at = rng.choice(starts) if starts else _place(rng, content)
    end = at
    while end < len(content) and content[end] in b"0123456789.":
        end += 1
    words = [
        str(rng.choice(EDGES)),
        f"-{rng.choice(EDGES)}",
        "9" * 400,
        "1e400",
        "nan",
        "x",
        "",
        '"',
    ]
    return _with(content, at, end, rng.choice(words).encode())


CHANGES = (
    flip,
    flip,
    put_byte,
    put_byte,
    cut,
    insert,
    drop,
    blank,
    swap,
    put_edge,
    put_edge,
    put_digits,
)


def inside(unpack: Callable[[bytes], bytes], pack: Callable[[bytes], bytes]) -> Way:
    """Damage below a layer that is whole itself: what is packed lies, and its checksum is right."""
    return lambda rng, content: pack(changed(rng, unpack(content)))


def tree_changed(rng: Random, tree: Any) -> Any:
    """Dicts, lists and tuples with one value replaced, removed or brought elsewhere."""
    if isinstance(tree, (dict, list, tuple)) and len(tree) and rng.random() < 0.85:
        keys = list(tree) if isinstance(tree, dict) else range(len(tree))
        key = rng.choice(list(keys))
        items = dict(tree) if isinstance(tree, dict) else list(tree)
        what = rng.random()
        if what < 0.1:
            del items[key]
        elif what < 0.15 and isinstance(items, dict):
            items[rng.choice(("x", "", "0", "__metadata__"))] = items.pop(key)
        elif what < 0.2:
            items[key] = items[rng.choice(list(keys))]
        else:
            items[key] = tree_changed(rng, tree[key])
        return tuple(items) if isinstance(tree, tuple) else items
    value = copy.deepcopy(rng.choice(VALUES))
    for _ in range(rng.choice((0,) * 50 + (1, 2, 3000))):
        value = [value]
    return value


def json_changed(rng: Random, content: bytes) -> bytes:
    """JSON whose grammar is right, and what it says is not."""
    return dumped(tree_changed(rng, json.loads(content)))


def dumped(tree: Any) -> bytes:
    """The tree as JSON; one that is too deep for json.dumps as brackets alone."""
    try:
        return json.dumps(tree).encode()
    except RecursionError:
        return b"[" * 200_000


def header_changed(rng: Random, content: bytes) -> bytes:
    """Safetensors with another header; its length is right."""
    length = int.from_bytes(content[:8], "little")
    header = json_changed(rng, content[8 : 8 + length])
    if rng.random() < 0.05:
        header = header.replace(b"{", b'{"__metadata__": %s, ' % dumped(rng.choice(VALUES)), 1)
    return len(header).to_bytes(8, "little") + header + content[8 + length :]
