"""Weights computed from others by a hook before each forward: what the ways to do so share.

A rule has the `name` of the weight and the `parts` that, added to it, name what stands in its
place; `begin(module, weight)` puts those there, and `compute_weight(module)` is the weight of now.
"""

from typing import Any

from minigan.autograd.tape import no_grad
from minigan.nn.module import Parameter


def attach(module: Any, rule: Any, what: str) -> Any:
    """Let the rule compute the module's parameter of its name; returns the module."""
    if any(
        type(h.hook) is type(rule) and h.hook.name == rule.name for h in module._forward_pre_hooks
    ):
        raise RuntimeError(f"{what}: {type(module).__name__}.{rule.name} has it already")
    weight = module._parameters.get(rule.name)
    if weight is None:
        raise ValueError(f"{what}: {type(module).__name__} has no parameter {rule.name!r}")
    delattr(module, rule.name)
    rule.begin(module, weight)
    module.register_forward_pre_hook(rule)
    return module


def detach(module: Any, kind: Any, name: str, what: str) -> Any:
    """Make the weight a plain parameter again, of its value now; returns the module."""
    for handle in module._forward_pre_hooks:
        if isinstance(handle.hook, kind) and handle.hook.name == name:
            with no_grad():
                weight = handle.hook.compute_weight(module)
            for part in ("", *handle.hook.parts):
                delattr(module, name + part)
            module.register_parameter(name, Parameter(weight))
            handle.remove()
            return module
    raise ValueError(f"{what}: {type(module).__name__}.{name} has none that could be removed")
