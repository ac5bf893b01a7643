"""How this room gives a class of the core further methods: the class stays the same object."""

from collections.abc import Callable
from typing import Any, TypeVar

Kind = TypeVar("Kind", bound=type)


class _Empty:
    """What every class body has by itself; none of it is carried over."""

    annotated: None  # where Python keeps this differs by its version


_own = set(vars(_Empty)) - {"__doc__"}


def extends(cls: Any) -> Callable[[Kind], Kind]:
    """Class decorator: what the body defines joins `cls`, in place of what had the same name.

        @extends(Linear)
        class _:
            def extra_repr(self) -> str: ...

    So minigan.torch.nn.Linear is minigan.nn.Linear, and networks of both rooms mix. In the body,
    name the base class where super() would stand, which knows the body's own class only. A type
    checker sees the body in place of `cls`, so that it knows what the body takes further.
    """

    def join(body: Kind) -> Kind:
        for name, value in vars(body).items():
            if name not in _own and not (name == "__doc__" and value is None):
                setattr(cls, name, value)
        return cls

    return join
