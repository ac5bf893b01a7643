"""Instruments that tell where a step's time goes: each puts its category on a thread's stack.

A thread's time is that of the innermost instrument, so nothing counts twice, and the categories add
up to the whole. What no instrument is around is the interpreter's. Work that threads share keeps
the category in which it was shared. Everything is put back in the end.
"""

import functools
import gc
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np

PRODUCTS, LIFTS, GATHERING, ELEMENTWISE = "products", "lifts", "gathering", "elementwise"
NORMALISATION, ADAM, RANDOM = "normalisation", "Adam", "random"
INTERPRETER, WAITING = "interpreter", "waiting"
CATEGORIES = (
    PRODUCTS, LIFTS, GATHERING, ELEMENTWISE, NORMALISATION, ADAM, RANDOM, INTERPRETER, WAITING,
)  # fmt: skip

# By module of minigan, or class, and function. Inside of these, operators count as well: folding
# and adding up are such. A kernel that is not named is the interpreter's but for what it calls.
PLACES = {
    "kernels.cpu.loops": {
        "rectify leaky": ELEMENTWISE,
        "adam": ADAM,
        "squares products scale combine": NORMALISATION,  # add_up: as who calls it
    },
    "kernels.cpu.norm": {"channel_moments": NORMALISATION},
    "kernels.cpu.gemm": {"inner": PRODUCTS},
    "kernels.cpu": {
        "channel_sums add_at": ELEMENTWISE,
        "conv2d_weight": PRODUCTS,  # and the sums of them
        "random_words": RANDOM,
    },
    "kernels.cpu.conv:Windows": {"__init__ gather fold": GATHERING},
    "kernels.cpu.winograd:Lift": {"lift drop": LIFTS},
    "kernels.cpu.winograd:Plan": {
        "_lift_weight _lift_weight_for_inputs conv2d_weight": LIFTS,
        "_kernels": INTERPRETER,  # the part of conv2d_weight that is no lift
    },
    "kernels.cpu.winograd:Desk": {"__init__": GATHERING},  # whose padding is written
    "kernels.layout": {"channels_last": GATHERING},
    "backend.plain": {"leaky": ELEMENTWISE},  # where the two arrays lie in unlike orders
    "backend.random:Generator": {"uniform normal bernoulli": RANDOM},
    "autograd.entries": {"_accumulated": ELEMENTWISE},
}
NUMPY = {  # by function, in all modules of the kernels but loops
    "matmul einsum multiply": PRODUCTS,
    "add": ELEMENTWISE,  # of a bias
    "copyto ascontiguousarray zeros": GATHERING,
}


class Clock(threading.local):
    """Each thread's time by category. Of the thread that made it, whatever has no other is the
    interpreter's; others wait."""

    def __init__(self, maker: int, others: list[Counter[str]]) -> None:
        mine = threading.get_ident() == maker
        self.spent: Counter[str] = Counter()
        self.stack = [INTERPRETER if mine else WAITING]
        self.since = perf_counter()
        if not mine:
            others.append(self.spent)
        self.others = others

    def enter(self, category: str) -> None:
        self.note()
        self.stack.append(category)

    def leave(self) -> None:
        self.note()
        self.stack.pop()

    def note(self) -> None:
        """The time since the last note goes to the innermost category."""
        now = perf_counter()
        self.spent[self.stack[-1]] += now - self.since
        self.since = now

    def taken(self, function: Callable[[], object]) -> tuple[Counter[str], Counter[str]]:
        """What a call takes of its thread by category, and of the others while they work."""
        for spent in (self.spent, *self.others):
            spent.clear()
        self.since = perf_counter()
        function()
        self.note()
        busy = sum(self.others, Counter())
        del busy[WAITING]
        return Counter(self.spent), busy


# -- around functions ------------------------------------------------------------------------------


def around(clock: Clock, function: Any, category: str) -> Any:
    """The function, its time in this category."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        clock.enter(category)
        try:
            return function(*args, **kwargs)
        finally:
            clock.leave()

    return call


def around_numpys(clock: Clock, function: Any, category: str) -> Any:
    """The same, but inside of a lift it is a part of that."""
    timed = around(clock, function, category)

    def call(*args: Any, **kwargs: Any) -> Any:
        return (function if clock.stack[-1] == LIFTS else timed)(*args, **kwargs)

    return call


def around_gradients(clock: Clock, gradients: Any) -> Any:
    """An op's gradients, one by one: meanwhile the tape adds each to what has come before."""

    def call(*args: Any) -> Iterator[Any]:
        for each in gradients(*args):
            clock.enter(ELEMENTWISE)
            try:
                yield each
            finally:
                clock.leave()

    return call


def around_sharing(clock: Clock, share_with: Any) -> Any:
    """threads._share_with: to hand work over is the interpreter's; the caller, once it finds no
    more of it, waits."""

    def call(helpers: int, work: Any, queue: Iterable[Any]) -> None:
        category, caller = clock.stack[-1], threading.get_ident()

        def worked(items: Iterable[Any]) -> None:
            clock.enter(category)
            try:
                work(items)
            finally:
                clock.leave()
                if threading.get_ident() == caller:  # until call() leaves
                    clock.note()
                    clock.stack[-1] = WAITING

        clock.enter(INTERPRETER)
        try:
            share_with(helpers, worked, queue)
        finally:
            clock.leave()

    return call


# -- in place --------------------------------------------------------------------------------------


@contextmanager
def in_place() -> Iterator[Clock]:
    """Instruments around minigan's functions, as long as this lasts."""
    time = Clock(threading.get_ident(), [])
    with ExitStack() as end:
        for target, name, new in list(replacements(time)):
            end.enter_context(patch.object(target, name, new))
        yield time


def replacements(clock: Clock) -> Iterator[tuple[Any, str, Any]]:
    """Whose attribute becomes what."""
    kernels = import_module("minigan.kernels.cpu")
    functions = {getattr(kernels, name): INTERPRETER for name in kernels.__all__}
    for place, named in PLACES.items():
        module, _, inner = place.partition(":")
        within: Any = import_module(f"minigan.{module}")
        for name, category in _each(named):
            if inner:
                method = getattr(getattr(within, inner), name)
                yield getattr(within, inner), name, around(clock, method, category)
            else:
                functions[getattr(within, name)] = category
    # Who has imported a function by its name has one of his own.
    timed = {id(function): around(clock, function, c) for function, c in functions.items()}
    modules = [module for name, module in sys.modules.items() if name.startswith("minigan.")]
    for module in modules:
        for name, value in list(vars(module).items()):
            if id(value) in timed:
                yield module, name, timed[id(value)]
    numpys = {name: around_numpys(clock, getattr(np, name), c) for name, c in _each(NUMPY)}
    proxy = SimpleNamespace(**(vars(np) | numpys))
    for module in modules:
        name, own = module.__name__, vars(module).get("np") is np
        if own and name.startswith("minigan.kernels.cpu.") and not name.endswith("loops"):
            yield module, "np", proxy
    yield from _of_ops(clock)
    threads = import_module("minigan.kernels.cpu.threads")
    yield threads, "_share_with", around_sharing(clock, vars(threads)["_share_with"])


def _of_ops(clock: Clock) -> Iterator[tuple[Any, str, Any]]:
    """Every op's forward function, and its rules. A view's cost is its copy, where it needs one."""
    Op = import_module("minigan.autograd.op").Op
    # isinstance would ask every object there is, and some warn when they are asked.
    for op in [each for each in gc.get_objects() if type(each) is Op]:
        category = GATHERING if op.view else ELEMENTWISE
        yield op, "forward", around(clock, op.forward, category)
        yield op, "fit", around(clock, op.fit, ELEMENTWISE)
        yield op, "_apply", around(clock, op._apply, category)
        yield op, "gradients", around_gradients(clock, op.gradients)


def _each(named: dict[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, category) for names, category in named.items() for name in names.split())
