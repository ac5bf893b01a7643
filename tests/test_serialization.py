"""What is saved comes back exactly; what cannot be saved or loaded is said in one sentence."""

import errno
import json
import os
import pickle
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import minigan
from minigan import atomic, nn, optim, serialization
from minigan import backend as B
from minigan.errors import UserError
from minigan.serialization import load, save


def network():
    return dense(nn)


def same(a, b):
    """Equality of trees: types, keys and their order, numbers and tensors bit for bit."""
    if isinstance(a, (minigan.Tensor, np.ndarray)):
        a, b = np.asarray(a), np.asarray(b)
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)  # tells -0.0 from 0.0, and NaN is NaN


# -- flat files ------------------------------------------------------------------------------------


def test_a_state_dict_is_a_plain_file(tmp_path):
    state = network().state_dict()
    save(state, tmp_path / "net.safetensors")
    with safetensors.safe_open(tmp_path / "net.safetensors", "np") as file:
        assert file.metadata().keys() == {serialization.ENTRY}
        assert sorted(file.keys()) == sorted(state)
    loaded = load(tmp_path / "net.safetensors")
    assert all(same(state[name], loaded[name]) for name in state)
    assert loaded["1.num_batches_tracked"].shape == ()


def test_loaded_weights_can_be_trained(tmp_path):
    """They are memory of their own, not a read-only view of the file."""
    save({"w": minigan.ones(3)}, tmp_path / "w.safetensors")
    w = load(tmp_path / "w.safetensors")["w"]
    w.array += 1.0
    assert w.numpy().tolist() == [2.0, 2.0, 2.0]


def test_saving_neither_moves_nor_changes_the_network(tmp_path):
    net = network()
    optim.Adam(net.parameters())
    before = {name: (id(t.array), t.numpy().copy()) for name, t in net.state_dict().items()}
    save(net.state_dict(), tmp_path / "net.safetensors")
    for name, tensor in net.state_dict().items():
        assert id(tensor.array) == before[name][0]
        assert np.array_equal(tensor.numpy(), before[name][1])


def dense(nn):
    """One text, two libraries: `nn` is minigan's or PyTorch's."""
    return nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.LeakyReLU(0.2), nn.Linear(4, 1))


def generator(nn):
    return nn.Sequential(
        nn.ConvTranspose2d(7, 32, 4), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False), nn.InstanceNorm2d(16, affine=True),
        nn.Upsample(scale_factor=2), nn.Conv2d(16, 12, 3, 1, 1), nn.PixelShuffle(2), nn.Tanh(),
    )  # fmt: skip


def discriminator(nn):
    spectral_norm = nn.utils.parametrizations.spectral_norm
    return nn.Sequential(
        spectral_norm(nn.Conv2d(3, 8, 4, 2, 1)), nn.LeakyReLU(0.2), nn.AvgPool2d(2),
        nn.Conv2d(8, 6, 3, groups=2), nn.BatchNorm2d(6, affine=False), nn.MaxPool2d(2),
        nn.Flatten(), nn.LayerNorm(24), spectral_norm(nn.Linear(24, 1)), nn.Sigmoid(),
    )  # fmt: skip


@pytest.mark.parametrize(
    "build, shape", [(dense, (6, 5)), (generator, (3, 7, 1, 1)), (discriminator, (4, 3, 24, 24))]
)
def test_pytorch_reads_our_files_and_we_read_its_files(tmp_path, torch, build, shape):
    from safetensors.torch import load_file, save_file

    import minigan.torch as breadth

    x = np.random.default_rng(0).standard_normal((2, *shape), dtype=np.float32)
    ours, theirs = build(breadth.nn), build(torch.nn)
    for net, tensor in ((ours, minigan.tensor), (theirs, torch.tensor)):
        net.train()(tensor(x[0]))  # so that running statistics are not those of a new network

    def agree():
        ours.eval(), theirs.eval()
        with torch.no_grad(), minigan.no_grad():
            expected = theirs(torch.from_numpy(x[1])).numpy()
            np.testing.assert_allclose(ours(minigan.tensor(x[1])).numpy(), expected, atol=1e-5)
        mine = {name: tensor.numpy() for name, tensor in ours.state_dict().items()}
        for name, tensor in theirs.state_dict().items():
            assert np.array_equal(mine.pop(name), tensor.numpy()), name
        assert not mine

    save(ours.state_dict(), tmp_path / "ours.safetensors")
    theirs.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    agree()
    theirs = build(torch.nn)
    theirs.train()(torch.from_numpy(x[0]))
    save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    ours.load_state_dict(load(tmp_path / "theirs.safetensors"))
    agree()


def test_half_precision_of_pytorch(tmp_path, torch):
    from safetensors.torch import save_file

    values = torch.tensor([[1.0, -2.5, 3.140625], [0.0, float("inf"), 1e-30]])
    bf16, f16 = values.bfloat16(), values.half()
    save_file({"bf16": bf16, "f16": f16}, tmp_path / "half.safetensors")
    loaded = load(tmp_path / "half.safetensors")
    assert loaded["bf16"].dtype == "float32"
    assert np.array_equal(loaded["bf16"].numpy(), bf16.float().numpy())
    assert loaded["f16"].dtype == "float16"
    assert np.array_equal(loaded["f16"].numpy(), f16.numpy())


def test_a_dtype_that_numpy_lacks_is_named(tmp_path, torch):
    from safetensors.torch import save_file

    save_file({"w": torch.ones(2).to(torch.float8_e4m3fn)}, tmp_path / "f8.safetensors")
    with pytest.raises(UserError, match=r"f8\.safetensors.*'w'.*F8_E4M3.*float32"):
        load(tmp_path / "f8.safetensors")


@pytest.mark.parametrize("dtype", sorted(set(serialization.DTYPES.values())))
def test_every_dtype_and_layout(tmp_path, dtype):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    tree = {
        "all": array,
        "across": array.transpose(2, 0, 1),
        "every other": array[:, ::2, ::-1],
        "empty": array[:0],
        "single": array[0, 0, 1],
    }
    tree["single"] = np.asarray(tree["single"])
    save(tree, tmp_path / "t.safetensors")
    loaded = load(tmp_path / "t.safetensors")
    assert sorted(loaded) == sorted(tree)
    assert all(same(tree[name], loaded[name]) for name in tree)


# -- trees -----------------------------------------------------------------------------------------

tensors = arrays(
    st.sampled_from(["float32", "float64", "int64", "uint8", "bool"]),
    array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
keys = st.text(max_size=5) | st.integers(-3, 3) | st.sampled_from(["a/b", "a", "__metadata__", "0"])
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | tensors.map(np.asarray)
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(tree=trees)
def test_any_tree_comes_back_exactly(tmp_path_factory, tree):
    path = tmp_path_factory.mktemp("tree") / "t.safetensors"
    save(tree, path)
    loaded = load(path)
    if serialization._is_flat(tree):  # a plain file has the order of its own format
        loaded = {name: loaded[name] for name in tree}
    assert same(tree, loaded)


def test_keys_that_look_alike_stay_apart(tmp_path):
    one, two, three = (minigan.ones(2) * n for n in (1, 2, 3))
    tree = {"a": {"b": one, 0: two}, "a/b": three, "n": 0}
    save(tree, tmp_path / "t.safetensors")
    assert same(tree, load(tmp_path / "t.safetensors"))


def test_a_checkpoint_continues_a_training_bit_for_bit(tmp_path):
    x = minigan.randn(8, 5)

    def train(net, adam, steps):
        for _ in range(steps):
            adam.zero_grad()
            net(x + minigan.randn(8, 5)).square().mean().backward()
            adam.step()

    minigan.manual_seed(3)
    net = network()
    adam = optim.Adam(net.parameters(), 1e-2, (0.5, 0.9))
    train(net, adam, 3)
    state = {
        "net": net.state_dict(),
        "adam": adam.state_dict(),
        "random": minigan.backend.random.default.state(),
        "epoch": 3,
    }
    save(state, tmp_path / "c.safetensors")
    train(net, adam, 3)

    minigan.manual_seed(99)
    other = network()
    other_adam = optim.Adam(other.parameters())
    saved = load(tmp_path / "c.safetensors")
    other.load_state_dict(saved["net"])
    other_adam.load_state_dict(saved["adam"])
    minigan.backend.random.default.set_state(saved["random"])
    assert saved["epoch"] == 3
    assert other_adam.param_groups[0]["betas"] == (0.5, 0.9)
    train(other, other_adam, 3)
    for name, tensor in net.state_dict().items():
        assert tensor.numpy().tobytes() == other.state_dict()[name].numpy().tobytes()


def test_tensors_cross_between_backends(tmp_path, backend):
    """Saved on the host, loaded where the work is, saved from there, and loaded on the host."""
    with minigan.use_backend("numpy"):
        w = minigan.tensor(np.arange(6, dtype=np.float32).reshape(2, 3))
        tree = {"w": w, "at": minigan.tensor(2), "kept": np.array(2), "step": 4}
        save(tree, tmp_path / "host.safetensors")
    there = load(tmp_path / "host.safetensors")
    assert isinstance(there["w"].array, B.ndarray) and isinstance(there["kept"], np.ndarray)
    save(there, tmp_path / "device.safetensors")
    with minigan.use_backend("numpy"):
        assert same(tree, load(tmp_path / "device.safetensors"))


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        ({"net": network()}, r"net is of type Sequential.*state_dict\(\)"),
        ({"a": [1, object()]}, "a/1 is of type object"),
        ({"a": 1 + 2j}, "a is of type complex"),
        ({"a": {1.5: 2}}, "a has the key 1.5"),
        ({"w": np.ones(2, complex)}, "complex128"),
        ({"w": np.array(["text"])}, "array of type"),
    ],
)
def test_what_has_no_place_in_a_file(tmp_path, obj, message):
    with pytest.raises(TypeError, match=message):
        save(obj, tmp_path / "t.safetensors")
    assert os.listdir(tmp_path) == []


# -- failures --------------------------------------------------------------------------------------


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere/t\.safetensors.*nowhere is not a folder"):
        save({"a": 1}, tmp_path / "nowhere" / "t.safetensors")


def test_a_folder_in_the_place_of_the_file(tmp_path):
    (tmp_path / "t").mkdir()
    with pytest.raises(UserError, match=f"cannot write {tmp_path}/t: it is a folder, where"):
        save({"a": 1}, tmp_path / "t")
    with pytest.raises(UserError, match=f"cannot read {tmp_path}/t: it is a folder, where"):
        load(tmp_path / "t")
    assert os.listdir(tmp_path) == ["t"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="Permission denied"):
        save({"a": 1}, tmp_path / "t.safetensors")


def test_a_full_disk_leaves_the_former_file(tmp_path, monkeypatch):
    path = tmp_path / "t.safetensors"
    save({"epoch": 1}, path)

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"cannot write .*t\.safetensors: No space left on device"):
        save({"epoch": 2}, path)
    assert load(path) == {"epoch": 1}
    assert os.listdir(tmp_path) == ["t.safetensors"]


def test_an_interruption_leaves_the_former_file(tmp_path, monkeypatch):
    path = tmp_path / "t.safetensors"
    save({"epoch": 1}, path)

    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save({"epoch": 2}, path)
    assert load(path) == {"epoch": 1}
    assert os.listdir(tmp_path) == ["t.safetensors"]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"cannot read .*none\.safetensors: No such file"):
        load(tmp_path / "none.safetensors")


def test_a_file_cut_off_anywhere(tmp_path):
    path = tmp_path / "t.safetensors"
    save({"w": minigan.ones(2), "epoch": 1}, path)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(UserError, match=r"cannot load .*t\.safetensors: "):
            load(path)


@settings(max_examples=60)
@given(content=st.binary(max_size=200))
def test_any_bytes_give_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "t.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"cannot load .*t\.safetensors: "):
        load(path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_are_refused_unread(tmp_path, protocol):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"weight": [1.0] * 100}, protocol))
    with pytest.raises(UserError, match=r"model\.pkl.*reads no pickle.*torch\.load"):
        load(path)


def test_files_of_torch_save_are_refused_with_the_way_to_convert_them(tmp_path):
    path = tmp_path / "model.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", b"")
    with pytest.raises(UserError, match=r"model\.pth.*safetensors\.torch\.save_file"):
        load(path)


def test_other_formats(tmp_path):
    for name, content in (("x.h5", b"\x89HDF\r\n\x1a\n" + bytes(50)), ("x.txt", b"weights: 1 2 3")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=f"{name}: it is not a safetensors file"):
            load(tmp_path / name)
    (tmp_path / "empty").touch()
    with pytest.raises(UserError, match="empty: the file is empty"):
        load(tmp_path / "empty")


@pytest.mark.parametrize("entry", [serialization.FORMER, serialization.ENTRY])
@pytest.mark.parametrize(
    "tree",
    [
        "{",
        '{"tensor": "missing"}',
        '{"tensor": ["w"]}',
        '{"code": "w"}',
        '{"dict": [1]}',
        '{"dict": 3}',
        "{}",
        json.dumps({"tuple": None}),
        "[" * 100_000,
    ],
)
def test_a_damaged_list_of_contents(tmp_path, entry, tree):
    path = tmp_path / "t.safetensors"
    text = tree if entry == serialization.FORMER else '{"sha256": "", "tree": ' + tree + "}"
    safetensors.numpy.save_file({"w": np.ones(1, np.float32)}, path, {entry: text})
    with pytest.raises(UserError, match=r"cannot load .*/t\.safetensors: .* damaged"):
        load(path)


def file_of(header, data=b""):
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


SHAPED = {"dtype": "F32", "data_offsets": [0, 0]}


@pytest.mark.parametrize("shape", [[0, 2**62], [0] * 65, [0, 2**31, 2**31, 2**31]], ids=len)
def test_shapes_that_no_array_has(tmp_path, shape):
    (tmp_path / "t").write_bytes(file_of({"w": SHAPED | {"shape": shape}}))
    with pytest.raises(UserError, match=r"cannot load .*/t: "):
        load(tmp_path / "t")


@pytest.mark.parametrize("about", ["3", "null", "[]", "{", "[" * 100_000, '"x"'])
def test_metadata_that_minigan_did_not_write(tmp_path, about):
    header = {serialization.RESERVED: {serialization.ENTRY: about}}
    (tmp_path / "t").write_bytes(file_of(header))
    with pytest.raises(UserError, match=r"cannot load .*/t: the file is damaged or cut off"):
        load(tmp_path / "t")


def test_no_metadata_at_all(tmp_path):
    (tmp_path / "t").write_bytes(file_of({serialization.RESERVED: None}))
    assert load(tmp_path / "t") == {}


# -- the checksum ----------------------------------------------------------------------------------

STATES = {
    "flat": {"n": minigan.tensor(7), "w": minigan.ones(3, 2)},  # as they lie in the file
    "tree": {"G": {"w": minigan.ones(3, 2)}, "epoch": 3, "lr": [0.1, float("inf")], "é": None},
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_every_flipped_bit_is_seen_or_changes_nothing(tmp_path, state):
    """But in the name of the entry itself: without it, a file is another program's."""
    save(state, tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    name = whole.index(b'"minigan"')
    refused = 0
    for place in range(8 * len(whole)):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        try:
            loaded = serialization.from_bytes(bytes(content), "t")
        except UserError:
            refused += 1
        else:
            loaded = loaded if "G" in state else dict(sorted(loaded.items()))
            assert same(loaded, state) or place // 8 in range(name, name + 9)
    assert refused > 7 * len(whole)


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@pytest.mark.parametrize("size", [4, 16, 64])
def test_every_zeroed_block_is_seen(tmp_path, state, size):
    save(state, tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    for start in range(0, len(whole), size):
        content = whole[:start] + bytes(len(whole[start : start + size])) + whole[start + size :]
        if content != whole:
            with pytest.raises(UserError, match=r"cannot load t: "):
                serialization.from_bytes(content, "t")


def test_two_values_that_changed_places_are_seen(tmp_path):
    save({"a": minigan.zeros(2), "b": minigan.ones(2)}, tmp_path / "t")
    content = (tmp_path / "t").read_bytes()
    changed = content[:-16] + content[-8:] + content[-16:-8]
    with pytest.raises(UserError, match="its checksum is another one, so the file is damaged, or"):
        serialization.from_bytes(changed, "t")


def test_the_same_state_gives_the_same_bytes():
    assert len({serialization.to_bytes(STATES["tree"]) for _ in range(20)}) == 1


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_files_without_a_checksum_load_and_that_is_said_once(tmp_path, state, monkeypatch, capsys):
    """Those of other programs, and those that minigan wrote before it wrote checksums."""
    monkeypatch.setattr(serialization, "unchecked", [])
    arrays = {}
    if "G" in state:
        former = {serialization.FORMER: json.dumps(serialization._encode(state, (), arrays))}
    else:
        arrays, former = {name: tensor.numpy() for name, tensor in state.items()}, None
    safetensors.numpy.save_file(arrays, tmp_path / "t", former)
    for _ in range(3):
        loaded = load(tmp_path / "t")
        assert same(loaded if "G" in state else dict(sorted(loaded.items())), state)
    line = f"minigan: {tmp_path}/t has no checksum, so damage in it would go unseen; minigan.save"
    assert capsys.readouterr().err == f"{line} writes one\n"


def test_files_with_a_checksum_load_in_silence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serialization, "unchecked", [])
    save(STATES["flat"], tmp_path / "t")
    assert same(load(tmp_path / "t")["w"], STATES["flat"]["w"])
    assert capsys.readouterr().err == ""


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "t")
    with pytest.raises(UserError, match=r"cannot read .*/t: it is a named pipe, where a file"):
        load(tmp_path / "t")


# -- several writers -------------------------------------------------------------------------------


def test_threads_that_save_to_one_path_leave_one_of_their_files(tmp_path):
    def save_some(number):
        for _ in range(85):
            save({"number": number, "w": minigan.ones(500) * number}, tmp_path / "t")
            assert load(tmp_path / "t")["number"] in range(4)
        return number

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(save_some, range(4))) == [0, 1, 2, 3]
    assert os.listdir(tmp_path) == ["t"]
    last = load(tmp_path / "t")
    assert same(last["w"], minigan.ones(500) * last["number"])


def test_a_planted_link_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic.secrets, "token_hex", lambda size: "guessed")
    mine = tmp_path / "mine"
    mine.write_text("holiday")
    (tmp_path / f"{atomic.PART}guessed.part").symlink_to(mine)
    with pytest.raises(UserError, match=r"cannot write .*/t: File exists"):
        save({"a": 1}, tmp_path / "t")
    assert mine.read_text() == "holiday"


def test_a_link_stays_one_and_its_file_is_replaced(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link, file = tmp_path / "link", tmp_path / "elsewhere" / "file"
    link.symlink_to(file)
    for number in (1, 2):  # first it leads to nothing
        save({"a": number}, link)
        assert link.is_symlink() and load(file) == load(link) == {"a": number}
    assert os.listdir(tmp_path / "elsewhere") == ["file"]


@pytest.mark.parametrize("by_link", [False, True])
def test_what_is_no_file_is_not_replaced(tmp_path, by_link):
    """As root may, a rename would put a file in the place of /dev/null."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    path = tmp_path / "link" if by_link else pipe
    if by_link:
        path.symlink_to(pipe)
    for write in (atomic.check_writable, lambda path: save({"a": 1}, path)):
        with pytest.raises(UserError, match=f"cannot write {path}: it is a named pipe, where a"):
            write(path)
    assert pipe.is_fifo() and len(os.listdir(tmp_path)) == 1 + by_link


def test_files_are_readable_by_those_who_may_read_others(tmp_path):
    save({"a": 1}, tmp_path / "t")
    (tmp_path / "plain").touch()
    assert (tmp_path / "t").stat().st_mode == (tmp_path / "plain").stat().st_mode
