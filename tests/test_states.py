"""The state of modules: what is assigned, registered, listed, saved, loaded, moved and copied."""

import collections
import copy
import pickle
import warnings

import numpy as np
import pytest
from state_programs import BEGIN, PROGRAMS

import minigan
import minigan.torch as mg
from minigan.backend import to_host
from minigan.torch import nn
from minigan.torch.nn import utils

pytestmark = pytest.mark.usefixtures("backend")


def close(ours, theirs, tolerance=1e-6):
    np.testing.assert_allclose(
        to_host(ours.array), theirs.detach().numpy(), rtol=tolerance, atol=tolerance
    )


# -- programs: the same `out` as in PyTorch, or an error of the same class -------------------------


def run(program, torch):
    scope = {"torch": torch, "nn": torch.nn, "collections": collections, "copy": copy}
    scope["OrderedDict"] = collections.OrderedDict
    exec(BEGIN, scope)
    exec(program, scope)
    return scope.get("out")


def outcome(program, torch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(run(program, torch))
        except Exception as error:
            return error


def plain(value):
    """What can be compared: a tensor as its shape, dtype and numbers, a module as its class."""
    if hasattr(value, "requires_grad") and hasattr(value, "tolist"):
        numbers = value.tolist() if value.numel() < 9 else None
        return "tensor", tuple(value.shape), str(value.dtype).removeprefix("torch."), numbers
    if hasattr(value, "named_parameters"):
        return type(value).__name__
    if isinstance(value, dict):
        return [(key, plain(v)) for key, v in value.items()]
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    if hasattr(value, "__iter__"):
        return [plain(v) for v in value]
    return str(value).removeprefix("torch.")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_ends_as_in_pytorch(torch, program):
    ours, theirs = outcome(program, mg), outcome(program, torch)
    if isinstance(theirs, Exception):
        assert isinstance(ours, Exception), f"not refused: {ours!r}; PyTorch: {theirs!r}"
        kinds = [kind.__name__ for kind in type(ours).__mro__]
        assert type(theirs).__name__ in kinds, f"{ours!r}, PyTorch: {theirs!r}"
    else:
        assert not isinstance(ours, Exception), repr(ours)
        assert ours == theirs


@pytest.mark.parametrize(
    ("program", "error", "words"),
    [
        ("net.fc.weight = net.w * 2", TypeError, "a Tensor as Parameter 'weight' of Linear: give"),
        ("net.fc = net.w.detach()", TypeError, "a Tensor as Module 'fc' of Net"),
        ("net.register_buffer('w', net.buf)", KeyError, "'w' is taken.*del"),
        ("net.add_module('q', nn.Linear)", TypeError, r"write Linear\(\)"),
        ("net.w.grad = torch.ones(3)", RuntimeError, r"is \(2,\) float32, not \(3,\) float32"),
        ("net.w.grad = 1.0", TypeError, "grad is a tensor or None, not 1.0"),
        ("net.w.grad = net.w", RuntimeError, "its own grad"),
        ("net.w.data = 3.0", TypeError, "data is a tensor, not 3.0"),
        ("net.bfloat16()", TypeError, r"NumPy has no bfloat16; use half\(\)"),
        ("net.to(torch.int64)", TypeError, "weights are floating-point numbers, not int64"),
        ("net.to(copy=True)", RuntimeError, r"copy\.deepcopy\(module\)"),
        ("net.load_state_dict({}, assign=True)", NotImplementedError, "assign=True is not offered"),
        ("net.load_state_dict('net.pt')", TypeError, r"torch\.load\(path\)"),
        (
            "net.register_forward_hook(print, always_call=True)",
            NotImplementedError,
            "always_call is not offered; put try",
        ),
        (
            "net.register_full_backward_hook(print)",
            NotImplementedError,
            r"backward hooks of modules.*torch\.autograd\.grad",
        ),
        (
            "class Own(nn.Linear):\n"
            "    def get_extra_state(self): return 3\n"
            "nn.Sequential(Own(1, 1)).state_dict()",
            NotImplementedError,
            r"Own\.get_extra_state, which nothing calls.*buffers",
        ),
        (
            "class Own(nn.Linear):\n"
            "    def _load_from_state_dict(self, *_): pass\n"
            "nn.Sequential(Own(1, 1)).load_state_dict({})",
            NotImplementedError,
            r"Own\._load_from_state_dict, which nothing calls",
        ),
        (
            "class Late(nn.Module):\n"
            "    def __init__(self):\n"
            "        self.fc = nn.Linear(1, 1)\n"
            "        super().__init__()\n"
            "Late()",
            AttributeError,
            r"call super\(\).__init__\(\) first of all",
        ),
        (
            "class Clash(nn.Module):\n"
            "    def block(self): pass\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
            "        self.block = nn.Linear(1, 1)\n"
            "Clash()",
            KeyError,
            "'block' is an attribute of the class Clash.*rename",
        ),
        ("nn.Sequential(a).insert(3, b)", IndexError, "3 is outside the 1 modules"),
        ("nn.Sequential(a) + [b]", ValueError, r"Sequential\(\*first, \*second\)"),
        ("nn.ParameterList([3.0])", TypeError, "holds tensors, not 3.0"),
    ],
)
def test_what_is_refused_names_the_cure(program, error, words):
    with pytest.raises(error, match=words):
        run(program, mg)


def test_the_layers_of_the_core_keep_the_places_of_their_parameters():
    layer = minigan.nn.Linear(2, 1, bias=False)
    for name in ("weight", "bias"):
        with pytest.raises(TypeError, match=f"a Tensor as Parameter '{name}' of Linear"):
            setattr(layer, name, minigan.ones(1, 2))


# -- a layer used twice ----------------------------------------------------------------------------


def tied():
    """One layer under two names, and one parameter in two layers."""
    net = nn.Module()
    net.first, net.second = nn.Linear(2, 2), nn.Linear(2, 2)
    net.again, net.second.weight = net.first, net.first.weight
    return net


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_ties_are_kept_in_copies(copied):
    net = tied()
    copy = copied(net)
    assert copy.again is copy.first and copy.second.weight is copy.first.weight
    assert copy.first is not net.first
    assert len(list(copy.parameters())) == 3 and len(list(copy.modules())) == 3
    assert list(copy.state_dict()) == list(net.state_dict())


def test_a_network_and_its_optimizer_are_copied_together():
    net = tied()
    net.third = nn.Linear(2, 2)
    net.third.weight.data = net.first.weight.data  # another parameter in the same memory
    optimizer = mg.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    twin, its = copy.deepcopy((net, optimizer))
    for part in (twin.first, twin.second, twin.third):
        part(mg.ones(1, 2)).sum().backward()
    before = twin.first.weight.tolist()
    its.step()
    assert twin.third.weight.tolist() == twin.second.weight.tolist() != before
    assert net.first.weight.tolist() == before


def test_a_tied_state_loads_by_all_its_names():
    net, other = tied(), tied()
    net.load_state_dict(other.state_dict())
    assert list(net.state_dict()) == [
        "first.weight", "first.bias", "second.weight", "second.bias", "again.weight", "again.bias"
    ]  # fmt: skip
    for name, value in other.state_dict().items():
        assert net.state_dict()[name].tolist() == value.tolist()


def test_a_failed_load_changes_nothing():
    net = tied()
    before = {name: value.tolist() for name, value in net.state_dict().items()}
    state = {**net.state_dict(), "first.weight": mg.zeros(2, 2), "second.bias": mg.zeros(3)}
    with pytest.raises(RuntimeError, match=r"misshapen: second\.bias"):
        net.load_state_dict(state)
    assert {name: value.tolist() for name, value in net.state_dict().items()} == before


def test_values_of_other_dtypes_are_converted_as_numpys_often_are():
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": np.full((1, 2), 0.1), "bias": np.array([2])})
    assert layer.weight.dtype == "float32" and layer.bias.dtype == "float32"
    assert layer.weight.tolist()[0] == pytest.approx([0.1, 0.1]) and layer.bias.tolist() == [2.0]


# -- attributes stay cheap to read -----------------------------------------------------------------


def test_what_is_assigned_is_a_plain_attribute():
    layer = nn.BatchNorm2d(2)
    for name in ("weight", "bias", "running_mean", "num_batches_tracked"):
        assert vars(layer)[name] is getattr(layer, name)


# -- gradients -------------------------------------------------------------------------------------


def test_a_gradient_grows_in_its_own_memory(torch):
    for m in (mg, torch):
        w = m.ones(2, requires_grad=True)
        (w * 2).sum().backward()
        kept = w.grad
        (w * 3).sum().backward()
        assert kept is w.grad and kept.tolist() == [5.0, 5.0]


def test_a_result_keeps_no_gradient_and_says_so():
    y = mg.ones(2, requires_grad=True) * 2
    with pytest.warns(UserWarning, match="keeps the grad of leaves only"):
        assert y.grad is None


# -- clipping and vectors --------------------------------------------------------------------------


@pytest.mark.parametrize("norm_type", [1, 2, 2.0, 3.5, float("inf"), "inf"])
@pytest.mark.parametrize("limit", [0.5, 100])
def test_clipping_by_every_norm(torch, norm_type, limit):
    results = []
    for m in (mg, torch):
        weights = [m.nn.Parameter(m.zeros(2, 2)), m.nn.Parameter(m.zeros(3))]
        weights.append(m.nn.Parameter(m.zeros(1)))
        for w, values in zip(weights, ([[1.0, -2.0], [0.5, 0.0]], [3.0, -4.0, 0.1]), strict=False):
            w.grad = m.tensor(values)
        norm = m.nn.utils.clip_grad_norm_((w for w in weights), limit, norm_type, foreach=False)
        results.append([norm.item(), *(w.grad.tolist() for w in weights[:2])])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_clipping_of_one_tensor_by_value_and_of_none(torch):
    for m in (mg, torch):
        w = m.nn.Parameter(m.zeros(2))
        assert m.nn.utils.clip_grad_norm_(w, 1.0).item() == 0.0
        w.grad = m.tensor([3.0, -0.5])
        m.nn.utils.clip_grad_value_(w, 1)
        assert w.grad.tolist() == [1.0, -0.5]
        with pytest.warns(UserWarning):
            m.nn.utils.clip_grad_norm_((x for x in []), 1.0)
        w.grad = m.tensor([float("nan"), 0.0])
        with pytest.raises(RuntimeError):
            m.nn.utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)


def test_parameters_as_a_vector_and_back(torch):
    for m in (mg, torch):
        net = m.nn.Sequential(m.nn.Linear(2, 1), m.nn.Linear(1, 1))
        vector = m.nn.utils.parameters_to_vector(net.parameters())
        assert tuple(vector.shape) == (5,)
        vector = m.arange(5.0)
        m.nn.utils.vector_to_parameters(vector, net.parameters())
        assert net[0].weight.tolist() == [[0.0, 1.0]] and net[1].bias.tolist() == [4.0]
        vector[0] = 9.0  # which the parameters share
        assert net[0].weight.tolist() == [[9.0, 1.0]]
        with pytest.raises(RuntimeError):
            m.nn.utils.vector_to_parameters(m.ones(3), net.parameters())
        with pytest.raises(TypeError):
            m.nn.utils.vector_to_parameters([1.0], net.parameters())


# -- weights computed from others ------------------------------------------------------------------

# As it is found in many a GAN's repository since 2018.
BY_HAND = """
Parameter = nn.Parameter
def l2normalize(v, eps=1e-12):
    return v / (v.norm() + eps)

class SpectralNorm(nn.Module):
    def __init__(self, module, name='weight', power_iterations=1):
        super(SpectralNorm, self).__init__()
        self.module = module
        self.name = name
        self.power_iterations = power_iterations
        if not self._made_params():
            self._make_params()

    def _update_u_v(self):
        u = getattr(self.module, self.name + "_u")
        v = getattr(self.module, self.name + "_v")
        w = getattr(self.module, self.name + "_bar")
        height = w.data.shape[0]
        for _ in range(self.power_iterations):
            v.data = l2normalize(torch.mv(torch.t(w.view(height, -1).data), u.data))
            u.data = l2normalize(torch.mv(w.view(height, -1).data, v.data))
        sigma = u.dot(w.view(height, -1).mv(v))
        setattr(self.module, self.name, w / sigma.expand_as(w))

    def _made_params(self):
        try:
            getattr(self.module, self.name + "_u")
            getattr(self.module, self.name + "_v")
            getattr(self.module, self.name + "_bar")
            return True
        except AttributeError:
            return False

    def _make_params(self):
        w = getattr(self.module, self.name)
        height = w.data.shape[0]
        width = w.view(height, -1).data.shape[1]
        u = Parameter(w.data.new(height).normal_(0, 1), requires_grad=False)
        v = Parameter(w.data.new(width).normal_(0, 1), requires_grad=False)
        u.data = l2normalize(u.data)
        v.data = l2normalize(v.data)
        w_bar = Parameter(w.data)
        del self.module._parameters[self.name]
        self.module.register_parameter(self.name + "_u", u)
        self.module.register_parameter(self.name + "_v", v)
        self.module.register_parameter(self.name + "_bar", w_bar)

    def forward(self, *args):
        self._update_u_v()
        return self.module.forward(*args)
"""


def by_hand(m):
    scope = {"torch": m, "nn": m.nn}
    exec(BY_HAND, scope)
    return scope["SpectralNorm"]


WAYS = {
    "by hand": by_hand,
    "spectral_norm": lambda m: m.nn.utils.spectral_norm,
    "weight_norm": lambda m: m.nn.utils.weight_norm,
    "parametrization": lambda m: m.nn.utils.parametrizations.spectral_norm,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_discriminator_with_computed_weights_trains_as_in_pytorch(torch, way):
    def build(m):
        of = WAYS[way](m)
        layers = [of(m.nn.Conv2d(1, 4, 3)), m.nn.LeakyReLU(0.1), m.nn.Flatten()]
        return m.nn.Sequential(*layers, of(m.nn.Linear(64, 3)), m.nn.Tanh(), of(m.nn.Linear(3, 1)))

    torch.manual_seed(0)  # others' weights may lie where Adam makes rounding errors large
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's advice to use its newer ways
        nets = build(mg), build(torch)
    assert [list(net.state_dict()) for net in nets] == [list(nets[1].state_dict())] * 2
    named = [[name for name, _ in net.named_parameters()] for net in nets]
    assert named[0] == named[1]
    nets[0].load_state_dict({k: v.numpy() for k, v in nets[1].state_dict().items()})
    optimizers = [
        m.optim.Adam([p for p in net.parameters() if p.requires_grad], 1e-2, (0.0, 0.9))
        for m, net in zip((mg, torch), nets, strict=True)
    ]
    random = np.random.default_rng(0)
    for _ in range(4):
        real, fake = random.standard_normal((2, 5, 1, 6, 6)).astype("float32")
        for m, net, optimizer in zip((mg, torch), nets, optimizers, strict=True):
            loss = (
                m.relu(1.0 - net(m.tensor(real))).mean() + m.relu(1.0 + net(m.tensor(fake))).mean()
            )
            optimizer.zero_grad()
            loss.backward()  # after two passes, each of which moved the vectors on
            optimizer.step()
        for name, value in nets[1].state_dict().items():
            close(nets[0].state_dict()[name], value, 2e-5)
    close(nets[0].eval()(mg.tensor(real)), nets[1].eval()(torch.tensor(real)), 1e-5)


@pytest.mark.parametrize("name", ["spectral_norm", "weight_norm"])
def test_a_computed_weight_becomes_a_plain_one_again(name):
    layer = getattr(utils, name)(nn.Linear(3, 2))
    with pytest.raises(RuntimeError, match=f"{name}: Linear.weight has it already"):
        getattr(utils, name)(layer)
    layer(mg.ones(1, 3))
    before = layer.eval()(mg.ones(1, 3)).tolist()
    getattr(utils, f"remove_{name}")(layer)
    assert isinstance(layer.weight, nn.Parameter) and list(layer.state_dict()) == ["bias", "weight"]
    np.testing.assert_allclose(layer(mg.ones(1, 3)).tolist(), before, rtol=1e-5)
    with pytest.raises(ValueError, match="has none that could be removed"):
        getattr(utils, f"remove_{name}")(layer)
    with pytest.raises(ValueError, match="ReLU has no parameter 'weight'"):
        getattr(utils, name)(nn.ReLU())


def test_spectral_norm_is_found_where_pytorch_has_it():
    from minigan.torch.nn.utils.spectral_norm import SpectralNorm, spectral_norm

    layer = spectral_norm(nn.ConvTranspose2d(3, 2, 3))
    assert layer.weight_u.shape == (2,) and layer.weight_v.shape == (27,)
    assert isinstance(layer._forward_pre_hooks[0].hook, SpectralNorm)


def test_a_parametrization_of_ones_own(torch):
    for m in (mg, torch):

        class Symmetric(m.nn.Module):
            def forward(self, x):
                return x.triu() + x.triu(1).T

            def right_inverse(self, x):
                return x.triu()

        layer = m.nn.Linear(3, 3, bias=False)
        register = m.nn.utils.parametrize.register_parametrization
        register(layer, "weight", Symmetric())
        assert m.nn.utils.parametrize.is_parametrized(layer, "weight")
        assert list(layer.state_dict()) == ["parametrizations.weight.original"]
        weight = layer.weight
        assert weight.tolist() == weight.T.tolist()
        m.nn.utils.parametrize.remove_parametrizations(layer, "weight")
        assert not m.nn.utils.parametrize.is_parametrized(layer)
        assert layer.weight.tolist() == weight.tolist() and type(layer) is m.nn.Linear
        with pytest.raises(ValueError):
            register(layer, "weight", m.nn.Flatten(0))


def test_a_second_parametrization_is_refused_and_a_copy_has_its_own():
    layer = utils.parametrizations.spectral_norm(nn.Linear(2, 2))
    twin = copy.deepcopy(layer)
    with pytest.raises(NotImplementedError, match="put both functions into one Module"):
        utils.parametrize.register_parametrization(layer, "weight", nn.Tanh())
    utils.parametrize.register_parametrization(twin, "bias", nn.Tanh())
    assert isinstance(layer.bias, nn.Parameter) and not isinstance(twin.bias, nn.Parameter)
