"""Stories to draw as graphs: few, many, hostile."""

from __future__ import annotations

import random

from dialogue_nb.core.events import ActionExecuted, UserUttered
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.stories.steps import Line, Story
from tests.talks import HOSTILE

CAKES = parse_stories(
    """
stories:
- story: yes please
  steps:
  - intent: hi
  - action: ask
  - intent: "yes"
  - action: bake
  - action: thank
- story: no thanks
  steps:
  - intent: hi
  - action: ask
  - intent: "no"
  - action: wave
rules:
- rule: goodbye
  steps:
  - intent: bye
  - action: wave
"""
)[0]


def many_stories(count, seed=7):
    """So many stories of up to twelve turns, no two the same."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        lines = []
        for turn in range(rng.randint(3, 12)):
            said = f"intent_{rng.randint(0, 2 + 3 * turn)}"
            lines.append(Line((UserUttered.of(said),), 3 * turn + 2))
            lines.append(Line((ActionExecuted(f"utter_{rng.randint(0, 3)}"),), 3 * turn + 3))
        made.append(Story(f"story {number}", tuple(lines), file="many.md", line=1))
    return made


def hostile_stories():
    """Names that are markup, turn the direction of text, have no end, or come from elsewhere."""
    names = [
        HOSTILE,
        "天气预报，请告诉我",
        "مرحبا بالعالم",
        "very_long_name_" * 12,
        "]-->|x|",
        "``",
    ]
    return [
        Story(name, (Line((UserUttered.of(name),), 2), Line((ActionExecuted(name),), 3)), line=1)
        for name in names
    ]
