"""`RuleMatcher`: which rule decides at a turn, what it beats, and where all others fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import traitlets

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.decision import Decision
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.rule_lookup import RuleLookup
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.views.html import Html
from dialogue_nb.views.rule_matcher import (
    NO_POLICY,
    NOTHING_LEARNT,
    nothing_view,
    rule_matcher_html,
    rule_matcher_view,
    rules_view,
    summary_of,
)
from dialogue_nb.views.rule_outcomes import RuleTurn
from dialogue_nb.views.turns import decision_at, telling_turn, tracker_at, turns_of
from dialogue_nb.widgets.base import read_static
from dialogue_nb.widgets.offline import OfflinePart
from dialogue_nb.widgets.source_view import SourceView

Bot = Agent | PolicyEnsemble | RulePolicy

OFFLINE_ROWS: Final = 20_000
"""A file holds so many rows at most, so of many rules it holds the last turns only."""


class RuleMatcher(SourceView):
    """Every rule at the selected turn: it decides, another one says more, or where it failed.

    The rule that decides comes first, then those that match too, then the others, those that lack
    least first. Each condition of a rule says whether it holds, and what was there instead.

    Args:
        bot: An agent; or a policy ensemble or `RulePolicy`, trained, with the `domain`.
        tracker: The conversation whose turns are shown; None is one that has not begun.
        domain: The domain, where the bot is no agent.
        live: Whether to decide anew instead of comparing with the decisions that were recorded, for
            a bot that has learnt something since.
        key: See `View`.

    Example:
        >>> from dialogue_nb.policies.rule_policy import RulePolicy
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> rules = '''
        ... rules:
        ... - rule: always say goodbye
        ...   steps: [{intent: bye}, {action: utter_bye}]
        ... '''
        >>> domain = Domain.from_yaml("{intents: [bye], responses: {utter_bye: [{text: Bye!}]}}")
        >>> agent = Agent(domain, [RulePolicy()])
        >>> agent = agent.train(agent.load_data(parse_stories(rules)[0]))
        >>> _ = agent.handle_text("/bye")
        >>> matcher = RuleMatcher.of_agent(agent)
        >>> print(matcher.summary)
        The rule 'always say goodbye' matches. Rule decides: utter_bye (1.00).
        >>> matcher.close()
    """

    _esm = read_static("shared.js", "rule_matcher.js")
    _css = read_static("shared.css", "rule_matcher.css")
    rules: Any = traitlets.List().tag(sync=True)

    def __init__(
        self,
        bot: Bot,
        tracker: DialogueStateTracker | None = None,
        *,
        domain: Domain | None = None,
        live: bool = False,
        key: str | None = None,
    ) -> None:
        super().__init__(key=key)
        self.live = live
        self._bot, self._domain = bot, domain
        self._tracker = tracker
        self._known: tuple[RuleLookup, Domain] | None = None
        self._drawn: tuple[Any, ...] = ()
        self.domain  # noqa: B018 - asked now: it raises if there is none
        self.selection = {"turn": telling_turn(self.tracker)}
        self.refresh()
        self.observe(lambda _: self._follow(), "selection")

    @classmethod
    def of_agent(cls, agent: Agent, sender_id: str = "default", **options: Any) -> RuleMatcher:
        """The rules of an agent in a conversation that it has.

        Args:
            agent: The agent.
            sender_id: Whose conversation.
            **options: As for `RuleMatcher`.
        """
        return cls(agent, agent.tracker(sender_id), **options)

    # --- what is shown --------------------------------------------------------------------------

    @property
    def agent(self) -> Bot:
        """The bot; setting another one, or the same after a training, shows what that does."""
        return self._bot

    @agent.setter
    def agent(self, bot: Bot) -> None:
        with self.lock:
            self._bot = bot
            self.refresh()

    @property
    def domain(self) -> Domain:
        """The domain of the bot."""
        known = self._bot.domain if isinstance(self._bot, Agent) else self._domain
        if known is None:
            raise DialogueError(
                f"Expected the domain of the {type(self._bot).__name__}, got none: "
                "RuleMatcher(policy, tracker, domain=...)."
            )
        return known

    @property
    def tracker(self) -> DialogueStateTracker:
        """The conversation; setting another one shows the same turn of that."""
        if self._tracker is None:
            self._tracker = DialogueStateTracker("nobody", self.domain.slots)
        return self._tracker

    @tracker.setter
    def tracker(self, tracker: DialogueStateTracker | None) -> None:
        with self.lock:
            self._tracker = tracker
            self.refresh()

    @property
    def policy(self) -> RulePolicy | None:
        """The policy whose rules are shown, None if the bot follows no rules."""
        return next((p for p in self._policies() if isinstance(p, RulePolicy)), None)

    @property
    def turn(self) -> int:
        """The turn that is shown: the selected one, or the last if there are fewer."""
        last = len(turns_of(self.tracker)) - 1
        return max(0, min(int(self.selection.get("turn", last)), last))

    def refresh(self) -> None:
        """Looks at rules and conversation anew."""
        with self.lock, self.hold_sync():
            policy, domain = self.policy, self.domain
            lookup: RuleLookup | None = getattr(policy, "lookup_", None)
            if lookup is None:
                self._known, self.rules = None, []
            elif (
                self._known is None or self._known[0] is not lookup or self._known[1] is not domain
            ):
                self._known = (lookup, domain)
                self.rules = rules_view(lookup, domain)
            self._draw()

    def _follow(self) -> None:
        with self.lock, self.errors_shown("selection"):
            if self._drawn != (self.turn, self._tracker):
                self._draw()

    def _draw(self) -> None:
        self._drawn = (self.turn, self._tracker)
        self.view = self._made(self.turn)

    def _made(self, turn: int) -> dict[str, Any]:
        if self.policy is None:
            return nothing_view(NO_POLICY)
        if self._known is None:
            return nothing_view(NOTHING_LEARNT)
        count = len(turns_of(self.tracker))
        return rule_matcher_view(self.at(turn), turn=turn, turns=count)

    def at(self, turn: int) -> RuleTurn:
        """All rules at a turn of the conversation, for Python.

        Args:
            turn: The turn, as all views count them.

        Raises:
            DialogueError: If there are no rules to ask.
            UnknownNameError: If there is no such turn.
        """
        if self.policy is None or self._known is None:
            raise DialogueError(NO_POLICY if self.policy is None else NOTHING_LEARNT)
        then = tracker_at(self.tracker, turn)
        decision = None if self.live else decision_at(self.tracker, turn)
        return RuleTurn(self.policy, then, self.domain, decision or self._decide(then))

    def _decide(self, tracker: DialogueStateTracker) -> Decision | None:
        if isinstance(self._bot, Agent):
            return self._bot.processor.decide(tracker) if self._bot.is_trained else None
        ensemble = self._bot
        if isinstance(ensemble, RulePolicy):
            ensemble = PolicyEnsemble([ensemble])
        return ensemble.decide(tracker, self.domain)

    def _policies(self) -> Sequence[Policy]:
        return (self._bot,) if isinstance(self._bot, RulePolicy) else self._bot.policies

    # --- what a person does ---------------------------------------------------------------------

    def answer_source(self, rule: int, place: int) -> None:
        """A rule's name was clicked: whoever asked is told where it is written."""
        known = self._known[0] if self._known else RuleLookup()
        rules = (*known.rules.rules, *known.unhappy.rules)
        if 0 <= rule < len(rules) and 0 <= place < len(rules[rule].origins):
            origin = rules[rule].origins[place]
            self.tell_source(origin.file, origin.line, origin.story)

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """Which rule decides, in a sentence."""
        return summary_of(self.view)

    def html(self) -> Html:
        """The rules that matter most as a table."""
        return rule_matcher_html(self.view, self.rules)

    def offline_parts(self) -> Sequence[OfflinePart]:
        """The rules at all turns, or of many rules at the last turns."""
        count = len(turns_of(self.tracker))
        first = max(0, count - max(1, OFFLINE_ROWS // max(1, len(self.rules))))
        turns = {*range(first, count), self.turn} if self.rules else ()
        return [self.offline_part({turn: {"view": self._made(turn)} for turn in turns})]
