"""Example bots that come with the package; each is a bot folder as Rasa 3.x lays it out.

| bot | what it shows |
|---|---|
| `moodbot` | the memory of stories and a network side by side; small talk in English |
| `cafe` | categorical slots that decide what comes next, OR, names with accents; in Portuguese |
| `counter` | why `max_history` matters: the third time is not the second |
| `workshop` | a form: what it asks for, what may come in between, and how it ends |
"""

from __future__ import annotations

from pathlib import Path

from dialogue_nb.agent.project import Project
from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.exceptions import UnknownNameError

__all__ = ["load", "names", "path"]

_FOLDER = Path(__file__).parent


def names() -> tuple[str, ...]:
    """The names of the bots, sorted.

    Example:
        >>> names()
        ('cafe', 'counter', 'moodbot', 'workshop')
    """
    return tuple(sorted(domain.parent.name for domain in _FOLDER.glob("*/domain.yml")))


def path(name: str) -> Path:
    """The folder of a bot, to read or to copy; it lies inside the installed package.

    Args:
        name: One of `names()`.

    Returns:
        The folder with `domain.yml`, `config.yml`, `data/` and `tests/`.

    Raises:
        UnknownNameError: If there is no such bot; the message names the closest.

    Example:
        >>> sorted(entry.name for entry in path("moodbot").iterdir())
        ['config.yml', 'data', 'domain.yml', 'tests']
    """
    known = names()
    if name not in known:
        hint = did_you_mean(name, known)
        raise UnknownNameError(
            f"Expected the name of a packaged bot ({listing(known)}), got '{name}'. {hint}".strip()
        )
    return _FOLDER / name


def load(name: str) -> Project:
    """Opens a bot, ready to be looked at, trained and talked to.

    Args:
        name: One of `names()`.

    Returns:
        The bot as a `Project`: its domain, stories, rules, configuration and tests.

    Raises:
        UnknownNameError: If there is no such bot.

    Example:
        >>> load("moodbot").domain.intent_names[0]
        'affirm'
    """
    return Project.load(path(name))
