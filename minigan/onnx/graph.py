"""Two traces of one network as one graph of named values, in the terms of ONNX.

A trace has numbers where a network has sizes: reshape(len(z), 64) is reshape(8, 64). Two traces, of
inputs that differ in all that may vary, tell the two apart: a whole number that differs is a size,
and is written as one; anything else that differs was read out of the input, and is refused.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from minigan import backend as B
from minigan.autograd import Tensor
from minigan.autograd.op import Op, common_type
from minigan.autograd.tensor import array_of
from minigan.errors import UserError
from minigan.watching.trace import Change, Step

Pair = tuple[Tensor, Tensor]  # what stands at one place in the first trace and in the second
MADE = (
    "it comes from noise, from the number of samples, from a change in place, or was read out of "
    "an input, by .item() or .numpy(). Give it as an input, or compute it from the inputs by "
    "operations on tensors alone"
)


@dataclass(frozen=True)
class Varying:
    """A size that differs between the two traces."""

    first: int
    second: int


@dataclass(frozen=True)
class Value:
    """What a node takes or makes. fixed: it depends on no input."""

    name: str
    dtype: np.dtype
    shape: tuple[Any, ...]  # of ints and Varyings
    fixed: bool


@dataclass(frozen=True)
class Node:
    """One operation of ONNX, by its name there; a dtype among the attributes is still NumPy's."""

    kind: str
    inputs: Sequence[str]
    output: str
    attributes: Mapping[str, Any]


class Graph:
    """The nodes that compute what both traces did, and the numbers that they start from.

    state: of the network, by name. inputs: by name, as the first pass had them and the second.
    translations: by an op's address, a function of this graph and the op's arguments that adds
    nodes and gives the name of their result. opset: the version of ONNX's operators.
    """

    def __init__(
        self,
        state: Iterable[tuple[str, Tensor]],
        inputs: Mapping[str, Pair],
        translations: Mapping[str, Callable[..., str]],
        opset: int,
    ):
        self.translations, self.opset = translations, opset
        self.nodes: list[Node] = []
        self.numbers: dict[str, np.ndarray] = {}  # initializers; those without a user stay out
        self.constants: dict[Any, str] = {}  # their names, of those that have none in the state
        self.known: tuple[dict[int, Any], dict[int, Any]] = ({}, {})  # values by id(array)
        for name, tensor in state:
            if id(tensor.array) not in self.known[0]:  # one that is tied goes by its first name
                self.numbers[name] = B.to_host(tensor.array)
                self._know((tensor, tensor), name, fixed=True)
        if twice := inputs.keys() & self.numbers.keys():
            raise UserError(
                f"onnx: input {twice.pop()!r} has the name of a parameter: choose another"
            )
        self.inputs = [self._know(pair, name, fixed=False) for name, pair in inputs.items()]
        self.op: Any = None  # the one that is being translated,
        self.out: Any = None  # its result,
        self.common: Any = None  # and the dtype that its numbers have

    # -- the traces --------------------------------------------------------------------------------

    def follow(self, first: list[Step | Change], second: list[Step | Change]) -> None:
        """Add the nodes of all that both traces did."""
        for a, b in itertools.zip_longest(first, second):
            if isinstance(a, Step) and isinstance(b, Step) and a.op is b.op:
                self._follow_step(a, b)
            elif isinstance(a, Change) and isinstance(b, Change):
                self._follow_change(a, b)
            else:
                raise UserError(
                    f"onnx: the network does not do the same for other samples, or another number "
                    f"of them: {a or 'nothing'} in one pass, {b or 'nothing'} in another. Leave "
                    f"out what loops over the samples, or decides by their numbers"
                )

    def _follow_step(self, a: Step, b: Step) -> None:
        self.op, self.common = a.op, _common(a)
        args = [self.merged(x, y) for x, y in zip(a.args, b.args, strict=True)]
        self.out = Value("", a.result.dtype, _merged_sizes(a.result, b.result), _are_fixed(args))
        translate = self.translations.get(address(a.op))
        if translate:
            if self.common is not None:
                args = [self.cast(x, self.common) if type(x) is Value else x for x in args]
            name = translate(self, *args)
            if self.common == "float32" and self.out.dtype == "float16":  # rounded once, at the end
                name = self.node("Cast", name, to=self.out.dtype)
        elif self.out.fixed:
            name = self.value(a.result, b.result).name
        else:
            self.refuse(
                "has no translation; compute it outside of the network, or by other ops: "
                "minigan.onnx.KNOWN names those that have one"
            )
        self._know((a.result, b.result), name, self.out.fixed)

    def _follow_change(self, a: Change, b: Change) -> None:
        """All that shares the memory is known no more, but for the tensor itself."""
        for known, change in zip(self.known, (a, b), strict=True):
            for key, (array, value) in list(known.items()):
                if _share(array, change.tensor.array):
                    if value.name in self.numbers:  # as they were or as they are, none can say
                        own = value.name not in self.constants.values()
                        what = f"its own {value.name!r}" if own else "numbers that it has used"
                        raise UserError(
                            f"onnx: the network changes {what} in place, also in eval mode; "
                            f"compute a new tensor"
                        )
                    del known[key]
        if a.result is not None and b.result is not None:
            value = self.value(a.result, b.result)
            self._know((a.tensor, b.tensor), value.name, value.fixed)

    def _know(self, pair: Pair, name: str, fixed: bool) -> Value:
        """Both tensors go by this name from here on."""
        value = Value(name, pair[0].dtype, _merged_sizes(*pair), fixed)
        for known, tensor in zip(self.known, pair, strict=True):
            known[id(tensor.array)] = tensor.array, value  # the array keeps its id from others
        return value

    # -- arguments ---------------------------------------------------------------------------------

    def merged(self, a: Any, b: Any) -> Any:
        """An argument of both passes: a Value for tensors, a Varying for sizes that differ."""
        if isinstance(a, Tensor) and isinstance(b, Tensor):
            return self.value(a, b)
        a, b = map(_number, (a, b))
        if B.is_array(a) and B.is_array(b):
            return self._same(a, b)
        if type(a) is type(b):
            if isinstance(a, (tuple, list)) and len(a) == len(b):
                return tuple(map(self.merged, a, b))
            if isinstance(a, slice):
                ends = zip((a.start, a.stop, a.step), (b.start, b.stop, b.step), strict=True)
                return slice(*[self.merged(*pair) for pair in ends])
            if a is b or a == b or (a != a and b != b):
                return a
            if type(a) is int:
                return Varying(a, b)
        return self.refuse(f"takes {a!r} in one pass, {b!r} in another: {MADE}")

    def value(self, a: Tensor, b: Tensor) -> Value:
        """What both tensors are: an input, a parameter, a result, or constant numbers."""
        one, other = (known.get(id(t.array)) for known, t in zip(self.known, (a, b), strict=True))
        if one is not None and other is not None and one[1].name == other[1].name:
            return one[1]
        return self._know((a, b), self.constant(self._same(a.array, b.array)), fixed=True)

    def _same(self, a: Any, b: Any) -> np.ndarray:
        """An array that both passes had."""
        a, b = B.to_host(a), B.to_host(b)
        if a.shape != b.shape or a.dtype != b.dtype or a.tobytes() != b.tobytes():
            what = f"an array of {'×'.join(map(str, a.shape))} numbers" if a.ndim else "a number"
            self.refuse(f"takes {what} that was not the same in two passes: {MADE}")
        return a

    def refuse(self, why: str) -> NoReturn:
        """Say what cannot be exported."""
        raise UserError(f"onnx: op '{self.op.name}' {why}")

    # -- nodes -------------------------------------------------------------------------------------

    def node(self, kind: str, *inputs: Any, **attributes: Any) -> str:
        """Add one; the name of its result. inputs: Values, names, numbers, arrays; None is none."""
        names = [self._name(value) for value in inputs]
        while names and not names[-1]:
            names.pop()
        output = self._free(f"{kind}_{len(self.nodes)}")
        self.nodes.append(Node(kind, names, output, attributes))
        return output

    def _name(self, value: Any) -> str:
        if isinstance(value, (bool, int, float)):
            return self.constant(np.array(value, self.common or self.out.dtype))
        if isinstance(value, Varying):
            self.refuse(
                f"computes with {value.first} in one pass, {value.second} in another: {MADE}"
            )
        if isinstance(value, np.ndarray):
            return self.constant(value)
        return value.name if isinstance(value, Value) else value or ""

    def _free(self, name: str) -> str:
        """The name, or a longer one where an input or a parameter has it."""
        while name in self.numbers or any(value.name == name for value in self.inputs):
            name += "_"
        return name

    def constant(self, array: np.ndarray) -> str:
        """The name of an array, the same for the same numbers."""
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self.constants:
            name = self._free(f"constant_{len(self.constants)}")
            self.constants[key], self.numbers[name] = name, array
        return self.constants[key]

    def cast(self, value: Value, dtype: Any) -> Any:
        """The value in another dtype, if it has not this one."""
        if value.dtype == dtype:
            return value
        name = self.node("Cast", value, to=np.dtype(dtype))
        return Value(name, np.dtype(dtype), value.shape, value.fixed)

    def sizes(self, shape: Iterable[Any]) -> str:
        """A vector of whole numbers; those that vary are looked up in the inputs."""
        numbers = list(shape)
        if not any(isinstance(n, Varying) for n in numbers):
            return self.constant(whole(*numbers))
        parts = [self._size(n) if isinstance(n, Varying) else whole(n) for n in numbers]
        return self.node("Concat", *parts, axis=0)

    def _size(self, size: Varying) -> str:
        """The size, looked up in an input that has it."""
        for value in self.inputs:
            if size in value.shape:
                sizes = self.node("Shape", value)
                return self.node("Gather", sizes, whole(value.shape.index(size)))
        what = f"a size, {size.first} in one pass, {size.second} in another"
        return self.refuse(f"takes {what}, that is none of an input: {MADE}")

    def finish(self, outputs: Mapping[str, Pair]) -> list[Value]:
        """Let results go by the names of outputs, and drop the numbers that nobody uses."""
        found = [self.value(*pair) for pair in outputs.values()]
        made = [node.output for node in self.nodes]
        renamed: dict[str, str] = {}
        for name, value in zip(outputs, found, strict=True):
            if value.name in made and value.name not in renamed:
                renamed[value.name] = name
            else:  # an input or a constant as it is, or one result twice
                self.nodes.append(Node("Identity", [value.name], name, {}))
        self.nodes = [
            Node(
                node.kind,
                [renamed.get(name, name) for name in node.inputs],
                renamed.get(node.output, node.output),
                node.attributes,
            )
            for node in self.nodes
        ]
        used = {name for node in self.nodes for name in node.inputs}
        self.numbers = {name: array for name, array in self.numbers.items() if name in used}
        return [
            Value(name, value.dtype, value.shape, value.fixed)
            for name, value in zip(outputs, found, strict=True)
        ]


def address(op: Op) -> str:
    """Where an op is defined: "ops.linear._affine". Two may have the same name."""
    return f"{op.forward.__module__}.{op.forward.__name__}".removeprefix("minigan.")


def whole(*numbers: int) -> np.ndarray:
    """A vector of whole numbers, as sizes, axes and places are given."""
    return np.array(numbers, "int64")


def _merged_sizes(a: Tensor, b: Tensor) -> tuple[Any, ...]:
    if a.ndim != b.ndim:
        both = "×".join(map(str, a.shape)), "×".join(map(str, b.shape))
        raise UserError(f"onnx: a result has {both[0]} numbers in one pass, {both[1]} in another")
    pairs = zip(a.shape, b.shape, strict=True)
    return tuple(n if n == m else Varying(n, m) for n, m in pairs)


def _are_fixed(value: Any) -> bool:
    """Whether no input is in an argument, or in any of several."""
    if isinstance(value, (list, tuple)):
        return all(map(_are_fixed, value))
    return not isinstance(value, Value) or value.fixed


def _common(step: Step) -> Any:
    """The dtype that an op computes in; None where each argument keeps its own."""
    if step.op.least is None:
        return None
    common = common_type([array_of(_number(x)) for x in step.args], step.op.least)
    return np.dtype("float32") if common == "float16" else common


def _number(value: Any) -> Any:
    """An array without axes as a Python number, as ops take it; anything else as it is."""
    return value.item() if B.is_array(value) and not value.ndim else value


def _share(a: Any, b: Any) -> bool:
    return a.__class__ is b.__class__ and bool(B.module_of(a).may_share_memory(a, b))
