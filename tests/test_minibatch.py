"""Minibatch standard deviation: by hand, and differentiated twice."""

import numpy as np
import pytest

import minigan as mg
from minigan import backend as B
from minigan import gan
from minigan.autograd import gradcheck
from minigan.torch.autograd import gradgradcheck

pytestmark = pytest.mark.usefixtures("backend")


def images(n=6):
    values = np.random.default_rng(0).standard_normal((n, 2, 3, 3))
    return mg.tensor(values, requires_grad=True)


def test_the_channel_says_how_much_a_group_differs():
    x = images(6)
    y = B.to_host(gan.MinibatchStdDev(3)(x).array)
    values = B.to_host(x.array)
    np.testing.assert_array_equal(y[:, :2], values)
    for first in (0, 1):  # a group is every second sample
        group = values[first::2]
        spread = np.sqrt(group.var(0) + 1e-8).mean()
        np.testing.assert_allclose(y[first::2, 2], spread, rtol=1e-12)


def test_samples_that_are_all_alike_give_themselves_away():
    y = gan.minibatch_stddev(mg.ones(4, 1, 2, 2))
    np.testing.assert_allclose(B.to_host(y.array)[:, 1], 1e-4, rtol=1e-5)


def test_its_gradients_are_right_and_so_are_theirs():
    assert gradcheck(lambda x: gan.minibatch_stddev(x, 2), images(4))
    assert gradgradcheck(lambda x: gan.minibatch_stddev(x, 2), images(4))


def test_a_batch_that_makes_no_groups_is_refused():
    with pytest.raises(mg.UserError, match="batch of 6 is not divisible into groups of 4"):
        gan.MinibatchStdDev()(mg.ones(6, 1, 2, 2))
    assert gan.MinibatchStdDev()(mg.ones(3, 1, 2, 2)).shape == (3, 2, 2, 2)
