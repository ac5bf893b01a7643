"""Who refuses what: every public layer and function on right and on wrong shapes and arguments.

What PyTorch refuses, minigan refuses; what both accept has the same shape, dtype, values, gradients
and buffers, and warns where PyTorch's warning says that something is seldom meant. minigan may
refuse more, and then says what to do instead. The table of calls is in shape_rows.py.
"""

import inspect
import math
import types
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from shape_rows import ROWS, Row, T

import minigan.torch as mg
from minigan import backend as B
from minigan import errors
from minigan.torch import nn
from minigan.torch.nn import functional, init

PLACES = {"nn": nn, "F": functional, "init": init}
CONTAINERS = """
    DataParallel Module ModuleDict ModuleList Parameter ParameterDict ParameterList Sequential
""".split()

# -- calling ---------------------------------------------------------------------------------------

# what a warning of PyTorch's must say for ours to be asked for
MEANT = ("target size", "dropout2d", "does not match num_features")


@dataclass
class Outcome:
    """What came of a call: a result, gradients and buffers, or an error."""

    result: Any = None
    gradients: list[Any] = field(default_factory=list)
    buffers: dict[str, Any] = field(default_factory=dict)
    state: dict[str, np.ndarray] = field(default_factory=dict)  # before the call
    error: Exception | None = None
    warned: list[str] = field(default_factory=list)


def made(m: Any, value: Any, seed: int, leaves: list[Any] | None) -> Any:
    """An argument as this library has it; float tensors become leaves when asked for."""
    if not isinstance(value, T):
        return getattr(m, value) if value in ("float64", "float32") else value
    array = value.array(seed)
    tensor = mg.tensor(array) if m is mg else m.tensor(array)
    if leaves is not None and value.learned and value.dtype.startswith("float"):
        leaves.append(tensor.requires_grad_())
    return tensor


def outcome(m: Any, row: Row, call: Any, state: dict[str, np.ndarray] | None = None) -> Outcome:
    """The call, made with this library, and with this state in the layer if there is one."""
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            out = _called(m, row, call, state)
        except Exception as error:
            out = Outcome(error=error)
    out.warned = [str(warning.message) for warning in caught]
    return out


def _called(m: Any, row: Row, call: Any, state: Any) -> Outcome:
    (place, name), (arguments, inputs, train) = row.name.split("."), call
    leaves: list[Any] = []
    constant = ("running_mean", "running_var") if place == "F" else arguments
    options = {
        name: made(m, value, 7 + i, None if name in constant else leaves)
        for i, (name, value) in enumerate(arguments.items())
    }
    tensors = [made(m, x, i, None if place == "init" else leaves) for i, x in enumerate(inputs)]
    out, module = Outcome(), None
    if place == "nn":
        module = getattr(m.nn, name)(**options).train(train)
        out.state = {k: host(v).copy() for k, v in module.state_dict().items()}
        if state is not None:
            module.load_state_dict({k: m.tensor(v) for k, v in state.items()})
        leaves += module.parameters()
        out.result = module(*tensors)
        out.buffers = {k: v for k, v in module.named_buffers() if v is not None}
    else:
        where = m.nn.init if place == "init" else m.nn.functional
        out.result = getattr(where, name)(*tensors, **options)
    if isinstance(out.result, m.Tensor) and out.result.requires_grad:
        weight = np.random.default_rng(3).standard_normal(tuple(out.result.shape))
        out.result.backward(m.tensor(weight.astype(dtype_of(out.result))))
    out.gradients = [leaf.grad for leaf in leaves]
    return out


def host(x: Any) -> np.ndarray:
    return B.to_host(x.array) if isinstance(x, mg.Tensor) else x.detach().numpy()


def dtype_of(x: Any) -> str:
    return str(x.dtype).removeprefix("torch.")


def close(x: np.ndarray, y: np.ndarray, relative: float, absolute: float) -> bool:
    if x.dtype.itemsize == 2 and x.dtype.kind == "f":
        relative, absolute = 1e-2, 2e-2
    return x.shape == y.shape and np.allclose(x, y, relative, absolute, equal_nan=True)


def difference(row: Row, ours: Outcome, theirs: Outcome) -> str | None:
    """How two results differ, or None."""
    x, y = ours.result, theirs.result
    if tuple(x.shape) != tuple(y.shape) or dtype_of(x) != dtype_of(y):
        return f"{dtype_of(x)} {tuple(x.shape)}, not {dtype_of(y)} {tuple(y.shape)}"
    if row.random:
        return None
    if not close(host(x), host(y), 1e-4, 3e-5):
        return f"values {host(x).ravel()[:4]}, not {host(y).ravel()[:4]}"
    for a, b in zip(ours.gradients, theirs.gradients, strict=True):
        if a is not None or b is not None:
            p = np.zeros_like(host(b)) if a is None else host(a)
            q = np.zeros_like(p) if b is None else host(b)
            if not close(p, q, 1e-3, 3e-4):
                return f"gradient {p.ravel()[:4]}, not {q.ravel()[:4]}"
    for name, value in theirs.buffers.items():
        if name not in ours.buffers or not close(host(ours.buffers[name]), host(value), 1e-4, 3e-5):
            return f"buffer {name}"
    return None


# -- against PyTorch -------------------------------------------------------------------------------


def verdict(torch: Any, row: Row, call: Any) -> str | None:
    """What is wrong with a call, or None."""
    theirs = outcome(torch, row, call)
    ours = outcome(mg, row, call, theirs.state or None)
    if ours.error is not None:
        if theirs.error is None and isinstance(ours.error, (AttributeError, AssertionError)):
            return f"fails by {ours.error!r}"
        return None
    if theirs.error is not None:
        if "does not have a device" in str(theirs.error):
            return None  # PyTorch 2.13's group_norm with a bias alone: a fault, no refusal
        return f"accepts, PyTorch: {str(theirs.error).splitlines()[0]}"
    if found := difference(row, ours, theirs):
        return found
    meant = [text for text in theirs.warned if any(part in text for part in MEANT)]
    return f"does not warn: {meant[0]}" if meant and not ours.warned else None


@pytest.mark.parametrize("name", ROWS)
def test_what_pytorch_refuses_is_refused_and_the_rest_agrees(torch, name):
    wrong = []
    for row in ROWS[name]:
        for call in row.calls():
            if found := verdict(torch, row, call):
                arguments, inputs, train = call
                wrong.append(f"{name}{arguments} on {inputs}, train={train}: {found}")
    assert not wrong, f"{len(wrong)} calls, among them\n" + "\n".join(wrong[:10])


@pytest.mark.parametrize("name", ROWS)
def test_what_fits_is_taken(name):
    row = ROWS[name][0]
    assert outcome(mg, row, next(row.calls())).error is None


# -- their signatures ------------------------------------------------------------------------------

NOT_THERE = {"_weight", "_freeze", "min_value", "max_value"}  # no public word, or a former one


def signature_of(function: Any) -> list[str]:
    """The names of the parameters; of a layer that is a function, of its options."""
    return list(getattr(function, "options", inspect.signature(function).parameters))


def pytorchs(torch: Any, name: str) -> list[str]:
    """The names of PyTorch's parameters, from its signature or the first line of its docstring."""
    place, short = name.split(".")
    function = getattr(
        {"nn": torch.nn, "F": torch.nn.functional, "init": torch.nn.init}[place], short
    )
    try:
        names = signature_of(function)
    except ValueError:  # it is not written in Python
        names = ["args"]
    if names[0] == "args" and place == "F":
        line = next(line for line in function.__doc__.splitlines() if line.strip())
        inside = line.partition("(")[2].rpartition(")")[0]
        names = [part.split("=")[0].strip() for part in inside.split(",")]
    return [name for name in names if name not in ("args", "kwargs")]


@pytest.mark.parametrize("name", ROWS)
def test_arguments_have_pytorchs_names_in_pytorchs_order(torch, name):
    place, short = name.split(".")
    function = getattr(PLACES[place], short)
    ours = [word for word in signature_of(function) if word not in ("_", "__")]
    theirs = pytorchs(torch, name)
    if hasattr(function, "options") or (hasattr(function, "__init__") and place == "nn"):
        # placing() takes these two by name; what PyTorch has behind them, by name as well
        placed = [word for word in ("device", "dtype") if word in theirs]
        cut = theirs.index("device") if placed else len(theirs)
        later = [word for word in theirs[cut:] if word not in placed]
        theirs = [*theirs[:cut], *later]
    theirs = [word for word in theirs if word not in NOT_THERE]
    if place == "F":  # the input, under whatever name
        ours, theirs = ours[1:], theirs[1:]
    if short == "upsample":  # which is interpolate here, with what was added to that
        ours = ours[: len(theirs)]
    assert ours == theirs


@pytest.mark.parametrize("name", ROWS)
def test_every_argument_is_tried(name):
    place, short = name.split(".")
    untried = {"inplace", "_stacklevel", "out", "generator", "_", "__", "norm_type", *NOT_THERE}
    untried |= {"eps"} if short == "gumbel_softmax" else set()  # PyTorch, too, ignores it
    untried |= {"antialias", "recompute_scale_factor"} if short == "upsample" else set()
    names = signature_of(getattr(PLACES[place], short))
    inputs = len(ROWS[name][0].inputs) if place != "nn" else 0
    tried = {word for row in ROWS[name] for word in (*row.base, *row.others)}
    assert set(names[inputs:]) - untried - tried == set()


@pytest.mark.parametrize(
    "name",
    """
    BatchNorm1d BatchNorm2d Conv1d Conv2d ConvTranspose1d ConvTranspose2d Embedding GroupNorm
    LayerNorm Linear PReLU
    """.split(),
)
def test_layers_begin_where_they_are_told_to(name):
    row, build = ROWS[f"nn.{name}"][0], getattr(nn, name)
    layer = build(**row.base, dtype="float64")
    assert {str(p.dtype) for p in layer.parameters()} == {"float64"}
    with pytest.raises(errors.BackendError, match="device 'meta': minigan computes on cpu"):
        build(**row.base, device="meta")


def test_device_and_dtype_may_come_by_position(torch):
    for m in (mg, torch):
        assert m.nn.Linear(2, 3, True, "cpu", m.float64).weight.dtype == m.float64
        assert m.nn.Linear(2, 3, False, None).bias is None
        with pytest.raises(TypeError):
            m.nn.Linear(2, 3, True, None, None, 5)


def test_every_public_layer_and_function_has_a_row():
    public = {f"nn.{name}" for name in nn.__all__ if isinstance(getattr(nn, name), type)}
    public |= {f"F.{name}" for name in functional.__all__}
    public |= {
        f"init.{name}"
        for name, value in vars(init).items()
        if isinstance(value, types.FunctionType) and name.endswith("_") and name[0] != "_"
    }
    assert public - {f"nn.{name}" for name in CONTAINERS} == set(ROWS)


# -- what a person reads ---------------------------------------------------------------------------

SAID = [  # a call, and what its refusal must name
    (lambda: nn.LayerNorm([3, 4])(mg.ones(1, 4)), r"layer_norm: .*\(1, 4\) does not end with \(3, 4\)"),
    (lambda: nn.LayerNorm(5, elementwise_affine=False)(mg.ones(3, 4)), r"does not end with \(5,\)"),
    (lambda: nn.LayerNorm(1)(mg.ones(3, 4)), r"does not end with \(1,\)"),
    (lambda: nn.LayerNorm(()), r"normalized_shape=\(\) must be one size or several"),
    (lambda: nn.GroupNorm(1, 1)(mg.ones(2, 6, 3, 3)), r"weight \(1,\) must be \(6,\), one number for each channel"),
    (lambda: nn.GroupNorm(4, 6), "num_channels=6 is not divisible by num_groups=4"),
    (lambda: functional.group_norm(mg.ones(1, 4), 4), "no two values in a group"),
    (lambda: nn.InstanceNorm2d(3)(mg.ones(2, 3, 1, 1)), "no two values a channel"),
    (lambda: nn.BatchNorm2d(0), "num_features=0 must be at least 1"),
    (lambda: nn.BatchNorm1d(3, track_running_stats=False).eval()(mg.ones(1, 3)), "no more than one value a channel"),
    (lambda: functional.batch_norm(mg.ones(2, 3), None, None), "give both running statistics, or neither in training"),
    (lambda: functional.batch_norm(mg.ones(2, 3), mg.ones(1), mg.ones(3)), r"running_mean \(1,\) must be \(3,\)"),
    (lambda: nn.BatchNorm1d(3)(mg.ones(2, 3).double()), r"is float64 and a weight or statistic float32.*x\.to"),
    (lambda: nn.GLU()(mg.ones(2, 3)), "no halves"),
    (lambda: nn.PReLU(3)(mg.ones(2, 4)), r"prelu: weight \(3,\) is neither one number nor one for each channel"),
    (lambda: nn.Hardtanh(1.0, 0.0)(mg.ones(2)), "min_val=1.0 is above max_val=0.0"),
    (lambda: nn.MaxPool2d(2, padding=2)(mg.ones(1, 1, 4, 4)), "padding is at most half of the kernel"),
    (lambda: nn.MaxPool2d(2, return_indices=True), "MaxPool2d: return_indices=True is not known here"),
    (lambda: nn.AvgPool2d(5)(mg.ones(1, 1, 4, 4)), r"leave nothing of \(1, 1, 4, 4\)"),
    (lambda: nn.AvgPool2d(2)(mg.ones(1, 4)), r"expected images \(N, C, H, W\) or \(C, H, W\), got \(1, 4\)"),
    (lambda: nn.AvgPool2d((2, 2, 2))(mg.ones(1, 1, 4, 4)), "neither a whole number nor a pair"),
    (lambda: nn.Conv2d(1, 1, 3, stride=(1, 2, 3)), r"\(1, 2, 3\) is neither a whole number nor a pair"),
    (lambda: functional.conv2d(mg.ones(1, 1, 5, 5), mg.ones(1, 1, 3, 3), stride=0), "sizes and stride are at least 1"),
    (lambda: functional.conv2d(mg.ones(1, 1, 5, 5), mg.ones(1, 1, 3)), r"a weight of 4.*got \(1, 1, 5, 5\) and \(1, 1, 3\)"),
    (lambda: functional.conv2d(mg.ones(1, 1, 5, 5), mg.ones(1, 1, 3, 3), padding="full"), 'numbers, "valid", or "same"'),
    (lambda: nn.ConvTranspose2d(1, 1, 3, output_padding=1)(mg.ones(1, 1, 3, 3)), "output_padding .* smaller than"),
    (lambda: nn.ConvTranspose2d(1, 1, 3, 2)(mg.ones(1, 1, 3, 3), output_size=(9, 9)), r"output_size \(9, 9\) is not between \[7, 7\]"),
    (lambda: functional.linear(mg.ones(2, 3), mg.ones(4, 3), mg.ones(3)), r"weight \(4, 3\) and bias \(3,\) are not"),
    (lambda: functional.interpolate(mg.ones(1, 1, 4, 4), size=3, scale_factor=2), "either size or scale_factor"),
    (lambda: functional.interpolate(mg.ones(1, 1, 4, 4), size=3, align_corners=True), "not of 'nearest'; leave it out"),
    (lambda: functional.interpolate(mg.ones(1, 1, 4, 4), size=3, mode="cubic"), "bicubic, area"),
    (lambda: functional.interpolate(mg.ones(1, 1, 4, 4), size=3, mode="bilinear", antialias=True), "antialias=True .* mode='area'"),
    (lambda: functional.interpolate(mg.ones(1, 1, 4, 4), size=3, recompute_scale_factor=True), "needs a scale_factor"),
    (lambda: functional.pad(mg.ones(1, 2, 2), (2, 0), "reflect"), "reflect takes less than an axis has"),
    (lambda: functional.pad(mg.ones(1, 2, 2), (1, 1), "reflect", 1.0), "takes no value"),
    (lambda: functional.pad(mg.ones(2, 2), (-3, 0)), "crops more than there is"),
    (lambda: nn.PixelShuffle(2)(mg.ones(1, 6, 2, 2)), "6 channels are not divisible by 2² = 4"),
    (lambda: nn.Unflatten(1, (2, 3))(mg.ones(2, 5)), r"axis 1 of \(2, 5\) is not \(2, 3\), whose product is 6"),
    (lambda: nn.Flatten(2, 1)(mg.ones(2, 3, 4)), "axis 2 comes after axis 1"),
    (lambda: nn.Embedding(3, 2, padding_idx=3), "padding_idx=3 is none of the 3 rows"),
    (lambda: nn.Embedding(3, 2, max_norm=1.0), "max_norm=1.0 is not known here: clip the rows"),
    (lambda: nn.Embedding(3, 2)(mg.tensor([True])), r"not bool.*x\.long\(\)"),
    (lambda: functional.one_hot(mg.tensor([0.0, 1.0])), r"must be int64, not float32: x\.long\(\)"),
    (lambda: nn.Dropout(0.5)(mg.tensor([1, 2])), r"Dropout: the input is int64: give floats"),
    (lambda: nn.BCELoss()(mg.ones(2), mg.tensor([0, 1])), "the target int64: give floats of one dtype"),
    (lambda: nn.BCELoss(mg.ones(3))(mg.ones(2), mg.ones(2)), "broadcast"),
    (lambda: nn.CrossEntropyLoss([1.0, 2.0]), r"weight must be a tensor, as tensor\(\[1.0, 2.0\]\)"),
    (lambda: nn.MSELoss()(mg.ones(2), mg.tensor([0, 1])), r"make both float, as by \.to\(input\.dtype\)"),
    (lambda: nn.SmoothL1Loss(beta=-1.0)(mg.ones(2), mg.ones(2)), "beta=-1.0 must be at least 0"),
    (lambda: nn.CrossEntropyLoss(label_smoothing=2.0)(mg.ones(1, 2), mg.tensor([0])), r"within \[0, 1\]"),
    (lambda: nn.CrossEntropyLoss(mg.ones(3))(mg.ones(1, 2), mg.tensor([0])), r"weight \(3,\) must be \(2,\), one number for each class"),
    (lambda: nn.CrossEntropyLoss(ignore_index=1)(mg.ones(1, 2), mg.ones(1, 2)), "ignores class numbers only"),
    (lambda: nn.NLLLoss()(mg.ones(1, 2), mg.tensor([0], dtype=mg.int32)), "int64, got int32"),
    (lambda: nn.MSELoss(reduction="avg"), "reduction 'avg' is none of mean, sum, none"),
    (lambda: init.uniform_(mg.ones(2), 1.0, 0.0), "no number from 1.0 to below 0.0"),
    (lambda: init.normal_(mg.ones(2), 0.0, -1.0), "std=-1.0 must be at least 0"),
    (lambda: init.kaiming_normal_(mg.ones(2, 0)), r"\(2, 0\) has no elements"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "words"), SAID, ids=[words for _, words in SAID])
def test_a_refusal_names_what_is_wrong_and_what_to_do(backend, call, words):
    with pytest.raises((ValueError, TypeError, IndexError, RuntimeError), match=words):
        call()


# -- what no table shows ---------------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_batch_without_any_label_is_no_number_and_pulls_nowhere(backend, smoothing):
    head = nn.Linear(2, 3)
    opt = mg.optim.SGD(head.parameters(), lr=0.1)
    loss = nn.CrossEntropyLoss(ignore_index=-1, label_smoothing=smoothing)
    found = loss(head(mg.ones(2, 2)), mg.tensor([-1, -1]))
    found.backward()
    opt.step()
    assert math.isnan(found.item()) and not head.weight.isnan().any().item()
    usual = nn.CrossEntropyLoss()(mg.ones(2, 3), mg.tensor([-100, 0]))
    assert usual.item() == pytest.approx(math.log(3.0), rel=1e-6)


def test_statistics_that_are_switched_off_later_are_pytorchs(torch):
    x = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")
    for training in (True, False):
        results = []
        for m in (mg, torch):
            layer = m.nn.BatchNorm1d(3)
            layer(m.tensor(x))
            layer.track_running_stats = False
            out = layer.train(training)(m.tensor(x))
            results.append((host(out), host(layer.running_mean), int(layer.num_batches_tracked)))
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [(7, 8), (1, 2, 8, 7)])
def test_a_transposed_convolution_reaches_the_size_asked_for(torch, size):
    x = np.random.default_rng(0).standard_normal((1, 2, 3, 3)).astype("float32")
    theirs = torch.nn.ConvTranspose2d(2, 2, 3, 2)
    ours = nn.ConvTranspose2d(2, 2, 3, 2)
    ours.load_state_dict({k: mg.tensor(v.numpy()) for k, v in theirs.state_dict().items()})
    a, b = ours(mg.tensor(x), size), theirs(torch.tensor(x), size)
    assert close(host(a), host(b), 1e-4, 1e-5)


def test_a_loss_of_half_precision_is_computed_in_single(backend):
    x = mg.full((4096,), 8.0, dtype=mg.float16).requires_grad_()
    loss = nn.MSELoss()(x, mg.zeros(4096, dtype=mg.float16))
    assert loss.dtype == "float16" and loss.item() == 64.0  # 4096 · 64 is more than float16 holds
    loss.backward()
    assert x.grad.dtype == "float16"


def test_a_nearest_pixel_is_the_one_that_pytorch_takes(torch):
    for size in (1, 2, 3, 5, 7, 8, 31):
        x = np.arange(size, dtype="float32").reshape(1, 1, 1, size)
        for out in (*range(1, 33), size * 7, size * 41):
            for mode in ("nearest", "nearest-exact"):
                a = functional.interpolate(mg.tensor(x), (1, out), mode=mode)
                b = torch.nn.functional.interpolate(torch.tensor(x), (1, out), mode=mode)
                assert host(a).tolist() == host(b).tolist(), (size, out, mode)
        for factor in (1.1, 1.3, 1.6, 2, 2.1, 3.3, 0.7):
            if size * factor >= 1:
                a = functional.interpolate(mg.tensor(x), scale_factor=(1, factor))
                b = torch.nn.functional.interpolate(torch.tensor(x), scale_factor=(1, factor))
                assert host(a).tolist() == host(b).tolist(), (size, factor)


def test_one_device_is_one_device(backend):
    model = nn.DataParallel(nn.Linear(2, 1), device_ids=[0])
    assert model(mg.ones(3, 2)).shape == (3, 1)
    if backend != "numpy":  # on the CPU PyTorch does not look at them either
        with pytest.raises(errors.BackendError, match="one GPU"):
            nn.DataParallel(nn.Linear(2, 1), device_ids=[0, 1])
