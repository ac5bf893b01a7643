"""Loaders as PyTorch's: orders of their own, arguments right or refused, and batches collated alike.

The tables of arguments and samples go through PyTorch as well, where it is installed.
"""

import itertools
import random as pythons
import threading
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import minigan.torch as mg
from minigan import data
from minigan.backend.random import Generator
from minigan.data import transforms as T
from minigan.errors import UserError
from minigan.torch.utils import data as ours

DataLoader, TensorDataset = ours.DataLoader, ours.TensorDataset


def numbers(count=100):
    return TensorDataset(mg.arange(count))


def order(loader):
    return [n for (batch,) in loader for n in batch.tolist()]


# Orders of their own ------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 2])
def test_loaders_side_by_side_are_not_paired(backend, workers):
    A, B = (DataLoader(numbers(1000), 100, shuffle=True, num_workers=workers) for _ in "AB")
    same = sum(int((a == b).sum().item()) for (a,), (b,) in zip(A, B, strict=True))
    assert same < 10


def test_random_transforms_of_loaders_side_by_side_differ():
    """Although neither of them shuffles."""
    pixels = np.zeros((200, 1, 2), np.uint8) + np.array([0, 255], np.uint8)
    ds = data.ImageDataset(
        pixels, np.arange(200), T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])
    )
    left, right = (next(iter(DataLoader(ds, 200)))[0][:, 0, 0, 0] for _ in "AB")
    assert 60 < (left == right).sum().item() < 140


@pytest.mark.parametrize("options", [{"shuffle": True}, {"replacement": True}])
def test_a_loader_made_anew_does_not_repeat_its_epoch(options):
    first, second = (order(DataLoader(numbers(), 5, **options)) for _ in "AB")
    loader = DataLoader(numbers(), 5, **options)
    assert len({tuple(o) for o in (first, second, order(loader), order(loader))}) == 4


def test_the_seed_gives_the_same_orders_again():
    def program():
        mg.manual_seed(7)
        A, B = DataLoader(numbers(), 10, True), DataLoader(numbers(), 10, True)
        side_by_side = [(a.tolist(), b.tolist()) for (a,), (b,) in zip(A, B, strict=True)]
        return side_by_side, order(A), order(DataLoader(numbers(), 10, True))

    first = program()
    assert program() == first
    loader = DataLoader(numbers(), 10, True)
    mg.manual_seed(3)
    once = order(loader)
    assert order(loader) != once
    mg.manual_seed(3)  # as in PyTorch: also for a loader that was at work before
    assert order(loader) == once


def test_the_order_comes_from_the_generator():
    def with_generator(g):
        return order(DataLoader(numbers(), 10, True, generator=g))

    g = Generator(5)
    first, second = with_generator(g), with_generator(g)
    assert first != second
    assert [with_generator(same) for same in [Generator(5)] * 1] == [first]
    g.manual_seed(5)
    assert with_generator(g) == first
    state = g.state()
    third = with_generator(g)
    assert with_generator(g.set_state(state)) == third == second
    mg.manual_seed(5)  # an equal seed, but another generator: the loaders are not paired
    assert order(DataLoader(numbers(), 10, True)) != first
    with pytest.raises(TypeError, match=r"generator is a int; give a minigan.torch.Generator"):
        DataLoader(numbers(), 10, True, generator=5)


def test_a_run_goes_on_with_its_order_whatever_other_loaders_did():
    """Under a run an epoch is a function of (seed, epoch): other loaders' passes do not matter."""

    def epochs(others):
        mg.manual_seed(1)
        loader = DataLoader(numbers(), 10, True)
        found = []
        for epoch in range(3):
            for _ in range(others):
                order(DataLoader(numbers(), 10, True))
            loader.set_epoch(epoch)
            found.append(order(loader))
        return found

    first = epochs(0)
    assert epochs(2) == first
    mg.manual_seed(1)
    again = DataLoader(numbers(), 10, True)  # made anew inside of epoch 2
    again.set_epoch(2, start=4)
    assert order(again) == first[2][40:]
    run, other = DataLoader(numbers(1000), 10, True), DataLoader(numbers(1000), 10, True)
    for epoch in range(2):
        run.set_epoch(epoch)
        mine, theirs = order(run), order(other)
        assert sum(a == b for a, b in zip(mine, theirs, strict=True)) < 10


def test_an_order_does_not_depend_on_the_backend(backend):
    mg.manual_seed(4)
    here = order(DataLoader(numbers(), 10, True))
    mg.manual_seed(4)
    with mg.use_backend("numpy") if hasattr(mg, "use_backend") else data_on_numpy():
        assert order(DataLoader(numbers(), 10, True)) == here


def data_on_numpy():
    import minigan

    return minigan.use_backend("numpy")


# Samplers -----------------------------------------------------------------------------------------


class Endless(ours.Sampler[int]):
    """As StyleGAN's programs write it."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        place = 0
        while True:
            yield place % self.count
            place += 3


@pytest.mark.parametrize("workers", [0, 2])
def test_an_endless_sampler_is_asked_for_no_more_than_is_needed(backend, workers):
    for ds in (numbers(10), [(n,) for n in range(10)]):
        batches = iter(DataLoader(ds, 4, sampler=Endless(10), num_workers=workers))
        assert [next(batches)[0].tolist() for _ in range(3)] == [
            [0, 3, 6, 9], [2, 5, 8, 1], [4, 7, 0, 3],
        ]  # fmt: skip
        with pytest.raises(TypeError):
            len(DataLoader(ds, 4, sampler=Endless(10)))


def test_samplers_of_a_run_are_drawn_from_its_stream():
    loader = DataLoader(numbers(), 10, sampler=ours.RandomSampler(range(100)))
    loader.set_epoch(3)
    first = order(loader)
    again = DataLoader(numbers(), 10, sampler=ours.RandomSampler(range(100)))
    again.set_epoch(3, start=5)
    assert order(again) == first[50:] and sorted(first) == list(range(100))


def test_samplers_alone_draw_from_the_global_stream_or_their_own():
    a, b = ours.RandomSampler(range(50)), ours.RandomSampler(range(50))
    assert list(a) != list(b)
    mg.manual_seed(2)
    first = [list(a), list(ours.SubsetRandomSampler(range(9)))]
    mg.manual_seed(2)
    assert [list(b), list(ours.SubsetRandomSampler(range(9)))] == first
    for make in (
        lambda g: ours.RandomSampler(range(50), generator=g),
        lambda g: ours.RandomSampler(range(50), True, 70, g),
        lambda g: ours.SubsetRandomSampler(range(50), g),
        lambda g: ours.WeightedRandomSampler([1.0] * 50, 30, generator=g),
        lambda g: ours.WeightedRandomSampler([1.0] * 50, 30, False, g),
    ):
        g = Generator(4)
        sampler = make(g)
        once, twice = list(sampler), list(sampler)
        assert once != twice and list(make(Generator(4))) == once and len(sampler) == len(once)


def test_weights_are_probabilities():
    mg.manual_seed(0)
    drawn = list(ours.WeightedRandomSampler([0, 1, 3, 0], 4000))
    assert set(drawn) == {1, 2} and abs(drawn.count(2) / 4000 - 0.75) < 0.03
    without = [tuple(ours.WeightedRandomSampler([0, 1, 3, 2], 3, False)) for _ in range(300)]
    assert all(sorted(each) == [1, 2, 3] for each in without)
    assert abs(sum(each[0] == 2 for each in without) / 300 - 0.5) < 0.1
    assert list(ours.WeightedRandomSampler(mg.tensor([0.0, 1.0]), 2)) == [1, 1]


SAMPLERS = {
    "RandomSampler": [
        (range(3), 1), (range(3), False, 0), (range(3), False, 1.5), (range(0),), (range(3), True),
        (range(3), True, -1), (range(3), False, 5), (range(3), None),
    ],
    "BatchSampler": [
        (range(5), 2, False), (range(5), 0, False), (range(5), 2.0, False), (range(5), True, False),
        (range(5), 2, 1), (range(5), -1, True),
    ],
    "WeightedRandomSampler": [
        ([1.0], 0), ([1.0], 1.5), ([1.0], True), ([[1.0]], 1), ([1.0], 2, 0), ([1.0, 1.0], 2, False),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLERS)
def test_what_pytorchs_samplers_refuse_is_refused(name, torch):
    for arguments in SAMPLERS[name]:
        mine, theirs = (getattr(m, name) for m in (ours, torch.utils.data))
        assert refusal(mine, arguments) == refusal(theirs, arguments), arguments


def refusal(sampler, arguments):
    """None when it is accepted, else the class of PyTorch's that the error is of."""
    try:
        list(sampler(*arguments))
    except (ValueError, TypeError) as error:
        return TypeError if isinstance(error, TypeError) else ValueError
    return None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1.0, -1.0], 1), "negative"),
        (([0.0, 0.0], 1), "0 of the weights are above 0"),
        (([0.0, 1.0], 2, False), "1 of the weights are above 0, too few for 2"),
        (([np.nan], 1), "not a number"),
    ],
)
def test_weights_that_cannot_be(arguments, words):
    with pytest.raises(ValueError, match=words):
        ours.WeightedRandomSampler(*arguments)


# Arguments ----------------------------------------------------------------------------------------

VALUES = {
    "batch_size": [1, 3, 0, -1, None, 2.5],
    "shuffle": [None, False, True],
    "sampler": [None, [2, 0, 1]],
    "batch_sampler": [None, [[0, 1], [2]]],
    "num_workers": [0, 1, -1],
    "drop_last": [False, True],
    "timeout": [0, -1],
    "prefetch_factor": [None, 2, -1],
    "persistent_workers": [False, True],
}


@pytest.mark.parametrize("pair", list(itertools.combinations(VALUES, 2)), ids="-".join)
def test_what_pytorchs_loader_refuses_is_refused(pair, torch):
    """All pairs of arguments: who refuses, and what comes out."""
    samples = [float(n) for n in range(6)]
    for values in itertools.product(*(VALUES[name] for name in pair)):
        options = dict(zip(pair, values, strict=True))
        mine = outcome(lambda: ours.DataLoader(samples, **options))  # noqa: B023
        theirs = outcome(lambda: torch.utils.data.DataLoader(samples, **options))  # noqa: B023
        assert mine[0] == theirs[0], options
        if mine[0] is None and not options.get("num_workers") and not options.get("shuffle"):
            assert [value(batch) for batch in mine[1]] == [value(b) for b in theirs[1]], options


def outcome(make):
    try:
        return None, make()
    except (ValueError, TypeError):
        return ValueError, None


def value(batch):
    return batch.tolist() if hasattr(batch, "tolist") else batch


def test_what_workers_cannot_do_is_refused():
    for options, words in [
        ({"timeout": 3}, "timeout without workers"),
        ({"multiprocessing_context": "fork"}, "multiprocessing_context without workers"),
        ({"num_workers": 1, "worker_init_fn": 3}, "not a function"),
        ({"drop_last": 1}, "drop_last is 1"),
        ({"batch_size": None, "drop_last": True}, "no last to drop"),
    ]:
        with pytest.raises(UserError, match=words):
            DataLoader(numbers(), **options)


def test_a_batch_that_is_late_is_an_error():
    enough = threading.Event()

    class Slow(data.Dataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            enough.wait(60)
            return index

    with pytest.raises(RuntimeError, match=r"no batch came within 0.01 seconds"):
        next(iter(DataLoader(Slow(), num_workers=1, timeout=0.01)))
    enough.set()
    assert next(iter(DataLoader(Slow(), num_workers=1, timeout=60))).tolist() == [0]

    class Late(Slow):
        def __getitem__(self, index):
            raise TimeoutError("the disk does not answer")

    with pytest.raises(TimeoutError, match="the disk"):
        next(iter(DataLoader(Late(), num_workers=1, timeout=60)))


def test_worker_init_fn_is_called_for_each_worker_and_leaves_the_random_numbers_alone():
    called = []

    def seeded(number):
        called.append((number, ours.get_worker_info().id, ours.get_worker_info().num_workers))
        np.random.seed(0)
        pythons.seed(0)
        mg.manual_seed(99)

    states = np.random.get_state()[1].tolist(), pythons.getstate(), mg.initial_seed()
    for persistent in (False, True):
        called.clear()
        loader = DataLoader(
            numbers(), 50, num_workers=2, worker_init_fn=seeded, persistent_workers=persistent
        )
        assert len(list(loader)) == len(list(loader)) == 2
        assert called == [(0, 0, 2), (1, 1, 2)] * (1 if persistent else 2)
    assert (np.random.get_state()[1].tolist(), pythons.getstate(), mg.initial_seed()) == states
    list(DataLoader(numbers(), 50, worker_init_fn=seeded))  # without workers it is never called
    assert ours.get_worker_info() is None


def test_a_data_set_knows_its_worker():
    class Asking(data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            info = ours.get_worker_info()
            return -1 if info is None else info.id

    assert order_of_items(DataLoader(Asking(), 2)) == [-1] * 4
    assert set(order_of_items(DataLoader(Asking(), 1, num_workers=2))) <= {0, 1}


def order_of_items(loader):
    return [n for batch in loader for n in batch.tolist()]


def test_without_batches_samples_come_one_by_one(torch):
    samples = [
        (np.float32(2.0), np.ones(2), "a", 3, 0.5),
        (np.float32(1.0), np.ones(2), "b", 4, 1.5),
    ]
    mine = list(ours.DataLoader(samples, batch_size=None))
    theirs = list(torch.utils.data.DataLoader(samples, batch_size=None))
    assert len(mine) == len(theirs) == len(ours.DataLoader(samples, batch_size=None))
    for a, b in zip(mine, theirs, strict=True):
        assert [type(x).__name__ for x in a] == [type(x).__name__ for x in b]
        assert same(a, b)
    doubled = ours.DataLoader([1, 2], batch_size=None, collate_fn=lambda sample: sample * 2)
    assert list(doubled) == [2, 4]
    assert list(ours.DataLoader([1, 2], batch_size=None, sampler=[1, 0])) == [2, 1]


def test_a_set_that_comes_one_after_the_other():
    class Stream(ours.IterableDataset):
        def __iter__(self):
            return iter(range(7))

    class Endless(ours.IterableDataset):
        def __iter__(self):
            return itertools.count()

    assert [b.tolist() for b in DataLoader(Stream(), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [b.tolist() for b in DataLoader(Stream(), 3, drop_last=True)] == [[0, 1, 2], [3, 4, 5]]
    assert next(iter(DataLoader(Endless(), 3))).tolist() == [0, 1, 2]
    assert list(DataLoader(Stream(), None)) == list(range(7))
    for options in ({"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}):
        with pytest.raises(ValueError, match="IterableDataset decides the order"):
            DataLoader(Stream(), **options)
    with pytest.raises(ValueError, match="leave out num_workers"):
        DataLoader(Stream(), num_workers=1)
    with pytest.raises(TypeError, match="does not say how many"):
        len(DataLoader(Stream()))


def test_a_set_that_fetches_many_items_at_once():
    class Many(data.Dataset):
        def __len__(self):
            return 5

        def __getitems__(self, indices):
            return [index * 10 for index in indices]

    assert [b.tolist() for b in DataLoader(Many(), 2)] == [[0, 10], [20, 30], [40]]


def test_keys_that_are_no_numbers():
    class Words(data.Dataset):
        def __getitem__(self, key):
            return key.upper()

    assert list(DataLoader(Words(), 2, sampler=["a", "b", "c"])) == [["A", "B"], ["C"]]


def test_indices_outside_of_the_set_are_refused(backend):
    pixels = np.zeros((4, 2, 2), np.uint8)
    ds = data.ImageDataset(pixels, np.arange(4))
    assert next(iter(DataLoader(ds, 2, sampler=[-1, 0])))[1].tolist() == [3, 0]
    for sampler in ([4], [-5]):
        with pytest.raises(IndexError, match="of 4 samples"):
            next(iter(DataLoader(ds, sampler=sampler)))


def test_missing_words_are_named():
    with pytest.raises(AttributeError, match="no ChainDataset: join the samples"):
        ours.ChainDataset  # noqa: B018
    with pytest.raises(NotImplementedError, match=r"DistributedSampler: .*in one process"):
        ours.DistributedSampler(numbers())


# Sets ---------------------------------------------------------------------------------------------


def test_tensors_of_a_set_are_those_given(backend):
    x, y = mg.rand(4, 2), mg.arange(4)
    ds = TensorDataset(x, y)
    assert ds.tensors[0] is x and ds.tensors[1] is y and ds[2][1].item() == 2
    with pytest.raises(ValueError, match=r"requires a gradient; give its detach\(\)"):
        TensorDataset(mg.rand(4, 2, requires_grad=True))
    for wrong in ((), (mg.tensor(1.0),), (x, mg.arange(3))):
        with pytest.raises(ValueError, match="rows; a TensorDataset needs"):
            TensorDataset(*wrong)


def test_what_is_changed_in_place_is_seen(backend):
    x = mg.zeros(4)
    ds = TensorDataset(x)
    x.add_(1.0)
    assert next(iter(DataLoader(ds, 4)))[0].tolist() == [1.0] * 4 and ds[0][0].item() == 1.0


def test_subsets_and_splits(torch):
    ds = numbers(10)
    for indices in ([1, 2], (3,), np.array([4, 5]), mg.tensor([6, 7]), range(2), []):
        part = ours.Subset(ds, indices)
        assert [part[n][0].item() for n in range(len(part))] == [int(i) for i in indices]
    for wrong in ([True, False], [1.5], mg.arange(10) > 3, [[1], [2]]):
        with pytest.raises(ValueError, match="Subset: indices are one row of whole numbers"):
            ours.Subset(ds, wrong)
    both = ds + numbers(3)
    assert len(both) == 13 and both.cumulative_sizes == [10, 13] and both[11][0].item() == 1
    for lengths in ([7, 3], [0.5, 0.5], [0.33, 0.33, 0.34], [0.7, 0.3], [5, 6], [0.5, 0.6],
                    [2.5, 7.5], [-1, 11], [1.0], [0.2, 0.2]):  # fmt: skip
        mine = outcome(lambda: [len(p) for p in ours.random_split(ds, lengths)])  # noqa: B023
        theirs = outcome(
            lambda: [len(p) for p in torch.utils.data.random_split(range(10), lengths)]  # noqa: B023
        )
        if lengths != [-1, 11]:  # which PyTorch takes
            assert mine == theirs, lengths
        else:
            assert mine[0] is ValueError
    g = Generator(3)
    first, second = (ours.random_split(ds, [5, 5], g)[0].indices.tolist() for _ in "AB")
    assert first != second
    assert ours.random_split(ds, [5, 5], generator=Generator(3))[0].indices.tolist() == first


# Collating ----------------------------------------------------------------------------------------

Point = namedtuple("Point", "x y")


class Bag(dict):
    """A mapping of a user's own."""


def samples_of(m, tensor):
    """Lists of samples; `m` gives the dtypes and `tensor` makes tensors."""
    half, double, whole = m.float16, m.float64, m.int64
    return {
        "soft labels, one of them an int": [1, 0.9, 0.8, 0.0],
        "floats first": [0.5, 1], "floats": [1.5, 2.5], "ints": [1, 2], "large": [2**40, 1],
        "bools": [True, False], "bool and int": [True, 2], "bool and float": [True, 0.5],
        "int and bool": [2, True], "words": ["a", "b"], "bytes": [b"a", b"b"],
        "word and int": ["a", 1],
        **{f"scalars of {name}": [np.dtype(name).type(1)] * 2 for name in
           "float16 float32 float64 int8 uint8 int16 int32 int64 bool".split()},
        "scalars of two types": [np.float32(1), np.int64(2)],
        "int scalar first": [np.int64(1), np.float32(0.5)],
        "scalar and number": [np.float32(1), 2], "number and scalar": [1, np.float32(0.5)],
        "float and scalar": [1.5, np.float32(0.5)],
        "arrays": [np.ones(2, np.float32), np.ones(2, np.float64)],
        "half arrays": [np.ones(2, np.float16), np.ones(2, np.int64)],
        "arrays of no axis": [np.array(1), np.array(2.5)],
        "unsigned": [np.ones(2, np.uint16)] * 2,
        "bytes and ints": [np.ones(2, np.uint8), np.ones(2, np.int8)],
        "tensors": [tensor([1.0, 1.0]), tensor([1, 1])],
        "half tensors": [tensor([1.0], dtype=half), tensor([1], dtype=whole)],
        "two floats": [tensor([1.0], dtype=half), tensor([1.0], dtype=double)],
        "scalar tensors": [tensor(1), tensor(2.5)],
        "masks and bytes": [tensor([True]), tensor([1], dtype=m.uint8)],
        "array and tensor": [np.ones(2), tensor([1.0, 1.0])],
        "shapes": [tensor([1.0]), tensor([1.0, 2.0])],
        "tuples": [(1, 2.0), (3, 4.0)], "lists": [[1, 2], [3, 4]], "none in them": [(), ()],
        "pairs": [([0.0], 0), ([1.0], 0.7)], "unlike tuples": [(1, 2), (3,)],
        "named": [Point(1, 2.0), Point(2, 3.0)], "ranges": [range(2), range(2)],
        "dicts": [{"a": 1, "b": 0.5}, {"a": 2, "b": 1}], "ordered": [OrderedDict(a=1)] * 2,
        "own dicts": [Bag(a=1), Bag(a=2)], "nested": [{"x": [(1, "a")]}, {"x": [(2, "b")]}],
        "missing key": [{"a": 1}, {"b": 1}], "further key": [{"a": 1}, {"a": 1, "b": 2}],
        "none": [None, None], "a number and none": [1, None], "sets": [{1}, {2}],
        "complex": [1j, 2j], "objects": [object()] * 2, "dates": [np.datetime64("2020")] * 2,
        "words in arrays": [np.array("a"), np.array("b")], "huge": [2**63, 1],
    }  # fmt: skip


NAMES = list(samples_of(mg, mg.tensor))


@pytest.mark.parametrize("name", NAMES)
def test_batches_are_collated_as_pytorch_does_it(name, torch):
    try:
        theirs, refused = (
            torch.utils.data.default_collate(samples_of(torch, torch.tensor)[name]),
            None,
        )
    except Exception as error:
        theirs, refused = None, error
    samples = samples_of(mg, mg.tensor)[name]
    if refused is not None:
        kinds = (ValueError, RuntimeError, TypeError, KeyError)
        with pytest.raises(kinds, match=r"collate: |'a'") as caught:
            ours.default_collate(samples)
        assert isinstance(caught.value, TypeError) or not isinstance(refused, TypeError)
        with pytest.raises(kinds):
            next(iter(DataLoader(samples, len(samples))))
        return
    assert same(ours.default_collate(samples), theirs)
    assert same(next(iter(DataLoader(samples, len(samples)))), theirs)


def same(mine, theirs):
    """Whether kinds, numbers and their types are the same."""
    if isinstance(mine, mg.Tensor):
        dtype = str(theirs.dtype).removeprefix("torch.")
        return str(mine.dtype) == dtype and np.array_equal(mine.cpu().numpy(), theirs.numpy())
    if type(mine) is not type(theirs):
        return False
    if isinstance(mine, dict):
        return list(mine) == list(theirs) and all(same(mine[key], theirs[key]) for key in mine)
    if isinstance(mine, (list, tuple)):
        return len(mine) == len(theirs) and all(map(same, mine, theirs))
    return mine == theirs


def test_batches_reach_the_backend(backend):
    from minigan import backend as B

    x, y = next(iter(DataLoader([([0.0], 0), ([1.0], 0.7)], 2)))
    assert isinstance(y.array, B.ndarray) and y.dtype == np.float32
    assert y.tolist() == pytest.approx([0.0, 0.7]) and x[0].dtype == np.float64


def test_samples_with_a_gradient_or_without_a_common_type_are_refused():
    with pytest.raises(RuntimeError, match=r"detach\(\) it in the data set"):
        ours.default_collate([mg.ones(2, requires_grad=True)])
    with pytest.raises(TypeError, match="uint16, uint8 have no common type"):
        ours.default_collate([np.ones(1, np.uint8), np.ones(1, np.uint16)])
    with pytest.raises(TypeError, match="let the data set return one of these"):
        ours.default_collate([None])


def test_labels_of_a_target_transform_are_collated_like_items():
    pixels = np.zeros((3, 2, 2), np.uint8)
    for change in (
        lambda n: n / 2,
        lambda n: (n, f"{n}"),
        lambda n: n > 1,
        lambda n: mg.tensor([n]),
    ):
        ds = data.ImageDataset(pixels, np.arange(3), target_transform=change)
        _, whole = next(iter(DataLoader(ds, 3)))
        single = ours.default_collate([ds[n][1] for n in range(3)])
        if isinstance(single, list):
            assert whole[1] == single[1]
            whole, single = whole[0], single[0]
        assert whole.dtype == single.dtype and whole.tolist() == single.tolist()


@pytest.mark.parametrize(
    "chain",
    [
        [T.PILToTensor()],
        [T.PILToTensor(), T.ConvertImageDtype(np.dtype("float32"))],
        [T.ToTensor(), T.Lambda(lambda x: (x * 255).to("uint8"))],
        [T.ToTensor(), T.Lambda(lambda x: (x, x.mean()))],
        [T.Lambda(lambda p: np.asarray(p).astype(np.int64))],
        [T.Resize(3), T.Lambda(lambda p: p.size[0] / 2)],
    ],
)
def test_a_batch_of_images_is_what_its_items_collate_to(chain):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 5, 3), np.uint8)
    ds = data.ImageDataset(pixels.transpose(0, 3, 1, 2), np.arange(4), T.Compose(chain))
    batch = next(iter(DataLoader(ds, 4)))[0]
    items = ours.default_collate([ds[n][0] for n in range(4)])
    for mine, theirs in zip(
        *(x if isinstance(x, list) else [x] for x in (batch, items)), strict=True
    ):
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
