"""Philox 4x64-10 and the distributions drawn from it: equal on both backends, resumed exactly."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import minigan
import minigan.torch as mg
from minigan import backend as B
from minigan.backend import random
from minigan.backend.random import Generator

ALL_ONES = 2**64 - 1

PUBLISHED = [  # Random123's known answers: counter, key, block
    ((0,) * 4, (0,) * 2, "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
    (
        (ALL_ONES,) * 4,
        (ALL_ONES,) * 2,
        "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0",
    ),
    (
        (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0x452821E638D01377, 0xBE5466CF34E90C6C),
        "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6",
    ),
]


def philox(counter, key):
    """The definition, in Python's whole numbers: ten rounds of two 64×64-bit products."""
    a, b, c, d = counter
    k, l = key
    for _ in range(10):
        first, second = a * 0xD2E7470EE14C6C93, c * 0xCA5A826395121157
        a, b, c, d = (
            second >> 64 ^ b ^ k,
            second & ALL_ONES,
            first >> 64 ^ d ^ l,
            first & ALL_ONES,
        )
        k, l = k + 0x9E3779B97F4A7C15 & ALL_ONES, l + 0xBB67AE8584CAA73B & ALL_ONES
    return [a, b, c, d]


def blocks(generator, count):
    """The next `count` blocks of four 64-bit words, as Python's whole numbers."""
    words = B.to_host(generator.words(8 * count)).copy().view("uint64")
    return words.reshape(count, 4).tolist()


def counter_of(position):
    """Block `position` of a stream comes of the counter position + 1, as in NumPy."""
    return tuple((position + 1 >> 64 * i) & ALL_ONES for i in range(4))


# -- the words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("counter", "key", "block"), PUBLISHED)
def test_the_published_vectors(counter, key, block):
    expected = [int(word, 16) for word in block.split()]
    assert philox(counter, key) == expected
    position = sum(word << 64 * i for i, word in enumerate(counter)) - 1
    state = {"seed": key[0], "stream": key[1], "offset": position % 2**256}
    assert blocks(Generator(host=True).set_state(state), 1) == [expected]


SEEDS = st.integers(0, 2**64 - 1)


@given(
    seed=SEEDS, stream=SEEDS, offset=st.one_of(st.integers(0, 9), SEEDS), count=st.integers(1, 5)
)
def test_words_are_those_of_the_definition(backend, seed, stream, offset, count):
    generator = Generator().set_state({"seed": seed, "stream": stream, "offset": offset})
    expected = [philox(counter_of(offset + i), (seed, stream)) for i in range(count)]
    assert blocks(generator, count) == expected
    assert generator.offset == offset + count


@given(seed=SEEDS, stream=SEEDS)
def test_words_are_those_of_numpys_philox(backend, seed, stream):
    theirs = np.random.Philox(key=np.array([seed, stream], "uint64")).random_raw(12)
    assert blocks(Generator(seed, stream), 3) == theirs.reshape(3, 4).tolist()


def test_the_last_block_before_the_counters_first_word_overflows(backend):
    state = {"seed": 1, "stream": 2, "offset": 2**64 - 2}
    expected = [philox(counter_of(2**64 - 2 + i), (1, 2)) for i in range(3)]
    assert blocks(Generator().set_state(state), 3) == expected


DRAWS = {
    "uniform": lambda g: g.uniform((3, 5)),
    "normal": lambda g: g.normal((7,)),
    "integers": lambda g: g.integers(-3, 9, (2, 2)),
    "bernoulli": lambda g: g.bernoulli(0.4, (11,)),
    "permutation": lambda g: g.permutation(9),
}


@pytest.mark.parametrize("name", DRAWS)
def test_both_backends_draw_the_same_numbers(backend, name):
    here, host = Generator(7, 1), Generator(7, 1, host=True)
    for _ in range(3):
        ours, theirs = DRAWS[name](here), DRAWS[name](host)
        assert isinstance(ours, B.ndarray) and isinstance(theirs, np.ndarray)
        assert ours.dtype == theirs.dtype
        if name == "normal":  # whose logarithms and sines are the library's own
            np.testing.assert_allclose(B.to_host(ours), theirs, rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(B.to_host(ours), theirs)
        assert here.state() == host.state()


# -- state -----------------------------------------------------------------------------------------


@given(before=st.lists(st.sampled_from(sorted(DRAWS)), max_size=4), seed=st.integers(0, 99))
def test_the_state_is_a_few_integers_and_resumes_exactly(backend, before, seed):
    generator = Generator(seed, 3)
    for name in before:
        DRAWS[name](generator)
    saved = json.loads(json.dumps(generator.state()))
    assert set(map(type, saved.values())) == {int}
    rest = [B.to_host(DRAWS[name](generator)).tolist() for name in DRAWS]
    resumed = Generator().set_state(saved)
    assert [B.to_host(DRAWS[name](resumed)).tolist() for name in DRAWS] == rest


def test_a_stream_can_be_entered_anywhere():
    whole, part = Generator(5), Generator(5)
    first = blocks(whole, 10)
    part.set_state({**part.state(), "offset": 6})
    assert blocks(part, 4) == first[6:]


def test_seeds_and_streams_give_different_numbers(backend):
    drawn = [
        B.to_host(Generator(seed, stream).uniform((1000,)))
        for seed in (0, 1, 2**40, -1)
        for stream in (0, 1, 2)
    ]
    correlations = np.corrcoef(drawn) - np.eye(len(drawn))
    assert np.abs(correlations).max() < 0.15  # 4.7 standard deviations of 1/√1000


def test_a_negative_seed_is_a_seed():
    assert blocks(Generator(-1), 1) == blocks(Generator(2**64 - 1), 1)


def test_manual_seed_starts_the_default_stream_again(backend):
    minigan.manual_seed(11)
    first = minigan.randn(4).tolist()
    assert minigan.randn(4).tolist() != first
    minigan.manual_seed(11)
    assert minigan.randn(4).tolist() == first


def test_a_generator_of_ones_own_leaves_the_default_alone(backend):
    state = random.default.state()
    own = Generator(3)
    assert minigan.rand(4, generator=own).tolist() != minigan.rand(4, generator=own).tolist()
    mg.randperm(4, generator=own)
    minigan.randint(0, 4, (2,), generator=own)
    assert random.default.state() == state


# -- the distributions -----------------------------------------------------------------------------

MANY = 200_000


def test_uniform_numbers_are_uniform(backend):
    u = B.to_host(Generator(1).uniform((MANY,))).astype("float64")
    assert u.min() >= 0.0 and u.max() < 1.0
    assert stats.kstest(u, "uniform").pvalue > 0.01
    assert u.mean() == pytest.approx(0.5, abs=4 / np.sqrt(12 * MANY))
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 4 / np.sqrt(MANY)


def test_normal_numbers_are_normal(backend):
    z = B.to_host(Generator(2).normal((MANY,))).astype("float64")
    assert np.isfinite(z).all()
    assert stats.kstest(z, "norm").pvalue > 0.01
    assert z.mean() == pytest.approx(0.0, abs=4 / np.sqrt(MANY))
    assert z.var() == pytest.approx(1.0, abs=4 * np.sqrt(2 / MANY))
    assert stats.skew(z) == pytest.approx(0.0, abs=4 * np.sqrt(6 / MANY))
    assert stats.kurtosis(z) == pytest.approx(0.0, abs=4 * np.sqrt(24 / MANY))
    half = MANY // 2  # a pair of one radius lies half the array apart
    assert abs(np.corrcoef(z[:half], z[half:])[0, 1]) < 4 / np.sqrt(half)
    assert abs(np.corrcoef(z[:half] ** 2, z[half:] ** 2)[0, 1]) < 4 / np.sqrt(half)


def test_the_tails_of_the_normal_distribution_are_there(backend):
    z = np.abs(B.to_host(Generator(3).normal((2_000_000,))))
    for bound in (3.0, 4.0):
        expected = 2_000_000 * 2 * stats.norm.sf(bound)
        assert (z > bound).sum() == pytest.approx(expected, abs=5 * np.sqrt(expected))
    assert 4.5 < z.max() < np.sqrt(2 * 24 * np.log(2)) + 1e-3  # the smallest uniform is 2⁻²⁴


def test_mean_and_deviation_and_bounds_are_followed(backend):
    z = B.to_host(Generator(4).normal((MANY,), 3.0, 0.5))
    assert z.mean() == pytest.approx(3.0, abs=0.01) and z.std() == pytest.approx(0.5, abs=0.01)
    u = B.to_host(Generator(5).uniform((MANY,), -2.0, 1.0))
    assert -2.0 <= u.min() < -1.99 and 0.99 < u.max() <= 1.0
    assert u.mean() == pytest.approx(-0.5, abs=0.01)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 10), (-7, 6), (5, 261)])
def test_integers_fill_their_range_evenly(backend, low, high):
    drawn = B.to_host(Generator(6).integers(low, high, (50_000,)))
    assert drawn.dtype == "int64"
    counts = np.bincount(drawn - low, minlength=high - low)
    assert len(counts) == high - low and counts.min() > 0
    assert high - low == 1 or stats.chisquare(counts).pvalue > 0.001


def test_integers_reach_the_ends_of_a_wide_range(backend):
    drawn = B.to_host(Generator(7).integers(-(2**31), 2**31, (50_000,)))
    assert -(2**31) <= drawn.min() < -(2**31) * 0.99 and 2**31 * 0.99 < drawn.max() < 2**31


@pytest.mark.parametrize("p", [0.0, 1e-3, 0.3, 1.0])
def test_bernoulli_is_true_with_its_probability(backend, p):
    drawn = B.to_host(Generator(8).bernoulli(p, (MANY,)))
    assert drawn.dtype == bool
    assert drawn.mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / MANY))


@given(n=st.integers(0, 300), seed=st.integers(0, 99))
def test_a_permutation_is_one(backend, n, seed):
    order = B.to_host(Generator(seed).permutation(n))
    assert order.dtype == "int64" and sorted(order.tolist()) == list(range(n))


def test_all_orders_of_three_are_equally_likely():
    generator = Generator(9, host=True)
    counts: dict[tuple, int] = {}
    for _ in range(6000):
        order = tuple(generator.permutation(3).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6 and stats.chisquare(list(counts.values())).pvalue > 0.001


@given(shape=st.lists(st.integers(0, 5), max_size=3).map(tuple))
def test_any_shape_can_be_drawn(backend, shape):
    generator = Generator(10)
    assert generator.uniform(shape).shape == generator.normal(shape).shape == shape
    assert generator.integers(0, 3, shape).shape == generator.bernoulli(0.5, shape).shape == shape
    assert generator.uniform(shape).dtype == generator.normal(shape).dtype == "float32"


def test_numbers_of_numpy_as_bounds_and_moments_leave_float32():
    random, wide = Generator(0), np.float64(0.5)
    assert random.uniform((3,), -wide, wide).dtype == "float32"
    assert random.normal((3,), wide, wide).dtype == "float32"


def test_threads_that_draw_from_one_stream_share_it_without_repeats():
    """Two thousand draws of one block each: the blocks of a stream that one thread has drawn."""
    together, alone = Generator(3), Generator(3)

    def draw(_):
        return [together.words(8).tobytes() for _ in range(250)]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            drawn = {words for part in pool.map(draw, range(8)) for words in part}
    finally:
        sys.setswitchinterval(interval)
    assert drawn == {alone.words(8).tobytes() for _ in range(2000)}
    assert together.offset == alone.offset == 2000
