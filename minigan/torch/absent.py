"""What PyTorch and torchvision have and minigan does not: refused by name, with what to do instead.

Programs import more than they use, and ask `isinstance(layer, nn.LSTM)` of layers that are none. So
an absent module (MODULES) can be imported, and an absent class (NAMES) is there as a name; whoever
calls it is told. What nobody imports without using it (MISSING) is refused when it is asked for, as
any other name: see minigan/missing.py.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from minigan import backend as B
from minigan import missing


class AbsentError(NotImplementedError, AttributeError):
    """A part of PyTorch that is no business of GANs; the message says what to do instead."""


class _Absent(type):
    cure = ""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise AbsentError(f"{cls.__name__}: {cls.cure}")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AbsentError(f"{cls.__name__}.{name}: {cls.cure}")


def absent(name: str, cure: str) -> Any:
    """A class in place of PyTorch's function or class `name`: it refuses to be called."""
    return _Absent(name, (), {"cure": cure, "__module__": "minigan"})


class AbsentModule(ModuleType):
    """An importable module of which every name is absent, but for those with an answer."""

    def __init__(self, name: str, cure: str, **answers: Any):
        super().__init__(name, f"Absent: {cure}")
        self._cure = cure
        self.__path__: list[str] = []  # as a package has: AbsentModules finds what is below it
        vars(self).update(answers)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return absent(f"{self.__name__.removeprefix('minigan.')}.{name}", self._cure)


class AbsentModules(MetaPathFinder, Loader):
    """Knows the modules below absent ones, absent for the same reason."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        is_below = isinstance(sys.modules.get(name.rpartition(".")[0]), AbsentModule)
        return ModuleSpec(name, self) if is_below else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        parent: Any = sys.modules[spec.name.rpartition(".")[0]]
        return AbsentModule(spec.name, parent._cure)

    def exec_module(self, module: ModuleType) -> None:
        pass


sys.meta_path.append(AbsentModules())


def no(*_: Any, **__: Any) -> bool:
    """The answer to is_available() and is_initialized()."""
    return False


_ONE = "minigan computes in one process, on the CPU or on one GPU; leave it out"
_PLAIN = "minigan compiles no programs; call the function or module itself"
_SEQUENCES = "minigan has no recurrent or attention layers, which GANs on pictures do not need"
_TRAINED = (
    "minigan comes without trained networks. Networks of GANs are in minigan.models; the weights "
    "of a network of your own load by torch.load from a safetensors file"
)
_FLAT = "minigan has images and sequences, not volumes: layers of one or two dimensions are here"
_WHOLE = "minigan keeps every activation until backward; call the function itself"
_REAL = "minigan has no complex numbers; compute it with NumPy from x.detach().numpy()"


def nothing(*_: Any, **__: Any) -> None:
    """manual_seed and empty_cache of a device that is not there."""


_device = {
    "is_available": no,
    "device_count": lambda: 0,
    "empty_cache": nothing,
    "manual_seed": nothing,
    "manual_seed_all": nothing,
}

MODULES: dict[str, tuple[str, dict[str, Any]]] = {
    "torch.distributed": (_ONE, {"is_available": no, "is_initialized": no}),
    "torch.multiprocessing": (_ONE, {}),
    "torch.utils.data.distributed": (_ONE, {}),
    "torch.jit": (_PLAIN, {}),
    "torch.fx": (_PLAIN, {}),
    "torch.hub": (_TRAINED, {}),
    "torch.utils.model_zoo": (_TRAINED, {}),
    "torch.utils.checkpoint": (_WHOLE, {}),
    "torch.fft": (_REAL, {}),
    "torch.sparse": ("minigan has no sparse tensors; use dense ones", {}),
    "torch.quantization": ("minigan has no quantized numbers; use float32", {}),
    "torch.profiler": ("minigan has no profiler; use Python's cProfile, or Nsight", {}),
    "torch.nn.utils.rnn": (_SEQUENCES, {}),
    "torch.mps": ("minigan computes on cpu and cuda", _device),
    "torch.xpu": ("minigan computes on cpu and cuda", _device),
    "torchvision.models": (_TRAINED, {}),
}

NAMES: dict[str, tuple[str, str]] = {  # of modules that are there: what of them is not
    "torch": (_REAL, "istft polar stft view_as_complex view_as_real"),
    "torch.nn": (
        _SEQUENCES,
        """
        GRU GRUCell LSTM LSTMCell MultiheadAttention RNN RNNBase RNNCell Transformer
        TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer
        """,
    ),
    "torch.nn.parallel": (_ONE, "DistributedDataParallel"),
    "torch.utils.data": (_ONE, "DistributedSampler"),
    "torch.optim": (
        "minigan has first-order rules only; use Adam or SGD",
        "ASGD LBFGS NAdam RAdam Rprop SparseAdam",
    ),
    "torch.distributions": (
        "minigan has Bernoulli, Categorical, Laplace, Normal, OneHotCategorical and Uniform",
        """
        Beta Binomial Cauchy Chi2 Dirichlet Exponential Gamma Geometric Gumbel HalfNormal LogNormal
        LowRankMultivariateNormal MixtureSameFamily Multinomial MultivariateNormal NegativeBinomial
        Pareto Poisson RelaxedBernoulli RelaxedOneHotCategorical StudentT TransformedDistribution
        VonMises Weibull
        """,
    ),
}

_FORMULAS = {  # layers and functions of one line: what to write instead
    "Mish mish": "x * torch.tanh(F.softplus(x))",
    "Softsign softsign": "x / (1 + x.abs())",
    "Hardswish hardswish": "x * F.relu6(x + 3) / 6",
}

MISSING: dict[str, dict[str, str]] = {  # what is refused at once
    "torch": dict.fromkeys(
        """
        bfloat16 cdouble cfloat complex complex32 complex64 complex128 uint16 uint32 uint64
        """.split(),
        f"the dtypes here are {', '.join(B.DTYPES)}; float16 has half of float32's memory",
    ),
    "torch.nn": {
        **{names.split()[0]: f"write {line}" for names, line in _FORMULAS.items()},
        **dict.fromkeys(
            "Conv3d ConvTranspose3d BatchNorm3d InstanceNorm3d AvgPool3d MaxPool3d "
            "AdaptiveAvgPool3d".split(),
            _FLAT,
        ),
        "SyncBatchNorm": _ONE,
        "LazyLinear": "give the sizes: Linear(in_features, out_features)",
    },
    "torch.nn.functional": {
        **{names.split()[1]: f"write {line}" for names, line in _FORMULAS.items()},
        **dict.fromkeys("conv3d conv_transpose3d avg_pool3d max_pool3d".split(), _FLAT),
        "scaled_dot_product_attention": "write softmax(q @ k.mT / q.shape[-1] ** 0.5, -1) @ v",
    },
    "torch.linalg": {
        name: f"compute numpy.linalg.{name} of x.detach().numpy(), through which nothing learns"
        for name in """
            cholesky det eigh eigvals eigvalsh inv lstsq matrix_norm pinv qr solve svd svdvals
        """.split()
    },
    "torch.nn.utils.parametrizations": {
        "weight_norm": "use torch.nn.utils.weight_norm, of the parameters weight_g and weight_v",
        "orthogonal": "begin with nn.init.orthogonal_, or add its penalty to the loss",
    },
    "torch.utils.data": {
        "ChainDataset": "join the samples in an IterableDataset of your own",
        "StackDataset": "return a tuple from a Dataset of your own",
        "datapipes": "use a Dataset or an IterableDataset",
    },
    "torchvision": {
        "ops": "minigan has no detection; of convolutions it has those in minigan.torch.nn",
        "io": "open pictures with PIL.Image.open and transforms.ToTensor(); it reads no videos",
        "get_image_backend": "pictures are always read by Pillow",
        "set_image_backend": "pictures are always read by Pillow; leave the call out",
    },
    "torchvision.transforms": {
        "FiveCrop": "take the pieces with functional.crop",
        "TenCrop": "take the pieces with functional.crop and hflip",
        "Scale": "it is called Resize",
        "RandomSizedCrop": "it is called RandomResizedCrop",
        "v2": "its classes that GANs use stand in minigan.torchvision.transforms itself",
        **dict.fromkeys(
            "AugMix AutoAugment AutoAugmentPolicy ElasticTransform LinearTransformation "
            "RandAugment RandomAdjustSharpness RandomAutocontrast RandomEqualize RandomErasing "
            "RandomInvert RandomPerspective RandomPosterize RandomSolarize "
            "TrivialAugmentWide".split(),
            "write it as a function of one image and put it into Lambda(function)",
        ),
    },
    "torchvision.transforms.functional": dict.fromkeys(
        "adjust_gamma adjust_sharpness autocontrast elastic_transform equalize erase five_crop "
        "invert perspective posterize solarize ten_crop".split(),
        "write it with Pillow's ImageOps, or with operations on tensors",
    ),
    "torchvision.utils": dict.fromkeys(
        "draw_bounding_boxes draw_keypoints draw_segmentation_masks flow_to_image".split(),
        "draw with PIL.ImageDraw",
    ),
}

OTHERS = {  # a last word on what else is not there
    "torchvision.datasets": ". Others can be read as an ImageFolder, or by a Dataset of your own",
}


def attach(parent: str, **late: str) -> None:
    """Let a module answer for what it has not: by absent submodules, importable under their
    addresses, by absent names, and by a refusal of any other name.

    late: the modules that have, or are, what is imported when it is first asked for.
    """
    home, short = sys.modules[parent], parent.removeprefix("minigan.")
    for address, (cure, answers) in MODULES.items():
        above, _, last = f"minigan.{address}".rpartition(".")
        if above == parent:
            module = AbsentModule(f"minigan.{address}", cure, **answers)
            sys.modules.setdefault(module.__name__, module)
            setattr(home, last, module)
    cure, names = NAMES.get(short, ("", ""))
    for name in names.split():
        if name not in vars(home):
            setattr(home, name, absent(f"{short}.{name}", cure))
    missing.refuse(parent, late=late, cures=MISSING.get(short, {}), others=OTHERS.get(short, ""))
