"""What beginners write by mistake: an error of PyTorch's kind, whose one line says what to do.

Here are the mistakes that no other test has; shapes that do not fit are in test_refused.py, what is
absent in test_missing.py and test_differences.py.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from beginner_rows import IN_BOTH, IN_PYTORCHS_ROOM, IN_THE_CORE, kinds_of, names, rows

import minigan.torch as mg
from minigan.torch.utils.data import DataLoader

HERE = Path(__file__).parent
KINDS = TypeError, ValueError, RuntimeError, IndexError  # others, of PyTorch's, are no answer

ACCEPTED = {  # by PyTorch, which fails later or trains on what nobody meant
    'nn.Conv2d(3, 64, 3, "same")',
    "nn.Conv2d(3, 64, 4, 2, 1.5)",
    "nn.ReLU(m.ones(2))",
    "nn.LeakyReLU(m.ones(2))",
    "nn.Flatten(m.ones(2, 3, 4))",
    'DataLoader("path/to/images", 2)',
    "DataLoader(None, 2)",
    "DataLoader(dict, 2)",
}


def check(code, kind, words, found):
    kinds, said = found
    assert kinds and kind in kinds, f"{code}: {kinds} {said}"
    assert re.search(words, said), said
    assert "\n" not in said


@pytest.fixture(scope="module")
def of_the_core():
    """What the core says: in a process without PyTorch's room, which gives tensors more words."""
    command = [sys.executable, HERE / "beginner_rows.py"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_the_core_says_so(of_the_core):
    table = rows(IN_BOTH + IN_THE_CORE)
    assert len(of_the_core) == len(table) > 60
    for (code, kind, words), found in zip(table, of_the_core, strict=True):
        check(code, kind, words, found)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    rows(IN_BOTH + IN_PYTORCHS_ROOM),
    ids=[code for code, *_ in rows(IN_BOTH + IN_PYTORCHS_ROOM)],
)
def test_pytorchs_room_says_so(code, kind, words):
    check(code, kind, words, kinds_of(code, names(mg, DataLoader, mg.nn.functional)))


def test_pytorch_refuses_by_the_same_kind(torch):
    known = names(torch, torch.utils.data.DataLoader, torch.nn.functional)
    wrong = []
    for code, kind, _ in rows(IN_BOTH + IN_PYTORCHS_ROOM):
        theirs, said = kinds_of(code, known)
        if theirs is None:
            wrong += [] if code in ACCEPTED else [f"{code}: accepted"]
        elif any(each.__name__ in theirs for each in KINDS):
            ours, _ = kinds_of(code, names(mg, DataLoader, mg.nn.functional))
            shared = {*ours, kind} & {*theirs} & {each.__name__ for each in KINDS}
            wrong += [] if shared else [f"{code}: {theirs[0]} {said.splitlines()[0]}"]
    assert wrong == []


def test_named_parameters_are_taken_as_in_pytorch(torch):
    """Where PyTorch accepts what looks like a mistake, so do we."""
    groups = []
    for m in (mg, torch):
        net = m.nn.Linear(2, 1)
        for given in (net.named_parameters(), [{"params": net.named_parameters()}]):
            optimizer = m.optim.Adam(given)
            (group,), (saved,) = optimizer.param_groups, optimizer.state_dict()["param_groups"]
            assert group["params"][0] is net.weight
            groups.append((group["param_names"], saved["params"], saved["param_names"]))
            optimizer.load_state_dict(optimizer.state_dict())
    assert groups == [(["weight", "bias"], [0, 1], ["weight", "bias"])] * 4
