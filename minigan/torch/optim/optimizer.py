"""Optimizer's further words, and the options of PyTorch's rules that are not here."""

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

from minigan import optim as core
from minigan.autograd.tensor import Tensor
from minigan.torch.autograd.grad_mode import enable_grad
from minigan.torch.extend import extends
from minigan.torch.nn.moving import forget_gradients
from minigan.torch.ops.creation import as_tensor

required = object()  # a default that older programs import for their own update rules

_load_state_dict, _step = core.Optimizer.load_state_dict, core.Optimizer.step

ABSENT = {  # PyTorch's options: the values that change nothing here, and what to do about others
    "foreach": ((None, False, True), ""),  # how PyTorch walks through parameters
    "fused": ((None, False, True), ""),
    "capturable": ((False, True), ""),  # of CUDA graphs
    "maximize": ((False,), "minimise the negative: (-loss).backward()"),
    "amsgrad": ((False,), "plain Adam is what GANs use"),
    "differentiable": ((False,), "a step is not recorded; write the update with tensors"),
    "decoupled_weight_decay": ((False,), "use AdamW"),
}


def options_checked(init: Callable[..., None]) -> Callable[..., None]:
    """A rule's __init__ that takes PyTorch's other options, and refuses what would change it."""
    known = inspect.signature(init).parameters

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **options: Any) -> None:
        for name in options.keys() & ABSENT.keys() - known.keys():
            harmless, cure = ABSENT[name]
            if (value := options.pop(name)) not in harmless:
                raise TypeError(f"{type(self).__name__}: {name}={value!r} is not here: {cure}")
        init(self, *args, **options)

    return checked


@extends(core.Optimizer)
class Optimizer(core.Optimizer):
    """The base of update rules; minigan/optim.py tells how they work."""

    def _listed_twice(self) -> None:
        groups = [group["params"] for group in self.param_groups]
        if len(set(self._params())) < sum(len(set(group)) for group in groups):
            raise ValueError(f"{type(self).__name__}: a parameter is in more than one group")
        what = "a parameter is listed twice in a group, and is updated twice at each step"
        warnings.warn(f"{type(self).__name__}: {what}: list it once", stacklevel=5)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient.

        closure: called before, with gradients recorded, to compute the loss, which is returned.
        """
        self._has_stepped, loss = True, None  # the first is what a schedule asks about
        if closure is not None:
            with enable_grad():
                loss = closure()
        _step(self)
        return loss

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Parameters that come later, as {"params": …} with options of their own."""
        usual = {k: v for k, v in self.defaults.items() if k not in param_group}
        given = param_group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        if not all(isinstance(p, Tensor) and p.grad_fn is None for p in params):
            raise ValueError("add_param_group: an optimizer takes leaf tensors")
        if set(params) & set(self._params()):
            raise ValueError(f"{type(self).__name__}: a parameter is in more than one group")
        self.param_groups.append({**usual, **param_group, "params": params})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to 0."""
        forget_gradients(self._params(), set_to_none)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and settings of an optimizer of the same parameters, PyTorch's too.

        Raises ValueError, and changes nothing, when the number or shapes of parameters differ or
        the state is another kind of optimizer's.
        """
        states = {
            int(number): {
                name: as_tensor(value) if name in self.slots and value is not None else value
                for name, value in saved.items()
            }
            for number, saved in state_dict["state"].items()
        }
        _load_state_dict(self, {**state_dict, "state": states})

    def __repr__(self) -> str:
        lines = [type(self).__name__ + " ("]
        for number, group in enumerate(self.param_groups):
            shown = {k: v for k, v in sorted(group.items()) if k != "params"}
            lines += [f"Parameter Group {number}", *(f"    {k}: {v}" for k, v in shown.items())]
        return "\n".join([*lines, ")"])
