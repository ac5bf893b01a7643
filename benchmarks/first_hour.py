"""A newcomer's first hour, recorded: install, train, look, stop, resume, sample, a notebook.

python benchmarks/first_hour.py --out hour

Each step is a command that the README gives, run in a new environment and an empty home, without
network but for pip. The recording goes to hour/recording.txt, beside the pictures of minute one and
minute two; the exit code is 1 if anything was not as it should be.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

import harness

ROOT = Path(__file__).parent.parent
NOBODY = "http://127.0.0.1:9"  # no proxy answers there: so is a machine without network

NOTEBOOK = [
    """
import minigan
from minigan import data, models, nn, optim, run
from minigan.data.transforms import Compose, Normalize, ToTensor

options = run.options("notebook", None, epochs=2, batch_size=64, dataset="digits")
transform = Compose([ToTensor(), Normalize(0.5, 0.5)])
loader = data.DataLoader(run.load_data(options, transform), options.batch_size, shuffle=True)
""",
    """
D, G = models.DenseDiscriminator(), models.DenseGenerator()
opt_D = optim.Adam(D.parameters(), 3e-4, betas=(0.5, 0.999))
opt_G = optim.Adam(G.parameters(), 3e-4, betas=(0.5, 0.999))
bce = nn.BCELoss()

with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
    for epoch in r.epochs():
        for x, _ in r.batches(loader):
            ones, zeros = minigan.ones(len(x), 1), minigan.zeros(len(x), 1)
            fake = G(G.noise(len(x)))
            loss_D = bce(D(x), ones) + bce(D(fake.detach()), zeros)
            opt_D.zero_grad()
            loss_D.backward()
            opt_D.step()
            loss_G = bce(D(fake), ones)
            opt_G.zero_grad()
            loss_G.backward()
            opt_G.step()
            r.log(loss_D=loss_D, loss_G=loss_G)
        r.save_images(f"samples_{epoch}.png", fake[:16])
""",
    """
from IPython.display import Image

Image("runs/notebook/samples_1.png")
""",
]

RUN_NOTEBOOK = """\
import json
import nbclient
from nbformat import v4, write

cells = [v4.new_code_cell(text) for text in json.load(open("cells.json", encoding="utf-8"))]
notebook = v4.new_notebook(cells=cells)
nbclient.NotebookClient(notebook, timeout=600).execute()
write(notebook, "first.ipynb")
"""


class Hour:
    """The environment, the home and the recording."""

    def __init__(self, out: Path, package: Path):
        self.out, self.package, self.faults = out, package, 0
        self.home = out / "home"
        self.home.mkdir(parents=True)
        self.recording = (out / "recording.txt").open("w", encoding="utf-8")
        self.began = time.monotonic()
        self.bin = out / "venv" / "bin"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MINIGAN", "PYTHON"))}
        self.env = kept | {
            "PATH": f"{self.bin}{os.pathsep}{kept.get('PATH', '')}",
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "COLUMNS": "80",
        }
        self.offline = self.env | {"http_proxy": NOBODY, "https_proxy": NOBODY}

    def say(self, text: str) -> None:
        """Into the recording, and on the terminal."""
        passed = divmod(round(time.monotonic() - self.began), 60)
        for line in text.splitlines():
            line = "{:3}:{:02}  {}".format(*passed, line)
            print(line, flush=True)
            print(line, file=self.recording, flush=True)

    def check(self, holds: object, what: str) -> None:
        """Say that it holds, or that it does not."""
        self.say(f"   {'ok' if holds else 'WRONG'}: {what}")
        self.faults += not holds

    def start(self, *command: str, online: bool = False) -> subprocess.Popen[str]:
        """Begin a command in the home."""
        self.say(f"$ {' '.join(command)}")
        found = shutil.which(command[0], path=self.env["PATH"]) or command[0]
        return subprocess.Popen(
            [found, *command[1:]],
            cwd=self.home,
            env=self.env if online else self.offline,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def listen(
        self, process: subprocess.Popen[str], each: Callable[[str], object] = lambda line: None
    ) -> str:
        """What a command prints, said as it comes and given to `each`, until it ends."""
        said = ""
        for line in process.stdout or ():
            self.say(line.rstrip("\n"))
            said += line
            each(line)
        process.wait()
        return said

    def run(self, *command: str, online: bool = False) -> str:
        """Run a command to its end; what it printed. Its exit code has to be 0."""
        process = self.start(*command, online=online)
        said = self.listen(process)
        self.check(process.returncode == 0, f"exit code {process.returncode}")
        return said

    # -- the steps ---------------------------------------------------------------------------------

    def install(self) -> None:
        """A new environment with nothing but what is asked for."""
        venv.create(self.out / "venv", with_pip=True)
        self.run("python", "-m", "pip", "install", "--quiet", str(self.package), online=True)
        self.run("minigan", "--version")
        self.check("mnist-dense" in self.run("minigan", "train", "--list"), "it names its programs")

    def first_command(self, words: Sequence[str]) -> Path:
        """The README's; its newest picture is kept after one minute, and after two."""
        minutes = [threading.Timer(60 * n, self.keep, [f"minute_{n}.png"]) for n in (1, 2)]
        process = self.start(*words)
        for minute in minutes:
            minute.start()
        said = self.listen(process)
        for minute in minutes:
            minute.join()  # where it was done before, the last picture is that of minute two
        self.check(process.returncode == 0, "it ends by itself")
        self.check("IS NOT HERE" in said and "DIGITS" in said, "it says which data it takes")
        self.check(re.search(r"\d+:\d\d left", said), "it says how long it will take")
        self.check("Traceback" not in said, "no traceback")
        return self.home / "runs" / "mnist_dense"

    def keep(self, name: str) -> None:
        """A copy of the newest picture, by the time of its writing."""
        pictures = list(self.home.glob("runs/*/samples_*.png"))
        newest = max(pictures, key=lambda path: path.stat().st_mtime, default=None)
        self.check(newest, f"{name} is {newest.name if newest else 'not there'}")
        if newest:
            shutil.copy(newest, self.out / name)

    def resume(self, words: Sequence[str], epochs: int) -> None:
        """Go on to more epochs, stopped by Ctrl-C after the next one, by the command then told."""
        process = self.start(*words, "--resume", "--epochs", str(epochs))
        pressed: list[str] = []

        def press(line: str) -> None:
            if line.startswith("epoch ") and not pressed:
                pressed.append(line)
                process.send_signal(signal.SIGINT)

        said = self.listen(process, press)
        told = re.search(r"to continue: (.*)", said)
        self.check(process.returncode == 130 and told, "Ctrl-C ends it and tells how to continue")
        if told:
            again = self.run(*told[1].split())
            self.check("resuming at epoch" in again and "wrote to" in again, "it goes on")

    def sample(self, run: Path) -> None:
        """A grid from the finished run, and a walk through its latent space."""
        self.run("minigan", "sample", str(run.relative_to(self.home)))
        self.check((run / "grid.png").exists(), "grid.png is there")
        self.run("minigan", "latent", str(run.relative_to(self.home)))

    def notebook(self) -> None:
        """The loop in cells; no word of the notebook's own reaches it, and a bar is seen."""
        install = ["python", "-m", "pip", "install", "--quiet", "ipykernel", "nbclient"]
        self.run(*install, online=True)
        cells = json.dumps([text.strip() for text in NOTEBOOK])
        (self.home / "cells.json").write_text(cells, encoding="utf-8")
        (self.home / "run_notebook.py").write_text(RUN_NOTEBOOK, encoding="utf-8")
        self.run("python", "run_notebook.py")
        page = (self.home / "first.ipynb").read_text(encoding="utf-8")
        self.check("epoch 0/1|" in page, "the cell shows a bar")
        self.check(re.search(r"epoch 1/1  D \d\.", page), "and a line an epoch")
        self.check('"image/png"' in page, "the page shows the samples")


def readme_command() -> list[str]:
    """The README's first training command, as `minigan train` runs it away from the checkout."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"python examples/(\w+)\.py(.*)", text)
    assert found, "the README has no first command"
    return ["minigan", "train", found[1].replace("_", "-"), *found[2].split()]


def main() -> int:
    parser = harness.parser(__doc__)
    parser.add_argument("--out", type=Path, default=Path("hour"), help="a new folder")
    parser.add_argument("--package", type=Path, default=ROOT, help="a wheel, sdist or checkout")
    options = parser.parse_args()
    if options.out.exists():
        parser.error(f"--out {options.out} is there already: name a new folder")
    hour = Hour(options.out.resolve(), options.package.resolve())
    words = readme_command()
    hour.install()
    run = hour.first_command(words)
    epochs = int(words[words.index("--epochs") + 1])
    without = words[: words.index("--epochs")] + words[words.index("--epochs") + 2 :]
    hour.resume(without, epochs + 3)
    hour.sample(run)
    hour.notebook()
    hour.say(f"faults: {hour.faults}" if hour.faults else "all as it should be")
    return min(1, hour.faults)


if __name__ == "__main__":
    harness.program(main)
