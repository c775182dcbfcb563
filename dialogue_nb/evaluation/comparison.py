"""What came out of a comparison: a table with a row for each training, and learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from dialogue_nb.core.diagnostics import Diagnostic, did_you_mean, listing
from dialogue_nb.core.exceptions import ComparisonError
from dialogue_nb.core.showing import Showable

MEASURES: Final[Mapping[str, str]] = {
    "stories_right": "stories right from beginning to end",
    "accuracy": "accuracy of the actions, listens included",
    "accuracy_without_listen": "accuracy of the actions, without listens",
    "accuracy_as_rasa": "accuracy of the actions, as Rasa counts",
    "f1": "F1 of the actions, listens included",
    "f1_without_listen": "F1 of the actions, without listens",
}
"""What a learning curve can show."""

CONFIDENCE: Final = 0.95


class Cell(NamedTuple):
    """One training of a comparison.

    Args:
        configuration: The name of the configuration.
        percentage: How many of the stories are left out, 0 to 100.
        run: Which of the runs, from 1.
    """

    configuration: str
    percentage: float
    run: int

    def __str__(self) -> str:
        return f"{self.configuration} {self.percentage:g}% run {self.run}"


@dataclass(frozen=True)
class CellResult:
    """How well a configuration did with a share of the stories.

    Args:
        configuration: The name of the configuration.
        percentage: How many of the stories were to be left out.
        run: Which of the runs, from 1.
        seed: What decided which stories were left out, and how networks began.
        stories: How many stories it learnt from; rules do not count.
        whole_stories: How many whole ones these are, where checkpoints join several to one.
        dialogues: How many training dialogues were made of them, augmented ones included.
        test_stories: How many test dialogues there were.
        stories_right: How many of them went right from beginning to end.
        actions: How many actions were predicted, listens included.
        accuracy: How many of them were right, 0 to 1.
        f1: Their F1, weighted as Rasa and scikit-learn do.
        accuracy_without_listen: The same without the actions that listen.
        f1_without_listen: Likewise.
        accuracy_as_rasa: The same without the first listen of each story.
        f1_as_rasa: Likewise.
        train_seconds: How long the training took, the making of the dialogues included.
        test_seconds: How long the test took.
    """

    configuration: str
    percentage: float
    run: int
    seed: int
    stories: int
    whole_stories: int
    dialogues: int
    test_stories: int
    stories_right: int
    actions: int
    accuracy: float
    f1: float
    accuracy_without_listen: float
    f1_without_listen: float
    accuracy_as_rasa: float
    f1_as_rasa: float
    train_seconds: float
    test_seconds: float

    @property
    def cell(self) -> Cell:
        """Which training it was."""
        return Cell(self.configuration, self.percentage, self.run)

    def as_dict(self) -> dict[str, Any]:
        """The result as a JSON-ready dict."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Comparison(Showable):
    """What came out of a comparison, or of as much of it as was done.

    Args:
        results: The trainings that were done, in the order of the plan.
        plan: All trainings there are to be.
        problems: What went wrong: a training that raised, with its reason.
        reused: How many of the results were on disk already.
        folder: Where they are kept; None: nowhere.

    Example:
        >>> numbers = dict.fromkeys([field.name for field in fields(CellResult)], 0.5)
        >>> def result(run, right):
        ...     known = {"configuration": "memory", "percentage": 0, "run": run, "stories": 9}
        ...     return CellResult(**numbers | known | {"stories_right": right})
        >>> done = Comparison((result(1, 4), result(2, 6)), (Cell("memory", 0, 1),) * 2)
        >>> done.curve("stories_right").round(1).to_dict("records")[0]["mean"]
        5.0
    """

    results: tuple[CellResult, ...]
    plan: tuple[Cell, ...]
    problems: tuple[Diagnostic, ...] = ()
    reused: int = 0
    folder: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all of it was done."""
        return len(self.results) == len(self.plan)

    @property
    def configurations(self) -> tuple[str, ...]:
        """The names of the configurations, in order."""
        return tuple(dict.fromkeys(cell.configuration for cell in self.plan))

    @cached_property
    def table(self) -> Any:
        """A DataFrame with a row for each training that was done: the fields of `CellResult`."""
        import pandas as pd

        names = [field.name for field in fields(CellResult)]
        return pd.DataFrame([each.as_dict() for each in self.results], columns=names)

    def curve(self, measure: str = "stories_right") -> Any:
        """How well the configurations did by the number of stories they learnt from.

        Args:
            measure: One of `MEASURES`.

        Returns:
            A DataFrame, one row for each configuration and percentage: `configuration`,
            `percentage`, `stories` (the mean over the runs), `runs`, `mean`, and the 95 %
            confidence band of the mean, `low` to `high` (Student's t); NaN where there was one run.

        Raises:
            ComparisonError: If there is no such measure.
        """
        import pandas as pd

        if measure not in MEASURES:
            hint = did_you_mean(measure, MEASURES)
            raise ComparisonError(
                f"Expected one of {listing(MEASURES)}, got '{measure}'. {hint}".rstrip()
            )
        places = dict.fromkeys((cell.configuration, cell.percentage) for cell in self.plan)
        done: dict[tuple[str, float], list[CellResult]] = {place: [] for place in places}
        for result in self.results:
            done[result.configuration, result.percentage].append(result)
        rows = [_point(place, found, measure) for place, found in done.items() if found]
        names = ("configuration", "percentage", "stories", "runs", "mean", "low", "high")
        return pd.DataFrame(rows, columns=names)

    def as_dict(self) -> dict[str, Any]:
        """The comparison as a JSON-ready dict."""
        return {
            "complete": self.is_complete,
            "planned": len(self.plan),
            "done": len(self.results),
            "results": [each.as_dict() for each in self.results],
            "problems": [str(each) for each in self.problems],
        }

    def __repr__(self) -> str:
        """What was compared, and how far it is."""
        names = ", ".join(self.configurations)
        return f"<Comparison of {names}: {len(self.results)} of {len(self.plan)} trainings done>"


def _point(
    place: tuple[str, float], found: Sequence[CellResult], measure: str
) -> tuple[str, float, float, int, float, float, float]:
    values = np.array([getattr(each, measure) for each in found], dtype=np.float64)  # (R,)
    stories = float(np.mean([each.stories for each in found]))
    most = float(found[0].test_stories) if measure == "stories_right" else 1.0
    low, high = confidence_band(values, most)
    return (*place, stories, len(found), float(values.mean()), low, high)


def confidence_band(values: Any, most: float = 1.0) -> tuple[float, float]:
    """The 95 % confidence interval of a mean (Student's t), within 0 and what is possible.

    Args:
        values: The numbers, (R,).
        most: What they can be at most.

    Returns:
        Its ends; NaN where there is one number only.

    Example:
        >>> [round(end, 3) for end in confidence_band([0.4, 0.5, 0.6])]
        [0.252, 0.748]
    """
    numbers = np.asarray(values, dtype=np.float64)  # (R,)
    if len(numbers) < 2:
        return float("nan"), float("nan")
    from scipy.special import stdtrit

    error = numbers.std(ddof=1) / np.sqrt(len(numbers))
    half = float(stdtrit(len(numbers) - 1, (1 + CONFIDENCE) / 2) * error)
    mean = float(numbers.mean())
    return max(0.0, mean - half), min(most, mean + half)
