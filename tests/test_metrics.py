"""Scores against closed forms, naive loops, other people's implementations, and their expectations."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

import minigan
from minigan import backend as B
from minigan import metrics
from minigan.errors import UserError
from minigan.kernels import precision
from minigan.metrics import distances, neighbours, rows

SEEDS = 40


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def all_distances(a, b):
    """(N, M), from the differences, in float64."""
    return np.sqrt(np.square(a[:, None].astype(float) - b[None]).sum(2))


def first_nearest(queries, x, k):
    """The first k in the order of distance; of equal distances the smaller number."""
    return np.argsort(all_distances(queries, x), axis=1, kind="stable")[:, :k]


def check_mean(values, expected):
    """The mean is what is expected, within four of its standard errors."""
    values = np.asarray(values)
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean() - expected) < 4 * error, (values.mean(), expected, error)


@pytest.fixture
def small_steps(monkeypatch):
    """Tiles so small that few rows make many of them."""
    monkeypatch.setattr(rows, "STEP", 7)
    monkeypatch.setattr(distances, "AT_ONCE", 32)


# -- nearest neighbours ----------------------------------------------------------------------------


@st.composite
def grids(draw):
    """Queries and rows on a coarse grid, where most distances have equals, the rows cut anyhow."""
    whole = st.integers(-2, 2)
    width, count = draw(st.integers(1, 3)), draw(st.integers(1, 40))
    table = st.lists(whole, min_size=width, max_size=width)
    x = draw(st.lists(table, min_size=count, max_size=count))
    queries = draw(st.lists(table, min_size=1, max_size=20))
    cuts = sorted(draw(st.sets(st.integers(1, count))) | {count})
    return np.array(queries, "float32"), np.array(x, "float32"), cuts, draw(st.integers(1, count))


@given(grids())
def test_nearest_are_the_same_for_any_blocks(backend, small_steps, case):
    queries, x, cuts, k = case
    blocks = [x[a:b] for a, b in itertools.pairwise([0, *cuts])]
    distances, numbers = metrics.nearest(queries, iter(blocks), k)
    np.testing.assert_array_equal(numbers, first_nearest(queries, x, k))
    expected = np.sort(all_distances(queries, x), axis=1)[:, :k]
    np.testing.assert_array_equal(distances, expected)  # sums of whole numbers are exact


@pytest.mark.parametrize("k", [1, 5, 90])
def test_nearest_agree_with_scikit_learn(backend, k):
    learn = pytest.importorskip("sklearn.neighbors")
    queries, x = normal(60, 30), normal(3000, 30, seed=1)
    distances, numbers = metrics.nearest(queries, np.split(x, [5, 2500]), k)
    search = learn.NearestNeighbors(n_neighbors=k, algorithm="brute").fit(x.astype(float))
    expected, where = search.kneighbors(queries.astype(float))
    np.testing.assert_array_equal(numbers, where)
    np.testing.assert_allclose(distances, expected, rtol=1e-10)


def test_rounding_chooses_no_neighbour(backend):
    """Two clusters far apart, in which one product alone takes the wrong row for the nearest."""
    random = np.random.default_rng(0)
    sides = np.where(random.integers(0, 2, 300) == 1, 900.0, -900.0)[:, None]
    x = (sides + random.normal(size=(300, 20)) * 0.05).astype("float32")
    queries = (sides[:50] + random.normal(size=(50, 20)) * 0.05).astype("float32")
    fast = -2 * queries @ x.T + np.square(x).sum(1)
    true = first_nearest(queries, x, 1)
    assert (fast.argmin(1) != true[:, 0]).sum() > 10
    for blocks in ([x], np.split(x, 20)):
        np.testing.assert_array_equal(metrics.nearest(queries, blocks)[1], true)


def test_the_fast_distances_are_as_near_as_they_say(backend):
    for scale, shift in ((1.0, 0.0), (1.0, 300.0), (1e-21, 0.0), (1e13, -1e13)):
        q, x = normal(40, 50) * scale + shift, normal(60, 50, seed=1) * scale + shift
        q, x = (array.astype("float32") for array in (q, x))
        fast, slack = distances.nearly(*map(B.to_device, (q, x, q.mean(0))))
        wrong = np.abs(B.to_host(fast) - np.square(all_distances(q, x)))
        assert (wrong <= B.to_host(slack)).all()


def test_copies_of_one_image_cost_no_more_than_its_neighbours(backend, monkeypatch):
    computed = []

    def counting(q, x, places, columns):
        computed.append(len(places))
        return distances.truly(q, x, places, columns)

    monkeypatch.setattr(neighbours, "truly", counting)
    image, before, after = normal(3, 30)
    x = np.stack([before, *[image] * 900, after])
    found, numbers = metrics.nearest(x[1:], [x], 3)
    assert (found[:900] == 0.0).all() and (numbers[:900] == [1, 2, 3]).all()
    assert numbers[900, 0] == 901
    assert sum(computed) <= 901 * 4


def test_neighbours_of_tensors_and_of_bytes(backend):
    images = np.random.default_rng(0).integers(0, 256, (50, 1, 4, 4)).astype("uint8")
    true = first_nearest(images[:9].reshape(9, -1), images.reshape(50, -1), 2)
    for kind in (minigan.tensor, B.to_device, np.asarray):
        for dtype in ("uint8", "float32", "float64"):
            x = kind(images.astype(dtype))
            found = metrics.nearest(x[:9], [x[:20], x[20:]], 2)
            np.testing.assert_array_equal(found[1], true)
            assert all(type(array) is np.ndarray for array in found)


def test_products_for_distances_are_taken_in_float32(backend, monkeypatch):
    seen, multiply = [], B.kernels.matmul

    def matmul(a, b):
        seen.append(precision.precision)
        return multiply(a, b)

    monkeypatch.setattr(B.kernels, "matmul", matmul)
    with precision.use_precision("float32" if backend == "numpy" else "tf32"):
        metrics.nearest(normal(5, 3), [normal(9, 3)])
    assert seen == ["float32"]


def test_what_comes_with_a_row_may_be_its_image(backend):
    images, queries = normal(30, 2, 3, 3), normal(4, 2, 3, 3, seed=1)
    pairs = [(minigan.tensor(x), minigan.tensor(x)) for x in np.split(images, 3)]
    found = metrics.labels_of_nearest(queries, pairs, 5)
    true = first_nearest(queries.reshape(4, -1), images.reshape(30, -1), 5)
    np.testing.assert_array_equal(found, images[true])


@pytest.mark.parametrize("k", [1, 4])
def test_the_error_of_neighbours_agrees_with_scikit_learn(backend, k):
    learn = pytest.importorskip("sklearn.neighbors")
    random = np.random.default_rng(0)
    labels, asked = random.integers(0, 4, 900), random.integers(0, 4, 500)
    x = normal(900, 3) + labels[:, None].astype("float32")
    queries = normal(500, 3, seed=1) + asked[:, None].astype("float32")
    order = np.argsort(labels)  # class by class, so that ever nearer ones come
    blocks = zip(np.split(x[order], 9), np.split(labels[order], 9), strict=True)
    classifier = learn.KNeighborsClassifier(k, algorithm="brute").fit(x, labels)
    error = metrics.knn_error(blocks, queries, asked, k)
    assert error == pytest.approx(1.0 - classifier.score(queries, asked), abs=1e-12)
    assert 0.0 < error < 1.0


def test_the_error_of_neighbours_takes_the_memory_of_one_block():
    queries, labels = normal(50, 40), np.zeros(50, int)

    def peak(count):
        blocks = ((normal(1000, 40, seed=i), np.full(1000, i)) for i in range(count))
        tracemalloc.start()
        try:
            metrics.knn_error(blocks, queries, labels)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(2)  # modules that are imported on the way
    assert peak(60) < peak(2) + 1000 * 8  # the labels alone of 60 blocks are 60 times that


# -- precision, recall, density, coverage ----------------------------------------------------------


def naive_prdc(real, fake, k):
    """As the papers say it, ball by ball."""
    across = all_distances(real, fake)
    of_real, of_fake = (np.sort(all_distances(x, x), axis=1)[:, k] for x in (real, fake))
    inside = [[across[i, j] < of_real[i] for i in range(len(real))] for j in range(len(fake))]
    reached = [any(across[i, j] < of_fake[j] for j in range(len(fake))) for i in range(len(real))]
    return {
        "precision": np.mean([any(balls) for balls in inside]),
        "recall": np.mean(reached),
        "density": sum(map(sum, inside)) / (k * len(fake)),
        "coverage": np.mean([across[i].min() < of_real[i] for i in range(len(real))]),
    }


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("whole", [False, True])
def test_prdc_of_a_naive_loop(backend, small_steps, k, whole):
    for seed in range(4):
        real, fake = normal(40, 3, seed=seed) * 2, normal(25, 3, seed=seed + 50) + 0.5
        if whole:  # distances that equal radii
            real, fake = real.round(), fake.round()
        found = metrics.prdc(minigan.tensor(real), B.to_device(fake), k)
        assert found == pytest.approx(naive_prdc(real, fake, k), abs=1e-12)
        assert all(type(score) is float for score in found.values())


def test_a_manifold_serves_again(backend):
    real, fake = normal(60, 4), normal(50, 4, seed=1)
    known = metrics.Manifold(real, 3)
    expected = np.sort(all_distances(real, real), axis=1)[:, 3]
    np.testing.assert_allclose(known.radii, expected, rtol=1e-12)
    for samples in (fake, metrics.Manifold(fake, 3), real):
        plain = samples.features if isinstance(samples, metrics.Manifold) else samples
        assert metrics.prdc(known, samples, 3) == metrics.prdc(real, plain, 3)


def test_the_expectations_of_prdc():
    """Of two samples of one distribution. Among the N - 1 + M others of a real image, the k nearest
    are all real with probability (N-1)…(N-k) / ((N+M-1)…(N+M-k)): else it is covered. A fake one is
    among the k nearest to a real one with probability k/N, so that density is 1. Real and fake may
    change places, and precision then is recall."""
    N, M, k = 100, 70, 5
    pairs = [(normal(N, 4, seed=s), normal(M, 4, seed=s + SEEDS)) for s in range(SEEDS)]
    found = [metrics.prdc(real, fake, k) for real, fake in pairs]
    missed = math.prod(N - i for i in range(1, k + 1)) / math.prod(
        N + M - i for i in range(1, k + 1)
    )
    check_mean([scores["coverage"] for scores in found], 1.0 - missed)
    check_mean([scores["density"] for scores in found], 1.0)
    equal = [metrics.prdc(real[:M], fake, k) for real, fake in pairs]
    check_mean([scores["precision"] - scores["recall"] for scores in equal], 0.0)


def test_no_score_is_to_be_shown_alone():
    """What draws little but the mean has more density than real images, and what draws noise more
    precision, where there are outliers: recall tells of the one, coverage of the other."""
    real, again = normal(300, 40), normal(300, 40, seed=1)
    good, bad = metrics.prdc(real, again), metrics.prdc(real, normal(300, 40, seed=2) * 0.1)
    assert bad["density"] > 5 * good["density"] and bad["precision"] == 1.0 > good["precision"]
    assert bad["recall"] == 0.0 < 0.5 < good["recall"]

    real[:20] *= 20
    again[:20] *= 20
    good, bad = metrics.prdc(real, again), metrics.prdc(real, normal(300, 40, seed=2) * 3)
    assert bad["precision"] > good["precision"]
    assert bad["coverage"] < 0.1 < 0.9 < good["coverage"]


# -- Fréchet distance ------------------------------------------------------------------------------


def rotation(n, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]


def test_frechet_of_one_dimension():
    a, b = np.float32([[1.0], [2.0], [6.0]]), np.float32([[-1.0], [0.0]])
    (mean_a, variance_a), (mean_b, variance_b) = (3.0, 7.0), (-0.5, 0.5)
    expected = (mean_a - mean_b) ** 2 + (math.sqrt(variance_a) - math.sqrt(variance_b)) ** 2
    assert metrics.frechet(a, b) == pytest.approx(expected, rel=1e-12)


def test_frechet_of_covariances_that_commute():
    """|μ₁ - μ₂|² + Σ (√λ₁ - √λ₂)², in any coordinates; an eigenvalue may be 0."""
    turn, (first, second) = rotation(6), np.random.default_rng(0).uniform(0, 4, (2, 6))
    first[2] = second[4] = 0.0
    mean_a, mean_b = normal(2, 6).astype(float)
    a, b = ((turn * values) @ turn.T for values in (first, second))
    expected = np.square(mean_a - mean_b).sum() + np.square(np.sqrt(first) - np.sqrt(second)).sum()
    assert metrics.frechet((mean_a, a), (mean_b, b)) == pytest.approx(expected, rel=1e-7)


def test_frechet_agrees_with_scipys_root_of_a_matrix(backend):
    a, b = normal(200, 12), normal(150, 12, seed=1) @ normal(12, 12, seed=2)
    (mean_a, of_a), (mean_b, of_b) = (
        (x.astype(float).mean(0), np.cov(x.astype(float), rowvar=False)) for x in (a, b)
    )
    root = scipy.linalg.sqrtm(of_a @ of_b)
    expected = np.square(mean_a - mean_b).sum() + np.trace(of_a + of_b - 2.0 * root.real)
    for kind in (np.asarray, minigan.tensor, B.to_device):
        assert metrics.frechet(kind(a), metrics.moments(kind(b))) == pytest.approx(
            expected, rel=1e-8
        )


def test_frechet_of_equal_sets_is_0():
    for x in (normal(300, 20), normal(10, 20), normal(50, 3) @ normal(3, 20, seed=1)):
        size = np.trace(metrics.moments(x)[1])
        assert 0.0 <= metrics.frechet(x, x[::-1]) <= 100 * 20 * np.finfo(float).eps * size


def test_frechet_of_fewer_samples_than_dimensions():
    """On a line through 30 dimensions it is that of the places on the line."""
    direction, places = rotation(30)[0], normal(2, 8, 1).astype(float) * [[[2.0]], [[5.0]]]
    a, b = places * direction
    flat = [(place.mean(), place.std(ddof=1)) for place in places]
    expected = (flat[0][0] - flat[1][0]) ** 2 + (flat[0][1] - flat[1][1]) ** 2
    assert metrics.frechet(a, b) == pytest.approx(expected, rel=1e-6)


def test_frechet_falls_as_samples_grow():
    """As the docstring warns: compare equally many."""
    found = [metrics.frechet(normal(n, 20), normal(n, 20, seed=1)) for n in (15, 60, 240, 960)]
    assert found == sorted(found, reverse=True) and found[0] > 10 * found[-1]


# -- kernel distance -------------------------------------------------------------------------------


def test_mmd_of_a_naive_loop(backend, small_steps):
    a, b = normal(17, 5), normal(12, 5, seed=1) + 0.5

    def k(x, y):
        return (float(x.astype(float) @ y) / 5 + 1.0) ** 3

    within_a = np.mean([k(x, y) for x, y in itertools.permutations(a, 2)])
    within_b = np.mean([k(x, y) for x, y in itertools.permutations(b, 2)])
    across = np.mean([k(x, y) for x, y in itertools.product(a, b)])
    found = metrics.mmd(minigan.tensor(a), B.to_device(b))
    assert found == pytest.approx(within_a + within_b - 2 * across, rel=1e-10)


@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_mmd_is_right_on_average(shift):
    """(xy + 1)³ = Σ (3 over j) xʲyʲ: the squared differences of three moments."""
    moments_of = [shift, shift**2, shift**3 + 3 * shift]  # less those of N(0, 1): 0, 1, 0
    expected = sum(c * m**2 for c, m in zip((3, 3, 1), moments_of, strict=True))
    found = [
        metrics.mmd(normal(60, 1, seed=s), normal(40, 1, seed=s + 200) + np.float32(shift))
        for s in range(200)
    ]
    check_mean(found, expected)


# -- modes and classes -----------------------------------------------------------------------------


def test_modes_of_a_mixture(backend):
    centres = np.stack(np.meshgrid([-2.0, 0.0, 2.0], [-2.0, 0.0, 2.0]), 2).reshape(-1, 2)
    random = np.random.default_rng(0)
    near = centres[random.integers(0, 4, 200)] + random.normal(size=(200, 2)) * 0.06
    samples = np.concatenate([near, [[2.0, 2.16], [1.0, 1.0]]])
    modes, good = set(), 0
    for sample in samples:
        lengths = [math.dist(sample, centre) for centre in centres]
        if min(lengths) < 3 * 0.05:
            good += 1
            modes.add(lengths.index(min(lengths)))
    assert 0 < good < 200 and len(modes) == 4
    for kind in (np.asarray, minigan.tensor, B.to_device):
        assert metrics.mixture(kind(samples), centres, 0.05) == (4, good / 202)
    assert metrics.mixture(samples[-1:], centres, 0.05) == (0, 0.0)


def test_modes_of_stacked_digits(backend):
    every = np.array(list(itertools.product(range(10), repeat=3)))
    assert metrics.stacked(minigan.tensor(every)) == (1000, pytest.approx(0.0, abs=1e-12))
    assert metrics.stacked(B.to_device(every[:1])) == (1, pytest.approx(math.log(1000)))
    drawn = np.random.default_rng(0).integers(0, 3, (40, 2))
    counts = {}
    for pair in map(tuple, drawn):
        counts[pair] = counts.get(pair, 0) + 1
    expected = sum(n / 40 * math.log(n / 40 * 9) for n in counts.values())
    assert metrics.stacked(drawn, 3) == (len(counts), pytest.approx(expected))


def test_what_the_kl_of_real_triples_is():
    """(modes - 1) / 2N, up to the next term of the series, about modes² / 12N²."""
    N = 26_000
    draws = (np.random.default_rng(s).integers(0, 10, (N, 3)) for s in range(10))
    found = [metrics.stacked(drawn)[1] for drawn in draws]
    assert np.mean(found) == pytest.approx(
        999 / (2 * N), abs=2 * 1000**2 / (12 * N**2) + 4 * np.std(found)
    )


def test_classes(backend):
    for kind in (np.asarray, minigan.tensor, B.to_device):
        shares = metrics.histogram(kind(np.array([2, 0, 2, 2])), 4)
        np.testing.assert_array_equal(shares, [0.25, 0.0, 0.75, 0.0])
        right = metrics.accuracy(kind(np.array([1, 2, 3])), kind(np.array([1, 0, 3])))
        assert right == pytest.approx(2 / 3) and type(right) is float
    uniform = np.full(4, 0.25)
    assert metrics.kl(shares, uniform) == pytest.approx(0.75 * math.log(3))  # 0.25 of 0.25: log 1
    assert metrics.kl(uniform, shares) == math.inf
    assert metrics.kl(shares, shares) == 0.0


# -- one image and its original --------------------------------------------------------------------


def test_psnr(backend):
    x = np.zeros((3, 1, 2, 2), "float32")
    y = x + np.float32([0.0, 0.2, 2.0])[:, None, None, None]
    found = metrics.psnr(minigan.tensor(x), minigan.tensor(y))
    np.testing.assert_allclose(found, [math.inf, 20.0, 0.0], atol=1e-6)
    half = metrics.psnr(minigan.tensor(x[1:]), minigan.tensor(y[1:]), span=1.0)
    np.testing.assert_allclose(half, found[1:] - 20 * math.log10(2), atol=1e-6)


def test_ssim_of_a_naive_loop(backend):
    x, y = np.random.default_rng(0).uniform(-1, 1, (2, 2, 2, 13, 12))
    y = 0.6 * x + 0.4 * y
    line = np.exp(-0.5 * np.square(np.arange(-5, 6) / 1.5))
    window = np.outer(line, line) / line.sum() ** 2
    c1, c2 = 0.02**2, 0.06**2

    def at(image, other, row, column):
        a, b = (v[row : row + 11, column : column + 11] for v in (image, other))
        mean_a, mean_b = (window * a).sum(), (window * b).sum()
        var_a, var_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
        both = (window * (a - mean_a) * (b - mean_b)).sum()
        light = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
        return light * (2 * both + c2) / (var_a + var_b + c2)

    expected = [
        np.mean([at(x[n, c], y[n, c], i, j) for c in range(2) for i in range(3) for j in range(2)])
        for n in range(2)
    ]
    found = metrics.ssim(*(minigan.tensor(v) for v in (x, y)))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(metrics.ssim(minigan.tensor(x), minigan.tensor(x)), 1.0, rtol=1e-12)


def test_labels_keep_what_they_are_whatever_the_first_block_has():
    """One that came later would be cut to the first one's type: 0.5 to 0, "long" to "l"."""
    near = np.float32([[0.0, 0.0], [1.0, 1.0]])
    for first, second in (([1, 2], [0.5, 0.25]), (["l", "s"], ["long", "short"])):
        found = metrics.labels_of_nearest(near, [(near + 5, first), (near, second)])
        assert found[:, 0].tolist() == second


def test_modes_of_stacked_digits_take_memory_for_what_is_there():
    """20 channels of 10 classes have more combinations than any array has elements."""
    modes, kl = metrics.stacked(np.arange(40).reshape(2, 20) % 10)
    assert (modes, kl) == (1, pytest.approx(20 * math.log(10)))


# -- what is refused -------------------------------------------------------------------------------


NAN = np.float32([[1.0, math.nan]])
PAIR, WIDE = normal(6, 2), normal(6, 3)
REFUSED = {
    "nearest: widths": (lambda: metrics.nearest(PAIR, [WIDE]), "queries have 2 numbers a row and block 0 3"),
    "nearest: too few": (lambda: metrics.nearest(PAIR, [PAIR], 7), "7 neighbours among 6 rows"),
    "nearest: no block": (lambda: metrics.nearest(PAIR, []), "1 neighbours among 0 rows"),
    "nearest: k": (lambda: metrics.nearest(PAIR, [PAIR], 0), "k is 0"),
    "nearest: NaN": (lambda: metrics.nearest(NAN, [PAIR]), r"queries \(1, 2\): values from nan to nan"),
    "nearest: infinity": (lambda: metrics.nearest(PAIR, [PAIR, PAIR * np.inf]), r"block 1 .*\(6, 2\): values from"),
    "nearest: one array": (lambda: metrics.nearest(PAIR, PAIR), r"block 0 of the list of blocks: float32 of shape \(2,\)"),
    "nearest: empty": (lambda: metrics.nearest(PAIR[:0], [PAIR]), r"shape \(0, 2\)"),
    "nearest: words": (lambda: metrics.nearest(np.array([["a"]]), [PAIR]), "queries: <U1"),
    "labels: other number": (lambda: metrics.labels_of_nearest(PAIR, [(PAIR, [1, 2])]), "block 0: 6 rows and 2 labels"),
    "labels: none": (lambda: metrics.labels_of_nearest(PAIR, [PAIR]), r"give \(features, labels\)"),
    "knn: labels": (lambda: metrics.knn_error([], PAIR, [1, 2]), "6 queries and 2 labels"),
    "knn: scores": (lambda: metrics.knn_error([], PAIR, PAIR), "the queries' labels: float32 of shape .6, 2."),
    "prdc: widths": (lambda: metrics.prdc(PAIR, WIDE), "real rows have 2 .* fake rows 3"),
    "prdc: too few": (lambda: metrics.prdc(PAIR, PAIR, 6), "none of 6 rows has 6 others; give 7"),
    "prdc: NaN": (lambda: metrics.prdc(PAIR, NAN), r"fake \(1, 2\): values from nan"),
    "prdc: another k": (lambda: metrics.prdc(metrics.Manifold(PAIR, 2), PAIR, 3), "k = 2, asked for with k = 3"),
    "moments: one row": (lambda: metrics.moments(PAIR[:1]), "one row has no covariance"),
    "frechet: widths": (lambda: metrics.frechet(PAIR, WIDE), "a has 2 numbers a row and b 3"),
    "frechet: swapped": (lambda: metrics.frechet(PAIR, metrics.moments(PAIR)[::-1]), r"b: moments of shapes \(2, 2\) and \(2,\)"),
    "frechet: NaN": (lambda: metrics.frechet(PAIR, (NAN[0], np.eye(2))), "b: moments that are not finite"),
    "mmd: widths": (lambda: metrics.mmd(PAIR, WIDE), "rows of a have 2 .* rows of b 3"),
    "mmd: one row": (lambda: metrics.mmd(PAIR, PAIR[:1]), "sets of 6 and 1 rows"),
    "mixture: widths": (lambda: metrics.mixture(PAIR, WIDE, 1.0), "samples have 2 .* centres 3"),
    "mixture: std": (lambda: metrics.mixture(PAIR, PAIR, 0.0), "std is 0.0"),
    "stacked: range": (lambda: metrics.stacked([[0, 10, 1]]), "predicted: 0 to 10; 10 classes are numbered 0 to 9"),
    "stacked: shape": (lambda: metrics.stacked([0, 1]), r"shape \(2,\); expected whole numbers \(N, channels\)"),
    "histogram: negative": (lambda: metrics.histogram([-1], 3), "predicted: -1 to -1"),
    "histogram: none": (lambda: metrics.histogram(np.zeros(0, int), 3), r"shape \(0,\)"),
    "kl: shapes": (lambda: metrics.kl([1.0], [0.5, 0.5]), r"shares \(1,\) and reference \(2,\)"),
    "kl: sum": (lambda: metrics.kl([0.5, 0.5], [1, 1]), "reference: a sum of 2"),
    "kl: NaN": (lambda: metrics.kl([math.nan], [1.0]), "shares: a sum of nan"),
    "labels: shapes": (lambda: metrics.labels_of_nearest(PAIR, [(PAIR, [[1, 2]] * 6), (PAIR, [1] * 6)]), r"block 1: labels of shape \(\) .* have \(2,\)"),
    "frechet: too large": (lambda: metrics.frechet((np.zeros(2), np.eye(2) * 1e308), (np.ones(2), np.eye(2) * 1e308)), "beyond float64"),
    "psnr: NaN": (lambda: metrics.psnr(np.full((1, 1, 2, 2), math.nan), np.zeros((1, 1, 2, 2))), "pixels that are not finite"),
    "psnr: span": (lambda: metrics.psnr(np.ones((1, 1, 2, 2)), np.zeros((1, 1, 2, 2)), 0), "span is 0"),
    "ssim: NaN": (lambda: metrics.ssim(np.full((1, 1, 12, 12), math.nan), np.zeros((1, 1, 12, 12))), "pixels that are not"),
    "accuracy: number": (lambda: metrics.accuracy([1], [1, 2]), "1 predicted and 2 wanted"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_scored_is_refused(case):
    call, words = REFUSED[case]
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=words) as caught:
        call()
    assert isinstance(caught.value, UserError) and "\n" not in str(caught.value)


def test_images_of_other_shapes_have_no_psnr():
    x, y = minigan.zeros(2, 1, 3, 3), minigan.zeros(2, 1, 4, 4)
    for score in (metrics.psnr, metrics.ssim):
        with pytest.raises(ValueError, match=r"two batches .* \(2, 1, 3, 3\) and \(2, 1, 4, 4\)"):
            score(x, y)


def test_a_window_that_does_not_fit_has_no_ssim(backend):
    small, enough = np.zeros((2, 1, 10, 11), "float32"), np.zeros((2, 1, 11, 11), "float32")
    with pytest.raises(ValueError, match="images of 10×11: SSIM's window takes 11×11 or more"):
        metrics.ssim(small, small)
    for kind in (np.asarray, B.to_device, minigan.tensor):
        assert (metrics.ssim(kind(enough), kind(enough)) == 1.0).all()
        assert (metrics.psnr(kind(enough), kind(enough + 2.0)) == 0.0).all()
