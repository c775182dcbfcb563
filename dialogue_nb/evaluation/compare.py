"""Comparing configurations: how well does each do, the fewer stories there are to learn from?

Rasa leaves out pieces of stories, other ones at each percentage, and counts the pieces. Here whole
stories are left out, what a smaller percentage leaves out a larger one does too, and the curves
stand over the number of stories that were there to learn from.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Final

from dialogue_nb.agent.ingredients import Resource, checked_stories, ensemble_of
from dialogue_nb.agent.progress import Progress
from dialogue_nb.agent.project import Project
from dialogue_nb.core.diagnostics import Diagnostic, errors_in
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import ComparisonError, StoryError
from dialogue_nb.core.fingerprints import fingerprint_of
from dialogue_nb.evaluation.cell_files import CellFiles
from dialogue_nb.evaluation.cells import Job, Stop, key_of, seeded
from dialogue_nb.evaluation.comparison import Cell, CellResult, Comparison
from dialogue_nb.evaluation.recipes import story_fingerprint
from dialogue_nb.evaluation.workers import do_here, do_on_executor, do_on_processes
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.exclusion import exclude_stories, joined_groups
from dialogue_nb.stories.steps import Story

Configuration = Sequence[Policy] | Policy | str | Path

PERCENTAGES: Final = (0, 25, 50, 75, 90)
RUNS: Final = 3
FOLDER: Final = "comparison"
TEST_SHARE: Final = 0.2
"""How many of the stories are kept for the test where there are no test stories."""


def compare(
    bot: Project | Domain | str | Path,
    configurations: Mapping[str, Configuration] | Sequence[Configuration],
    *,
    stories: Resource | None = None,
    test_stories: Resource | None = None,
    percentages: Sequence[float] = PERCENTAGES,
    runs: int = RUNS,
    folder: str | Path | None = FOLDER,
    executor: Executor | int | None = None,
    augmentation_factor: int = 20,
    random_seed: int = 42,
    progress: Progress | None = None,
    stop: Stop | None = None,
    on_result: Callable[[CellResult], Any] | None = None,
) -> Comparison:
    r"""Trains each configuration on ever fewer stories, several times, and tests it.

    Every finished training is a file in the folder. What is there already and has not changed is
    not done again: a comparison that was interrupted or killed goes on where it was when it is
    called again, and another configuration or percentage only costs its own trainings.

    An interrupt (Ctrl-C, the stop button) ends it, and gives what is finished.

    Args:
        bot: A project, or a domain, or the file or folder of one of them.
        configurations: Policies, or the files of configurations; best by name, `{"memory":
            [MemoizationPolicy()], "both": "config.yml"}`.
        stories: Stories and rules to learn from; default those of the project.
        test_stories: Stories to test with; default those of the project, and if it has none, a
            fifth of the stories, from which nothing is learnt then.
        percentages: How many of the stories to leave out, 0 to 100. Stories that are joined by
            checkpoints are left out together. Rules stay.
        runs: How often to do everything, with other stories left out and other beginnings.
        folder: Where the finished trainings are kept; None: nowhere.
        executor: Where to train. None: here; a number: on so many processes; or any executor of
            `concurrent.futures`, such as `client.get_executor()` of a Dask cluster.
        augmentation_factor: How much stories are glued together.
        random_seed: The seed of the first run; the next one has the next.
        progress: Shows how far it is; default a line of text.
        stop: An event that ends it when it is set.
        on_result: Called with each result as soon as it is there, those on disk first.

    Returns:
        The results; `table` and `curve()` are pandas tables.

    Raises:
        ComparisonError: If there is nothing to compare, or the workers keep dying.
        StoryError: If stories have errors.
        PolicyConfigError: If a configuration has errors.

    Example:
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> domain = Domain.from_yaml("{intents: [hi, bye], actions: [utter_hi, utter_bye]}")
        >>> stories, _ = parse_stories("## a\n* hi\n  - utter_hi\n## b\n* bye\n  - utter_bye")
        >>> done = compare(domain, [MemoizationPolicy()], stories=stories, test_stories=stories,
        ...                percentages=[0, 50], runs=1, folder=None)
        >>> done.table[["percentage", "stories", "stories_right"]].values.tolist()
        [[0, 2, 2], [50, 1, 1]]
    """
    named = _named(configurations)
    domain, learnt, tests = _stories(bot, stories, test_stories, random_seed)
    cells = _plan(named, percentages, runs)
    place = None if folder is None else str(CellFiles(folder).make().folder.absolute())
    jobs = _jobs(cells, named, (domain, learnt, tests), (augmentation_factor, random_seed), place)
    work = _Work(jobs, place, progress or Progress(), on_result)
    stop = threading.Event() if stop is None else stop
    try:
        work.run(executor, stop)
    except KeyboardInterrupt:
        stop.set()
    finally:
        work.progress.end()
    return work.comparison(cells)


class _Work:
    """A comparison in progress."""

    def __init__(
        self,
        jobs: Sequence[Job],
        folder: str | None,
        progress: Progress,
        on_result: Callable[[CellResult], Any] | None,
    ) -> None:
        self.jobs = jobs
        self.folder = folder
        self.progress = progress
        self.on_result = on_result
        self.results: dict[Cell, CellResult] = {}
        self.problems: list[Diagnostic] = []
        self.reused = 0
        self._twins: dict[str, list[Job]] = {}

    def run(self, executor: Executor | int | None, stop: Stop) -> None:
        """Does what is not done yet."""
        self.progress.begin("Comparing")
        for job in self.jobs:
            known = job.stored()
            if known is not None:
                self._take(job.cell, known)
        self.reused = len(self.results)
        left = [job for job in self.jobs if job.cell not in self.results]
        # equal trainings (two percentages that leave out the same stories) are done once
        firsts = list({job.key: job for job in reversed(left)}.values())[::-1]
        self._twins = {job.key: [other for other in left if other.key == job.key] for job in firsts}
        if executor is None:
            do_here(firsts, stop, self.deliver)
        elif isinstance(executor, int):
            if executor < 1:
                raise ComparisonError(f"executor must be 1 process or more, got {executor}.")
            do_on_processes(firsts, executor, stop, self.deliver)
        else:
            do_on_executor(firsts, executor, stop, self.deliver)

    def deliver(self, job: Job, outcome: CellResult | BaseException) -> None:
        """Takes what came out of a training."""
        if isinstance(outcome, CellResult) and job.stored() is None:
            job.keep(outcome)  # the worker may not see the folder
        for twin in self._twins[job.key]:
            if isinstance(outcome, CellResult):
                self._take(twin.cell, twin.as_own(outcome))
            else:
                reason = str(outcome) or type(outcome).__name__
                self.problems.append(Diagnostic("E301", "error", f"{twin.cell}: {reason}"))

    def _take(self, cell: Cell, result: CellResult) -> None:
        self.results[cell] = result
        self.progress.update(len(self.results), len(self.jobs), {})
        if self.on_result is not None:
            self.on_result(result)

    def comparison(self, cells: Sequence[Cell]) -> Comparison:
        """What came out so far."""
        found = tuple(self.results[cell] for cell in cells if cell in self.results)
        return Comparison(found, tuple(cells), tuple(self.problems), self.reused, self.folder)


def _named(
    configurations: Mapping[str, Configuration] | Sequence[Configuration],
) -> dict[str, list[Policy]]:
    """The policies of each configuration, by a name of its own."""
    if isinstance(configurations, (str, Path, Policy)):
        configurations = [configurations]
    pairs: list[tuple[str | None, Configuration]]
    if isinstance(configurations, Mapping):
        pairs = [(str(name), each) for name, each in configurations.items()]
    else:
        pairs = [(None, each) for each in configurations]
    named: dict[str, list[Policy]] = {}
    for name, each in pairs:
        given = [each] if isinstance(each, Policy) else each
        policies = list(ensemble_of(given, 0)[0].policies)
        if not policies:
            raise ComparisonError("A configuration needs at least one policy, got an empty list.")
        if name is None:
            names = " + ".join(policy.name for policy in policies)
            name = Path(each).stem if isinstance(each, (str, Path)) else names
        named[_free(name, named)] = policies
    if not named:
        raise ComparisonError("Expected configurations to compare, got none.")
    return named


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, with a number if there is another of that name."""
    names, free, number = set(taken), name, 1
    while free in names:
        number += 1
        free = f"{name} {number}"
    return free


def _stories(
    bot: Project | Domain | str | Path,
    stories: Resource | None,
    test_stories: Resource | None,
    random_seed: int,
) -> tuple[Domain, list[Story], list[Story]]:
    """The domain, what there is to learn from, and what to test with."""
    if isinstance(bot, (str, Path)):
        is_bot = stories is None and Path(bot).is_dir()
        bot = Project.load(bot) if is_bot else Domain.load(bot)
    if isinstance(bot, Project):
        if stories is None and errors_in(bot.diagnostics):
            raise StoryError(bot.diagnostics)
        stories = (*bot.stories, *bot.rules) if stories is None else stories
        test_stories = (bot.test_stories or None) if test_stories is None else test_stories
        bot = bot.domain
    if stories is None:
        raise ComparisonError("Expected stories to learn from: compare(domain, ..., stories=...).")
    learnt = checked_stories(stories, bot)[0]
    if test_stories is not None:
        tests = checked_stories(test_stories, bot)[0]
    else:
        learnt, tests = _split(learnt, random_seed)
    for what, each in (("learn from", learnt), ("test with", tests)):
        if all(story.is_rule for story in each):
            raise ComparisonError(f"There are no stories to {what}: expected at least one.")
    return bot, learnt, [story for story in tests if not story.is_rule]


def _split(stories: Sequence[Story], random_seed: int) -> tuple[list[Story], list[Story]]:
    """The stories to learn from, and a fifth of them, whole ones, to test with."""
    groups = joined_groups(stories)
    random.Random(f"test {random_seed}").shuffle(groups)
    count = max(1, round(len(groups) * TEST_SHARE)) if len(groups) > 1 else 0
    kept_away = {place for group in groups[:count] for place in group}
    tests = [story for i, story in enumerate(stories) if i in kept_away]
    return [story for i, story in enumerate(stories) if i not in kept_away], tests


def _plan(named: Iterable[str], percentages: Sequence[float], runs: int) -> list[Cell]:
    """All trainings; those on most stories, which take longest, come first."""
    wrong = [each for each in percentages if not 0 <= each < 100]
    if wrong or not percentages:
        raise ComparisonError(
            f"percentages must be numbers from 0 to below 100, got {list(percentages)}: at least "
            "one story must be left to learn from."
        )
    if runs < 1:
        raise ComparisonError(f"runs must be 1 or more, got {runs}.")
    shares = sorted(dict.fromkeys(percentages))
    return [
        Cell(name, share, run) for share in shares for run in range(1, runs + 1) for name in named
    ]


def _jobs(
    cells: Sequence[Cell],
    named: Mapping[str, Sequence[Policy]],
    sources: tuple[Domain, Sequence[Story], Sequence[Story]],
    numbers: tuple[int, int],
    folder: str | None,
) -> list[Job]:
    domain, learnt, tests = sources
    augmentation, first_seed = numbers
    prints = {id(story): story_fingerprint(story) for story in (*learnt, *tests)}
    tests_name = _name_of(tests, prints)
    subsets: dict[tuple[float, int], tuple[tuple[Story, ...], str]] = {}
    jobs = []
    for cell in cells:
        seed = first_seed + cell.run - 1
        if (cell.percentage, seed) not in subsets:
            kept = tuple(exclude_stories(learnt, cell.percentage, seed))
            subsets[cell.percentage, seed] = kept, _name_of(kept, prints)
        kept, name = subsets[cell.percentage, seed]
        policies = tuple(seeded(policy, seed, cell.run) for policy in named[cell.configuration])
        key = key_of(seed, policies, domain, name, tests_name, augmentation)
        parts = (policies, domain, kept, tuple(tests), augmentation, key, folder)
        jobs.append(Job(cell, seed, *parts))
    return jobs


def _name_of(stories: Iterable[Story], prints: Mapping[int, str]) -> str:
    return fingerprint_of([prints[id(story)] for story in stories])
