"""The stories that a test failed, written back, with a comment wherever the bot went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from dialogue_nb.core.events import ACTION_LISTEN_NAME, ActionExecuted, Event, UserUttered
from dialogue_nb.evaluation.result import EvaluatedAction, EvaluationResult
from dialogue_nb.stories.reader import StoryFormat
from dialogue_nb.stories.steps import Line, Story
from dialogue_nb.stories.training_data import TrainingTracker
from dialogue_nb.stories.writer import write_stories

_STEP: Final = re.compile(r"^  - ")


def failed_stories_text(
    result: EvaluationResult, format: StoryFormat = "yaml", *, successes: bool = False
) -> str:
    r"""The stories with a wrong turn as a file that can be read again.

    Args:
        result: What came out of a test.
        format: "yaml" or "markdown".
        successes: Write the stories that went right, instead.

    Returns:
        The text; "" if there are none. At every wrong turn a comment says what was predicted, by
        whom, how sure that policy was, and which place the right action had.

    Example:
        >>> from dialogue_nb.agent.agent import Agent
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.evaluation.test import evaluate
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> domain = Domain.from_yaml("{intents: [hi], actions: [utter_hi, utter_bye]}")
        >>> learnt, wanted = ("## a\n* hi\n  - utter_" + word for word in ("hi", "bye"))
        >>> agent = Agent(domain, [MemoizationPolicy()])
        >>> agent = agent.train(agent.load_data(parse_stories(learnt)[0]))
        >>> result = evaluate(agent, parse_stories(wanted)[0])
        >>> print(failed_stories_text(result, "markdown"))
        ## a
        * hi
            - utter_bye <!-- predicted: utter_hi (MemoizationPolicy 1.00) -->
        <BLANKLINE>
    """
    failed = set(result.failed_numbers)
    wrong: dict[int, list[EvaluatedAction]] = {}
    for turn in result.failures:
        wrong.setdefault(turn.number, []).append(turn)
    parts = [
        _story_lines(dialogue, wrong.get(number, ()), format)
        for number, dialogue in enumerate(result.dialogues)
        if (number in failed) != successes
    ]
    if not parts:
        return ""
    if format == "markdown":
        return "\n".join("\n".join(lines) + "\n" for lines in parts)
    head = write_stories([Story("x")], "yaml")[0].splitlines()[:2]
    return "\n".join([*head, *(line for lines in parts for line in lines)]) + "\n"


def _story_lines(
    dialogue: TrainingTracker, wrong: Iterable[EvaluatedAction], format: StoryFormat
) -> list[str]:
    """A story's lines, each with the comments that belong to it."""
    story = Story(dialogue.name)
    comments = {turn.turn: _comment(turn) for turn in wrong}
    written = write_stories([story], format)[0].splitlines()
    lines = [written[0]] if format == "markdown" else [written[2], "  steps:"]
    for event, turns in _events(dialogue):
        told = [comments[turn] for turn in turns if turn in comments]
        if event is None:  # the story listens here, for which there is no line
            lines += [_alone(text, format) for text in told]
            continue
        step = _step_lines(event, story, format)
        if told and len(step) == 1:
            step = [_beside(step[0], told[0], format)]
        elif told:
            lines.append(_alone(told[0], format))
        lines += step
    if format == "yaml" and lines[-1] == "  steps:":
        lines[-1] = "  steps: []"
    return lines


def _events(dialogue: TrainingTracker) -> Iterator[tuple[Event | None, list[int]]]:
    """The events to write, None for a listen, and which turn each one is."""
    turn = 0
    filled: list[Event] = []  # what the message itself puts into slots is not written
    for event in dialogue.applied_events():
        if isinstance(event, UserUttered):
            filled = list(dialogue.domain.slots_for_entities(event.entities))
        if event in filled:
            continue
        if not isinstance(event, ActionExecuted):
            yield event, []
            continue
        filled = []
        yield None if event.action_name == ACTION_LISTEN_NAME else event, [turn]
        turn += 1


def _step_lines(event: Event, story: Story, format: StoryFormat) -> list[str]:
    """One event as lines; a comment says so where the format has no form for it."""
    text, lost = write_stories([replace(story, items=(Line((event,)),))], format)
    lines = text.splitlines()
    if format == "markdown":
        return lines[1:] or [_alone(f"not written: {lost[0].message}" if lost else "", format)]
    steps = next((i for i, line in enumerate(lines) if _STEP.match(line)), len(lines))
    return lines[steps:] or [_alone(f"not written: {lost[0].message}" if lost else "", format)]


def _comment(turn: EvaluatedAction) -> str:
    who = f"{turn.policy} {turn.confidence:.2f}" if turn.policy else "no policy"
    text = f"predicted: {turn.predicted} ({who})"
    if turn.is_listen:
        text = f"expected: {turn.gold}, {text}"
    if turn.rank is not None and turn.rank > 1:
        text += f", {turn.gold} is number {turn.rank}"
    return text


def _beside(line: str, comment: str, format: StoryFormat) -> str:
    return f"{line} {_marked(comment, format)}"


def _alone(comment: str, format: StoryFormat) -> str:
    return f"  {_marked(comment, format)}" if format == "yaml" else _marked(comment, format)


def _marked(comment: str, format: StoryFormat) -> str:
    plain = " ".join(comment.split())
    if format == "yaml":
        return f"# {plain}"
    return f"<!-- {plain.replace('--', '- -').replace('--', '- -')} -->"
