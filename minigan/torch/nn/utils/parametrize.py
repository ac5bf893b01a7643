"""Weights computed at each use by a module of one's own, on the mechanism of minigan.gan."""

from typing import Any

from minigan.autograd.tape import no_grad
from minigan.gan import spectral


def register_parametrization(
    module: Any, tensor_name: str, parametrization: Any, *, unsafe: bool = False
) -> Any:
    """Let module.<tensor_name> be parametrization(original) at each use; returns the module.

    The original is right_inverse(weight) where the parametrization defines that, else the weight.
    Raises ValueError when the weight is no parameter, or its shape or dtype changes; unsafe leaves
    that check out. A second parametrization of one weight is refused.
    """
    if is_parametrized(module, tensor_name):
        cure = "put both functions into one Module"
        raise NotImplementedError(f"register_parametrization: {tensor_name!r} has one; {cure}")
    weight = module._parameters.get(tensor_name)
    if weight is None:
        what = f"{type(module).__name__} has no parameter {tensor_name!r}"
        raise ValueError(f"register_parametrization: {what}")
    with no_grad():
        original = weight
        if hasattr(parametrization, "right_inverse"):
            original = parametrization.right_inverse(weight)
        if not hasattr(original, "array") or original.dtype != weight.dtype:
            cure = "right_inverse answers one tensor of the weight's dtype"
            raise NotImplementedError(f"register_parametrization: {cure}, not {original!r}")
        if not unsafe:
            found = parametrization(original)
            if (found.shape, found.dtype) != (weight.shape, weight.dtype):
                what = f"makes {found.shape} {found.dtype} of {weight.shape} {weight.dtype}"
                raise ValueError(f"register_parametrization: {parametrization!r} {what}")
        if original is not weight:
            weight.array = original.array
            weight.changed_in_place()
    return spectral.register_parametrization(module, tensor_name, parametrization)


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether a weight of the module, or any, is computed from others."""
    if "parametrizations" not in vars(module):  # which goes with the last of them
        return False
    return tensor_name is None or tensor_name in module.parametrizations._modules


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Any:
    """Make the weight a plain parameter again: of its value now, or of the original's."""
    if not is_parametrized(module, tensor_name):
        what = f"{type(module).__name__}.{tensor_name} is not parametrized"
        raise ValueError(f"remove_parametrizations: {what}")
    original = getattr(module.parametrizations, tensor_name).original
    if leave_parametrized:
        with no_grad():
            original.array = getattr(module, tensor_name).array
            original.changed_in_place()
    delattr(module.parametrizations, tensor_name)
    spectral.set_class(module)
    if not list(module.parametrizations.children()):
        del module.parametrizations
    module.register_parameter(tensor_name, original)
    return module
