"""Module's words for changing all of it: modes, initialisers, devices and dtypes."""

from collections.abc import Callable, Iterable
from typing import Any, Self

from minigan.autograd.tensor import Tensor
from minigan.nn import module as core
from minigan.ops.creation import zeros
from minigan.torch.extend import extends
from minigan.torch.nn.saving import Saving
from minigan.torch.ops import device as _device
from minigan.torch.ops import typed
from minigan.torch.ops.inplace import set_data

_train = core.Module.train


@extends(core.Module)
class Moving(Saving):
    """What module.py goes on from."""

    def train(self, mode: bool = True) -> Self:
        """Training behaviour (dropout, batch statistics) on or off, here and everywhere below."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode is True or False, not {mode!r}")
        _train(self, mode)
        return self

    def apply(self, fn: Callable[[Any], Any]) -> Self:
        """Call fn on every submodule, then on this one; for initialisers."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze (False) or unfreeze every parameter."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to 0."""
        forget_gradients(self.parameters(), set_to_none)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """fn(tensor) in place of the content of every parameter and its gradient, and every buffer.

        What moves a module goes through here: a class that keeps tensors elsewhere extends it.
        """
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self.parameters(recurse=False):
            moved = fn(parameter.detach())
            if moved.dtype.kind != "f" and parameter.requires_grad:
                what = f"a parameter that learns has floating-point numbers, not {moved.dtype}"
                raise RuntimeError(f"{type(self).__name__}: {what}")
            if moved.array is not parameter.array:
                set_data(parameter, moved)
            if parameter.grad is not None:
                set_data(parameter.grad, fn(parameter.grad.detach()))
        for name, buffer in self.named_buffers(recurse=False):
            object.__setattr__(self, name, fn(buffer))
        return self

    def to(self, *target: Any, memory_format: Any = None, **options: Any) -> Self:
        """Move every parameter and buffer, in place, to a device or a floating-point dtype.

        Whole numbers keep their dtype. Parameters stay the same objects, and lie as they lay,
        whatever memory_format says. Raises TypeError for another dtype, RuntimeError for copy=: a
        module moves itself.
        """
        if "copy" in options or sum(isinstance(value, bool) for value in target) > 1:
            raise RuntimeError("Module.to does not accept copy: use copy.deepcopy(module).to(…)")
        if (dtype := _device.to(zeros(()), *target, **options).dtype).kind != "f":
            raise TypeError(f"Module.to: weights are floating-point numbers, not {dtype}")

        def moved(tensor: Tensor) -> Tensor:
            there = _device.to(tensor, *target, **options)
            whole = tensor.dtype.kind != "f"
            return _device.placed(tensor, _device.device_of(there)) if whole else there

        return self._apply(moved)

    def type(self, dst_type: Any) -> Self:
        """Everything, whole numbers too, as another type: a dtype, or FloatTensor and its like."""
        return self._apply(lambda tensor: typed.type(tensor, dst_type))

    def cpu(self) -> Self:
        """Move to the host."""
        return self.to("cpu")

    def cuda(self, device: Any = None) -> Self:
        """Move to the GPU, of which there is one: number 0."""
        return self._apply(lambda tensor: _device.cuda(tensor, device))

    def float(self) -> Self:
        """Parameters and buffers as float32; whole numbers stay."""
        return self.to("float32")

    def double(self) -> Self:
        """Parameters and buffers as float64; whole numbers stay."""
        return self.to("float64")

    def half(self) -> Self:
        """Parameters and buffers as float16; whole numbers stay."""
        return self.to("float16")

    def bfloat16(self) -> Self:
        """Not offered, as NumPy has no bfloat16: raises TypeError."""
        raise TypeError("Module.bfloat16: NumPy has no bfloat16; use half() or stay with float()")


def forget_gradients(parameters: Iterable[Tensor], set_to_none: bool) -> None:
    """What zero_grad() of modules and of optimizers does."""
    for parameter in parameters:
        if set_to_none:
            parameter.grad = None
        elif parameter.grad is not None:
            parameter.grad.grad_fn, parameter.grad.requires_grad = None, False
            parameter.grad.zero_()
