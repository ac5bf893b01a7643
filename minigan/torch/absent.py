"""What PyTorch has and minigan does not: refused by name, with what to do instead, once it is used.

Programs import more than they use, and ask `isinstance(layer, nn.LSTM)` of layers that are none. So
an absent module can be imported, and an absent class is there as a name; whoever calls it is told.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from minigan import backend as B


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
    """Finds the modules below absent ones: they are absent for the same reason."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        parent = sys.modules.get(name.rpartition(".")[0])
        return ModuleSpec(name, self) if isinstance(parent, AbsentModule) else None

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
    "torch.onnx": (
        "minigan exports no ONNX; save the weights by torch.save(net.state_dict(), …)",
        {},
    ),
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
    "torch.optim": (
        "minigan has first-order rules only; use Adam or SGD",
        "ASGD LBFGS NAdam RAdam Rprop SparseAdam",
    ),
}

DTYPES = dict.fromkeys(
    "bfloat16 cdouble cfloat complex complex32 complex64 complex128 uint16 uint32 uint64".split(),
    f"the dtypes here are {', '.join(B.DTYPES)}; float16 has half of float32's memory",
)


def attach(parent: str) -> None:
    """Give a module its absent submodules, importable under their addresses, and absent names."""
    home = sys.modules[parent]
    for address, (cure, answers) in MODULES.items():
        above, _, last = f"minigan.{address}".rpartition(".")
        if above == parent:
            module = AbsentModule(f"minigan.{address}", cure, **answers)
            sys.modules.setdefault(module.__name__, module)
            setattr(home, last, module)
    short = parent.removeprefix("minigan.")
    cure, names = NAMES.get(short, ("", ""))
    for name in names.split():
        if not hasattr(home, name):
            setattr(home, name, absent(f"{short}.{name}", cure))
