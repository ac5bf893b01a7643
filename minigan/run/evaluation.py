"""evaluation.json, which `minigan evaluate` leaves beside a run: whether it tells of its end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minigan.opening import opened
from minigan.run import files


def of_end(folder: Path, epochs: int, tell: Callable[[str], None]) -> dict[str, Any] | None:
    """What there is in the file, if it is of the weights after so many epochs and by the command's
    own defaults: only such ones compare. Else None; `tell` takes a line on why it is left out.

    Scores that are not finite, for which JSON has no word, are NaN.
    """
    path = folder / files.EVALUATION
    try:
        with opened(path) as file:
            found = json.loads(file.read().decode())
        files.checked(found, {"scores": {}, "rows": {}})
        of = found["epochs"], dict(found.get("asked", {}))
        for row in (found["scores"], *found["rows"].values()):
            row.update({name: float("nan") if x is None else float(x) for name, x in row.items()})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        tell(f"{path} is damaged, and left out: {type(error).__name__}")
        return None
    if of != (epochs, {}):
        words = "".join(f", {name} {value}" for name, value in of[1].items())
        tell(f"{path} is left out: it is of {of[0]} of {epochs} epochs{words}")
        return None
    return found
