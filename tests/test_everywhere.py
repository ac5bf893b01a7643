"""minigan asks for nothing that only Linux has: trained where that is hidden, or as Windows is."""

import errno
import importlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import threadpoolctl

from minigan import atomic, nn
from minigan.errors import UserError
from minigan.kernels.cpu import threads
from minigan.run import files, versions

HERE = Path(__file__).parent


def in_a_process(*words, **variables):
    """What Python says in a process of its own, in this folder."""
    return subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]), **variables},
        capture_output=True, encoding="utf-8", errors="replace", cwd=HERE, timeout=300,
    )  # fmt: skip


# -- a whole run, elsewhere ------------------------------------------------------------------------

A_RUN = """
import contextlib, hashlib, http.server, importlib, io, pkgutil, runpy, signal, sys, threading
import warnings
from pathlib import Path

import elsewhere
elsewhere.WHAT()
warnings.filterwarnings("error", category=EncodingWarning, module="minigan|__main__|examples")

import minigan
for found in pkgutil.walk_packages(minigan.__path__, "minigan."):
    if not found.name.startswith(("minigan.kernels.gpu.", "minigan.kernels.jit.", "minigan.examples")):
        importlib.import_module(found.name)

from minigan import run
from minigan.data.download import Remote, fetch

examples, out = Path("EXAMPLES"), Path("OUT")

def program(name, *words):
    sys.argv = [f"{name}.py", *map(str, words)]
    try:
        runpy.run_path(str(examples / f"{name}.py"), run_name="__main__")
    except SystemExit as end:
        return end.code

def train(folder, *words):
    small = "--hidden-d 8 --hidden-g 8 --z 4 --limit 64 --batch-size 16 --epochs 2".split()
    return program("mnist_dense", "--dataset", "digits", *small, "--out", out / folder, *words)

assert train("whole") == 0
log, steps = run.Run.log, iter(range(6))

def told_to_stop(self, **values):
    log(self, **values)
    if next(steps) == 5:
        signal.raise_signal(signal.SIGINT)

run.Run.log = told_to_stop
assert train("stopped") == 130
run.Run.log = log
assert train("stopped") == 2, "it holds a run"
assert train("stopped", "--resume") == 0
assert train("whole", "--overwrite") == 0
assert program("sample", out / "stopped", "--count", 4, "--columns", 2) == 0
for name in ("G.safetensors", "D.safetensors", "losses.csv"):
    assert (out / "whole" / name).read_bytes() == (out / "stopped" / name).read_bytes(), name
for name in ("losses.csv", "epochs.csv", "settings.json"):
    assert b"\\r" not in (out / "stopped" / name).read_bytes(), name
for path in examples.glob("*.py"):
    assert program(path.stem, "--help") == 0

class Mirror(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"data")

    def log_message(self, *args):
        pass

with http.server.HTTPServer(("127.0.0.1", 0), Mirror) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    mirror = f"http://127.0.0.1:{server.server_port}/"
    remote = Remote("file", (mirror,), hashlib.md5(b"data").hexdigest())
    assert fetch(remote, out / "data").read_bytes() == b"data"
    server.shutdown()

from minigan import __main__, doctor
doctor._speeds = lambda name: []
assert __main__.command(["doctor", "--backend", "numpy"]) == 0

left = [path for path in out.rglob(".*")] + [path for path in out.rglob("*.part")]
assert not left, left
print("p_data ‖ p_g → Σ")
"""


@pytest.mark.parametrize("what", ["hide", "keep_open_files"])
def test_a_run_is_trained_stopped_resumed_and_sampled(tmp_path, what):
    """In a console of Windows' old letters, where text is neither written nor read as UTF-8."""
    code = A_RUN.replace("WHAT", what).replace("OUT", tmp_path.as_posix())
    code = code.replace("EXAMPLES", (HERE.parent / "examples").as_posix())
    (script := tmp_path / "script.py").write_text(code, encoding="utf-8")
    done = in_a_process(
        "-X", "utf8=0", "-X", "warn_default_encoding", "-W", "ignore::EncodingWarning", script,
        LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="cp1252",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stderr.splitlines()
    assert [line.partition(" at ")[0] for line in said] == [
        "stopped",
        "mnist_dense.py: error: "
        f"{tmp_path}/stopped already holds a run: --resume continues it, --overwrite replaces it, "
        "--out chooses another folder (--help lists all options)",
    ]
    assert done.stdout.endswith("p_data ? p_g ? ?\n")


def test_what_is_known_of_runs_holds_where_open_files_stay():
    chosen = (
        "flipped or killed_run or at_a_time or table_that_was_del or full_disk_under or "
        "a_checkpoint_comes_back or one_tensor"
    )
    done = in_a_process(
        "-m", "pytest", "-q", "-p", "elsewhere", "-p", "no:cacheprovider",
        "test_run.py", "test_saving.py", "-k", f"({chosen}) and not cupy",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


STARTED = """
import multiprocessing, sys
import numpy
import minigan
from minigan import data, nn, optim

def learn(net, loader, out):
    optimizer = optim.Adam(net.parameters())
    for (x,) in loader:
        loss = (net(x) @ minigan.ones(3, 600)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    out.put([p.array for p in net.parameters()])

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    x = numpy.ones((1200, 2), numpy.float32)
    loader = data.DataLoader(data.TensorDataset(x), 600, num_workers=2)
    out = multiprocessing.Queue()
    process = multiprocessing.Process(target=learn, args=(net, loader, out))
    process.start()
    theirs = out.get()
    process.join()
    learn(net, loader, out)
    print(process.exitcode, all(map(numpy.array_equal, theirs, out.get())))
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_process_begun_in_any_way_learns_the_same(tmp_path, method):
    """Networks and loaders with workers go to it as they are."""
    (tmp_path / "started.py").write_text(STARTED, encoding="utf-8")
    done = in_a_process("-W", "error", tmp_path / "started.py", method)
    assert (done.stdout, done.stderr) == ("0 True\n", "")


def test_a_blas_that_nobody_knows_is_left_alone(monkeypatch):
    """As Accelerate is, on a Mac."""
    none = threadpoolctl.ThreadpoolController().select(user_api="none")
    monkeypatch.setattr(threads, "ThreadpoolController", lambda: none)
    monkeypatch.setattr(versions, "threadpool_info", none.info)
    threads.keep_blas_to_one_thread()
    assert none.info() == [] and versions._blas.__wrapped__("fast") == "unknown"


def test_a_class_keeps_its_own_annotations_when_it_is_extended():
    """Each Python keeps them somewhere else."""
    importlib.import_module("minigan.torch")
    assert set(nn.Module.__annotations__) >= {"training"}


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("looks", [1, 3, 4])
def test_a_file_that_others_look_at_is_replaced_when_they_are_done(tmp_path, monkeypatch, looks):
    path, replace = tmp_path / "file", os.replace
    path.write_text("before", encoding="utf-8")
    left = iter(range(looks))

    def refusing(source, target):
        if next(left, None) is not None:
            raise PermissionError(errno.EACCES, "Access is denied")
        replace(source, target)

    monkeypatch.setattr(atomic, "RETRIES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(os, "replace", refusing)
    refused = pytest.raises(UserError, match=f"cannot write {path}: Access is denied")
    with refused if looks == 4 else atomic.contextlib.nullcontext(), atomic.replacing(path) as part:
        part.write_text("after", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == ("before" if looks == 4 else "after")
    assert os.listdir(tmp_path) == ["file"]


# -- locks -----------------------------------------------------------------------------------------


def test_a_killed_process_leaves_no_lock(tmp_path):
    code = f"""
        import os, signal
        from pathlib import Path
        from minigan.atomic import locked
        with locked(Path({str(tmp_path)!r})):
            os.kill(os.getpid(), signal.SIGTERM)
    """
    assert in_a_process("-c", textwrap.dedent(code)).returncode == -signal.SIGTERM
    assert os.listdir(tmp_path) == [atomic.LOCK]
    assert not files.holds_run(tmp_path)
    with atomic.locked(tmp_path, wait=False):
        pass
    assert os.listdir(tmp_path) == []


def test_processes_that_wait_for_each_other_lose_nothing(tmp_path):
    """Each removes the file for which the others wait."""
    code = f"""
        from pathlib import Path
        from minigan.atomic import locked
        folder, number = Path({str(tmp_path)!r}), Path({str(tmp_path)!r}, "number")
        for _ in range(6):
            with locked(folder):
                number.write_text(str(int(number.read_text()) + 1))
    """
    number = tmp_path / "number"
    number.write_text("0", encoding="utf-8")
    command = [sys.executable, "-c", textwrap.dedent(code)]
    for process in [subprocess.Popen(command) for _ in range(4)]:
        assert process.wait() == 0
    assert number.read_text(encoding="utf-8") == "24"
    assert os.listdir(tmp_path) == ["number"]


def test_a_forked_child_does_not_give_the_lock_away(tmp_path):
    """Though it leaves the block, and what it has of the lock is collected."""
    code = f"""
        import os
        from pathlib import Path
        from minigan.atomic import locked
        folder = Path({str(tmp_path)!r})
        with locked(folder):
            child = os.fork()
            if child:
                os.waitpid(child, 0)
                try:
                    locked(folder, wait=False).__enter__()
                except BlockingIOError:
                    print("locked", os.listdir(folder))
        if not child:
            os._exit(0)
        print(os.listdir(folder))
    """
    done = in_a_process("-W", "ignore", "-c", textwrap.dedent(code))
    assert done.stdout == f"locked [{atomic.LOCK!r}]\n[]\n"


@pytest.mark.parametrize("number", atomic.NO_LOCKS)
def test_where_a_file_system_has_no_locks_there_are_none(tmp_path, monkeypatch, number):
    fcntl = pytest.importorskip("fcntl")

    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with files.alone_in(tmp_path), files.alone_in(tmp_path):
        assert os.listdir(tmp_path) == []
    assert os.listdir(tmp_path) == []


def test_a_folder_that_takes_no_lock_is_named(tmp_path, monkeypatch):
    filelock = pytest.importorskip("filelock")

    def full(self):
        raise OSError(errno.ENOSPC, "No space left on device", self.lock_file)

    monkeypatch.setattr(filelock.FileLock, "acquire", full)
    words = f"cannot write to --out {tmp_path}: No space left on device"
    with pytest.raises(UserError, match=words), files.alone_in(tmp_path):
        pass
