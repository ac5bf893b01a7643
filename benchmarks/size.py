"""How long the house is: lines by room, the core's measures, and README's reading order.

python benchmarks/size.py            prints all three
python benchmarks/size.py --check    fails when a measure is exceeded, or README has another table

A line is a line, of Python or CUDA: docstrings, comments and empty ones count.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import harness

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "minigan"

CORE = "autograd backend ops nn optim".split()
AROUND = "front kernels torch torchvision gan models data run".split()
MOST_CORE, MOST_FILE, MOST_READING = 2_200, 250, 3_070  # lines

READING = {  # rooms and files; of a room, the order of its files: after __init__, before any others
    "minigan/autograd": "tensor tape entries op gradcheck",
    "minigan/backend": "plain random",
    "minigan/ops": "shape elementwise reduce linear conv norm loss creation",
    "minigan/nn": "module init layers",
    "minigan/optim": "",
    "minigan/errors": "",
    "minigan/__init__": "",
    "minigan/gan": "losses penalties spectral packing minibatch ema",
    "minigan/models": "",
    "examples/mnist_dense": "",
}


def room_of(path: Path) -> str:
    """The room of the package that a file stands in; `front` is what stands before all doors."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if first in ("__init__", "errors", "interrupted", "missing", "unavailable"):
        return "front"
    return first if first in CORE + AROUND else "the rest"


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def reading_order() -> list[Path]:
    """The files as one reads them."""
    order: list[Path] = []
    for name, files in READING.items():
        room = ROOT / name
        order += [room / f"{file}.py" for file in ("__init__", *files.split())]
        order += [*sorted(room.glob("*.py")), room.with_suffix(".py")]
    return [path for path in dict.fromkeys(order) if path.exists()]


def reading_table() -> str:
    """The reading order as README shows it, each file with its docstring's first sentences."""
    order = reading_order()
    rows = [("file", "lines", "what it tells"), ("---", "---:", "---")]
    for path in order:
        words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        tells = " ".join(words.split("\n\n")[0].split())
        rows.append((f"`{path.relative_to(ROOT)}`", str(lines_of(path)), tells))
    rows.append(("all", f"{sum(map(lines_of, order)):,}", "the core, its GANs, and a program"))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def faults(core: dict[Path, int]) -> Iterator[str]:
    """What is longer than it may be, or not as README says."""
    if (total := sum(core.values())) > MOST_CORE:
        yield f"the core has {total:,} lines: at most {MOST_CORE:,}"
    for path, count in core.items():
        if count > MOST_FILE:
            yield f"{path.relative_to(ROOT)} has {count} lines: at most {MOST_FILE}"
    if (total := sum(map(lines_of, reading_order()))) > MOST_READING:
        yield f"the reading order has {total:,} lines: at most {MOST_READING:,}"
    if reading_table() not in (ROOT / "README.md").read_text(encoding="utf-8"):
        yield "README.md has another reading order: put in the table that benchmarks/size.py prints"


def main() -> int:
    parser = harness.parser(__doc__)
    parser.add_argument("--check", action="store_true", help="say only what is wrong, if anything")
    check = parser.parse_args().check
    sizes = {p: lines_of(p) for p in sorted(PACKAGE.rglob("*")) if p.suffix in (".py", ".cu")}
    core = {path: count for path, count in sizes.items() if room_of(path) in CORE}
    if check:
        wrong = list(faults(core))
        print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
        return 1 if wrong else 0
    lines = dict.fromkeys([*CORE, *AROUND, "the rest"], 0)
    for path, count in sizes.items():
        lines[room_of(path)] += count
    for room, count in lines.items():
        print(f"{room:12}{count:6,}")
    longest = max(core, key=core.__getitem__)
    print(f"\nThe core, {', '.join(CORE)}: {sum(core.values()):,} lines.")
    print(f"Its longest file: {longest.relative_to(ROOT)}, {core[longest]}.\n\n{reading_table()}")
    return 0


if __name__ == "__main__":
    harness.program(main)
