"""The update rule Adam, and what all rules share: parameters side by side in one flat array.

    parameters    weight (2, 3)      bias (2)          each a view of its stretch of
    array         w w w w w w        b b               one array for the group; every array of
    state         m m m m m m        m m               state (momentum, …) has the same layout

An update is then one kernel over long vectors, whatever the parameters' shapes.
"""

import math
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, array_of, wrap


class Optimizer:
    """The base of update rules. A rule names its state arrays in `slots` (PyTorch's names) and
    defines `update`; parameters without a gradient are passed over.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, params: Iterable[Any], **defaults: Any):
        given = list(params)
        groups = given if given and isinstance(given[0], dict) else [{"params": given}]
        self.param_groups = [{**defaults, **g, "params": list(g["params"])} for g in groups]
        self._flats = [Flat(group["params"], self.slots) for group in self.param_groups]
        every = [p for flat in self._flats for p in flat.params]
        if len(set(every)) < len(every):
            raise ValueError(f"{type(self).__name__}: a parameter is listed more than once")

    def zero_grad(self) -> None:
        for p in (p for group in self.param_groups for p in group["params"]):
            p.grad = None

    def step(self) -> None:
        """One update of every parameter that has a gradient."""
        for group, flat in zip(self.param_groups, self._flats, strict=True):
            flat.adopt()
            for first, last in flat.stretches():
                flat.steps[first:last] = [flat.steps[first] + 1] * (last - first)
                gradients = [array_of(p.grad) for p in flat.params[first:last]]
                piece = slice(flat.cuts[first], flat.cuts[last])
                p, *state = (array[piece] for array in (flat.array, *flat.state))
                self.update(group, flat.steps[first], p, gradients, state)
                for parameter in flat.params[first:last]:
                    parameter.changed_in_place()

    def update(self, group: Any, step: int, p: B.Array, gradients: Any, state: Any) -> None:
        """Change p, a stretch of the flat array, in place, given its parameters' gradients."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """PyTorch's form: the state arrays by parameter number, and the groups' settings."""
        state: dict[int, dict[str, Any]] = {}
        groups = []
        for group, flat in zip(self.param_groups, self._flats, strict=True):
            groups.append({**group, "params": [len(state) + i for i in range(len(flat.params))]})
            for i, step in enumerate(flat.steps):
                copies = [wrap(flat.cut(array, i).copy()) for array in flat.state]
                state[len(state)] = {"step": step} | dict(zip(self.slots, copies, strict=True))
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and settings; ValueError, and nothing changes, if they do not fit."""
        kind, groups = type(self).__name__, state_dict["param_groups"]
        theirs, ours = ([len(g["params"]) for g in some] for some in (groups, self.param_groups))
        if theirs != ours:
            raise ValueError(f"{kind}: the saved groups have {theirs} parameters, not {ours}")
        numbers = [number for group in groups for number in group["params"]]
        found = [state_dict["state"].get(number) or {} for number in numbers]
        places = [(flat, i) for flat in self._flats for i in range(len(flat.params))]
        for number, (flat, i), saved in zip(numbers, places, found, strict=True):
            shapes = {name: tuple(v.shape) for name, v in saved.items() if name in self.slots}
            expected = dict.fromkeys(self.slots, flat.params[i].shape)
            if saved and shapes != expected:
                what = f"parameter {number} needs {expected}, saved is {shapes or list(saved)}"
                raise ValueError(f"{kind}: {what}: of other parameters, or of another kind")
        for (flat, i), saved in zip(places, found, strict=True):
            flat.steps[i] = int(saved.get("step", 0))
            for name, array in zip(self.slots, flat.state, strict=True):
                B.write(flat.cut(array, i), array_of(saved.get(name, 0.0)))
        for group, settings in zip(self.param_groups, groups, strict=True):
            group.update({k: v for k, v in settings.items() if k != "params" and k in group})


class Flat:
    """A group's parameters as one array, and state arrays of the same layout."""

    def __init__(self, params: list[Tensor], slots: tuple[str, ...]):
        if not params or not all(isinstance(p, Tensor) and p.grad_fn is None for p in params):
            raise ValueError("an optimizer takes leaf tensors, at least one: module.parameters()")
        if len({(p.dtype, type(p.array)) for p in params}) > 1:
            raise ValueError("the parameters of a group must share one dtype and one device")
        self.params, self.steps = params, [0] * len(params)
        self.cuts = list(accumulate((p.array.size for p in params), initial=0))
        xp = B.module_of(params[0].array)
        self.array = xp.empty(self.cuts[-1], params[0].dtype)
        self.state = [xp.zeros_like(self.array) for _ in slots]
        self.views = [self.cut(self.array, i) for i in range(len(params))]
        self.adopt()

    def cut(self, flat: B.Array, i: int) -> B.Array:
        """The stretch of a flat array that belongs to parameter i, in its shape."""
        return flat[self.cuts[i] : self.cuts[i + 1]].reshape(self.params[i].shape)

    def adopt(self) -> None:
        """Make every parameter a view of the flat array, also one that was replaced since."""
        for p, view in zip(self.params, self.views, strict=True):
            if p.array is not view:
                view[...] = p.array
                p.array = view

    def stretches(self) -> list[tuple[int, int]]:
        """What to update at once: all; singly, where gradients are missing or steps differ."""
        ready = [i for i, p in enumerate(self.params) if p.grad is not None]
        whole = len(ready) == len(self.params) and len(set(self.steps)) == 1
        return [(0, len(ready))] if whole else [(i, i + 1) for i in ready]


def check(name: str, **values: float) -> None:
    """Refuse a rate below 0, and a beta that never forgets."""
    for option, value in values.items():
        upper = 1.0 if option.startswith("beta") else math.inf
        if not 0.0 <= value < upper:
            raise ValueError(f"{name}: {option} must be within [0, {upper}), got {value}")


class Adam(Optimizer):
    """m ← β₁m + (1-β₁)g;  v ← β₂v + (1-β₂)g²;  p ← p - lr·m̂ / (√v̂ + eps), after t steps with
    m̂ = m / (1-β₁ᵗ) and v̂ = v / (1-β₂ᵗ). Kingma & Ba, arXiv 1412.6980.
    """

    slots = ("exp_avg", "exp_avg_sq")

    def __init__(self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8):
        check("Adam", lr=lr, beta1=betas[0], beta2=betas[1], eps=eps)
        super().__init__(params, lr=lr, betas=betas, eps=eps)

    def update(self, group: Any, step: int, p: B.Array, gradients: Any, state: Any) -> None:
        beta1, beta2 = betas = group["betas"]
        # m̂ / (√v̂ + eps) = m / (√v + eps·c) · c / (1-β₁ᵗ) with c = √(1-β₂ᵗ)
        correction = math.sqrt(1.0 - beta2**step)
        step_size = group["lr"] * correction / (1.0 - beta1**step)
        B.kernels.adam_(p, gradients, *state, step_size, betas, group["eps"] * correction)
