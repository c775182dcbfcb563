"""Where the trainings of a comparison run: here, on processes, or on an executor of somebody's own.

Whatever happens to a worker, what is finished is kept, and what is not is done again.
"""

from __future__ import annotations

import multiprocessing
import operator
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Final

from dialogue_nb.core.exceptions import ComparisonError
from dialogue_nb.evaluation.cells import Job, Stop, StoppedError, run_cell
from dialogue_nb.evaluation.comparison import CellResult

Deliver = Callable[[Job, CellResult | BaseException], None]

_SECONDS_BETWEEN: Final = 0.1
_PATIENCE: Final = 5.0
"""How long workers that were told to stop may take, in seconds."""
_MOST_LOSSES: Final = 3
"""How often in a row workers may die before anything is finished."""

_stop_of_this_process: Stop | None = None


def do_here(jobs: Sequence[Job], stop: Stop, deliver: Deliver) -> None:
    """Does trainings in this process, one after the other.

    Args:
        jobs: The trainings.
        stop: Once it is set, no more is done.
        deliver: Is given each training with what came out, or what it raised.
    """
    for job in jobs:
        if stop.is_set():
            return
        try:
            result: CellResult | BaseException = run_cell(job, stop)
        except StoppedError:
            return
        except Exception as problem:
            result = problem
        deliver(job, result)


def do_on_processes(jobs: Sequence[Job], count: int, stop: Stop, deliver: Deliver) -> None:
    """Does trainings on processes of their own; one that dies is replaced.

    Args:
        jobs: The trainings.
        count: How many processes.
        stop: Once it is set, no more is done.
        deliver: As for `do_here`.

    Raises:
        ComparisonError: If they keep dying, or a policy cannot be sent to them.
    """
    _check_sendable(jobs)
    left, losses = list(jobs), 0
    while left and not stop.is_set():
        before = len(left)
        with _processes(min(count, len(left))) as (pool, halt):
            done = _gather({pool.submit(_run_in_worker, job): job for job in left}, stop, deliver)
            if stop.is_set():
                halt.set()
        left = [job for job in left if job.cell not in done]
        losses = losses + 1 if len(left) == before else 1
        if losses >= _MOST_LOSSES:
            raise ComparisonError(
                f"The worker processes died {losses} times without finishing anything, the last "
                f"time at one of: {', '.join(str(job.cell) for job in left[:count])}. Perhaps the "
                "memory is too small: use fewer processes. A script that uses processes must do so "
                "under if __name__ == '__main__'."
            )


def do_on_executor(jobs: Sequence[Job], executor: Executor, stop: Stop, deliver: Deliver) -> None:
    """Does trainings on an executor of somebody's own, which stays open.

    Args:
        jobs: The trainings.
        executor: Any of `concurrent.futures`, or what Dask's `client.get_executor()` gives.
        stop: Once it is set, what has not begun is not done any more.
        deliver: As for `do_here`.

    Raises:
        ComparisonError: If its workers died, or a policy cannot be sent to them.
    """
    if isinstance(executor, ProcessPoolExecutor):
        _check_sendable(jobs)
    done = _gather({executor.submit(run_cell, job): job for job in jobs}, stop, deliver)
    if len(done) < len(jobs) and not stop.is_set():
        raise ComparisonError(
            f"The executor's workers died; {len(done)} of {len(jobs)} trainings were finished. "
            "What is finished is kept: compare again with a new executor to go on."
        )


def _gather(futures: Mapping[Future[CellResult], Job], stop: Stop, deliver: Deliver) -> set[Any]:
    """Delivers what is finished as it comes; gives the cells that are settled."""
    settled, waiting = set(), set(futures)
    try:
        while waiting and not stop.is_set():
            ready, waiting = wait(waiting, _SECONDS_BETWEEN, FIRST_COMPLETED)
            for future in ready:
                problem = future.exception()
                if isinstance(problem, (BrokenProcessPool, StoppedError)):
                    continue  # this one is not settled
                job = futures[future]
                settled.add(job.cell)
                deliver(job, problem or future.result())
    except BaseException:
        stop.set()
        raise
    finally:
        for future in waiting:
            future.cancel()
    return settled


def _run_in_worker(job: Job) -> CellResult:
    return run_cell(job, _stop_of_this_process)


@contextmanager
def _processes(count: int) -> Iterator[tuple[ProcessPoolExecutor, Stop]]:
    """A pool, and what makes its workers stop. JAX's threads do not survive a fork."""
    context = multiprocessing.get_context("spawn")
    halt = context.Event()
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(count, context, initializer=_begin, initargs=(halt,))
    try:
        yield pool, halt
    except BaseException:
        halt.set()
        raise
    finally:
        ours = set(multiprocessing.active_children()) - others
        pool.shutdown(wait=False, cancel_futures=True)
        for process in ours:
            process.join(_PATIENCE)
            if process.is_alive():
                process.terminate()


def _begin(halt: Stop) -> None:
    """What a worker does first: it leaves Ctrl-C to its parent, and ends when that is gone."""
    global _stop_of_this_process
    _stop_of_this_process = halt
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)  # nobody waits for the rest; files are written whole or not at all


def _check_sendable(jobs: Sequence[Job]) -> None:
    """Says so if a policy cannot be sent to another process, instead of dying there."""
    for cls in {type(policy): None for job in jobs for policy in job.policies}:
        try:
            found = operator.attrgetter(cls.__qualname__)(sys.modules[cls.__module__])
        except (AttributeError, KeyError):
            found = None
        if found is not cls or cls.__module__ == "__main__":
            raise ComparisonError(
                f"The policy {cls.__name__} cannot be sent to other processes: they do not know "
                "its class. Put it into a module that can be imported, or compare in this process "
                "(executor=None)."
            )
