"""minigan export, and networks as ONNX models: other programs read the very same numbers."""

import importlib
import io
import json
import os
import sys
import threading
from contextlib import contextmanager

import numpy as np
import pytest

import minigan
import minigan.onnx
import minigan.torch as mg
from minigan import export, gan, models, nn, programs
from minigan.errors import UserError
from minigan.onnx import passes, trial
from minigan.scores.lenet import LeNet
from minigan.torch.nn import functional as F
from minigan.watching.trace import Change, Step, trace

IMAGE = (1, 8, 8)


@pytest.fixture
def onnx():
    return pytest.importorskip("onnx")


@pytest.fixture
def runtime(onnx):
    return pytest.importorskip("onnxruntime")


def experienced(network):
    """The network with numbers in its buffers that a training might have left."""
    rng = np.random.default_rng(0)
    for name, tensor in network.named_state():
        if name.endswith("running_mean"):
            tensor.array[...] = rng.normal(size=tensor.shape)
        if name.endswith("running_var"):
            tensor.array[...] = rng.uniform(0.5, 2.0, tensor.shape)
    return network


def session(runtime, content):
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    return runtime.InferenceSession(content, options, ["CPUExecutionProvider"])


class Computes(nn.Module):
    """A network whose forward is a function of itself and its inputs."""

    def __init__(self, function):
        self.function = function
        self.learned = nn.Parameter(minigan.randn(1, 3, 8, 8))
        self.table = nn.Parameter(minigan.randn(10, 4))

    def forward(self, *inputs):
        return self.function(self, *inputs)


# -- the networks of minigan.models ----------------------------------------------------------------

NETWORKS = {
    "dense": lambda: models.DenseGenerator(6, (8, 12), 0.2, IMAGE),
    "dcgan": lambda: models.DCGANGenerator(6, 2, 16),
    "dcgan without bias": lambda: models.DCGANGenerator(6, 2, 16, bias=False),
    "dcgan in colour, sigmoid, 28": lambda: models.DCGANGenerator(6, (4, 3), 28, 3, last="sigmoid"),
    "conditional": lambda: models.DCGANGenerator(6, 2, 16, classes=5),
    "deblurrer": lambda: models.Deblurrer(3, 1),
    "dense D": lambda: models.DenseDiscriminator((8, 4), 0.2, 0.3, IMAGE),
    "deblurring D": lambda: models.DeblurDiscriminator(2, 1, 16),
    "dcgan D": lambda: models.DCGANDiscriminator(2, 16, norm_first=True),
    "spectral D": lambda: models.DCGANDiscriminator(2, 16, spectral=True),
    "D with scores": lambda: models.DCGANDiscriminator(2, 16, bias=False, classes=5),
    "LeNet": LeNet,
    "of the plane": lambda: programs.load("mixture_2d").Generator(2, 8),
    "stacked": lambda: programs.load("stacked_mnist").Generator(6, 2),
}
BY_THE_BATCH = {
    "class": lambda: programs.load("mnist_class_dcgan").Generator(6, 2, 8),
    "class, dense": lambda: programs.load("mnist_class_dcgan").Generator(6, units=8, dense=True),
    "class D": lambda: programs.load("mnist_class_dcgan").Discriminator(2, 8),
    "class D, dense": lambda: programs.load("mnist_class_dcgan").Discriminator(units=8, dense=True),
}


@pytest.mark.parametrize(
    ("make", "counts"),
    [(make, (1, 5)) for make in NETWORKS.values()]
    + [(make, (2, 5)) for make in BY_THE_BATCH.values()],
    ids=[*NETWORKS, *BY_THE_BATCH],
)
def test_onnxruntime_computes_what_the_network_computes_for_any_number_of_samples(
    make, counts, runtime
):
    minigan.manual_seed(1)
    network = experienced(make()).eval()
    inputs, outputs, axes = export.example(network)
    content, difference = minigan.onnx.to_bytes(
        network,
        *inputs.values(),
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes=axes,
    )
    assert 0.0 <= difference <= 1e-5
    model = session(runtime, content)
    assert [each.name for each in model.get_inputs()] == list(inputs)
    assert [each.name for each in model.get_outputs()] == outputs
    assert {each.shape[0] for each in model.get_inputs() + model.get_outputs()} == {"batch"}
    for count in counts:
        given = [minigan.rand(count, *x.shape[1:]) for x in inputs.values()]
        if "labels" in inputs:
            given[1] = minigan.randint(0, 5, (count,))
        with minigan.no_grad():
            ours = network(*given)
        theirs = model.run(None, dict(zip(inputs, [x.numpy() for x in given], strict=True)))
        ours = ours if isinstance(ours, tuple) else (ours,)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(b, a.numpy(), rtol=0, atol=1e-5)


def test_a_network_on_either_library(backend, runtime):
    G = models.DCGANGenerator(6, 2, 16, classes=5)
    labels = minigan.tensor([0, 1, 2, 3])
    assert minigan.onnx.to_bytes(G, G.noise(4), labels)[1] <= 1e-5
    D = models.DCGANDiscriminator(2, 16, spectral=True)
    assert minigan.onnx.to_bytes(D, minigan.rand(4, 1, 16, 16))[1] <= 1e-5


def test_a_generator_of_labels_draws_other_classes_by_them(runtime):
    G = models.DCGANGenerator(6, 2, 16, classes=5)
    labels = minigan.tensor([0, 1, 2, 3])
    model = session(runtime, minigan.onnx.to_bytes(G, G.noise(4), labels)[0])
    z = np.zeros((2, 6), "float32")
    one, other = model.run(None, {"z": z, "labels": np.array([4, 1])})[0]
    assert np.abs(one - other).max() > 1e-4


def test_a_deblurrer_takes_images_of_any_size(runtime):
    network = models.Deblurrer(3, 1)
    (x,), (y,), axes = export.example(network)
    x = export.example(network)[0][x]
    content, _ = minigan.onnx.to_bytes(
        network, x, input_names=["blurred"], output_names=[y], dynamic_axes=axes
    )
    model = session(runtime, content)
    assert model.get_outputs()[0].shape == ["batch", 1, "height", "width"]
    image = minigan.rand(2, 1, 9, 20)
    with minigan.no_grad():
        ours = network(image).numpy()
    theirs = model.run(None, {"blurred": image.numpy()})[0]
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-5)


def test_weights_keep_their_names_and_numbers(onnx):
    G = experienced(models.DCGANGenerator(6, 2, 16, classes=5))
    labels = minigan.tensor([0, 1, 2, 3])
    model = onnx.load_from_string(minigan.onnx.to_bytes(G, G.noise(4), labels)[0])
    held = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    state = {n: t.numpy() for n, t in G.state_dict().items() if "num_batches" not in n}
    assert state.keys() <= held.keys()
    assert all((held[name] == array).all() for name, array in state.items())
    assert all(name.startswith("constant_") for name in held.keys() - state.keys())
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("BatchNormalization") == 2 and "Sub" not in kinds


def test_the_network_is_left_as_it_was(onnx):
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Dropout(0.5))
    list(network)[1].eval()
    before = {name: t.numpy().copy() for name, t in network.state_dict().items()}
    minigan.onnx.to_bytes(network, minigan.randn(4, 3))
    assert [module.training for module in network.modules()] == [True, True, False, True]
    assert all((t.numpy() == before[n]).all() for n, t in network.state_dict().items())
    assert all(parameter.grad_fn is None for parameter in network.parameters())


# -- other networks --------------------------------------------------------------------------------

X = (4, 3, 8, 8)
S, tnn = nn.Sequential, mg.nn
LAYERS = [
    lambda: S(nn.Linear(8, 2), nn.Sigmoid()),
    lambda: S(nn.Flatten(), nn.Linear(192, 12), nn.BatchNorm1d(12), nn.Unflatten(1, (3, 2, 2))),
    lambda: S(nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.Dropout(0.5)),
    lambda: S(nn.ConvTranspose2d(3, 2, 4, 2, 1), nn.Tanh()),
    lambda: S(tnn.ConvTranspose2d(3, 2, 3, 2, 1, output_padding=1), tnn.ReLU(True)),
    lambda: S(tnn.ReLU(inplace=True), tnn.Conv2d(3, 6, 3, groups=3, dilation=2)),
    lambda: S(tnn.Upsample(scale_factor=2), tnn.InstanceNorm2d(3, affine=True), tnn.PReLU(3)),
    lambda: S(tnn.ReflectionPad2d(1), tnn.GroupNorm(3, 3), tnn.SiLU(), tnn.AvgPool2d(2)),
    lambda: S(tnn.Conv2d(3, 4, 4, padding="same"), tnn.PixelShuffle(2), tnn.Softmax(1)),
    lambda: S(tnn.Upsample(scale_factor=2, mode="bilinear"), tnn.LayerNorm(16), tnn.Softplus()),
    lambda: S(tnn.ELU(), tnn.Hardtanh(), tnn.AdaptiveAvgPool2d(1), tnn.LogSoftmax(1)),
    lambda: S(nn.Linear(8, 4), nn.LeakyReLU(2.0)),
]


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("opset", [13, 17, 18])
def test_ordinary_layers(make, opset, runtime):
    minigan.manual_seed(2)
    _, difference = minigan.onnx.to_bytes(experienced(make()), minigan.randn(*X), opset=opset)
    assert difference <= 1e-5


FUNCTIONS = [
    lambda net, x: x.view(x.size(0), -1),
    lambda net, x: x.reshape(len(x) * 3, 64),
    lambda net, x: net.learned.expand(len(x), 3, 8, 8) + x,
    lambda net, x: net.learned.repeat(len(x), 1, 1, 1) * x,
    lambda net, x: x + mg.zeros(1, 3, 8, 8),
    lambda net, x: x[:, 0, ..., 1:7:2][:, None] + x[0, 1, 2, 3],
    lambda net, x: mg.cat([x[..., -2:], x.flip(3).transpose(2, 3)], 3),
    lambda net, x: mg.where(x > 0, x, 0.0) + x.clamp(-1, 1) - (x <= 0) * 2,
    lambda net, x: 2**x + (x.abs() + 1).sqrt().rsqrt().log() / 3 + x**3,
    lambda net, x: x @ x.transpose(2, 3) - x.std(1, keepdim=True) - x.norm(),
    lambda net, x: x.permute(0, 2, 3, 1).chunk(2, 1)[1],
    lambda net, x: F.normalize(x).amax((1, 2)),
    lambda net, x: ((x > 0).sum(1), x.argmax(1), x.double().mean((2, 3))),
    lambda net, x: (x, net.learned, x + 1),
    lambda net, x: (x.half() * 2).float(),
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_operations_on_tensors(function, runtime):
    minigan.manual_seed(3)
    _, difference = minigan.onnx.to_bytes(Computes(function), minigan.randn(*X))
    assert difference <= 1e-5


@pytest.mark.parametrize(
    "function",
    [
        lambda net, x, y: net.table[y] * x[:, :1, 0, :4].sum(1),
        lambda net, x, y: F.embedding(y, net.table, padding_idx=2),
        lambda net, x, y: x * y.view(-1, 1, 1, 1) / 3,
    ],
)
def test_labels_are_an_input(function, runtime):
    minigan.manual_seed(4)
    labels = minigan.tensor([1, 2, 3, 9])
    content, _ = minigan.onnx.to_bytes(Computes(function), minigan.randn(*X), labels,
                                       input_names=["x", "y"])  # fmt: skip
    assert [(i.name, i.type) for i in session(runtime, content).get_inputs()] == [
        ("x", "tensor(float)"),
        ("y", "tensor(int64)"),
    ]


def test_one_sample_is_example_enough(runtime):
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
    assert minigan.onnx.to_bytes(network, minigan.randn(1, 3, 8, 8))[1] <= 1e-5


def test_rounding_is_no_difference(runtime, monkeypatch):
    """Where weights are large, much comes of the last bit, in the network itself as elsewhere."""
    monkeypatch.setattr(trial, "CLOSE", -1.0)
    network = models.DCGANGenerator(6, 2, 16)
    minigan.onnx.to_bytes(network, network.noise(4))
    assert {t.dtype.name for t in network.state_dict().values()} == {"float32", "int64"}
    monkeypatch.setattr(trial, "AS_ROUNDED", -1.0)
    with pytest.raises(UserError, match="nothing was written"):
        minigan.onnx.to_bytes(network, network.noise(4))


# -- what cannot be exported -----------------------------------------------------------------------


def changed_after_use(x):
    numbers = mg.zeros(1, 3, 8, 8)
    y = x + numbers
    return y * numbers.add_(1)


REFUSED = [
    (lambda net, x: x * x.max().item(), "op 'mul' takes .* in one pass, .* in another: it comes"),
    (lambda net, x: x * mg.tensor(x.numpy().mean()), "op 'mul' takes a number that was not"),
    (lambda net, x: x + mg.randn(*x.shape), "op 'add' takes an array of 8×3×8×8 numbers"),
    (lambda net, x: x + mg.randn(1, 3, 8, 8), "op 'add' takes an array of 1×3×8×8 numbers"),
    (lambda net, x: x / len(x), "op 'div' computes with 8 in one pass, 12 in another"),
    (lambda net, x: x[: len(x) // 2], "op 'take' takes a size, 4 in one pass, 6 in another"),
    (lambda net, x: mg.stack([row * 2 for row in x]), "does not do the same .* number of them"),
    (lambda net, x: x * 2 if len(x) > 8 else x + 1, "does not do the same .* add.* mul"),
    (lambda net, x: (x * 2).add_(x.mean()) * 2, "op 'mul' takes an array .* a change in place"),
    (lambda net, x: x[x > 0], "op 'take' picks by a mask"),
    (lambda net, x: x.cumsum(1), "op 'cumsum' has no translation; .* minigan.onnx.KNOWN"),
    (lambda net, x: net.learned.data.mul_(2), "changes its own 'learned' in place"),
    (lambda net, x: changed_after_use(x), "changes numbers that it has used in place"),
    (lambda net, x: {"images": x}, "the network returns dict; it may return tensors"),
    (lambda net, x: x.reshape(4, -1, 7), "with inputs of 8×3×8×8 the network fails: .*reshape"),
]  # fmt: skip


@pytest.mark.parametrize("function, said", REFUSED)
def test_what_it_cannot_write_is_refused_and_no_file_is_left(function, said, onnx, tmp_path):
    with pytest.raises(UserError, match=said) as told:
        minigan.onnx.export(Computes(function), tmp_path / "net.onnx", minigan.randn(*X))
    assert str(told.value).startswith("onnx: ") and "\n" not in str(told.value)
    assert os.listdir(tmp_path) == []


def test_what_decides_by_numbers_is_noticed_where_it_is_tried_out(runtime, tmp_path):
    network = Computes(lambda net, x: x * 2 if len(x) > 5 else x + 1)
    with pytest.raises(UserError, match="something else than the network: its outputs are"):
        minigan.onnx.export(network, tmp_path / "net.onnx", minigan.randn(*X))
    assert os.listdir(tmp_path) == []


def test_a_wrong_translation_is_noticed(runtime, monkeypatch, tmp_path):
    from minigan.onnx.translations import TRANSLATIONS

    wrong = TRANSLATIONS["ops.elementwise.sub"]
    monkeypatch.setitem(TRANSLATIONS, "ops.elementwise.add", wrong)
    with pytest.raises(UserError, match=r"its outputs are [\d.]+ off, and nothing was"):
        minigan.onnx.export(Computes(lambda net, x: x + 1), tmp_path / "a.onnx", minigan.rand(4, 2))
    assert os.listdir(tmp_path) == []


def test_a_batch_that_is_not_open_stays_as_it_is(runtime):
    """What depends on the number of samples may then be written."""
    network = Computes(lambda net, x: x / len(x))
    content, _ = minigan.onnx.to_bytes(network, minigan.randn(4, 2), dynamic_axes={})
    assert session(runtime, content).get_outputs()[0].shape == [4, 2]


def test_names_may_be_those_of_its_parts(runtime):
    network = S(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 3), nn.LeakyReLU(0.1))
    network.LeakyRelu_3 = nn.Parameter(minigan.ones(1))
    names = {"input_names": ["Relu_1"], "output_names": ["image"]}
    assert minigan.onnx.to_bytes(network, minigan.randn(4, 3), **names)[1] <= 1e-5
    network = Computes(lambda net, x: x.flatten(1) * 2.0)
    names = {"input_names": ["constant_0"]}
    assert minigan.onnx.to_bytes(network, minigan.randn(4, 3, 2), **names)[1] <= 1e-5


@pytest.mark.parametrize(
    "options, said",
    [
        ({"opset": 11}, "opset 11: choose one from 13 to "),
        ({"opset": 999}, "opset 999: choose one from 13 to "),
        ({"input_names": ["a", "b"]}, "1 inputs take a list of as many"),
        ({"input_names": "x"}, "1 inputs take a list"),
        ({"input_names": ["weight"]}, "input 'weight' has the name of a parameter"),
        ({"output_names": ["input"], "input_names": ["input"]}, "output 'input' has the name of"),
        ({"dynamic_axes": {"z": [0]}}, "dynamic_axes names 'z', .* these are x, output"),
        ({"dynamic_axes": {"x": [5]}}, "input 'x' has 2 axes, and no axis 5"),
    ],
)
def test_options_that_do_not_fit(options, said, onnx):
    with pytest.raises(UserError, match=said):
        minigan.onnx.to_bytes(nn.Linear(3, 2), minigan.randn(4, 3), **options)


def test_what_is_no_network_and_no_example(onnx):
    with pytest.raises(TypeError, match="function is no Module"):
        minigan.onnx.to_bytes(lambda x: x, minigan.randn(4, 3))
    with pytest.raises(TypeError, match="an example tensor for each input, not nothing"):
        minigan.onnx.to_bytes(nn.Linear(3, 2))
    with pytest.raises(TypeError, match="not ndarray"):
        minigan.onnx.to_bytes(nn.Linear(3, 2), np.zeros((4, 3), "float32"))
    with pytest.raises(UserError, match="has no numbers: give one sample at least"):
        minigan.onnx.to_bytes(nn.Linear(3, 2), minigan.randn(0, 3))


def test_every_translation_is_of_an_op_that_there_is():
    for address in minigan.onnx.KNOWN:
        module, _, name = address.rpartition(".")
        function = getattr(importlib.import_module(f"minigan.{module}"), name)
        assert function.op.forward.__name__ == name


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_package_that_is_missing(package, onnx, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)  # so that its import fails
    if package == "onnxruntime":
        content, difference = minigan.onnx.to_bytes(nn.Linear(3, 2), minigan.randn(4, 3))
        assert content and difference is None
    else:
        with pytest.raises(UserError, match=r'pip install "minigan\[onnx\]"'):
            minigan.onnx.to_bytes(nn.Linear(3, 2), minigan.randn(4, 3))


def test_torch_onnx(runtime, tmp_path):
    network, file = nn.Linear(3, 2), io.BytesIO()
    names = {"input_names": ["z"], "output_names": ["y"], "opset_version": 18, "verbose": False}
    axes = {"z": {0: "batch_size"}, "y": {0: "batch_size"}}
    mg.onnx.export(network, mg.randn(1, 3), file, **names, dynamic_axes=axes)
    assert session(runtime, file.getvalue()).get_outputs()[0].shape == ["batch_size", 2]
    mg.onnx.export(network, (mg.randn(1, 3),), tmp_path / "net.onnx", **names)
    assert session(runtime, str(tmp_path / "net.onnx")).get_outputs()[0].shape == [1, 2]
    for words in (
        {"training": mg.onnx.TrainingMode.TRAINING},
        {"export_params": False},
        {"keep_initializers_as_inputs": True},
    ):
        with pytest.raises(TypeError, match=f"onnx.export: {next(iter(words))}"):
            mg.onnx.export(network, mg.randn(1, 3), file, **words)


# -- the trace -------------------------------------------------------------------------------------


def test_a_trace_tells_every_op_in_order():
    weight, labels = minigan.randn(5, 3), minigan.tensor([4, 0])
    with trace() as steps:
        result = (weight[labels] * 2.0).sum()
    assert list(map(str, steps)) == [
        "take(5×3, (" + repr(labels) + ",)) → 2×3",
        "mul(2×3, 2.0) → 2×3",
        "sum(2×3, (0, 1), False) → a number",
    ]
    assert steps[-1].result is result and steps[0].args[1][0] is labels


def test_a_trace_sees_changes_in_place_and_only_its_own_thread():
    def elsewhere():
        minigan.ones(3) + 1

    with trace() as steps:
        x = minigan.ones(3) * 2
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()
        F.relu(x, inplace=True)
        x.mul_(0)
    kinds = [type(step) for step in steps]
    assert kinds == [Step, Step, Change, Change]
    assert steps[2].result is steps[1].result and steps[3].result is None
    assert str(steps[3]) == "3 changed in place"


def test_after_a_trace_nothing_is_noted_any_more():
    with pytest.raises(ZeroDivisionError), trace() as steps:
        1 / 0  # noqa: B018
    minigan.ones(3) + 1
    assert steps == []


# -- the command -----------------------------------------------------------------------------------


@contextmanager
def untouched(folder):
    """Nothing changes in the folder meanwhile."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    yield
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.fixture
def a_run(tmp_path, monkeypatch):
    """A folder as a run leaves it, with a D and a conditional G."""
    monkeypatch.setattr(sys, "argv", ["minigan export"])
    return run_of(tmp_path / "a run", D=models.DCGANDiscriminator(2, 16, classes=5),
                  G=experienced(models.DCGANGenerator(6, 2, 16, classes=5)))  # fmt: skip


def run_of(folder, program="mnist_dense", **networks):
    folder.mkdir()
    described = {}
    for name, network in networks.items():
        minigan.save(network.state_dict(), folder / f"{name}.safetensors")
        arguments = getattr(network, "arguments", None)
        described[name] = {"class": type(network).__name__, "arguments": arguments}
    settings = {"program": program, "options": {}, "networks": described, "files": []}
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    minigan.save({"epoch": 3}, folder / "checkpoint.safetensors")
    return folder


def told(capsys, *words):
    """What the command prints, of lines that a terminal of 80 columns shows."""
    assert export.main(list(map(str, words))) is None
    out, err = capsys.readouterr()
    assert err == "" and all(len(line) <= 80 for line in out.splitlines() if "  " in line[:2])
    return out.splitlines()


def refusal(*words):
    with pytest.raises(UserError) as error:
        export.main(list(map(str, words)))
    assert "\n" not in str(error.value)
    return str(error.value)


def same(found, weights):
    expected = minigan.load(weights)
    arrays = {name: np.asarray(value) for name, value in found.items()}
    assert arrays.keys() == expected.keys()
    for name, tensor in expected.items():
        assert arrays[name].dtype == tensor.dtype and arrays[name].shape == tensor.shape
        assert arrays[name].tobytes() == tensor.numpy().tobytes()


def test_each_format_of_weights_is_read_by_its_own_library(a_run, tmp_path, capsys, torch):
    safetensors = pytest.importorskip("safetensors.torch")
    out = tmp_path / "elsewhere"
    out.mkdir()
    lines = told(capsys, a_run, "--to", "npz", "torch", "safetensors", "--out", out)
    assert lines == [
        f"wrote {out / 'G.npz'}",
        '  numpy.load("G.npz")',
        f"wrote {out / 'G.pt'}",
        '  torch.load("G.pt", weights_only=True)',
        f"wrote {out / 'G.safetensors'}",
        '  safetensors.torch.load_file("G.safetensors")',
    ]
    weights = a_run / "G.safetensors"
    with np.load(out / "G.npz") as archive:
        same(dict(archive), weights)
    same(torch.load(out / "G.pt", weights_only=True), weights)
    found = safetensors.load_file(out / "G.safetensors")
    same(found, weights)
    assert sorted(os.listdir(out)) == ["G.npz", "G.pt", "G.safetensors"]


def test_onnx_is_what_it_writes_by_itself(a_run, capsys, runtime):
    first, second = told(capsys, a_run)
    assert first.startswith(f"wrote {a_run / 'G.onnx'}; onnxruntime agrees to ")
    assert second == (
        '  onnxruntime.InferenceSession("G.onnx").run(None, {"z": z, "labels": labels})'
    )
    model = session(runtime, str(a_run / "G.onnx"))
    assert [each.name for each in model.get_outputs()] == ["images"]
    z, labels = minigan.randn(3, 6), minigan.tensor([4, 0, 2])
    G = minigan.run.load_network(a_run)
    with minigan.no_grad():
        ours = G(z, labels).numpy()
    theirs = model.run(None, {"z": z.numpy(), "labels": labels.numpy()})[0]
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-5)
    told(capsys, a_run)  # once more, in its place
    lines = told(capsys, a_run / "D.safetensors", "--out", a_run / "judge.onnx")
    assert lines[1].endswith('("judge.onnx").run(None, {"images": images})')
    assert len(session(runtime, str(a_run / "judge.onnx")).get_outputs()) == 2


def test_another_network_and_an_earlier_one(a_run, capsys):
    (a_run / "G_019.safetensors").write_bytes((a_run / "G.safetensors").read_bytes())
    assert told(capsys, a_run, "--network", "D", "--to", "npz")[0] == f"wrote {a_run / 'D.npz'}"
    lines = told(capsys, a_run / "G_019.safetensors", "--to", "npz", "npz")
    assert lines == [f"wrote {a_run / 'G_019.npz'}", '  numpy.load("G_019.npz")']
    assert told(capsys, a_run, "--network", "G_019", "--to", "npz") == lines


def test_the_safetensors_of_a_run_are_there_already(a_run, capsys):
    with untouched(a_run):
        lines = told(capsys, a_run, "--to", "safetensors")
    assert lines[0] == f"{a_run / 'G.safetensors'} is that already"


def test_a_copy_beside_the_run_stays_and_one_elsewhere_is_replaced(a_run, tmp_path, capsys):
    told(capsys, a_run, "--to", "safetensors", "--out", a_run / "copy.safetensors")
    same({n: t.numpy() for n, t in minigan.load(a_run / "copy.safetensors").items()},
         a_run / "G.safetensors")  # fmt: skip
    assert "choose another --out" in refusal(
        a_run, "--to", "safetensors", "--out", a_run / "copy.safetensors"
    )
    for _ in range(2):  # elsewhere it may be replaced
        told(capsys, a_run, "--to", "safetensors", "--out", tmp_path / "copy.safetensors")


def test_a_network_of_a_program_alone(tmp_path, capsys, monkeypatch, onnx):
    monkeypatch.setattr(sys, "argv", ["minigan export"])
    folder = run_of(tmp_path / "ring", G=nn.Sequential(nn.Linear(2, 2), nn.Tanh()))
    with untouched(folder):
        said = refusal(folder)
    assert "G is a Sequential, which only the program that made it can build" in said
    assert (
        'minigan.onnx.export(G, "G.onnx", z)' in said and "--to safetensors, npz or torch" in said
    )
    assert told(capsys, folder, "--to", "npz")[0] == f"wrote {folder / 'G.npz'}"
    (folder / "settings.json").unlink()
    told(capsys, folder / "G.safetensors", "--to", "npz")  # weights need no settings
    assert "no settings.json is there" in refusal(folder)


def test_the_networks_of_programs(tmp_path, capsys, monkeypatch, runtime):
    monkeypatch.setattr(sys, "argv", ["minigan export"])
    program = programs.load("mnist_class_dcgan")
    networks = {"G": program.Generator(6, 2, 8), "D": program.Discriminator(2, 8)}
    folder = run_of(tmp_path / "class", "mnist_class_dcgan", **networks)
    for name, given in (("G", "z"), ("D", "images")):
        assert export.main([str(folder), "--network", name]) is None
        wrote, read = capsys.readouterr().out.splitlines()
        assert wrote.startswith(f"wrote {folder / name}.onnx; onnxruntime agrees to ")
        assert wrote.endswith("depend on each other: give it as many at once as in training")
        assert read.endswith(f'run(None, {{"{given}": {given}, "labels": labels}})')
    program = programs.load("mixture_2d")
    average = gan.EMA(G := program.Generator(2, 8), 0.9)
    folder = run_of(tmp_path / "mixture", "mixture_2d", G=G, G_ema=average)
    assert "onnxruntime agrees" in told(capsys, folder, "--network", "G_ema")[0]
    model = session(runtime, str(folder / "G_ema.onnx"))
    assert [each.name for each in model.get_outputs()] == ["points"]


def test_a_run_of_one_network_needs_no_name(tmp_path, capsys, monkeypatch, runtime):
    monkeypatch.setattr(sys, "argv", ["minigan export"])
    folder = run_of(tmp_path / "c", "mnist_classifier", C=LeNet(3))
    first, second, third = told(capsys, folder)
    assert first == f"there is no G in {folder}, but C"
    assert second.startswith(f"wrote {folder / 'C.onnx'}; onnxruntime agrees to ")
    assert third.endswith('("C.onnx").run(None, {"images": images})')
    model = session(runtime, str(folder / "C.onnx"))
    assert [each.name for each in model.get_outputs()] == ["scores"]


def test_a_network_that_does_not_tell_what_it_reads(tmp_path, monkeypatch, onnx):
    monkeypatch.setattr(sys, "argv", ["minigan export"])
    D = programs.load("stacked_mnist").Discriminator(2, 6)
    folder = run_of(tmp_path / "stacked", "stacked_mnist", D=D)
    with untouched(folder):
        said = refusal(folder / "D.safetensors")
    assert "a Discriminator with {'width': 2, 'channels': 6} does not tell the size of" in said
    assert "minigan.onnx.export takes an example" in said and "--to safetensors, npz or" in said


@pytest.mark.parametrize(
    "words, said",
    [
        (["nowhere"], "cannot read nowhere: No such file"),
        (["{run}/checkpoint.safetensors", "--to", "npz"], "holds no tensors by name"),
        (["{run}/settings.json"], "it is not a safetensors file"),
        (["{run}", "--network", "g"], "no weights of g in {run}, only D, G; did you mean --network G?"),
        (["{run}", "--network", "../a run/G"], "no weights of ../a run/G in {run}, only D, G"),
        (["{run}/G.safetensors", "--network", "D"], "is one network's file: leave --network D out"),
        (["{run}", "--to", "npz", "torch", "--out", "new"], "--out new is no folder: create it"),
        (["{run}", "--to", "npz", "--out", "new/"], "--out new/ is no folder: create it first"),
        (["{run}", "--to", "npz", "--out", "new/G.npz"], "new is not a folder; create it first"),
        (["{run}", "--to", "npz", "--out", "{run}/settings.json"], "is there, and no file that was"),
        (["{run}", "--to", "npz", "--out", "{run}/G.safetensors"], "choose another --out"),
        (["{run}", "--to", "safetensors", "--out", "{run}/D.safetensors"], "choose another --out"),
    ],
)  # fmt: skip
def test_what_it_cannot_do_is_said_in_one_line_and_changes_nothing(
    words, said, a_run, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with untouched(tmp_path):
        found = refusal(*[word.replace("{run}", str(a_run)) for word in words])
    assert said.replace("{run}", str(a_run)) in found


def test_damaged_weights(a_run):
    weights = a_run / "G.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    with untouched(a_run):
        assert "its checksum is another one" in refusal(a_run, "--to", "npz")


def test_weights_of_another_network(a_run, onnx):
    (a_run / "G.safetensors").write_bytes((a_run / "D.safetensors").read_bytes())
    with untouched(a_run):
        assert "the network G cannot be built from what stands there" in refusal(a_run)


def test_nothing_is_written_unless_all_can_be(a_run, monkeypatch, onnx):
    monkeypatch.setitem(sys.modules, "torch", None)
    with untouched(a_run):
        said = refusal(a_run, "--to", "npz", "onnx", "torch")
    assert "pip install torch; or give --to safetensors" in said and "load_file" in said
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(trial, "CLOSE", -1.0)
    monkeypatch.setattr(trial, "AS_ROUNDED", -1.0)
    with untouched(a_run):
        assert "nothing was written" in refusal(a_run, "--to", "npz", "onnx")


def test_an_unknown_format_is_an_error_of_the_command_line(a_run, capsys):
    with pytest.raises(SystemExit) as end:
        export.main([str(a_run), "--to", "onx"])
    err = capsys.readouterr().err
    assert end.value.code == 2 and err.count("\n") == 1
    assert err.startswith("minigan export: error: argument --to: invalid choice: 'onx'")


def test_examples_have_as_many_axes_as_they_are_said_to_have():
    assert passes.grown(minigan.ones(4, 3), {0: 2}) == [8, 3]
    x = passes.like(minigan.tensor([3, 3, 7]), [5], 1)
    assert sorted(x.numpy()) == [3, 3, 3, 3, 7]
