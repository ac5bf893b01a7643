"""The programs of examples/, which also travel inside the package: `minigan train` runs them."""

import ast
import importlib.util
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minigan.errors import UserError
from minigan.missing import nearest

AFTER_TRAINING = ("sample", "latent")
"""Those that take a run that there is: `minigan sample RUN`."""


def folder() -> Path:
    """Where they are: in the package or, in a checkout, beside it."""
    package = Path(__file__).parent
    inside = package / "examples"
    return inside if inside.is_dir() else package.parent / "examples"


def names() -> list[str]:
    """The programs that train, as `minigan train` calls them."""
    found = sorted(path.stem.replace("_", "-") for path in folder().glob("*.py"))
    return [name for name in found if name not in AFTER_TRAINING]


def about(name: str) -> str:
    """The first line of what a program says of itself."""
    text = _path(name).read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def listed() -> str:
    """All programs that train, each with what it is, as wide as the terminal."""
    column = 2 + max(map(len, names()), default=0)
    return "\n".join(
        textwrap.fill(
            about(name),
            shutil.get_terminal_size().columns,
            initial_indent=f"{name:<{column}}",
            subsequent_indent=" " * column,
        )
        for name in names()
    )


def run(command: str, name: str, arguments: Sequence[str]) -> int | None:
    """What `python examples/NAME.py ARGUMENTS` does, called `command`; its exit code.

    Raises UserError for an unknown name, and what the program raises.
    """
    module = load(_path(name).stem)
    assert module
    sys.argv = [command, *arguments]
    return module.main()


def load(name: str) -> Any:
    """The program of this name as a module; None for what is no program of ours."""
    if name.replace("_", "-") not in (*names(), *AFTER_TRAINING):
        return None
    name = name.replace("-", "_")
    path, module = folder() / f"{name}.py", f"minigan.examples.{name}"
    if module not in sys.modules:
        spec = importlib.util.spec_from_file_location(module, path)
        assert spec and spec.loader  # it is a .py
        made = sys.modules[module] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(made)
        except BaseException:
            del sys.modules[module]
            raise
    return sys.modules[module]


def _path(name: str) -> Path:
    if name.replace("_", "-") not in (*names(), *AFTER_TRAINING):
        near = nearest(name.replace("_", "-"), names())
        hint = f"did you mean {near[0]}? " if near else ""
        raise UserError(f"there is no program {name!r}: {hint}`minigan train --list` names all")
    return folder() / f"{name.replace('-', '_')}.py"
