"""Reads the pickles that some data sets are published in, and lets them build arrays only."""

import pickle
from pathlib import Path
from typing import Any

from minigan.errors import DataError

ALLOWED = {  # what a pickle of lists, dicts and NumPy arrays names
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}


class _Careful(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        if module.startswith("numpy.core"):
            module = module.replace("numpy.core", "numpy._core")
        return super().find_class(module, name)


def read_pickle(path: str | Path) -> dict[str, Any]:
    """The dict in the file. Raises DataError when it is damaged or would run any other code."""
    try:
        with open(path, "rb") as file:
            content = _Careful(file, encoding="latin1").load()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    except Exception as error:  # a damaged pickle raises nearly anything
        raise DataError(f"{path}: not a pickle of arrays and lists ({error})") from None
    if not isinstance(content, dict):
        raise DataError(f"{path}: holds a {type(content).__name__}, where a dict belongs")
    return content
