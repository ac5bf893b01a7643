"""Update rules and learning-rate schedules, under PyTorch's names."""

from minigan.optim import lr_scheduler
from minigan.optim.optimizer import Optimizer
from minigan.optim.rules import SGD, Adam, AdamW, RMSprop

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]
