"""What stands in for a library, or for kernels, that the environment asks for in vain.

An import has nobody to tell. So whatever would compute says it, until use_backend chooses another.
"""

from typing import Any

from minigan.errors import BackendError

reason = ""


class ndarray:
    """No array is one of these."""


def __getattr__(name: str) -> Any:
    raise (AttributeError if name.startswith("__") else BackendError)(reason)
