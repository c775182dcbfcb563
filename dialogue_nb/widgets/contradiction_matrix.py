"""`ContradictionMatrix`: where rules and stories disagree, and what else is wrong with rules."""

from __future__ import annotations

from typing import Any

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.project import Project
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.views.contradiction_matrix import (
    Contradictions,
    contradiction_matrix_html,
    contradiction_matrix_view,
)
from dialogue_nb.views.html import Html
from dialogue_nb.views.story_graph_data import Source, story_graph_data
from dialogue_nb.widgets.base import read_static
from dialogue_nb.widgets.source_view import SourceView


class ContradictionMatrix(SourceView):
    """Rules and stories that say different things about the same turns, all of them at once.

    Rows are rules, columns are stories (or other rules); a cell says at which turn they part. What
    is chosen is shown in full: the turns that the rule looks at and those of the story, side by
    side. Below stands what else is wrong with rules. Nothing is trained for that.

    Args:
        source: Stories and rules, a `Project`, training data, or a path to read them from.
        domain: The domain of the stories, where they bring none.
        policy: How rules are checked; by default what the project's config says, else all checks.
        key: See `View`.

    Attributes:
        contradictions: What is shown, as Python sees it.

    Raises:
        StoryError: If stories cannot be read.
        GenerationBudgetError: If the stories make too many dialogues.

    Example:
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> stories, _ = parse_stories('''
        ... rules:
        ... - rule: always say goodbye
        ...   steps: [{intent: bye}, {action: utter_bye}]
        ... stories:
        ... - story: a short talk
        ...   steps: [{intent: bye}, {action: utter_wave}]
        ... ''')
        >>> matrix = ContradictionMatrix(stories)
        >>> matrix.summary
        'Rules and stories: 1 contradiction among 1 rule and 1 story'
        >>> matrix.close()
    """

    _esm = read_static("shared.js", "contradiction_matrix.js")
    _css = read_static("shared.css", "contradiction_matrix.css")

    def __init__(
        self,
        source: Source = (),
        domain: Domain | None = None,
        *,
        policy: RulePolicy | None = None,
        key: str | None = None,
    ) -> None:
        made = _contradictions(source, domain, policy)
        super().__init__(key=key)
        self._source, self._domain, self._policy = source, domain, policy
        self._show(made)

    @classmethod
    def of_agent(cls, agent: Agent, source: Source, **options: Any) -> ContradictionMatrix:
        """The contradictions as an agent would find them: its domain, its `RulePolicy`.

        Args:
            agent: The agent.
            source: Stories and rules; an agent does not keep those that it learnt from.
            **options: As for `ContradictionMatrix`.
        """
        found = next((one for one in agent.policies if isinstance(one, RulePolicy)), None)
        return cls(source, agent.domain, **{"policy": found} | options)

    # --- what is shown --------------------------------------------------------------------------

    @property
    def source(self) -> Source:
        """What is checked; setting something else shows what is wrong with that."""
        return self._source

    @source.setter
    def source(self, source: Source) -> None:
        with self.lock:
            self._source = source
            self.refresh()

    @property
    def project(self) -> Project | None:
        """The bot whose rules are checked, None if it was no project; another one may be set."""
        return self._source if isinstance(self._source, Project) else None

    @project.setter
    def project(self, project: Project) -> None:
        self.source = project

    def refresh(self) -> None:
        """Checks rules and stories anew; what goes wrong is shown in the widget."""
        with self.lock, self.errors_shown("refresh"):
            self._show(_contradictions(self._source, self._domain, self._policy))

    def _show(self, made: Contradictions) -> None:
        self.contradictions = made
        self.view = contradiction_matrix_view(made)

    # --- what a person does ---------------------------------------------------------------------

    def answer_source(self, rule: int, story: int, item: int, is_rule: bool) -> None:
        """The place of a contradiction was clicked: whoever asked is told where it is written."""
        items = self.contradictions.cells.get((rule, story), [])
        for origin, found in items[item : item + 1] if item >= 0 else []:
            place = origin if is_rule else found.origin
            if not (is_rule and found.reason):
                self.tell_source(place.file, place.line, place.story)

    def answer_problem(self, number: int) -> None:
        """The place of another problem was clicked."""
        if 0 <= number < len(self.contradictions.diagnostics):
            problem = self.contradictions.diagnostics[number]
            self.tell_source(problem.file, problem.line, problem.story or "")

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """How many contradictions there are."""
        return f"Rules and stories: {self.view['title']}"

    def html(self) -> Html:
        """The matrix, and every contradiction in a sentence."""
        return contradiction_matrix_html(self.view)

    def figure(self) -> Any:
        """The matrix as a matplotlib figure."""
        from dialogue_nb.views.contradiction_figure import contradiction_matrix_figure

        return contradiction_matrix_figure(self.view)


def _contradictions(
    source: Source, domain: Domain | None, policy: RulePolicy | None
) -> Contradictions:
    data = story_graph_data(source, domain)
    if policy is None and isinstance(source, Project):
        policy = _configured(source)
    strict = policy is None or policy.restrict_rules
    return Contradictions(RulePolicy(restrict_rules=strict), data, data.domain)


def _configured(project: Project) -> RulePolicy | None:
    """The policy that a bot's config names; a config that cannot be used is told elsewhere."""
    try:
        policies = project.agent().policies
    except DialogueError:
        return None
    return next((one for one in policies if isinstance(one, RulePolicy)), None)
