"""From pictures to what a network reads: each transform takes one image or a batch.

    transform = Compose([Resize(64), ToTensor(), Normalize(0.5, 0.5)])   # bytes → [-1, 1]

Called by a person, a transform takes a PIL image or a Tensor (…, C, H, W) and does to it what
torchvision's of the same name does; a random one draws once. It also takes an array (C, H, W) or
(N, C, H, W). A DataLoader instead runs the list once on a whole batch of host arrays, in which each
image has its own draw.

Reading order: base, kinds, normalize, sizes, places, crops, turns, colours.
"""

from minigan.data.drawing import drawing_from, generator
from minigan.data.pixels import from_pil, is_pil, to_pil
from minigan.data.transforms.base import (
    Compose,
    Lambda,
    RandomApply,
    RandomChoice,
    RandomOrder,
    Transform,
    is_batched,
    run,
    steps,
)
from minigan.data.transforms.colours import ColorJitter, GaussianBlur, Grayscale, RandomGrayscale
from minigan.data.transforms.crops import RandomCrop, RandomResizedCrop
from minigan.data.transforms.kinds import ConvertImageDtype, PILToTensor, ToPILImage, ToTensor
from minigan.data.transforms.normalize import Normalize
from minigan.data.transforms.places import (
    CenterCrop,
    Pad,
    RandomHorizontalFlip,
    RandomVerticalFlip,
)
from minigan.data.transforms.sizes import InterpolationMode, Resize
from minigan.data.transforms.turns import RandomAffine, RandomRotation

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "GaussianBlur", "Grayscale",
    "InterpolationMode", "Lambda", "Normalize", "PILToTensor", "Pad", "RandomAffine",
    "RandomApply", "RandomChoice", "RandomCrop", "RandomGrayscale", "RandomHorizontalFlip",
    "RandomOrder", "RandomResizedCrop", "RandomRotation", "RandomVerticalFlip", "Resize",
    "ToPILImage", "ToTensor", "Transform", "drawing_from", "from_pil", "generator", "is_batched",
    "is_pil", "run", "steps", "to_pil",
]  # fmt: skip
