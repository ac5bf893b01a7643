"""Who does the work: threads that wait for processes here or, under mpiexec, the ranks of MPI."""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from minigan.errors import UserError
from minigan.kernels.cpu import count

SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")  # mpiexec says how many it has started,
OTHERS = "PMIX_RANK"  # or this alone, in a process of one or of many
RANKS = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK")
RANKS_HERE = ("OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS")  # Open MPI; MPICH and Intel MPI
PAUSE = 0.02  # seconds between two looks for a message: a rank that waits leaves its core alone


@contextlib.contextmanager
def of_mpi() -> Iterator[Any]:
    """The other ranks as an executor, None where mpiexec has started no others.

    On those other ranks this works for rank 0 until it has done all, then exits. Raises UserError
    where MPI for Python is missing, or belongs to another MPI than the one that has started us.
    """
    started = next((int(os.environ[name]) for name in SIZES if name in os.environ), 0)
    if started == 1 or not (started or OTHERS in os.environ):
        yield None
        return
    try:
        MPI = importlib.import_module("mpi4py.MPI")
        futures = importlib.import_module("mpi4py.futures")
    except (ImportError, OSError, RuntimeError) as error:  # the last where no MPI is installed
        if next((os.environ[name] for name in RANKS if name in os.environ), "0") != "0":
            sys.exit(2)  # one rank says it
        raise UserError(
            f'under mpiexec runs are handed out by mpi4py ({error}): pip install "minigan[mpi]", '
            f"or start the sweep without mpiexec"
        ) from None
    if (size := MPI.COMM_WORLD.size) < started:
        raise UserError(
            f"{started} processes were started, and mpi4py is told of {size}: it is built on "
            f"another MPI than this mpiexec, so each would train every run; start the sweep by "
            f"the mpiexec of that one, or without"
        )
    if size == 1:
        yield None
        return
    with futures.MPICommExecutor(MPI.COMM_WORLD, root=0, backoff=PAUSE) as ranks:
        if ranks is not None:
            yield ranks
    if ranks is None:
        sys.exit(0)


@contextlib.contextmanager
def hands(ranks: Any, jobs: int) -> Iterator[list[Executor]]:
    """An executor for each run that may be at work at a time; rank 0 has a run of its own too."""
    with ThreadPoolExecutor(jobs) as here:
        others = importlib.import_module("mpi4py.MPI").COMM_WORLD.size - 1 if ranks else 0
        yield [here] * jobs + [ranks] * others


def cores() -> int:
    """How many this process may use, or the time of how many in a container."""
    return count.cpus()[0]


def threads_for(jobs: int | None) -> int:
    """For each of so many processes on this machine; None: one for each rank that runs on it.

    A launcher may have given each rank cores of its own, which are then all that it has; a
    container's time is for all ranks in it.
    """
    if jobs is not None:
        return max(1, cores() // jobs)
    here = next((int(os.environ[name]) for name in RANKS_HERE if name in os.environ), None)
    all_here = min(filter(None, (os.cpu_count(), count.quota())), default=1)
    return max(1, min(cores(), all_here // here if here else 1))
