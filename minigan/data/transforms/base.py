"""What a transform is, how several make one, and how a list of them runs on a batch."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor
from minigan.data import drawing, pixels
from minigan.data.collating import collate
from minigan.data.refusals import Unfit, WrongType


class Transform:
    """A map of images. Subclasses define `apply`, `picture`, and `tensor` where it differs."""

    def apply(self, batch: np.ndarray) -> np.ndarray:
        """The images (N, C, H, W) of a loader's batch, each on its own; may write into `batch`.

        uint8 stands for pictures, and comes out as `picture` would make it; floats for tensors.
        """
        raise NotImplementedError

    def picture(self, image: Any) -> Any:
        """The same for a PIL image of any mode."""
        return pixels.to_pil(self.apply(pixels.from_pil(image)[None])[0])

    def tensor(self, array: np.ndarray) -> np.ndarray:
        """The same for a tensor's array (…, C, H, W), which belongs to nobody else; draws once."""
        batch = array.reshape(1, -1, *array.shape[-2:])
        changed = self.apply(batch)
        return changed.reshape(*array.shape[:-2], *changed.shape[-2:])

    def recorded(self, tensor: Tensor) -> Tensor:
        """The same for a tensor whose gradient is asked for."""
        raise Unfit(
            f"{type(self).__name__} would lose the gradient of this tensor: detach() it, or write "
            "the step with operations on tensors"
        )

    def one(self, image: Any) -> Any:
        """For one image of a list: PIL, or an array (C, H, W) that may be overwritten."""
        return self.picture(image) if pixels.is_pil(image) else self.apply(image[None])[0]

    def __call__(self, image: Any) -> Any:
        if pixels.is_pil(image):
            return self.picture(image)
        if isinstance(image, Tensor):
            if image.requires_grad and mode.recording:
                return self.recorded(image)
            self._check_rank(image.ndim >= 2, image.shape)
            return pixels.to_tensor(self.tensor(pixels.to_array(image).copy()))
        if isinstance(image, np.ndarray):
            self._check_rank(image.ndim in (3, 4), image.shape)
            if image.shape[-1] <= 4 < image.shape[-3]:
                raise Unfit(
                    f"{type(self).__name__}: an array of shape {image.shape} looks like (H, W, C), "
                    "but arrays are (C, H, W) here: put ToPILImage() or ToTensor() before it"
                )
            batch = image.reshape(-1, *image.shape[-3:]).copy()
            changed = self.apply(batch)
            return changed if image.ndim == 4 else changed[0]
        raise WrongType(
            f"{type(self).__name__} takes a PIL image or a tensor, not {type(image).__name__}"
        )

    def __repr__(self) -> str:
        """Normalize(mean=0.5, std=0.5): by what the transform was made of and has kept."""
        names = [n for n in inspect.signature(type(self)).parameters if hasattr(self, n)]
        values = {name: getattr(self, name) for name in names}
        shown = (f"{k}={getattr(v, 'value', v)}" for k, v in values.items())
        return f"{type(self).__name__}({', '.join(shown)})"

    def _check_rank(self, right: bool, shape: tuple[int, ...]) -> None:
        if not right:
            raise Unfit(
                f"{type(self).__name__} takes images (C, H, W) or (N, C, H, W), not the shape "
                f"{shape}"
            )


class Compose:
    """The transforms one after the other. Any callable of one image may be among them."""

    def __init__(self, transforms: Sequence[Callable]):
        self.transforms = list(transforms)

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *(f"    {each}" for each in self.transforms), ")"])


class Lambda:
    """Any function of one image: a PIL image before ToTensor, a Tensor (C, H, W) after it."""

    def __init__(self, lambd: Callable):
        if not callable(lambd):
            raise WrongType(f"Lambda takes a function, not {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, image: Any) -> Any:
        return self.lambd(image)


class RandomApply:
    """All of the transforms with probability p, else none of them."""

    def __init__(self, transforms: Sequence[Callable], p: float = 0.5):
        self.transforms, self.p = Compose(transforms), probability("RandomApply", p)

    def __call__(self, image: Any) -> Any:
        return self.transforms(image) if drawing.chance(self.p) else image


class RandomChoice:
    """One of the transforms, drawn in proportion to the weights p, by default all alike."""

    def __init__(self, transforms: Sequence[Callable], p: Sequence[float] | None = None):
        self.transforms, self.p = list(transforms), p
        if not self.transforms:
            raise Unfit("RandomChoice: give it at least one transform")
        if p is not None and (len(p) != len(self.transforms) or min(p) < 0 or sum(p) <= 0):
            raise Unfit(
                f"RandomChoice: p {p} has to give each of the {len(self.transforms)} transforms a "
                "weight of at least 0"
            )

    def __call__(self, image: Any) -> Any:
        ends = np.cumsum([1.0] * len(self.transforms) if self.p is None else self.p)
        place = int(np.searchsorted(ends, drawing.uniform(0.0, float(ends[-1]))[0], side="right"))
        return self.transforms[min(place, len(ends) - 1)](image)


class RandomOrder:
    """All of the transforms, in an order drawn anew for each image."""

    def __init__(self, transforms: Sequence[Callable]):
        self.transforms = list(transforms)

    def __call__(self, image: Any) -> Any:
        for place in drawing.permutation(len(self.transforms)).tolist():
            image = self.transforms[place](image)
        return image


# Running a transform on a batch ------------------------------------------------------------------


def steps(transform: Callable | None) -> list[Callable]:
    """The plain list of transforms in a Compose, however nested."""
    if isinstance(transform, Compose):
        return [step for inner in transform.transforms for step in steps(inner)]
    return [] if transform is None else [transform]


def is_batched(transform: Callable | None) -> bool:
    """Whether `run` calls nothing but this package's own transforms, on host arrays."""
    return all(isinstance(step, Transform) for step in steps(transform))


def run(transform: Callable | None, images: Any) -> Any:
    """A batch through its transforms, as a loader collates it: mostly float32 (n, C, H, W).

    `images` are bytes (n, C, H, W), given away, or PIL images of any sizes. From the first callable
    on that knows only single images, the images go one by one, as they would be items of the data
    set. What is a picture still at the end becomes floats in [0, 1]. Raises Unfit when they end
    with different shapes.
    """
    from minigan.data.transforms.kinds import ToTensor

    todo, floats = steps(transform), False
    for place, step in enumerate(todo):
        if not isinstance(step, Transform):
            rest = Compose(todo[place:])
            return collate([rest(_single(image, floats)) for image in images])
        floats = floats or isinstance(step, ToTensor)
        if isinstance(images, np.ndarray):
            images = step.apply(images)
        else:
            images = [step.one(image) for image in images]
    if not floats:
        images = run(ToTensor(), images) if len(images) else images
    if isinstance(images, list):
        if len(shapes := {array.shape for array in images}) > 1:
            raise Unfit(
                f"images of different shapes {sorted(shapes)[:4]} do not form a "
                "batch: add Resize(size) and CenterCrop(size) to their transform"
            )
        images = collate(images)
    return images


def _single(image: Any, floats: bool) -> Any:
    """What code for one image expects: PIL before ToTensor, then a Tensor."""
    if pixels.is_pil(image):
        return image
    return pixels.to_tensor(image) if floats else pixels.to_pil(image)


# Arguments ---------------------------------------------------------------------------------------


def probability(what: str, p: float) -> float:
    """p, which has to be within [0, 1]."""
    if not 0.0 <= p <= 1.0:
        raise Unfit(f"{what}: p must be within [0, 1], not {p}")
    return float(p)


def pair(what: str, value: Any, least: int = 1) -> tuple[int, int]:
    """(height, width) from one whole number, or one or two in a list or tuple."""
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(values) not in (1, 2) or not all(hasattr(number, "__index__") for number in values):
        raise (Unfit if isinstance(value, (list, tuple)) else WrongType)(
            f"{what} is {value!r}; it must be a whole number or (height, width)"
        )
    if min(values) < least:
        raise Unfit(f"{what} {value} must be at least {least} pixel")
    return int(values[0]), int(values[-1])


def on_host(batch: np.ndarray, change: Callable[[Any], Any]) -> np.ndarray:
    """Bytes (N, C, H, W) as pictures through `change`, and back."""
    return np.stack([pixels.from_pil(change(pixels.to_pil(image))) for image in batch])
