"""minigan.torch and minigan.torchvision: PyTorch's addresses, and what they refuse by name."""

import importlib
import inspect
import math

import numpy as np
import pytest

import minigan
import minigan.torch as mg
from minigan import backend as B
from minigan.autograd import GraphError
from minigan.errors import BackendError

pytestmark = pytest.mark.usefixtures("backend")

# -- one house -------------------------------------------------------------------------------------

CLASSES = [name for name, value in vars(minigan.nn).items() if inspect.isclass(value)]


@pytest.mark.parametrize("name", CLASSES)
def test_the_layers_of_the_core_are_the_same_objects_here(name):
    assert getattr(mg.nn, name) is getattr(minigan.nn, name)


def test_tensors_parameters_and_optimizers_are_the_same_objects_here():
    assert mg.Tensor is minigan.Tensor and mg.nn.Parameter is minigan.nn.Parameter
    for name in ("Adam", "Optimizer"):
        assert getattr(mg.optim, name) is getattr(minigan.optim, name)


def test_layers_of_both_rooms_make_one_network():
    net = minigan.nn.Sequential(
        minigan.nn.Conv2d(1, 4, 3, 2, 1),
        mg.nn.GroupNorm(2, 4),
        minigan.nn.LeakyReLU(0.2),
        mg.nn.Conv2d(4, 4, 3, padding=1, groups=2),
        mg.nn.SiLU(),
        minigan.nn.Flatten(),
        mg.nn.Linear(64, 1),
    )
    optimizer = minigan.optim.Adam(net.parameters(), 0.01)
    x, losses = minigan.randn(6, 1, 8, 8), []
    for _ in range(5):
        loss = mg.nn.functional.mse_loss(net(x), mg.ones(6, 1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


# -- addresses -------------------------------------------------------------------------------------

ADDRESSES = """
minigan.torch.nn minigan.torch.nn.functional minigan.torch.nn.init minigan.torch.nn.utils
minigan.torch.nn.parallel minigan.torch.optim minigan.torch.optim.lr_scheduler
minigan.torch.autograd minigan.torch.autograd.variable minigan.torch.autograd.profiler
minigan.torch.autograd.grad_mode minigan.torch.backends.cudnn minigan.torch.cuda
minigan.torch.accelerator minigan.torch.linalg minigan.torch.utils.data
minigan.torch.utils.data.dataset minigan.torch.utils.data.dataloader
minigan.torch.utils.data.sampler minigan.torch.utils.tensorboard minigan.torchvision.datasets
minigan.torchvision.transforms minigan.torchvision.transforms.functional minigan.torchvision.utils
"""


@pytest.mark.parametrize("address", ADDRESSES.split())
def test_modules_are_found_as_modules_and_as_attributes(address):
    found = importlib.import_module(address)
    value = minigan
    for part in address.split(".")[1:]:
        value = getattr(value, part)
    assert value is found


@pytest.mark.parametrize("module", [mg.nn, mg.nn.functional, mg.autograd, mg.backends, mg.cuda])
def test_all_that_a_module_names_is_there(module):
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_what_is_not_there_is_refused_by_name():
    with pytest.raises(AttributeError, match=r"minigan.torch has no 'vmap'"):
        mg.vmap  # noqa: B018
    with pytest.raises(AttributeError, match=r"models\.vgg19: .*minigan\.models"):
        importlib.import_module("minigan.torchvision").models.vgg19()


def test_tensors_on_disk_go_where_they_are_asked_to(tmp_path, backend):
    mg.save({"x": mg.ones(2)}, tmp_path / "x.safetensors")
    assert isinstance(mg.load(tmp_path / "x.safetensors")["x"].array, B.ndarray)
    for where in ("cpu", mg.device("cpu"), lambda storage, location: storage):
        loaded = mg.load(tmp_path / "x.safetensors", map_location=where)
        assert loaded["x"].device == mg.device("cpu") and loaded["x"].tolist() == [1.0, 1.0]


# -- autograd --------------------------------------------------------------------------------------


def test_backward_of_several_tensors_adds_up():
    x, y = mg.tensor([1.0, 2.0], requires_grad=True), mg.tensor(3.0, requires_grad=True)
    mg.autograd.backward([x * y, y * y], [mg.tensor([1.0, 10.0]), None])
    assert x.grad.tolist() == [3.0, 30.0] and float(y.grad) == 21.0 + 6.0
    mg.autograd.backward(y * 2.0)
    assert float(y.grad) == 29.0


def test_grad_takes_pytorchs_words():
    x = mg.tensor(3.0, requires_grad=True)
    (by_x,) = mg.autograd.grad(x * x, x, None, True, True, True, True)
    assert float(by_x) == 6.0 and by_x.requires_grad
    with pytest.raises(ValueError, match=r"only_inputs=False: backward\(\)"):
        mg.autograd.grad(x * x, x, only_inputs=False)


def test_inference_mode_is_no_grad_and_can_be_told_not_to_be():
    x = mg.ones(2, requires_grad=True)
    with mg.inference_mode():
        assert not (x * 2.0).requires_grad
        with mg.inference_mode(False):
            assert (x * 2.0).requires_grad
    assert not mg.inference_mode()(lambda: x * 2.0)().requires_grad
    assert not mg.inference_mode(lambda: x * 2.0)().requires_grad


def test_a_numpy_function_never_loses_a_history(backend):
    if backend != "numpy":
        pytest.skip("NumPy takes no arrays of CuPy")
    x, y = mg.ones(2), mg.ones(2, requires_grad=True)
    assert np.multiply(x, x).tolist() == [1.0, 1.0]
    for lost in (lambda: np.sqrt(y), lambda: np.multiply(x, y), lambda: np.multiply(y, x)):
        with pytest.raises(GraphError, match=r"requires grad and would lose its history"):
            lost()


# -- as PyTorch has it, or refused -----------------------------------------------------------------


def test_a_mask_is_broadcast_from_the_right():
    x = mg.zeros(3, 3)
    x.masked_fill_(mg.tensor([True, False, False]), 1.0)
    assert x.tolist() == x.masked_fill(mg.tensor([True, False, False]), 1.0).tolist()
    assert x.tolist() == [[1.0, 0.0, 0.0]] * 3


def test_a_mask_of_bytes_chooses_gradients_as_well():
    x, y = mg.ones(2, requires_grad=True), mg.ones(2, requires_grad=True)
    mg.where(mg.tensor([1, 0], dtype=mg.uint8), x, y * 3.0).sum().backward()
    assert x.grad.tolist() == [1.0, 0.0] and y.grad.tolist() == [0.0, 3.0]


def test_logic_is_of_truth_and_operators_are_of_bits():
    n = mg.tensor([0, 1, 2])
    assert mg.logical_not(n).tolist() == [True, False, False]
    assert mg.logical_and(n, mg.tensor([1, 2, 1])).tolist() == [False, True, True]
    assert (~n).tolist() == [-1, -2, -3] and (n | 1).tolist() == [1, 1, 3]


def test_infinity_is_close_to_itself_alone():
    x = mg.tensor([math.inf, 1.0, -math.inf])
    assert mg.isclose(x, x).all() and not mg.isclose(mg.tensor(1.0), mg.tensor(math.inf)).any()


@pytest.mark.parametrize("slope", [0.2, 1.5, 0.0, -0.5])
def test_a_leaky_relu_of_any_slope_meets_infinity_as_pytorchs_does(torch, slope):
    xs = [-math.inf, -2.0, -0.0, 0.0, 3.0, math.inf, math.nan]
    outcomes = []
    for library in (torch, mg):
        x = library.tensor(xs, requires_grad=True)
        y = library.nn.functional.leaky_relu(x, slope)
        y.backward(library.tensor([1.0, 2.0, 3.0, 4.0, math.inf, 5.0, 6.0]))
        outcomes.append([y.tolist(), x.grad.tolist()])
    np.testing.assert_array_equal(*outcomes)


def test_what_a_loop_collects_may_begin_empty():
    collected = mg.Tensor()
    for i in range(2):
        collected = mg.cat([collected, mg.full((1, 2), float(i))])
    assert collected.tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_a_triangle_keeps_nothing_of_the_other():
    causal = mg.triu(mg.full((2, 2), -math.inf), 1)
    assert causal.tolist() == [[0.0, -math.inf], [0.0, 0.0]]
    assert mg.ones(2, 2, dtype=mg.bool).tril().tolist() == [[True, False], [True, True]]


def test_slices_share_the_memory_of_what_they_are_cut_from():
    x = mg.zeros(2, 3)
    x.select(1, 0).fill_(1.0)
    x.narrow(1, mg.tensor(1), 1).fill_(2.0)
    assert x.tolist() == [[1.0, 2.0, 0.0]] * 2


def test_what_is_written_is_what_was_there_before():
    """CuPy itself copies memory onto memory that it overlaps, in any order."""
    for write in (
        lambda x: x.__setitem__(slice(1, None), x[:-1]),
        lambda x: x[1:].copy_(x[:-1]),
        lambda x: x.__setitem__(mg.tensor([3, 1, 2]), x[:-1][mg.tensor([2, 0, 1])]),
        lambda x: x.__setitem__(mg.tensor([1, 2, 3]), x[:-1]),
        lambda x: x.__setitem__(mg.tensor([False, True, True, True]), x[:-1]),
    ):
        x = mg.arange(4.0)
        write(x)
        assert x.tolist() == [0.0, 0.0, 1.0, 2.0]
    x[2:] = x[:2]
    x[0] += 5.0
    assert x.tolist() == [5.0, 0.0, 0.0, 0.0]


def test_numbers_have_no_axes_and_take_axis_0():
    x = mg.tensor(3.0, requires_grad=True)
    for dim in (0, -1):
        assert x.argmax(dim).item() == x.argmin(dim, keepdim=True).item() == 0
        assert x.max(dim).values.item() == x.min(dim).values.item() == 3.0
        assert x.all(dim).item() and x.any(dim).item() and x.bool().all(dim, keepdim=True).item()
        assert x.softmax(dim).item() == 1.0
    (x.log_softmax(0) + x.max(0).values).backward()
    assert x.grad.item() == 1.0


def test_floats_below_zero_count_down_from_256_as_bytes():
    assert mg.tensor([-1.0, -3.7, 2.9]).byte().tolist() == [255, 253, 2]


def test_a_scaler_waits_once_for_all_gradients(backend):
    weights = [mg.ones(2, requires_grad=True) for _ in range(12)]
    optimizer = mg.optim.SGD(weights, lr=1.0)
    scaler = mg.amp.GradScaler("cpu", init_scale=4.0)
    for factor, after in ((1.0, 0.0), (math.inf, 0.0), (0.0, 0.0)):
        optimizer.zero_grad()
        scaler.scale(sum((w * factor).sum() for w in weights)).backward()
        if backend == "cupy-strict":
            importlib.import_module("cupy").reset_counters()
        scaler.step(optimizer)
        if backend == "cupy-strict":
            assert importlib.import_module("cupy").synchronisations == {"bool": 1}
        scaler.update()
        assert [w.tolist() for w in weights] == [[after] * 2] * 12
    assert scaler.get_scale() == 2.0


def test_copies_are_copies_when_asked_for():
    x = mg.ones(2)
    assert x.to("cpu" if B.name == "numpy" else "cuda") is x and x.to(mg.float32) is x
    for copy in (x.to(mg.float32, copy=True), x.to(x.device, False, True)):
        assert copy is not x and copy.array is not x.array
    assert x.to(mg.float32, memory_format=mg.contiguous_format) is x
    with pytest.raises(RuntimeError, match=r"channels_last: \(2,\) are no images"):
        x.to(mg.float32, memory_format=mg.channels_last)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: x.unsqueeze(4), IndexError, "dim 4 is out of range"),
        (lambda x: x.squeeze(-3), IndexError, "dim -3 is out of range"),
        (lambda x: x.permute(0, 2), IndexError, "dim 2 is out of range"),
        (lambda x: mg.cat([x, x], 2), IndexError, "dim 2 is out of range"),
        (lambda x: x.flip(2), IndexError, "dim 2 is out of range"),
        (lambda x: x.chunk(2, 2), IndexError, "dim 2 is out of range"),
        (lambda x: x.select(2, 0), IndexError, "dim 2 is out of range"),
        (lambda x: x.select(0, 2), IndexError, "[Ii]ndex 2 is out of bounds"),
        (lambda x: x.select(0, [0, 1]), TypeError, "list"),
        (lambda x: x.narrow(2, 0, 1), IndexError, "dim 2 is out of range"),
        (lambda x: x.narrow(1, 2, 2), RuntimeError, "no 2 slices from number 2 on"),
        (lambda x: x.narrow(1, -4, 1), IndexError, "no 1 slices from number -4 on"),
        (lambda x: x.narrow(1, 0, -1), ValueError, "no -1 slices"),
        (lambda x: x.masked_select(mg.tensor([1, 0, 1])), RuntimeError, "the mask is int64"),
        (lambda x: x.masked_select(mg.tensor([True] * 2)), RuntimeError, "could not be broadcast"),
        (lambda x: x[0].tril(), RuntimeError, "tril.*expected a matrix"),
        (lambda x: mg.triu(x[0]), ValueError, "triu.*expected a matrix"),
        (lambda x: x.tril(0.5), TypeError, "tril.*float"),
        (lambda x: mg.sign(x > 0), TypeError, r"sign\(bool \(2, 3\)\): bool has none"),
        (lambda x: x[0, 0].argmax(1), IndexError, "dim 1 is out of range"),
        (lambda x: x[0, 0].all(1), IndexError, "dim 1 is out of range"),
        (lambda x: mg.std_mean(x, 2), IndexError, "dim 2 is out of range"),
        (lambda x: x.split([-1, 3]), ValueError, "do not add up to 2"),
        (lambda x: mg.nn.functional.pad(x, (1, 2, 3)), ValueError, "no pair of borders"),
        (lambda x: mg.nn.functional.pad(x, (1,) * 6), ValueError, "no pair of borders"),
        (lambda x: x.unsqueeze(0).t(), ValueError, "expected a matrix"),
        (lambda x: x.norm("nuc"), ValueError, "p='nuc' is not here"),
        (lambda x: mg.linalg.norm(x, 1), ValueError, "only Frobenius"),
        (lambda x: mg.multinomial(x, 1), ValueError, "multinomial: cannot draw"),
        (lambda x: mg.multinomial(-x[0], 1), RuntimeError, "multinomial: cannot draw 1"),
        (lambda x: mg.multinomial(x[0] * 0, 1, True), RuntimeError, "one of them above it"),
        (lambda x: mg.multinomial(mg.eye(3)[0], 2), RuntimeError, "as many of them above it"),
        (lambda x: mg.nn.functional.layer_norm(x, (2,)), ValueError, "does not end with"),
        (lambda x: x.topk(4), ValueError, "k is 4"),
        (lambda x: mg.mul(x, x, alpha=2), TypeError, "alpha"),
        (lambda x: x.cuda(1), BackendError, "one GPU"),
        (lambda x: x.fill_(mg.ones(3)), RuntimeError, "fill_: the value is a number"),
        (lambda x: x.byte().fill_(300), RuntimeError, "fill_: 300 is no uint8"),
        (lambda x: x.resize_(-1), RuntimeError, "none of them may be below 0"),
        (lambda x: mg.full((2,), math.inf, dtype=mg.int64), RuntimeError, "full: inf is no int64"),
        (lambda x: mg.full((2,), 7e4, dtype=mg.float16), RuntimeError, "full: float16 does not"),
        (lambda x: mg.normal(0.0, -1.0, (2,)), RuntimeError, "normal: std=-1.0 must be at least"),
        (lambda x: mg.outer(x, x[0]), RuntimeError, "outer: expected two vectors"),
        (lambda x: x.half().fill_(7e4), RuntimeError, "fill_: float16 does not hold 70000"),
        (lambda x: x.half().masked_fill_(x > 0, 7e4), RuntimeError, "float16 does not hold"),
        (lambda x: x.long().normal_(), RuntimeError, "normal_: the input is int64"),
        (lambda x: x.long().uniform_(), RuntimeError, "uniform_: the input is int64"),
        (lambda x: x.normal_(0, -1), RuntimeError, "std=-1 must be at least 0"),
        (lambda x: x.uniform_(1, 0), RuntimeError, "no number from 1 to below 0"),
        (lambda x: x.bernoulli_(2), RuntimeError, r"probability 2 is outside \[0, 1\]"),
        (lambda x: x.byte().random_(0, 1000), RuntimeError, "uint8 does not hold all"),
        (
            lambda x: mg.normal(x.cpu(), x.cpu() - 2),
            RuntimeError,
            "normal: std=-1.0 must be at least",
        ),
        (lambda x: mg.normal(0.0, math.nan, (2,)), RuntimeError, "normal: std=nan must be at"),
        (lambda x: x.normal_(0, math.nan), RuntimeError, "std=nan must be at least 0"),
        (lambda x: x.uniform_(0, math.inf), RuntimeError, "no number from 0 to below inf"),
        (lambda x: x.uniform_(math.nan, 1), RuntimeError, "no number from nan to below 1"),
        (lambda x: mg.nn.init.normal_(x, 0, math.nan), RuntimeError, "std=nan must be at least"),
        (lambda x: mg.nn.init.uniform_(x, 0, math.inf), RuntimeError, "to below inf"),
        (
            lambda x: mg.bernoulli(x.cpu() * 1.5),
            RuntimeError,
            r"probability 1.5 is outside \[0, 1\]",
        ),
        (lambda x: mg.bernoulli(x.cpu() * math.nan), RuntimeError, r"nan is outside \[0, 1\]"),
        (lambda x: x.addmm(x, x.T), RuntimeError, "broadcast"),
        (lambda x: mg.addmm(x[:, :2].long(), x.long(), x.T.long(), beta=0.5), RuntimeError, "0.5"),
        (lambda x: mg.nn.functional.smooth_l1_loss(x, x, beta=math.nan), RuntimeError, "beta=nan"),
        (lambda x: x.tile(2, axes=1), TypeError, "axes"),
        (lambda x: x.repeat(2, 1, axes=1), TypeError, "axes"),
        (lambda x: x.sum(dtype="cpu"), TypeError, "'cpu' is not a dtype here"),
        (lambda x: x.softmax(1, dtype="cpu"), TypeError, "'cpu' is not a dtype here"),
        (lambda x: mg.device("gpu"), BackendError, "unknown device 'gpu'"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, error, words):
    with pytest.raises(error, match=words):
        call(mg.ones(2, 3))


def test_a_number_that_learns_nothing_says_so():
    slope = mg.tensor(0.5, requires_grad=True)
    with pytest.raises(GraphError, match=r"'leaky_relu' knows no gradient for 'negative_slope'"):
        mg.nn.functional.leaky_relu(mg.ones(2, 2, requires_grad=True), slope)


# -- pictures --------------------------------------------------------------------------------------


def test_a_grid_of_grey_images_is_rgb_with_borders():
    utils = importlib.import_module("minigan.torchvision.utils")
    grid = utils.make_grid(mg.ones(3, 1, 2, 4), nrow=2, padding=1, pad_value=0.5)
    assert grid.shape == (3, 2 * 3 + 1, 2 * 5 + 1)
    assert grid[0, 1, 1].item() == 1.0 and grid[0, 0, 0].item() == 0.5
    assert grid[0, 4, 6].item() == 0.5  # the fourth place is empty
    assert utils.make_grid(mg.rand(3, 4, 4)).shape == (3, 4, 4)
    scaled = utils.make_grid(mg.tensor([[[[-1.0, 3.0]]], [[[0.0, 1.0]]]]), normalize=True)
    assert float(scaled.min()) == 0.0 and float(scaled.max()) == 1.0


def test_a_saved_image_holds_its_bytes(tmp_path):
    image_of = importlib.import_module("PIL.Image").open
    utils = importlib.import_module("minigan.torchvision.utils")
    utils.save_image(mg.full((3, 2, 5), 0.2), tmp_path / "grey.png")
    with image_of(tmp_path / "grey.png") as image:
        assert image.size == (5, 2) and image.getpixel((0, 0)) == (51, 51, 51)


# -- right or refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["exp_", "sqrt_", "reciprocal_", "sigmoid_", "tanh_"])
def test_what_does_not_fit_whole_numbers_is_refused_in_place(name):
    x = mg.tensor([1, 4, 9])
    with pytest.raises(RuntimeError, match=r"a change in place keeps int64"):
        getattr(x, name)()
    with pytest.raises(RuntimeError, match=r"a change in place keeps int64"):
        x.mul_(0.5)
    assert x.tolist() == [1, 4, 9]


def test_augmented_operators_change_the_memory_that_others_see():
    x = mg.tensor([7.0, 9.0])
    seen = x
    x **= 2.0
    x //= 2.0
    x %= 5.0
    assert seen is x and seen.tolist() == [4.0, 0.0]
    mask = mg.tensor([True, False])
    other = mask
    mask |= mg.tensor([True, True])
    mask &= mg.tensor([False, True])
    assert other is mask and mask.tolist() == [False, True]


@pytest.mark.parametrize(
    "change",
    [
        lambda m, x: x.sub_(1),
        lambda m, x: x.add_(m.tensor([3, 1]).to(x.dtype), alpha=2),
        lambda m, x: x.addcmul_(x + 1, x, value=m.tensor(2).to(x.dtype)),
        lambda m, x: x.clamp_(m.tensor([3, 1]).to(x.dtype), m.tensor(6).to(x.dtype)),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float32"])
def test_arithmetic_in_place_is_that_of_pytorch(torch, change, dtype):
    def result(m):
        return change(m, m.tensor([5, 2], dtype=getattr(m, dtype))).tolist()

    assert result(mg) == result(torch)


def test_changes_in_place_learn_from_all_that_they_are_given(torch):
    def result(m):
        w = m.tensor([0.25, 2.0], requires_grad=True)
        x = m.zeros(2).clamp_(min=w).lerp_(m.ones(2), w).add_(1, alpha=m.tensor(0.5))
        (x * x).sum().backward()
        return x.tolist() + w.grad.tolist()

    assert result(mg) == result(torch)
    big = mg.tensor([1e8, 3.3])
    assert big.lerp_(mg.tensor([1.1, 0.1]), 1.0).tolist() == mg.tensor([1.1, 0.1]).tolist()


@pytest.mark.parametrize(
    "dtype", "bool uint8 int8 int16 int32 int64 float16 float32 float64".split()
)
def test_whole_numbers_at_random_are_those_that_the_dtype_counts(dtype):
    x = mg.zeros(4000, dtype=dtype).random_()
    digits = {"bool": 0, "int8": 7, "uint8": 8, "float16": 11, "int16": 15, "float32": 24}
    most = 2.0 ** digits.get(dtype, 31)
    assert float(x.min()) >= 0.0 and 0.9 * most < float(x.max()) <= most
    with pytest.raises(ValueError, match="no whole number from 3 to below 3"):
        x.random_(3, 3)


def test_a_learned_exponent_gets_its_gradient_in_place_too():
    x, w = mg.tensor([2.0]), mg.tensor([3.0], requires_grad=True)
    x.pow_(w)
    x.sum().backward()
    assert float(w.grad) == pytest.approx(8.0 * np.log(2.0), rel=1e-6)


def test_as_tensor_converts_and_keeps_the_history(torch):
    for m in (mg, torch):
        x = m.tensor([1.0], requires_grad=True)
        y = m.as_tensor(x, dtype=m.float64)
        assert y.dtype == m.float64 and y.requires_grad and m.as_tensor(x) is x


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.flip(0),
        lambda x: x.repeat(1),
        lambda x: x.tile((1,)),
        lambda x: x.repeat_interleave(1),
    ],
)
def test_copies_do_not_share_memory(change):
    x = mg.tensor([1.0, 2.0])
    y = change(x)
    before = y.tolist()
    x.zero_()
    y.add_(0.0)  # may be written to
    assert y.tolist() == before


def test_new_axes_in_place_stay_in_the_same_memory():
    a = mg.zeros(2, 3)
    b = a.t()
    b.unsqueeze_(0)
    b.fill_(1.0)
    b.squeeze_(0)
    assert b.shape == (3, 2) and a.tolist() == [[1.0] * 3] * 2


def test_the_deviation_of_equal_numbers_pulls_nowhere(torch):
    for m in (mg, torch):
        x = m.ones(3, requires_grad=True)
        (x.std() + m.std_mean(x)[0]).backward()
        assert x.grad.tolist() == [0.0] * 3


def test_logsumexp_of_infinite_rows(torch):
    rows = [[-np.inf, -np.inf], [np.inf, 0.0], [0.0, -np.inf]]
    ours, theirs = (m.logsumexp(m.tensor(rows), 1).tolist() for m in (mg, torch))
    assert ours == theirs == [-np.inf, np.inf, 0.0]


def test_normal_of_tensors_has_the_shape_of_both_and_can_be_learned():
    x = mg.normal(mg.zeros(3), mg.ones(2, 3), requires_grad=True)
    assert x.shape == (2, 3) and x.is_leaf and x.requires_grad
    assert (x[0] != x[1]).any()


def test_a_hook_that_is_removed_leaves_its_twin():
    layer, calls = mg.nn.ReLU(), []

    def hook(*_):
        calls.append(1)

    first = layer.register_forward_hook(hook)
    layer.register_forward_hook(hook)
    first.remove()
    layer(mg.zeros(1))
    assert calls == [1]


def test_weights_that_change_their_dtype_are_noticed_by_the_tape():
    layer = mg.nn.Linear(2, 1)
    loss = layer(mg.ones(1, 2, requires_grad=True)).sum()
    layer.double()
    with pytest.raises(RuntimeError, match="changed in place since"):
        loss.backward()
    with pytest.raises(TypeError, match="weights are floating-point numbers, not int64"):
        layer.to(mg.int64)


def test_slices_of_a_shape_are_shapes():
    assert mg.zeros(2, 3, 4).shape[1:].numel() == 12


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: mg.zeros(3).masked_fill_(mg.tensor([0, 1, 1]), 5.0),
            RuntimeError,
            "mask is int64",
        ),
        (lambda: mg.nn.functional.glu(mg.zeros(3)), ValueError, "no halves"),
        (lambda: mg.nn.init.eye_(mg.zeros(3, 3, 3)), ValueError, "no matrix"),
        (lambda: mg.optim.SGD([mg.zeros(1)], 0.1, nesterov=True), ValueError, "nesterov needs"),
        (lambda: mg.optim.AdamW([mg.zeros(1)], -1.0), ValueError, "AdamW: lr"),
    ],
)
def test_more_is_refused_by_name(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_small_steps_of_elu_and_of_the_smooth_l1_loss(torch):
    for m in (mg, torch):
        x = m.tensor([-1e-8, -1e-4], dtype=m.float32)
        np.testing.assert_allclose(m.nn.functional.elu(x).tolist(), [-1e-8, -9.9995e-5], rtol=1e-6)
        loss = m.nn.functional.smooth_l1_loss(m.tensor([3.0]), m.tensor([1.0]), beta=0.0)
        assert loss.item() == 2.0
        assert m.linalg.norm(m.ones(2, 2), "fro").item() == 2.0
