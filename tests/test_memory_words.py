"""PyTorch's words for memory: out, which a result is written into, memory_format and the like."""

import warnings

import numpy as np
import pytest

import minigan.torch as mg
from minigan.backend import to_host

pytestmark = pytest.mark.usefixtures("backend")

WRITTEN = """
    y = t.zeros(3); r = t.add(x, 1, out=y); assert r is y
    y = t.zeros(3); t.mul(x, 2, out=y); t.exp(y, out=y); t.clamp(y, 0.5, 1.5, out=y)
    y = t.zeros(3, dtype=t.float64); t.sub(x, n, out=y)
    y = t.zeros(3); t.mul(n, 2, out=y)
    y = t.empty(0); t.cat([x, x], out=y)
    y = t.zeros(2); t.stack([x, x], out=y)
    y = t.zeros(3, 3); t.sum(t.outer(x, x), 0, out=y[1]); t.mul(x, 3, out=y[:, 2])
    y = t.empty(3, 3); t.matmul(x[:, None], x[None], out=y)
    y = t.zeros(3); t.ones(3, out=y); t.add(y, x, out=y)
    y = t.zeros(3, dtype=t.int64); t.add(x, 1, out=y)
    y = t.zeros(3, dtype=t.bool); t.add(n, 1, out=y)
    y = t.zeros(3, dtype=t.bool); t.gt(x, 0, out=y)
    y = t.zeros(3); t.mul(w, 2, out=y)
    y = t.zeros(3, requires_grad=True); t.mul(x, 2, out=y)
    y = t.zeros(3); t.no_grad()(t.mul)(w, 2, out=y)
    y = x.clone(memory_format=t.preserve_format) + t.clone(x, memory_format=t.contiguous_format)
    y = x.reshape(1, 3, 1, 1).contiguous(memory_format=t.channels_last) * 2
    y = x.reshape(1, 3, 1, 1); y = y.to(memory_format=t.channels_last); y.mul_(2)
    y = x.double(memory_format=t.preserve_format).cpu(memory_format=t.preserve_format)
    y = t.zeros_like(x, memory_format=t.preserve_format) + t.ones_like(x, layout=t.strided)
    y = t.full_like(x, 2.0, memory_format=t.preserve_format, pin_memory=False)
    y = t.rand_like(x, memory_format=t.contiguous_format) * 0 + x.new_full((3,), 3, pin_memory=False)
    y = t.zeros(2, 3, layout=t.strided) + t.empty(3, memory_format=t.contiguous_format).fill_(1)
    y = t.tensor([1.0], pin_memory=False) + t.full((2,), 3.0, layout=t.strided)
    y = t.arange(3, layout=t.strided) + t.eye(3, layout=t.strided)
    y = t.linspace(0, 1, 3, pin_memory=False) + t.randn(2, 3, pin_memory=False) * 0
    y = t.randint(1, 2, (3,), layout=t.strided) + t.randperm(1, pin_memory=False)
    y = t.normal(1.0, 0.0, (3,), layout=t.strided)
"""


def outcome(t, program):
    scope = {"t": t, "x": t.tensor([0.5, -1.0, 2.0]), "n": t.tensor([1, 2, 3])}
    scope["w"] = t.tensor([0.5, -1.0, 2.0], requires_grad=True)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        try:
            exec(program, scope)
        except RuntimeError:
            return "refused"
    y = scope["y"].detach()
    values = to_host(y.array) if t is mg else y.numpy()
    resized = any("resized" in str(warning.message) for warning in said)
    return str(y.dtype).removeprefix("torch."), resized, values


@pytest.mark.parametrize("program", [line.strip() for line in WRITTEN.strip().splitlines()])
def test_they_mean_what_they_mean_in_pytorch(torch, program):
    ours, theirs = outcome(mg, program), outcome(torch, program)
    assert ours[:2] == theirs[:2]
    if theirs != "refused":
        np.testing.assert_allclose(ours[2], theirs[2], rtol=1e-6)


def test_a_network_and_its_images_may_be_said_to_lie_channels_last(torch):
    def trained(m):
        net = m.nn.Sequential(m.nn.Conv2d(1, 2, 2), m.nn.ReLU(True), m.nn.Flatten())
        net.load_state_dict({"0.weight": m.arange(8.0).reshape(2, 1, 2, 2), "0.bias": m.ones(2)})
        net = net.to(memory_format=m.channels_last)
        x = m.arange(18.0).reshape(2, 1, 3, 3).to(memory_format=m.channels_last)
        x -= 8.0
        net(x).mean().backward()
        return [p.grad.flatten().tolist() for p in net.parameters()]

    assert trained(mg) == trained(torch)


def test_what_is_not_here_is_refused_by_name():
    x, y, n = mg.ones(2, 3), mg.zeros(3), mg.zeros(3, dtype=mg.int64)
    with pytest.raises(TypeError, match="max: out is one tensor"):
        mg.max(x, 0, out=(y, n))
    with pytest.raises(TypeError, match=r"zeros: .*layout='torch\.sparse_coo'.* leave them out"):
        mg.zeros(2, layout="torch.sparse_coo")
    with pytest.raises(NotImplementedError, match="memory_format of a tensor is not known here"):
        x.is_contiguous(memory_format=mg.channels_last)
    image = mg.ones(1, 3, 1, 1)  # which PyTorch returns itself
    last = (
        image.contiguous(memory_format=mg.channels_last),
        image.to(memory_format=mg.channels_last),
    )
    for changed in (image, *last):
        with pytest.raises(RuntimeError, match="a change in place is not possible here"):
            changed.zero_()
    with pytest.raises(RuntimeError, match="no gradient flows through out"):
        mg.add(mg.ones(3, requires_grad=True), 1, out=y)
