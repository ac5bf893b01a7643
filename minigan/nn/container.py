"""Modules that hold others: one after the other, in a list, by name."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minigan.nn.module import Module


class ModuleList(Module):
    """Modules by number; calling is up to the owner."""

    def __init__(self, modules: Iterable[Module] = ()):
        self.extend(modules)

    def append(self, module: Module) -> "ModuleList":
        """Add a module at the end."""
        setattr(self, str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> "ModuleList":
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: Any) -> Any:
        found = list(self.children())[index]
        return ModuleList(found) if isinstance(found, list) else found

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, [name for name, _ in self.named_children()][index], module)


class Sequential(ModuleList):
    """Modules applied one after the other: Sequential(a, b)(x) = b(a(x))."""

    def __init__(self, *modules: Any):
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                setattr(self, name, module)
        else:
            super().__init__(modules)

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Sequential(*found) if isinstance(index, slice) else found

    def forward(self, x: Any) -> Any:
        for module in self.children():
            x = module(x)
        return x


class ModuleDict(Module):
    """Modules by name; calling is up to the owner."""

    def __init__(self, modules: Mapping[str, Module] | None = None):
        for name, module in (modules or {}).items():
            setattr(self, name, module)

    def __setitem__(self, name: str, module: Module) -> None:
        setattr(self, name, module)

    def __getitem__(self, name: str) -> Module:
        return dict(self.named_children())[name]

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
