"""draw: the graph of a result as a picture: by which ops, and from which tensors, it was computed.

    draw(loss, D=D, G=G).save("loss.svg")

The text of the picture is in Graphviz's language, DOT. Graphviz draws it, where it is installed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minigan.atomic import replacing
from minigan.autograd.tape import GraphError, Node
from minigan.autograd.tensor import Tensor
from minigan.errors import UserError, check_tensors

CURE = 'pip install "minigan[draw]", and dot itself from https://graphviz.org/download'
AT_ONCE = 500  # boxes: a larger picture takes a while, and a notebook shows it when asked to

# Dark words on light boxes and a middle grey between them: legible on white and on black.
STYLE = """\
    bgcolor=transparent nodesep=0.2 ranksep=0.3
    node [shape=box style="rounded,filled" fillcolor="#f3f1ec" color="#b5afa3" fontcolor="#2b2b2b"
          fontname="Helvetica,Arial,sans-serif" fontsize=11 margin="0.12,0.05" height=0.3]
    edge [color="#8c8c8c" arrowsize=0.6]
"""
LEAF = 'style=filled fillcolor="#dce7f3" color="#8fa9c6"'
CONSTANT = 'style="filled,dashed" fillcolor="#fbfaf8"'
RESULT = 'fillcolor="#f6e3cf" color="#c79a6b"'


def draw(*tensors: Tensor, **names: Any) -> "Drawing":
    """The graph of these results, from what they were computed from at the top down to them.

    Round boxes are ops, each with the shape of its result; those of the tensors given are orange.
    Blue boxes are leaves, which learn. Arrows lead from arguments to results. Dashed boxes are
    tensors that need no gradient: the tape keeps those that a rule will ask for, until backward.

    names: networks and tensors by the names that they shall have, as in draw(loss, D=D, fake=fake);
    what is in a network goes by "D.0.weight".
    GraphError for a tensor without history, with the reason.
    """
    check_tensors("draw", *tensors)
    if not tensors:
        raise TypeError("draw: give it a result, as in draw(loss)")
    for tensor in tensors:
        if tensor.grad_fn is None:
            why = "nothing was computed to get this leaf; draw what was computed from it"
            if not tensor.requires_grad:
                why = "it was detached, computed under no_grad, or from nothing that requires grad"
            raise GraphError(f"draw: a tensor of shape {tensor.shape} has no history: {why}")
    return Drawing([tensor.grad_fn for tensor in tensors], _by_id(names))


class Drawing:
    """A drawn graph: `source`, which is str(drawing) as well, and where Graphviz is, a picture."""

    def __init__(self, results: list[Any], names: dict[int, str]):
        self.boxes: dict[int, str] = {}  # by the id of what is drawn: what it is called in DOT
        lines = []
        for node in _reached(results):
            arguments = [*_constants(node), *(p for p in node.parents if p is not None)]
            lines += [
                self._box(value, names.get(id(value), "leaf"), LEAF)
                if value.requires_grad
                else self._box(value, names.get(id(value), "constant"), CONSTANT)
                for value in arguments
                if isinstance(value, Tensor) and id(value) not in self.boxes
            ]
            name = f"{names[id(node)]} = " if id(node) in names else ""
            lines.append(self._box(node, name + node.op.name, RESULT if node in results else ""))
            for value in arguments:
                straight = " [weight=9]" if isinstance(value, Node) else ""  # what is computed
                lines.append(f"    {self.boxes[id(value)]} -> {self.boxes[id(node)]}{straight}")
        self.source = "\n".join(["digraph minigan {", STYLE, *lines, "}", ""])

    def _box(self, value: Any, name: str, style: str) -> str:
        """The line of a node or tensor, by which it becomes known."""
        self.boxes[id(value)] = box = f"b{len(self.boxes)}"
        dtype = "" if value.dtype == "float32" else f" {value.dtype}"
        label = _quoted(f"{name}\n{value.shape}{dtype}")
        return f"    {box} [label={label} {style}]".replace(" ]", "]")

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"<Drawing of {len(self.boxes)} boxes: .save('graph.svg') draws it, .source is DOT>"

    def svg(self) -> str:
        """The picture as SVG. UserError where Graphviz is missing."""
        try:
            import graphviz

            return graphviz.pipe_string("dot", "svg", self.source, encoding="utf-8")
        except ImportError:
            raise UserError(f"draw: the package graphviz is not installed: {CURE}") from None
        except graphviz.ExecutableNotFound:
            raise UserError(f"draw: Graphviz's program dot was not found: {CURE}") from None

    def save(self, path: str | Path) -> None:
        """Write the picture to a file .svg, or its text to .dot or .gv; UserError for others."""
        ending = Path(path).suffix.lower()
        if ending not in (".svg", ".dot", ".gv"):
            raise UserError(f"draw: cannot save {path}: choose .svg, or .dot or .gv for its text")
        text = self.svg() if ending == ".svg" else self.source
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def _repr_svg_(self) -> str | None:
        """What a notebook shows; None, and so the repr, where nothing can be drawn at once."""
        try:
            return self.svg() if len(self.boxes) <= AT_ONCE else None
        except UserError:
            return None


def _by_id(names: dict[str, Any]) -> dict[int, str]:
    """The names of tensors, and of the nodes that results came from."""
    known: dict[int, str] = {}
    for name, value in names.items():
        is_network = hasattr(value, "named_state")  # autograd offers this module: it knows no nn
        if not is_network and not isinstance(value, Tensor):
            raise TypeError(f"draw: {name} is a {type(value).__name__}, no network and no tensor")
        inside = value.named_state(f"{name}.") if is_network else [(name, value)]
        for full, tensor in inside:
            known.setdefault(id(tensor.grad_fn or tensor), full)
    return known


def _reached(results: list[Any]) -> list[Node]:
    """The results' nodes and all before them, in the order in which they were computed."""
    found, waiting = set(), list(results)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Node) and node not in found:
            found.add(node)
            waiting += node.parents
    return sorted(found, key=lambda node: node.order)


def _constants(node: Node) -> Iterator[Tensor]:
    """The arguments without history that the node keeps for its rules."""
    for name, value in (node.saved or {}).items():
        if isinstance(value, Tensor) and not value.requires_grad and name != "out":
            yield value


def _quoted(text: str) -> str:
    """A text as DOT spells it; & would begin an entity there."""
    for character, spelled in (("\\", "\\\\"), ('"', '\\"'), ("&", "&amp;"), ("\n", "\\n")):
        text = text.replace(character, spelled)
    return f'"{text}"'
