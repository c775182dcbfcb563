"""Whether the words of test stories are understood as they are meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.interpreter import RegexInterpreter, understand
from dialogue_nb.core.events import Event, UserUttered
from dialogue_nb.stories.messages import RETRIEVAL_KEY, annotated
from dialogue_nb.stories.steps import Alternatives, Line, Story
from dialogue_nb.stories.training_data import TrainingData

COMPARED: Final = ("start", "end", "entity", "value")
"""What Rasa compares of an entity."""


@dataclass(frozen=True)
class EvaluatedMessage:
    """One message of a test story, in the user's words.

    Args:
        story: The story's name.
        line: The line of the story's file, None when it is not known.
        text: The words.
        gold: The intent that the story gives; of a retrieval intent perhaps the whole name.
        predicted: What was understood, None for nothing.
        confidence: How sure that was.
        gold_entities: The entities that the story marks.
        predicted_entities: Those that were found.

    Example:
        >>> print(EvaluatedMessage("a", 3, "not me", "deny", "affirm", 0.6, (), ()))
        deny: not me   <!-- predicted: affirm: not me -->
    """

    story: str
    line: int | None
    text: str
    gold: str
    predicted: str | None
    confidence: float
    gold_entities: tuple[Mapping[str, Any], ...]
    predicted_entities: tuple[Mapping[str, Any], ...]

    @property
    def is_right(self) -> bool:
        """Whether intent and entities were understood as they were meant."""
        same = _compared(self.gold_entities) == _compared(self.predicted_entities)
        return self.gold == self.predicted and same

    def __str__(self) -> str:
        """The message as Rasa writes it into a failed story."""
        meant = f"{self.gold}: {annotated(self.text, self.gold_entities)}"
        found = f"{self.predicted}: {annotated(self.text, self.predicted_entities)}"
        return f"{meant}   <!-- predicted: {found} -->"


def _compared(entities: Iterable[Mapping[str, Any]]) -> set[tuple[str, ...]]:
    return {tuple(str(entity.get(key)) for key in COMPARED) for entity in entities}


def evaluated_messages(
    agent: Agent, stories: Sequence[Story] | TrainingData
) -> tuple[EvaluatedMessage, ...]:
    """What the agent's interpreter makes of the words in stories.

    Args:
        agent: The agent; the one without an interpreter for plain words is asked nothing.
        stories: The stories, or dialogues made from them.

    Returns:
        One record for each message that has words and an intent; words that begin with a slash say
        themselves what they mean and are left out.
    """
    if isinstance(agent.interpreter, RegexInterpreter):
        return ()
    told = _told(stories) if isinstance(stories, TrainingData) else _written(stories)
    return tuple(
        _evaluated(agent, story, line, event)
        for story, line, event in told
        if isinstance(event, UserUttered)
        and event.text
        and event.intent_name is not None
        and not event.text.startswith("/")
    )


def parts_of(name: str) -> frozenset[str]:
    """The stories that a dialogue was made of, from its name; its own name is one of them.

    Example:
        >>> sorted(parts_of("hello > bye"))
        ['bye', 'hello', 'hello > bye']
    """
    return frozenset({name, *name.split(" > ")})


def _written(stories: Iterable[Story]) -> Iterator[tuple[str, int | None, Event]]:
    for story in stories:
        for item in () if story.is_rule else story.items:
            if isinstance(item, (Line, Alternatives)):
                yield from ((story.name, item.line, event) for event in item.events)


def _told(data: TrainingData) -> Iterator[tuple[str, int | None, Event]]:
    seen = set()
    for tracker in data.originals:
        for event, origin in zip(tracker.events, tracker.event_origins, strict=False):
            if isinstance(event, UserUttered) and (origin, event.text) not in seen:
                seen.add((origin, event.text))
                yield origin.story, origin.line, event


def _evaluated(agent: Agent, story: str, line: int | None, event: UserUttered) -> EvaluatedMessage:
    text = str(event.text)
    parsed = understand(agent.interpreter, text)
    intent = parsed.get("intent") or {}
    gold = str(event.intent.get(RETRIEVAL_KEY) or event.intent_name)
    predicted = intent.get("name")
    if gold != predicted:  # a story may give the short name of a retrieval intent or the whole one
        predicted = intent.get(RETRIEVAL_KEY) or predicted
    confidence = float(intent.get("confidence") or 0.0)
    found = tuple(dict(entity) for entity in parsed.get("entities") or ())
    wanted = tuple(dict(entity) for entity in event.entities)
    return EvaluatedMessage(story, line, text, gold, predicted, confidence, wanted, found)
