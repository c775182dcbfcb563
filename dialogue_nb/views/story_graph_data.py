"""The training dialogues of whatever a person has in hand: stories, a bot, or the dialogues."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dialogue_nb.agent.project import Project
from dialogue_nb.core.diagnostics import Diagnostic, errors_in
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import ProjectError, StoryError
from dialogue_nb.stories.bare_domain import bare_domain
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.graph import StoryGraph
from dialogue_nb.stories.reader import read_stories
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.training_data import TrainingData
from dialogue_nb.stories.walking import count_dialogues

Source = TrainingData | Project | Iterable[Story] | str | Path

MOST_DOUBLES = 5_000
"""Up to so many dialogues, those that are the same are kept: each story has its own path."""


def story_graph_data(source: Source, domain: Domain | None = None) -> TrainingData:
    r"""The dialogues that a story graph shows.

    Args:
        source: Training dialogues; a bot; stories and rules; or the path of a bot's folder or of
            stories.
        domain: The domain of stories that come without one; by default one is made of the names
            that they use, and entities fill no slots in it.

    Returns:
        The dialogues, without augmentation.

    Raises:
        StoryError: If stories cannot be read.
        ProjectError: If there is nothing at the path.
        GenerationBudgetError: If the stories make too many dialogues.

    Example:
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> len(story_graph_data(parse_stories("## a\n* greet OR hi\n - utter_hi")[0]))
        2
    """
    if isinstance(source, TrainingData):
        return source
    if isinstance(source, (str, Path)):
        source = _opened(Path(source), domain)
    if isinstance(source, Project):
        return _dialogues([*source.stories, *source.rules], domain or source.domain)
    stories = list(source)
    return _dialogues(stories, domain or bare_domain(stories))


def _opened(path: Path, domain: Domain | None) -> Project | list[Story]:
    if not path.exists():
        message = "There is no such file or folder."
        raise ProjectError([Diagnostic("P107", "error", message, str(path))])
    if path.is_dir() and domain is None:
        try:
            return Project.load(path)
        except ProjectError as error:
            if not any(d.code == "P102" for d in error.diagnostics):  # a bot, but a broken one
                raise
    stories, found = read_stories(str(path))
    if errors_in(found):
        raise StoryError(found)
    return stories


def _dialogues(stories: list[Story], domain: Domain) -> TrainingData:
    written = StoryGraph.from_stories(stories).with_cycles_removed()
    total, _ = count_dialogues(written, written.ordered_steps())
    return generate(stories, domain, remove_duplicates=total > MOST_DOUBLES)
