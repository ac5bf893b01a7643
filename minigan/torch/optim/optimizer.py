"""Optimizer's further words."""

from typing import Any

from minigan import optim as core
from minigan.torch.extend import extends
from minigan.torch.ops.creation import as_tensor

required = object()  # a default that older programs import for their own update rules

_load_state_dict = core.Optimizer.load_state_dict


@extends(core.Optimizer)
class Optimizer(core.Optimizer):
    """The base of update rules; minigan/optim.py tells how they work."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to 0."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad.zero_()

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
