"""Update rules and learning-rate schedules, under PyTorch's names."""

from minigan.torch.optim import lr_scheduler, swa_utils
from minigan.torch.optim.adaptive import Adadelta, Adagrad, Adamax
from minigan.torch.optim.optimizer import Optimizer
from minigan.torch.optim.rules import SGD, Adam, AdamW, RMSprop

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Optimizer", "RMSprop", "lr_scheduler",
    "swa_utils",
]  # fmt: skip
