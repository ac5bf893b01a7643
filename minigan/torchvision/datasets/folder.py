"""torchvision.datasets.folder: how folders of samples are read, for those who do it themselves."""

from minigan.data.folder import DatasetFolder, ImageFolder, default_loader, pil_loader
from minigan.data.tree import EXTENSIONS as IMG_EXTENSIONS
from minigan.data.tree import ends as has_file_allowed_extension
from minigan.data.tree import find_classes, make_dataset

__all__ = [
    "IMG_EXTENSIONS", "DatasetFolder", "ImageFolder", "default_loader", "find_classes",
    "has_file_allowed_extension", "is_image_file", "make_dataset", "pil_loader",
]  # fmt: skip


def is_image_file(filename: str) -> bool:
    """Whether the file's name ends as that of a picture."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)
