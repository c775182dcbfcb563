"""Forms that go on by themselves, for the configurations of Rasa 0.x and 1.x.

It is the part of `RulePolicy` that handles loops, with no rules and no fallback.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ACTION_LISTEN_NAME, Event, LoopInterrupted
from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.core.states import State, recent_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.tracker_featurizers import Tracker
from dialogue_nb.policies.ensemble import rejected_action
from dialogue_nb.policies.json_file import read_json, write_json
from dialogue_nb.policies.mapping import MappingPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import PolicyPrediction
from dialogue_nb.policies.rule_learning import loop_turn, read_dialogue
from dialogue_nb.policies.rule_lookup import LOOP_WAS_INTERRUPTED, LearnedRule, RuleIndex

FORMS_FILE: Final = "interrupted_forms.json"


class FormPolicy(Policy):
    """Lets an active form take every message, and listens after it has asked (as Rasa 1.10).

    A message that the form has refused is for the other policies. The next one is for the form
    again, unless a story goes on otherwise after these turns: then the form is told that it was
    interrupted, so that it asks again instead of reading an answer. What an intent triggers by
    `MappingPolicy` comes before the form. (Unlike `RulePolicy`, it does not make the form ask again
    on its own right after something else was answered.)

    Args:
        priority: The higher wins where two policies are equally confident.

    Attributes:
        interrupted_: The turns in which stories say that a form does not take the message.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, ActiveLoop, UserUttered
        >>> domain = Domain.from_yaml("{intents: [book, inform], forms: {ferry_form: {}}}")
        >>> listen, form = ActionExecuted("action_listen"), ActionExecuted("ferry_form")
        >>> asked = [listen, UserUttered.of("book"), form, ActiveLoop("ferry_form"), listen]
        >>> tracker = DialogueStateTracker(events=[*asked, UserUttered.of("inform")])
        >>> policy = FormPolicy().train([], domain)
        >>> prediction = policy.predict(tracker, domain)
        >>> prediction.best(domain), prediction.explanation["sentence"]
        ('ferry_form', "the form 'ferry_form' is active, so it takes the message")
    """

    uses_augmented: ClassVar[bool] = False

    interrupted_: RuleIndex

    def __init__(self, priority: int = 5) -> None:
        super().__init__(None, priority)

    def train(self, training_trackers: Sequence[Tracker], domain: Domain, **kwargs: Any) -> Self:
        """Learns from stories the turns in which a form does not take the message.

        Args:
            training_trackers: Dialogues of stories; augmented ones are passed over.
            domain: The domain they belong to.
            **kwargs: Not used.

        Returns:
            The policy itself.
        """
        found: dict[tuple[State, ...], LearnedRule] = {}
        for tracker in self.select(training_trackers):
            dialogue = read_dialogue(tracker, domain)
            for turn, predictable in enumerate(dialogue.predictable):
                state = dialogue.states[turn]
                heard = state.prev_action == ACTION_LISTEN_NAME
                if predictable and heard and state.active_loop is not None:
                    key = loop_turn(dialogue.states[: turn + 1])
                    origins = (dialogue.origins[turn],)
                    found[key] = LearnedRule(key, LOOP_WAS_INTERRUPTED, origins)
        self.interrupted_ = RuleIndex(found.values())
        return self

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        """The active form after a message, a listen after the form, else no opinion.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Returns:
            The prediction; its explanation has the `form` (None if none is active), the `kind`
            ("loop", "loop_listen", "interrupted" or "none") and a `sentence`.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        interrupted: RuleIndex = self._learnt("interrupted_")
        action, kind, sentence = self._choice(tracker)
        events: tuple[Event, ...] = ()
        loop = tracker.active_loop
        if kind == "loop" and loop is not None and loop.rejected:
            states = recent_states(tracker, domain, max(interrupted.depth, 1))
            states[-1] = states[-1]._replace(text=None)
            if interrupted.matching(states):
                action, kind, events = None, "interrupted", (LoopInterrupted(True),)
                sentence = f"the form '{loop.name}' was interrupted, as in a story"
        values = np.zeros(domain.num_actions)  # (A,)
        if action in domain.action_names:
            values[domain.index_for_action(str(action))] = 1.0
        return self._prediction(
            values,
            explanation={"form": tracker.active_loop_name, "kind": kind, "sentence": sentence},
            events=events,
            gives_way_to=(MappingPolicy.__name__,),
        )

    def _choice(self, tracker: DialogueStateTracker) -> tuple[str | None, str, str]:
        """The action, the kind of turn and the reason."""
        loop, last = tracker.active_loop, tracker.latest_action_name
        if loop is None:
            return None, "none", "no form is active"
        if last == loop.name:
            return ACTION_LISTEN_NAME, "loop_listen", f"the form '{loop.name}' has asked"
        if last != ACTION_LISTEN_NAME:
            return None, "none", f"something else was done while '{loop.name}' is active"
        if rejected_action(tracker) == loop.name:
            sentence = f"the form '{loop.name}' has refused the message"
        else:
            sentence = f"the form '{loop.name}' is active, so it takes the message"
        return loop.name, "loop", sentence

    def persist(self, path: str | Path) -> None:
        """Writes the parameters and what was learnt into a folder, as JSON.

        Args:
            path: The folder; it is made if it is not there.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        interrupted: RuleIndex = self._learnt("interrupted_")
        self.write_policy_file(path)
        body = {"interrupted": [rule.as_dict() for rule in interrupted.rules]}
        write_json(Path(path) / FORMS_FILE, body)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a policy that `persist` wrote.

        Args:
            path: The folder.

        Raises:
            ModelError: If the folder holds no such policy, or a damaged one.
        """
        policy = super().load(path)
        body = read_json(Path(path) / FORMS_FILE, "interrupted forms")
        try:
            policy.interrupted_ = RuleIndex(LearnedRule.from_dict(r) for r in body["interrupted"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"The saved forms are damaged: {error!r}. Train again.") from error
        return policy
