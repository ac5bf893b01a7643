"""What samples are worth: a generator's draws, the classifier that reads them, and their scores."""

from minigan.scores.judge import Judge, Real, Rows, judged, of_data, of_folder
from minigan.scores.lenet import Classifier, LeNet, hash_of
from minigan.scores.samples import classes_of, draw, image_blocks, images

__all__ = [
    "Classifier",
    "Judge",
    "LeNet",
    "Real",
    "Rows",
    "classes_of",
    "draw",
    "hash_of",
    "image_blocks",
    "images",
    "judged",
    "of_data",
    "of_folder",
]
