"""Names that are not there are refused with what is nearest; nobody who only asks is disturbed."""

import copy
import importlib
import inspect
import pickle
import subprocess
import sys

import pytest

import minigan
import minigan.torch as mg
from minigan import missing
from minigan.torch import absent

NOT_ALL = "minigan has what GAN programs ask of PyTorch, not all of it"
SAID = [  # the module, a name that it has not, and what is said
    ("minigan", "randnn", "near are randn, rand, randint"),
    ("minigan", "sqrt", "it is in minigan.torch"),
    ("minigan", "vmap", NOT_ALL),
    ("minigan.nn", "Lniear", "the nearest is Linear"),
    ("minigan.nn", "Conv1d", "it is in minigan.torch.nn"),
    ("minigan.optim", "SGD", "it is in minigan.torch.optim"),
    ("minigan.torch", "vmap", NOT_ALL),
    ("minigan.torch", "cumsm", "the nearest is cumsum"),
    ("minigan.torch", "laod", "the nearest is load"),
    ("minigan.torch.nn", "Lniear", "the nearest is Linear"),
    ("minigan.torch.nn.functional", "rleu", "near are relu, relu6, prelu"),
    ("minigan.torch.nn.init", "constnt_", "near are constant_, constant"),
    ("minigan.torch.optim", "Adem", "near are Adam, AdamW, Adamax"),
    ("minigan.torch.optim.lr_scheduler", "StepLr", "near are StepLR, MultiStepLR"),
    ("minigan.torch.utils.data", "Dataloader", "near are DataLoader, dataloader"),
    ("minigan.torch.distributions", "Normall", "the nearest is Normal"),
    ("minigan.torch.cuda", "is_avaliable", "the nearest is is_available"),
    ("minigan.torchvision", "dataset", "it has datasets, transforms, utils"),
    ("minigan.torchvision.transforms", "totensor", "near are ToTensor, PILToTensor"),
    ("minigan.torchvision.transforms.functional", "hlfip", "near are hflip, vflip"),
    ("minigan.torchvision.datasets", "ImageNet", "the nearest is ImageFolder. Others can be read"),
    ("minigan.torchvision.utils", "save_images", "it has make_grid, save_image"),
]


@pytest.mark.parametrize(("address", "name", "said"), SAID)
def test_a_name_that_is_not_there_is_refused_with_the_nearest(address, name, said):
    module = importlib.import_module(address)
    with pytest.raises(AttributeError) as refusal:
        getattr(module, name)
    assert str(refusal.value).startswith(f"{address} has no {name!r}: {said}")
    with pytest.raises(ImportError) as of_import:
        exec(f"from {address} import {name}", {})
    assert str(of_import.value) == str(refusal.value)
    assert not hasattr(module, name) and getattr(module, name, "other") == "other"


def test_python_adds_no_guess_of_its_own():
    done = subprocess.run(
        [sys.executable, "-c", "import minigan; minigan.ones(2).maen()"],
        capture_output=True,
        text=True,
    )
    last = done.stderr.splitlines()[-1]
    assert last == "AttributeError: Tensor has no 'maen': the nearest is mean"


CORE_ALONE = """
import minigan, sys
x = minigan.ones(2)
for name in ("unsqueeze", "maen", "frobnicate"):
    try:
        getattr(x, name)
    except AttributeError as refusal:
        print(refusal)
print("minigan.torch" in sys.modules)
"""


def test_a_tensor_of_the_core_knows_what_minigan_torch_would_give_it():
    """Read from the stub: nothing is imported to say so, as that would change every tensor."""
    done = subprocess.run([sys.executable, "-c", CORE_ALONE], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "Tensor has no 'unsqueeze': import minigan.torch, which gives tensors this",
        "Tensor has no 'maen': the nearest is mean",
        f"Tensor has no 'frobnicate': {NOT_ALL}",
        "False",
    ], done.stderr


@pytest.mark.parametrize("kind", [minigan.Tensor, minigan.nn.Parameter])
def test_a_tensor_refuses_a_name_and_serves_those_who_only_ask(kind):
    x = kind(minigan.ones(2, 2))
    with pytest.raises(AttributeError, match="Tensor has no 'unsqeeze': near are unsqueeze, "):
        x.unsqeeze  # noqa: B018
    assert not hasattr(x, "values") and getattr(x, "values", None) is None
    with pytest.raises(AttributeError, match="Tensor has no attribute '_repr_html_'"):
        x._repr_html_  # noqa: B018
    assert copy.copy(x).tolist() == copy.deepcopy(x).tolist() == [[1.0, 1.0]] * 2
    assert pickle.loads(pickle.dumps(x)).tolist() == [[1.0, 1.0]] * 2
    assert dict(inspect.getmembers(x))["shape"] == (2, 2)


def test_a_tensor_without_its_array_says_what_it_lacks():
    class Early(minigan.Tensor):
        def __init__(self):
            self.size_of_it = self.shape

    with pytest.raises(AttributeError, match="Tensor has no 'shape' yet: its __init__ has not run"):
        Early()


def test_names_with_an_underscore_are_python_s_business(monkeypatch):
    """Asked of every module and tensor by its machinery: nothing is searched for these."""
    monkeypatch.setattr(missing, "nearest", lambda *_: pytest.fail("searched"))
    for owner in (minigan, minigan.nn, mg, mg.nn.functional, minigan.ones(2)):
        assert not hasattr(owner, "__wrapped__") and not hasattr(owner, "_private")


def test_what_is_imported_late_is_imported_when_it_is_asked_for():
    code = (
        "import sys, minigan, minigan.torch as mg; late = 'serialization kernels.capture "
        "torch.serialization torch.utils torch.utils.tensorboard'.split(); "
        "print([n for n in late if f'minigan.{n}' in sys.modules]); "
        "print(*(f.__module__ for f in (minigan.save, minigan.capture, mg.load)), "
        "mg.utils.__name__, mg.utils.tensorboard.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "[]",
        "minigan.serialization minigan.kernels.capture minigan.torch.serialization "
        "minigan.torch.utils minigan.torch.utils.tensorboard",
    ], done.stderr


def test_cures_are_for_names_that_are_not_there():
    for address, cures in absent.MISSING.items():
        module = importlib.import_module(f"minigan.{address}")
        assert [name for name in cures if hasattr(module, name)] == []
