"""The tape and the walk back along it; how ops are declared; gradcheck."""

import gc
import inspect
import os
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import minigan.torch as mg
from minigan import backend as B
from minigan import ops
from minigan.autograd import GraphError, grad, gradcheck, op
from minigan.autograd.gradcheck import GradcheckError
from minigan.torch.autograd import gradgradcheck

pytestmark = pytest.mark.usefixtures("backend")


def leaf(*values, dtype="float64"):
    """A leaf that requires grad: a number of one value, a vector of several."""
    return mg.tensor(list(values) if len(values) > 1 else values[0], dtype, requires_grad=True)


# -- the order of the walk -------------------------------------------------------------------------


def test_the_smallest_example_why_order_matters():
    a = leaf(3.0)
    b = a + a
    c = b + b
    c.backward()
    assert float(a.grad) == 4.0


def test_gradients_of_all_paths_through_a_diamond_add_up():
    x = leaf(2.0)
    y = x * x
    left, right = y * 3.0, y * x
    (left * right).backward()
    assert float(x.grad) == 3 * 5 * 2.0**4  # d/dx 3x²·x³


def test_two_to_the_fifty_paths_cost_fifty_steps():
    x = leaf(1.0)
    y = x
    for _ in range(50):
        y = y + y
    y.backward()
    assert float(x.grad) == 2.0**50


def test_a_long_and_a_short_path_meet():
    x = leaf(2.0)
    long = x
    for _ in range(10):
        long = long * 1.5
    (long + x).backward()
    assert float(x.grad) == pytest.approx(1.5**10 + 1.0)


def test_several_outputs_of_one_graph():
    x = leaf(3.0)
    y = x * x
    (by_x,) = grad([y, y * x], x, grad_outputs=[mg.tensor(2.0, "float64"), None])
    assert float(by_x) == 2 * 2 * 3.0 + 3 * 9.0


# -- size ------------------------------------------------------------------------------------------


def test_a_hundred_thousand_ops_deep_needs_no_recursion(backend):
    x = leaf(1.0)
    y = x
    for _ in range(100_000 if backend == "numpy" else 10_000):
        y = -y
    y.backward()
    assert float(x.grad) == 1.0
    del y  # nor does forgetting the graph


def test_differentiating_a_deep_graph_twice_needs_no_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(5_000):
        y = y * 1.0
    (by_x,) = grad(y * y, x, create_graph=True)
    by_x.backward()
    assert float(x.grad) == 2.0


def test_memory_is_released_while_backward_proceeds():
    alive = []

    @op(x=lambda g: (alive.append([r() is not None for r in results]), g)[1])
    def look(x):
        return x + 0.0

    x = leaf(0.1, 0.2)
    first = look(x)
    second = first.exp()
    third = look(second).exp()
    results = [weakref.ref(t.array) for t in (second, third)]
    loss = third.sum()
    del first, second, third
    gc.disable()
    try:
        assert [r() is not None for r in results] == [True, True]
        loss.backward()
    finally:
        gc.enable()
    assert alive == [[True, False], [False, False]]


def test_what_no_rule_asks_for_is_not_kept():
    x = leaf(1.0, 2.0)
    y = x + 1.0
    z = (y.reshape(2, 1) - 2.0).sum()
    memory = weakref.ref(y.array)
    del y
    assert memory() is None
    z.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_forgotten_graph_needs_no_garbage_collector():
    x = leaf(1.0, 2.0)
    y = (x.tanh() * x.exp()).sigmoid()
    memory = weakref.ref(y.array)
    gc.collect()
    gc.disable()
    try:
        del y
        assert memory() is None
    finally:
        gc.enable()


# -- once, twice, three times ----------------------------------------------------------------------


def test_retain_graph_allows_a_second_walk_and_gradients_add_up():
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert float(x.grad) == 12.0


def test_a_second_walk_through_a_freed_graph_says_what_to_do():
    x = leaf(3.0)
    y = (x * x).exp()
    y.backward()
    with pytest.raises(GraphError, match=r"already walked back.*detach\(\).*retain_graph=True"):
        y.backward()


def test_a_freed_part_of_a_graph_is_named():
    fake = leaf(3.0, 4.0).tanh()
    (fake * 2.0).sum().backward()
    with pytest.raises(GraphError, match=r"already walked back.*'tanh'"):
        (fake * 3.0).sum().backward()


def test_the_derivatives_of_a_cube():
    x = leaf(-2.0, 0.5, 3.0)
    y, found = x**3, []
    for _ in range(4):
        (y,) = grad(y.sum(), x, create_graph=True)
        found.append(y.detach().tolist())
    v = np.array([-2.0, 0.5, 3.0])
    np.testing.assert_allclose(found, [3 * v**2, 6 * v, 0 * v + 6, 0 * v])


def test_the_derivatives_of_a_cube_at_zero():
    x = leaf(0.0, 0.0)
    y, found = x**3, []
    for _ in range(4):
        (y,) = grad(y.sum(), x, create_graph=True)
        found.append(float(y[0]))
    assert found == [0.0, 0.0, 6.0, 0.0]


def test_the_derivatives_of_tanh():
    x = leaf(0.3)
    y = x.tanh()
    (first,) = grad(y, x, create_graph=True)
    (second,) = grad(first, x, create_graph=True)
    (third,) = grad(second, x)
    t = float(y)
    assert float(first) == pytest.approx(1 - t**2)
    assert float(second) == pytest.approx(-2 * t * (1 - t**2))
    assert float(third) == pytest.approx((6 * t**2 - 2) * (1 - t**2))


def test_a_gradient_penalty_reaches_the_weights():
    w, x = leaf(2.0, -1.0), leaf(0.5, 0.25)
    (by_x,) = grad((w * x).tanh().sum(), x, create_graph=True)
    penalty = ((by_x * by_x).sum() - 1.0) ** 2
    penalty.backward()
    u, x = np.array([2.0, -1.0]), np.array([0.5, 0.25])
    t = np.tanh(u * x)
    slope = u * (1 - t**2)  # d tanh(w·x) / dx
    slope_by_w = (1 - t**2) - 2 * u * t * (1 - t**2) * x
    expected = 2 * ((slope**2).sum() - 1) * 2 * slope * slope_by_w
    np.testing.assert_allclose(w.grad.tolist(), expected)


def test_gradients_are_not_recorded_unless_asked_for():
    x = leaf(3.0)
    (x * x).backward()
    (by_x,) = grad(x * x, x)
    assert not x.grad.requires_grad and not by_x.requires_grad


# -- autograd.grad and backward(inputs=...) --------------------------------------------------------


def test_grad_returns_a_tuple_and_leaves_grad_alone():
    x, y = leaf(3.0), leaf(4.0)
    by_y, by_x = grad(x * y, [y, x])
    assert (float(by_x), float(by_y)) == (4.0, 3.0)
    assert x.grad is None and y.grad is None


def test_grad_by_a_result():
    x = leaf(3.0)
    y = x * x
    assert float(grad(y**2, y)[0]) == 18.0
    assert float(grad(y, y)[0]) == 1.0


def test_grad_by_a_result_leaves_its_own_graph_usable():
    x = leaf(0.5)
    fake = x.tanh()
    (by_fake,) = grad(fake.exp(), fake)
    assert float(by_fake) == pytest.approx(np.exp(np.tanh(0.5)))
    fake.backward()
    assert float(x.grad) == pytest.approx(1 - np.tanh(0.5) ** 2)


def test_an_unused_input_is_an_error_unless_allowed():
    x, y = leaf(3.0), leaf(4.0)
    with pytest.raises(GraphError, match=r"no output depends on input 1.*allow_unused=True"):
        grad(x * x, [x, y])
    by_x, by_y = grad(x * x, [x, y], allow_unused=True)
    assert float(by_x) == 6.0 and by_y is None


def test_an_input_that_requires_no_grad_is_an_error():
    x, y = leaf(3.0), mg.tensor(4.0, "float64")
    with pytest.raises(GraphError, match=r"input 0 .*requires_grad_\(\)"):
        grad(x * y, y)
    with pytest.raises(GraphError, match=r"input 0 .*requires_grad_\(\)"):
        (x * y).backward(inputs=[y])


def test_backward_with_inputs_adds_to_their_grad_alone():
    x, y, z = leaf(3.0), leaf(4.0), leaf(5.0)
    (x * y * z).backward(inputs=[x, y])
    assert (float(x.grad), float(y.grad)) == (20.0, 15.0)
    assert z.grad is None


def test_backward_with_a_result_among_its_inputs():
    x = leaf(3.0)
    y = x * x
    (y * y).backward(inputs=y)
    assert float(y.grad) == 18.0 and x.grad is None


# -- ask before computing --------------------------------------------------------------------------


class Counted:
    """A product that counts how often each of its rules runs."""

    def __init__(self):
        self.calls = {"x": 0, "y": 0}

        @op(x=lambda g, y: self.count("x", g * y), y=lambda g, x: self.count("y", g * x))
        def product(x, y):
            return x * y

        self.product = product

    def count(self, name, gradient):
        self.calls[name] += 1
        return gradient


def test_no_gradient_is_computed_for_what_requires_none():
    counted, weight, image = Counted(), leaf(2.0), mg.tensor(3.0, "float64")
    counted.product(image, weight).backward()
    assert counted.calls == {"x": 0, "y": 1}


def test_no_gradient_is_computed_for_what_nobody_asked_for():
    counted, x, y = Counted(), leaf(2.0), leaf(3.0)
    loss = counted.product(counted.product(x, y), y)
    grad(loss, x, retain_graph=True)
    assert counted.calls == {"x": 2, "y": 0}
    loss.backward(inputs=[y])
    assert counted.calls == {"x": 3, "y": 2}


def test_frozen_parameters_cost_nothing():
    counted, w, z = Counted(), leaf(2.0), leaf(3.0)
    w.requires_grad_(False)
    counted.product(z, w).backward()
    assert counted.calls == {"x": 1, "y": 0} and w.grad is None


def test_nothing_flows_through_detach():
    counted, w, z = Counted(), leaf(2.0), leaf(3.0)
    fake = counted.product(z, w)
    (fake.detach() * leaf(1.0)).backward()
    assert counted.calls == {"x": 0, "y": 0} and w.grad is None


# -- recording on and off --------------------------------------------------------------------------


def recorded():
    return (leaf(1.0) * 2.0).requires_grad


def test_no_grad_and_enable_grad_as_context_managers_nest():
    assert recorded() and mg.is_grad_enabled()
    with mg.no_grad():
        assert not recorded() and not mg.is_grad_enabled()
        with mg.enable_grad():
            assert recorded()
            with mg.no_grad():
                assert not recorded()
        assert not recorded()
    assert recorded()


@pytest.mark.parametrize(
    "decorate", [mg.no_grad(), mg.no_grad, lambda f: mg.set_grad_enabled(False)(f)]
)
def test_recording_is_off_within_a_decorated_function(decorate):
    calls = []

    @decorate
    def function(depth):
        """Its docstring."""
        calls.append(recorded())
        return function(depth - 1) if depth else "done"

    assert recorded()
    assert function(2) == "done" and function.__doc__ == "Its docstring."
    assert calls == [False] * 3 and recorded()


@pytest.mark.parametrize(
    "decorate", [mg.enable_grad(), mg.enable_grad, lambda f: mg.set_grad_enabled(True)(f)]
)
def test_recording_is_on_within_a_decorated_function(decorate):
    function = decorate(recorded)
    with mg.no_grad():
        assert function()
        assert not recorded()


SWITCHES = """
    m.no_grad() ; m.no_grad ; m.enable_grad() ; m.enable_grad ; m.inference_mode() ;
    m.inference_mode ; m.inference_mode(False) ; m.set_grad_enabled(False) ;
    m.set_grad_enabled(True) ; m.set_grad_enabled(mode=False)
"""


def what_a_decorated_generator_sees(m, switch):
    """Whether ops are recorded, inside and between the steps, however it is resumed and ended."""
    x, seen = m.ones(1, requires_grad=True), []

    def recorded(*notes):
        seen.append((*notes, (x * 2.0).requires_grad))

    def body(count):
        try:
            for i in range(count):
                recorded("answered", (yield i))
        except ValueError:
            recorded("caught")
            yield "once more"
        finally:
            recorded("ended")
        return "a result"

    def outer():
        recorded("returned", (yield from generator(1)))

    generator = eval(switch, {"m": m})(body)
    recorded("decorated", generator.__name__, inspect.isgeneratorfunction(generator))
    for value in generator(2):
        recorded("got", value)
    walk = generator(3)
    recorded(next(walk), walk.send("sent"), walk.throw(ValueError("thrown")))
    recorded(next(walk, "the end"))
    for end in (lambda walk: walk.close(), lambda walk: None):  # the last by the collector
        walk = generator(3)
        recorded(next(walk))
        end(walk)
        del walk
        recorded("closed")
    walk = generator(3)
    recorded(next(walk))
    with pytest.raises(KeyError, match="nobody catches"):
        walk.throw(KeyError("nobody catches"))
    recorded("after the error")
    list(outer())
    with m.no_grad():
        walk = generator(2)
        recorded(next(walk))
    recorded(next(walk))
    with m.enable_grad():
        recorded(next(walk, None))
    recorded("at last")
    return seen


@pytest.mark.parametrize("switch", [word.strip() for word in SWITCHES.split(";")])
def test_a_decorated_generator_runs_in_its_mode_and_its_caller_in_the_callers(torch, switch):
    assert what_a_decorated_generator_sees(mg, switch) == what_a_decorated_generator_sees(
        torch, switch
    )


def test_a_decorated_generator_that_ignores_its_end_is_told_so():
    @mg.no_grad()
    def stubborn():
        try:
            yield recorded()
        except GeneratorExit:
            yield "not yet"

    walk = stubborn()
    assert next(walk) is False
    with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
        walk.close()
    assert recorded()


async def _sleeper():
    return recorded()


async def _several():
    yield recorded()


@pytest.mark.parametrize("function", [_sleeper, _several])
@pytest.mark.parametrize("switch", [mg.no_grad(), mg.enable_grad, mg.inference_mode()])
def test_an_async_function_is_no_decorators_business(switch, function):
    with pytest.raises(TypeError, match=f"{function.__name__}: an async .* inside, around lines"):
        switch(function)


def test_of_a_decorated_class_only_the_making_is_reached_and_a_warning_says_so(torch):
    def answers(m):
        class Net:
            def __init__(self):
                self.made = m.is_grad_enabled()

            def __call__(self):
                return m.is_grad_enabled()

        with pytest.warns(FutureWarning, match="__init__"):
            make = m.no_grad()(Net)
        return make().made, make()()

    assert answers(mg) == answers(torch) == (False, True)


def test_a_switch_may_be_entered_within_itself():
    off = mg.no_grad()
    with off:
        with off:
            assert not recorded()
        assert not recorded()
    assert recorded()


def test_threads_may_share_a_decorated_function():
    """Each call has a switch of its own: one that ends late restores what its own thread had."""
    inside, leave, found = threading.Event(), threading.Event(), []

    @mg.no_grad()
    def wait():
        inside.set()
        assert leave.wait(60)

    def other():
        wait()
        found.append(recorded())

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(60)
    with mg.no_grad():
        leave.set()
        wait()
        thread.join()
        assert not recorded()
    assert found == [True] and recorded()


def test_set_grad_enabled_acts_at_once_and_as_a_context_manager():
    try:
        mg.set_grad_enabled(False)
        assert not recorded()
        mg.set_grad_enabled(True)
        assert recorded()
    finally:
        mg.set_grad_enabled(True)
    for enabled in (False, True):
        with mg.set_grad_enabled(enabled):
            assert recorded() is enabled
        assert recorded()


def test_each_thread_has_its_own_switch():
    """One thread's no_grad, held open while others record, is nothing to them."""
    inside, leave, seen = threading.Event(), threading.Event(), []

    def watch():
        seen.append(mg.is_grad_enabled())
        with mg.no_grad():
            inside.set()
            leave.wait(60)
            seen.append(mg.is_grad_enabled())

    with mg.no_grad():
        thread = threading.Thread(target=watch)
        thread.start()
        assert inside.wait(60)
    x = mg.ones(2, requires_grad=True)
    (x * 3.0).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    leave.set()
    thread.join()
    assert seen == [True, False] and mg.is_grad_enabled()


def test_an_error_inside_no_grad_switches_recording_on_again():
    with pytest.raises(ZeroDivisionError), mg.no_grad():
        raise ZeroDivisionError
    assert recorded()


def test_what_is_computed_without_recording_is_a_leaf():
    with mg.no_grad():
        y = leaf(1.0) * 2.0
    assert y.is_leaf and not y.requires_grad
    with pytest.raises(GraphError, match=r"requires no grad: .*no_grad"):
        y.backward()


# -- leaves ----------------------------------------------------------------------------------------


def test_detach_and_data_share_memory_without_history():
    x = leaf(1.0, 2.0)
    for alias in (x.detach(), x.data):
        assert not alias.requires_grad and alias.is_leaf
        alias[0] = 7.0
        assert float(x[0]) == 7.0
        alias[0] = 1.0


def test_requires_grad_can_be_switched():
    x = mg.ones(2)
    assert x.requires_grad_() is x and (x * 2.0).requires_grad
    assert not (x.requires_grad_(False) * 2.0).requires_grad


def test_only_floating_point_tensors_require_gradients():
    with pytest.raises(RuntimeError, match=r"floating-point.*int64"):
        mg.tensor([1, 2]).requires_grad_()


def test_requires_grad_of_a_result_cannot_be_switched_off():
    with pytest.raises(RuntimeError, match=r"leaves only.*detach"):
        (leaf(1.0) * 2.0).requires_grad_(False)


def test_gradients_accumulate():
    x = leaf(3.0)
    for n in (1, 2, 3):
        (x * x).backward()
        assert float(x.grad) == 6.0 * n
    x.grad = None
    (x * 2.0).backward()
    assert float(x.grad) == 2.0


def test_a_leaf_can_be_its_own_output():
    x = leaf(3.0)
    x.backward()
    assert float(x.grad) == 1.0


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    "combine",
    [
        lambda x, y: x + y,
        lambda x, y: x.sum() + y.sum(),
        lambda x, y: mg.cat([x, y]),
        lambda x, y: mg.stack([x.reshape(2, 2), y.reshape(2, 2)]).flatten(),
        lambda x, y: (x.reshape(2, 2).T + y.reshape(2, 2)).flatten(),
        lambda x, y: mg.cat([x.clone(), y.flip(0)]),
    ],
)
def test_two_leaves_never_share_the_memory_of_a_gradient(combine, create_graph):
    x, y = leaf(1.0, 2.0, 3.0, 4.0), leaf(5.0, 6.0, 7.0, 8.0)
    result = combine(x, y)
    seed = mg.ones_like(result)
    result.backward(seed, create_graph=create_graph)
    with mg.no_grad():
        x.grad.mul_(0.0)
    assert y.grad.tolist() == [1.0] * 4
    assert seed.tolist() == mg.ones_like(result).tolist()


def test_a_gradient_that_was_accumulated_stays_independent():
    x, y = leaf(1.0), leaf(2.0)
    for _ in range(2):
        (x + y).backward()
    x.grad.mul_(0.0)
    assert float(y.grad) == 2.0


# -- changes in place ------------------------------------------------------------------------------


def test_a_leaf_that_requires_grad_is_changed_only_without_recording():
    x = leaf(1.0, 2.0)
    for change in (
        lambda: x.add_(1.0),
        lambda: x.__setitem__(0, 5.0),
        lambda: x.zero_(),
        lambda: x.__iadd__(1.0),
    ):
        with pytest.raises(RuntimeError, match=r"leaf that requires grad.*no_grad"):
            change()
    with mg.no_grad():
        x.add_(1.0)
        x += 1.0
        x[0] = 7.0
    assert x.tolist() == [7.0, 4.0] and x.requires_grad and x.is_leaf


CHANGES = {
    "fill_": lambda y, v: y.fill_(v[0, 0]),
    "fill_ with a number": lambda y, v: y.fill_(0.5),
    "copy_": lambda y, v: y.copy_(v[0]),
    "an element": lambda y, v: y.__setitem__((0, 1), v[1, 2]),
    "a row": lambda y, v: y.__setitem__(1, v[:1]),
    "a column with a number": lambda y, v: y.__setitem__((slice(None), 1), 0.5),
    "a block": lambda y, v: y.__setitem__((slice(None), slice(1, 3)), v[:, 1:]),
    "a mask": lambda y, v: y.__setitem__(y > 1.0, 0.0),
    "rows by number": lambda y, v: y.__setitem__([1, 0], v),
    "masked_fill_": lambda y, v: y.masked_fill_(y < 1.0, 3.0),
    "add_": lambda y, v: y.add_(v, alpha=2.0),
    "sub_": lambda y, v: y.sub_(v[0]),
    "mul_": lambda y, v: y.mul_(v),
    "div_": lambda y, v: y.div_(v + 3.0),
    "addcmul_": lambda y, v: y.addcmul_(v, v.cos(), value=0.5),
    "lerp_": lambda y, v: y.lerp_(v, 0.3),
    "clamp_": lambda y, v: y.clamp_(-0.5, 1.5),
    "scatter_": lambda y, v: y.scatter_(1, mg.tensor([[2], [0]]), v[:, :1]),
    "several": lambda y, v: (y.add_(1.0).mul_(0.5), y.__setitem__(0, v[1]), y.mul_(v)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_gradients_pass_through_changes_in_place(name):
    def changed(x, v):
        y = x * 2.0
        CHANGES[name](y, v)
        return y.sin()

    rng = np.random.default_rng(0)
    x, v = (
        mg.tensor(rng.uniform(-1.0, 1.0, (2, 3)), requires_grad=True, dtype="float64")
        for _ in range(2)
    )
    assert gradcheck(changed, [x, v])
    assert gradgradcheck(changed, [x, v])


def test_a_change_in_place_leaves_what_others_still_need():
    x = leaf(1.0, 2.0)
    y = (x + 1.0) / 2.0
    y.clamp_(0.0, 1.2)
    y.sum().backward()
    assert y.tolist() == [1.0, 1.2] and x.grad.tolist() == [0.5, 0.0]
    y = x * 2.0
    z = y * y
    y.add_(1.0)
    with pytest.raises(GraphError, match=r"'mul' .*changed in place"):
        z.sum().backward()


def test_a_tensor_into_which_a_learned_value_is_written_is_learned_too():
    x, y = mg.zeros(2, 2, dtype="float64"), leaf(1.0, 2.0)
    picture = x.clone()
    picture[:, 1] = y * 3.0
    assert picture.requires_grad and picture.tolist() == [[0.0, 3.0], [0.0, 6.0]]
    picture.sum().backward()
    assert y.grad.tolist() == [3.0, 3.0] and not x.requires_grad
    with mg.no_grad():
        picture[0, 0] = 5.0
    assert picture.tolist()[0] == [5.0, 3.0]


def test_a_change_in_place_keeps_the_shape():
    y = leaf(1.0) * 2.0
    with pytest.raises(RuntimeError, match=r"\(\) cannot become \(3,\) in place"):
        y.add_(mg.ones(3, dtype="float64"))


def test_augmented_assignment_to_a_result_changes_it():
    x = leaf(1.0, 2.0)
    y = x * 2.0
    before = y
    y += x
    y *= 3.0
    y -= 1.0
    y /= 2.0
    assert before is y and before.tolist() == [4.0, 8.5]
    y.sum().backward()
    assert x.grad.tolist() == [4.5, 4.5]


def test_augmented_assignment_collects_losses():
    x, total = leaf(3.0), mg.tensor(0.0, "float64")
    for _ in range(3):
        total += x * x
    total.backward()
    assert float(x.grad) == 18.0


def test_augmented_assignment_without_gradients_stays_in_place():
    x = mg.ones(3)
    memory, alias = x.array, x
    x += 1.0
    x *= 4.0
    x -= 2.0
    x /= 3.0
    assert x is alias and x.array is memory and x.tolist() == [2.0] * 3


def test_nothing_is_recorded_for_the_data_of_a_tensor():
    x, y = mg.zeros(2, dtype="float64"), leaf(1.0, 2.0)
    x.copy_(y.detach())
    assert x.tolist() == [1.0, 2.0] and not x.requires_grad
    y.data.copy_(y * 2.0)  # as PyTorch has it
    assert y.tolist() == [2.0, 4.0] and y.is_leaf


STALE = r"changed in place.*step\(\)"


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w.add_(1.0),
        lambda w: w.detach().mul_(2.0),
        lambda w: w.data.zero_(),
        lambda w: w[0].fill_(3.0),
        lambda w: w.reshape(2, 1).T.mul_(2.0),
        lambda w: w.detach().detach()[1:].zero_(),
        lambda w: setattr(w, "data", mg.ones(2, dtype="float64")),
    ],
)
def test_a_parameter_changed_between_forward_and_backward_is_noticed(change):
    w, x = leaf(2.0, 4.0), leaf(3.0, 5.0)
    loss = (w * x).sum()
    with mg.no_grad():
        change(w)
    with pytest.raises(GraphError, match=r"'mul'.*\(2,\).*" + STALE):
        loss.backward()


def test_d_stepped_before_the_backward_of_g_is_noticed():
    D, G = mg.nn.Linear(2, 1), mg.nn.Linear(3, 2)
    optimizer = mg.optim.SGD(D.parameters(), lr=0.1)
    fake = G(mg.randn(4, 3))
    loss = D(fake).mean()
    D(fake.detach()).mean().backward()
    optimizer.step()
    with pytest.raises(GraphError, match=STALE):
        loss.backward()


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[0],
        lambda x: x.T,
        lambda x: x.reshape(-1),
        lambda x: x.unsqueeze(0),
        lambda x: x[:1].expand(3, 2),
        lambda x: x.contiguous(),
        lambda x: x.detach(),
    ],
)
def test_a_change_of_the_memory_behind_a_view_is_noticed(view):
    x, w = mg.ones(2, 2, dtype="float64"), leaf(3.0)
    loss = (view(x) * w).sum()
    x.add_(1.0)
    with pytest.raises(GraphError, match=STALE):
        loss.backward()


@pytest.mark.parametrize("change", [lambda y: y.mul_(2.0), lambda y: y.detach()[0].zero_()])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "exp", "relu", "sqrt"])
def test_a_result_changed_before_its_own_backward_is_noticed(name, change):
    y = getattr(leaf(0.5, 1.0), name)()
    with mg.no_grad():
        change(y)
    with pytest.raises(GraphError, match=f"'{name}'.*" + STALE):
        y.sum().backward()


def test_a_change_that_no_rule_would_see_is_allowed():
    x, y = leaf(1.0, 2.0), mg.ones(2, dtype="float64")
    loss = (x + y).sum()
    y.add_(1.0)
    loss.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_change_before_the_forward_pass_is_allowed():
    w = leaf(2.0, 4.0)
    with mg.no_grad():
        w.mul_(2.0)
    (w * w).sum().backward()
    assert w.grad.tolist() == [8.0, 16.0]


# -- errors that say what to do --------------------------------------------------------------------


def test_backward_of_many_numbers_needs_a_gradient():
    with pytest.raises(GraphError, match=r"needs a scalar.*\(2,\).*\.mean\(\) or \.sum\(\)"):
        (leaf(1.0, 2.0) * 2.0).backward()


def test_backward_of_one_number_of_any_rank():
    x = leaf(2.0)
    (x.reshape(1, 1) * 3.0).backward()
    assert float(x.grad) == 3.0


def test_the_gradient_that_enters_must_look_like_the_tensor():
    y = leaf(1.0, 2.0) * 2.0
    with pytest.raises(GraphError, match=r"tensor is .*\(2,\).*gradient .*\(3,\)"):
        y.backward(mg.ones(3, dtype="float64"))
    with pytest.raises(GraphError, match=r"tensor is .*float64.*gradient .*float32"):
        y.backward(mg.ones(2))


def test_backward_of_a_tensor_without_history():
    with pytest.raises(GraphError, match=r"\(1,\) requires no grad: was it detached"):
        mg.ones(1).backward()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mg.ones(2, 3) + mg.ones(4), r"add\(float32 \(2, 3\), float32 \(4,\)\)"),
        (lambda: mg.ones(2, 3).reshape(4, 2), r"reshape.*\(2, 3\).*\(4, 2\)"),
        (lambda: mg.ones(2, 3) @ mg.ones(2, 3), r"matmul.*\(2, 3\) and \(2, 3\).*second last"),
        (lambda: mg.cat([mg.ones(2, 3), mg.ones(3, 2)]), r"cat.*\(2, 3\).*\(3, 2\)"),
        (lambda: mg.ones(2, 3).sum(2), r"dim 2 .*\(2, 3\)"),
        (lambda: mg.ones(2, 3)[5], r"take.*\(2, 3\)"),
        (lambda: mg.ones(2, 3).expand(4, 3), r"broadcast_to.*\(2, 3\).*\(4, 3\)"),
        (lambda: mg.where(mg.ones(2) > 0, mg.ones(3), 0.0), r"where.*\(2,\).*\(3,\)"),
        (
            lambda: mg.nn.functional.linear(mg.ones(2, 3), mg.ones(4, 5)),
            r"linear.*5 features.*\(2, 3\)",
        ),
    ],
)
def test_shape_errors_name_the_op_and_the_shapes(call, words):
    with pytest.raises((ValueError, IndexError), match=words):
        call()


def test_what_no_op_can_take_is_named():
    with pytest.raises(TypeError, match=r"mul\(float32 \(2,\), 'a'\)"):
        mg.ones(2) * "a"


def test_an_unknown_argument_is_answered_with_the_signature():
    with pytest.raises(TypeError, match=r"clamp.*low.*min"):
        ops.elementwise.clamp(mg.ones(2), low=0.1)


# -- ops of one's own ------------------------------------------------------------------------------


@op(x=lambda g, y: g * y, y=lambda g, x: g * x)
def times(x, y):
    return x * y


@op(x=lambda g, out, scale: g * out * scale)
def scaled_exp(x, scale=1.0):
    return B.xp.exp(x * scale)


def test_the_declaration_is_documented():
    words = sys.modules["minigan.autograd.op"].__doc__
    for word in ("@op(", "`g`", "`out`", "x_shape", "create_graph"):
        assert word in words


def test_an_op_of_ones_own_is_differentiable_twice():
    x, y = leaf(0.5, -1.0), leaf(2.0, 3.0)
    assert gradcheck(times, [x, y]) and gradgradcheck(times, [x, y])
    assert gradcheck(scaled_exp, x) and gradgradcheck(lambda x: scaled_exp(x, scale=0.3), x)


def test_an_op_takes_plain_arrays_as_well():
    x = B.xp.ones(3)
    result = times(x, 2.0)
    assert isinstance(result, B.ndarray) and float(result.sum()) == 6.0


def test_an_op_binds_names_and_defaults():
    x = leaf(0.5)
    assert float(scaled_exp(x)) == pytest.approx(np.exp(0.5))
    assert float(scaled_exp(scale=2.0, x=x)) == pytest.approx(np.exp(1.0))
    with pytest.raises(TypeError, match=r"scaled_exp: .*scale"):
        scaled_exp(x, factor=2.0)


def test_an_op_is_named_in_the_text_of_its_result():
    assert "grad_fn=<times>" in repr(times(leaf(1.0), 2.0))


def test_a_rule_may_serve_all_arguments_together():
    runs = []

    @op(together=lambda g, x, y: (runs.append(1), g * y, g * x)[1:])
    def product(x, y):
        return x * y

    x, y = leaf(0.5, -1.0), leaf(2.0, 3.0)
    assert gradcheck(product, [x, y]) and gradgradcheck(product, [x, y])
    runs.clear()
    product(x, y).sum().backward()
    assert len(runs) == 1


def test_an_op_may_take_any_number_of_tensors():
    @op(together=lambda g, weight: (None, g * weight, g * weight * 2.0, g * weight * 3.0))
    def mix(weight, *parts):
        return sum((i + 1) * weight * part for i, part in enumerate(parts))

    parts = [leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(5.0, 6.0)]
    assert gradcheck(lambda *parts: mix(0.5, *parts), parts)


def test_a_rule_that_asks_for_what_is_not_there_is_refused_at_once():
    with pytest.raises(TypeError, match=r"op 'f': {'z'} cannot be named.*'x'"):

        @op(x=lambda g, z: g * z)
        def f(x):
            return x

    with pytest.raises(TypeError, match=r"op 'f': {'y'} cannot be named"):

        @op(y=lambda g: g)
        def f(x):
            return x

    with pytest.raises(TypeError, match=r"op 'f': {'out'} cannot be named"):

        @op(view=True, x=lambda g, out: g * out)
        def f(x):
            return x

    with pytest.raises(TypeError, match=r"op 'f': {'g'} cannot be named"):

        @op()
        def f(g):
            return g


@pytest.mark.parametrize(
    "rule", [lambda g: g.sum(), lambda g: g.reshape(1, 2), lambda g: g.astype("float32")]
)
def test_a_rule_with_a_wrong_gradient_is_caught_and_named(rule):
    @op(x=rule)
    def broken(x):
        return x * 1.0

    with pytest.raises(GraphError, match=r"op 'broken': a rule returned .* \(\(2,\), 'float64'\)"):
        broken(leaf(1.0, 2.0)).backward(mg.ones(2, dtype="float64"))


def test_a_rule_written_with_the_array_library_is_told_to_use_ops():
    @op(x=lambda g, x: B.xp.multiply(g, x) * 2.0)
    def squared(x):
        return x * x

    x = leaf(1.0, 2.0)
    assert grad(squared(x).sum(), x)[0].tolist() == [2.0, 4.0]
    with pytest.raises(GraphError, match=r"(write rules with|use) ops"):
        grad(squared(x).sum(), x, create_graph=True)


def test_so_it_is_where_only_the_core_is_known():
    code = """
import minigan
from minigan import backend as B
from minigan.autograd import GraphError, grad, op

@op(x=lambda g, x: B.xp.multiply(g, x) * 2.0)
def squared(x):
    return x * x

x = minigan.tensor([1.0, 2.0], requires_grad=True)
try:
    grad(squared(x).sum(), x, create_graph=True)
except GraphError as error:
    print(error)
"""
    command, here = [sys.executable, "-c", code], {"PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **here}
    )
    assert "op 'squared': the rule of 'x'" in told.stdout and "write rules with" in told.stdout


def test_an_op_without_rules_ends_the_graph():
    @op()
    def steps(x):
        return B.xp.rint(x)

    assert not steps(leaf(1.2)).requires_grad


# -- gradcheck -------------------------------------------------------------------------------------


def test_gradcheck_finds_a_wrong_rule():
    @op(x=lambda g, x: g * x * 2.001)
    def square(x):
        return x * x

    with pytest.raises(GradcheckError, match=r"input 0 of shape \(2,\).*the rule gives"):
        gradcheck(square, leaf(1.0, 2.0), rtol=1e-5, atol=1e-6)


def test_a_forgotten_rule_is_noticed_as_soon_as_somebody_needs_it():
    @op(x=lambda g, y: g * y)
    def product(x, y):
        return x * y

    assert gradcheck(lambda x: product(x, mg.tensor([3.0, 4.0], "float64")), leaf(1.0, 2.0))
    with pytest.raises(GraphError, match=r"op 'product' knows no gradient for 'y': .detach\(\)"):
        product(leaf(1.0, 2.0), leaf(3.0, 4.0))


def test_gradcheck_finds_a_gradient_that_ends_too_early():
    with pytest.raises(GradcheckError, match="the rule gives 0"):
        gradcheck(lambda x: x.detach() * 2.0, leaf(1.0, 2.0))


def test_gradcheck_finds_a_fault_in_a_single_element():
    @op(x=lambda g, x: g * 2.0 * x * (B.xp.arange(6).reshape(2, 3) != 4))
    def square(x):
        return x * x

    x = mg.tensor(np.arange(1.0, 7.0).reshape(2, 3), requires_grad=True)
    with pytest.raises(GradcheckError):
        gradcheck(square, x)


def test_gradgradcheck_finds_a_rule_that_is_right_once_and_wrong_twice():
    @op(x=lambda g, out: g * out.detach() if isinstance(out, mg.Tensor) else g * out)
    def exp(x):
        return B.xp.exp(x)

    assert gradcheck(exp, leaf(0.3, 0.5))
    with pytest.raises(GradcheckError):
        gradgradcheck(exp, leaf(0.3, 0.5))


def test_gradcheck_accepts_a_function_that_ignores_an_input():
    assert gradcheck(lambda x, y: x * 2.0, [leaf(1.0), leaf(2.0)])


def test_gradcheck_asks_for_float64_and_for_something_to_check():
    with pytest.raises(ValueError, match=r"all of them float64"):
        gradcheck(mg.exp, leaf(1.0, dtype="float32"))
    with pytest.raises(ValueError, match="needs inputs that require grad"):
        gradcheck(mg.exp, mg.ones(2, dtype="float64"))


# -- dtypes and axes -------------------------------------------------------------------------------


def test_a_cast_takes_a_class_of_numpy_and_remembers_no_values():
    x = leaf(1.0, 2.0)
    y = ops.shape.astype(x, np.float32)
    x.array[...] = 5.0
    x.changed_in_place()
    y.sum().backward()
    assert y.dtype == "float32" and x.grad.dtype == "float64" and x.grad.tolist() == [1.0, 1.0]


def test_whole_numbers_carry_no_gradient():
    y = ops.shape.astype(leaf(1.5, 2.5), "int64")
    assert not y.requires_grad and y.grad_fn is None


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ops.shape.flatten(x, 2),
        lambda x: ops.shape.flatten(x, 0, -3),
        lambda x: ops.shape.unflatten(x, 2, (1, 2)),
        lambda x: ops.shape.cat([x, x], 2),
        lambda x: ops.shape.stack([x, x], -4),
    ],
)
def test_axes_that_are_not_there_are_refused(call):
    with pytest.raises(IndexError, match=r"dim .*out of range"):
        call(mg.zeros(2, 2))
