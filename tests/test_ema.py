"""gan.EMA: an average of what was trained alone, with statistics that fit, that goes on exactly."""

import copy

import numpy as np
import pytest

import minigan
import minigan.torch as mg
from minigan import gan, nn, serialization
from minigan.backend import to_host
from minigan.optim import Adam

pytestmark = pytest.mark.usefixtures("backend")


def state_of(module):
    return {name: to_host(tensor.array).copy() for name, tensor in module.named_state()}


def factor(t, decay):
    return max(1.0 - decay, 35.0 / (t + 34.0))


def small_G():
    return nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


def train(G, steps, ema=None):
    """A few steps of Adam towards nothing in particular, averaged."""
    optimizer = Adam(G.parameters(), 0.05)
    for _ in range(steps):
        z = minigan.randn(8, 2)
        optimizer.zero_grad()
        ((G(z) - 3.0) ** 2.0).mean().backward()
        optimizer.step()
        if ema:
            ema.update(G)


def test_the_first_update_copies_and_nothing_of_the_beginning_is_left():
    G = small_G()
    ema = gan.EMA(G, 0.999)
    nn.init.normal_(list(G)[3].weight, 50.0)
    ema.update(G)
    for name, value in state_of(G).items():
        np.testing.assert_allclose(state_of(ema.module)[name], value, rtol=1e-6)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 0.999])
def test_the_average_is_the_weighted_sum_of_what_was_trained(decay):
    G = nn.Linear(1, 1, bias=False)
    nn.init.fill(G.weight, -7.0)
    ema, expected = gan.EMA(G, decay), 0.0
    for t in range(1, 41):
        nn.init.fill(G.weight, float(t * t))
        ema.update(G)
        expected += (t * t - expected) * factor(t, decay)
        assert ema.module.weight.item() == pytest.approx(expected, rel=1e-5)
    assert ema.updates.item() == 40


def test_what_stands_still_is_its_own_average():
    G = small_G()
    ema = gan.EMA(G, 0.99)
    before = state_of(G)
    for _ in range(30):
        ema.update(G)
    for name, value in state_of(ema.module).items():
        np.testing.assert_array_equal(value, before[name])


def test_running_statistics_are_those_of_what_was_trained():
    G = nn.BatchNorm1d(3)
    ema, expected = gan.EMA(G, 0.99), np.ones(3)
    for t in range(1, 60):
        G(minigan.randn(64, 3) * 0.1)
        ema.update(G)
        expected += (to_host(G.running_var.array) - expected) * factor(t, 0.99)
    # G's own average starts at 1 and has forgotten it: 0.9⁵⁹ is left; so has the average of it
    found = to_host(ema.module.running_var.array)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert found.max() < 0.05
    assert ema.module.num_batches_tracked.item() == 59


def test_the_average_draws_what_G_draws_soon_after_the_start():
    # One that began with BatchNorm's first variance of 1 was far off for thousands of steps.
    G = small_G()
    ema = gan.EMA(G, 0.999)
    train(G, 150, ema)
    z = minigan.randn(512, 2)
    with minigan.no_grad():
        ours, theirs = (to_host(net.eval()(z).array) for net in (ema, G))
    np.testing.assert_allclose(ours.mean(0), theirs.mean(0), atol=0.3)
    assert np.abs(ours - 3.0).mean() < 2.0 * np.abs(theirs - 3.0).mean() + 0.1


def test_the_vectors_of_spectral_normalisation_stay_unit_vectors():
    G = nn.Sequential(gan.spectral_norm(nn.Linear(4, 4)))
    ema = gan.EMA(G, 0.9)
    for _ in range(20):
        nn.init.normal_(dict(G.named_state())["0.parametrizations.weight.original"])
        G(minigan.randn(2, 4))
        ema.update(G)
    theirs = state_of(G)
    for name, value in state_of(ema.module).items():
        if name.endswith(("_u", "_v")):
            np.testing.assert_array_equal(value, theirs[name])
            assert np.linalg.norm(value) == pytest.approx(1.0, rel=1e-5)


def test_a_saved_average_goes_on_byte_for_byte(tmp_path):
    whole, G = gan.EMA(small_G(), 0.9), small_G()
    for _ in range(5):
        nn.init.normal_(next(iter(G.parameters())))
        whole.update(G)
    serialization.save(whole.state_dict(), tmp_path / "ema")
    resumed = gan.EMA(small_G(), 0.9)
    resumed.load_state_dict(serialization.load(tmp_path / "ema"))
    for _ in range(30):
        nn.init.normal_(next(iter(G.parameters())))
        whole.update(G)
        resumed.update(G)
    assert {n: v.tobytes() for n, v in state_of(whole).items()} == {
        n: v.tobytes() for n, v in state_of(resumed).items()
    }


def test_an_average_that_was_saved_without_its_count_goes_on_with_decay():
    G = nn.Linear(1, 1, bias=False)
    ema = gan.EMA(G, 0.75)
    nn.init.fill(G.weight, 4.0)
    ema.load_state_dict({"module.weight": minigan.tensor([[8.0]])})
    ema.update(G)
    assert ema.module.weight.item() == 7.0


def test_the_average_asks_for_no_gradient_and_leaves_G_alone():
    G = small_G()
    ema = gan.EMA(G, 0.9)
    train(G, 3)
    before = state_of(G)
    ema.update(G)
    assert not any(parameter.requires_grad for parameter in ema.parameters())
    for name, value in state_of(G).items():
        np.testing.assert_array_equal(value, before[name])
        assert state_of(ema.module)[name].dtype == value.dtype
    average = state_of(ema)
    train(G, 3)
    for name, value in state_of(ema).items():
        np.testing.assert_array_equal(value, average[name])


def test_another_network_is_refused():
    ema = gan.EMA(nn.Linear(1, 3), 0.9)
    for other in (nn.Linear(3, 3), nn.Sequential(nn.Linear(1, 3))):
        with pytest.raises(ValueError, match=r"EMA\.update: another network than was averaged"):
            ema.update(other)
    for decay in (1.0, -0.1):
        with pytest.raises(ValueError, match=r"decay must be within \[0, 1\)"):
            gan.EMA(nn.Linear(1, 1), decay)


def test_an_average_is_a_module_like_any_other():
    G = mg.nn.Sequential(mg.nn.Linear(2, 2), mg.nn.BatchNorm1d(2))
    ema = gan.EMA(G)
    ema.update(G)
    assert list(ema.state_dict())[:2] == ["updates", "module.0.weight"]
    twin = copy.deepcopy(ema).double()
    assert twin.module[0].weight.dtype == "float64" and twin.updates.dtype == "int64"
    twin.update(G)
    assert twin.updates.item() == 2 and ema.updates.item() == 1
