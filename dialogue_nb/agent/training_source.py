"""Where a training comes from: a bot's files or an agent, and what there is to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.ingredients import Resource
from dialogue_nb.agent.progress import Progress
from dialogue_nb.agent.project import Project
from dialogue_nb.agent.training_run import Data
from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.core.exceptions import StoryError
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.training_data import TrainingData


class TrainingSource:
    """What is trained, and on what.

    Args:
        bot: A project, of which each training makes an agent of its own, or an agent.
        data: What an agent learns from: training dialogues, a function that makes them, or stories.
        agent_options: For the agents of a project.

    Example:
        >>> from dialogue_nb import bots
        >>> source = TrainingSource(bots.load("moodbot"))
        >>> source.problem, source.has_dialogues
        ('', False)
    """

    def __init__(
        self,
        bot: Project | Agent,
        data: Data | Resource | None = None,
        agent_options: Mapping[str, Any] | None = None,
    ) -> None:
        self.given = bot if isinstance(bot, Agent) else None
        self.project = bot if isinstance(bot, Project) else None
        self.data = data
        self.agent_options = dict(agent_options or {})

    def agent(self, policies: Sequence[Policy] | None = None) -> Agent:
        """The agent to train: the one that was given, or a new one.

        Args:
            policies: The policies of a new one; None: those of its configuration.
        """
        if self.given is not None:
            return self.given
        if self.project is None:
            raise TypeError("Expected a Project or an Agent to train.")
        chosen = {} if policies is None else {"policies": policies}
        return self.project.agent(**(self.agent_options | chosen))

    @property
    def has_dialogues(self) -> bool:
        """Whether the training dialogues are there already, or a function that makes them."""
        data = self.data
        if isinstance(data, TrainingData) or callable(data):
            return True
        is_list = isinstance(data, Sequence) and not isinstance(data, str) and len(data) > 0
        return is_list and hasattr(data[0], "sender_id")  # type: ignore[index]

    @property
    def problem(self) -> str:
        """Why no training can begin; "" if one can."""
        project = self.project
        if project is None and self.data is None:
            return "There is nothing to learn from: TrainingPanel(agent, data='data/stories.md')."
        learnt = self.data if project is None else (*project.stories, *project.rules)
        if isinstance(learnt, Sequence) and not len(learnt):
            return "There are no stories to learn from yet: write one first."
        return ""

    def dialogues(self, agent: Agent, augmentation_factor: int) -> Data:
        """The training dialogues, or what makes them.

        Args:
            agent: The agent that is to learn them.
            augmentation_factor: How much stories are glued together.
        """
        project, data = self.project, self.data
        if project is None and self.has_dialogues:
            return data  # type: ignore[return-value]
        stories: Any = data if project is None else [*project.stories, *project.rules]
        wrong = errors_in(project.diagnostics) if project is not None else []

        def make() -> TrainingData:
            if wrong:
                raise StoryError(wrong)
            quiet = Progress(shown=False)
            return agent.load_data(stories, augmentation_factor=augmentation_factor, progress=quiet)

        return make


def content_of(project: Project) -> tuple[Any, ...]:
    """What a bot learns from, to see whether it has changed.

    Args:
        project: The bot.
    """
    return project.domain.fingerprint, project.stories, project.rules
