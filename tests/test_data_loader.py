"""The loader: PyTorch's meaning, the same batches from the same seed, and threads that end."""

import gc
import threading
import time
import traceback

import numpy as np
import pytest

import minigan
from minigan import backend as B
from minigan import data
from minigan.backend.random import Generator
from minigan.data import transforms as T
from minigan.data import workers
from minigan.errors import DataError, UserError


def images(count: int = 20) -> data.ImageDataset:
    """Image i is filled with i, but for a mark on its left edge; its label is i."""
    pixels = np.zeros((count, 4, 4), np.uint8) + np.arange(count, dtype=np.uint8)[:, None, None]
    pixels[:, :, 0] = 200
    return data.ImageDataset(pixels, np.arange(count))


class Squares(data.Dataset):
    """A set as a user writes one: sample by sample."""

    def __init__(self, count: int = 10):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return np.full(2, index, np.float32), index * index


def labels_of(loader) -> list[list[int]]:
    return [labels.numpy().tolist() for _, labels in loader]


def flat(batches: list[list[int]]) -> list[int]:
    return [label for batch in batches for label in batch]


# Meaning -----------------------------------------------------------------------------------------


def test_batches_of_images():
    loader = data.DataLoader(images(), batch_size=8)
    assert len(loader) == 3
    batches = list(loader)
    assert [x.shape for x, _ in batches] == [(8, 1, 4, 4), (8, 1, 4, 4), (4, 1, 4, 4)]
    x, y = batches[1]
    assert isinstance(x, minigan.Tensor) and x.dtype == np.float32 and y.dtype == np.int64
    np.testing.assert_array_equal(x.numpy()[:, 0, 0, 1], np.float32(range(8, 16)) / 255)
    assert y.numpy().tolist() == list(range(8, 16))
    assert [len(b) for b in labels_of(data.DataLoader(images(), 8, drop_last=True))] == [8, 8]


@pytest.mark.parametrize("make", [images, Squares])
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_each_epoch_is_a_new_order_of_everything(make, workers):
    ds = make()
    loader = data.DataLoader(ds, 3, shuffle=True, num_workers=workers, seed=5)
    first, second = labels_of(loader), labels_of(loader)
    assert sorted(flat(first)) == sorted(flat(second)) == [ds[i][1] for i in range(len(ds))]
    assert first != second


def test_len_is_pytorchs():
    torch = pytest.importorskip("torch")
    for count in (1, 7, 8, 9):
        for size in (1, 3, 8):
            for drop in (False, True):
                theirs = len(torch.utils.data.DataLoader(range(count), size, drop_last=drop))
                if theirs:
                    assert len(data.DataLoader(Squares(count), size, drop_last=drop)) == theirs


def test_replacement_draws_from_all_each_time():
    loader = data.DataLoader(images(100), 64, replacement=True, seed=2)
    drawn = flat(labels_of(loader))
    assert len(drawn) == 100 and 50 < len(set(drawn)) < 80  # 1 - 1/e of them are different


def test_sampler_decides_order_and_length():
    loader = data.DataLoader(images(), 2, sampler=[3, 1, 4, 1, 5])
    assert labels_of(loader) == [[3, 1], [4, 1], [5]] and len(loader) == 3


def test_collate_as_pytorch_does_it():
    torch = pytest.importorskip("torch")
    samples = [
        {"x": np.full((2, 2), i, np.float32), "y": (i, [i > 1]), "name": f"n{i}"} for i in range(3)
    ]
    mine, theirs = data.collate(samples), torch.utils.data.default_collate(samples)
    np.testing.assert_array_equal(mine["x"], theirs["x"].numpy())
    np.testing.assert_array_equal(mine["y"][0], theirs["y"][0].numpy())
    assert mine["y"][0].dtype == np.int64 and mine["y"][1][0].dtype == np.bool_
    assert mine["name"] == theirs["name"]
    assert data.collate([1.5, 2.5]).dtype == np.float64
    tensors = data.collate([minigan.ones(2), minigan.zeros(2)])
    assert tensors.tolist() == [[1, 1], [0, 0]]


def test_collate_of_different_shapes():
    with pytest.raises(UserError, match=r"\(2,\), \(3,\).*collate_fn"):
        data.collate([np.ones(2), np.ones(3)])


def test_collate_fn_gets_the_samples():
    loader = data.DataLoader(images(), 4, collate_fn=lambda samples: [y for _, y in samples])
    assert next(iter(loader)) == [0, 1, 2, 3]
    assert next(iter(data.DataLoader(Squares(), 2, collate_fn=len))) == 2


def test_a_set_of_pil_images_without_transform():
    pictures = [(ds_item[0], ds_item[1]) for ds_item in (images()[i] for i in range(4))]
    x, y = next(iter(data.DataLoader(pictures, 4)))
    assert x.shape == (4, 1, 4, 4) and y.numpy().tolist() == [0, 1, 2, 3]


def test_mistakes_are_told():
    with pytest.raises(UserError, match=r"3 samples make no batch of 4 \(drop_last\)"):
        data.DataLoader(Squares(3), 4, drop_last=True)
    with pytest.raises(UserError, match="0 samples"):
        data.DataLoader(Squares(0))
    with pytest.raises(UserError, match="batch_size is 0"):
        data.DataLoader(Squares(), 0)
    with pytest.raises(UserError, match="sampler"):
        data.DataLoader(Squares(), 2, True, sampler=[1])


def test_float_images_belong_into_a_tensor_dataset():
    with pytest.raises(DataError, match="TensorDataset"):
        data.ImageDataset(np.ones((2, 4, 4), np.float32), np.zeros(2))


# Subsets -----------------------------------------------------------------------------------------


def test_subset_and_split():
    part = data.Subset(images(), [5, 7, 9])
    assert part[1][1] == 7 and labels_of(data.DataLoader(part, 2)) == [[5, 7], [9]]
    assert labels_of(data.DataLoader(data.Subset(Squares(), [2, 3]), 2)) == [[4, 9]]
    parts = data.random_split(images(), [12, 8], Generator(1))
    assert [len(p) for p in parts] == [12, 8]
    assert sorted(p[i][1] for p in parts for i in range(len(p))) == list(range(20))
    assert [len(p) for p in data.random_split(Squares(10), [0.55, 0.25, 0.2])] == [6, 2, 2]
    with pytest.raises(UserError, match="do not add up to the 10"):
        data.random_split(Squares(10), [4, 4])


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_subclass_that_changes_its_items_changes_its_batches(shuffle):
    class Numbered(data.ImageDataset):
        def __getitem__(self, index):
            return (*super().__getitem__(index), index)

    ds = Numbered(images(6)._images, np.arange(6), T.ToTensor())
    for whole in (ds, data.Subset(ds, range(6))):
        x, y, number = next(iter(data.DataLoader(whole, 6, shuffle)))
        assert x.shape == (6, 1, 4, 4)
        np.testing.assert_array_equal(y, number)


@pytest.mark.parametrize("shuffle", [False, True])
def test_sets_one_after_the_other(shuffle):
    both = data.ConcatDataset([images(5), data.Subset(images(), [9, 17])])
    assert [both[i][1] for i in range(7)] == [0, 1, 2, 3, 4, 9, 17] and both[-3][1] == 4
    loader = data.DataLoader(both, 3, shuffle, num_workers=2, prefetch_factor=1)
    assert sorted(flat(labels_of(loader))) == [0, 1, 2, 3, 4, 9, 17]
    with pytest.raises(IndexError, match="index 7 of 7"):
        both[7]
    with pytest.raises(UserError, match="at least one"):
        data.ConcatDataset([])


def test_tensor_dataset():
    x, y = np.random.default_rng(0).random((5, 3), np.float32), np.arange(5)
    ds = data.TensorDataset(minigan.tensor(x), y)
    assert len(ds) == 5 and ds[2][0].numpy().tolist() == x[2].tolist()
    batch = next(iter(data.DataLoader(ds, 4)))
    np.testing.assert_array_equal(batch[0].numpy(), x[:4])
    assert batch[1].dtype == np.int64
    with pytest.raises(UserError, match="5, 4 rows"):
        data.TensorDataset(x, y[:4])
    x[3, 1] = np.nan
    with pytest.raises(DataError, match=r"tensor 0 holds NaN at \(3, 1\)"):
        data.TensorDataset(x)


# The same seed, the same batches -----------------------------------------------------------------


def everything(loader) -> list[np.ndarray]:
    return [x.numpy() for x, _ in loader]


def flipping(seed: int | None = 3, workers: int = 0, make=images) -> data.DataLoader:
    ds = make()
    ds.transform = T.Compose([T.ToTensor(), T.RandomHorizontalFlip()])
    return data.DataLoader(ds, 3, shuffle=True, seed=seed, num_workers=workers)


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_batch_b_of_epoch_e_is_a_function_of_the_seed(workers):
    reference = flipping()
    epochs = [everything(reference) for _ in range(3)]
    other = flipping(workers=workers)
    for epoch in (2, 0, 1):
        other.set_epoch(epoch)
        for mine, theirs in zip(everything(other), epochs[epoch], strict=True):
            np.testing.assert_array_equal(mine, theirs)
    other.set_epoch(1, start=4)  # a run resumed in the middle of epoch 1 …
    for mine, theirs in zip(everything(other), epochs[1][4:], strict=True):
        np.testing.assert_array_equal(mine, theirs)
    for mine, theirs in zip(everything(other), epochs[2], strict=True):  # … goes on with epoch 2
        np.testing.assert_array_equal(mine, theirs)
    other.set_epoch(0, start=len(other))
    assert everything(other) == []
    assert not np.array_equal(np.concatenate(everything(flipping(4))), np.concatenate(epochs[0]))


def test_flips_differ_between_batches_and_reach_single_samples():
    """A user's set that flips sample by sample is seeded by the loader as well."""

    class Flipped(data.Dataset):
        flip = T.RandomHorizontalFlip()

        def __len__(self):
            return 64

        def __getitem__(self, index):
            return self.flip(np.arange(2, dtype=np.float32).reshape(1, 1, 2))

    def flips(seed):
        loader = data.DataLoader(Flipped(), 32, seed=seed)
        return [x.numpy()[:, 0, 0, 0].tolist() for x in loader]

    first, second = flips(1)
    assert first != second and 0.2 < np.mean(first) < 0.8
    assert flips(1) == [first, second] and flips(2) != [first, second]


def test_the_global_seed_is_the_default():
    minigan.manual_seed(11)
    first = labels_of(flipping(seed=None))
    minigan.manual_seed(11)
    assert labels_of(data.DataLoader(images(), 3, True)) == first
    minigan.manual_seed(12)
    assert labels_of(flipping(seed=None)) != first
    minigan.manual_seed(0)


def test_nothing_is_drawn_from_the_global_stream():
    minigan.manual_seed(1)
    list(flipping())
    state = minigan.backend.random.default.state()
    assert state["offset"] == 0
    minigan.manual_seed(0)


# Backends ----------------------------------------------------------------------------------------


def test_every_backend_gets_the_same_batches_as_its_own_tensors(backend):
    loader = flipping()
    loader.dataset.transform.transforms += [T.Lambda(lambda x: x * 2), T.Normalize(0.5, 0.5)]
    here = list(loader)
    assert all(isinstance(x.array, B.ndarray) and isinstance(y.array, B.ndarray) for x, y in here)
    with minigan.use_backend("numpy"):
        reference = list(flipping())
    for (x, y), (plain, labels) in zip(here, reference, strict=True):
        np.testing.assert_array_equal(y.cpu().numpy(), labels.cpu().numpy())
        np.testing.assert_allclose(
            x.cpu().numpy(), (plain.cpu().numpy() * 2 - 0.5) / 0.5, rtol=1e-6
        )


def test_tensors_of_every_backend_come_in_and_out(backend):
    x = minigan.rand(6, 1, 8, 8)
    ds = data.TensorDataset(x, np.arange(6))
    parts = data.random_split(ds, [4, 2], Generator(1))
    batch, numbers = next(iter(data.DataLoader(parts[0], 4)))
    np.testing.assert_array_equal(batch.cpu().numpy(), x.cpu().numpy()[numbers.cpu().numpy()])
    samples, _ = next(iter(data.DataLoader([ds[i] for i in range(6)], 6)))
    np.testing.assert_array_equal(samples.cpu().numpy(), x.cpu().numpy())
    for transform in (T.GaussianBlur(3, 1.0), T.RandomHorizontalFlip(), T.RandomCrop(4)):
        assert isinstance(transform(x).array, B.ndarray)


def on_host(loader) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(x.cpu().numpy(), y.cpu().numpy()) for x, y in loader]


def colours(transform, count=50, channels=3) -> data.ImageDataset:
    pixels = np.random.default_rng(0).integers(0, 256, (count, channels, 9, 7), dtype=np.uint8)
    return data.ImageDataset(pixels, np.arange(count), transform)


RESIDENT = {
    "bytes": None,
    "floats": T.ToTensor(),
    "mirrored": T.Compose([T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize(0.5, 0.5)]),
    "by channel": T.Compose(
        [T.ToTensor(), T.Normalize((0.1, 0.2, 0.3), (0.5, 0.3, 0.7)), T.RandomHorizontalFlip(0.3)]
    ),
    "resized": T.Compose([T.Resize((5, 12)), T.RandomHorizontalFlip(), T.ToTensor()]),
}
HOST = {
    "mirrored before": T.Compose([T.RandomHorizontalFlip(), T.Resize(5), T.ToTensor()]),
    "cropped at random": T.Compose([T.RandomCrop(4), T.ToTensor()]),
    "normalised twice": T.Compose([T.ToTensor(), T.Normalize(0.5, 2), T.Normalize(0.5, 3)]),
    "resized as floats": T.Compose([T.ToTensor(), T.Resize(6)]),
}


@pytest.mark.parametrize("name", [*RESIDENT, *HOST])
def test_the_gpu_makes_the_batches_that_the_host_makes(backend, name):
    transform = {**RESIDENT, **HOST}[name]
    loader = data.DataLoader(colours(transform), 8, shuffle=True, seed=5)
    with minigan.use_backend("numpy"):
        expected = [on_host(loader) for _ in range(2)]
    loader.set_epoch(0)
    for epoch in range(2):
        got = on_host(loader)
        assert (loader._resident is not None) == (backend != "numpy" and name in RESIDENT)
        for (x, y), (images, labels) in zip(got, expected[epoch], strict=True):
            np.testing.assert_allclose(x, images, rtol=1e-6, atol=1e-6)
            np.testing.assert_array_equal(y, labels)
    loader.set_epoch(1, start=3)
    np.testing.assert_array_equal(on_host(loader)[0][1], expected[1][3][1])


def test_a_data_set_that_was_changed_crosses_again(backend):
    ds = colours(T.Compose([T.ToTensor()]), count=4)
    loader = data.DataLoader(ds, 4)
    before = next(iter(loader))[0]
    ds.targets = ds.targets + 7
    ds.transform.transforms.append(T.Normalize(0.5, 0.25))
    x, y = next(iter(loader))
    assert y.cpu().numpy().tolist() == [7, 8, 9, 10]
    np.testing.assert_allclose(x.cpu().numpy(), (before.cpu().numpy() - 0.5) * 4.0, atol=1e-6)


def test_a_data_set_that_does_not_fit_stays_on_the_host(backend, monkeypatch):
    if backend != "numpy":
        monkeypatch.setattr(
            B.kernels, "has_room", lambda size: size < 50 * 3 * 9 * 7, raising=False
        )
    loader = data.DataLoader(colours(T.ToTensor()), 8)
    assert len(list(loader)) == 7 and loader._resident is None


# Threads -----------------------------------------------------------------------------------------


def data_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("minigan-data")]


def wait_for_end_of_threads() -> None:
    for thread in data_threads():
        thread.join(60)  # long enough for any machine
    assert not data_threads()


def test_threads_end_with_the_epoch_and_when_dropped():
    loader = data.DataLoader(Squares(1000), 1, num_workers=2)
    list(loader)
    wait_for_end_of_threads()
    for _ in loader:
        assert data_threads()
        break
    gc.collect()
    wait_for_end_of_threads()


def test_threads_stay_a_few_batches_ahead_only():
    made = []

    class Counting(Squares):
        def __getitem__(self, index):
            made.append(index)
            return index

    batches = iter(data.DataLoader(Counting(1000), 1, num_workers=1))
    next(batches)
    time.sleep(0.1)
    assert len(made) <= 1 + workers.AHEAD + 1
    del batches
    wait_for_end_of_threads()


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_reaches_the_consumer_with_its_traceback(workers):
    class Broken(Squares):
        def __getitem__(self, index):
            if index == 5:
                raise RuntimeError("sample five is broken")
            return index

    seen = []
    with pytest.raises(RuntimeError, match="sample five") as caught:
        for batch in data.DataLoader(Broken(), 1, num_workers=workers):
            seen.append(batch)
    assert len(seen) == 5
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[-1] == "__getitem__"
    del caught
    wait_for_end_of_threads()


def test_an_interrupt_in_the_consumer_ends_the_threads():
    def consume():
        for number, _ in enumerate(data.DataLoader(Squares(1000), 1, num_workers=1)):
            if number == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        consume()
    del caught
    gc.collect()
    wait_for_end_of_threads()


def test_by_default_only_slow_batches_are_made_by_a_thread(monkeypatch):
    """And never those that call a user's code."""
    makers = set()

    class Watched(data.ImageDataset):
        def gather(self, indices):
            makers.add(threading.current_thread().name.split("_")[0])
            return super().gather(indices)

    def run(handover: float, transform=None) -> set[str]:
        makers.clear()
        monkeypatch.setattr(workers, "HANDOVER", handover)
        pixels = np.zeros((8, 4, 4), np.uint8)
        list(data.DataLoader(Watched(pixels, np.arange(8), transform), 2))
        return set(makers)

    here = threading.current_thread().name
    assert run(1.0) == {here}
    assert run(0.0) == {here, "minigan-data"}
    assert run(0.0, T.Lambda(lambda image: image)) == {here}


def test_two_loops_over_one_loader_do_not_disturb_each_other():
    loader = data.DataLoader(images(), 4, num_workers=1)
    for (_, a), (_, b) in zip(loader, loader, strict=True):
        assert a.numpy().tolist() == b.numpy().tolist()


# PyTorch's samplers and signature ---------------------------------------------------------------


@pytest.fixture
def utils():
    import minigan.torch.utils.data

    return minigan.torch.utils.data


def test_a_batch_sampler_decides_the_batches(backend, utils):
    loader = data.DataLoader(images(), batch_sampler=[[3, 1], [4], [1, 5, 0]])
    plain = data.DataLoader(images(), 1)
    labels = [y.item() for _, y in plain]
    assert len(loader) == 3
    for batch, indices in zip(loader, [[3, 1], [4], [1, 5, 0]], strict=True):
        assert batch[1].cpu().numpy().tolist() == [labels[i] for i in indices]
    with pytest.raises(UserError, match="batch_sampler decides"):
        data.DataLoader(images(), 2, batch_sampler=[[1]])
    sampler = utils.BatchSampler(utils.SequentialSampler(range(5)), 2)
    assert list(sampler) == [[0, 1], [2, 3], [4]] and len(sampler) == 3
    assert list(utils.BatchSampler(range(5), 2, drop_last=True)) == [[0, 1], [2, 3]]


def test_random_samplers_go_through_all(utils):
    sampler = utils.RandomSampler(range(50))
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(50)) and first != second
    assert len(list(utils.RandomSampler(range(3), num_samples=7))) == 7
    drawn = list(utils.RandomSampler(range(3), True, 40))
    assert len(drawn) == 40 and set(drawn) == {0, 1, 2}


def test_the_loader_takes_pytorchs_arguments_in_pytorchs_order(utils):
    def doubled(samples):
        return [x * 2 for x in samples]

    loader = data.DataLoader([1, 2, 3], 2, False, None, None, 0, doubled, True, True, 0, None)
    assert list(loader) == [[2, 4]]
    assert utils.default_collate([1, 2]).tolist() == [1, 2]
    assert issubclass(data.Dataset[int], data.Dataset)
