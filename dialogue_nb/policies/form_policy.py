"""Forms that go on by themselves, for the configurations of Rasa 0.x and 1.x.

It is the part of `RulePolicy` that handles loops, with no rules and no fallback.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, Self

import numpy as np

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ACTION_LISTEN_NAME, Event, LoopInterrupted
from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.core.states import recent_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.tracker_featurizers import Tracker
from dialogue_nb.policies.json_file import read_json, write_json
from dialogue_nb.policies.mapping import triggered_action
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import PolicyPrediction
from dialogue_nb.policies.rule_learning import learn_rules, read_dialogue
from dialogue_nb.policies.rule_lookup import LOOP_WAS_INTERRUPTED, LearnedRule, RuleIndex

FORMS_FILE: Final = "interrupted_forms.json"


class _Turn(NamedTuple):
    action: str | None
    kind: str
    sentence: str


class FormPolicy(Policy):
    """Lets an active form take every message, and listens after it has asked.

    A form that has refused a message leaves it to the other policies; where the form comes back in
    a story afterwards, it is told that it was interrupted, so that it asks again instead of reading
    an answer. An intent that triggers an action (see `MappingPolicy`) comes before the form.

    Args:
        priority: The higher wins where two policies are equally confident.

    Attributes:
        interrupted_: The turns after which stories say that a form was interrupted.

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
        """Learns from stories after which turns a form has been interrupted.

        Args:
            training_trackers: Dialogues of stories; augmented ones are passed over.
            domain: The domain they belong to.
            **kwargs: Not used.

        Returns:
            The policy itself.
        """
        stories = self.select(training_trackers)
        learnt = learn_rules(read_dialogue(tracker, domain) for tracker in stories).unhappy.rules
        self.interrupted_ = RuleIndex(r for r in learnt if r.action == LOOP_WAS_INTERRUPTED)
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
            ("loop", "loop_listen", "refused", "interrupted", "triggers" or "none") and a
            `sentence`.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        interrupted: RuleIndex = self._learnt("interrupted_")
        turn = self._turn(tracker, domain)
        if turn.kind == "refused":
            states = recent_states(tracker, domain, max(interrupted.depth, 1))
            states[-1] = states[-1]._replace(text=None)
            if interrupted.matching(states):
                sentence = "the form has refused the message, and a story goes on here"
                turn = _Turn(None, "interrupted", sentence)
        values = np.zeros(domain.num_actions)  # (A,)
        if turn.action is not None and turn.action in domain.action_names:
            values[domain.index_for_action(turn.action)] = 1.0
        events: tuple[Event, ...] = (LoopInterrupted(True),) if turn.kind == "interrupted" else ()
        form = tracker.active_loop_name
        explanation = {"form": form, "kind": turn.kind, "sentence": turn.sentence}
        return self._prediction(values, explanation=explanation, events=events)

    def _turn(self, tracker: DialogueStateTracker, domain: Domain) -> _Turn:
        loop, last = tracker.active_loop, tracker.latest_action_name
        if loop is None:
            return _Turn(None, "none", "no form is active")
        if last == loop.name:
            return _Turn(ACTION_LISTEN_NAME, "loop_listen", f"the form '{loop.name}' has asked")
        if last != ACTION_LISTEN_NAME:
            return _Turn(None, "none", "something else was done in the form")
        intent = tracker.latest_message.intent_name
        triggers = triggered_action(intent, domain)
        if triggers is not None:
            return _Turn(None, "triggers", f"the intent '{intent}' triggers {triggers}")
        if loop.rejected:
            return _Turn(None, "refused", f"the form '{loop.name}' has refused the message")
        sentence = f"the form '{loop.name}' is active, so it takes the message"
        return _Turn(loop.name, "loop", sentence)

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
