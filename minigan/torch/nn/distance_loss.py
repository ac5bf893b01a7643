"""Losses that compare distributions, directions and distances: each a function, then the layers.

Inputs are floats of one dtype whose shapes broadcast; what does not fit raises a MisfitError.
Reductions, and PyTorch's older words for them, are those of the losses in loss.
"""

import warnings

from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError
from minigan.nn.module import Module
from minigan.ops.elementwise import exp, log, relu
from minigan.torch.nn.loss import difference, loss_layer, two_of_one_type, weighted
from minigan.torch.ops.elementwise import clamp, minimum, where
from minigan.torch.ops.loss import reduced, reduction_of, single
from minigan.torch.ops.rearrange import broadcast_tensors
from minigan.torch.ops.refused import check_floats

# -- functions -------------------------------------------------------------------------------------


@single
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """t · (ln t - input), 0 where t is 0, for log-probabilities and targets t: KL(target ‖ input).

    log_target: the target is ln t. reduction="batchmean" divides the sum by the batch, as KL has
    it; "mean", PyTorch's default, by all elements.
    """
    name = "KLDivLoss"
    over_batch = reduction == "batchmean" and input.ndim  # also of the older words' results
    reduction = reduction_of(name, reduction, size_average, reduce)
    two_of_one_type(name, input, target)
    if reduction == "mean":
        warnings.warn(
            f'{name}: "mean" divides by all elements; the divergence itself is "batchmean"',
            stacklevel=4,
        )
    if log_target:
        values = exp(target) * (target - input)
    else:
        some = target > 0.0
        entropy = where(some, target * log(where(some, target, 1.0)), target * 0.0)
        values = entropy - target * input
    values = reduced(values, "sum" if reduction == "batchmean" else reduction)
    return values / input.shape[0] if over_batch else values


@single
def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """d²/2 where d = |x - t| is below delta, delta · (d - delta/2) elsewhere; times weight.

    Huber, Annals of Mathematical Statistics 35, 1964.
    """
    if not delta > 0.0:
        raise MisfitError(f"HuberLoss: delta={delta} must be above 0")
    d = difference("HuberLoss", input, target).abs()
    values = where(d < delta, d.square() * 0.5, (d - 0.5 * delta) * delta)
    if weight is not None:  # and the mean stays one over the elements, unlike mse_loss's
        values = weighted("HuberLoss", values, weight, input, "none")
    return reduced(values, reduction_of("HuberLoss", reduction))


@single
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """x where the target is 1, max(0, margin - x) where it is -1."""
    reduction = reduction_of("HingeEmbeddingLoss", reduction, size_average, reduce)
    check_floats("HingeEmbeddingLoss", input)
    alike, unlike = where(target != -1, input, 0.0), where(target != 1, relu(margin - input), 0.0)
    return reduced(alike + unlike, reduction)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Σ x₁·x₂ / (max(‖x₁‖, eps) · max(‖x₂‖, eps)) along dim."""
    two_of_one_type("cosine_similarity", x1, x2)
    x1, x2 = broadcast_tensors(x1, x2)
    lengths = [x.norm(2, dim, keepdim=True) for x in (x1, x2)]
    # A short vector is held at eps, and pulls as if it were not: as in PyTorch.
    first, second = (n + (clamp(n.detach(), min=eps) - n.detach()) for n in lengths)
    return (x1 / first * (x2 / second)).sum(dim)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """‖x₁ - x₂ + eps‖ₚ along the last axis."""
    two_of_one_type("pairwise_distance", x1, x2)
    return (x1 - x2 + eps).norm(p, -1, keepdim)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, -y·(x₁ - x₂) + margin), y being 1 where x₁ ranks higher and -1 where x₂ does."""
    name = "MarginRankingLoss"
    reduction = reduction_of(name, reduction, size_average, reduce)
    if "b" in (input1.dtype.kind, input2.dtype.kind, target.dtype.kind):
        raise MisfitError(f"{name}: booleans are no ranks: give numbers, as by x.float()")
    if not input1.ndim == input2.ndim == target.ndim:
        shapes = f"{input1.shape}, {input2.shape} and {target.shape}"
        raise MisfitError(f"{name}: {shapes} must have equally many axes")
    return reduced(relu((input2 - input1) * target + margin), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(a, p) - d(a, n) + margin) with d = pairwise_distance of rows: (N, D) → (N).

    swap: the nearer of d(a, n) and d(p, n). Balntas et al., BMVC 2016.
    """
    name = "TripletMarginLoss"
    reduction = reduction_of(name, reduction, size_average, reduce)
    if not margin > 0.0:
        raise ValueError(f"{name}: margin={margin} must be above 0")
    if not anchor.ndim == positive.ndim == negative.ndim:
        shapes = f"{anchor.shape}, {positive.shape} and {negative.shape}"
        raise MisfitError(f"{name}: {shapes} must have equally many axes")
    near, far = (pairwise_distance(anchor, x, p, eps) for x in (positive, negative))
    if swap:
        far = minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduced(relu(near - far + margin), reduction)


# -- layers ----------------------------------------------------------------------------------------

KLDivLoss = loss_layer("KLDivLoss", kl_div)
HingeEmbeddingLoss = loss_layer("HingeEmbeddingLoss", hinge_embedding_loss)
HuberLoss = loss_layer("HuberLoss", huber_loss, without="weight")
MarginRankingLoss = loss_layer("MarginRankingLoss", margin_ranking_loss)
TripletMarginLoss = loss_layer("TripletMarginLoss", triplet_margin_loss)


class CosineSimilarity(Module):
    """cosine_similarity along dim"""

    def __init__(self, dim: int = 1, eps: float = 1e-8):
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """pairwise_distance, p-norm"""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False):
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
