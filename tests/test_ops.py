"""Every op and layer, held against finite differences and against PyTorch."""

import sys

import numpy as np
import pytest
from cases import CASES, public_functions
from hypothesis import given, settings
from hypothesis import strategies as st

import minigan.torch as mg
from minigan import backend as B
from minigan.autograd import grad, gradcheck
from minigan.torch.autograd import gradgradcheck

pytestmark = pytest.mark.usefixtures("backend")


def having(order):
    chosen = [case for case in CASES if case.order >= order]
    return pytest.mark.parametrize("case", chosen, ids=[case.name for case in chosen])


# -- the table -------------------------------------------------------------------------------------


def test_every_public_function_and_layer_has_a_case():
    assert public_functions() - {case.covers for case in CASES} == set()


@settings(max_examples=1)
@given(data=st.data())
def test_the_cases_reach_every_declared_op(backend, data):
    if backend != "numpy":
        return  # the ops are the same
    met = set()
    op = sys.modules["minigan.autograd.op"]
    with pytest.MonkeyPatch.context() as patch:
        record = op._record
        patch.setattr(op, "_record", lambda op, args: (met.add(op), record(op, args))[1])
        for case in CASES:
            example = data.draw(case.examples)
            inputs = example.inputs()
            result = case(mg, example, inputs)
            if case.order == 2:
                grad(result, inputs, mg.ones_like(result), create_graph=True, allow_unused=True)
    declared = {
        value.op
        for name, module in sys.modules.items()
        if name.startswith("minigan.")
        and name != "minigan.onnx.translations"  # of traces alone
        and not name.startswith("minigan.examples.")  # a program's own: tested with it
        for value in vars(module).values()
        if callable(value) and isinstance(getattr(value, "op", None), op.Op)
    }
    assert {op.name for op in declared - met} == set()


@having(order=1)
@given(data=st.data())
def test_gradients_agree_with_finite_differences(case, data):
    example = data.draw(case.examples)
    assert gradcheck(lambda *inputs: case(mg, example, inputs), example.inputs())


@having(order=2)
@given(data=st.data())
def test_gradients_of_gradients_agree_with_finite_differences(case, data):
    example = data.draw(case.examples)
    assert gradgradcheck(lambda *inputs: case(mg, example, inputs), example.inputs())


@having(order=0)
@given(data=st.data())
def test_values_and_gradients_are_those_of_pytorch(torch, case, data):
    if not case.in_torch:
        pytest.skip("PyTorch has no such function")
    example = data.draw(case.examples)
    inputs = example.inputs()
    theirs_in = [torch.tensor(B.to_host(x.array).copy(), requires_grad=True) for x in inputs]
    ours, theirs = case(mg, example, inputs), case(torch, example, theirs_in)
    agree(torch, ours, theirs)
    if case.order:
        weight = np.random.default_rng(0).standard_normal(ours.shape)
        ours.backward(mg.tensor(weight))
        theirs.backward(torch.tensor(weight))
        for x, t in zip(inputs, theirs_in, strict=True):
            agree(torch, mg.zeros_like(x) if x.grad is None else x.grad,
                  torch.zeros_like(t) if t.grad is None else t.grad)  # fmt: skip


def agree(torch, ours, theirs):
    assert ours.shape == tuple(theirs.shape)
    assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
    np.testing.assert_allclose(
        B.to_host(ours.array), theirs.detach().numpy(), rtol=1e-10, atol=1e-10
    )


@having(order=0)
@given(data=st.data())
def test_float32_stays_float32(case, data):
    example = data.draw(case.examples)
    inputs = example.inputs("float32")
    result = case(mg, example, inputs)
    assert result.dtype.kind != "f" or result.dtype == "float32"
    assert result.requires_grad is (case.order > 0)
    if case.order:
        result.backward(mg.ones_like(result))
        assert {x.grad.dtype for x in inputs if x.grad is not None} <= {np.dtype("float32")}
