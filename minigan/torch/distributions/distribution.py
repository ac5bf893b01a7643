"""What all distributions have in common."""

from typing import Any

from minigan.autograd.tape import no_grad
from minigan.autograd.tensor import Tensor
from minigan.ops.elementwise import exp
from minigan.torch.ops.creation import as_tensor
from minigan.torch.ops.repeat import expand
from minigan.torch.ops.size import Size


def parameters(*values: Any) -> list[Tensor]:
    """Numbers and tensors as tensors of one shape, float32 unless one is another float."""
    given = [value for value in values if isinstance(value, Tensor) and value.dtype.kind == "f"]
    dtype = given[0].dtype if given else "float32"
    tensors = [as_tensor(value, dtype=dtype) for value in values]
    shape = sum(tensor.array for tensor in tensors).shape
    return [tensor if tensor.shape == shape else expand(tensor, shape) for tensor in tensors]


def check(name: str, validate_args: Any, fine: Any, rule: str) -> None:
    """ValueError unless all of `fine`, an array of bools, is true; not with validate_args=False."""
    if validate_args is not False and not bool(fine.all()):
        raise ValueError(f"{name}: {rule}")


class Distribution:
    """A distribution for each element of its parameters, which have the batch_shape; a draw of some
    sample_shape has the shape sample_shape + batch_shape + event_shape.
    """

    has_rsample = False

    def __init__(self, batch_shape: Any = (), event_shape: Any = (), validate_args: Any = None):
        self.batch_shape, self.event_shape = Size(batch_shape), Size(event_shape)
        self.validates = validate_args

    def shape_of(self, sample_shape: Any) -> tuple[int, ...]:
        """The shape of a draw."""
        return (*sample_shape, *self.batch_shape, *self.event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """A draw through which gradients reach the parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no rsample; sample() has no gradient")

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """A draw without history."""
        with no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or probability, at the value."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob")

    def prob(self, value: Tensor) -> Tensor:
        """The density, or probability, at the value."""
        return exp(self.log_prob(value))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch {tuple(self.batch_shape)})"


class Independent(Distribution):
    """The last axes of a distribution's batch taken for one event: their log_prob is summed."""

    def __init__(self, base_distribution: Distribution, reinterpreted_batch_ndims: int):
        self.base_dist, self.count = base_distribution, reinterpreted_batch_ndims
        batch = base_distribution.batch_shape
        cut = len(batch) - self.count
        if cut < 0:
            raise ValueError(f"Independent: {self.count} axes of a batch of shape {tuple(batch)}")
        super().__init__(batch[:cut], (*batch[cut:], *base_distribution.event_shape))

    def summed(self, x: Tensor) -> Tensor:
        """x summed over the axes that are one event."""
        return x.sum(tuple(range(x.ndim - self.count, x.ndim))) if self.count else x

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        return self.summed(self.base_dist.log_prob(value))

    def entropy(self) -> Tensor:
        """The entropy, in nats."""
        return self.summed(self.base_dist.entropy())  # type: ignore[attr-defined]

    mean = property(lambda self: self.base_dist.mean)
    variance = property(lambda self: self.base_dist.variance)
    stddev = property(lambda self: self.base_dist.stddev)
