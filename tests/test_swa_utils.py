"""optim.swa_utils against PyTorch: averages of weights, their statistics, and the rate's way."""

import numpy as np
import pytest

import minigan.torch as mg
from minigan.backend import to_host

pytestmark = pytest.mark.usefixtures("backend")

AVERAGES = {
    "mean": lambda m: {},
    "mean of buffers": lambda m: {"use_buffers": True},
    "ema": lambda m: {"avg_fn": m.optim.swa_utils.get_ema_avg_fn(0.9)},
    "own": lambda m: {"avg_fn": lambda mean, value, number: mean * 0.5 + value / (number + 1)},
    "all": lambda m: {"multi_avg_fn": m.optim.swa_utils.get_ema_multi_avg_fn(0.9)},
    "all and buffers": lambda m: {
        "multi_avg_fn": m.optim.swa_utils.get_ema_multi_avg_fn(0.9),
        "use_buffers": True,
    },
    "all means": lambda m: {"multi_avg_fn": m.optim.swa_utils.get_swa_multi_avg_fn()},
}


def network(m):
    net = m.nn.Sequential(m.nn.Linear(2, 2), m.nn.BatchNorm1d(2))
    with m.no_grad():
        for number, p in enumerate(net.parameters()):
            p.copy_(m.linspace(-1.0, 1.0 + number, p.numel()).reshape(p.shape))
    return net


def batch(m, number):
    return m.linspace(-1.0, 2.0 + number, 8).cos().reshape(4, 2)


def values(state):
    def host(x):
        return to_host(x.array) if isinstance(x, mg.Tensor) else x.numpy()

    return {name: host(x).tolist() for name, x in state.items()}


def agree(ours, theirs):
    assert list(ours) == list(theirs)
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("average", AVERAGES)
def test_averages_are_pytorchs(torch, average):
    def run(m):
        net = network(m)
        averaged = m.optim.swa_utils.AveragedModel(net, **AVERAGES[average](m))
        for number in range(4):
            net(batch(m, number))
            with m.no_grad():
                for p in net.parameters():
                    p.mul_(0.9).add_(0.1 * number)
            averaged.update_parameters(net)
        again = m.optim.swa_utils.AveragedModel(net)
        again.load_state_dict(averaged.state_dict())
        return values({**again.state_dict(), "out": averaged.eval()(batch(m, 9)).detach()})

    agree(run(mg), run(torch))


def test_statistics_are_taken_anew(torch):
    def run(m):
        averaged = m.optim.swa_utils.AveragedModel(network(m)).eval()
        averaged(batch(m, 5))
        batches = [(batch(m, 0), 7), [batch(m, 1)], batch(m, 2)]
        m.optim.swa_utils.update_bn(batches, averaged, "cpu" if m is torch else None)
        assert not averaged.training and averaged.module[1].momentum == 0.1
        return values(averaged.state_dict())

    agree(run(mg), run(torch))


def test_what_cannot_be_is_refused_by_name():
    utils, net = mg.optim.swa_utils, network(mg)
    for call, error, words in (
        (lambda: utils.AveragedModel(net, None, max, max), AssertionError, "either avg_fn or"),
        (lambda: utils.SWALR, AttributeError, "has no 'SWALR': it has AveragedModel"),
        (lambda: utils.get_ema_avg_fn(1.5), ValueError, r"within \[0, 1\], got 1.5"),
    ):
        with pytest.raises(error, match=words):
            call()
