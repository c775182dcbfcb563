"""What to do when nobody is sure enough, for the configurations of Rasa 0.x and 1.x (as 1.10).

FallbackPolicy          runs one action
TwoStageFallbackPolicy  asks first whether the message was understood, then for other words
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final, NamedTuple, Self

import numpy as np

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ACTION_LISTEN_NAME, ActionExecuted, UserUttered
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.tracker_featurizers import Tracker
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import FALLBACK_BELOW, PolicyPrediction, nlu_confidence

DEFAULT_FALLBACK: Final = "action_default_fallback"
ASK_AFFIRMATION: Final = "action_default_ask_affirmation"
ASK_REPHRASE: Final = "action_default_ask_rephrase"
REVERT_FALLBACK: Final = "action_revert_fallback_events"
OUT_OF_SCOPE: Final = "out_of_scope"


class Doubt(NamedTuple):
    """Why a message may not have been understood.

    Args:
        parameter: Whose threshold it missed: "nlu_threshold" or "ambiguity_threshold".
        value: The number that is too low: a confidence, or a difference of two.
        sentence: All of it in words.
    """

    parameter: str
    value: float
    sentence: str


class FallbackPolicy(Policy):
    """Runs an action if the message was not understood, or if no policy is sure what comes next.

    After a message with an unsure intent it is certain (1.0); otherwise it offers its action with
    the confidence `core_threshold`, which wins where every other policy is less sure. After that
    action the bot listens, also where the action has taken the message back. (Rasa 1.10 also falls
    back where a network would listen right after a message; here the bot then listens.)

    Args:
        priority: The higher wins where two policies are equally confident.
        nlu_threshold: How sure the intent must be; below that the bot falls back.
        ambiguity_threshold: How much surer the first intent must be than the second; if they are
            closer, the bot falls back.
        core_threshold: How sure another policy must be; below that the bot falls back.
        fallback_action_name: The action that is then run.

    Example:
        >>> from dialogue_nb.policies.ensemble import PolicyEnsemble
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> unsure = UserUttered("hm", {"name": "greet", "confidence": 0.21})
        >>> tracker = DialogueStateTracker(events=[ActionExecuted("action_listen"), unsure])
        >>> print(PolicyEnsemble([FallbackPolicy()]).decide(tracker, domain).why())
        FallbackPolicy chose action_default_fallback (1.00): the confidence 0.21 of the intent \
'greet' is below nlu_threshold 0.30.
    """

    uses_stories: ClassVar[bool] = False

    def __init__(
        self,
        priority: int = 4,
        nlu_threshold: float = 0.3,
        ambiguity_threshold: float = 0.1,
        core_threshold: float = 0.3,
        fallback_action_name: str = DEFAULT_FALLBACK,
    ) -> None:
        super().__init__(None, priority)
        self.nlu_threshold = nlu_threshold
        self.ambiguity_threshold = ambiguity_threshold
        self.core_threshold = core_threshold
        self.fallback_action_name = fallback_action_name

    def train(self, training_trackers: Sequence[Tracker], domain: Domain, **kwargs: Any) -> Self:
        """Learns nothing; checks that the parameters fit the domain.

        Args:
            training_trackers: Not used.
            domain: The domain.
            **kwargs: Not used.

        Raises:
            PolicyConfigError: If the domain lacks an action or an intent that a parameter names, or
                a threshold is not from 0 to 1.
        """
        self._check_fits(domain)
        return self

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        """The fallback, or a listen after it.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Returns:
            The prediction. Its explanation has the `kind` ("listens", "nlu_threshold",
            "ambiguity_threshold" or "core_threshold"), the `intent` and its `confidence`, for the
            last kind `fallback_below`, and a `sentence`.
        """
        fallback = self.fallback_action_name
        if fallback != ACTION_LISTEN_NAME and _has_just_run(tracker, (fallback,)):
            why = f"{fallback} was just run, so the bot waits for the user"
            return self._certain(ACTION_LISTEN_NAME, "listens", why, tracker, domain)
        doubt = self.doubt(tracker)
        if doubt is None:
            return self._offer(fallback, tracker, domain)
        return self._certain(fallback, doubt.parameter, doubt.sentence, tracker, domain)

    def doubt(self, tracker: DialogueStateTracker) -> Doubt | None:
        """Why the last message may not have been understood.

        Args:
            tracker: The conversation so far.

        Returns:
            The reason; None if it was understood, or the bot has already acted upon it.
        """
        if tracker.latest_action_name != ACTION_LISTEN_NAME:
            return None
        confidence, limit = nlu_confidence(tracker), self.nlu_threshold
        if confidence < limit:
            intent = tracker.latest_message.intent_name
            whose = f"the intent '{intent}'" if intent else "the message"
            low, high = _apart(confidence, limit)
            sentence = f"the confidence {low} of {whose} is below nlu_threshold {high}"
            return Doubt("nlu_threshold", confidence, sentence)
        return self._ambiguity(tracker.latest_message)

    def _ambiguity(self, message: UserUttered) -> Doubt | None:
        if len(message.intent_ranking) < 2:
            return None
        first, second = message.intent_ranking[:2]
        difference = _confidence_in(first) - _confidence_in(second)
        if difference >= self.ambiguity_threshold:
            return None
        low, high = _apart(difference, self.ambiguity_threshold)
        rivals = " and ".join(f"'{one.get('name')}'" for one in (first, second))
        sentence = (
            f"the confidences of the intents {rivals} differ by {low} only, which is below "
            f"ambiguity_threshold {high}"
        )
        return Doubt("ambiguity_threshold", difference, sentence)

    def _certain(
        self, action: str, kind: str, why: str, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        explanation = _heard(tracker) | {"kind": kind, "sentence": why}
        return self._says(action, 1.0, explanation, domain)

    def _offer(
        self, action: str, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        limit = self.core_threshold
        why = f"nobody is surer than core_threshold {limit:.2f}"
        if limit == 0:
            why = "core_threshold is 0, so it leaves what comes next to the others"
        more = {"kind": "core_threshold", FALLBACK_BELOW: limit, "sentence": why}
        return self._says(action, limit, _heard(tracker) | more, domain)

    def _says(
        self, action: str, confidence: float, explanation: dict[str, Any], domain: Domain
    ) -> PolicyPrediction:
        values = np.zeros(domain.num_actions)  # (A,)
        values[domain.index_for_action(action)] = confidence
        return self._prediction(values, explanation=explanation)


class TwoStageFallbackPolicy(FallbackPolicy):
    """Asks before it falls back: first whether it understood, then for other words.

    After an unsure message the bot asks whether it got the intent right. A yes (any sure message)
    goes on as if the message had been clear; a no (`deny_suggestion_intent_name`) makes it ask for
    other words. If these are unsure too it asks once more, and then gives up. Which step it is in
    is seen from the order of the events.

    Args:
        priority: The higher wins where two policies are equally confident.
        nlu_threshold: How sure the intent must be; below that the bot asks.
        ambiguity_threshold: How much surer the first intent must be than the second; if they are
            closer, the bot asks.
        core_threshold: How sure another policy must be; below that the bot falls back.
        fallback_core_action_name: The action that is run if no policy is so sure.
        fallback_nlu_action_name: The action that is run if asking did not help.
        deny_suggestion_intent_name: The intent of a user who was not understood.

    Example:
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> unsure = UserUttered("hm", {"name": "greet", "confidence": 0.21})
        >>> tracker = DialogueStateTracker(events=[ActionExecuted("action_listen"), unsure])
        >>> TwoStageFallbackPolicy().predict(tracker, domain).best(domain)
        'action_default_ask_affirmation'
    """

    def __init__(
        self,
        priority: int = 4,
        nlu_threshold: float = 0.3,
        ambiguity_threshold: float = 0.1,
        core_threshold: float = 0.3,
        fallback_core_action_name: str = DEFAULT_FALLBACK,
        fallback_nlu_action_name: str = DEFAULT_FALLBACK,
        deny_suggestion_intent_name: str = OUT_OF_SCOPE,
    ) -> None:
        super().__init__(
            priority, nlu_threshold, ambiguity_threshold, core_threshold, fallback_core_action_name
        )
        self.fallback_core_action_name = fallback_core_action_name
        self.fallback_nlu_action_name = fallback_nlu_action_name
        self.deny_suggestion_intent_name = deny_suggestion_intent_name

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        """What the step that the conversation is in asks for.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Returns:
            The prediction. The `kind` of its explanation is "listens", "asks", "denied",
            "rephrased", "affirmed", "gives_up" or "core_threshold"; the rest is as for
            `FallbackPolicy`.
        """
        waits = (ASK_AFFIRMATION, ASK_REPHRASE, self.fallback_core_action_name)
        if _has_just_run(tracker, waits):
            step = (ACTION_LISTEN_NAME, "listens", "the user has the next word")
        else:
            step = self._step(tracker) or ("", "", "")
        action, kind, why = step
        if not action:
            return self._offer(self.fallback_core_action_name, tracker, domain)
        return self._certain(action, kind, why, tracker, domain)

    def _step(self, tracker: DialogueStateTracker) -> tuple[str, str, str] | None:
        """The next action, the kind of step and the reason; None if there is no doubt."""
        doubt = self.doubt(tracker)
        denial = self.deny_suggestion_intent_name
        if tracker.last_executed_action_has(ASK_AFFIRMATION):
            if tracker.latest_message.intent_name == denial:
                if tracker.last_executed_action_has(ASK_REPHRASE, skip=1):
                    why = f"the user said '{denial}' for the second time"
                    return self.fallback_nlu_action_name, "gives_up", why
                why = f"the user said '{denial}', so it asks for other words"
                return ASK_REPHRASE, "denied", why
            if doubt is None:
                why = "the user answered clearly, so what was asked in between is taken back"
                return REVERT_FALLBACK, "affirmed", why
            why = f"the answer is as unsure, so it gives up: {doubt.sentence}"
            return self.fallback_nlu_action_name, "gives_up", why
        if tracker.last_executed_action_has(ASK_REPHRASE):
            if doubt is None:
                why = "the other words are clear, so what was asked in between is taken back"
                return REVERT_FALLBACK, "rephrased", why
            return ASK_AFFIRMATION, "asks", f"the other words are unsure too: {doubt.sentence}"
        return None if doubt is None else (ASK_AFFIRMATION, "asks", doubt.sentence)


def _has_just_run(tracker: DialogueStateTracker, names: Sequence[str]) -> bool:
    """Whether one of these actions was the last thing since the last message."""
    for event in reversed(tracker.events):
        # what a fallback has taken back is still in the list of events
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, ActionExecuted):
            return event.label in names
    return False


def _heard(tracker: DialogueStateTracker) -> dict[str, Any]:
    message = tracker.latest_message
    return {"intent": message.intent_name, "confidence": nlu_confidence(tracker)}


def _confidence_in(intent: Any) -> float:
    confidence = intent.get("confidence", 1.0)
    return 1.0 if confidence is None else float(confidence)


def _apart(low: float, high: float) -> tuple[str, str]:
    """Two numbers in words, with as many digits as it takes to tell them apart."""
    digits = next((n for n in range(2, 16) if f"{low:.{n}f}" != f"{high:.{n}f}"), 16)
    return f"{low:.{digits}f}", f"{high:.{digits}f}"
