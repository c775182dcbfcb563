"""From stories to training dialogues.

Without augmentation `generate` makes exactly what Rasa makes from the same stories. Augmentation is
built on the same idea (whole dialogues glued end to start, in rounds, capped, seeded), but chooses
what to glue before gluing it.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic, listing
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionReverted, Event
from dialogue_nb.core.exceptions import GenerationBudgetError
from dialogue_nb.core.states import StateTable
from dialogue_nb.stories.dialogue_builder import (
    Dialogue,
    DialogueBuilder,
    OverBudgetError,
    holds,
)
from dialogue_nb.stories.graph import GENERATED_PREFIX, STORY_START, StoryGraph, StoryStep
from dialogue_nb.stories.steps import Checkpoint, Story
from dialogue_nb.stories.training_data import Origin, TrainingData, TrainingTracker
from dialogue_nb.stories.walking import count_dialogues, walk

AUGMENTATION_ROUNDS: Final = 3
"""Rasa's number of rounds; each glues one more dialogue to the end."""

DEFAULT_BUDGET: Final = 100_000


def generate(
    stories: Iterable[Story],
    domain: Domain,
    *,
    augmentation_factor: int = 0,
    remove_duplicates: bool = True,
    unique_last_num_states: int | None = None,
    use_story_concatenation: bool = True,
    random_seed: int = 42,
    max_dialogues: int = DEFAULT_BUDGET,
) -> TrainingData:
    """Makes the training dialogues of stories and rules.

    Args:
        stories: Stories and rules.
        domain: Their domain.
        augmentation_factor: How many dialogues are gone on from in each round of augmentation;
            at most ten times as many are made in all. 0 for none.
        remove_duplicates: Whether dialogues with equal states are kept once only.
        unique_last_num_states: Go on from a checkpoint with one dialogue for each sequence of this
            many last states; the others end there. None (default) compares whole dialogues.
        use_story_concatenation: False makes no augmentation, whatever the factor.
        random_seed: What augmentation chooses by.
        max_dialogues: The budget: generation stops with an error when more dialogues than this
            would have to be followed through the steps.

    Returns:
        The dialogues of stories in the order of the stories, then augmented ones, then rules.

    Raises:
        GenerationBudgetError: If the stories make too many dialogues; it names the checkpoints.
        ValueError: If the factor or the budget is negative.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, UserUttered
        >>> from dialogue_nb.stories.steps import Line
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> said = Line((UserUttered.of("greet"),)), Line((ActionExecuted("utter_hi"),))
        >>> data = generate([Story("hello", said)], domain)
        >>> data[0].actions
        ('action_listen', 'utter_hi', 'action_listen')
    """
    if min(augmentation_factor, max_dialogues) < 0:
        given = f"got {augmentation_factor} and {max_dialogues}"
        raise ValueError(f"augmentation_factor and max_dialogues must be 0 or more, {given}.")
    graph = StoryGraph.from_stories(stories)
    opened = graph.with_cycles_removed()
    table = StateTable()
    made: dict[bool, list[TrainingTracker]] = {}
    unused: set[str] = set()
    augmented: list[TrainingTracker] = []
    for is_rule in (False, True):
        builder = DialogueBuilder(
            domain,
            table,
            is_rule=is_rule,
            remove_duplicates=remove_duplicates,
            unique_last_num_states=unique_last_num_states,
            budget=max_dialogues,
        )
        steps = [step for step in opened.ordered_steps() if step.story.is_rule == is_rule]
        unused |= _build(builder, opened, steps, max_dialogues)
        originals = sorted(builder.ended, key=lambda dialogue: dialogue.path)
        rest = sorted(builder.unfinished, key=lambda dialogue: dialogue.path)
        made[is_rule] = [builder.finished(dialogue) for dialogue in [*originals, *rest]]
        if not is_rule and augmentation_factor and use_story_concatenation:
            glued = _augment(builder, originals, augmentation_factor, random.Random(random_seed))
            augmented = [builder.finished(dialogue, is_augmented=True) for dialogue in glued]
    trackers = [*made[False], *augmented, *made[True]]
    return TrainingData(trackers, table, domain, _about_checkpoints(graph, unused))


def preview(
    stories: Iterable[Story], domain: Domain, *, max_history: int | None = 5, **options: Any
) -> dict[str, int]:
    r"""How much there will be to train on, before anything is trained.

    Args:
        stories: Stories and rules.
        domain: Their domain.
        max_history: How many states a window holds at most; None for whole dialogues.
        **options: Those of `generate`.

    Returns:
        `dialogues_at_most` (the paths through the checkpoints, duplicates and conditions aside),
        and the counts of `TrainingData.summary`.

    Raises:
        GenerationBudgetError: If the stories make too many dialogues; it names the checkpoints.

    Example:
        >>> from dialogue_nb.stories.markdown import parse_markdown
        >>> stories, _ = parse_markdown("## hello\n* greet OR hi\n - utter_hi")
        >>> counts = preview(stories, Domain.from_yaml("{intents: [greet, hi]}"))
        >>> counts["dialogues_at_most"], counts["windows"]
        (2, 5)
    """
    stories = list(stories)
    written = [story for story in stories if not story.is_rule]
    opened = StoryGraph.from_stories(written).with_cycles_removed()
    at_most = count_dialogues(opened, opened.ordered_steps())[0]
    summary = generate(stories, domain, **options).summary(max_history)
    return {"dialogues_at_most": at_most, **summary}


def _build(
    builder: DialogueBuilder, graph: StoryGraph, steps: Sequence[StoryStep], budget: int
) -> set[str]:
    """Sends the builder through the steps; those that get stuck count as finished."""
    if not steps:
        return set()
    active: dict[str, list[Dialogue]] = defaultdict(list, {STORY_START: [builder.beginning()]})
    try:
        unused = walk(graph, steps, active, builder)
    except OverBudgetError:
        raise _over_budget(graph, steps, budget) from None
    for name in sorted(unused):
        builder.unfinished += active.get(name, [])
    return unused


def _over_budget(
    graph: StoryGraph, steps: Sequence[StoryStep], budget: int
) -> GenerationBudgetError:
    total, passing = count_dialogues(graph, steps)
    names: Counter[str] = Counter()
    for name, count in passing.items():
        names[_described(name, steps)] += count
    busiest = ", ".join(f"{name} ({_count(n)} dialogues)" for name, n in names.most_common(5))
    return GenerationBudgetError(
        f"These stories make up to {_count(total)} dialogues; the budget is {budget:,} to follow. "
        f"Most pass through {busiest}. Split the stories there, set unique_last_num_states to the "
        "max_history of your policies, or raise max_dialogues."
    )


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**12 else f"over 10^{len(str(number)) - 1}"


def _described(name: str, steps: Sequence[StoryStep]) -> str:
    if not name.startswith(GENERATED_PREFIX):
        return f"checkpoint '{name}'"
    step = next(step for step in steps if name in step.ends)
    kind = "a loop" if "CYCL" in name else "an OR"
    line = step.events[-1][1] if step.events else step.story.line
    return f"{kind} in '{step.name}'" + (f" (line {line})" if line else "")


def _augment(
    builder: DialogueBuilder, originals: Sequence[Dialogue], factor: int, rng: random.Random
) -> list[Dialogue]:
    """Glues whole dialogues end to start, in rounds.

    Each round goes on from `factor` dialogues (in the first round stories, then the glued ones of
    the round before) with any story, and keeps a third of `10 * factor` new ones. Slots keep their
    values across the joint, as in Rasa. Nothing is glued to a dialogue whose loop is still active.
    """
    heads = [dialogue for dialogue in originals if _can_be_followed(dialogue)]
    made: list[Dialogue] = []
    tails = [dialogue.timeline() for dialogue in originals]
    for remaining in range(AUGMENTATION_ROUNDS, 0, -1):
        chosen = rng.sample(heads, min(factor, len(heads)))
        wanted = -(-(10 * factor - len(made)) // remaining)
        pairs = len(chosen) * len(originals)
        glued: list[Dialogue] = []
        for pair in rng.sample(range(pairs), pairs) if pairs else []:
            if len(glued) == wanted:
                break
            which, tail = divmod(pair, len(originals))
            dialogue = _glued(builder, chosen[which], originals[tail], tails[tail])
            if dialogue is not None and dialogue.key() not in builder.seen:
                builder.seen.add(dialogue.key())
                glued.append(dialogue)
        made += glued
        heads = [dialogue for dialogue in glued if _can_be_followed(dialogue)]
    return made


def _can_be_followed(dialogue: Dialogue) -> bool:
    """Whether another dialogue can begin where this one ends: listening, with no active loop."""
    return dialogue.turns is not None and dialogue.situation.active_loop is None


def _glued(
    builder: DialogueBuilder,
    head: Dialogue,
    tail: Dialogue,
    timeline: Sequence[tuple[Event, Origin]],
) -> Dialogue | None:
    """The head without its last listen, then the tail; None if the tail cannot begin there."""
    conditions: Mapping[int, list[Checkpoint]] = defaultdict(list)
    for place, checkpoint in tail.conditions:
        conditions[place].append(checkpoint)
    dialogue = replace(head, stories=(*head.stories, *tail.stories), conditions=())
    builder.add(dialogue, ActionReverted(), timeline[0][1])
    for place, (event, origin) in enumerate(timeline):
        if not all(holds(checkpoint, dialogue.situation) for checkpoint in conditions[place]):
            return None
        builder.add(dialogue, event, origin)
    return dialogue


def _about_checkpoints(graph: StoryGraph, unused: set[str]) -> list[Diagnostic]:
    """Warnings about checkpoints that lead nowhere or that nothing leads to."""
    found: dict[tuple[str, str], Diagnostic] = {}
    if STORY_START in unused and graph.steps:
        message = "Every story starts at a checkpoint, so no conversation can begin."
        hint = "Write at least one story that starts without a checkpoint."
        found["", ""] = Diagnostic("S210", "warning", message, hint=hint)
    for step in graph.steps:
        ends = [(start, "starts from", "ends at") for start in (s.name for s in step.starts)]
        ends += [(end, "ends at", "starts from") for end in step.ends]
        for name, does, missing in ends:
            if name not in unused or name.startswith((GENERATED_PREFIX, STORY_START)):
                continue
            message = f"The story {does} checkpoint '{name}', but no story {missing} it."
            known = listing(other for other in graph.checkpoint_names if other != name)
            hint = f"Other checkpoints: {known}."
            place = (step.story.file, step.story.line, None)
            found.setdefault(
                (name, step.name), Diagnostic("S211", "warning", message, *place, hint, step.name)
            )
    return list(found.values())
