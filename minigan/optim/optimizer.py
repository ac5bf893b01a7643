"""What all optimizers share: parameters side by side in one flat array.

Each group's parameters are moved into one contiguous array, of which every parameter stays a view,
and each state array (momentum, …) has the same layout. An update is then one kernel over long
vectors, a checkpoint one write.
"""

from collections.abc import Iterable
from itertools import groupby, pairwise
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.ops.creation import as_tensor


class Optimizer:
    """The base of update rules.

    A rule names its state arrays in `slots` (PyTorch's names) and defines `update`, which changes
    the stretch [lo, hi) of a group's flat arrays. Parameters without a gradient are passed over.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, params: Iterable[Any], **defaults: Any):
        groups = list(params)
        if not groups:
            raise ValueError(f"{type(self).__name__}: there are no parameters to optimise")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        self.param_groups: list[dict[str, Any]] = [
            {**defaults, **group, "params": list(group["params"])} for group in groups
        ]
        every = [id(p) for group in self.param_groups for p in group["params"]]
        if len(set(every)) < len(every):
            raise ValueError(f"{type(self).__name__}: a parameter is listed more than once")
        self._flats = [_Flat(group["params"], self.slots) for group in self.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to 0."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad.zero_()

    def step(self) -> None:
        """One update of every parameter that has a gradient."""
        for group, flat in zip(self.param_groups, self._flats, strict=True):
            flat.adopt()
            for first, last in flat.stretches():
                flat.steps[first:last] = [flat.steps[first] + 1] * (last - first)
                gradients = [p.grad.array for p in flat.params[first:last] if p.grad is not None]
                piece = slice(flat.cuts[first], flat.cuts[last])
                state = [array[piece] for array in flat.state]
                self.update(group, flat.steps[first], flat.array[piece], gradients, state)
                for p in flat.params[first:last]:
                    p.changed_in_place()

    def update(
        self,
        group: dict[str, Any],
        step: int,
        p: B.Array,
        gradients: list[B.Array],
        state: list[B.Array],
    ) -> None:
        """Change p, a flat array, in place, given the gradients of the parameters it is made of."""
        raise NotImplementedError

    # -- state -------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """PyTorch's form: the state arrays by parameter number, and the groups' settings."""
        state: dict[int, dict[str, Any]] = {}
        groups = []
        for group, flat in zip(self.param_groups, self._flats, strict=True):
            numbers = range(len(state), len(state) + len(flat.params))
            groups.append(
                {**{k: v for k, v in group.items() if k != "params"}, "params": list(numbers)}
            )
            for i, number in enumerate(numbers):
                state[number] = {
                    "step": flat.steps[i],
                    **{
                        name: wrap(flat.cut(array, i).copy())
                        for name, array in zip(self.slots, flat.state, strict=True)
                    },
                }
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and settings of an optimizer of the same parameters.

        Raises ValueError, and changes nothing, when the number or shapes of parameters differ or
        the state is another kind of optimizer's.
        """
        groups = state_dict["param_groups"]
        ours = [[p.shape for p in flat.params] for flat in self._flats]
        if [len(group["params"]) for group in groups] != [len(shapes) for shapes in ours]:
            raise ValueError(
                f"{type(self).__name__}: the saved state has groups of "
                f"{[len(g['params']) for g in groups]} parameters, this optimizer has "
                f"{[len(shapes) for shapes in ours]}"
            )
        found = []
        for group, flat in zip(groups, self._flats, strict=True):
            for i, number in enumerate(group["params"]):
                saved = state_dict["state"].get(number, state_dict["state"].get(str(number)))
                for name in self.slots if saved else ():
                    if name not in saved:
                        raise ValueError(
                            f"{type(self).__name__}: the saved state has no {name}, but "
                            f"{', '.join(saved)}: it is another kind of optimizer's"
                        )
                    if saved[name] is not None and tuple(saved[name].shape) != flat.params[i].shape:
                        raise ValueError(
                            f"{type(self).__name__}: {name} of parameter {number} has shape "
                            f"{tuple(saved[name].shape)}, the parameter {flat.params[i].shape}"
                        )
                found.append((flat, i, saved))
        for flat, i, saved in found:
            values = [saved[name] if saved else None for name in self.slots]
            # PyTorch's SGD saves no step: after the first there is a buffer
            steps = (saved or {}).get("step", any(value is not None for value in values))
            flat.steps[i] = int(steps)
            for value, array in zip(values, flat.state, strict=True):
                flat.cut(array, i)[...] = 0.0 if value is None else as_tensor(value).array
        for group, settings in zip(self.param_groups, groups, strict=True):
            group.update({k: v for k, v in settings.items() if k != "params" and k in group})


class _Flat:
    """A group's parameters as one array, and state arrays of the same layout."""

    def __init__(self, params: list[Tensor], slots: tuple[str, ...]):
        if not params:
            raise ValueError("an optimizer was given a group without parameters")
        for p in params:
            if not isinstance(p, Tensor) or not p.is_leaf:
                raise TypeError("an optimizer takes leaf tensors: pass module.parameters()")
        if len({(p.dtype, B.module_of(p.array)) for p in params}) > 1:
            raise ValueError("the parameters of a group must share one dtype and one device")
        self.params = params
        self.cuts = [0]
        for p in params:
            self.cuts.append(self.cuts[-1] + p.array.size)
        xp = B.module_of(params[0].array)
        self.array = xp.empty(self.cuts[-1], params[0].dtype)
        self.state = [xp.zeros_like(self.array) for _ in slots]
        self.steps = [0] * len(params)
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
        """Runs of neighbouring parameters that have a gradient and the same step count."""
        keys = [(p.grad is not None, n) for p, n in zip(self.params, self.steps, strict=True)]
        lengths = [(key, len(list(run))) for key, run in groupby(keys)]
        ends = [0]
        for _, length in lengths:
            ends.append(ends[-1] + length)
        return [
            pair for pair, ((ready, _), _) in zip(pairwise(ends), lengths, strict=True) if ready
        ]
