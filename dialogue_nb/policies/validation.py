"""Holding out whole stories, so that a model can be tried on dialogues it has never seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dialogue_nb.core.exceptions import PolicyConfigError
from dialogue_nb.featurizers.tracker_featurizers import Tracker


def hold_out(
    trackers: Sequence[Tracker], fraction: float, rng: np.random.Generator
) -> tuple[list[Tracker], list[Tracker]]:
    """Splits dialogues into those to learn from and those to try the model on.

    Whole dialogues are held out, and with them every augmented one that one of them was glued into:
    windows cut from one dialogue are so alike that a split between them would prove nothing.

    Args:
        trackers: The dialogues, in any order.
        fraction: How many of the dialogues that were not glued are held out, from 0 to 1
            (exclusive); at least one, unless it is 0.
        rng: What to choose by.

    Returns:
        (training, validation), each in the order given; only dialogues that were not glued are in
        the second.

    Raises:
        PolicyConfigError: If the fraction is out of range, or nothing would be left to learn from.

    Example:
        >>> from dialogue_nb.core.trackers import DialogueStateTracker
        >>> stories = [DialogueStateTracker(name) for name in "abcde"]
        >>> training, validation = hold_out(stories, 0.4, np.random.default_rng(1))
        >>> len(training), len(validation)
        (3, 2)
    """
    if not 0 <= fraction < 1:
        raise PolicyConfigError(
            f"validation_split must be from 0 to below 1 (0.2 holds out every fifth story), got "
            f"{fraction!r}."
        )
    originals = [i for i, tracker in enumerate(trackers) if not _is_augmented(tracker)]
    if fraction == 0 or not originals:
        return list(trackers), []
    count = max(1, round(fraction * len(originals)))
    if count >= len(originals):
        raise PolicyConfigError(
            f"validation_split={fraction:g} of {len(originals)} stories leaves none to learn from. "
            "Write more stories, or set validation_split=0."
        )
    chosen = set(rng.choice(originals, size=count, replace=False).tolist())
    parts = {_stories(trackers[i]) for i in chosen}
    training = [
        tracker
        for i, tracker in enumerate(trackers)
        if i not in chosen and not (_is_augmented(tracker) and _contains(_stories(tracker), parts))
    ]
    return training, [trackers[i] for i in sorted(chosen)]


def _is_augmented(tracker: Tracker) -> bool:
    return bool(getattr(tracker, "is_augmented", False))


def _stories(tracker: Tracker) -> tuple[str, ...]:
    """The names of the stories that a dialogue was made from, in order."""
    return tuple(getattr(tracker, "stories", (tracker.sender_id,)))


def _contains(stories: tuple[str, ...], parts: set[tuple[str, ...]]) -> bool:
    """Whether one of the parts stands somewhere in the stories, all its names in a row."""
    return any(
        stories[i : i + len(part)] == part
        for part in parts
        for i in range(len(stories) - len(part) + 1)
    )
