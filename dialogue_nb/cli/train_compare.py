"""`dialogue-nb train compare`: configurations on ever fewer stories."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dialogue_nb.agent.progress import Progress
from dialogue_nb.cli.options import count, say, write_json
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import ComparisonError
from dialogue_nb.evaluation.compare import PERCENTAGES, RUNS, compare
from dialogue_nb.evaluation.comparison import Comparison
from dialogue_nb.policies.policy import Policy

TABLE_FILE = "results.csv"
JSON_FILE = "results.json"
FIGURE_FILE = "learning_curves.svg"
SECONDS_TO_CONNECT = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments that only this mode has."""
    group = parser.add_argument_group("compare")
    add = group.add_argument
    add("--percentages", type=share, nargs="+", default=list(PERCENTAGES), metavar="P",
        help="how many of the stories to leave out (default 0 25 50 75 90)")  # fmt: skip
    add("--runs", type=count, default=RUNS, metavar="N", help=f"how often (default {RUNS})")
    add("--test-stories", "--test_stories", nargs="+", metavar="PATH",
        help="what to test with (default: a fifth of the stories, not learnt then)")  # fmt: skip
    where = group.add_mutually_exclusive_group()
    where.add_argument("--workers", type=count, metavar="N", help="train on N processes")
    where.add_argument("--scheduler", metavar="ADDRESS",
        help="train on a Dask cluster, tcp://host:port (extra [dask])")  # fmt: skip


def share(text: str) -> float:
    """Reads a percentage (for `type=`)."""
    number = float(text)
    if not 0 <= number < 100:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to below 100, got {text}")
    return number


share.__name__ = "percentage"


def run(options: argparse.Namespace, configurations: Mapping[str, Sequence[Policy]]) -> int:
    """Compares; the status is 1 if a training failed, 130 if it was interrupted.

    Args:
        options: What the command line says.
        configurations: The policies of each configuration.
    """
    if not configurations:
        raise ComparisonError("Comparing needs configurations: -c one.yml two.yml")
    with _executor(options) as executor:
        done = compare(
            Domain.load(options.domain),
            configurations,
            stories=options.stories,
            test_stories=options.test_stories,
            percentages=options.percentages,
            runs=options.runs,
            folder=options.out,
            executor=executor,
            augmentation_factor=options.augmentation,
            random_seed=options.random_seed,
            progress=Progress(shown=False if options.quiet else None),
        )
    _write(done, Path(options.out))
    if options.json:
        write_json(done.as_dict(), options.json)
    if options.json != "-" and not options.quiet:
        print("\n".join(report(done)))
    for problem in done.problems:
        say(str(problem))
    if not options.quiet:
        say(f"{len(done.results)} of {len(done.plan)} trainings done, {done.reused} of them before "
            f"this; written to '{options.out}'.")  # fmt: skip
    if done.problems:
        return 1
    if not done.is_complete:
        say("interrupted: the same command goes on where it was")
        return 130
    return 0


@contextmanager
def _executor(options: argparse.Namespace) -> Iterator[Executor | int | None]:
    if options.scheduler is None:
        yield options.workers or None
        return
    try:
        from distributed import Client
    except ImportError:
        raise ComparisonError(
            "--scheduler needs Dask, which is not installed: pip install 'dialogue_nb[dask]'."
        ) from None
    try:
        connect: Any = Client
        client = connect(options.scheduler, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError) as error:
        raise ComparisonError(
            f"There is no Dask scheduler at '{options.scheduler}': {error}. Start one with 'dask "
            "scheduler', and give the address that it names."
        ) from error
    with client:
        yield client.get_executor()


def _write(done: Comparison, folder: Path) -> None:
    from dialogue_nb.views.learning_curves import learning_curves

    done.table.to_csv(folder / TABLE_FILE, index=False)
    write_json(done.as_dict(), str(folder / JSON_FILE))
    learning_curves(done).savefig(folder / FIGURE_FILE)


def report(done: Comparison) -> list[str]:
    """The curves in lines of text."""
    rights = done.curve("stories_right").to_dict("records")
    scores = done.curve("accuracy_as_rasa").to_dict("records")
    tests = max((each.test_stories for each in done.results), default=0)
    lines = [
        f"{'configuration':26}{'left out':>9}{'stories':>9}{'runs':>6}"
        f"{f'right of {tests}':>14}{'actions':>9}"
    ]
    for right, score in zip(rights, scores, strict=True):
        lines.append(
            f"{right['configuration'][:25]:26}{right['percentage']:>8g}%{right['stories']:>9g}"
            f"{right['runs']:>6}{right['mean']:>14.1f}{score['mean']:>9.3f}"
        )
    return lines
