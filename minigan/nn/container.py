"""Modules that hold others: one after the other, in a list, by name."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from minigan.nn.module import Module


class ModuleList(Module):
    """Modules by number; calling is up to the owner."""

    def __init__(self, modules: Iterable[Module] = ()):
        self.extend(modules)

    def append(self, module: Module) -> "ModuleList":
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> "ModuleList":
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> "ModuleList":
        """Put a module before the one of this number."""
        modules = list(self.children())
        modules.insert(index, module)
        return self._hold(modules)

    def pop(self, index: int = -1) -> Module:
        """Take the module of this number out."""
        found = self[index]
        del self[index]
        return found

    def _hold(self, modules: Iterable[Module]) -> "ModuleList":
        """These modules instead of the former ones, numbered anew."""
        modules = list(modules)
        for name in list(self._modules):
            delattr(self, name)
        return self.extend(modules)

    def __delitem__(self, index: int | slice) -> None:
        modules = list(self.children())
        del modules[index]
        self._hold(modules)

    def __iadd__(self, modules: Iterable[Module]) -> "ModuleList":
        return self.extend(modules)

    def __add__(self, modules: Iterable[Module]) -> "ModuleList":
        return ModuleList([*self, *modules])

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: Any) -> Any:
        found = list(self.children())[index]
        return ModuleList(found) if isinstance(found, list) else found

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, [name for name, _ in self.named_children()][index], module)

    def _shown_children(self) -> list[str]:
        """Neighbours that look the same share a line, as in PyTorch; not so in a Sequential."""
        lines = [module._lines() for module in self.children()]
        runs, first = [], 0
        for line, run in groupby(lines):
            count = len(list(run))
            last = first + count - 1
            runs.append(
                f"({first}): {line}" if count == 1 else f"({first}-{last}): {count} x {line}"
            )
            first += count
        return runs


class Sequential(ModuleList):
    """Modules applied one after the other: Sequential(a, b)(x) = b(a(x))."""

    def __init__(self, *modules: Any):
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            super().__init__(modules)

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Sequential(*found) if isinstance(index, slice) else found

    def __add__(self, modules: Iterable[Module]) -> "Sequential":
        return Sequential(*self, *modules)

    _shown_children = Module._shown_children

    def forward(self, x: Any) -> Any:
        for module in self.children():
            x = module(x)
        return x


class ModuleDict(Module):
    """Modules by name; calling is up to the owner."""

    def __init__(self, modules: Mapping[str, Module] | None = None):
        self.update(modules or {})

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, module)

    def __getitem__(self, name: str) -> Module:
        return dict(self.named_children())[name]

    def __delitem__(self, name: str) -> None:
        delattr(self, name)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def update(self, modules: Mapping[str, Module]) -> None:
        """Add or replace these."""
        for name, module in modules.items():
            self.add_module(name, module)

    def pop(self, name: str) -> Module:
        """Take the module of this name out."""
        module = self[name]
        del self[name]
        return module

    def __contains__(self, name: str) -> bool:
        return name in dict(self.named_children())

    def keys(self) -> Iterable[str]:
        """The names, in order."""
        return [name for name, _ in self.named_children()]

    def values(self) -> Iterable[Module]:
        """The modules, in order."""
        return list(self.children())

    def items(self) -> Iterable[tuple[str, Module]]:
        """Names and modules, in order."""
        return list(self.named_children())
