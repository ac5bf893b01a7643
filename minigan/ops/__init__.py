"""The differentiable functions: each a formula and the formulas of its gradient, side by side.

Reading order: shape, elementwise, reduce, linear, conv, norm, loss, creation. Here Tensor gets its
operators and methods: which op each one is, under PyTorch's names.
"""

from minigan.autograd import Tensor
from minigan.ops import conv, creation, elementwise, linear, loss, norm, reduce, shape

BINARY = {name: getattr(elementwise, name) for name in ("add", "sub", "mul", "pow")}
BINARY |= {"truediv": elementwise.div, "matmul": linear.matmul}
METHODS = {
    elementwise: "abs clamp exp log relu sigmoid square tanh",
    reduce: "argmax log_softmax mean norm sum",
    shape: "astype clone flatten reshape swapaxes unflatten",
}


def _in_place(x: Tensor, y: object) -> None:
    raise TypeError("x += y and its like change x in place, as minigan.torch can; write x = x + y")


for name, op in BINARY.items():
    setattr(Tensor, f"__i{name}__", _in_place)
    setattr(Tensor, f"__{name}__", op)  # x - 2
    setattr(Tensor, f"__r{name}__", lambda x, y, op=op: op(y, x))  # 2 - x: x.__rsub__(2)
for name in ("neg", "eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Tensor, f"__{name}__", getattr(elementwise, name))
for module, names in METHODS.items():
    for name in names.split():
        setattr(Tensor, name, getattr(module, name))
Tensor.__getitem__ = shape.getitem  # type: ignore[method-assign]
Tensor.__iter__ = lambda x: (x[i] for i in range(len(x)))  # type: ignore[method-assign]
Tensor.T = property(lambda x: shape.swapaxes(x, 0, -1))  # type: ignore[assignment, method-assign]
