"""Writes the stubs: what type checkers and editors cannot see, as only the running program has it.

python tests/stubs.py     writes them beside their modules, as ruff formats them

Tables give Tensor its methods (minigan/ops/__init__.py, minigan/torch/ops/methods.py), minigan.torch
extends Tensor and Module, decorators change what functions take, and some names are imported late. A
stub is its module without the bodies; the class that grows has the members that it has at run time,
and a list of names offers them all. Signatures and docstrings are those of the run time, too; an
editor would find them nowhere else. test_stubs.py looks whether all this still holds.
"""

import ast
import builtins
import importlib
import inspect
import re
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from minigan.missing import Refusal

GROWING = {"minigan.autograd.tensor": "Tensor", "minigan.nn.module": "Module"}
LISTS = """
    minigan minigan.autograd minigan.nn minigan.torch minigan.torch.nn.functional
""".split()

OF_CORE = {  # before minigan.torch adds the others
    name: {*vars(getattr(importlib.import_module(home), name))} for home, name in GROWING.items()
}

from minigan.torch.ops.shape import WORDS  # noqa: E402

HEAD = "# ruff: noqa\n# Written by tests/stubs.py, which says what for."
TENSOR = "minigan.autograd.tensor.Tensor"
RESULTS = {  # of members, what annotations do not say
    **dict.fromkeys(["__init__", "__setattr__", "__delattr__"], "None"),
    **dict.fromkeys("__eq__ __ne__ __pow__ __ipow__ __rmul__ pow pow_".split(), TENSOR),
    **dict.fromkeys("__int__ dim itemsize nbytes ndim ndimension".split(), "int"),
    **dict.fromkeys("is_cpu is_meta is_mkldnn is_mps is_quantized is_sparse".split(), "bool"),
    **dict.fromkeys("is_xla is_xpu".split(), "bool"),
    "__iter__": f"collections.abc.Iterator[{TENSOR}]",
    "dtype": "numpy.dtype[Any]",
    "layout": "str",
    "shape": "tuple[int, ...]",
}
BY_HAND = {  # members whose types no signature has
    "grad": "grad: Tensor | None",
    "__hash__": "def __hash__(self) -> builtins.int: ...",
    "__call__": "def __call__(self: Forward[P, R], *args: P.args, **kwargs: P.kwargs) -> R: ...",
}
FORWARD = '''
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R", covariant=True)

class Forward(Protocol[P, R]):
    """What a module is to its call, which takes and returns what its own forward does."""

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
'''
NOT_SHOWN = {*vars(type("_", (), {})), "__annotations__"}
NOT_SHOWN |= {"__static_attributes__", "__firstlineno__"}  # of newer Pythons
NOT_SHOWN |= {"__annotate_func__", "__annotations_cache__"}


# -- annotations and signatures --------------------------------------------------------------------


class Words:
    """Annotations as a stub spells them, and the imports that these ask for."""

    def __init__(self, of: ModuleType, source: ast.Module, names: set[str], kinds: Any):
        self.of, self.names = of.__name__, names  # those that stand around an annotation
        every = [n for n in ast.walk(source) if isinstance(n, kinds)]
        self.imports = {a.asname or a.name: ast.unparse(n) for n in every for a in n.names}

    def __call__(self, annotation: Any) -> str:
        if annotation is inspect.Parameter.empty:
            annotation = Any
        text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
        return re.sub(r"[A-Za-z_][\w.]*", self._spelled, text)

    def _spelled(self, word: re.Match[str]) -> str:
        """One name, imported if need be, and not mistaken for another that stands around."""
        home, _, name = word[0].rpartition(".")
        if home in self.imports:
            return word[0]
        if home.startswith("minigan.torch") and not self.of.startswith("minigan.torch"):
            return "Any"  # the core knows nothing of that room
        if home in ("", self.of) and name not in typing.__all__:
            hidden = name in self.names and hasattr(builtins, name)
            return f"builtins.{name}" if hidden else name
        if name in self.names and word[0] == TENSOR:
            return name
        alias = f"_{name}" if name in self.names else name
        as_alias = "" if alias == name else f" as {alias}"  # which would offer the name to all
        self.imports.setdefault(alias, f"from {home or 'typing'} import {name}{as_alias}")
        return alias


class Spelled:
    """An annotation that a signature prints as it stands."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self) -> str:
        return self.text


def signature(name: str, function: Any, words: Words, method: bool) -> str:
    """What a function takes, also by its decorators, and returns; of an op that is a tensor."""
    found, is_op, has_words = inspect.signature(function), hasattr(function, "op"), False
    given = dict(found.parameters)
    if method:
        del given[next(iter(given))]
    if function.__name__ == "<lambda>":  # which may keep the op that it calls in a default
        given = {n: p for n, p in given.items() if p.default is p.empty or not callable(p.default)}
    while hasattr(function, "__wrapped__"):
        has_words = has_words or function.__code__.co_qualname.startswith("numpy_names.")
        own = inspect.signature(function, follow_wrapped=False).parameters
        given = {n: p for n, p in own.items() if p.kind is p.KEYWORD_ONLY} | given
        function = function.__wrapped__
    arguments = [p.replace(annotation=Spelled(words(p.annotation))) for p in given.values()]
    if method:
        arguments = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD), *arguments]
    elif has_words:  # PyTorch's
        torchs = {ours: theirs for theirs, ours in WORDS.items() if theirs in ("input", "other")}
        arguments = [p.replace(name=torchs.get(p.name, p.name)) for p in arguments]
    said = found.return_annotation
    if method and name in RESULTS:
        said = RESULTS[name]
    elif is_op or said is found.empty:
        said = TENSOR
    arguments.sort(key=lambda p: p.kind)
    return str(inspect.Signature(arguments, return_annotation=Spelled(words(said))))


def documented(value: Any, indent: int) -> str:
    """The docstring, or what stands for a body without one."""
    space = " " * indent
    words = inspect.cleandoc(value.__doc__ or "").replace("\n", f"\n{space}")
    end = f"\n{space}" if "\n" in words else ""
    return f'{space}"""{words}{end}"""' if words else f"{space}..."


# -- a class that grows ----------------------------------------------------------------------------


def member(name: str, value: Any, words: Words) -> str:
    """One member of a class."""
    if name in BY_HAND:
        return f"    {BY_HAND[name]}"
    if isinstance(value, property):
        lines = [f"    @property\n    def {name}{signature(name, value.fget, words, True)}:"]
        lines.append(documented(value, 8))
        if value.fset:
            lines.append(f"    @{name}.setter\n    def {name}(self, value: Any) -> None: ...")
        return "\n".join(lines)
    if not callable(value):
        return f"    {name}: {'Any' if value is None else words(type(value))}"
    note = "  # type: ignore[override]" if name in ("__eq__", "__ne__") else ""
    return f"    def {name}{signature(name, value, words, True)}:{note}\n{documented(value, 8)}"


def members(cls: type, node: ast.ClassDef, words: Words) -> Iterator[str]:
    """The class's docstring, its annotated attributes, the core's members, and the others."""
    yield from (f"class {cls.__name__}:", documented(cls, 4))
    known = {ast.unparse(n.target): n.annotation for n in node.body if isinstance(n, ast.AnnAssign)}
    for name, annotation in known.items():
        if name not in {*NOT_SHOWN, *BY_HAND}:
            yield f"    {name}: {words(ast.unparse(annotation).strip(chr(39)))}"
    shown = [(n, v) for n, v in sorted(vars(cls).items()) if not isinstance(v, Refusal)]
    shown = [(n, v) for n, v in shown if n in BY_HAND or n not in {*NOT_SHOWN, *known}]
    yield from (member(n, v, words) for n, v in shown if n in OF_CORE[cls.__name__])
    yield "\n    # -- what follows comes with minigan.torch\n"
    yield from (member(n, v, words) for n, v in shown if n not in OF_CORE[cls.__name__])


def bare(node: ast.FunctionDef | ast.ClassDef) -> str:
    """A function, or a class, without its bodies."""
    for inner in [n for n in ast.walk(node) if isinstance(n, ast.FunctionDef)]:
        inner.body = [ast.Expr(ast.Constant(ast.get_docstring(inner) or ...))]
    return ast.unparse(node)


def growing(of: ModuleType, source: ast.Module) -> tuple[list[str], Words]:
    """A module with one class that grows."""
    cls = getattr(of, GROWING[of.__name__])
    words, parts = Words(of, source, {*vars(cls)}, (ast.Import, ast.ImportFrom)), []
    for node in source.body:
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
            parts += [FORWARD] * (cls.__name__ == "Module") + ["\n".join(members(cls, node, words))]
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            parts.append(bare(node))
    return parts, words


# -- a list of names -------------------------------------------------------------------------------


def listed(of: ModuleType, source: ast.Module) -> tuple[list[str], Words]:
    """A module that is a list: what it imports, now or late, defines, or names otherwise."""
    words, parts = Words(of, source, {n for n in vars(of) if n[0] != "_"}, ast.Import), []
    late = getattr(vars(of).get("__getattr__"), "late", {})

    def offered(home: str | None, name: str, alias: str) -> str:
        value = getattr(of, alias)
        if isinstance(value, ModuleType):
            home = value.__name__.rpartition(".")[0]
        if isinstance(value, FunctionType) and hasattr(value, "__wrapped__"):
            return f"def {alias}{signature(alias, value, words, False)}:\n{documented(value, 4)}"
        return f"from {home} import {name} as {alias}"

    for node in source.body:
        if isinstance(node, ast.ImportFrom):
            parts += [offered(node.module, a.name, a.asname or a.name) for a in node.names]
        elif isinstance(node, ast.FunctionDef):
            parts.append(bare(node))
        elif isinstance(node, ast.Assign) and re.match("__|[^_]", ast.unparse(node)):
            parts.append(ast.unparse(node))
    parts += [offered(home, n, n) for n, home in late.items()]
    return parts, words


# -- all -------------------------------------------------------------------------------------------


def stub(address: str) -> tuple[Path, str]:
    """The file and the text of a module's stub."""
    of = importlib.import_module(address)
    source = ast.parse(inspect.getsource(of))
    parts, words = (growing if address in GROWING else listed)(of, source)
    text = "\n".join(parts)
    used = [line for name, line in words.imports.items() if re.search(rf"\b{name}\b", text)]
    used += ["import builtins"] * ("builtins." in text)
    return Path(str(of.__file__)).with_suffix(".pyi"), "\n".join(
        [HEAD, *dict.fromkeys(used), "", text, ""]
    )


def stubs() -> dict[Path, str]:
    return dict(stub(address) for address in (*GROWING, *LISTS))


if __name__ == "__main__":
    for path, text in stubs().items():
        path.write_text(text, encoding="utf-8")
        subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=True)
