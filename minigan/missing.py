"""Names that are not there: what is nearest is said, and what is imported late is imported then."""

import ast
import difflib
import functools
import importlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = Path(__file__).parent
FEW = 8  # names are listed rather than searched
NOT_ALL = "minigan has what GAN programs ask of PyTorch, not all of it"


class Refusal:
    """The `__getattr__` of a module or class: imports a name that comes late, refuses any other."""

    def __init__(
        self,
        address: str,
        owner: Any,
        late: Mapping[str, str],
        cures: Mapping[str, str],
        elsewhere: Mapping[str, str],
        others: str,
    ):
        self.address, self.owner, self.others = address, owner, others
        self.late, self.cures, self.elsewhere = late, cures, elsewhere

    def __call__(self, name: str) -> Any:
        if name.startswith("_"):  # Python asks everything for some of these
            raise AttributeError(f"{self.address} has no attribute {name!r}")
        if name in self.late:
            module = importlib.import_module(self.late[name])
            return getattr(module, name, module)
        if name in self.cures:
            said = f"{name}: {self.cures[name]}"
        elif name in {*dir(self.owner), *self.owner.__annotations__}:  # of what is half made
            said = f"{name!r} yet: its __init__ has not run"
        else:
            found = [where for file, where in self.elsewhere.items() if name in names_in(file)]
            said = f"{name!r}: {found[0] if found else self.nearest(name)}"
        # Without the owner: Python would add a guess of its own.
        raise AttributeError(f"{self.address} has no {said}", name=name)

    def present(self) -> list[str]:
        """The owner's names, without those of modules, and of what refuses to be called."""
        names = {name: getattr(self.owner, name, None) for name in dir(self.owner)}
        return [
            k for k, v in names.items() if not (isinstance(v, ModuleType) or hasattr(v, "cure"))
        ]

    def nearest(self, name: str) -> str:
        """What the owner has instead."""
        has = getattr(self.owner, "__all__", None) or [*self.present(), *self.late]
        near = has if len(has) <= FEW else nearest(name, has)
        verb = "it has" if near is has else "the nearest is" if len(near) == 1 else "near are"
        return (f"{verb} {', '.join(near)}" if near else NOT_ALL) + self.others


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """The few public names that look like this one, whether or not they are capitalised."""
    in_place = name.endswith("_")
    public = [known for known in names if known[0] != "_" and (in_place or known[-1] != "_")]
    near = difflib.get_close_matches(name.lower(), {known.lower() for known in public})
    return [known for found in near for known in public if known.lower() == found]


@functools.cache
def names_in(file: str) -> frozenset[str]:
    """What a file of the package defines or imports, read without importing it; of no file none."""
    path, found = PACKAGE / file, set[str]()
    for node in ast.walk(ast.parse(path.read_bytes() if path.exists() else b"")):
        if isinstance(node, ast.alias):
            found.add(node.asname or node.name)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return frozenset(found)


def refuse(
    address: str,
    owner: Any = None,
    *,
    late: Mapping[str, str] = {},
    cures: Mapping[str, str] = {},
    elsewhere: Mapping[str, str] = {},
    others: str = "",
) -> None:
    """Let a module, or an owner that goes by this address, answer for the names that it has not.

    late: the modules that have, or are, what is imported when it is asked for. cures: what to do
    instead of a name. elsewhere: of files with other names what is said of these. others: a last
    word. Set from here, no type checker takes the `__getattr__` for one that knows every name.
    """
    if owner is None:
        owner = sys.modules[address]
        owner.__dict__.setdefault("__path__", [])  # so that Refusals is asked about its names
    owner.__getattr__ = Refusal(address, owner, late, cures, elsewhere, others)


class Refusals:
    """The last finder: `from module import name` raises what the module says of the name.

    Python itself would answer with the path of a file alone.
    """

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> None:
        above, _, last = name.rpartition(".")
        parent = sys.modules.get(above)
        if isinstance(getattr(parent, "__getattr__", None), Refusal):
            try:
                getattr(parent, last)
            except AttributeError as error:
                raise ImportError(str(error), name=name) from None


sys.meta_path.append(Refusals())
