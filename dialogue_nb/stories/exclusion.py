"""Leaving out a share of the stories, to see how a bot does with less to learn from.

Rasa leaves out pieces of stories, which breaks those that meet at checkpoints. Here what
checkpoints join stays together, rules are kept, and what a smaller share leaves out a larger one
does too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from dialogue_nb.stories.steps import Checkpoint, Story


def exclude_stories(
    stories: Sequence[Story], percentage: float, random_seed: int = 42
) -> list[Story]:
    """The stories without a share of them.

    Args:
        stories: Stories and rules.
        percentage: How many of the stories to leave out, 0 to 100; rounded to whole groups of
            stories that checkpoints join.
        random_seed: Decides which.

    Returns:
        The others, in their order; all rules.

    Raises:
        ValueError: If the percentage is not between 0 and 100.

    Example:
        >>> kept = exclude_stories([Story(name) for name in "abcd"], 50)
        >>> len(kept)
        2
    """
    if not 0 <= percentage <= 100:
        raise ValueError(f"exclusion_percentage must be from 0 to 100, got {percentage}.")
    groups = joined_groups(stories)
    random.Random(random_seed).shuffle(groups)
    total = sum(len(group) for group in groups)
    left_out: set[int] = set()
    for group in groups:
        if len(left_out) + len(group) / 2 > total * percentage / 100:
            break
        left_out.update(group)
    return [story for i, story in enumerate(stories) if i not in left_out]


def joined_groups(stories: Sequence[Story]) -> list[list[int]]:
    """The places of stories that belong together because they share a checkpoint; no rules.

    Example:
        >>> there, here = Story("a", (Checkpoint("c"),)), Story("b", (Checkpoint("c"),))
        >>> joined_groups([there, Story("x"), here])
        [[0, 2], [1]]
    """
    leader: dict[str, int] = {}
    parent = list(range(len(stories)))

    def find(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for place, story in enumerate(stories):
        for item in story.items:
            if isinstance(item, Checkpoint):
                parent[find(place)] = find(leader.setdefault(item.name, place))
    groups: dict[int, list[int]] = {}
    for place, story in enumerate(stories):
        if not story.is_rule:
            groups.setdefault(find(place), []).append(place)
    return list(groups.values())
