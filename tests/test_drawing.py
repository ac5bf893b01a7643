"""Drawn graphs: each op, leaf and arrow of small known ones, names that hold, and pictures by Graphviz."""

import re
import shutil
import sys
import xml.etree.ElementTree as ET

import pytest

import minigan
import minigan.torch as mg
from minigan import nn
from minigan.autograd import GraphError, draw
from minigan.errors import UserError
from minigan.watching import drawing

BOX = re.compile(r'^    (b\d+) \[label="((?:[^"\\]|\\.)*)"(.*)\]$', re.MULTILINE)
ARROW = re.compile(r"^    (b\d+) -> (b\d+)", re.MULTILINE)


def read(drawn):
    """The boxes of a drawing as {label: kind}, and its arrows as sorted pairs of labels."""
    kinds = {drawing.LEAF: "leaf", drawing.CONSTANT: "constant", drawing.RESULT: "result", "": "op"}
    found = BOX.findall(str(drawn))
    labels = {box: label.replace("\\n", " ") for box, label, _ in found}
    arrows = [(labels[a], labels[b]) for a, b in ARROW.findall(str(drawn))]
    return {labels[box]: kinds[style.strip()] for box, _, style in found}, sorted(arrows)


def leaf(*shape):
    return minigan.ones(*shape).requires_grad_()


@pytest.fixture
def dot():
    """Graphviz, the package and the program."""
    pytest.importorskip("graphviz")
    if not shutil.which("dot"):
        pytest.skip("no program dot here")


# -- what is drawn ---------------------------------------------------------------------------------


def test_a_product_and_its_sum(backend):
    x, w = leaf(2, 3), leaf(3)
    boxes, arrows = read(draw((x * w).sum(), x=x))
    assert boxes == {
        "x (2, 3)": "leaf",
        "leaf (3,)": "leaf",
        "mul (2, 3)": "op",
        "sum ()": "result",
    }
    assert arrows == [
        ("leaf (3,)", "mul (2, 3)"),
        ("mul (2, 3)", "sum ()"),
        ("x (2, 3)", "mul (2, 3)"),
    ]


def test_an_argument_that_is_used_twice_has_two_arrows():
    a = leaf(2)
    b = a + a
    boxes, arrows = read(draw(b * b, a=a, b=b))
    assert boxes == {"a (2,)": "leaf", "b = add (2,)": "op", "mul (2,)": "result"}
    assert arrows == [("a (2,)", "b = add (2,)")] * 2 + [("b = add (2,)", "mul (2,)")] * 2


def test_a_network_gives_its_parameters_their_names():
    D = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))
    x = minigan.rand(5, 4)
    boxes, arrows = read(draw(D(x).mean(), D=D, x=x))
    leaves = {"D.0.weight (3, 4)", "D.0.bias (3,)", "D.2.weight (1, 3)", "D.2.bias (1,)"}
    assert {name for name, kind in boxes.items() if kind == "leaf"} == leaves
    assert {name for name, kind in boxes.items() if kind == "constant"} == {"x (5, 4)"}
    assert set(boxes) - leaves == {
        "x (5, 4)",
        "affine (5, 3)",
        "tanh (5, 3)",
        "affine (5, 1)",
        "mean ()",
    }
    assert [b for a, b in arrows if a == "x (5, 4)"] == ["affine (5, 3)"]


def test_several_results_share_what_they_share():
    D = nn.Linear(2, 1)
    real, fake = D(minigan.ones(3, 2)).mean(), D(minigan.zeros(4, 2)).mean()
    boxes, arrows = read(draw(real, fake, D=D, real=real, fake=fake))
    assert [boxes[f"{name} = mean ()"] for name in ("real", "fake")] == ["result"] * 2
    assert sorted(b for a, b in arrows if a == "D.weight (1, 2)") == [
        "affine (3, 1)",
        "affine (4, 1)",
    ]
    assert sum(label.startswith("D.weight") for label in boxes) == 1


def test_a_result_between_others_can_be_drawn_too():
    y = leaf(2) * 2.0
    assert read(draw(y, y.sum()))[0] == {
        "leaf (2,)": "leaf",
        "mul (2,)": "result",
        "sum ()": "result",
    }


def test_other_numbers_than_float32_are_named():
    x = minigan.ones(2, dtype="float64").requires_grad_()
    mask = minigan.tensor([True, False])
    boxes, _ = read(draw(mg.where(mask, x, 0.0), x=x, mask=mask))
    assert {"x (2,) float64": "leaf", "mask (2,) bool": "constant"}.items() <= boxes.items()


def test_gradients_have_graphs_as_well():
    x = leaf(3)
    y = x * x
    (slope,) = minigan.grad(y.sum(), x, create_graph=True)
    boxes, arrows = read(draw((slope * slope).sum(), x=x, slope=slope))
    assert "slope = add (3,)" in boxes and boxes["x (3,)"] == "leaf"
    assert [a for a, b in arrows if b == "slope = add (3,)"] == ["mul (3,)"] * 2
    assert sum(a == "x (3,)" for a, _ in arrows) == 2  # once in each part of the product's rule


def test_after_backward_the_graph_is_there_but_for_constants():
    D, x = nn.Linear(2, 1), minigan.ones(3, 2)
    loss = D(x).mean()
    before = read(draw(loss, D=D, x=x))
    loss.backward(retain_graph=True)
    assert read(draw(loss, D=D, x=x)) == before
    loss.backward()
    boxes, arrows = read(draw(loss, D=D, x=x))
    assert before[0].items() - boxes.items() == {("x (3, 2)", "constant")}
    assert set(before[1]) - set(arrows) == {("x (3, 2)", "affine (3, 1)")}


def test_hooks_change_nothing_in_the_picture():
    x = leaf(2)
    y = x * 2.0
    before = str(draw(y.sum(), x=x, y=y))
    mg.Tensor.register_hook(y, lambda gradient: gradient)
    assert str(draw(y.sum(), x=x, y=y)) == before and "y = mul" in before


def test_a_function_of_ones_own_goes_by_its_name():
    class Twice(mg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2.0

        @staticmethod
        def backward(ctx, g):
            return g * 2.0

    boxes, _ = read(draw(Twice.apply(leaf(2))))
    assert boxes == {"leaf (2,)": "leaf", "Twice (2,)": "result"}


def test_a_long_chain_is_drawn_without_recursion():
    y = leaf(1)
    for _ in range(20_000):
        y = -y
    boxes, arrows = BOX.findall(str(draw(y))), ARROW.findall(str(draw(y)))
    assert len(boxes) == 20_001 and len(arrows) == 20_000
    assert draw(y)._repr_svg_() is None  # a notebook would wait for it


# -- names -----------------------------------------------------------------------------------------


HARD = 'a "b" \\ c\\n <i>&amp;</i> é;}'


def test_any_name_is_spelled_rightly(dot):
    x = leaf(2)
    drawn = draw(x * 2.0, **{HARD: x})
    texts = [
        element.text
        for element in ET.fromstring(drawn.svg()).iter()
        if element.tag.endswith("text")
    ]
    assert sorted(texts) == sorted([HARD, "(2,)", "mul", "(2,)"])


def test_what_is_no_network_and_no_tensor_is_refused_by_name():
    with pytest.raises(TypeError, match="draw: nets is a list, no network and no tensor"):
        draw(leaf(2) * 2.0, nets=[nn.Linear(2, 1)])


@pytest.mark.parametrize(
    ("tensor", "why"),
    [
        (
            minigan.ones(2),
            "was detached, computed under no_grad, or from nothing that requires grad",
        ),
        ((leaf(2) * 2.0).detach(), "was detached"),
        (leaf(2), "nothing was computed to get this leaf; draw what was computed from it"),
    ],
)
def test_a_tensor_without_history_is_refused(tensor, why):
    with pytest.raises(
        GraphError, match=rf"draw: a tensor of shape \(2,\) has no history: .*{why}"
    ):
        draw(tensor)


def test_nothing_is_refused():
    with pytest.raises(TypeError, match="draw: Linear is no tensor"):
        draw(nn.Linear(2, 1))
    with pytest.raises(TypeError, match=r"draw\(loss\)"):
        draw()


# -- pictures --------------------------------------------------------------------------------------


def test_a_picture_has_a_box_for_each_and_no_ground(dot, tmp_path):
    D = nn.Linear(2, 1)
    drawn = draw(D(minigan.ones(3, 2)).mean(), D=D)
    drawn.save(tmp_path / "graph.svg")
    text = (tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert text == drawn.svg() == drawn._repr_svg_()
    picture = ET.fromstring(text)
    titles = [e.text for e in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert sorted(t for t in titles if re.fullmatch(r"b\d+", t)) == ["b0", "b1", "b2", "b3", "b4"]
    assert len([t for t in titles if "->" in t]) == 4
    assert not re.search(r'<polygon fill="(white|#ffffff)"', text)  # what lies behind shows through


@pytest.mark.parametrize("name", ["graph.dot", "graph.GV"])
def test_the_text_needs_no_graphviz(name, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    drawn = draw(leaf(2) * 2.0)
    drawn.save(tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8") == drawn.source == str(drawn)
    assert drawn.source.startswith("digraph minigan {") and drawn.source.endswith("}\n")


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"cannot save .*graph.png: choose .svg, or .dot or .gv"):
        draw(leaf(2) * 2.0).save(tmp_path / "graph.png")
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_the_cure_is_said(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    drawn = draw(leaf(2) * 2.0)
    with pytest.raises(
        UserError, match=r'package graphviz is not installed: pip install "minigan\[draw\]"'
    ):
        drawn.save(tmp_path / "graph.svg")
    assert list(tmp_path.iterdir()) == []
    assert drawn._repr_svg_() is None and "boxes: .save('graph.svg') draws it" in repr(drawn)


def test_without_the_program_the_cure_is_said(monkeypatch):
    pytest.importorskip("graphviz")
    monkeypatch.setenv("PATH", "")
    drawn = draw(leaf(2) * 2.0)
    with pytest.raises(
        UserError, match=r"program dot was not found: .*https://graphviz.org/download"
    ):
        drawn.svg()
    assert drawn._repr_svg_() is None


# -- where it is -----------------------------------------------------------------------------------


def test_it_is_reached_from_the_core_and_from_minigan_torch():
    assert draw is minigan.autograd.draw is mg.autograd.draw is drawing.draw


def test_what_autograd_has_not_is_refused_with_where_it_is():
    with pytest.raises(AttributeError, match=r"has no 'Function': it is in minigan.torch.autograd"):
        minigan.autograd.Function  # noqa: B018
