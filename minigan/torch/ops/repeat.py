"""Repeating: expand, without copies; repeat, tile, repeat_interleave; and roll, round the end."""

import operator
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError
from minigan.ops.shape import broadcast_to, flatten, ints, reshape_to, sum_to
from minigan.torch.ops.shape import Dims, along, axis_of, numpy_names
from minigan.torch.ops.size import whole_numbers


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The shape that tensors of these shapes broadcast to."""
    try:
        return B.xp.broadcast_shapes(*map(tuple, shapes))
    except ValueError as error:
        raise MisfitError(f"broadcast_shapes: {error}") from None


@numpy_names
def expand(x: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """Repeated to the given sizes without copying; -1 keeps a size."""
    target = ints(sizes if size is None else (size,))
    lead = len(target) - x.ndim
    former = (1,) * lead + x.shape
    kept = tuple(m if n == -1 else n for m, n in zip(former, target, strict=False))
    if lead < 0 or min(target[:lead], default=0) < 0:
        raise MisfitError(
            f"expand: {tuple(target)} does not give a size for each new axis and for those of "
            f"{x.shape}, where -1 keeps one"
        )
    return broadcast_to(x, kept)


@numpy_names
def repeat(x: Tensor, *sizes: Any, repeats: Any = None) -> Tensor:
    """x tiled: `repeat(2, 3)` stacks two rows of three copies."""
    given = sizes if repeats is None else (repeats,)
    counts = ints(given)
    if not given or len(counts) < x.ndim or min(counts, default=0) < 0:
        raise MisfitError(
            f"repeat{counts}: give a number from 0 for each new axis and for those of {x.shape}"
        )
    return _tiled(x, tuple(map(operator.index, counts)))


@op(least=None, x=lambda g, counts, x_shape: _summed_tiles(g, counts, x_shape))
def _tiled(x: Any, counts: tuple[int, ...]) -> Any:
    return B.xp.tile(x, counts)


def _summed_tiles(g: Any, counts: tuple[int, ...], size: tuple[int, ...]) -> Any:
    """The transpose of tiling: the tiles of g added up."""
    sizes = (1,) * (len(counts) - len(size)) + size
    apart = tuple(n for pair in zip(counts, sizes, strict=True) for n in pair)
    folded = tuple(n for one in sizes for n in (1, one))
    return reshape_to(sum_to(reshape_to(g, apart), folded), size)


@numpy_names
def tile(x: Tensor, *sizes: Any, dims: Any = None) -> Tensor:
    """repeat, along the last axes where there are fewer numbers than axes."""
    counts = ints(sizes if dims is None else (dims,))
    return repeat(x, (1,) * (x.ndim - len(counts)) + counts)


@numpy_names
def repeat_interleave(
    x: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each slice along dim so often in a row: 1, 2 → 1, 1, 2, 2; by default x flattened.

    repeats: a number, or a tensor of one for each slice; left out, x gives it for 0, 1, 2, …
    output_size, the sum, is not needed.
    """
    if repeats is None:
        x, repeats = wrap(B.xp.arange(len(x))), x
    if dim is None:
        x, dim = flatten(x), 0
    dim = axis_of(dim, x.ndim)
    counts = B.to_host(repeats.array).reshape(-1) if isinstance(repeats, Tensor) else [repeats]
    counts = [operator.index(n) for n in (counts if len(counts) > 1 else [*counts] * x.shape[dim])]
    negative = isinstance(repeats, int) and repeats < 0
    if negative or len(counts) != x.shape[dim] or min(counts, default=0) < 0:
        raise MisfitError(
            f"repeat_interleave: repeats is a number from 0, or one for each of the "
            f"{x.shape[dim]} slices of {x.shape} along axis {dim}, not {repeats}"
        )
    if output_size not in (None, sum(counts)):
        raise MisfitError(f"repeat_interleave: output_size {output_size} is not {sum(counts)}")
    if len(set(counts)) != 1:
        return along(x, dim, [i for i, n in enumerate(counts) for _ in range(n)])
    return _interleaved(x, counts[0], dim)


@op(least=None, x=lambda g, repeats, dim, x_shape: _summed_runs(g, repeats, dim, x_shape))
def _interleaved(x: Any, repeats: int, dim: int) -> Any:
    return B.xp.repeat(x, repeats, dim)


def _summed_runs(g: Any, repeats: int, dim: int, size: tuple[int, ...]) -> Any:
    """The transpose of interleaving: each run of g added up."""
    apart = (*size[: dim + 1], repeats, *size[dim + 1 :])
    folded = (*size[: dim + 1], 1, *size[dim + 1 :])
    return reshape_to(sum_to(reshape_to(g, apart), folded), size)


@numpy_names
def roll(x: Tensor, shifts: Dims, dims: Dims | None = None) -> Tensor:
    """The elements moved on by so many places, those beyond the end to the beginning."""
    if dims is None:
        return reshape_to(roll(flatten(x), shifts, 0), x.shape)
    steps, axes = whole_numbers(shifts), whole_numbers(dims)
    if len(steps) != len(axes) or not axes:
        raise MisfitError(f"roll: {shifts} does not give a shift for each of the axes {dims}")
    for shift, dim in zip(steps, axes, strict=True):
        size = x.shape[axis_of(dim, x.ndim)]
        x = along(x, dim, wrap((B.xp.arange(size) - shift) % max(size, 1)))
    return x
