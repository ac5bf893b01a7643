"""Every reader of files in minigan: what it reads, how that is damaged, and what it may raise."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL.Image import MAX_IMAGE_PIXELS

from fuzzing import photos, runs, sets
from fuzzing.mutations import Way, changed, header_changed, inside, json_changed
from minigan import data
from minigan.data import datasets
from minigan.data.idx import DEFLATE_BEST
from minigan.data.refusals import Unfit
from minigan.errors import DataError, UserError

Ways = tuple[tuple[str, Way], ...]


@dataclass(frozen=True)
class Reader:
    """A way into the package.

    valid: sets of files for it. ways: how one of them is damaged, by the end of its name; by
    default in its bytes. refused: what its docstring says that it raises. need: the bytes of memory
    that may honestly be taken for each byte of the files; `most`: for files of any size.
    """

    name: str
    share: int  # of the inputs
    valid: Callable[[], list[sets.Files]]
    read: Callable[[Path], object]
    ways: Ways = ()
    refused: tuple[type[BaseException], ...] = (DataError,)
    need: int = 8
    most: int = 0


IDX: Ways = (("", changed), ("", sets.idx_changed))
GZIP: Ways = ((".gz", sets.GZIP), (".gz", changed))
BZIP2: Ways = ((".bz2", sets.BZIP2), (".bz2", changed))
PNG: Ways = ((".png", inside(bytes, photos.mended)), (".png", changed))
TAR: Ways = ((".tar", inside(bytes, sets.summed)), ("", changed))
TENSORS: Ways = tuple(
    (".safetensors", way) for way in (changed, header_changed, runs.shape_changed)
)
JSON: Ways = ((".json", json_changed), (".json", json_changed), (".json", changed))
STATES: Ways = (*TENSORS, *JSON, (".safetensors", runs.state_changed))

PICTURE = 8 * (MAX_IMAGE_PIXELS or 0)  # Pillow takes 4 bytes for a pixel, and a copy is made
UNFIT = (DataError, Unfit)
USER = (UserError,)

READERS = [
    Reader("read_idx", 16, sets.idx_files, lambda folder: data.read_idx(folder / "a"), IDX),
    Reader(
        "MNIST", 8, sets.mnist_files, lambda folder: data.MNIST(folder, download=False), GZIP,
        need=8 * DEFLATE_BEST,
    ),
    Reader("CIFAR, records", 4, sets.cifar_records, sets.read_cifar_records),
    Reader("CIFAR, pickles", 10, sets.cifar_pickles, sets.read_cifar_pickles, need=64),
    Reader("SVHN", 5, sets.svhn_files, datasets.SVHN, need=2 * DEFLATE_BEST),
    Reader("USPS", 4, sets.usps_files, datasets.USPS, BZIP2, most=16 << 20),
    Reader("STL-10", 4, sets.stl10_files, sets.read_stl10),
    Reader("CelebA", 5, sets.celeba_files, sets.read_celeba, (), UNFIT, 64, PICTURE),
    Reader("pil_loader", 12, photos.picture_files, photos.read_picture, PNG, UNFIT, most=PICTURE),
    Reader("ImageFolder", 6, photos.picture_files, data.ImageFolder, PNG, most=PICTURE),
    Reader("ImageFolder, size", 6, photos.picture_files, photos.read_square, PNG, most=PICTURE),
    Reader(
        "LSUN", 3, sets.lsun_files, sets.read_lsun, (("", sets.lsun_changed),), UNFIT, most=PICTURE
    ),
    Reader("unpack", 4, sets.archives, sets.unpack, TAR, need=DEFLATE_BEST),
    Reader("minigan.load", 8, runs.tensor_files, runs.load, TENSORS, USER, 64),
    Reader("minigan.torch.load", 4, runs.tensor_files, runs.load_torch, TENSORS, USER, 64),
    Reader("Run, --resume", 3, runs.run_files, runs.resume, STATES, USER, 64),
    Reader("load_network", 10, runs.network_files, runs.use_network, JSON, USER, 64),
    Reader(
        "save_curves", 1, runs.curve_files, runs.draw_curves, (), (ValueError, UserError), need=64
    ),
]  # fmt: skip
if not importlib.util.find_spec("lmdb"):  # LSUN's package need not be there
    READERS = [reader for reader in READERS if reader.name != "LSUN"]
