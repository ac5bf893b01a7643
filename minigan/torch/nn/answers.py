"""What Module's methods answer with: the names that were forgiven, live dicts, handles of hooks."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, NamedTuple


class Loaded(NamedTuple):
    """What load_state_dict answers: the names that it forgave."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys}"


class Members(MutableMapping[str, Any]):
    """The attributes of a module that are of one kind, by name, as a dict that changes them."""

    def __init__(self, module: Any, kind: type):
        self.module, self.kind = module, kind

    def __getitem__(self, name: str) -> Any:
        return {key: vars(self.module)[key] for key in self}[name]

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self.module, name, value)

    def __delitem__(self, name: str) -> None:
        delattr(self.module, name)

    def __iter__(self) -> Iterator[str]:
        return iter([k for k, v in vars(self.module).items() if isinstance(v, self.kind)])

    def __len__(self) -> int:
        return len(list(iter(self)))


class Hook:
    """A registered hook, to be removed by remove()."""

    def __init__(self, module: Any, kind: str, hook: Callable[..., Any]):
        self.module, self.kind, self.hook = module, kind, hook
        setattr(module, kind, (*getattr(module, kind), self))

    def __call__(self, *args: Any) -> Any:
        return self.hook(*args)

    def remove(self) -> None:
        """Call it no more; the same function, registered again, stays."""
        hooks = getattr(self.module, self.kind)
        setattr(self.module, self.kind, tuple(h for h in hooks if h is not self))
