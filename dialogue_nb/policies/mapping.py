"""Intents that always run one action, for the configurations of Rasa 0.x and 1.x (as 1.10)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_defaults import DEFAULT_INTENT_ACTIONS
from dialogue_nb.core.events import ACTION_LISTEN_NAME
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import PolicyPrediction

RESTART_ACTION = DEFAULT_INTENT_ACTIONS["restart"]


def triggered_action(intent: str | None, domain: Domain) -> str | None:
    """The action that an intent always runs.

    Args:
        intent: The intent's name, None where nothing was understood.
        domain: The domain, whose intents say it with `triggers`; `/restart`, `/back` and
            `/session_start` do so by themselves.

    Returns:
        The action's name, None if there is none.

    Example:
        >>> domain = Domain.from_yaml("{intents: [{ask_time: {triggers: utter_time}}], "
        ...                           "actions: [utter_time]}")
        >>> triggered_action("ask_time", domain), triggered_action("back", domain)
        ('utter_time', 'action_back')
    """
    if intent in DEFAULT_INTENT_ACTIONS:
        return DEFAULT_INTENT_ACTIONS[intent]
    return next((each.triggers for each in domain.intents if each.name == intent), None)


class MappingPolicy(Policy):
    """Runs the action that an intent `triggers` in the domain, and listens after it.

    `/restart`, `/back` and `/session_start` run their actions too. It listens only after what it
    has itself chosen: where a story goes on after the same action, the story's policy decides.

    Args:
        priority: The higher wins where two policies are equally confident; the default is below
            that of memoization.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, UserUttered
        >>> from dialogue_nb.policies.ensemble import PolicyEnsemble
        >>> domain = Domain.from_yaml("{intents: [{ask_time: {triggers: utter_time}}], "
        ...                           "actions: [utter_time]}")
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("ask_time")]
        >>> decision = PolicyEnsemble([MappingPolicy()]).decide(
        ...     DialogueStateTracker(events=said), domain)
        >>> print(decision.why())
        MappingPolicy chose utter_time (1.00): the intent 'ask_time' triggers it.
    """

    uses_stories: ClassVar[bool] = False

    def __init__(self, priority: int = 2) -> None:
        super().__init__(None, priority)

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        """The triggered action, or a listen after it.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Returns:
            The prediction; its explanation has the `intent`, the action that it `triggers` (None if
            none) and a `sentence`.
        """
        intent = tracker.latest_message.intent_name
        triggers = triggered_action(intent, domain)
        action, why = self._choice(tracker, intent, triggers)
        if action is not None and action not in domain.action_names:
            action, why = None, f"the intent '{intent}' triggers the unknown action '{action}'"
        values = np.zeros(domain.num_actions)  # (A,)
        if action is not None:
            values[domain.index_for_action(action)] = 1.0
        explanation = {"intent": intent, "triggers": triggers, "sentence": why}
        return self._prediction(values, explanation=explanation)

    def _choice(
        self, tracker: DialogueStateTracker, intent: str | None, triggers: str | None
    ) -> tuple[str | None, str]:
        if triggers is None:
            what = f"the intent '{intent}' triggers no action" if intent else "there is no intent"
            return None, what
        last, before = tracker.latest_action, tracker.latest_action_name
        if before == ACTION_LISTEN_NAME:
            return triggers, f"the intent '{intent}' triggers it"
        if last is not None and before == triggers:
            # trackers of Rasa 1.x name it 'policy_2_MappingPolicy'
            if (last.policy or "").endswith(self.name):
                return ACTION_LISTEN_NAME, f"{triggers}, which the intent triggers, was just run"
            return None, f"{triggers} was just run, but not by this policy"
        if triggers == RESTART_ACTION:
            return triggers, "the user asked for a restart, and there was none yet"
        return None, f"{triggers}, which the intent '{intent}' triggers, comes only after a message"
