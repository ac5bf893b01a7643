"""The shape of the house: arrows point down, each file says what it is for, float32 means float32."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import core_alone
import numpy as np
import pytest
from core_alone import s1

import minigan.torch as mg
from minigan import backend as B
from minigan import models
from minigan.torch import nn, optim

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "minigan"

CORE = {"minigan", *core_alone.CORE}
LAYERS = [  # from the top; a file knows those below it, never those above or beside it
    {"__main__"},
    {"doctor", "evaluate", "export", "reports", "sweep"},
    {"run"},
    {"scores", "torchvision"},
    {"torch"},
    {"models"},
    {"gan", "latent", "onnx", "rejection"},
    {"metrics"},
    {"data", "pictures", "serialization", "watching"},
    {"minigan"},  # the front: the core's names, which also puts the kernels in place
    {"kernels"},
    {"nn", "optim"},
    {"ops"},
    {"autograd"},
    {"backend"},
    {"atomic", "programs", "unavailable"},
    {"opening"},
    {"bars", "errors", "interrupted", "missing"},
]
LEVEL = {unit: level for level, units in enumerate(LAYERS) for unit in units}

HOST_SIDE = {"data", "metrics", "pictures", "serialization", "run", "doctor", "torchvision"} | {
    "evaluate", "export", "latent", "onnx", "reports", "scores", "sweep",
}  # fmt: skip
CROSSINGS = {  # compute modules that name NumPy all the same, and why
    "autograd/tensor.py": "the way out, to NumPy and to text",
    "ops/creation.py": "makes tensors of host data",
    "torch/__init__.py": "dtypes are NumPy's, on both backends",
    "torch/ops/creation.py": "makes tensors of host data",
    "torch/ops/drawn.py": "draws multinomials on the host",
    "torch/ops/device.py": "moves tensors between host and device",
    "torch/ops/mixture.py": "works out the weights of an interpolation on the host",
    "torch/ops/sampling.py": "works out where an image's pixels lie on the host",
    "torch/ops/show.py": "tensors as text, as Python numbers, as arrays for plotting",
    "torch/ops/typed.py": "dtypes are NumPy's, on both backends",
    "torch/utils/tensorboard.py": "writes pictures to files",
}


def modules(folder=PACKAGE):
    return sorted(folder.rglob("*.py"))


def unit_of(dotted):
    """The layer's part that a module belongs to: minigan.ops.linear → ops."""
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 else "minigan"


def dotted_name(path):
    *parts, last = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts if last == "__init__" else [*parts, last])


def imports_of(path):
    """Every module that the file imports, also inside functions, by its dotted name."""
    known = {dotted_name(module) for module in modules()}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide where arrows point"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else node.module


# -- the layers ------------------------------------------------------------------------------------


def test_every_part_of_the_package_has_its_layer():
    assert {unit_of(dotted_name(path)) for path in modules()} == set(LEVEL)


def test_imports_point_downwards_only():
    wrong = [
        f"{path.relative_to(ROOT)} imports {target}"
        for path in modules()
        for target in imports_of(path)
        if target.split(".")[0] == "minigan"
        and unit_of(target) != unit_of(dotted_name(path))
        and LEVEL[unit_of(target)] <= LEVEL[unit_of(dotted_name(path))]
    ]
    assert wrong == []


def test_the_core_imports_no_other_room():
    """The front alone opens another one: the kernels, by their name (see test_core_alone.py)."""
    known = {f"minigan.{unit}" for unit in CORE} | {"minigan"}
    wrong = [
        f"{path.relative_to(ROOT)} imports {target}"
        for path in modules()
        if unit_of(dotted_name(path)) in CORE
        for target in imports_of(path)
        if target.split(".")[0] == "minigan" and ".".join(target.split(".")[:2]) not in known
    ]
    assert wrong == []


def test_the_core_imports_by_name_only_what_it_says():
    """The array library and its kernels, and from the front what is not always needed."""
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if unit_of(dotted_name(path)) in CORE
        for word in ("import_module", "__import__")
        if word in path.read_text(encoding="utf-8")
    }
    assert found == {"__init__.py", "backend/__init__.py", "missing.py"}


def test_sizes_and_the_readme_agree():
    """The core's lines, its largest file, and the reading order; see benchmarks/size.py."""
    command = [sys.executable, ROOT / "benchmarks" / "size.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_python_of_the_readme_runs():
    """All but the lines that need a data set."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        if "CIFAR10" not in block:
            exec(block, {})


def test_the_array_libraries_are_imported_by_backend_kernels_and_host_side_code_only():
    named = set()
    for path in modules():
        if unit_of(dotted_name(path)) in HOST_SIDE | {"backend", "kernels"}:
            continue
        libraries = {target.split(".")[0] for target in imports_of(path)} & {"numpy", "cupy"}
        assert "cupy" not in libraries, path
        if libraries:
            named.add(path.relative_to(PACKAGE).as_posix())
    assert named == set(CROSSINGS)


def test_the_tape_knows_no_op():
    for path in (PACKAGE / "autograd").glob("*.py"):
        assert not [target for target in imports_of(path) if target.startswith("minigan.ops")]


@pytest.mark.parametrize("folder", ["minigan", "tests", "examples", "benchmarks"])
def test_every_module_says_what_it_is_for(folder):
    for path in modules(ROOT / folder):
        words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert words, f"{path} has no docstring"
        first = " ".join(words.split("\n\n")[0].split())
        assert first.endswith((".", ":")) and len(first.split()) > 1, f"{path}: {first!r}"


# -- import minigan --------------------------------------------------------------------------------


HEAVY = "matplotlib PIL scipy tqdm torch cupy jax safetensors platformdirs".split()


def test_importing_minigan_imports_nothing_heavy():
    code = f"import sys, minigan; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[]\n", done.stderr


# -- float32 means float32 -------------------------------------------------------------------------


@pytest.fixture
def seen(monkeypatch):
    """The dtypes of everything that is computed: results of ops, and gradients on their way."""
    found: dict[str, set[str]] = {"results": set(), "gradients": set()}
    op, tape = sys.modules["minigan.autograd.op"], sys.modules["minigan.autograd.tape"]
    record, values = op._record, tape._values

    def recording(definition, args):
        result = record(definition, args)
        found["results"].add(str(result.dtype))
        return result

    def walking(node, gradient, create_graph):
        found["gradients"].add(str(gradient.dtype))
        return values(node, gradient, create_graph)

    monkeypatch.setattr(op, "_record", recording)
    monkeypatch.setattr(tape, "_values", walking)
    return found


def dcgan():
    D = models.DCGANDiscriminator(8, 32)
    return D, models.DCGANGenerator(16, 8, 32), (16, 1, 1), (1, 32, 32)


def spectral():
    D = models.DCGANDiscriminator(8, 32, spectral=True)
    return D, models.DCGANGenerator(16, 8, 32, last="sigmoid"), (16, 1, 1), (1, 32, 32)


def dropout():
    D = models.DenseDiscriminator((64, 32), 0.2, 0.3)
    return D, models.DenseGenerator(16, (32, 64), 0.2), (16,), (1, 28, 28)


def full_step(D, G, z_shape, image_shape, extra=0.0):
    """One step of D and one of G; what was trained, for a look at it."""
    bce = nn.BCELoss()
    opt_D = optim.Adam(D.parameters(), 3e-4, betas=(0.5, 0.999))
    opt_G = optim.RMSprop(G.parameters(), 3e-4)
    ones, zeros = mg.ones(8, 1), mg.zeros(8, 1)
    real, z = mg.rand(8, *image_shape) * 2 - 1, mg.randn(8, *z_shape)
    fake = G(z) + extra
    loss_D = (
        bce(D(real).reshape(8, 1), ones * 0.9) + bce(D(fake.detach()).reshape(8, 1), zeros)
    ) / 2
    loss_D.backward()
    opt_D.step()
    loss_G = bce(D(fake).reshape(8, 1), ones)
    opt_G.zero_grad()
    loss_G.backward()
    opt_G.step()
    return {"loss_D": loss_D, "loss_G": loss_G}, (opt_D, opt_G)


def wrong_dtypes(model_tensors, optimizers):
    """Everything floating that is not float32."""
    faults = [name for name, x in model_tensors.items() if x.dtype not in ("float32", "int64")]
    for optimizer in optimizers:
        for number, state in optimizer.state_dict()["state"].items():
            faults += [f"{name} of parameter {number}" for name, value in state.items()
                       if isinstance(value, mg.Tensor) and value.dtype != "float32"]  # fmt: skip
    return faults


def everything(D, G, losses):
    tensors = dict(losses)
    for name, network in (("D", D), ("G", G)):
        tensors |= {f"{name}.{key}": value for key, value in network.state_dict().items()}
        tensors |= {f"{name}.{key}.grad": p.grad for key, p in network.named_parameters()}
    return tensors


@pytest.mark.parametrize("system", [s1, dropout, dcgan, spectral], ids=lambda f: f.__name__)
def test_a_step_in_float32_computes_in_float32_alone(backend, seen, system):
    D, G, z_shape, image_shape = system()
    losses, optimizers = full_step(D, G, z_shape, image_shape)
    assert seen["gradients"] == {"float32"}
    assert seen["results"] - {"bool", "int64"} == {"float32"}
    assert wrong_dtypes(everything(D, G, losses), optimizers) == []


def test_the_test_of_dtypes_notices_a_single_float64(backend, seen):
    D, G, z_shape, image_shape = s1()
    wide = mg.tensor(np.zeros(1))
    assert wide.dtype == "float64"
    with pytest.raises(TypeError, match="input is float64, the weight float32"):
        full_step(D, G, z_shape, image_shape, extra=wide)
    assert "float64" in seen["results"]


def test_a_step_keeps_activations_and_gradients_on_their_backend(backend):
    D, G, z_shape, image_shape = s1()
    losses, _ = full_step(D, G, z_shape, image_shape)
    assert all(isinstance(x.array, B.ndarray) for x in everything(D, G, losses).values())
