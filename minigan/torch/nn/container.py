"""Modules that hold others: one after the other, in a list, by name."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from minigan.nn import layers as core
from minigan.torch.extend import extends
from minigan.torch.nn.module import Module


class _Numbered(Module):
    """Modules by number, changed like a list: what Sequential and ModuleList share."""

    def append(self, module: Module) -> Any:
        """Add a module at the end.

        Raises ValueError where the number is a member's name already, as in a slice model[1:].
        """
        if (name := str(len(self))) in self._modules:
            kind = type(self).__name__
            raise ValueError(f"append: there is a member {name!r}; number them anew: {kind}(*old)")
        self.add_module(name, module)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Put a module before the one of this number."""
        modules = list(self)
        modules.insert(index, module)
        return self._hold(modules)

    def pop(self, index: int = -1) -> Module:
        """Take the module of this number out."""
        found = self[index]
        del self[index]
        return found

    def _hold(self, modules: list[Module]) -> Any:
        """These modules instead of the former ones, numbered anew."""
        for name in self._modules:
            delattr(self, name)
        return self.extend(modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: Any) -> Any:
        found = list(self)[index]
        return ModuleList(found) if isinstance(index, slice) else found

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(list(self._modules)[index], module)

    def __delitem__(self, index: int | slice) -> None:
        modules = list(self)
        del modules[index]
        self._hold(modules)

    def __iadd__(self, modules: Iterable[Module]) -> Any:
        return self.extend(modules)

    def __add__(self, modules: Iterable[Module]) -> Any:
        return ModuleList([*self, *modules])


class ModuleList(_Numbered):
    """Modules by number; calling is up to the owner."""

    def __init__(self, modules: Iterable[Module] | None = None):
        self.extend(modules or ())

    def _shown_children(self) -> list[str]:
        """Neighbours that look the same share a line, as in PyTorch; not so in a Sequential."""
        lines, first = [], 0
        for line, run in groupby(module._lines() for module in self):
            last = first + len(list(run)) - 1
            lines.append(
                f"({first}): {line}"
                if first == last
                else f"({first}-{last}): {last - first + 1} x {line}"
            )
            first = last + 1
        return lines


extends(core.Sequential)(_Numbered)


@extends(core.Sequential)
class Sequential(_Numbered):
    """Modules applied one after the other: Sequential(a, b)(x) = b(a(x)).

    Of one dict, its modules under the names that they have there.
    """

    def __init__(self, *modules: Any):
        named = len(modules) == 1 and isinstance(modules[0], Mapping)
        members = modules[0] if named else {str(i): module for i, module in enumerate(modules)}
        for name, module in members.items():
            self.add_module(name, module)

    def __getitem__(self, index: Any) -> Any:
        """The module of this number; of a slice, a Sequential whose members keep their names."""
        found = list(self._modules.items())[index]
        return Sequential(dict(found)) if isinstance(index, slice) else found[1]

    def __add__(self, modules: Iterable[Module]) -> Any:
        return Sequential(*self, *modules)


class ModuleDict(Module):
    """Modules by name; calling is up to the owner."""

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None):
        self.update(modules or {})

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, module)

    def __getitem__(self, name: str) -> Module:
        return self._modules[name]

    def __delitem__(self, name: str) -> None:
        delattr(self, name)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, name: str) -> bool:
        return name in self._modules

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add or replace these, a dict or pairs of name and module."""
        for name, module in dict(modules).items():
            self.add_module(name, module)

    def pop(self, name: str) -> Module:
        """Take the module of this name out."""
        module = self[name]
        del self[name]
        return module

    def keys(self) -> Iterable[str]:
        """The names, in order."""
        return list(self._modules)

    def values(self) -> Iterable[Module]:
        """The modules, in order."""
        return list(self.children())

    def items(self) -> Iterable[tuple[str, Module]]:
        """Names and modules, in order."""
        return list(self._modules.items())
