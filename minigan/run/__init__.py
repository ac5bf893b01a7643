"""What surrounds a training loop: options, progress, checkpoints, logs, pictures, a clean end.

    options = run.options("mnist_dense", __doc__, epochs=101, batch_size=64, lr=run.rate(3e-4, "…"))
    ...
    with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
        for epoch in r.epochs():
            for images, _ in r.batches(loader):
                ...  # the steps of D and G, in full view
                r.log(loss_D=loss_D, loss_G=loss_G)

    run.program(main)

Reading order: command_line, loop, history, state, progress, ending; watch, health and events, which
look on; then results and report, and files, table, versions and reading.
"""

from minigan.run.command_line import (
    Option,
    Parser,
    backend,
    choice,
    choose_backend,
    count,
    counts,
    flag,
    fraction,
    load_data,
    options,
    rate,
    switch,
    weight,
)
from minigan.run.ending import Diverged, program
from minigan.run.loop import Interrupted, Run
from minigan.run.reading import load_network

__all__ = [
    "Diverged",
    "Interrupted",
    "Option",
    "Parser",
    "Run",
    "backend",
    "choice",
    "choose_backend",
    "count",
    "counts",
    "flag",
    "fraction",
    "load_data",
    "load_network",
    "options",
    "program",
    "rate",
    "switch",
    "weight",
]
