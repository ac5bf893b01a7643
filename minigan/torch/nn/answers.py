"""What Module's words are made of: names that loading forgave, members by name, hooks."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, NamedTuple


class Loaded(NamedTuple):
    """What load_state_dict answers: the names that it forgave."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        named = f"missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys}"
        return f"_IncompatibleKeys({named})"


class Members(MutableMapping[str, Any]):
    """A module's own parameters, buffers or submodules by name, as a dict that changes them."""

    def __init__(self, module: Any, kind: type):
        self.module, self.kind = module, kind

    def __getitem__(self, name: str) -> Any:
        if self.module._state_kinds.get(name) is not self.kind:
            raise KeyError(name)
        return vars(self.module)[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self:
            vars(self.module).pop(name, None)  # as PyTorch's dict does not know of it
        register(self.module, name, self.kind, value)

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self.module, name)

    def __iter__(self) -> Iterator[str]:
        kinds = self.module._state_kinds
        return iter([name for name in vars(self.module) if kinds.get(name) is self.kind])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return repr(dict(self))


def register(module: Any, name: str, kind: type, value: Any) -> None:
    """Give a parameter, buffer or submodule its name in the module's state."""
    where, what = type(module).__name__, kind.__name__
    check_name(module, name)
    if value is not None and not isinstance(value, kind):
        hint = f": write {value.__name__}()" if isinstance(value, type) else ""
        hint = f": write {where}(*layers)" if isinstance(value, (list, tuple)) else hint
        shown = f"a {type(value).__name__}" if isinstance(value, (list, tuple)) else repr(value)
        raise TypeError(f"{where}: {shown} is no {what}{hint}")
    if module._state_kinds.get(name) is not kind:
        if hasattr(module, name):
            cure = "choose another, or `del` that attribute first"
            raise KeyError(f"{where}: the name {name!r} is taken, by no {what}; {cure}")
        module._state_kinds = {**module._state_kinds, name: kind}
    object.__setattr__(module, name, value)


def check_name(module: Any, name: Any) -> None:
    """Refuse what cannot be a name in a state."""
    where = type(module).__name__
    if not isinstance(name, str):
        raise TypeError(f"{where}: a name is a str, not {name!r}")
    if not name or "." in name:
        cure = "is empty" if not name else "has a dot, which stands between nested names"
        raise KeyError(f"{where}: the name {name!r} {cure}")


class Hook:
    """A registered hook, to be removed by remove(), or at the end of a `with`."""

    def __init__(
        self, module: Any, kind: str, hook: Callable[..., Any], prepend: bool, with_kwargs: bool
    ):
        self.module, self.kind, self.hook, self.with_kwargs = module, kind, hook, with_kwargs
        former = getattr(module, kind)
        setattr(module, kind, (self, *former) if prepend else (*former, self))

    def before(self, args: Any, kwargs: Any) -> Any:
        """The inputs of forward, after this hook saw them."""
        changed = self.hook(self.module, args, *([kwargs] if self.with_kwargs else []))
        if changed is None:
            return args, kwargs
        if not self.with_kwargs:
            return (changed if isinstance(changed, tuple) else (changed,)), kwargs
        if not isinstance(changed, tuple) or len(changed) != 2:
            what = f"answers None or (inputs, kwargs), not {changed!r}"
            raise RuntimeError(f"a forward pre-hook with kwargs {what}")
        return changed

    def after(self, args: Any, kwargs: Any, out: Any) -> Any:
        """The output of forward, after this hook saw it."""
        changed = self.hook(self.module, args, *([kwargs] if self.with_kwargs else []), out)
        return out if changed is None else changed

    def remove(self) -> None:
        """Call it no more; the same function, registered again, stays."""
        hooks = getattr(self.module, self.kind)
        setattr(self.module, self.kind, tuple(h for h in hooks if h is not self))

    def __enter__(self) -> "Hook":
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()
