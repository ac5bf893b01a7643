"""The update rule Adam, and what all rules share: groups of parameters, and a state for each one.

An optimizer changes parameters where they lie: whoever shares their memory sees every step. The
state of a parameter is its number of steps, and arrays of its shape (momentum, …).
"""

import math
from collections.abc import Iterable
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, array_of, wrap


class Optimizer:
    """The base of update rules. A rule names its state arrays in `slots` (PyTorch's names) and
    defines `update`; parameters without a gradient are passed over."""

    slots: tuple[str, ...] = ()

    def __init__(self, params: Iterable[Any], **defaults: Any):
        given: list[Any] = list(params) if hasattr(params, "__iter__") else [params]
        groups = given if given and isinstance(given[0], dict) else [{"params": given}]
        self.param_groups = [{**defaults, **g, "params": list(g["params"])} for g in groups]
        self.state: dict[Tensor, dict[str, Any]] = {}
        name, every = type(self).__name__, self._params()
        if others := [type(p).__name__ for p in every if not isinstance(p, Tensor)]:
            raise TypeError(f"{name}: a {others[0]} is no tensor: give module.parameters()")
        if not every or any(p.grad_fn for p in every):
            why = "one was computed" if every else "a list of layers, or a used iterator, has none"
            raise ValueError(f"{name} takes leaf tensors, at least one: module.parameters(); {why}")
        if len(set(every)) < len(every):
            raise ValueError(f"{name}: a parameter is listed more than once")

    def _params(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def zero_grad(self) -> None:
        for p in self._params():
            p.grad = None

    def step(self) -> None:
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            for params in self._together([p for p in group["params"] if p.grad is not None]):
                B.noticed(self, group, params)
                states = [self.state[p] for p in params]
                for state in states:
                    state["step"] += 1
                slots = [[state[slot].array for state in states] for slot in self.slots]
                arrays, gradients = [p.array for p in params], [array_of(p.grad) for p in params]
                self.update(group, states[0]["step"], arrays, gradients, *slots)
                for p in params:
                    p.changed_in_place()

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        """Change the arrays of the list p in place, given those of g and one list for each slot."""
        raise NotImplementedError

    def _together(self, params: list[Tensor]) -> list[list[Tensor]]:
        """What to update at once: all, or one by one where they have made unlike numbers of steps.
        A state begins with zeros; a gradient that is not as its parameter is refused."""
        for p in params:
            if p not in self.state:
                zeros = B.module_of(p.array).zeros_like
                self.state[p] = {"step": 0} | {slot: wrap(zeros(p.array)) for slot in self.slots}
            if (g := array_of(p.grad)).shape != p.array.shape or g.dtype != p.array.dtype:
                both = f"grad is {g.dtype} {g.shape}, not {p.dtype} {p.shape}"
                raise RuntimeError(f"{type(self).__name__}: {both}")
        alike = len({self.state[p]["step"] for p in params}) == 1
        return [params] if alike else [[p] for p in params]

    def state_dict(self) -> dict[str, Any]:
        """PyTorch's form: the state by parameter number, and the groups' settings."""
        numbers = {p: number for number, p in enumerate(self._params())}
        state: dict[int, dict[str, Any]] = {}
        for p, own in self.state.items():
            state[numbers[p]] = own | {slot: wrap(own[slot].array.copy()) for slot in self.slots}
        groups = [{**g, "params": [numbers[p] for p in g["params"]]} for g in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and settings; ValueError, and nothing changes, if they do not fit."""
        kind, groups = type(self).__name__, state_dict["param_groups"]
        theirs, ours = ([len(g["params"]) for g in some] for some in (groups, self.param_groups))
        if theirs != ours:
            raise ValueError(f"{kind}: the saved groups have {theirs} parameters, not {ours}")
        numbers = [number for group in groups for number in group["params"]]
        loaded: dict[Tensor, dict[str, Any]] = {}
        for number, p in zip(numbers, self._params(), strict=True):
            if not (saved := state_dict["state"].get(number)):
                continue
            shapes = {name: tuple(v.shape) for name, v in saved.items() if name in self.slots}
            if shapes != (expected := dict.fromkeys(self.slots, p.shape)):
                what = f"parameter {number} needs {expected}, saved is {shapes or list(saved)}"
                raise ValueError(f"{kind}: {what}: of other parameters, or of another kind")
            arrays = {name: wrap(like(p.array, array_of(saved[name]))) for name in self.slots}
            loaded[p] = {"step": int(saved.get("step", 0)), **arrays}
        self.state = loaded
        for group, settings in zip(self.param_groups, groups, strict=True):
            group.update({k: v for k, v in settings.items() if k != "params" and k in group})


def like(p: B.Array, values: B.Array) -> B.Array:
    """The values in an array that lies as p does."""
    array = B.module_of(p).empty_like(p)
    B.write(array, values)
    return array


def check(name: str, *, betas: Any = (0.0, 0.0), **values: Any) -> None:
    """Refuse what is no number, a rate below 0, and a beta that never forgets."""
    if not isinstance(betas, (tuple, list)) or len(betas) != 2:
        raise TypeError(f"{name}: betas={betas!r} is no pair of numbers, as (0.9, 0.999)")
    for option, value in {**values, "beta1": betas[0], "beta2": betas[1]}.items():
        if not hasattr(value, "__float__"):
            raise TypeError(f"{name}: {option}={value!r} is no number; give one, as 0.001")
        upper = 1.0 if option.startswith("beta") else math.inf
        if not 0.0 <= value < upper:
            raise ValueError(f"{name}: {option} must be within [0, {upper}), got {value}")


class Adam(Optimizer):
    """m ← β₁m + (1-β₁)g;  v ← β₂v + (1-β₂)g²;  p ← p - lr·m̂ / (√v̂ + eps), after t steps with
    m̂ = m / (1-β₁ᵗ) and v̂ = v / (1-β₂ᵗ). Kingma & Ba, arXiv 1412.6980."""

    slots = ("exp_avg", "exp_avg_sq")

    def __init__(self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8):
        check("Adam", lr=lr, betas=betas, eps=eps)
        super().__init__(params, lr=lr, betas=betas, eps=eps)

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        step_size, eps = self.rates(group, step)
        B.kernels.adam_(p, g, *state, step_size, group["betas"], eps)

    def rates(self, group: Any, step: int) -> tuple[float, float]:
        """lr and eps, corrected: m̂ / (√v̂ + eps) = m / (√v + eps·c) · c / (1-β₁ᵗ), c = √(1-β₂ᵗ)."""
        beta1, beta2 = group["betas"]
        c = math.sqrt(1.0 - beta2**step)
        return group["lr"] * c / (1.0 - beta1**step), group["eps"] * c
