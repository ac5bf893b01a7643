"""Update rules and learning-rate schedules, under PyTorch's names."""

import sys as _sys

from minigan.torch.optim import adaptive, lr_scheduler, rules, swa_utils
from minigan.torch.optim.adaptive import Adadelta, Adagrad, Adamax
from minigan.torch.optim.optimizer import Optimizer
from minigan.torch.optim.rules import SGD, Adam, AdamW, RMSprop

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Optimizer", "RMSprop", "lr_scheduler",
    "swa_utils",
]  # fmt: skip

for _room, _names in {adaptive: "adadelta adagrad adamax", rules: "adam adamw rmsprop sgd"}.items():
    for _name in _names.split():  # PyTorch has a module for each: torch.optim.adam.Adam
        globals()[_name] = _sys.modules[f"{__name__}.{_name}"] = _room
