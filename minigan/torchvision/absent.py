"""What torchvision has and minigan has not: said by name, and what to do instead.

A module tells it to whoever asks for an attribute. But `from package import name` would answer with
the path of a file alone; so the last one of Python's finders says what the package says.
"""

import sys
from typing import Any

MISSING = {
    "models": "minigan comes without trained networks. Those of GANs are in minigan.models; a "
    "feature network's weights load from a safetensors file into layers of minigan.torch.nn",
    "ops": "minigan has no detection; of convolutions it has those in minigan.torch.nn",
    "io": "open pictures with PIL.Image.open and transforms.ToTensor(); minigan reads no videos",
    "get_image_backend": "pictures are always read by Pillow",
    "set_image_backend": "pictures are always read by Pillow; leave the call out",
}
ROOMS = ("minigan.torchvision", "minigan.torch.utils.data")


class Absent:
    """A finder that finds nothing: it raises the ImportError of what is not there."""

    @staticmethod
    def find_spec(fullname: str, path: Any = None, target: Any = None) -> None:
        """Asked when no other finder knows the module."""
        package, _, name = fullname.rpartition(".")
        if package.startswith(ROOMS) and package in sys.modules:
            try:
                getattr(sys.modules[package], name)
            except AttributeError as error:
                raise ImportError(str(error), name=fullname) from None


def announce() -> None:
    """Let the finder be asked, once."""
    if Absent not in sys.meta_path:
        sys.meta_path.append(Absent)
