"""One setting for threads: what it is at the start, how it is changed, and that BLAS keeps to one.

How work is shared, and that the numbers do not depend on by how many, is in test_kernels.py too.
"""

import hashlib
import itertools
import os
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minigan
from minigan import models, nn, optim
from minigan.errors import UserError
from minigan.kernels.cpu import count, threads

at_start = count.at_start.__wrapped__


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """No variables; and afterwards as many threads as there were."""
    for name in (count.VARIABLE, count.EVERYBODYS):
        monkeypatch.delenv(name, raising=False)
    before = threads._number
    yield
    threads.set_num_threads(before or count.at_start()[0])
    threads._number = before


# -- at the start ----------------------------------------------------------------------------------


def cgroups(root, own, **files):
    """A machine's files: what /proc says of this process, and quotas by their folders."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(own, "utf-8")
    for folder, told in files.items():
        place = root / "sys/fs/cgroup" / folder.replace("_", "/")
        place.mkdir(parents=True, exist_ok=True)
        if isinstance(told, str):
            (place / "cpu.max").write_text(told + "\n", "utf-8")
        else:
            for word, number in zip(("quota", "period"), told, strict=True):
                (place / f"cpu.cfs_{word}_us").write_text(f"{number}\n", "utf-8")
    return root


@pytest.mark.parametrize(
    ("own", "files", "cpus"),
    [
        ("0::/\n", {"": "200000 100000"}, 2),
        ("0::/\n", {"": "150000 100000"}, 2),  # rounded up
        ("0::/\n", {"": "1000 100000"}, 1),
        ("0::/\n", {"": "max 100000"}, None),
        ("0::/a/b\n", {"a_b": "max 100000", "a": "300000 100000"}, 3),  # the smallest one counts
        ("0::/a/b\n", {"a_b": "400000 100000", "a": "300000 100000"}, 3),
        ("0::/a/b\n", {"a_b": "400000 100000", "a": "900000 100000", "c": "100000 100000"}, 4),
        ("0::/not/to be seen\n", {"": "50000 25000"}, 2),  # from within
        ("5:memory:/\n4:cpuacct,cpu:/a\n0::/\n", {"cpu_a": (250000, 100000)}, 3),
        ("4:cpu:/docker/x\n", {"cpu": (400000, 100000)}, 4),
        ("4:cpu:/a\n", {"cpu_a": (-1, 100000), "cpu": (-1, 100000)}, None),
        ("4:cpuset:/a\n", {"cpu_a": (100000, 100000)}, None),  # another kind
        ("0::/\n", {"": "100000"}, None),
        ("0::/\n", {"": "100000 0"}, None),
        ("", {}, None),
    ],
)
def test_the_quota_of_a_container(tmp_path, own, files, cpus):
    assert count.quota(cgroups(tmp_path, own, **files)) == cpus


def test_where_there_are_no_cgroups(tmp_path):
    assert count.quota(tmp_path) is None


@pytest.mark.parametrize(
    ("quota", "number", "why"),
    [
        (None, 6, "this process may run on 6 of 16 CPUs"),
        (6, 6, "this process may run on 6 of 16 CPUs"),
        (9, 6, "this process may run on 6 of 16 CPUs"),
        (4, 4, "the time that this container has of 6 CPUs"),
    ],
)
def test_as_many_threads_as_cpus_or_as_their_time(monkeypatch, quota, number, why):
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 6, raising=False)
    monkeypatch.setattr(count, "quota", lambda: quota)
    assert at_start() == count.cpus() == (number, why)


def test_the_cpus_of_an_older_python(monkeypatch):
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5, 8}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(count, "quota", lambda: None)
    assert at_start()[0] == 3
    monkeypatch.delattr(os, "sched_getaffinity")  # as outside Linux
    assert at_start()[0] == 16
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert at_start()[0] == 1


@pytest.mark.parametrize(
    ("own", "everybodys", "told"),
    [
        ("3", None, (3, "by MINIGAN_NUM_THREADS")),
        ("3", "5", (3, "by MINIGAN_NUM_THREADS")),
        (None, "5", (5, "by OMP_NUM_THREADS")),
        (None, " 4,2", (4, "by OMP_NUM_THREADS")),  # two in each of four
        *((None, nothing, (7, "all")) for nothing in ("", "0", "-1", "x", "1.5", "1000", "4x")),
    ],
)
def test_variables_decide_and_ours_first(monkeypatch, own, everybodys, told):
    monkeypatch.setattr(count, "cpus", lambda: (7, "all"))
    if own:
        monkeypatch.setenv("MINIGAN_NUM_THREADS", own)
    if everybodys is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", everybodys)
    assert at_start() == told


@pytest.mark.parametrize("wanted", ["0", "-1", "x", "", "1000", "100000", "9" * 5000])
def test_numbers_of_threads_that_cannot_be(monkeypatch, wanted):
    monkeypatch.setenv("MINIGAN_NUM_THREADS", wanted)
    with pytest.raises(UserError, match=r"MINIGAN_NUM_THREADS is .* to a number from 1 to 999"):
        at_start()


# -- set_num_threads -------------------------------------------------------------------------------


def helpers(number, items=8):
    """The threads that help, once work for `items` of them was handed out to `number`."""
    minigan.set_num_threads(number)
    meet, seen = threading.Barrier(min(number, items), timeout=600), set()

    def work(queue):
        next(queue)
        meet.wait()
        seen.add(threading.current_thread())

    threads.share(work, range(items))
    return seen - {threading.current_thread()}


def ended(crew):
    """Whether they have left; the last of them may still be on its way."""
    for each in crew:
        each.join(60)
    return not any(each.is_alive() for each in crew)


def test_the_crew_grows_and_shrinks():
    assert helpers(1) == set()
    two = helpers(3)
    assert len(two) == 2 and minigan.get_num_threads() == 3
    four = helpers(5)
    assert len(four) == 4 and two < four
    left = helpers(2)
    assert len(left) == 1 and all(each.daemon for each in left)
    minigan.set_num_threads(1)
    assert ended(four | left) and helpers(1) == set()
    assert len(helpers(1000, items=4)) == 3  # nobody is called who has nothing to do


def test_who_waits_for_work_keeps_no_arrays():
    """A helper forgets the job that it has done, and with it what its work was about."""
    minigan.set_num_threads(2)
    meet, gone = threading.Barrier(2, timeout=600), threading.Event()

    def work(queue):
        next(queue)
        meet.wait()

    weakref.finalize(work, gone.set)
    threads.share(work, range(2))
    del work
    assert gone.wait(10)


def test_a_change_while_others_are_at_work():
    """Many who change it and many who work: nobody waits for a helper who has left."""

    def change(number):
        for k in range(200):
            minigan.set_num_threads(1 + (k + number) % 4)

    def work(_):
        done = []
        for _ in range(100):
            threads.share(done.extend, range(8))
        return len(done)

    with ThreadPoolExecutor(6) as pool:
        changing = [pool.submit(change, number) for number in range(3)]
        working = [pool.submit(work, number) for number in range(3)]
        assert [each.result(60) for each in working] == [800] * 3
        assert not any(each.result(60) for each in changing)
    assert len(helpers(3)) == 2


def trained(numbers):
    """The bytes of a small DCGAN's networks after a step for each number of threads."""
    minigan.manual_seed(3)
    D, G = models.DCGANDiscriminator(16), models.DCGANGenerator(width=16)
    bce, noise = nn.BCELoss(), minigan.randn(16, 100)
    optimizers = [optim.Adam(net.parameters()) for net in (D, G)]
    for number in numbers:
        minigan.set_num_threads(number)
        for optimizer, wanted in zip(optimizers, (minigan.zeros, minigan.ones), strict=True):
            optimizer.zero_grad()
            told = D(G(noise))
            bce(told, wanted(*told.shape)).backward()
            optimizer.step()
    digest = hashlib.sha256()
    for value in itertools.chain(D.state_dict().values(), G.state_dict().values()):
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def test_no_byte_of_a_training_depends_on_it():
    assert len({trained(numbers) for numbers in ([1] * 3, [2] * 3, [3] * 3, [1, 3, 2])}) == 1


@pytest.mark.parametrize("number", [0, -3, True, 2.0, "2", None, [1]])
def test_refused(torch, number):
    before = minigan.get_num_threads()
    with pytest.raises(RuntimeError, match=f"set_num_threads: .*{'too few' * (number in (0, -3))}"):
        minigan.set_num_threads(number)
    with pytest.raises(RuntimeError, match="set_num_threads"):
        torch.set_num_threads(number)
    assert minigan.get_num_threads() == before


def test_pytorchs_names():
    import minigan.torch as mg

    assert mg.set_num_threads is minigan.set_num_threads
    mg.set_num_threads(np.int64(2))
    assert mg.get_num_threads() == 2 and type(mg.get_num_threads()) is int


def python(code, **variables):
    env = {k: v for k, v in os.environ.items() if k not in variables} | variables
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


FORKED = """
import os, threading, warnings
import minigan
from minigan.kernels.cpu import threads
warnings.simplefilter("ignore")  # newer Pythons warn of forks where there are threads

def crew(number):
    minigan.set_num_threads(number)
    meet = threading.Barrier(number, timeout=600)
    threads.share(lambda items: (next(items), meet.wait()), range(number))
    return sum(each.name == "minigan" for each in threading.enumerate())

print(crew(3), flush=True)
if not (child := os.fork()):
    print(minigan.get_num_threads(), crew(2), crew(4), flush=True)
    os._exit(0)
print(os.waitpid(child, 0)[1], crew(3))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_in_a_fork():
    assert python(FORKED) == "2 3 1 3 0 2".split()


# -- BLAS ------------------------------------------------------------------------------------------

IMPORTED = """
import importlib
for name in {names!r}.split():
    importlib.import_module(name)
from threadpoolctl import threadpool_info
print(*(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"))
"""


@pytest.mark.parametrize(
    "names",
    [
        "minigan",
        "numpy minigan",
        *(f"{a} {b}" for a, b in itertools.permutations(["minigan", "scipy.linalg"])),
        *(f"{a} {b}" for a, b in itertools.permutations(["minigan", "scipy.special"])),
        "minigan scipy.special scipy.linalg",
        *(f"minigan scipy.{name}" for name in ("ndimage", "spatial", "stats", "fft", "signal")),
    ],
)
def test_every_blas_keeps_to_one_thread(names):
    before = dict(os.environ)
    found = python(IMPORTED.format(names=names), OPENBLAS_NUM_THREADS="3", MINIGAN_NUM_THREADS="4")
    assert set(found) <= {"1"} and dict(os.environ) == before


def test_the_plain_kernels_leave_blas_alone():
    names = "minigan scipy.linalg"
    plain, alone = (
        python(IMPORTED.format(names=names), OPENBLAS_NUM_THREADS="3", **more)
        for more, names in (({"MINIGAN_KERNELS": "plain"}, names), ({}, "numpy scipy.linalg"))
    )
    assert plain == alone


def test_accelerate_is_told_by_its_variable_and_keeps_what_a_person_says():
    told = "import minigan; print(os.environ['VECLIB_MAXIMUM_THREADS'])"
    assert python(f"import os; os.environ.pop('VECLIB_MAXIMUM_THREADS', 0); {told}") == ["1"]
    assert python(f"import os; {told}", VECLIB_MAXIMUM_THREADS="5") == ["5"]
