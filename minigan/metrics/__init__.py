"""How good samples are, in numbers: each function is one score, and its module names the paper.

| question                                               | score                                  |
| ------------------------------------------------------ | -------------------------------------- |
| could the samples teach a classifier?                  | `knn_error`                            |
| do samples look real; is all that is real drawn?       | `prdc`: precision and recall           |
| the same, with fewer rewards for outliers              | `prdc`: density and coverage           |
| do two sets have the same mean and covariance?         | `frechet`, of `moments`                |
| do they differ in any moment up to the third?          | `mmd`, which KID is on other features  |
| how many modes of a mixture, of stacked digits?        | `mixture`, `stacked`                   |
| are the classes drawn, and drawn equally often?        | `accuracy`, `histogram`, `kl`          |
| was it learnt by heart?                                | `nearest`, `labels_of_nearest`         |
| is one image like its original?                        | `psnr`, `ssim`                         |

No score is to be shown alone. Precision on features rates noise well, for a ball around an outlier
takes in everything; density rates a collapsed GAN above real images. Coverage notices the one,
recall the other, so the four stand together, beside two rows of reference: real images against the
test images, the best to be hoped for, and noise against them, the worst. Whatever was trained on
mirrored images is scored against mirrored ones.

Samples are tensors, NumPy arrays or arrays of the backend: features (N, D), or images (N, C, H, W),
taken as (N, C·H·W). Bytes count as 0 to 255, so both sides of a comparison need one scale. What
cannot be scored (NaN, other widths, too few rows) raises a ValueError that is a UserError. The
heavy products are the backend's; results are Python's numbers and NumPy's arrays.
"""

from minigan.metrics.classes import accuracy, histogram, kl
from minigan.metrics.frechet import frechet, moments
from minigan.metrics.kernel import mmd
from minigan.metrics.manifold import Manifold, prdc
from minigan.metrics.modes import mixture, stacked
from minigan.metrics.neighbours import knn_error, labels_of_nearest, nearest
from minigan.metrics.similarity import psnr, ssim

__all__ = [
    "Manifold",
    "accuracy",
    "frechet",
    "histogram",
    "kl",
    "knn_error",
    "labels_of_nearest",
    "mixture",
    "mmd",
    "moments",
    "nearest",
    "prdc",
    "psnr",
    "ssim",
    "stacked",
]
