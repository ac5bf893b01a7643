"""Weights computed from others by a hook before each forward: what the ways to do so share.

A rule has the `name` of the weight, `begin(module)`, `end(module)`, and is called as a hook.
"""

from typing import Any


def attach(module: Any, rule: Any, what: str) -> Any:
    """Let the rule compute the module's parameter of its name; returns the module."""
    if any(
        type(h.hook) is type(rule) and h.hook.name == rule.name for h in module._forward_pre_hooks
    ):
        raise RuntimeError(f"{what}: {type(module).__name__}.{rule.name} has it already")
    if module._parameters.get(rule.name) is None:
        raise ValueError(f"{what}: {type(module).__name__} has no parameter {rule.name!r}")
    rule.begin(module)
    module.register_forward_pre_hook(rule)
    return module


def detach(module: Any, kind: Any, name: str, what: str) -> Any:
    """Take back what `attach` did; returns the module."""
    for handle in module._forward_pre_hooks:
        if isinstance(handle.hook, kind) and handle.hook.name == name:
            handle.hook.end(module)
            handle.remove()
            return module
    raise ValueError(f"{what}: {type(module).__name__}.{name} has none that could be removed")
