"""Module's words for its state: what is saved, under which names, and how it comes back."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.nn import module as core
from minigan.torch.extend import extends
from minigan.torch.nn.answers import Loaded
from minigan.torch.nn.looking import Looking
from minigan.torch.ops.creation import as_tensor

_load_state_dict = core.Module.load_state_dict

# What PyTorch lets a class define for its own way of saving, and nothing here would call.
UNHEARD = ("_load_from_state_dict", "get_extra_state", "set_extra_state")


@extends(core.Module)
class Saving(Looking):
    """What module.py goes on from."""

    _non_persistent_buffers_set: frozenset[str] = frozenset()

    def named_state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """What is saved: parameters, then persistent buffers, module by module."""
        found: dict[str, Tensor] = {}
        for path, module in self.named_modules(None, prefix.removesuffix("."), False):
            Saving._save_to_state_dict(module, found, f"{path}." if path else "", True)
        return iter(found.items())

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Tensor]:
        """All parameters and persistent buffers by name; they share the module's memory.

        keep_vars: the very parameters, not their detached aliases. The names begin with prefix;
        they are put into destination, where one is given.
        """
        _heard(self, "state_dict")
        found = OrderedDict() if destination is None else destination
        self._save_to_state_dict(found, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=found, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return found

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """This module's own part of state_dict."""
        hidden = self._non_persistent_buffers_set
        saved = [(name, v) for name, v in self._buffers.items() if name not in hidden]
        for name, value in [*self._parameters.items(), *saved]:
            if value is not None:
                destination[prefix + name] = value if keep_vars else value.detach()

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Loaded:
        """Copy the values in, converted to the module's dtypes. Names and shapes must match.

        strict=False forgives missing and unexpected names, which it returns, but never a wrong
        shape. Raises RuntimeError that lists everything missing, unexpected and misshapen; then
        nothing has changed. assign=True is refused: values are copied, never taken over.
        """
        if not isinstance(state_dict, Mapping):
            what = f"takes a dict of tensors by name, got a {type(state_dict).__name__}"
            raise TypeError(
                f"load_state_dict {what}: for a file, load_state_dict(torch.load(path))"
            )
        if assign:
            cure = "leave it out, and convert before, as by module.to(dtype)"
            raise NotImplementedError(f"load_state_dict: assign=True is not offered; {cure}")
        for module in self.modules():
            _heard(module, "load_state_dict")
        own = dict(self.named_state())
        given = {k: v if isinstance(v, Tensor) else as_tensor(v) for k, v in state_dict.items()}
        missing = [name for name in own if name not in given]
        unexpected = [name for name in given if name not in own]
        for name, value in given.items():  # PyTorch below 0.4 had no tensors without axes
            if value.shape == (1,) and name in own and own[name].shape == ():
                given[name] = value[0]
        if not strict:
            given = own | {name: value for name, value in given.items() if name in own}
        _load_state_dict(self, given)
        return Loaded(missing, unexpected)


def _heard(module: Any, caller: str) -> None:
    """Refuse a class that PyTorch would ask for its own way of saving, and nothing here does."""
    if found := [name for name in UNHEARD if hasattr(type(module), name)]:
        what = f"{type(module).__name__}.{found[0]}, which nothing calls here"
        raise NotImplementedError(f"{caller}: {what}; keep the state in buffers instead")
