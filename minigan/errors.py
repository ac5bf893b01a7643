"""The mistakes a person can mend: programs print a UserError as one line and exit with code 2."""


class UserError(Exception):
    """Something asked for cannot be done; the message says what happened and what to do next."""


class BackendError(UserError):
    """A backend is unknown, not installed, or has no usable device."""


class DataError(UserError):
    """A data set is missing, damaged or not what it claims to be."""


class MisfitError(ValueError, RuntimeError):
    """Shapes or values that a function cannot take: a ValueError, and what PyTorch calls it."""


class NumberTypeError(TypeError, RuntimeError):
    """Numbers of a type that a function cannot take: a TypeError, and what PyTorch calls it."""


def check_tensors(name: str, *values: object) -> None:
    """Refuse what is no tensor: an array, a list, a layer that nobody called."""
    for value in values:
        if not hasattr(value, "grad_fn"):  # nothing is known here of Tensor itself
            raise TypeError(
                f"{name}: {type(value).__name__} is no tensor: tensor(x) is, or layer(x)"
            )
