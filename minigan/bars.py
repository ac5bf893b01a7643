"""Progress bars, seen where somebody watches: on a terminal, or in a notebook."""

import sys
import warnings
from typing import Any


def bar(*arguments: Any, **options: Any) -> Any:
    """A tqdm of these arguments on stderr, gone at its end, silent where nobody watches."""
    options |= {"file": sys.stderr, "leave": False, "dynamic_ncols": True}
    if not in_notebook():
        from tqdm import tqdm

        return tqdm(*arguments, disable=None, **options)  # None: where there is no terminal
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets it is a bar of text, which will do
        from tqdm.auto import tqdm as of_a_page

    return of_a_page(*arguments, **options)


def in_notebook() -> bool:
    """Whether this runs in a notebook's kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and "IPKernelApp" in shell.config
