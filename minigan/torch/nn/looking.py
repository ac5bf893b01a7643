"""Module's words for looking inside: members, names, and who stands under a dotted name."""

from collections.abc import Iterator
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.nn import module as core
from minigan.nn.module import Parameter
from minigan.torch.extend import extends
from minigan.torch.nn.answers import Members


@extends(core.Module)
class Looking(core.Module):
    """What module.py goes on from."""

    @property
    def _modules(self) -> Members:
        """The submodules directly below this one, by name: PyTorch's dict of them."""
        return Members(self, core.Module)

    @property
    def _parameters(self) -> Members:
        """The parameters of this module alone, by name: PyTorch's dict of them."""
        return Members(self, Parameter)

    @property
    def _buffers(self) -> Members:
        """The buffers of this module alone, by name: PyTorch's dict of them."""
        return Members(self, Tensor)

    def children(self) -> Iterator[Any]:
        """The submodules directly below this one, each once, without names."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """This module and all below it, depth first, with their dotted names.

        Each once, but for remove_duplicate=False; without those in memo.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted name; without recurse, this module's own.

        remove_duplicate=False: tied ones under each of their names.
        """
        return _named(self, Parameter, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter once; without recurse, this module's own."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer once, with its dotted name, also those that are not saved."""
        return _named(self, Tensor, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer once; without recurse, this module's own."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Any:
        """The module of a dotted name; "" is this one. AttributeError where there is none."""
        module = self
        for name in target.split(".") if target else ():
            module = getattr(module, name)
            if not isinstance(module, core.Module):
                raise AttributeError(f"get_submodule({target!r}): {name!r} is no Module")
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name. AttributeError where there is none."""
        return _get(self, target, Parameter)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a dotted name. AttributeError where there is none."""
        return _get(self, target, Tensor)


def _named(root: Any, kind: type, prefix: str, recurse: bool, once: bool) -> Iterator[Any]:
    seen: set[Tensor] = set()
    below = root.named_modules(None, prefix, once) if recurse else [(prefix, root)]
    for path, module in below:
        for name, value in list(Members(module, kind).items()):
            if value is not None and value not in seen:
                if once:
                    seen.add(value)
                yield (f"{path}.{name}" if path else name), value


def _get(module: Any, target: str, kind: type) -> Any:
    path, _, name = target.rpartition(".")
    members = Members(module.get_submodule(path), kind)
    if members.get(name) is None:
        what = "parameter" if kind is Parameter else "buffer"
        raise AttributeError(f"{type(module).__name__} has no {what} {target!r}")
    return members[name]
