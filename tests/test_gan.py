"""Losses, penalties, normalisation, packing and rejection against closed forms and PyTorch."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

import minigan as mg
from minigan import gan, nn, rejection
from minigan.autograd import gradcheck
from minigan.backend.random import Generator
from minigan.errors import UserError
from minigan.gan import losses
from minigan.ops.elementwise import softplus

LOG2 = math.log(2.0)


def column(*values):
    """Logits (N, 1)."""
    return mg.tensor([[v] for v in values])


def drawn(*shape, seed=0, dtype="float64"):
    return mg.randn(*shape, generator=Generator(seed)).astype(dtype)


class Softplus(nn.Module):
    """ln(1 + eˣ)"""

    forward = staticmethod(softplus)


def smooth_D(features, seed=1):
    """A D with curvature and no kinks, in float64."""
    mg.manual_seed(seed)
    D = nn.Sequential(
        nn.Linear(features, 5), nn.Tanh(), nn.Linear(5, 5), Softplus(), nn.Linear(5, 1)
    )
    for p in D.parameters():
        p.array = p.array.astype("float64")
    return D


def as_torch(network):
    """The same smooth_D in PyTorch."""
    torch = pytest.importorskip("torch")
    kinds = {"Linear": lambda m: torch.nn.Linear(m.in_features, m.out_features)}
    twin = torch.nn.Sequential(
        *(kinds.get(type(m).__name__, lambda m: getattr(torch.nn, type(m).__name__)())(m)
          for m in network)
    ).double()  # fmt: skip
    state = {k: torch.from_numpy(v.numpy().copy()) for k, v in network.state_dict().items()}
    twin.load_state_dict(state)
    return torch, twin


# -- losses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "d", "g"),
    [
        ("non-saturating", 2 * LOG2, LOG2),
        ("saturating", 2 * LOG2, -LOG2),
        ("least-squares", 0.5, 0.5),
        ("hinge", 2.0, 0.0),
        ("wasserstein", 0.0, 0.0),
    ],
)
def test_an_undecided_D_has_known_losses(backend, name, d, g):
    loss = gan.adversarial_loss(name)
    undecided = mg.zeros(4, 1)
    assert loss.d(undecided, undecided).item() == pytest.approx(d)
    assert loss.g(undecided).item() == pytest.approx(g)


def test_D_has_won_or_is_constant():
    a = 1.7  # D(x) = a for real, -a for fake
    real, fake = column(a, a), column(-a, -a)
    assert gan.LOSSES["non-saturating"].d(real, fake).item() == pytest.approx(
        2 * math.log1p(math.exp(-a))
    )
    assert gan.LOSSES["wasserstein"].d(real, fake).item() == pytest.approx(-2 * a)
    assert gan.LOSSES["least-squares"].d(real, fake).item() == pytest.approx(
        ((a - 1) ** 2 + a**2) / 2
    )
    assert gan.LOSSES["hinge"].d(real, fake).item() == 0.0


def test_hinge_is_flat_beyond_the_margin_and_has_slope_one_within():
    real, fake = column(-2.0, 0.5, 1.5), column(-1.5, -0.5, 2.0)
    real.requires_grad_()
    fake.requires_grad_()
    gan.LOSSES["hinge"].d(real, fake).backward()
    np.testing.assert_allclose(real.grad.numpy() * 3, [[-1], [-1], [0]], rtol=1e-6)
    np.testing.assert_allclose(fake.grad.numpy() * 3, [[0], [1], [1]], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("saturating", lambda p, x: -p),
        ("non-saturating", lambda p, x: p - 1),
        ("least-squares", lambda p, x: x - 1),
        ("hinge", lambda p, x: -1 + 0 * x),
        ("wasserstein", lambda p, x: -1 + 0 * x),
    ],
)
def test_the_gradient_that_reaches_G(name, expected):
    logits = mg.tensor(np.linspace(-8, 8, 33)[:, None], "float32", requires_grad=True)
    (gan.LOSSES[name].g(logits) * 33.0).backward()
    at = logits.detach().numpy().astype("float64")
    np.testing.assert_allclose(
        logits.grad.numpy(), expected(1 / (1 + np.exp(-at)), at), rtol=1e-5, atol=1e-6
    )


def test_losses_and_gradients_stay_finite_however_sure_D_is():
    for name in gan.LOSSES:
        real, fake = column(1e4, -1e4).requires_grad_(), column(1e4, -1e4).requires_grad_()
        loss = gan.LOSSES[name]
        (loss.d(real, fake) + loss.g(fake)).backward()
        assert np.isfinite(real.grad.numpy()).all()
        assert np.isfinite(fake.grad.numpy()).all()
    sure = gan.LOSSES["non-saturating"].d(column(30.0), column(-30.0)).item()
    assert sure == pytest.approx(2 * math.exp(-30.0), rel=1e-5)  # not rounded to 0


def test_the_bce_losses_are_those_of_PyTorch():
    torch = pytest.importorskip("torch")
    bce = torch.nn.BCEWithLogitsLoss()
    real, fake = drawn(7, 1), drawn(7, 1, seed=1)
    r, f = torch.from_numpy(real.numpy()), torch.from_numpy(fake.numpy())
    for label in (1.0, 0.9):
        d = gan.adversarial_loss("non-saturating", label).d(real, fake).item()
        theirs = bce(r, torch.full_like(r, label)) + bce(f, torch.zeros_like(f))
        assert d == pytest.approx(theirs.item(), rel=1e-12)
    g = gan.LOSSES["non-saturating"].g(fake).item()
    assert g == pytest.approx(bce(f, torch.ones_like(f)).item(), rel=1e-12)
    assert gan.LOSSES["saturating"].g(fake).item() == pytest.approx(
        -bce(f, torch.zeros_like(f)).item(), rel=1e-12
    )


def test_smoothing_puts_the_best_logit_on_data_at_log_9():
    loss = gan.adversarial_loss("non-saturating", real_label=0.9)
    real = column(math.log(9.0)).requires_grad_()
    loss.d(real, column(0.0)).backward()
    assert real.grad.item() == pytest.approx(0.0, abs=1e-7)


def test_wrong_choices_of_loss_are_explained():
    with pytest.raises(UserError, match="unknown loss 'hingee': choose non-saturating"):
        gan.adversarial_loss("hingee")
    with pytest.raises(UserError, match="hinge has none: choose non-saturating or saturating"):
        gan.adversarial_loss("hinge", real_label=0.9)
    with pytest.raises(UserError, match=r"is 1.5: it must be within \(0, 1\]"):
        gan.adversarial_loss("saturating", real_label=1.5)


def test_every_loss_is_reached_by_name():
    assert {loss.d for loss in gan.LOSSES.values()} == {
        losses.bce_d, losses.least_squares_d, losses.hinge_d, losses.wasserstein_d
    }  # fmt: skip


def test_feature_matching_is_the_squared_distance_of_the_means():
    real = mg.tensor([[1.0, 0.0], [3.0, 2.0]]).requires_grad_()
    fake = mg.tensor([[0.0, 0.0], [0.0, 0.0], [3.0, 3.0]]).requires_grad_()
    value = gan.feature_matching(real, fake)  # means (2, 1) and (1, 1)
    assert value.item() == pytest.approx(0.5)
    value.backward()
    assert real.grad is None
    np.testing.assert_allclose(fake.grad.numpy(), [[-1 / 3, 0.0]] * 3, atol=1e-7)


# -- penalties -------------------------------------------------------------------------------------


def test_a_linear_D_is_equally_steep_everywhere(backend):
    D = nn.Linear(3, 1)
    real, fake = mg.randn(6, 3), mg.randn(6, 3)
    w = D.weight.detach().cpu().numpy().astype("float64")
    norm = math.sqrt((w * w).sum())
    penalty = gan.gradient_penalty(D, real, fake)
    assert penalty.item() == pytest.approx((norm - 1) ** 2, rel=1e-4)
    penalty.backward()
    np.testing.assert_allclose(
        D.weight.grad.cpu().numpy(), 2 * (norm - 1) * w / norm, rtol=1e-4, atol=1e-6
    )
    real.requires_grad_()
    assert gan.r1_penalty(D(real), real).item() == pytest.approx(norm**2 / 2, rel=1e-5)


def test_r1_of_a_quadratic_D():
    # D(x) = a·‖x‖²: ∇D = 2a·x, ½E‖∇D‖² = 2a²·E‖x‖², and its derivative by a is 4a·E‖x‖²
    a = nn.Parameter(mg.tensor(0.7, dtype="float64"))
    x = drawn(9, 4).requires_grad_()
    square = (x.detach().numpy() ** 2).sum(1).mean()
    penalty = gan.r1_penalty(x.square().sum(1) * a, x)
    penalty.backward()
    assert penalty.item() == pytest.approx(2 * 0.7**2 * square)
    assert a.grad.item() == pytest.approx(4 * 0.7 * square)


def test_the_penalty_is_taken_between_real_and_fake():
    # D(x) = ½x² has slope x. Between a and b = a + w·ε with ε ~ U(0, 1), the mean of (x - 1)² is
    # ((b-1)³ - (a-1)³) / 3(b-a).
    real, fake = mg.ones(40000, 1) * 4.0, mg.ones(40000, 1)
    penalty = gan.gradient_penalty(lambda x: x.square() * 0.5, real, fake).item()
    assert penalty == pytest.approx(27 / 9, rel=0.02)
    one_epsilon_each = gan.gradient_penalty(
        lambda x: x.sum((1, 2, 3)) * 0.5, mg.zeros(4, 2, 3, 3), mg.ones(4, 2, 3, 3)
    )
    assert one_epsilon_each.item() == pytest.approx((0.5 * math.sqrt(18) - 1) ** 2, rel=1e-5)


def test_penalties_have_right_gradients_by_Ds_weights():
    D = smooth_D(3)
    real, fake = drawn(4, 3, seed=2), drawn(4, 3, seed=3)

    def with_weights(penalty):
        def function(*weights):
            for m, (w, b) in zip(
                list(D)[::2], zip(weights[::2], weights[1::2], strict=True), strict=True
            ):
                vars(m)["weight"], vars(m)["bias"] = w, b
            return penalty()

        return function

    def wgan_gp():
        return gan.gradient_penalty(D, real, fake, generator=Generator(5))

    def r1():
        x = real.detach().requires_grad_()
        return gan.r1_penalty(D(x), x)

    weights = [p.detach().clone().requires_grad_() for p in D.parameters()]
    assert gradcheck(with_weights(wgan_gp), weights)
    assert gradcheck(with_weights(r1), weights)


def test_penalties_are_those_of_PyTorch():
    D = smooth_D(3)
    torch, twin = as_torch(D)
    real, fake = drawn(6, 3, seed=2), drawn(6, 3, seed=3)
    epsilon = mg.rand(6, 1, generator=Generator(5)).astype("float64")
    x, f, e = (torch.from_numpy(t.numpy()) for t in (real, fake, epsilon))
    between = (e * x + (1 - e) * f).requires_grad_()
    (slope,) = torch.autograd.grad(twin(between).sum(), between, create_graph=True)
    theirs = 10 * ((slope.norm(2, dim=1) - 1) ** 2).mean()
    x = x.requires_grad_()
    (slope,) = torch.autograd.grad(twin(x).sum(), x, create_graph=True)
    theirs = theirs + 0.5 * (slope**2).sum(1).mean()
    theirs.backward()
    real_x = real.detach().requires_grad_()
    ours = 10.0 * gan.gradient_penalty(D, real, fake, generator=Generator(5))
    ours = ours + gan.r1_penalty(D(real_x), real_x)
    ours.backward()
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-10)
    for p, q in zip(D.parameters(), twin.parameters(), strict=True):
        expected = 0.0 if q.grad is None else q.grad.numpy()
        np.testing.assert_allclose(0.0 if p.grad is None else p.grad.numpy(), expected, atol=1e-10)


def test_penalties_leave_G_alone_and_keep_float32():
    G, D = nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1))
    penalty = gan.gradient_penalty(D, mg.randn(5, 3), G(mg.randn(5, 2)))
    penalty.backward()
    assert penalty.dtype == "float32"
    assert G.weight.grad is None
    assert {p.grad.dtype.name for p in D.parameters() if p.grad is not None} == {"float32"}


def test_mistakes_with_penalties_are_explained():
    D = nn.Linear(3, 1)
    with pytest.raises(ValueError, match=r"real has shape \(4, 3\) and fake \(5, 3\)"):
        gan.gradient_penalty(D, mg.randn(4, 3), mg.randn(5, 3))
    x = mg.randn(4, 3)
    with pytest.raises(RuntimeError, match="requires no grad"):
        gan.r1_penalty(D(x), x)


# -- packing ---------------------------------------------------------------------------------------


def test_packing_joins_neighbours(backend):
    x = mg.tensor(list(range(12))).reshape(6, 2)
    assert gan.pack(x, 3).cpu().numpy().tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert gan.pack(x, 1).cpu().numpy().tolist() == x.cpu().numpy().tolist()
    images = mg.tensor(list(range(48))).reshape(4, 3, 2, 2)
    packed = gan.pack(images, 2)
    assert packed.shape == (2, 6, 2, 2)
    assert packed[1, :3].cpu().numpy().tolist() == images[2].cpu().numpy().tolist()
    assert packed[1, 3:].cpu().numpy().tolist() == images[3].cpu().numpy().tolist()


def test_gradients_go_back_through_packing():
    x = drawn(4, 2).requires_grad_()
    assert gradcheck(lambda x: gan.pack(x, 2).tanh(), x)


def test_a_batch_that_cannot_be_packed_is_explained():
    with pytest.raises(UserError, match="a batch of 5 cannot be packed by 2"):
        gan.pack(mg.zeros(5, 2), 2)


# -- spectral normalisation ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "outputs"),
    [
        (lambda: nn.Linear(7, 5), 0),
        (lambda: nn.Conv2d(3, 4, 3), 0),
        (lambda: nn.ConvTranspose2d(3, 4, 3), 1),
    ],
)
def test_a_normalised_weight_stretches_no_direction_by_more_than_one(backend, layer, outputs):
    normal = gan.spectral_norm(layer())
    for _ in range(200):
        weight = normal.weight.detach().cpu().numpy()
    matrix = np.moveaxis(weight, outputs, 0).reshape(weight.shape[outputs], -1)
    assert np.linalg.norm(matrix, 2) == pytest.approx(1.0, abs=1e-3)


def test_the_gradient_of_a_normalised_weight():
    layer = gan.spectral_norm(nn.Linear(3, 2)).eval()  # u and v stand still
    behind = layer.parametrizations.weight
    behind.original.array = behind.original.array.astype("float64")
    for name in ("_u", "_v"):
        vector = getattr(vars(behind)["0"], name)
        vector.array = vector.array.astype("float64")

    def square(original):
        return vars(behind)["0"](original).square().sum()

    assert gradcheck(square, behind.original.detach().requires_grad_())


def test_the_original_weight_is_what_is_learned_and_saved():
    layer = gan.spectral_norm(nn.Conv2d(2, 3, 3))
    names = [f"parametrizations.weight.{name}" for name in ("original", "0._u", "0._v")]
    assert list(layer.state_dict()) == ["bias", *names]
    assert [name for name, _ in layer.named_parameters()] == ["bias", names[0]]
    with pytest.raises(ValueError, match="Flatten has no parameter 'weight'"):
        gan.spectral_norm(nn.Flatten())
    with pytest.raises(ValueError, match="n_power_iterations=0 must be"):
        gan.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)


# -- rejection -------------------------------------------------------------------------------------

P_DATA, P_G = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.4, 0.3, 0.2, 0.1])


def of_four(seed):
    """Batches of 500 samples (500, 1) of p_g on 0, 1, 2, 3, without end."""
    chance = np.random.default_rng(seed)
    while True:
        yield mg.tensor(chance.choice(4, size=(500, 1), p=P_G).astype("float32"))


def best_D(x):
    """ln(p_data / p_g): (N, 1)"""
    return mg.tensor(np.log(P_DATA / P_G).astype("float32"))[x.astype("int64")]


def first(batches, count):
    """The first so many samples, as a NumPy array."""
    parts, held = [], 0
    for x in batches:
        parts.append(x.cpu().numpy())
        held += len(x)
        if held >= count:
            return np.concatenate(parts)[:count]
    return np.concatenate(parts)


@pytest.mark.parametrize("quantile", [1.0, 0.5])
def test_what_the_best_D_lets_pass_is_as_dense_as_the_odds_say(backend, quantile):
    count = 40_000
    passed = first(rejection.accepted(of_four(0), best_D, quantile, generator=Generator(1)), count)
    # By hand: at 1 the limit is the odds of 3, and what passes is p_data. At 0.5 it is those of 1,
    # since 0 and 1 are 0.7 of all and 0 alone is 0.4: 2 and 3, too, pass as p_g has them.
    odds = P_DATA / P_G
    expected = P_G * np.minimum(1.0, odds / (odds[3] if quantile == 1.0 else odds[1]))
    expected /= expected.sum()
    if quantile == 1.0:
        np.testing.assert_allclose(expected, P_DATA)
    shares = np.bincount(passed[:, 0].astype(int), minlength=4) / count
    error = np.sqrt(expected * (1 - expected) / count)
    assert (np.abs(shares - expected) < 4.5 * error).all()


def test_a_D_that_knows_nothing_lets_all_pass(backend):
    passed = next(rejection.accepted(of_four(0), lambda x: 0.0 * x))
    np.testing.assert_array_equal(passed.cpu().numpy(), next(of_four(0)).cpu().numpy())


def test_samples_are_drawn_as_they_are_asked_for(backend):
    drawn = []

    def counted():
        for x in of_four(0):
            drawn.append(len(x))
            yield x

    passed = rejection.accepted(counted(), best_D, pilot=1_200)
    assert drawn == []
    seen = []
    for _ in range(5):
        next(passed)
        seen.append(len(drawn))
    assert seen == [3, 3, 3, 4, 5]  # three batches are the pilot
    assert list(rejection.accepted([], best_D)) == []
    few = [next(of_four(0))]  # fewer than the pilot asks for
    assert 0 < len(first(rejection.accepted(few, best_D), 500)) < 500


@pytest.mark.parametrize(
    ("quantile", "D", "message"),
    [
        (1.5, best_D, r"quantile is 1\.5; it must be within \[0, 1\]"),
        (0.5, lambda x: mg.cat([x, x], 1), r"outputs of shape \(500, 2\) for 500 samples"),
        (0.5, lambda x: x * math.nan, "not finite: it has diverged"),
    ],
)
def test_what_cannot_reject_is_refused(backend, quantile, D, message):
    with pytest.raises(UserError, match=message):
        next(rejection.accepted(of_four(0), D, quantile))


# -- the examples that show the theory -------------------------------------------------------------


def example(name):
    """A program of examples/ as a module."""
    path = Path(__file__).parent.parent / "examples" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("shape", "modes"), [("ring", 8), ("grid", 25)])
def test_samples_of_the_mixture_itself_score_best(shape, modes):
    # in the plane a share 1 - exp(-9/2) of a Gaussian lies within 3σ
    mixture = example("mixture_2d").Mixture(shape)
    covered, quality = mixture.score(mixture.draw(20_000, seed=1))
    assert covered == modes
    assert quality == pytest.approx(1 - math.exp(-4.5), abs=0.003)
    assert mixture.score(mixture.centres[:3]) == (3, 1.0)
    assert mixture.score(mixture.centres + 3.1 * mixture.std) == (0, 0.0)


def test_maxout_is_the_largest_of_its_maps():
    layer = example("mixture_2d").Maxout(inputs=3, units=4, pieces=5)
    x = mg.randn(6, 3)
    maps = layer.maps(x).detach().numpy()
    expected = [[max(row[5 * u : 5 * u + 5]) for u in range(4)] for row in maps]
    np.testing.assert_array_equal(layer(x).detach().numpy(), np.array(expected))


def test_the_integrals_of_the_theory():
    theory = example("gaussian_1d")
    X, data, fixed = theory.X, theory.P_DATA, theory.P_FIXED
    p, q = data.density(X), fixed.density(X)
    assert np.trapezoid(p, X) == pytest.approx(1.0)
    assert theory.divergence(p, p) == 0.0
    assert theory.divergence(p, np.roll(p, 600)) == pytest.approx(LOG2, abs=1e-3)  # hardly overlap
    best = np.log(p / q)  # the logit of D*
    at_best = theory.value(best, best, q, X)
    assert at_best == pytest.approx(2 * theory.divergence(p, q) - 2 * LOG2, abs=1e-6)
    assert theory.value(best + 0.1, best + 0.1, q, X) < at_best
    assert theory.value(0 * X, 0 * X, q, X) == pytest.approx(-2 * LOG2)


def test_the_density_of_an_affine_G():
    theory = example("gaussian_1d")
    G = nn.Linear(1, 1)
    nn.init.fill(G.weight, 0.5)
    nn.init.fill(G.bias, 1.0)
    density, mean, std = theory.pushed(G)
    np.testing.assert_allclose(density, theory.Normal(1.0, 0.5).density(theory.X), atol=5e-3)
    assert (mean, std) == pytest.approx((1.0, 0.5), abs=1e-4)
