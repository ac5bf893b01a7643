"""The table of beginners' mistakes: what is written, the kind of the error, and what it says.

As a program it writes them for the core alone: in a process without minigan.torch, which gives
tensors further words.
"""

import inspect
import json
import sys
import warnings

import numpy as np
from PIL import Image

NETWORK = """
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 1)]
net = nn.Linear(2, 1)
"""

# what is written ~ the kind of the error ~ what it says, as a regular expression
# fmt: off
IN_BOTH = r"""
# -- labels and losses
nn.CrossEntropyLoss()(m.tensor([[1.0, 2.0]]), [1]) ~ TypeError ~ CrossEntropyLoss: list is no tensor: tensor\(x\) is
nn.CrossEntropyLoss()(m.tensor([[1.0, 2.0]]), np.array([1])) ~ TypeError ~ ndarray is no tensor: tensor\(x\) is
nn.BCELoss()(m.tensor([0.5]), 1.0) ~ TypeError ~ BCELoss: float is no tensor
nn.BCELoss()(np.ones(2, "float32"), m.tensor([1.0, 1.0])) ~ TypeError ~ BCELoss: ndarray is no tensor
# -- optimizers
optim.Adam(net) ~ TypeError ~ Adam: a Linear is no tensor: give module\.parameters\(\)
optim.Adam(net.parameters) ~ TypeError ~ Adam: a method is no tensor: give module\.parameters\(\)
optim.Adam(net.state_dict()) ~ TypeError ~ Adam: a str is no tensor: give module\.parameters\(\)
optim.Adam([net, net]) ~ TypeError ~ Adam: a Linear is no tensor: give module\.parameters\(\)
optim.Adam(nn.Sequential(net)) ~ TypeError ~ Adam: a Linear is no tensor: give module\.parameters\(\)
optim.Adam([net.parameters(), net.parameters()]) ~ TypeError ~ Adam: a generator is no tensor
optim.Adam({"params": net.parameters()}) ~ TypeError ~ Adam: a str is no tensor
optim.Adam([np.ones(2)]) ~ TypeError ~ Adam: a ndarray is no tensor
optim.Adam(Network().parameters()) ~ ValueError ~ at least one: .*a list of layers, or a used iterator, has none
p = net.parameters(); list(p); optim.Adam(p) ~ ValueError ~ at least one: .*a used iterator, has none
optim.Adam(net.parameters(), lr="2e-4") ~ TypeError ~ Adam: lr='2e-4' is no number; give one, as 0\.001
optim.Adam(net.parameters(), lr=None) ~ TypeError ~ Adam: lr=None is no number
optim.Adam(net.parameters(), lr=[1e-3]) ~ TypeError ~ Adam: lr=\[0\.001\] is no number
optim.Adam(net.parameters(), (0.5, 0.999)) ~ TypeError ~ Adam: lr=\(0\.5, 0\.999\) is no number
optim.Adam(net.parameters(), betas=0.5) ~ TypeError ~ Adam: betas=0\.5 is no pair of numbers, as \(0\.9, 0\.999\)
optim.Adam(net.parameters(), 1e-3, 0.5) ~ TypeError ~ Adam: betas=0\.5 is no pair of numbers
optim.Adam(net.parameters(), betas=("0.5", "0.9")) ~ TypeError ~ Adam: beta1='0\.5' is no number
optim.Adam(net.parameters(), lr=float("nan")) ~ ValueError ~ Adam: lr must be within \[0, inf\), got nan
# -- images
nn.Conv2d(3, 8, 3)(images(2, 32, 32, 3)) ~ RuntimeError ~ \(2, 32, 32, 3\) is not \(N, C, H, W\) with the C = 3 channels .*: x\.permute\(0, 3, 1, 2\)$
nn.Conv2d(1, 8, 3)(images(2, 28, 28, 1)) ~ RuntimeError ~ x\.permute\(0, 3, 1, 2\)$
nn.Conv2d(3, 8, 3)(images(2, 1, 8, 8)) ~ RuntimeError ~ C = 3 channels that weight \(8, 3, 3, 3\) takes$
nn.ConvTranspose2d(100, 8, 4)(images(2, 1, 1, 100)) ~ RuntimeError ~ C = 100 channels .*: x\.permute\(0, 3, 1, 2\)$
nn.Conv2d(1, 2, 3)(m.tensor(np.zeros((1, 1, 8, 8), "uint8"))) ~ RuntimeError ~ conv2d: input is uint8, the weight float32: x\.astype\('float32'\)
nn.Linear(2, 1)(m.tensor(np.zeros((1, 2)))) ~ RuntimeError ~ linear: input is float64, the weight float32: x\.astype\('float32'\)
nn.Linear(2, 1)(m.tensor([[1, 2]])) ~ RuntimeError ~ linear: input is int64, the weight float32
nn.Conv2d(1, 2, 3)(Image.new("L", (8, 8))) ~ TypeError ~ conv2d: Image is no tensor
nn.Conv2d(1, 2, 3)([images(1, 1, 8, 8), m.tensor([1])]) ~ TypeError ~ conv2d: list is no tensor
# -- no tensors
nn.Linear(2, 1)(np.ones((1, 2), "float32")) ~ TypeError ~ linear: ndarray is no tensor: tensor\(x\) is
nn.Linear(2, 1)([[1.0, 2.0]]) ~ TypeError ~ linear: list is no tensor: tensor\(x\) is
nn.Linear(2, 1)(None) ~ TypeError ~ linear: NoneType is no tensor
nn.Linear(2, 1)(nn.ReLU()) ~ TypeError ~ linear: ReLU is no tensor: .*layer\(x\)
nn.Conv2d(1, 2, 3)(np.ones((1, 1, 5, 5), "float32")) ~ TypeError ~ conv2d: ndarray is no tensor
nn.BatchNorm1d(2)(np.ones((4, 2), "float32")) ~ TypeError ~ BatchNorm1d: ndarray is no tensor
nn.ReLU()(np.ones(2, "float32")) ~ TypeError ~ ReLU: ndarray is no tensor
nn.LeakyReLU(0.2)(np.ones(2, "float32")) ~ TypeError ~ LeakyReLU: ndarray is no tensor
nn.Sigmoid()([1.0]) ~ TypeError ~ Sigmoid: list is no tensor
nn.Flatten()(np.ones((4, 2, 3))) ~ TypeError ~ Flatten: ndarray is no tensor
nn.Embedding(3, 2)([0, 1]) ~ TypeError ~ mbedding: list is no tensor
nn.Embedding(3, 2)(1) ~ TypeError ~ mbedding: int is no tensor
nn.Embedding(3, 2)(m.tensor([0.0])) ~ RuntimeError ~ whole.*not float32
# -- modules
nn.Sequential([nn.Linear(2, 3), nn.ReLU()]) ~ TypeError ~ is no Module: (a class wants \(\), a list a \*|write Sequential\(\*layers\))$
nn.Sequential(nn.Linear(2, 3), nn.ReLU) ~ TypeError ~ ReLU'> is no Module: (a class wants \(\)|write ReLU\(\))
nn.Sequential(nn.Linear(2, 3), abs) ~ TypeError ~ <built-in function abs> is no Module
nn.Sigmoid(m.tensor([1.0])) ~ TypeError ~ Sigmoid: (options \[\]; it is called later|a tensor is no option, .*: Sigmoid\(\)\(x\))
net.load_state_dict("weights.safetensors") ~ TypeError ~ load_state_dict.* str
# -- sizes
nn.Linear("784", 1) ~ TypeError ~ sizes are whole numbers, not \(1, '784'\)
nn.Linear(784 / 2, 1) ~ TypeError ~ sizes are whole numbers, not \(1, 392\.0\)
nn.Linear((1, 28, 28), 1) ~ TypeError ~ sizes are whole numbers, not \(1, \(1, 28, 28\)\)
nn.Conv2d(3, 64, 3.0) ~ TypeError ~ sizes are whole numbers, not \(3\.0, 3\.0\)
nn.Conv2d(3, 64, 3, "same") ~ TypeError ~ sizes are whole numbers, not \('same', 'same'\)
nn.Conv2d(3, 64, 4, 2, 1.5) ~ TypeError ~ sizes are whole numbers, not \(1\.5, 1\.5\)
m.ones(64, 100.0) ~ TypeError ~ sizes are whole numbers, not \(64, 100\.0\)
m.randn(64, "100") ~ TypeError ~ sizes are whole numbers, not \(64, '100'\)
m.ones((2, 3), 4) ~ TypeError ~ sizes are whole numbers, not \(\(2, 3\), 4\)
m.rand(2, -1) ~ RuntimeError ~ sizes .*\(2, -1\)
m.randn(-1) ~ RuntimeError ~ sizes .*\(-1,\)
m.tensor(np.ones((64, 100))).reshape(-1, 1, 28, 28) ~ RuntimeError ~ \(64, 100\), \(-1, 1, 28, 28\)\): .* of size 6400
# -- lists are no tensors
m.ones(2) + [1, 2] ~ TypeError ~ add: list is no tensor: tensor\(x\) is
[1, 2] - m.ones(2) ~ TypeError ~ sub: list is no tensor
m.ones(2) / (1, 2) ~ TypeError ~ div: tuple is no tensor
m.ones(2) > [0, 1] ~ TypeError ~ gt: list is no tensor
# -- NumPy's functions
np.mean(m.tensor([1.0])) ~ TypeError ~ np\.mean takes arrays.*: x\.detach\(\)\.numpy\(\)
np.sum(m.tensor([1.0])) ~ TypeError ~ np\.sum takes arrays.*: x\.detach\(\)\.numpy\(\)
np.std(m.tensor([1.0])) ~ TypeError ~ np\.std takes arrays.*: x\.detach\(\)\.numpy\(\)
"""
IN_THE_CORE = r"""
nn.CrossEntropyLoss()(m.ones(4, 3), m.ones(4)) ~ RuntimeError ~ class numbers are whole, not float32: labels\.astype\('int64'\)
nn.CrossEntropyLoss(m.ones(4, 3), m.tensor([0, 1, 2, 0])) ~ TypeError ~ CrossEntropyLoss: options \[\]; it is called later
nn.BatchNorm1d(2)(m.tensor([[1, 2], [3, 4]])) ~ RuntimeError ~ BatchNorm1d: input is int64, the weight float32
nn.BatchNorm2d(3)(m.ones(2, 4, 4, 3)) ~ ValueError ~ expected 4-d input with its channels, got \(2, 4, 4, 3\)
m.cat(m.ones(2), m.ones(2)) ~ TypeError ~ several tensors go in a list: cat\(\[x, y\]\)
m.stack(m.ones(2), m.ones(2)) ~ TypeError ~ several tensors go in a list
np.concatenate([m.ones(2), m.ones(2)]) ~ TypeError ~ np\.concatenate takes arrays, not tensors
"""
IN_PYTORCHS_ROOM = r"""
nn.CrossEntropyLoss()(m.ones(4, 3), m.ones(4)) ~ RuntimeError ~ got float32 of shape \(4,\): labels\.long\(\)$
nn.CrossEntropyLoss()(m.ones(4, 3), m.tensor([[0], [1], [2], [0]])) ~ RuntimeError ~ of shape \(4, 1\): labels\.squeeze\(-1\)$
nn.CrossEntropyLoss(m.ones(4, 3), m.tensor([0, 1, 2, 0])) ~ RuntimeError ~ tensors are no options: CrossEntropyLoss\(\)\(input, target\)
nn.BCELoss(m.ones(2, 1), m.ones(2, 1)) ~ RuntimeError ~ tensors are no options: BCELoss\(\)\(input, target\)
nn.BCEWithLogitsLoss()(m.ones(2, 1), 1.0) ~ TypeError ~ BCEWithLogitsLoss: float is no tensor
m.where(m.ones(2) > 0, [1, 2], [3, 4]) ~ TypeError ~ where: list is no tensor
F.mse_loss(m.ones(2), 1) ~ TypeError ~ mse_loss: int is no tensor
F.binary_cross_entropy(m.ones(2), np.ones(2)) ~ TypeError ~ binary_cross_entropy: ndarray is no tensor
optim.SGD(net.parameters(), lr=0.1, momentum="0.9") ~ TypeError ~ SGD: momentum='0\.9' is no number
optim.Adam(net.parameters(), weight_decay="1e-3") ~ TypeError ~ Adam: weight_decay='1e-3' is no number
optim.RMSprop(net.parameters(), lr="1e-3") ~ TypeError ~ RMSprop: lr='1e-3' is no number
optim.Adamax(net.parameters(), betas=0.5) ~ TypeError ~ Adamax: betas=0\.5 is no pair
optim.Adam(nn.ModuleList([net])) ~ TypeError ~ Adam: a Linear is no tensor: give module\.parameters\(\)
optim.Adam([{"params": net}]) ~ TypeError ~ Adam: a Linear is no tensor
optim.Adam(net.parameters()).step(m.ones(1)) ~ TypeError ~ Adam\.step takes a function, or nothing, not a Tensor: loss\.backward\(\) comes before
optim.Adam(net.parameters()).add_param_group(net.parameters()) ~ TypeError ~ generator is no dict: write \{'params': …\}
optim.Adam(net.parameters()).load_state_dict(net.state_dict()) ~ ValueError ~ this OrderedDict is no optimizer's state
nn.utils.clip_grad_norm_(net, 1.0) ~ TypeError ~ Linear is no tensor: give module\.parameters\(\)
nn.Conv2d(1, 8, 3)(m.ones(2, 28, 28)) ~ RuntimeError ~ \(2, 28, 28\) is no image \(1, H, W\), .*: x\.unsqueeze\(1\)
nn.ConvTranspose2d(100, 8, 4)(m.ones(64, 100)) ~ RuntimeError ~ got \(64, 100\) .*: x\[:, :, None, None\]
nn.BatchNorm2d(3)(m.ones(2, 4, 4, 3)) ~ RuntimeError ~ 3 channels in axis 1, got shape \(2, 4, 4, 3\): x\.permute\(0, 3, 1, 2\)
nn.ReLU(m.ones(2)) ~ TypeError ~ ReLU: a tensor is no option, .*: ReLU\(\)\(x\)
nn.LeakyReLU(m.ones(2)) ~ TypeError ~ LeakyReLU: a tensor is no option
nn.Flatten(m.ones(2, 3, 4)) ~ TypeError ~ Flatten: a tensor is no option
nn.BatchNorm2d("64") ~ TypeError ~ BatchNorm2d: num_features='64' must be a whole number
nn.Dropout("0.5") ~ TypeError ~ Dropout: p='0\.5' must be a number
nn.MaxPool2d(2)([m.ones(1, 1, 4, 4)]) ~ TypeError ~ max_pool2d: list is no tensor
nn.Softmax(1)(np.ones((2, 2))) ~ TypeError ~ Softmax: ndarray is no tensor
nn.LayerNorm(3)(np.ones((2, 3))) ~ TypeError ~ layer_norm: ndarray is no tensor
nn.InstanceNorm2d(3)(np.ones((2, 3, 4, 4))) ~ TypeError ~ InstanceNorm2d: ndarray is no tensor
nn.GroupNorm(1, 3)([1]) ~ TypeError ~ group_norm: list is no tensor
nn.Conv1d(1, 2, 3)([1.0]) ~ TypeError ~ list is no tensor
nn.init.normal_(net, 0.0, 0.02) ~ TypeError ~ normal_: Linear is no tensor
m.mean([m.ones(1), m.ones(1)]) ~ TypeError ~ mean: list is no tensor
m.sum([1.0]) ~ TypeError ~ sum: list is no tensor
m.flatten([1]) ~ TypeError ~ flatten: list is no tensor
m.zeros_like([1, 2]) ~ TypeError ~ zeros_like: list is no tensor
m.from_numpy([1, 2]) ~ TypeError ~ from_numpy: list is no array; tensor\(x\) takes others
m.Tensor(2, 3.5) ~ TypeError ~ give sizes, whole numbers, or one list
np.max(m.ones(2)) ~ TypeError ~ np\.max takes arrays: x\.detach\(\)\.numpy\(\), or x\.max\(\)
m.ones(2).to("gpu") ~ RuntimeError ~ nor is it a device, as cpu and cuda are
DataLoader("path/to/images", 2) ~ TypeError ~ 'path/to/images' is no data set, .* ImageFolder\(path\)
DataLoader(None, 2) ~ TypeError ~ None is no data set
DataLoader(dict, 2) ~ TypeError ~ dict is a class, which makes a data set: dict\(…\)
"""


def rows(table):
    """(what is written, kind, words) of each line."""
    lines = [line for line in table.splitlines() if line and line[0] != "#"]
    return [tuple(line.split(" ~ ")) for line in lines]


def names(m, loader=None, functional=None):
    """What a program has imported."""
    known = {"m": m, "nn": m.nn, "optim": m.optim, "F": functional, "DataLoader": loader}
    known |= {"np": np, "Image": Image}
    known["images"] = lambda *sizes: m.tensor(np.ones(sizes, "float32"))
    exec(NETWORK, known)
    return known


def kinds_of(code, known):
    """The classes and the words of the error that the code ends in."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(code, known)
    except Exception as error:
        return [kind.__name__ for kind in inspect.getmro(type(error))], str(error)
    return None, "accepted"


if __name__ == "__main__":
    import minigan

    assert "minigan.torch" not in sys.modules
    print(json.dumps([kinds_of(code, names(minigan)) for code, *_ in rows(IN_BOTH + IN_THE_CORE)]))
