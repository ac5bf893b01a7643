"""docs/pytorch.md, which lists what is refused: every line of it is run, and its message compared."""

import re
from pathlib import Path

import pytest

from minigan import backend as B
from minigan.data.files import cache_folder

PAGE = (Path(__file__).parent.parent / "docs" / "pytorch.md").read_text(encoding="utf-8")
(NAMES,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
CELL = r"((?:\\\||[^|])+)"
ROWS = re.findall(rf"^\| `{CELL}` \| {CELL} \| `{CELL}` \|$", PAGE, flags=re.MULTILINE)


def test_the_page_is_read():
    assert len(ROWS) == PAGE.count("\n| `") > 80
    assert all(why.strip() for _, why, _ in ROWS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("code", "message"), [(code, message) for code, _, message in ROWS])
def test_it_is_refused_in_these_words(code, message, tmp_path, monkeypatch):
    assert B.name == "numpy"
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MINIGAN_DATA", raising=False)
    names = {}
    exec(NAMES, names)
    with pytest.raises(Exception) as refusal:
        exec(code.replace("\\|", "|"), names)
    said = f"{type(refusal.value).__name__}: {refusal.value}".replace("`", "'")
    said = said.replace(str(cache_folder()), "~/.cache/minigan")  # on any machine
    assert said == message.replace("\\|", "|")
