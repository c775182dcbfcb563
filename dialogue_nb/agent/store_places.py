"""Where the conversations with a bot are kept when nobody says where."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from dialogue_nb.agent.live_trackers import open_store
from dialogue_nb.agent.project import Project
from dialogue_nb.agent.tracker_store import TrackerStore
from dialogue_nb.core.exceptions import DamagedStoreError, TrackerStoreError

FILE: Final = "conversations.db"
FOLDER: Final = ".dialogue_nb"
_PACKAGE: Final = Path(__file__).resolve().parents[1]


def store_place(project: Project) -> Path | None:
    """The file for the conversations with a bot.

    It lies in the bot's folder. A bot that comes with the package, or whose folder may only be
    read, has it in the folder that the system gives each person for what programs keep.

    Args:
        project: The bot.

    Returns:
        The file, which need not be there yet; None for a bot without files, which nobody could find
        again.

    Example:
        >>> from dialogue_nb import bots
        >>> str(store_place(bots.load("cafe"))).endswith("conversations.db")
        True
    """
    if not project.domain_files:
        return None
    folder = project.folder.resolve()
    if _PACKAGE not in folder.parents and os.access(folder, os.W_OK):
        return folder / FOLDER / FILE
    from platformdirs import user_data_path

    return user_data_path("dialogue_nb", appauthor=False) / "bots" / folder.name / FILE


def project_store(project: Project) -> tuple[TrackerStore | None, str]:
    """The store for the conversations with a bot; there is one whatever may be wrong.

    Args:
        project: The bot.

    Returns:
        The store, None for in memory; and what there is to say: that a file was damaged, or that
        nothing can be kept.
    """
    file = store_place(project)
    if file is None:
        return None, ""
    try:
        return _opened(file), ""
    except DamagedStoreError as error:
        return _opened(file), str(error)
    except (TrackerStoreError, OSError) as error:
        return None, f"{error} Conversations are kept in memory now, until the kernel ends."


def _opened(file: Path) -> TrackerStore | None:
    """The store in a file; a folder that is hidden in a bot's folder stays out of git."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.parent.name == FOLDER and not (file.parent / ".gitignore").exists():
        (file.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    return open_store(file)
