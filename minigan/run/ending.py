"""How a program ends: its exit code, and one line instead of a traceback where a person can help.

0: done. 2: a mistake in what was asked for (UserError), or no memory. 130: stopped by Ctrl-C or
SIGTERM. 141: the reader of its output went away.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from minigan.errors import UserError


def program(main: Callable[[], object]) -> NoReturn:
    """Run `main` and exit. What is nobody's mistake but the program's keeps its traceback."""
    try:
        main()
        sys.stdout.flush()
        code = 0
    except UserError as error:
        code = _fail(str(error))
    except MemoryError as error:
        code = _fail(f"out of memory ({error}); try a smaller --batch-size")
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressing it again changes nothing
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        code = 141
    sys.exit(code)


def _fail(message: str) -> int:
    line = " ".join(message.split())
    print(f"{os.path.basename(sys.argv[0])}: error: {line}", file=sys.stderr)
    return 2
