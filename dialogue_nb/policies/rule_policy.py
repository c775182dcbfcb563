"""Rules: what must always hold, whatever else was said (Rasa 3.6).

A rule says what comes after a message or an action, wherever in a conversation that happens. The
policy also answers `/restart`, `/back` and `/session_start`, lets a form go on that is active, and
proposes a fallback where it knows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np

from dialogue_nb.core.diagnostics import Diagnostic, errors_in
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ACTION_LISTEN_NAME, Event, LoopInterrupted
from dialogue_nb.core.exceptions import RuleError
from dialogue_nb.core.states import NOTHING_RULE_ONLY, recent_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.tracker_featurizers import Tracker
from dialogue_nb.policies.json_file import read_json, write_json
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import LazyExplanation, PolicyPrediction, nlu_confidence
from dialogue_nb.policies.rule_checks import (
    check_completeness,
    check_messages,
    check_ties,
    contradiction_diagnostic,
)
from dialogue_nb.policies.rule_explanation import RuleVerdict, explain, verdicts
from dialogue_nb.policies.rule_learning import (
    Analysis,
    Contradiction,
    learn_rules,
    read_dialogue,
)
from dialogue_nb.policies.rule_lookup import (
    DEFAULT_INTENT_SOURCES,
    Finding,
    Moment,
    RuleLookup,
    loop_sources,
)

RULES_FILE: Final = "rules.json"
DEFAULT_FALLBACK: Final = "action_default_fallback"


class RulePolicy(Policy):
    """Follows rules, with confidence 1.

    Of several rules that match, the one that looks at more turns decides, then the one with more
    conditions. (Rasa takes the one whose text is longer, so that a long slot name counts more than
    two short ones.)

    Args:
        priority: The higher wins where two policies are equally confident.
        core_fallback_threshold: How sure it is of the fallback where no rule matches; what other
            policies are less sure of does not happen.
        core_fallback_action_name: The fallback: an action of the domain.
        enable_fallback_prediction: Whether there is a fallback; otherwise it has no opinion where
            no rule matches.
        restrict_rules: Whether a rule may have one user message only.
        check_for_contradictions: Whether rules that lack something or contradict each other or
            stories are errors. If not, learning policies also see the turns that only rules take.
        use_nlu_confidence_as_score: Whether the confidence is that of the last message's intent.

    Attributes:
        lookup_: What was learnt, a `RuleLookup`.
        contradictions_: Where stories and rules disagree; empty after training, as they are errors.
        diagnostics_: What there is to say about the rules that is no error.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, UserUttered
        >>> from dialogue_nb.stories.generator import generate
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> domain = Domain.from_yaml("{intents: [bye], actions: [utter_bye]}")
        >>> rules, _ = parse_stories('''
        ... rules:
        ... - rule: always say goodbye
        ...   steps: [{intent: bye}, {action: utter_bye}]
        ... ''')
        >>> policy = RulePolicy().train(generate(rules, domain), domain)
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("bye")]
        >>> prediction = policy.predict(DialogueStateTracker(events=said), domain)
        >>> prediction.best(domain), prediction.confidence
        ('utter_bye', 1.0)
        >>> prediction.explanation["sentence"]
        "rule 'always say goodbye' (line 4) matches"
    """

    uses_augmented: ClassVar[bool] = False
    uses_rules: ClassVar[bool] = True

    lookup_: RuleLookup
    contradictions_: tuple[Contradiction, ...] = ()
    diagnostics_: tuple[Diagnostic, ...] = ()

    def __init__(
        self,
        priority: int = 6,
        core_fallback_threshold: float = 0.3,
        core_fallback_action_name: str = DEFAULT_FALLBACK,
        enable_fallback_prediction: bool = True,
        restrict_rules: bool = True,
        check_for_contradictions: bool = True,
        use_nlu_confidence_as_score: bool = False,
    ) -> None:
        super().__init__(None, priority)
        self.core_fallback_threshold = core_fallback_threshold
        self.core_fallback_action_name = core_fallback_action_name
        self.enable_fallback_prediction = enable_fallback_prediction
        self.restrict_rules = restrict_rules
        self.check_for_contradictions = check_for_contradictions
        self.use_nlu_confidence_as_score = use_nlu_confidence_as_score

    # --- learning

    def train(self, training_trackers: Sequence[Tracker], domain: Domain, **kwargs: Any) -> Self:
        """Learns the rules, and from stories what comes inside forms besides what they ask.

        Args:
            training_trackers: Dialogues of rules and stories; augmented ones are passed over.
            domain: The domain they belong to.
            **kwargs: Not used.

        Returns:
            The policy itself.

        Raises:
            PolicyConfigError: If the domain does not have the fallback action, or the threshold is
                not from 0 to 1.
            RuleError: If rules lack something, or contradict each other or stories; with all of it.
        """
        self._check_fits(domain)
        lookup, found, contradictions = self._learn(training_trackers, domain)
        if errors := errors_in(found):
            count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
            raise RuleError(found, f"The rules cannot be followed, {count}:")
        self.lookup_, self.diagnostics_ = lookup, tuple(found)
        self.contradictions_ = tuple(contradictions)
        return self

    def check(self, training_trackers: Sequence[Tracker], domain: Domain) -> list[Diagnostic]:
        """All that is wrong with rules, as `train` would find it; nothing is learnt.

        Args:
            training_trackers: Dialogues of rules and stories.
            domain: The domain they belong to.

        Returns:
            R101 a rule with several user messages; R102 an action that does not set a slot as it
            does in other rules; R103 a form after which no loop is said to be active or over; R104
            a contradiction; R105 (a warning) two rules of which neither is more specific.
        """
        return self._learn(training_trackers, domain)[1]

    def contradictions(
        self, training_trackers: Sequence[Tracker], domain: Domain
    ) -> list[Contradiction]:
        """Where rules and stories disagree, turn by turn; nothing is learnt.

        Args:
            training_trackers: Dialogues of rules and stories.
            domain: The domain they belong to.
        """
        return self._learn(training_trackers, domain)[2]

    def examine(
        self, training_trackers: Sequence[Tracker], domain: Domain
    ) -> tuple[list[Diagnostic], list[Contradiction]]:
        """Both `check` and `contradictions`, at the price of one; nothing is learnt.

        Args:
            training_trackers: Dialogues of rules and stories.
            domain: The domain they belong to.
        """
        return self._learn(training_trackers, domain)[1:]

    def _learn(
        self, trackers: Sequence[Tracker], domain: Domain
    ) -> tuple[RuleLookup, list[Diagnostic], list[Contradiction]]:
        dialogues = [read_dialogue(tracker, domain) for tracker in self.select(trackers)]
        rules = [dialogue for dialogue in dialogues if dialogue.is_rule]
        found = list(check_messages(rules)) if self.restrict_rules else []
        lookup = learn_rules(dialogues)
        if not self.check_for_contradictions:
            # as in Rasa, what only rules do is then not known
            open_to_all = RuleLookup(lookup.rules, lookup.unhappy, rule_only=NOTHING_RULE_ONLY)
            return open_to_all, found, []
        found += check_completeness(rules, domain)
        analysis = Analysis(lookup, dialogues)
        found += map(contradiction_diagnostic, analysis.contradictions)
        found += check_ties(analysis.lookup.rules)
        return self._hiding(analysis, domain), list(dict.fromkeys(found)), analysis.contradictions

    def _hiding(self, analysis: Analysis, domain: Domain) -> RuleLookup:
        always = {*DEFAULT_INTENT_SOURCES, *loop_sources(domain.form_names)}
        hidden = analysis.sources | (always - analysis.used)
        learnt = analysis.lookup
        return RuleLookup(learnt.rules, learnt.unhappy, frozenset(hidden), learnt.rule_only)

    # --- predicting

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        """Confidence 1 for what the rules say, and the fallback at its threshold.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Returns:
            The prediction; its explanation (worked out when it is looked at) says which rule
            matched and which ones it beat, or where the nearest ones failed.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        lookup = self._trained()
        moment = self.moment(tracker, domain)
        found = lookup.find(moment)
        values = np.zeros(domain.num_actions)  # (A,)
        if self.enable_fallback_prediction:  # also beside a rule, whose action may be refused
            fallback = domain.index_for_action(self.core_fallback_action_name)
            values[fallback] = self.core_fallback_threshold
        if found.action is not None:
            values[domain.index_for_action(found.action)] = self._score(tracker)
        events: tuple[Event, ...] = (LoopInterrupted(True),) if found.is_interrupted else ()
        return self._prediction(
            values,
            explanation=LazyExplanation(
                partial(explain, lookup, found, moment.states, *self._fallback())
            ),
            events=events,
            is_end_to_end=found.is_text,
            is_no_user_prediction=found.kind in ("loop", "loop_listen"),
            hide_rule_turn=found.source in lookup.not_in_stories,
        )

    def verdicts(self, tracker: DialogueStateTracker, domain: Domain) -> list[RuleVerdict]:
        """Every rule at this turn: it decided, it was less specific, or where it failed.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Returns:
            The rule that decided first, then those that match too, then the others, nearest first.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        moment = self.moment(tracker, domain)
        return verdicts(self.lookup_, moment.states, self.lookup_.find(moment).rule)

    def finding(self, tracker: DialogueStateTracker, domain: Domain) -> Finding:
        """What the rules say at this turn, and which rule it is.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        return self._trained().find(self.moment(tracker, domain))

    def moment(self, tracker: DialogueStateTracker, domain: Domain) -> Moment:
        """Where a conversation stands, as the rules look at it: as many states as they reach back.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        states = recent_states(tracker, domain, self._trained().depth)
        text = None
        if states[-1].prev_action == ACTION_LISTEN_NAME:
            text = tracker.latest_message.text or None
            states[-1] = states[-1]._replace(text=None)
        loop = tracker.active_loop
        if loop is not None and loop.name not in domain.action_names:
            # a form that the domain has lost, or never had: nobody could run it
            states = [s._replace(active_loop=None) for s in states]
        return Moment(states, text, loop is not None and loop.rejected)

    def _score(self, tracker: DialogueStateTracker) -> float:
        return nlu_confidence(tracker) if self.use_nlu_confidence_as_score else 1.0

    def _fallback(self) -> tuple[str, float | None]:
        """What it falls back to, in words, and below which confidence."""
        if not self.enable_fallback_prediction:
            return "", None
        limit = self.core_fallback_threshold
        return f"{self.core_fallback_action_name} is proposed ({limit:.2f})", limit

    # --- keeping

    def persist(self, path: str | Path) -> None:
        """Writes parameters and rules into a folder, as JSON.

        Args:
            path: The folder; it is made if it is not there.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        lookup = self._trained()
        self.write_policy_file(path)
        write_json(Path(path) / RULES_FILE, lookup.as_dict())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a policy that `persist` wrote.

        Args:
            path: The folder.

        Raises:
            ModelError: If the folder holds no such policy, or a damaged one.
        """
        policy = super().load(path)
        body = read_json(Path(path) / RULES_FILE, "learned rules")
        policy.lookup_ = RuleLookup.from_dict(body)
        return policy

    def _trained(self) -> RuleLookup:
        lookup: RuleLookup = self._learnt("lookup_")
        return lookup
