"""`ConfidenceBars`: what every policy thinks at one turn, and what it would think if ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import traitlets

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.decision import Decision
from dialogue_nb.policies.policy import Policy
from dialogue_nb.views.confidence_bars import (
    NOTHING_DECIDED,
    confidence_bars_html,
    confidence_bars_view,
    thresholds_of,
)
from dialogue_nb.views.html import Html
from dialogue_nb.views.turns import decision_at, telling_turn, tracker_at, turns_of
from dialogue_nb.views.what_if import (
    changes,
    input_of,
    text_of,
    what_if_options,
    what_if_tracker,
)
from dialogue_nb.widgets.base import View, read_static

NOTHING_LEARNT: Final = "Nothing is learnt yet. Train the bot to see what its policies think."

Decide = Callable[[DialogueStateTracker], Decision]


class ConfidenceBars(View):
    """Every policy's confidence in every action at the selected turn, and why one of them won.

    With a domain and a way to decide, the input may be varied: what if the user had said something
    else, or a slot had another value? The bars move while you choose.

    Args:
        tracker: The conversation whose turns are shown; None shows single decisions (`show`).
        decide: Makes a decision for a conversation, for example `agent.processor.decide`; None
            shows recorded decisions only.
        domain: The bot's domain, for hypothetical input.
        policies: The policies, for their thresholds.
        k: How many actions are shown before the rest is summed.
        live: Whether to decide anew instead of showing the decisions that were recorded, for a bot
            that has learnt something since.
        key: See `View`.

    Example:
        >>> import numpy as np
        >>> from dialogue_nb.policies.prediction import PolicyPrediction
        >>> bars = ConfidenceBars()
        >>> sure = PolicyPrediction(np.array([0.2, 0.8]), "MyPolicy", 1)
        >>> bars.show(Decision("utter_hi", 0.8, "MyPolicy", "confidence", (sure,), (),
        ...                    ("action_listen", "utter_hi"), winner=0))
        >>> bars.summary
        'MyPolicy chose utter_hi (0.80).'
        >>> bars.close()
    """

    _esm = read_static("shared.js", "confidence_bars.js")
    _css = read_static("shared.css", "confidence_bars.css")
    options = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        tracker: DialogueStateTracker | None = None,
        *,
        decide: Decide | None = None,
        domain: Domain | None = None,
        policies: Sequence[Policy] = (),
        k: int = 5,
        live: bool = False,
        key: str | None = None,
    ) -> None:
        super().__init__(key=key)
        self.decide = decide
        self.domain = domain
        self.policies = tuple(policies)
        self.k = k
        self.live = live
        self._nothing = NOTHING_DECIDED
        self._tracker = tracker
        if domain is not None and decide is not None:
            self.options = what_if_options(domain)
        self.show(None)
        if tracker is not None:
            self.selection = {"turn": telling_turn(tracker)}
            self.refresh()
        self.observe(lambda _: self.refresh(), "selection")

    @classmethod
    def of_agent(cls, agent: Agent, sender_id: str = "default", **options: Any) -> ConfidenceBars:
        """The confidences of an agent in a conversation that it has.

        Args:
            agent: The agent, trained.
            sender_id: Whose conversation.
            **options: As for `ConfidenceBars`.
        """
        return cls(
            agent.tracker(sender_id),
            decide=agent.processor.decide,
            domain=agent.domain,
            policies=agent.policies,
            **options,
        )

    def use(self, agent: Agent) -> None:
        """Lets another bot decide, for example the same one after it was trained again.

        Args:
            agent: The bot; of one that is not trained only recorded decisions are shown.
        """
        with self.lock, self.hold_sync():
            self.decide = agent.processor.decide if agent.is_trained else None
            self.domain = agent.domain
            self.policies = agent.policies
            self._nothing = NOTHING_DECIDED if agent.is_trained else NOTHING_LEARNT
            self.options = what_if_options(agent.domain) if agent.is_trained else {}
            self.refresh()

    @property
    def tracker(self) -> DialogueStateTracker | None:
        """The conversation; setting another one shows the same turn of that."""
        return self._tracker

    @tracker.setter
    def tracker(self, tracker: DialogueStateTracker | None) -> None:
        with self.lock:
            self._tracker = tracker
            self.refresh()

    @property
    def turn(self) -> int:
        """The turn that is shown: the selected one, or the last if there are fewer."""
        last = len(turns_of(self._tracker)) - 1 if self._tracker is not None else 0
        return max(0, min(int(self.selection.get("turn", last)), last))

    def refresh(self) -> None:
        """Shows the selected turn, as it really was."""
        if self._tracker is None:
            return
        with self.lock:
            turn = self.turn
            then = tracker_at(self._tracker, turn)
            recorded = decision_at(self._tracker, turn)
            decision = None if self.live else recorded
            if decision is None and self.decide is not None:
                decision = self.decide(then)
            self.show(decision, turn=turn, tracker=then, recorded=recorded)

    def show(
        self,
        decision: Decision | None,
        *,
        turn: int | None = None,
        tracker: DialogueStateTracker | None = None,
        touched: Mapping[str, Any] | None = None,
        recorded: Decision | None = None,
    ) -> None:
        """Shows a decision.

        Args:
            decision: The decision; None says that there is none.
            turn: The turn that it belongs to.
            tracker: The conversation that it was made in.
            touched: For a hypothetical input, the slots that were chosen; None: it is real.
            recorded: What was decided when it happened, which is told if it was something else.
        """
        view = confidence_bars_view(
            decision,
            turn=turn,
            tracker=tracker,
            thresholds=thresholds_of(self.policies),
            k=self.k,
            nothing=self._nothing,
        )
        if decision is not None and recorded is not None and decision.action != recorded.action:
            view["title"] += f" (it was {recorded.action} then)"
        view["hypothetical"] = touched is not None
        if self.options and tracker is not None:
            chosen = {name: text_of(value) for name, value in (touched or {}).items()}
            view["input"] = input_of(tracker, self._domain()) | {"touched": chosen}
        self.view = view

    def what_if(
        self,
        intent: str | None = None,
        entities: Sequence[Mapping[str, Any]] = (),
        slots: Mapping[str, Any] | None = None,
    ) -> Decision:
        """Shows, and gives, the decision that would be made for another input at this turn.

        Args:
            intent: What the user says instead; None leaves what was said.
            entities: `{"entity": label, "value": ...}` for each thing in the message.
            slots: Values that slots have then.

        Raises:
            DialogueError: If there is no conversation, no domain or nothing to decide with.
            UnknownNameError: If the domain has no such intent, entity or slot.
        """
        if self._tracker is None or self.decide is None:
            raise DialogueError(
                "Expected a conversation and a trained bot to try other input, got a single "
                "decision. Use ConfidenceBars.of_agent(agent)."
            )
        with self.lock:
            turn = self.turn
            changed = what_if_tracker(
                self._tracker, self._domain(), turn, intent=intent, entities=entities, slots=slots
            )
            decision = self.decide(changed)
            self.show(decision, turn=turn, tracker=changed, touched=slots or {})
        return decision

    def answer_probe(self, what: dict[str, Any] | None) -> None:
        """The browser asks what would be; without an input, what really was."""
        differs: dict[str, Any] = {}
        if what is not None and self._tracker is not None:
            actual = input_of(tracker_at(self._tracker, self.turn), self._domain())
            differs = changes(what, actual)
        if any(differs.values()):
            self.what_if(**differs)
        else:
            self.refresh()

    def _domain(self) -> Domain:
        if self.domain is None:
            raise DialogueError("Expected a domain to try other input, got none: domain=...")
        return self.domain

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """The reason of the decision."""
        why = "".join(part["text"] for part in self.view["why"])
        return why or "No decision to show."

    def html(self) -> Html:
        """The confidences as a table."""
        return confidence_bars_html(self.view)

    def figure(self) -> Any:
        """The confidences as a matplotlib figure."""
        from dialogue_nb.views.figures import confidence_bars_figure

        return confidence_bars_figure(self.view)
