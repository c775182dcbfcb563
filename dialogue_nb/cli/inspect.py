"""`dialogue-nb inspect`: the states or windows that training works on, as JSON lines."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dialogue_nb.cli.options import add_domain, add_stories, count, stories_from
from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import StoryError
from dialogue_nb.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer
from dialogue_nb.stories.diagnostics import lint_stories
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.training_data import TrainingData


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("what", choices=("states", "windows"), help="what to write")
    add_domain(parser)
    add_stories(parser)
    parser.add_argument(
        "--max-history", "--max_history", "--history", type=count, default=5, metavar="N",
        help="how many states a window has (default 5; 0: the whole dialogue)",
    )  # fmt: skip
    parser.add_argument(
        "--view", choices=("flat", "nested"), default="nested",
        help="states as Rasa 2.x and 3.x have them (nested) or 0.x and 1.x (flat)",
    )  # fmt: skip
    parser.add_argument(
        "--augmentation", type=count, default=0, metavar="N", help="glue stories (default 0)"
    )
    parser.add_argument("--jsonl", default="-", metavar="OUT", help="default: stdout")


def run(options: argparse.Namespace) -> int:
    """Writes one line for each training dialogue; for windows a line about all of them first."""
    domain = Domain.load(options.domain)
    stories, _ = stories_from(options.stories)
    found = lint_stories(stories, domain)
    if errors_in(found):
        raise StoryError(found)
    data = generate(stories, domain, augmentation_factor=options.augmentation)
    lines = _states(data, options) if options.what == "states" else _windows(data, options)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    if options.jsonl == "-":
        print(text, end="")
    else:
        Path(options.jsonl).write_text(text, encoding="utf-8")
    return 0


def _states(data: TrainingData, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for tracker in data:
        yield tracker.as_dict(options.view) | {"is_rule": tracker.is_rule_tracker}


def _windows(data: TrainingData, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A header, then each dialogue with the windows it adds.

    `windows` has for each new example the turn it comes from and the turns whose states are in it
    (-1 is padding); what another dialogue said before is left out.
    """
    trackers = [tracker for tracker in data if not tracker.is_rule_tracker]
    featurizer = MaxHistoryTrackerFeaturizer(max_history=options.max_history or None)
    examples = featurizer.featurize_trackers(trackers, data.domain)
    number, width = examples.window_ids.shape
    yield {
        "examples": number,
        "max_history": width,
        "features": len(examples.feature_names),
        "duplicates": len(examples.removed),
        "feature_names": list(examples.feature_names),
    }
    for i, tracker in enumerate(trackers):
        turns = examples.sources[examples.sources[:, 0] == i, 1]
        shown = [{"turn": int(turn), "states": _turns_in(int(turn), width)} for turn in turns]
        yield tracker.as_dict(options.view) | {"windows": shown}


def _turns_in(turn: int, width: int) -> list[int]:
    """The turns whose states are in the window that ends with this one; -1 is padding.

    Example:
        >>> _turns_in(1, 4)
        [-1, -1, 0, 1]
    """
    return [int(i) for i in np.maximum(np.arange(turn - width + 1, turn + 1), -1)]
