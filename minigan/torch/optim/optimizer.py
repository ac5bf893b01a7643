"""Optimizer's further words, and the options of PyTorch's rules that are not here."""

import copy
import functools
import inspect
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minigan import optim as core
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import check_tensors
from minigan.torch.autograd.grad_mode import enable_grad
from minigan.torch.extend import extends
from minigan.torch.nn.moving import forget_gradients
from minigan.torch.ops.creation import as_tensor

required = object()  # a default that older programs import for their own update rules

_init, _step = core.Optimizer.__init__, core.Optimizer.step
_together, _load_state_dict = core.Optimizer._together, core.Optimizer.load_state_dict

ABSENT = {  # PyTorch's options: the values that change nothing here, and what to do about others
    "foreach": ((None, False, True), ""),  # how PyTorch walks through parameters
    "fused": ((None, False, True), ""),
    "capturable": ((False, True), ""),  # of CUDA graphs
    "maximize": ((False,), "minimise the negative: (-loss).backward()"),
    "amsgrad": ((False,), "plain Adam is what GANs use"),
    "differentiable": ((False,), "a step is not recorded; write the update with tensors"),
    "decoupled_weight_decay": ((False,), "use AdamW"),
}


def _check_harmless(rule: Any, option: str, value: Any) -> None:
    harmless, cure = ABSENT[option]
    if value not in harmless:
        raise TypeError(f"{type(rule).__name__}: {option}={value!r} is not here: {cure}")


def options_checked(init: Callable[..., None]) -> Callable[..., None]:
    """A rule's __init__ that takes PyTorch's other options, and refuses what would change it."""
    known = inspect.signature(init).parameters

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **options: Any) -> None:
        for name in options.keys() & ABSENT.keys() - known.keys():
            _check_harmless(self, name, options.pop(name))
        init(self, *args, **options)

    return checked


def _several(params: Any) -> list[Any]:
    """A group's parameters, of which one may stand alone."""
    alone = isinstance(params, Tensor) or not hasattr(params, "__iter__")
    return [params] if alone else list(params)


def _group(group: dict[str, Any]) -> dict[str, Any]:
    """A group with its parameters as a list; of named ones, the names are kept beside them."""
    params = _several(group["params"])
    if not params or not all(isinstance(p, tuple) and len(p) == 2 for p in params):
        return {**group, "params": params}
    names, params = map(list, zip(*params, strict=True))
    return {**group, "params": params, "param_names": names}


def _taken(name: str, value: Any, p: Any) -> Any:
    """A copy of what was saved for p; tensors take its dtype and place, but for counted steps."""
    value = copy.deepcopy(value)
    is_like = isinstance(value, Tensor) and isinstance(p, Tensor) and name != "step"
    return value.to(p) if is_like else value


@extends(core.Optimizer)
class Optimizer(core.Optimizer):
    """The base of update rules; minigan/optim.py tells how they work.

    A rule of one's own may also be written as in PyTorch: it hands its defaults on as a dict,
    defines step(), and keeps what it needs in `state`, which has a dict for each parameter.
    """

    def __init__(self, params: Iterable[Any], defaults: Any = None, **options: Any):
        if isinstance(params, Tensor):
            raise TypeError(f"{type(self).__name__}: params is a list, also of one tensor: [w]")
        defaults, given = {**(defaults or {}), **options}, _several(params)
        groups = given if given and isinstance(given[0], dict) else [{"params": given}]
        groups = list(map(_group, groups))
        once = [{**g, "params": list({id(p): p for p in g["params"]}.values())} for g in groups]
        for group in once:
            if lacks := [k for k, v in {**defaults, **group}.items() if v is required]:
                raise ValueError(f"{type(self).__name__}: a group has no {lacks[0]}, and must")
        _init(self, once, **defaults)
        self.defaults, self.state = defaults, defaultdict(dict)
        for group, own in zip(groups, self.param_groups, strict=True):
            if len(group["params"]) > len(own["params"]):
                what = "a parameter is listed twice in a group, and is updated twice at each step"
                warnings.warn(f"{type(self).__name__}: {what}: list it once", stacklevel=4)
            own["params"] = group["params"]

    def _together(self, params: list[Tensor]) -> list[list[Tensor]]:
        """One by one also where memory is shared, as by tied weights, and where kinds differ.

        The state of a module that was converted or moved since follows it.
        """
        for p in params:
            if not self.state[p]:  # which was only looked at
                del self.state[p]
        together = _together(self, params)
        for p in params:
            for slot in self.slots:
                held, state = self.state[p][slot].array, self.state[p]
                if held.dtype != p.array.dtype or type(held) is not type(p.array):
                    state[slot] = wrap(core.like(p.array, held))
        kinds = {(p.array.dtype, type(p.array)) for p in params}
        memories = {id(p.array if p.array.base is None else p.array.base) for p in params}
        alike = len(kinds) == 1 and len(memories) == len(params)
        return together if alike else [[p] for p in params]

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient.

        closure: called before, with gradients recorded, to compute the loss, which is returned.
        """
        self._has_stepped, loss = True, None  # the first is what a schedule asks about
        if closure is not None:
            if not callable(closure):
                what = f"takes a function, or nothing, not a {type(closure).__name__}"
                raise TypeError(f"{type(self).__name__}.step {what}: loss.backward() comes before")
            with enable_grad():
                loss = closure()
        _step(self)
        return loss

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Parameters that come later, as {"params": …} with options of their own."""
        if not isinstance(param_group, dict):
            kind = type(param_group).__name__
            raise TypeError(f"add_param_group: {kind} is no dict: write {{'params': …}}")
        usual = {k: v for k, v in self.defaults.items() if k not in param_group}
        group = _group(param_group)
        check_tensors("add_param_group", *group["params"])
        if any(p.grad_fn for p in group["params"]):
            raise ValueError("add_param_group: an optimizer takes leaf tensors")
        if set(group["params"]) & set(self._params()):
            raise ValueError(f"{type(self).__name__}: a parameter is in more than one group")
        self.param_groups.append({**usual, **group})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to 0."""
        forget_gradients(self._params(), set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """PyTorch's form, in copies: the state by parameter number, and the groups' settings."""
        numbers: dict[Any, Any] = {p: number for number, p in enumerate(self._params())}
        state = {numbers.get(p, p): copy.deepcopy(own) for p, own in self.state.items()}
        groups = [{**g, "params": [numbers[p] for p in g["params"]]} for g in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and settings of an optimizer of the same parameters, PyTorch's too.

        Raises ValueError, and changes nothing, when the number or shapes of parameters differ or
        the state is another kind of optimizer's; TypeError for options that are not here.
        """
        if not isinstance(state_dict, Mapping) or "param_groups" not in state_dict:
            what = "is no optimizer's state, which has 'state' and 'param_groups'"
            raise ValueError(f"{type(self).__name__}: this {type(state_dict).__name__} {what}")
        groups = state_dict["param_groups"]
        for group, settings in zip(self.param_groups, groups, strict=False):
            for option in settings.keys() & {"amsgrad", "maximize"} - group.keys():
                _check_harmless(self, option, settings[option])
        states = {
            int(number) if str(number).isdigit() else number: {
                name: as_tensor(value) if name in self.slots and value is not None else value
                for name, value in saved.items()
            }
            for number, saved in state_dict["state"].items()
        }
        _load_state_dict(self, {**state_dict, "state": states})
        state: dict[Any, dict[str, Any]] = defaultdict(dict)
        numbers = [number for group in groups for number in group["params"]]
        owners: dict[Any, Any] = dict(zip(numbers, self._params(), strict=True))
        for number, saved in states.items():  # the core took the slots, and settings it knows
            p = owners.get(number, number)
            rest = {k: _taken(k, v, p) for k, v in saved.items() if k not in self.slots}
            state[p] = {**rest, **(self.state.get(p, {}) if self.slots else {})}
        for group, settings in zip(self.param_groups, groups, strict=True):
            group.update({k: v for k, v in settings.items() if k not in group})
        self.__setstate__({"state": state})

    def __setstate__(self, state: dict[str, Any]) -> None:
        """What rules of one's own extend, to fill in the settings that older files have not."""
        vars(self).update(state)

    def __repr__(self) -> str:
        lines = [type(self).__name__ + " ("]
        for number, group in enumerate(self.param_groups):
            shown = {k: v for k, v in sorted(group.items()) if k != "params"}
            lines += [f"Parameter Group {number}", *(f"    {k}: {v}" for k, v in shown.items())]
        return "\n".join([*lines, ")"])
