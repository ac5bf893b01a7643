"""What programs written for PyTorch ask of its namespace: snippets that run in both, side by side.

Each snippet takes the module `torch` and returns plain numbers, strings and lists. Where PyTorch is
installed, it runs with that and, on every backend, with minigan.torch: the same must come out.
"""

import copy
import importlib
import math
import os
import pickle
import re
import warnings

import numpy as np
import pytest

import minigan.torch as mg
import minigan.torchvision
from minigan import backend as B
from minigan.errors import BackendError
from minigan.torch import absent


def same(ours, theirs):
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[k], theirs[k]) for k in theirs)
    if isinstance(theirs, (list, tuple)):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, float):
        return ours == pytest.approx(theirs, rel=1e-5, abs=1e-6, nan_ok=True)
    return ours == theirs


def refused(call):
    """Whether the call raises an error."""
    try:
        call()
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError):
        return True
    return False


# -- types and scalars -----------------------------------------------------------------------------


def types_by_name(torch):
    x = torch.tensor([1.5, -2.0])
    kinds = (torch.Tensor, torch.FloatTensor, "torch.FloatTensor", torch.float32)
    names = [x.type(), x.long().type(), x.double().type(), x.half().type(), x.byte().abs().type()]
    return [
        names,
        [x.double().type(kind).type() for kind in kinds],
        [x.type(t).type() for t in ("torch.LongTensor", torch.IntTensor, torch.ShortTensor)],
        [x.type(t).type() for t in ("torch.DoubleTensor", torch.HalfTensor, torch.CharTensor)],
        [x.type(torch.LongTensor).tolist(), x.type_as(torch.tensor([1])).tolist()],
        torch.typename(x),
    ]


def one_number(torch):
    x = torch.tensor(2.5)
    return [
        [x.item(), float(x), int(x), bool(x), x.tolist(), f"{x:.3f}", "%.2f" % x, f"{x}"],  # noqa: UP031
        [x.dim(), x.numel(), list(x.size()), x.view(-1).tolist(), x.unsqueeze(0).tolist()],
        [max(x, torch.tensor(3.0)).item(), sum([x, x]).item(), (x**2).item()],
        [10, 20, 30][torch.tensor(1)],
        list(range(torch.tensor(3))),
    ]


def one_number_is_no_list(torch):
    x = torch.tensor(2.5)
    calls = [
        lambda: x[0],
        lambda: x.data[0],
        lambda: len(x),
        lambda: list(x),
        lambda: x.size(0),
        lambda: x.size(1),
        lambda: torch.ones(2).item(),
        lambda: float(torch.ones(2)),
        lambda: bool(torch.ones(2)),
        lambda: [1, 2][torch.tensor(1.0)],
        lambda: format(torch.ones(2), ".2f"),
        lambda: torch.cat([x, x]),
        lambda: x @ torch.ones(2),
    ]
    return [refused(call) for call in calls]


def limits(torch):
    found = torch.finfo(torch.float32)
    return [found.eps, found.max, found.tiny, found.bits, torch.iinfo(torch.int32).max]


# -- what is asked of a tensor and of a device -----------------------------------------------------


def devices(torch):
    cpu = torch.device("cpu")
    return [
        [str(torch.device("cuda:0")), torch.device("cuda:0").index, torch.device("cuda", 1).index],
        [str(torch.device("mps")), torch.device("mps").type, torch.device(type="cpu").type],
        [cpu == torch.device("cpu"), cpu == torch.device("cpu:0"), cpu == "cpu", cpu != "cuda"],
        [repr(cpu), repr(torch.device("cuda", 0)), len({cpu, torch.device("cpu")})],
        [refused(lambda: torch.device("gpu")), refused(lambda: torch.device("cuda:0", 1))],
        [str(torch.zeros(2, device="cpu").device), torch.zeros(2, device=cpu).is_cpu],
    ]


def facts(torch):
    x = torch.zeros(2, 3, device="cpu")
    y = x.view(6)
    return [
        [x.is_cuda, x.is_cpu, x.is_xpu, x.is_mps, x.is_sparse, x.is_quantized, x.is_meta],
        [x.get_device(), x.element_size(), x.nbytes, x.itemsize, x.is_pinned(), x.is_complex()],
        [x.data_ptr() == y.data_ptr(), x.is_signed(), x.byte().is_signed(), str(x.layout)],
        [x.to("cpu") is x, x.to(torch.float32) is x, x.to(x) is x, x.to("cpu", copy=True) is x],
        [tuple(torch.zeros(1, 2, 3, 4).to(memory_format=torch.channels_last).shape)],
    ]


# -- autograd --------------------------------------------------------------------------------------


def variables(torch):
    Variable = torch.autograd.Variable
    x = torch.ones(2, requires_grad=True)
    y = Variable(x * 2.0, requires_grad=True)
    (y * y).sum().backward()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        old = Variable(torch.ones(2), volatile=True)
    return [
        [x.grad is None, y.grad.tolist(), y.is_leaf, Variable(x).requires_grad],
        [isinstance(x, Variable), old.requires_grad, len(said), said[0].category.__name__],
        refused(lambda: Variable([1.0])),
        refused(lambda: Variable(torch.tensor([1]), requires_grad=True)),
    ]


def gradients_of_several(torch):
    grad = torch.autograd.grad
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    other = torch.zeros(1, requires_grad=True)
    torch.autograd.backward([x * 2.0, (x * x).sum()], [torch.tensor([1.0, 3.0]), None])
    y = x * x
    wrong = [[torch.ones(1), None], [torch.ones(3), None], [None, None], [torch.ones(2)]]
    return [
        x.grad.tolist(),
        [refused(lambda w=w: torch.autograd.backward([x * 2.0, (x * x).sum()], w)) for w in wrong],
        grad(y, x, torch.tensor([1.0, -1.0]), retain_graph=True)[0].tolist(),
        [refused(lambda w=w: grad(y, x, w, True)) for w in (None, torch.ones(1), torch.ones(3))],
        [g if g is None else g.tolist() for g in grad(x.sum(), [x, other], allow_unused=True)],
        [g.tolist() for g in grad(x.sum(), [x, other], materialize_grads=True)],
        refused(lambda: grad(x.sum(), [x, other])),
        refused(lambda: grad(x.sum(), [x, other], allow_unused=False, materialize_grads=True)),
    ]


def hooks(torch):
    seen = []
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    on_leaf = x.register_hook(lambda g: g.clamp(max=5.0))
    y = x * 3.0
    z = y * y
    y.register_hook(lambda g: seen.append(g.tolist()))  # after its use: hooks are the tensor's
    y.register_hook(lambda g: g * 0.5)
    y.retain_grad()
    z.sum().backward()
    result = [x.grad.tolist(), y.grad.tolist(), list(seen), y.retains_grad, y.is_leaf]
    on_leaf.remove()
    (x * 10.0).sum().backward()
    x.register_hook(lambda g: g * 7.0)
    asked = torch.autograd.grad((x * 2.0).sum(), x)[0]
    y = x * 2.0
    y.register_hook(lambda g: g * 5.0)
    between = torch.autograd.grad((y * y).sum(), y)[0]
    wrong = (x * 2.0).sum()
    wrong.register_hook(lambda g: torch.ones(3))
    return [
        *result,
        x.grad.tolist(),
        asked.tolist(),
        between.tolist(),
        refused(lambda: torch.ones(2).register_hook(print)),
        refused(wrong.backward),
    ]


def hooks_of_gradients_of_gradients(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    y.register_hook(lambda g: g * g)
    (g,) = torch.autograd.grad((y * 3.0).sum(), x, create_graph=True)
    (g * g).sum().backward()
    return [g.tolist(), x.grad.tolist()]


def functions_of_ones_own(torch):
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, by):
            y = x * x * by
            ctx.by = by
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            return g * x * (2.0 * ctx.by) + 0.0 * y, None

    class Nearest(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, codes):
            place = (x.unsqueeze(1) - codes).abs().sum(2).argmin(1)
            ctx.mark_non_differentiable(place)
            return codes[place], place

        @staticmethod
        def backward(ctx, g, _):
            return g, None

    class Reversed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view_as(x)

        @staticmethod
        def backward(ctx, g):
            return g.neg()

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (Scaled.apply(x, 3.0) * torch.tensor([1.0, 2.0])).sum().backward()
    first = x.grad.tolist()
    x.grad = None
    (g,) = torch.autograd.grad(Scaled.apply(x, 2.0).sum(), x, create_graph=True)
    (g * g).sum().backward()
    a = torch.tensor([[1.0, 2.0], [4.0, 4.0]], requires_grad=True)
    codes, place = Nearest.apply(a, torch.tensor([[0.0, 1.0], [5.0, 5.0]]))
    (codes * codes).sum().backward()
    b = torch.ones(2, requires_grad=True)
    (Reversed.apply(b) * 3.0).sum().backward()
    return [
        [first, g.tolist(), x.grad.tolist()],
        [codes.tolist(), place.tolist(), codes.requires_grad, place.requires_grad],
        [a.grad.tolist(), b.grad.tolist(), Scaled.apply(torch.ones(1), 2.0).requires_grad],
    ]


def functions_that_err(torch):
    class Wrong(torch.autograd.Function):
        answer = None

        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x)
            return x + y

        @staticmethod
        def backward(ctx, g):
            return Wrong.answer(g * ctx.saved_tensors[0] ** 0)

    def run(answer):
        Wrong.answer = answer
        x, y = torch.ones(2, requires_grad=True), torch.ones(2)
        Wrong.apply(x, y).sum().backward()
        return x.grad

    def changed():
        Wrong.answer = lambda g: (g, None)
        x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
        kept = x * 1.0
        z = Wrong.apply(kept, y)
        kept.mul_(2.0)
        z.sum().backward()

    return [
        refused(lambda: run(lambda g: g)),
        refused(lambda: run(lambda g: (g, g, g))),
        refused(lambda: run(lambda g: (torch.ones(3), None))),
        run(lambda g: (g, None, None)).tolist(),
        run(lambda g: (None, None)) is None,
        refused(changed),
    ]


def anomalies(torch):
    def bad():
        x = torch.zeros(2, requires_grad=True)
        (x.sqrt() * x).sum().backward()  # 0 · ∞
        return x.grad

    found = []
    with torch.autograd.detect_anomaly():
        found.append(refused(bad))
        with torch.autograd.set_detect_anomaly(False):
            found.append(refused(bad))
        found.append(refused(bad))
    torch.autograd.set_detect_anomaly(True)
    found.append(refused(bad))
    torch.autograd.set_detect_anomaly(False)
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        found.append(refused(bad))
    with torch.autograd.profiler.record_function("a stretch"):
        found.append(refused(bad))
    return [found, bad().isnan().tolist()]


def copies(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    y = copy.deepcopy(x)
    y.grad.zero_()
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    twin = copy.deepcopy(net)
    with torch.no_grad():
        net[0].weight.fill_(7.0)
    tied = torch.nn.Sequential(net[0], net[0])
    shared = copy.copy(x.detach())
    shared[0] = 5.0
    pickled = pickle.loads(pickle.dumps([x, x * 2.0, torch.arange(3), net[0].weight]))
    return [
        [y.tolist(), y.requires_grad, y.grad.tolist(), x.grad.tolist()],
        [type(twin[0].weight).__name__, (twin[0].weight == 7.0).any().item()],
        [twin[0].weight.requires_grad, len(list(copy.deepcopy(tied).parameters()))],
        [refused(lambda: copy.deepcopy(x * 2.0)), refused(lambda: copy.deepcopy([x * 2.0]))],
        [[t.tolist(), t.requires_grad, t.grad is None, t.is_leaf] for t in pickled],
        [type(pickled[3]).__name__, copy.copy(x).requires_grad, x.tolist()],
    ]


def switches(torch):
    x = torch.ones(1, requires_grad=True)
    said = []
    with torch.set_grad_enabled(False):
        said.append((x * 2).requires_grad)
        with torch.enable_grad():
            said.append((x * 2).requires_grad)
    with torch.inference_mode():
        said.append((x * 2).requires_grad)

    @torch.no_grad()
    def f():
        return (x * 2).requires_grad

    @torch.inference_mode()
    def h():
        return (x * 2).requires_grad

    return [*said, f(), h(), torch.is_grad_enabled()]


# -- mixed precision -------------------------------------------------------------------------------


def scaled_training(torch):
    results = []
    for broken in ((), (1,), (0, 3)):
        p = torch.tensor([1.0, 2.0], requires_grad=True)
        optimizer = torch.optim.SGD([p], 0.1)
        scaler = torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=2)
        for step in range(5):
            optimizer.zero_grad()
            loss = (p * p).sum() * (float("inf") if step in broken else 1.0)
            scaler.scale(loss).backward()
            if step % 2:
                scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
            results.append([p.tolist(), scaler.get_scale()])
        results.append(scaler.state_dict())
    return results


def scalers(torch):
    p = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([p], 0.1)
    off = torch.amp.GradScaler("cpu", enabled=False)
    on = torch.amp.GradScaler("cpu")
    early = [refused(lambda: on.step(optimizer)), refused(on.update)]
    on.scale(p.sum()).backward()
    on.unscale_(optimizer)
    twice = refused(lambda: on.unscale_(optimizer))
    on.step(optimizer)
    other = torch.amp.GradScaler("cpu", init_scale=2.0)
    on.update()
    other.load_state_dict(on.state_dict())
    return [
        [off.get_scale(), off.state_dict(), off.is_enabled(), off.scale(p) is p],
        [early, twice, refused(lambda: on.load_state_dict({})), other.get_scale()],
        [s.item() for s in on.scale([torch.ones(1), torch.zeros(1)])],
    ]


# -- random numbers and distributions --------------------------------------------------------------


def generators(torch):
    generator = torch.Generator(device="cpu")
    again = torch.Generator().manual_seed(5)
    state = generator.manual_seed(5).get_state()
    first = torch.randn(3, generator=generator).tolist()
    generator.set_state(state)
    torch.manual_seed(3)
    kept = torch.get_rng_state()
    drawn = torch.rand(3).tolist()
    with torch.random.fork_rng():
        torch.manual_seed(99)
    after = torch.rand(1).item()
    torch.set_rng_state(kept)
    return [
        torch.randn(3, generator=generator).tolist() == first,
        torch.randn(3, generator=again).tolist() == first,
        [torch.manual_seed(7).initial_seed(), torch.initial_seed(), generator.initial_seed()],
        [torch.set_rng_state(kept), torch.rand(3).tolist() == drawn, torch.rand(1).item() == after],
        [kept.type(), refused(lambda: torch.set_rng_state(torch.zeros(3)))],
        refused(lambda: torch.set_rng_state(torch.zeros(3, dtype=torch.uint8))),
    ]


def densities(torch):
    D = torch.distributions
    v = torch.tensor([0.3, -1.0])
    n = D.Normal(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0]))
    u = D.Uniform(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 4.0]))
    la = D.Laplace(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0]))
    b, c = D.Bernoulli(torch.tensor([0.2, 0.9])), D.Bernoulli(logits=torch.tensor([0.3, -2.0]))
    k = D.Categorical(torch.tensor([[1.0, 2.0, 1.0], [0.0, 1.0, 3.0]]))
    o = D.OneHotCategorical(torch.tensor([[1.0, 2.0, 1.0], [0.0, 1.0, 3.0]]))
    i, j = D.Independent(n, 1), D.Independent(D.Normal(torch.zeros(2), torch.ones(2)), 1)
    kl = D.kl_divergence
    tensors = [
        *(n.log_prob(v), n.entropy(), n.mean, n.variance, n.stddev, n.log_prob(v).exp()),
        *(u.log_prob(torch.tensor([0.5, 2.0])), u.entropy(), u.mean, u.variance, u.stddev),
        *(la.log_prob(v), la.entropy(), la.mean, la.variance, la.stddev),
        *(b.log_prob(torch.tensor([0.0, 1.0])), b.entropy(), b.logits, b.mean, b.variance),
        *(c.log_prob(torch.tensor([0.0, 1.0])), c.entropy(), c.probs),
        *(k.log_prob(torch.tensor([0, 2])), k.entropy(), k.probs, k.logits),
        *(o.log_prob(torch.eye(3)[:2]), o.entropy(), o.mean),
        *(i.log_prob(v), i.entropy(), i.mean),
        *(kl(n, D.Normal(0.5, 1.5)), kl(D.Normal(0.5, 1.5), n), kl(i, j), kl(b, c), kl(c, b)),
        *(kl(u, D.Uniform(-1.0, 5.0)), kl(u, D.Uniform(0.0, 2.0)), kl(la, D.Laplace(0.5, 1.0))),
        kl(k, D.Categorical(torch.ones(2, 3))),
    ]
    return [t.tolist() for t in tensors]


def draws(torch):
    D = torch.distributions
    loc, scale = torch.zeros(3, requires_grad=True), torch.ones(3, requires_grad=True)
    n = D.Normal(loc, scale)
    x = n.rsample((4,))
    noise = ((x - loc) / scale).detach()
    x.sum().backward()
    k = D.Categorical(torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]]))
    o = D.OneHotCategorical(logits=torch.tensor([0.0, 50.0]))
    kinds = [n, D.Uniform(0.0, 1.0), D.Bernoulli(torch.tensor([0.0, 1.0])), k, o]
    return [
        [loc.grad.tolist(), (scale.grad - noise.sum(0)).abs().max().item() < 1e-5],
        [tuple(kind.sample((5, 2)).shape) for kind in kinds],
        [[tuple(kind.batch_shape), tuple(kind.event_shape)] for kind in kinds],
        [kind.sample().requires_grad for kind in kinds],
        [k.sample((3,)).tolist(), o.sample((2,)).tolist(), kinds[2].sample().tolist()],
        [kind.has_rsample for kind in kinds],
        refused(lambda: D.Bernoulli(0.5).rsample()),
    ]


NO_PLACES = (-1.0, 0.5, 3.0, math.nan)  # of three


def impossible_distributions(torch):
    D = torch.distributions
    not_hot = torch.tensor([[1.0, 1.0], [0.0, 0.0], [0.5, 0.5], [math.nan, 1.0]])
    calls = [
        lambda: D.Normal(0.0, -1.0),
        lambda: D.Uniform(1.0, 0.0),
        lambda: D.Uniform(0.0, 1.0).log_prob(torch.tensor(2.0)),
        lambda: D.Bernoulli(2.0),
        lambda: D.Bernoulli(),
        lambda: D.Bernoulli(0.5, 0.5),
        lambda: D.Bernoulli(0.5).log_prob(torch.tensor(0.3)),
        lambda: D.Categorical(torch.tensor([-1.0, 2.0])),
        lambda: D.kl_divergence(D.Normal(0.0, 1.0), D.Bernoulli(0.5)),
        lambda: D.Categorical(torch.zeros(2)),
        lambda: D.Categorical(torch.tensor([1.0, math.inf])),
        lambda: D.Categorical(logits=torch.tensor([0.0, math.nan])),
        lambda: D.Bernoulli(logits=torch.tensor(math.nan)),
        lambda: D.Normal(math.nan, 1.0),
        lambda: D.Normal(0.0, 1.0).log_prob(torch.tensor(math.nan)),
        lambda: D.Laplace(0.0, 1.0).log_prob(torch.tensor(math.nan)),
        *(lambda n=n: D.Categorical(torch.ones(3)).log_prob(torch.tensor(n)) for n in NO_PLACES),
        *(lambda v=v: D.OneHotCategorical(torch.ones(2)).log_prob(v) for v in not_hot),
    ]
    return [refused(call) for call in calls]


# -- settings --------------------------------------------------------------------------------------


def settings(torch):
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.deterministic = True
    with torch.backends.cudnn.flags(enabled=False):
        pass
    torch.cuda.manual_seed(1)
    torch.cuda.manual_seed_all(1)
    torch.cuda.empty_cache()
    for precision in ("high", "highest"):  # the latter is what other tests compare with
        torch.set_float32_matmul_precision(precision)
    return [
        [torch.backends.mps.is_available(), torch.cuda.manual_seed(2)],
        [torch.mps.is_available(), torch.xpu.is_available(), torch.__version__ > "1.9"],
        [torch.distributed.is_initialized(), torch.get_default_dtype() == torch.float32],
        [type(torch.nn.DataParallel(torch.nn.Linear(2, 2)).module).__name__],
        list(torch.nn.DataParallel(torch.nn.Linear(2, 2)).state_dict()),
    ]


def in_parallel_on_none(torch):
    net = torch.nn.DataParallel(torch.nn.Linear(2, 3), [], None, 0)
    return tuple(net(torch.ones(4, 2)).shape)


SNIPPETS = [
    types_by_name, one_number, one_number_is_no_list, limits, devices, facts, variables,
    gradients_of_several, hooks, hooks_of_gradients_of_gradients, functions_of_ones_own,
    functions_that_err, anomalies, copies, switches, scaled_training, scalers, generators, densities, draws,
    impossible_distributions, settings, in_parallel_on_none,
]  # fmt: skip


@pytest.mark.parametrize("run", SNIPPETS, ids=lambda run: run.__name__)
@pytest.mark.filterwarnings("ignore:invalid value", "ignore:Anomaly Detection")
def test_the_same_comes_out_as_in_pytorch(run, backend, torch):
    if backend != "numpy" and run in (types_by_name, facts):
        pytest.skip("it names the host")
    if run is in_parallel_on_none and torch.cuda.is_available():
        pytest.skip("PyTorch refuses to use no GPU where there is one")
    ours, theirs = run(mg), run(torch)
    assert same(ours, theirs), f"minigan {ours}\nPyTorch {theirs}"


# -- what is absent, and what is said of it --------------------------------------------------------


@pytest.mark.parametrize(
    "address, name, cure",
    [
        ("torch.nn", "LSTM", "no recurrent"),
        ("torch.nn", "MultiheadAttention", "no recurrent or attention"),
        ("torch.optim", "LBFGS", "use Adam or SGD"),
        ("torch.nn.parallel", "DistributedDataParallel", "one process"),
        ("torch.distributed", "init_process_group", "one process"),
        ("torch.multiprocessing", "spawn", "one process"),
        ("torch.utils.data.distributed", "DistributedSampler", "one process"),
        ("torch.utils.checkpoint", "checkpoint", "call the function itself"),
        ("torch.utils.model_zoo", "load_url", r"minigan\.models"),
        ("torch.hub", "load", r"minigan\.models"),
        ("torchvision.models", "vgg19", r"minigan\.models"),
        ("torchvision.models.inception", "inception_v3", r"minigan\.models"),
        ("torch.distributed.algorithms.join", "Join", "one process"),
        ("torch.jit", "script", "call the function or module itself"),
        ("torch.fft", "fft2", "NumPy"),
        ("torch.sparse", "mm", "dense"),
        ("torch.profiler", "profile", "cProfile"),
        ("torch.cuda", "Event", "synchronize"),
        ("torch.cuda", "Stream", "synchronize"),
        ("torch.distributions", "Gamma", "minigan has .*Normal"),
        ("torch.nn.utils.rnn", "pack_padded_sequence", "no recurrent"),
    ],
)
def test_what_is_absent_can_be_imported_and_says_so_when_used(address, name, cure):
    module = importlib.import_module(f"minigan.{address}")
    parent = mg
    for part in address.split(".")[1:]:
        parent = getattr(parent, part) if address.startswith("torch.") else module
    assert parent is module
    it = getattr(module, name)
    assert not isinstance(mg.nn.Linear(1, 1), it)
    with pytest.raises(NotImplementedError, match=rf"{address}.{name}: .*{cure}"):
        it(1)
    with pytest.raises(AttributeError, match=cure):
        it.something  # noqa: B018


@pytest.mark.parametrize("names", absent._FORMULAS)
def test_the_line_to_write_instead_computes_the_same(torch, names):
    layer, function = names.split()
    with pytest.raises(AttributeError, match=f"has no {function}: write ") as told:
        getattr(mg.nn.functional, function)
    line = str(told.value).partition("write ")[2]
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal((4, 3)) for name in ("x", "a", "b", "input", "target")}
    values.update(target=np.exp(values["target"]), y=np.sign(values["x"] + values["a"]))
    values = {name: given for name, given in values.items() if re.search(rf"\b{name}\b", line)}
    ours = {name: mg.tensor(given) for name, given in values.items()}
    options = {"GELU": {"approximate": "tanh"}, "KLDivLoss": {"reduction": "batchmean"}}
    theirs = getattr(torch.nn, layer)(**options.get(layer, {}))(*map(torch.tensor, values.values()))
    got = eval(line, {"torch": mg, "F": mg.nn.functional, **ours})
    np.testing.assert_allclose(got.numpy(), theirs.numpy(), 1e-5)


def test_a_class_below_its_public_ones_is_what_programs_ask_isinstance_of():
    kinds = mg.nn.modules
    assert isinstance(mg.nn.BatchNorm2d(2), kinds.batchnorm._BatchNorm)
    assert isinstance(mg.nn.InstanceNorm1d(2), kinds.instancenorm._InstanceNorm)
    assert not isinstance(mg.nn.InstanceNorm2d(2), kinds.batchnorm._BatchNorm)


def test_names_that_nobody_has_are_unknown():
    for module in (
        mg,
        mg.nn,
        mg.nn.functional,
        mg.optim,
        mg.distributions,
        mg.distributed.__class__,
    ):
        with pytest.raises(AttributeError, match="Nonsense"):
            module.Nonsense  # noqa: B018
    with pytest.raises(AttributeError, match=r"bfloat16: .*float32"):
        mg.bfloat16  # noqa: B018
    assert not hasattr(mg, "complex64") and not hasattr(mg.jit, "__wrapped__")


def test_a_device_that_is_not_there_is_refused_by_programs_words(monkeypatch):
    monkeypatch.setattr(B, "why_no_cupy", lambda: "backend cupy: no GPU, or use --backend numpy")
    x, net = mg.ones(2), mg.nn.Linear(2, 2)
    with B.use_backend("numpy"):
        for call in (
            x.cuda, net.cuda, lambda: x.to("cuda:0"), lambda: net.to(mg.device("cuda")),
            lambda: x.to(0), lambda: mg.cuda.FloatTensor(2), lambda: mg.zeros(1, device="cuda"),
            mg.cuda.current_device, lambda: mg.cuda.get_device_name(0),
            lambda: x.type(mg.cuda.FloatTensor), lambda: x.type("torch.cuda.FloatTensor"),
        ):  # fmt: skip
            with pytest.raises(BackendError, match=r"no GPU.*Leave \.cuda\(\) out") as told:
                call()
            assert isinstance(told.value, RuntimeError) and "--backend" not in str(told.value)
        assert mg.cuda.device_count() == 0 and not mg.cuda.is_available()
        assert mg.accelerator.current_accelerator() is None
    for word in ("mps", "xpu", "meta", "cuda:1", mg.device("mps")):
        with pytest.raises(BackendError, match=r"minigan computes on cpu \(NumPy\) and cuda"):
            x.to(word)
    with pytest.raises(TypeError, match=r"not a dtype here.*nor is it a device"):
        x.to("float23")
    with pytest.raises(ValueError, match=r"is none of torch\.FloatTensor"):
        x.type("torch.FloatingTensor")
    with pytest.raises(BackendError, match="set_default_device"), mg.device("cpu"):
        pass


def test_a_gpu_answers_for_itself(backend):
    if backend == "numpy":
        assert mg.ones(2).get_device() == -1
        return
    assert mg.cuda.is_available() and mg.cuda.device_count() == 1 and mg.cuda.is_initialized()
    assert mg.cuda.current_device() == 0 == mg.ones(2).get_device()
    mg.cuda.set_device(0)
    with mg.cuda.device(0):
        assert mg.cuda.FloatTensor(2).is_cuda
    assert mg.ones(2).type() == "torch.cuda.FloatTensor"
    assert str(mg.ones(2).cuda("cuda:0").device) == "cuda:0"
    with pytest.raises(BackendError, match="is no GPU"):
        mg.ones(2).cuda("cpu")


def test_autocast_changes_nothing_and_says_so_once():
    mg.amp._say_once.cache_clear()
    with pytest.warns(UserWarning, match="autocast: minigan computes in the dtype of its inputs"):
        first = mg.autocast("cuda")
    x = mg.ones(2, 2)
    with first, mg.cuda.amp.autocast(), mg.amp.autocast("cpu", dtype=mg.float16):  # said already
        assert (x @ x).dtype == mg.float32

    @mg.cuda.amp.autocast()
    def step():
        return 3

    assert step() == 3 and not mg.amp.is_autocast_available("cuda")
    with pytest.raises(ValueError, match="device_type"):
        mg.autocast(mg.float16)
    with pytest.raises(ValueError, match="growth_factor"):
        mg.amp.GradScaler("cpu", growth_factor=0.5)


def test_a_scaler_for_a_gpu_works_where_there_is_one(backend):
    scaler = mg.cuda.amp.GradScaler(init_scale=8.0)
    assert scaler.is_enabled() is mg.cuda.is_available()
    assert mg.amp.GradScaler("cuda").is_enabled() is mg.cuda.is_available()


def test_pickled_tensors_stay_where_they_were(backend):
    here, there = pickle.loads(pickle.dumps([mg.ones(2).cpu(), mg.ones(2)]))
    assert here.is_cpu and there.device == mg.ones(2).device
    assert copy.copy(here).is_cpu and copy.deepcopy(here).is_cpu


def test_functions_of_ones_own_have_limits():
    class Two(mg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1.0, x * 2.0

    class Once(mg.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2.0

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        @mg.autograd.function.once_differentiable
        def backward(ctx, g):
            return g * 2.0

    x = mg.ones(2, requires_grad=True)
    with pytest.raises(NotImplementedError, match="2 floating-point outputs"):
        Two.apply(x)
    assert [y.tolist() for y in Two.apply(x.detach())] == [[1.0, 1.0], [2.0, 2.0]]
    Once.apply(x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    with pytest.raises(RuntimeError, match="once_differentiable"):
        mg.autograd.grad(Once.apply(x).sum(), x, create_graph=True)
    with pytest.raises(NotImplementedError, match="is_grads_batched=True"):
        mg.autograd.grad(x.sum(), x, is_grads_batched=True)


def test_a_hook_goes_with_its_tensor():
    x = mg.ones(2, requires_grad=True)
    x.register_hook(lambda g: g * 2.0)
    x.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    del x
    y = mg.ones(2, requires_grad=True)
    y.retain_grad()  # a leaf does so anyway
    with pytest.raises(RuntimeError, match="scalar"):
        (y * 2.0).backward()
    (y * 2.0).sum().backward()
    assert y.grad.tolist() == [2.0, 2.0]


def test_compile_returns_the_model():
    net = mg.nn.Linear(2, 2)
    assert mg.compile(net) is net and mg.compile(mode="max-autotune")(net) is net


@pytest.mark.parametrize(
    "address",
    "amp cuda.amp distributions random version autograd.function autograd.anomaly_mode".split(),
)
def test_modules_have_pytorchs_addresses(address):
    module = importlib.import_module(f"minigan.torch.{address}")
    value = mg
    for part in address.split("."):
        value = getattr(value, part)
    assert value is module
    assert [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)] == []


def test_distributions_have_modules_of_their_own():
    from minigan.torch.distributions.bernoulli import Bernoulli
    from minigan.torch.distributions.normal import Normal

    from minigan.torch.distributions.kl import kl_divergence

    D = mg.distributions
    assert (Bernoulli, Normal, kl_divergence) == (D.Bernoulli, D.Normal, D.kl_divergence)


def test_things_are_found_in_pytorchs_files():
    from minigan.torch.nn.modules.loss import CrossEntropyLoss, KLDivLoss, MSELoss, _Loss
    from minigan.torch.nn.modules.utils import _pair, _triple
    from minigan.torch.nn.parallel.data_parallel import DataParallel
    from minigan.torch.optim.adam import Adam
    from minigan.torch.optim.sgd import SGD
    from minigan.torch.utils.tensorboard.writer import SummaryWriter
    from minigan.torchvision.transforms.transforms import Compose

    from minigan.torch.nn.modules import Conv2d, Module
    from minigan.torchvision.datasets.vision import VisionDataset

    nn = mg.nn
    assert (Conv2d, Module, DataParallel) == (nn.Conv2d, nn.Module, nn.DataParallel)
    assert (Adam, SGD, mg.optim.adam.Adam) == (mg.optim.Adam, mg.optim.SGD, mg.optim.Adam)
    assert (CrossEntropyLoss, KLDivLoss) == (nn.CrossEntropyLoss, nn.KLDivLoss)
    assert isinstance(MSELoss(), _Loss) and not isinstance(nn.Linear(1, 1), _Loss)
    assert (_pair(3), _pair([1, 2]), _triple("a")) == ((3, 3), (1, 2), ("a",))
    assert SummaryWriter is mg.utils.tensorboard.SummaryWriter
    assert Compose is minigan.torchvision.transforms.Compose
    assert VisionDataset is minigan.torchvision.datasets.VisionDataset
    convolutions = nn.Conv1d(1, 1, 1), nn.ConvTranspose2d(1, 1, 1), nn.Conv2d(1, 1, 1)
    assert all(isinstance(layer, nn.modules.conv._ConvNd) for layer in convolutions)
    assert not isinstance(nn.Linear(1, 1), nn.modules.conv._ConvNd)


def test_a_data_set_of_ones_own_begins_from_torchvisions_class():
    class Two(minigan.torchvision.datasets.VisionDataset):
        def __getitem__(self, index):
            picture, label = index * 10, index
            return self.transforms(picture, label) if self.transforms else (picture, label)

        def __len__(self):
            return 2

    assert Two("here")[1] == (10, 1) and Two("~").root == os.path.expanduser("~")
    assert Two(transform=lambda x: x + 1, target_transform=str)[1] == (11, "1")
    assert Two(transforms=lambda x, y: (y, x))[1] == (1, 10)
    with pytest.raises(ValueError, match="give transforms, or transform and target_transform"):
        Two(transforms=max, transform=str)


def test_weights_made_anew_go_through_conv_forward(torch):
    """As in layers that learn a weight at another scale: the field's own idiom."""
    found = []
    for m in (torch, mg):

        class Scaled(m.nn.Conv2d):
            def forward(self, x, scale=0.5):
                return self._conv_forward(x, self.weight * scale, self.bias)

        layer = Scaled(2, 3, 3, stride=2, padding=1, padding_mode="reflect")
        with m.no_grad():
            layer.weight.copy_(m.arange(54).reshape(3, 2, 3, 3) / 54.0)
            layer.bias.fill_(0.25)
        found.append(layer(m.arange(50).reshape(1, 2, 5, 5).float()).detach().numpy())
    np.testing.assert_allclose(found[1], found[0], 1e-5)


@pytest.mark.parametrize(
    "draw",
    [
        lambda m, g: m.zeros(4).normal_(1.0, 2.0, generator=g),
        lambda m, g: m.zeros(4).uniform_(-1.0, 2.0, generator=g),
        lambda m, g: m.zeros(9).bernoulli_(0.4, generator=g),
        lambda m, g: m.zeros(4).random_(1000, generator=g),
        lambda m, g: m.bernoulli(m.full((9,), 0.4), generator=g),
        lambda m, g: m.multinomial(m.ones(50), 9, generator=g),
    ],
)
def test_what_is_drawn_by_a_generator_of_ones_own(draw, torch):
    """It is the generator's own numbers, and leaves the others as they were: in both libraries."""
    for m in (torch, mg):
        g = m.Generator().manual_seed(3)
        m.manual_seed(7)
        first, second = draw(m, g), draw(m, g)
        assert not m.equal(first, second)
        assert m.equal(first, draw(m, m.Generator().manual_seed(3)))
        after = m.rand(2)
        assert m.equal(after, (m.manual_seed(7), m.rand(2))[1])


def test_new_values_keep_their_precision(torch):
    values = np.random.default_rng(0).random(3)
    for m in (torch, mg):
        x = m.zeros(2, dtype=m.float64)
        assert (x.new(values).numpy() == values).all() and x.new(2, 3).shape == (2, 3)


def test_a_full_gpu_is_an_error_of_pytorchs_name():
    assert mg.cuda.OutOfMemoryError is mg.OutOfMemoryError
    assert issubclass(mg.OutOfMemoryError, BackendError)
    assert issubclass(mg.OutOfMemoryError, RuntimeError)


def test_layers_are_found_by_their_kind():
    from minigan.torch.nn.modules.batchnorm import BatchNorm2d
    from minigan.torch.nn.modules.conv import Conv2d

    nn = mg.nn
    assert (BatchNorm2d, Conv2d) == (nn.BatchNorm2d, nn.Conv2d)
    kinds = nn.modules
    assert kinds.linear.Linear is nn.Linear and kinds.sparse.Embedding is nn.Embedding
    assert kinds.dropout.Dropout is nn.Dropout and kinds.module.Module is nn.Module
    assert kinds.activation.ReLU is nn.ReLU and kinds.normalization.LayerNorm is nn.LayerNorm
