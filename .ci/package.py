"""The package as a stranger gets it: wheel and sdist, each in a fresh environment, train and draw.

python .ci/package.py
"""

import os
import subprocess
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TRAIN = "train mnist-dense --quick --dataset digits".split()  # on what comes along
HERE = {name: value for name, value in os.environ.items() if not name.startswith("MINIGAN_")}


def environment(folder: Path) -> Path:
    """A new one; where its programs are."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if os.name == "nt" else "bin")


def run(*command: str | Path, cwd: Path) -> None:
    print("$", *command, flush=True)
    subprocess.run(command, check=True, cwd=cwd, env=HERE, stdin=subprocess.DEVNULL)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        away = Path(folder)
        tools = environment(away / "tools")
        run(tools / "python", "-m", "pip", "install", "--quiet", "build", "twine", cwd=away)
        run(tools / "python", "-m", "build", "--outdir", away / "dist", ROOT, cwd=away)
        files = sorted(away.glob("dist/*"))
        run(tools / "python", "-m", "twine", "check", "--strict", *files, cwd=away)
        for file in files:
            new = environment(away / f"with{file.suffix}")
            run(new / "python", "-m", "pip", "install", "--quiet", file, cwd=away)
            out = away / f"run{file.suffix}"
            run(new / "minigan", "--version", cwd=away)
            run(new / "minigan", *TRAIN, "--out", out, cwd=away)
            run(new / "minigan", "sample", out, cwd=away)
            run(new / "minigan", "export", out, "--to", "npz", cwd=away)
            for name in ("grid.png", "report.html", "training.gif", "G.npz"):
                assert (out / name).stat().st_size, f"{file.name}: no {name}"


if __name__ == "__main__":
    main()
