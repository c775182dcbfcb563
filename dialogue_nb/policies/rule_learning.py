"""From training dialogues to what rules say, and where dialogues and rules disagree (Rasa 3.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    RULE_SNIPPET_ACTION_NAME,
    ActionExecuted,
    Event,
)
from dialogue_nb.core.states import SHOULD_NOT_BE_SET, RuleOnly, State, states_of
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.tracker_featurizers import Tracker
from dialogue_nb.policies.rule_lookup import (
    DO_NOT_PREDICT_LOOP,
    LOOP_WAS_INTERRUPTED,
    Finding,
    LearnedRule,
    Moment,
    RuleIndex,
    RuleLookup,
    conditions_of,
    loop_of,
    since_snippet,
    source_of,
)
from dialogue_nb.stories.training_data import Origin, TrainingTracker


class RuleDialogue(NamedTuple):
    """A training dialogue as rules look at it.

    Args:
        name: Its name.
        is_rule: Whether it came from a rule.
        states: The state before each action and the final one; in rules without slots that have
            only their initial value.
        full_states: The same with these slots.
        actions: What was done in each state.
        predictable: For each action whether it is to be learnt.
        origins: For each action where it was written.
        events: All events.
    """

    name: str
    is_rule: bool
    states: Sequence[State]
    full_states: Sequence[State]
    actions: Sequence[str]
    predictable: Sequence[bool]
    origins: Sequence[Origin]
    events: Sequence[Event]

    @property
    def origin(self) -> Origin:
        """Where it begins."""
        return self.origins[0] if self.origins else Origin(self.name)


def read_dialogue(tracker: Tracker, domain: Domain) -> RuleDialogue:
    """A training dialogue as rules look at it.

    Args:
        tracker: What `generate` made, or an ordinary tracker, which counts as a story.
        domain: The domain.
    """
    if isinstance(tracker, TrainingTracker):
        states, is_rule = tracker.states, tracker.is_rule_tracker
        return RuleDialogue(
            tracker.name,
            is_rule,
            states,
            states_of(tracker.tracker(), domain) if is_rule else states,
            tracker.actions,
            tracker.predictable,
            tracker.origins or (Origin(tracker.name),) * len(tracker.actions),
            tracker.events,
        )
    return _read_tracker(tracker, domain)


def _read_tracker(tracker: DialogueStateTracker, domain: Domain) -> RuleDialogue:
    states = states_of(tracker, domain)
    done = [event for event in tracker.applied_events() if isinstance(event, ActionExecuted)]
    return RuleDialogue(
        tracker.sender_id,
        False,
        states,
        states,
        [event.label for event in done],
        [not event.unpredictable for event in done],
        [Origin(tracker.sender_id)] * len(done),
        tracker.events,
    )


def learn_rules(dialogues: Iterable[RuleDialogue]) -> RuleLookup:
    """What rules, and for the turns inside loops stories too, say comes after which turns.

    Where rules go on differently after exactly the same turns nothing is learnt.

    Args:
        dialogues: Rules and stories.
    """
    read = list(dialogues)
    rules = [dialogue for dialogue in read if dialogue.is_rule]
    found: dict[tuple[State, ...], dict[str, list[Origin]]] = {}
    for dialogue in rules:
        for turn, action in _examples(dialogue):
            key = since_snippet(dialogue.states[: turn + 1])
            if key:
                said = found.setdefault(key, {}).setdefault(action, [])
                said.append(dialogue.origins[turn])
    learnt = [
        LearnedRule(key, action, tuple(dict.fromkeys(origins)))
        for key, actions in found.items()
        if len(actions) == 1
        for action, origins in actions.items()
        if action != RULE_SNIPPET_ACTION_NAME
    ]
    stories = [dialogue for dialogue in read if not dialogue.is_rule]
    unhappy = RuleIndex(_unhappy([*rules, *stories]))
    return RuleLookup(RuleIndex(learnt), unhappy, rule_only=_rule_only(rules, stories))


def _examples(dialogue: RuleDialogue) -> Iterator[tuple[int, str]]:
    """The turns that are to be learnt, and the action in each."""
    for turn, action in enumerate(dialogue.actions):
        if dialogue.predictable[turn]:
            yield turn, action


def _unhappy(dialogues: Iterable[RuleDialogue]) -> Iterator[LearnedRule]:
    """What comes in the turns of a loop that its form does not take.

    Rules and stories tell of a loop only what is not its happy path. Where the form comes after a
    listen it goes on after something else; where something else comes after an action, the form
    is not to step in.
    """
    found: dict[tuple[State, ...], LearnedRule] = {}
    for dialogue in dialogues:
        for turn, action in _examples(dialogue):
            last = dialogue.states[turn]
            loop = loop_of(last)
            heard = last.prev_action == ACTION_LISTEN_NAME
            if loop is None or heard != (action == loop):
                continue
            key = loop_turn(dialogue.states[: turn + 1])
            if key:
                says = LOOP_WAS_INTERRUPTED if heard else DO_NOT_PREDICT_LOOP
                found[key] = LearnedRule(key, says, (dialogue.origins[turn],))
    return iter(found.values())


def loop_turn(states: Sequence[State]) -> tuple[State, ...]:
    """A turn inside a loop as it is learnt: its state, and what was done before the last listen.

    Args:
        states: The states of a dialogue up to that turn.
    """
    before = states[-2] if len(states) > 1 else State()
    if not (before.prev_action or before.prev_text):
        return since_snippet(states[-1:])
    # whatever the user said a turn earlier does not matter
    earlier = State(prev_action=before.prev_action, prev_text=before.prev_text)
    return since_snippet([earlier, states[-1]])


def _rule_only(rules: Iterable[RuleDialogue], stories: Iterable[RuleDialogue]) -> RuleOnly:
    in_rules, in_stories = _speaks_of(rules), _speaks_of(stories)
    loops = in_rules.loops - in_stories.loops - {SHOULD_NOT_BE_SET}
    return RuleOnly(in_rules.slots - in_stories.slots, loops)


def _speaks_of(dialogues: Iterable[RuleDialogue]) -> RuleOnly:
    states = {dialogue.states[turn] for dialogue in dialogues for turn, _ in _examples(dialogue)}
    slots = frozenset(name for state in states for name, _ in state.slots)
    return RuleOnly(slots, frozenset(s.active_loop for s in states if s.active_loop is not None))


@dataclass(frozen=True)
class Contradiction:
    """A turn of a story or rule that goes on in another way than rules have it.

    Args:
        name: The story or rule.
        is_rule: Whether it is a rule.
        turn: The number of the action in it, counted from 0, listens and `...` included.
        action: What comes there.
        origin: Where that is written.
        predicted: What the rules say comes there; None: they disagree, so they say nothing.
        rules: Where the rules are written that say otherwise.
        reason: For a default intent or a loop, what decides in place of a rule; else "".
    """

    name: str
    is_rule: bool
    turn: int
    action: str
    origin: Origin
    predicted: str | None
    rules: tuple[Origin, ...]
    reason: str = ""


class _Step(NamedTuple):
    """A turn of a training dialogue that the rules were asked about."""

    turn: int
    action: str
    finding: Finding
    source: str


Said = dict[str, list[tuple[Origin, str]]]


class Analysis:
    """Asks the rules about every turn of rules and stories.

    Args:
        lookup: What the rules say.
        dialogues: Rules and stories, in the order of the training data.

    Attributes:
        lookup: What the rules say, without what a story takes back.
        contradictions: All disagreements.
        sources: What decides in rules and in no story.
        used: What decides in stories.
    """

    def __init__(self, lookup: RuleLookup, dialogues: Iterable[RuleDialogue]) -> None:
        self.lookup = lookup
        self.contradictions: list[Contradiction] = []
        self.used: set[str] = set()
        self._found: dict[tuple[tuple[State, ...], str | None, bool], Finding] = {}
        read = list(dialogues)
        self._said = self._collect(dialogue for dialogue in read if dialogue.is_rule)
        for dialogue in read:
            for step in self._steps(dialogue):
                self._compare(dialogue, step)
        self.sources = frozenset(self._said) - self.used

    def _collect(self, rules: Iterable[RuleDialogue]) -> Said:
        """For everything that decides in a rule: which rules go there, and how they go on."""
        said: Said = defaultdict(list)
        for dialogue in rules:
            for step in self._steps(dialogue):
                action, origin = step.action, dialogue.origins[step.turn]
                if step.finding.kind in ("default_intent", "loop", "loop_listen"):
                    # the default rule is right, and the one at hand contradicts it
                    action, origin = step.finding.action or "", Origin(step.source)
                said[step.source].append((origin, action))
        return said

    def _steps(self, dialogue: RuleDialogue) -> Iterator[_Step]:
        """What the rules say in every turn that can be predicted."""
        rejected: str | None = None
        can_be_predicted = False  # nothing comes before the first action
        for turn, action in enumerate(dialogue.actions):
            state = dialogue.full_states[turn]
            rejected = rejected if loop_of(state) == rejected else None
            if action == RULE_SNIPPET_ACTION_NAME:
                can_be_predicted = False
                continue
            if not can_be_predicted or not dialogue.predictable[turn]:
                can_be_predicted = True
                continue
            states = dialogue.full_states[max(0, turn + 1 - self.lookup.depth) : turn + 1]
            found = self._find(states, is_rejected=rejected is not None)
            loop = loop_of(state)
            if loop is not None and found.action == loop != action:
                # inside a loop something else comes only after its form has refused
                rejected = loop
                found = self._find(states, is_rejected=True)
            source = found.source or ""
            if found.source is None and dialogue.is_rule:
                source = source_of(since_snippet(dialogue.full_states[: turn + 1]))
            yield _Step(turn, action, found, source)
            rejected = None if action == rejected else rejected

    def _find(self, states: Sequence[State], *, is_rejected: bool) -> Finding:
        last = states[-1]
        heard = last.prev_action == ACTION_LISTEN_NAME
        if heard and last.text is not None:
            states = [*states[:-1], last._replace(text=None)]
        # stories have most of their turns in common
        key = (tuple(states), last.text, is_rejected)
        if key not in self._found:
            text = last.text if heard else None
            self._found[key] = self.lookup.find(Moment(states, text, is_rejected))
        return self._found[key]

    def _compare(self, dialogue: RuleDialogue, step: _Step) -> None:
        predicted, found = step.finding.action, step.finding
        if predicted == step.action:
            if not dialogue.is_rule:
                self.used.add(step.source)
            return
        if predicted is None and not dialogue.is_rule:
            return  # rules need not know every turn of a story
        if found.rule is not None and not dialogue.is_rule and self._is_taken_back(found.rule):
            self._take_back(found.rule)
            return
        rivals = [origin for origin, action in self._said[step.source] if action != step.action]
        if rivals:
            self.contradictions.append(
                Contradiction(
                    dialogue.name,
                    dialogue.is_rule,
                    step.turn,
                    step.action,
                    dialogue.origins[step.turn],
                    predicted,
                    tuple(dict.fromkeys(rivals)),
                    "" if found.rule or predicted is None else found.kind,
                )
            )

    def _is_taken_back(self, rule: LearnedRule) -> bool:
        """Whether a rule that ends after its first turn gives way to a story.

        It does if a longer rule begins in the same way: then the listen is only what ends the text
        of the rule, not what it is for.
        """
        if len(rule.states) > 1 or rule.action != ACTION_LISTEN_NAME:
            return False
        said = set(conditions_of(rule.states[0]))
        return any(
            other is not rule and said <= set(conditions_of(other.states[0]))
            for other in self.lookup.rules.rules
        )

    def _take_back(self, rule: LearnedRule) -> None:
        old = self.lookup
        self._found.clear()
        rules = old.rules.without(rule)
        self.lookup = RuleLookup(rules, old.unhappy, old.not_in_stories, old.rule_only)
