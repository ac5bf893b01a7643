"""What type checkers and editors see of minigan is what the running program has.

The programs of tests/typed are a user's: mypy --strict and pyright read them in another folder, and
find minigan as it is installed. The good ones run, too.
"""

import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import minigan
import minigan.torch as mg
from minigan import nn

ROOT = Path(__file__).parent.parent
TYPED = Path(__file__).parent / "typed"
GOOD = ["core_names.py", "torch_names.py"]


def python(*command, cwd=ROOT, **environment):
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, cwd=cwd, **environment
    )


# -- the stubs -------------------------------------------------------------------------------------


def meaning(text):
    """A stub without its comments and line breaks; docstrings without their indentation."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = inspect.cleandoc(node.value)
    return ast.unparse(tree)


WRITTEN = (  # in a process of its own: the core's members are those before minigan.torch comes
    "import json, stubs; print(json.dumps({str(p): t for p, t in stubs.stubs().items()}))"
)


@pytest.fixture(scope="module")
def written():
    same = os.environ | {
        "PYTHONPATH": str(Path(minigan.__file__).parents[1])
    }  # as is imported here
    done = python("-c", WRITTEN, cwd=Path(__file__).parent, env=same)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_stub_is_what_its_script_writes_now(written):
    found = {str(path) for path in Path(minigan.__file__).parent.rglob("*.pyi")}
    assert found == set(written)
    old = [p for p, t in written.items() if meaning(Path(p).read_text("utf-8")) != meaning(t)]
    assert old == [], "run python tests/stubs.py"


def stubbed(path, cls):
    """The members of a class in its stub, by name."""
    tree = ast.parse((ROOT / "minigan" / path).read_text("utf-8"))
    [node] = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == cls.__name__]
    methods = {n.name: n for n in reversed(node.body) if isinstance(n, ast.FunctionDef)}
    return methods | {n.target.id: n for n in node.body if isinstance(n, ast.AnnAssign)}


@pytest.mark.parametrize(
    ("path", "cls"), [("autograd/tensor.pyi", mg.Tensor), ("nn/module.pyi", nn.Module)]
)
def test_every_public_member_is_in_the_stub_with_its_arguments(path, cls):
    members = stubbed(path, cls)
    public = [name for name in vars(cls) if not name.startswith("_")]
    known = {*dir(cls), *inspect.get_annotations(cls)}
    assert {*public} - members.keys() == members.keys() - known == set()
    for name in public:
        if not callable(value := vars(cls)[name]):
            continue
        _, *real = inspect.signature(value).parameters.values()
        given = members[name].args
        starred = [arg for arg in (given.vararg, given.kwarg) if arg]
        _, *shown = (arg.arg for arg in given.posonlyargs + given.args)
        shown += [arg.arg for arg in given.kwonlyargs + starred]
        assert {p.name for p in real} <= set(shown), name
        assert shown[: len(given.args) - 1] == [
            p.name for p in real if p.kind is p.POSITIONAL_OR_KEYWORD
        ], name
        named = [*given.args[len(given.args) - len(given.defaults) :], *given.kwonlyargs]
        values = dict(zip(named, [*given.defaults, *given.kw_defaults], strict=True))
        defaults = {arg.arg: ast.literal_eval(v) for arg, v in values.items() if v is not None}
        wanted = {p.name: p.default for p in real if p.default is not p.empty}
        assert {n: v for n, v in defaults.items() if n in wanted} == wanted, name


def test_the_lists_offer_what_the_modules_have(written):
    for module in (mg, mg.nn.functional, nn):
        tree = ast.parse(written[str(Path(module.__file__).with_suffix(".pyi"))])
        nodes = [*ast.walk(tree)]
        offered = {n.asname for n in nodes if isinstance(n, ast.alias) and n.asname}
        offered |= {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
        offered |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        has = {n: v for n, v in vars(module).items() if n in getattr(module, "__all__", [n])}
        has = {n: v for n, v in has.items() if not n.startswith("_")}
        silent = {n for n, v in has.items() if isinstance(v, (ModuleType, type(mg.nn.LSTM)))}
        assert has.keys() - silent <= offered
        assert [n for n in offered if not n.startswith("_") and not hasattr(module, n)] == []


def test_the_modules_behind_the_stubs_are_right_by_themselves(tmp_path):
    """mypy reads a stub in place of its module, but for one that it is given by name."""
    pytest.importorskip("mypy")
    behind = ["autograd/tensor.py", "nn/module.py", "torch/__init__.py", "__init__.py"]
    options = ["--config-file=", "--follow-imports=silent", "--ignore-missing-imports"]
    options += ["--disallow-untyped-defs", "--cache-dir", tmp_path]
    done = python("-m", "mypy", *options, *(f"minigan/{path}" for path in behind))
    assert done.returncode == 0, done.stdout


# -- a user's programs -----------------------------------------------------------------------------


def marked(folder):
    """The lines that are errors, by file and number."""
    return {
        (path.name, number)
        for path in folder.glob("*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if "# error" in line
    }


@pytest.fixture
def elsewhere(tmp_path):
    """A folder of programs, out of which nobody sees the checkout."""
    folder = tmp_path / "programs"
    shutil.copytree(TYPED, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_mypy_knows_a_users_good_lines_from_the_bad_ones(elsewhere):
    pytest.importorskip("mypy")
    cache = elsewhere.parent / "cache"
    done = python("-m", "mypy", "--strict", "--cache-dir", cache, ".", cwd=elsewhere)
    found = re.findall(r"^(\w+\.py):(\d+): error: ", done.stdout, re.MULTILINE)
    lines = {(name, int(number)) for name, number in found}
    assert lines == marked(elsewhere), done.stdout + done.stderr


def test_pyright_knows_a_users_good_lines_from_the_bad_ones(elsewhere):
    pytest.importorskip("pyright")
    if python("-m", "pyright", "--version").returncode:
        pytest.skip("pyright finds no Node.js here")
    command = ["-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "."]
    found = json.loads(python(*command, cwd=elsewhere).stdout)["generalDiagnostics"]
    lines = {(Path(e["file"]).name, e["range"]["start"]["line"] + 1) for e in found}
    assert lines == marked(elsewhere), "\n".join(f"{e['file']}: {e['message']}" for e in found)


@pytest.mark.parametrize("program", GOOD)
def test_the_good_programs_run(elsewhere, program):
    done = python("-W", "error", program, cwd=elsewhere)
    assert done.returncode == 0 and done.stdout, done.stderr
