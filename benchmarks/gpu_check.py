"""All that only a GPU can show, in one go: run this first on a machine that has one.

python benchmarks/gpu_check.py                   everything, most telling checks first
python benchmarks/gpu_check.py doctor compare    some of it
python benchmarks/gpu_check.py --minutes 8       what fits; the same call again goes on from there
python benchmarks/gpu_check.py --dry-run         this script itself, without a GPU

The checks: doctor; mnist_dense (S1) with --quick on both backends from one seed, whose losses must
agree; kernels, gpu and agree, the tests of the CUDA side, those marked gpu, and 200 steps of each
system on both backends; the other programs of examples/, like mnist_dense; compare, the table of
compare_backends.py; profile, the kernels that a step of S3 spends most in, beside PyTorch's; suite,
all tests. They run side by side as far as the cores go; doctor, compare and profile, which measure,
alone. Verdicts and output are kept. Exit code 1 when anything failed.
"""

import contextlib
import importlib.util
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import harness
import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
VERDICTS = OK, FAILED, LEFT_OUT, CUT_OFF = "ok", "FAILED", "left out", "cut off"
SOON, MEANS = 0.01, 0.15  # how far losses may differ: in the first ten steps, and on average
PATIENCE = 4  # times what it should take: what hangs must not use up all of --minutes
OTHERS = (
    "cifar_deblur gaussian_1d mixture_2d mnist_conditional mnist_class_dcgan fashion_dense "
    "mnist_classifier"
).split()
ROW = r"minigan +GPU +{} +captured +\d\S* \(\S+\) +\d+"  # of compare's tables
KEPT = "verdicts.jsonl"
Processes = dict[str, subprocess.Popen[bytes]]  # by the name of their log


@dataclass(frozen=True)
class Check:
    """Python commands that run at the same time; two of them leave losses, which have to agree."""

    name: str
    seconds: float  # on a large GPU, with nothing compiled before
    cores: int
    commands: dict[str, list[str]]  # by the name of their log
    says: str = ""  # a pattern in the log of a good run: tests that all skip are none
    threads: int = 1  # of each process
    shown: bool = False  # its whole output is of interest


def checks(out: Path, cores: int, dry: bool) -> list[Check]:
    """The table, most telling first; in a dry run less of each."""
    workers = min(cores - 2, 12) if importlib.util.find_spec("xdist") else 1
    few = min(4, cores)

    def alone(name: str, seconds: float, says: str, *command: str) -> Check:
        return Check(name, seconds, cores, {name: [*command]}, says, cores, shown=not dry)

    def tests(name: str, seconds: float, most: int, *which: str) -> Check:
        n = max(1, min(workers, most))
        command = ["-m", "pytest", *which, *"-v --tb=short -p no:cacheprovider".split()]
        command += ["-n", str(n), "--dist", "worksteal"] if n > 1 else []
        if importlib.util.find_spec("pytest_benchmark"):  # it warns of workers: an error here
            command += ["-p", "no:benchmark"]
        return Check(name, seconds, n, {name: command}, r"\d+ passed.*")

    def program(name: str, seconds: float = 30, *more: str) -> Check:
        options = [*more, *"--quick --seed 0 --log-every 1 --overwrite".split()]
        options += (
            "--epochs 1 --limit 64 --batch-size 16" if dry else "--epochs 1 --limit 6400"
        ).split()
        both = {f"{name}_{library}": ["--backend", library] for library in ("numpy", "cupy")}
        for log, backend in both.items():
            both[log] = [f"examples/{name}.py", *options, *backend, "--out", str(out / log)]
        return Check(name, seconds, few, both, threads=max(1, few // 2))

    gpu = ["tests/test_tensor.py", "-k", "strict"] if dry else ["tests", "-m", "gpu"]
    compare = "--peers gpu --rounds 2 --seconds 1"
    profile = (
        "--peers gpu-tf32-captured gpu-tf32-channels_last+fused --works s3 --width 128 "
        "--batch-size 128 --rounds 1 --seconds 1 --kernels 30"
    )
    both = f"{ROW.format('float32')}(?s:.*?){ROW.format('tf32')}"
    table = f"{both}(?s:.*?){both}"  # of S1 and of S3
    listed = r"S3, minigan\S+: .*launches(?s:.*?)S3, torch\S+: .*launches"
    if dry:
        compare = "--peers minigan-gpu --rounds 1 --seconds 0.1 --width 2 --batch-size 2"
        profile, listed = "--help", "usage.*"  # there is nothing to profile
    return [
        alone("doctor", 30, "cupy +works", "-m", "minigan", "doctor", "--backend", "cupy"),
        program("mnist_dense", 40),
        tests("kernels", 60, 12, "tests/test_cuda_kernels.py"),
        tests("gpu", 180, 12, *gpu, "--ignore=tests/test_backends_agree.py"),
        tests("agree", 90, 4, "tests/test_backends_agree.py"),
        program("fashion_dcgan"),
        program("prints_dcgan", 30, "--images", str(out / "pictures")),
        *map(program, OTHERS),
        program("stacked_mnist", 30, *["--triples", "64"] * dry),
        alone("compare", 240, table, "benchmarks/compare_backends.py", *compare.split()),
        alone("profile", 90, listed, "benchmarks/compare_backends.py", *profile.split()),
        tests("suite", 420, 12, "tests/test_minibatch.py" if dry else "tests"),
    ]


def start(check: Check, out: Path, dry: bool) -> Processes:
    """The check's commands, each the head of a process group, its output in a log."""
    path = [str(ROOT / "tests" / "strict_cupy")] * dry + [str(ROOT), os.environ.get("PYTHONPATH")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))}
    env |= {f"{of}_NUM_THREADS": str(check.threads) for of in ("OMP", "OPENBLAS", "MINIGAN")}
    env["MINIGAN_TEST_CUPY"], env["MINIGAN_KERNELS"] = ("strict", "plain") if dry else ("real", "")
    begun = {}
    for name, command in check.commands.items():
        with (out / f"{name}.log").open("wb") as log:
            to: dict[str, Any] = {"stdout": log, "stderr": log, "start_new_session": True}
            begun[name] = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env, **to)
    return begun


def stop(processes: Processes) -> None:
    """End the commands, and all that they have started."""
    for process in processes.values():
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def judge(check: Check, codes: dict[str, int | None], out: Path) -> tuple[str, str]:
    """The verdict on commands that have ended; words for it, of which the last line says most."""
    for name, code in codes.items():
        last = [line for line in said(out, name).splitlines() if line.strip()][-8:]
        if code == 2 and last and "MINIGAN_DATA" in last[-1]:
            return LEFT_OUT, last[-1]
        if code:
            return FAILED, "\n".join([f"exit code {code}, see {name}.log:", *last])
    if len(codes) == 2:
        return losses_agree(*(out / name for name in codes))
    if found := re.search(check.says, said(out, check.name)):
        return OK, " ".join(found[0].split("\n")[-1].split())
    return FAILED, "\n".join([f"no line of {check.name}.log is like {check.says}:", *last])


def said(out: Path, name: str) -> str:
    """A command's output."""
    return (out / f"{name}.log").read_text(encoding="utf-8", errors="replace")


def losses_agree(*folders: Path) -> tuple[str, str]:
    """The verdict on the losses of one program, run on NumPy and on CuPy, and words for it."""
    try:
        texts = [(folder / "losses.csv").read_text(encoding="utf-8") for folder in folders]
        tables = [np.genfromtxt(t.split(), delimiter=",", names=True, ndmin=1) for t in texts]
        names = [name for name in tables[0].dtype.names or () if name.startswith("loss")]
        theirs, ours = (np.stack([table[name] for name in names], axis=1) for table in tables)
    except (OSError, ValueError) as error:
        return FAILED, f"no losses to compare: {error}"
    if ours.shape != theirs.shape:
        return FAILED, f"{len(ours)} steps on CuPy, {len(theirs)} on NumPy"
    pairs = (ours[:10], theirs[:10]), (ours.mean(axis=0), theirs.mean(axis=0))
    soon, means = (float((np.abs(a - b) / np.maximum(1.0, np.abs(b))).max()) for a, b in pairs)
    verdict = OK if soon <= SOON and means <= MEANS else FAILED  # NaN is no less than anything
    return verdict, f"apart by {soon:.2%} at first, {means:.2%} on average"


@dataclass
class Session:
    """One call: where it writes, what it may take, and the verdicts."""

    out: Path
    cores: int
    seconds: float = math.inf
    dry: bool = False
    clock: Callable[[], float] = time.monotonic
    verdicts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def recall(self) -> None:
        """Take over the checks that passed in an earlier call, and not failed in a later one."""
        kept = self.out / KEPT
        for line in kept.read_text(encoding="utf-8").splitlines() if kept.exists() else ():
            with contextlib.suppress(ValueError):  # cut short when the machine went away
                self.verdicts[json.loads(line)["name"]] = json.loads(line)
        self.verdicts = {name: e for name, e in self.verdicts.items() if e["verdict"] == OK}

    def end(self, check: Check, verdict: str, words: str, seconds: float = 0.0) -> None:
        """Keep and print a verdict."""
        entry = {"name": check.name, "verdict": verdict, "words": words, "seconds": round(seconds)}
        self.verdicts[check.name] = entry
        with (self.out / KEPT).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        text = said(self.out, check.name) if verdict == OK and check.shown else ""
        more = words if verdict == FAILED else text
        print(line_of(entry), *more.splitlines(), sep="\n        ", flush=True)

    def run(self, chosen: Sequence[Check]) -> None:
        """Run the checks in their order, as many at once as there are cores for."""
        over, running = self.clock() + self.seconds, list[tuple[Check, float, Processes]]()
        waiting = [check for check in chosen if check.name not in self.verdicts]
        try:
            while waiting or running:
                now, free = self.clock(), self.cores - sum(check.cores for check, *_ in running)
                if waiting and now + waiting[0].seconds > over:
                    late = waiting.pop(0)
                    self.end(late, LEFT_OUT, f"no time: takes about {late.seconds:.0f} s")
                elif waiting and (waiting[0].cores <= free or not running):
                    check = waiting.pop(0)
                    running.append((check, now, start(check, self.out, self.dry)))
                else:
                    running = [each for each in running if not self.ended(*each, over)]
                    time.sleep(0.02)
        finally:  # Ctrl-C included
            for *_, processes in running:
                stop(processes)

    def ended(self, check: Check, since: float, processes: Processes, over: float) -> bool:
        """Whether the check's commands have ended, or its time has."""
        now, codes = self.clock(), {name: each.poll() for name, each in processes.items()}
        if None not in codes.values():
            self.end(check, *judge(check, codes, self.out), now - since)
            return True
        if over == math.inf or now < min(over, since + PATIENCE * check.seconds):
            return False
        stop(processes)
        self.end(check, CUT_OFF, f"should take about {check.seconds:.0f} s", now - since)
        return True


def line_of(entry: dict[str, Any]) -> str:
    """A verdict in 80 columns."""
    words = entry["words"].split("\n")[-1]
    return f"{entry['verdict']:9}{entry['name']:18}{entry['seconds']:5} s  {words}"[:80].rstrip()


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 when a check has failed."""
    parser = harness.parser(__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help="a check's name; default: all")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin only what fits")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "gpu_check", metavar="FOLDER")
    parser.add_argument("--again", action="store_true", help="also what has passed before")
    parser.add_argument("--dry-run", action="store_true", help="on the tests' stand-in for CuPy")
    asked = parser.parse_args(argv)
    out = asked.out.resolve() / ("dry" if asked.dry_run else "")  # which shows nothing of a GPU
    cores = len(os.sched_getaffinity(0))
    table = {check.name: check for check in checks(out, cores, asked.dry_run)}
    if unknown := [part for part in asked.parts if part not in table]:
        parser.error(f"no check {', '.join(unknown)}: choose of {', '.join(table)}")
    chosen = [check for check in table.values() if check.name in (asked.parts or table)]
    (out / "pictures").mkdir(parents=True, exist_ok=True)
    for i, noise in enumerate(np.random.default_rng(0).integers(0, 256, (64, 160, 144, 3), "u1")):
        Image.fromarray(noise).save(out / "pictures" / f"{i:02}.png")  # prints_dcgan wants some
    session = Session(out, cores, 60 * asked.minutes, asked.dry_run)
    if not asked.again:
        session.recall()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # which stops what runs, as Ctrl-C does
    session.run(chosen)
    verdicts = [session.verdicts[check.name] for check in chosen]
    counts = {each: sum(entry["verdict"] == each for entry in verdicts) for each in VERDICTS}
    print("\nIn short, earlier calls included:", *map(line_of, verdicts), sep="\n")
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count))
    return 1 if counts[FAILED] else 0


if __name__ == "__main__":
    harness.program(main)
