"""Modules that hold others: one after the other, in a list, by name."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from itertools import groupby
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.nn import layers as core
from minigan.nn.module import Module, Parameter
from minigan.torch.extend import extends
from minigan.torch.nn.answers import Members, register


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
        if not -len(modules) <= index <= len(modules):
            where = f"outside the {len(modules)} modules of this {type(self).__name__}"
            raise IndexError(f"insert: {index} is {where}; append adds one at the end")
        modules.insert(index, module)
        return self._hold(modules)

    def pop(self, index: int = -1) -> Module:
        """Take the module of this number out."""
        found = self[index]
        del self[index]
        return found

    def _hold(self, modules: list[Module]) -> Any:
        """These modules instead of the former ones, numbered anew."""
        for name in list(self._modules):
            delattr(self, name)
        return self.extend(modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        kinds = self._state_kinds  # all members, also one that is there twice
        return iter([v for name, v in vars(self).items() if kinds.get(name) is core.Module])

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
        for line, run in groupby("None" if m is None else m._lines() for m in self):
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
class Sequential(_Numbered, core.Sequential):
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

    def __add__(self, modules: Any) -> Any:
        if not isinstance(modules, Sequential):
            what = f"not a {type(modules).__name__}: Sequential(*first, *second)"
            raise ValueError(f"Sequential: + joins two of them, {what}")
        return Sequential(*self, *modules)

    def __mul__(self, times: int) -> Any:
        return Sequential(*list(self) * _positive(times))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Any:
        return self.extend(list(self) * (_positive(times) - 1))


def _positive(times: int) -> int:
    if not isinstance(times, int):
        raise TypeError(f"Sequential: times {times!r}, where a whole number repeats the modules")
    if times < 1:
        raise ValueError(f"Sequential: times {times}, where a number above 0 repeats the modules")
    return times


class _Named(Module, MutableMapping[str, Any]):
    """Members by name, changed like a dict: what ModuleDict and ParameterDict share."""

    __eq__, __hash__ = object.__eq__, object.__hash__  # a module is itself, whatever it holds
    _kind: type

    @property
    def _members(self) -> Members:
        return Members(self, self._kind)

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __setitem__(self, name: str, value: Any) -> None:
        register(self, name, self._kind, value)

    def __delitem__(self, name: str) -> None:
        del self._members[name]

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)


class ModuleDict(_Named):
    """Modules by name; calling is up to the owner."""

    _kind = core.Module

    def __init__(self, modules: Any = ()):
        self.update(modules or {})


class ParameterDict(_Named):
    """Parameters by name, in the order given; a plain tensor becomes a parameter."""

    _kind = Parameter

    def __init__(self, parameters: Any = ()):
        self.update(parameters or {})

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, _learned(value))

    def update(self, parameters: Any = (), **named: Any) -> None:  # type: ignore[override]
        """Add or replace these; those of a plain dict in alphabetical order, as PyTorch does."""
        plain = type(parameters) is dict
        super().update(dict(sorted(parameters.items())) if plain else parameters, **named)

    def copy(self) -> "ParameterDict":
        """Another dict of the same parameters."""
        return ParameterDict(OrderedDict(self))

    def __or__(self, other: Any) -> "ParameterDict":
        return ParameterDict(OrderedDict([*self.items(), *other.items()]))


class ParameterList(Module):
    """Parameters by number; a plain tensor becomes a parameter."""

    def __init__(self, values: Iterable[Any] = ()):
        self.extend(values or ())

    def append(self, value: Any) -> "ParameterList":
        """Add a parameter at the end."""
        setattr(self, str(len(self)), _learned(value))
        return self

    def extend(self, values: Iterable[Any]) -> "ParameterList":
        """Add parameters at the end."""
        for value in list(values):
            self.append(value)
        return self

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._parameters.values()))

    def __getitem__(self, index: int | slice) -> Any:
        found = list(self)[index]
        return ParameterList(found) if isinstance(index, slice) else found

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, list(self._parameters)[index], _learned(value))

    def __iadd__(self, values: Iterable[Any]) -> Any:
        return self.extend(values)


def _learned(value: Any) -> Parameter:
    if not isinstance(value, Tensor):
        raise TypeError(f"a list or dict of parameters holds tensors, not {value!r}")
    return value if isinstance(value, Parameter) else Parameter(value)
