"""Reads stories and rules from texts, files and folders, whichever format they are in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.exceptions import DiagnosedError
from dialogue_nb.core.yaml_lines import read_text
from dialogue_nb.stories.markdown import MAX_CHARACTERS, parse_markdown
from dialogue_nb.stories.notes import Notes
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.yaml import parse_yaml_stories

StoryFormat = Literal["markdown", "yaml"]

YAML_SUFFIXES: Final = (".yml", ".yaml")
MARKDOWN_SUFFIXES: Final = (".md", ".markdown")
_YAML_KEY = re.compile(r"""^(?:\{\s*)?["']?(?:stories|rules)["']?\s*:""", re.MULTILINE)
_NLU_HEADER = re.compile(r"##\s*(?:intent|synonym|regex|lookup)\s*:")


def story_format(text: str) -> StoryFormat | None:
    r"""Tells in which format a text holds stories.

    Args:
        text: Any text.

    Returns:
        "yaml" when it has a `stories:` or `rules:` key, "markdown" when it has a header and most of
        its lines look like lines of a story, None otherwise: NLU data, a README, another YAML file.

    Example:
        >>> story_format("## hello\n* greet\n - utter_hi"), story_format("stories:\n- story: hello")
        ('markdown', 'yaml')
        >>> story_format("## intent:greet\n- hello\n- good morning") is None
        True
    """
    if _YAML_KEY.search(text):
        return "yaml"
    likely, others = _story_lines(text)
    return "markdown" if likely > others else None


def _story_lines(text: str) -> tuple[int, int]:
    """How many lines look like those of a Markdown story, and how many do not."""
    has_header = False
    likely = others = 0
    for line in map(str.strip, text.splitlines()):
        if line.startswith(("#", ">>")):
            has_header = True
            if _NLU_HEADER.match(line):
                return 0, 0
        elif line and not line.startswith(("<!--", "-->")):
            is_likely = _is_like_story(line)
            likely += is_likely
            others += not is_likely
    return (likely, others) if has_header else (0, 0)


def _is_like_story(line: str) -> bool:
    # A name without spaces, and perhaps JSON, an alternative or the user's words behind it.
    body = line[1:].partition("<!--")[0].partition("{")[0].partition(" OR ")[0]
    if line[0] == "*":
        body = body.partition(": ")[0]
    return line[0] in "*->" and len(body.split(maxsplit=1)) == 1


def parse_stories(
    text: str, source: str | None = None, format: StoryFormat | None = None
) -> tuple[list[Story], list[Diagnostic]]:
    r"""Reads stories and rules from a text.

    Args:
        text: The stories.
        source: The file they came from, named in stories and diagnostics; None for text.
        format: "markdown" or "yaml"; None: what the file's ending says, then what the text looks
            like, Markdown when in doubt.

    Returns:
        The stories that could be read, and everything to say about the text.

    Example:
        >>> stories, found = parse_stories("## hello\n* greet\n - utter_hi")
        >>> len(stories), found
        (1, [])
    """
    suffix = Path(source).suffix.lower() if source else ""
    if format is None and suffix in YAML_SUFFIXES:
        format = "yaml"
    elif format is None and suffix not in MARKDOWN_SUFFIXES:
        format = story_format(text)
    return parse_yaml_stories(text, source) if format == "yaml" else parse_markdown(text, source)


def read_stories(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
) -> tuple[list[Story], list[Diagnostic]]:
    """Reads stories and rules from files and folders.

    Of a folder, with all folders in it, those files are read that hold stories, in the order of
    their names: `.md` files that look like it, and `.yml` and `.yaml` files with `stories` or
    `rules`. Hidden files and links that lead out of the folder are passed over. A file that is
    named itself is read whatever it looks like. No file is read twice.

    Args:
        paths: A file or folder, or several.

    Returns:
        The stories that could be read, and everything to say about the files. A path that cannot be
        read is a diagnostic too.

    Example:
        >>> stories, found = read_stories("no/such/folder")
        >>> print(found[0])
        no/such/folder: error Y111: The file does not exist. Look at the spelling of the path.
    """
    roots = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    stories: list[Story] = []
    diagnostics: list[Diagnostic] = []
    seen: set[Path] = set()
    for root in map(Path, roots):
        notes = Notes()
        known = len(stories) + len(diagnostics)
        for path in _files(root, notes):
            place = _place(path)
            if place not in seen:
                seen.add(place)
                found, about = _read_file(path, is_named=path == root)
                stories += found
                diagnostics += about
        if len(stories) + len(diagnostics) == known:
            notes.file = str(root)
            notes.warning("S302", "Expected stories in this folder, found none that are new.")
        diagnostics += notes.found
    return stories, diagnostics


def _files(root: Path, notes: Notes) -> Iterator[Path]:
    """The file itself, or those of the folder that may hold stories, in order."""
    if not _is_folder(root):
        yield root
        return
    inside = root.resolve()
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            _inside(Path(folder, name), inside, notes)
        for name in sorted(names):
            path = Path(folder, name)
            is_wanted = path.suffix.lower() in (*YAML_SUFFIXES, *MARKDOWN_SUFFIXES)
            if is_wanted and not name.startswith(".") and _inside(path, inside, notes):
                yield path


def _place(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # reading it says what is the matter
        return path


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name too long, or with a NUL character: reading says so
        return False


def _inside(path: Path, root: Path, notes: Notes) -> bool:
    if not path.is_symlink():
        return True
    try:
        is_inside = path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # links in a circle
        is_inside = False
    if not is_inside:
        notes.file = str(path)
        hint = "Name what it leads to as a path of its own to read it."
        notes.info("S300", "This link leads out of the folder and is not followed.", hint)
    return is_inside


def _read_file(path: Path, is_named: bool) -> tuple[list[Story], list[Diagnostic]]:
    notes = Notes(str(path))
    try:
        if path.stat().st_size > 4 * MAX_CHARACTERS:
            hint = "Split it into several files."
            notes.error("S101", f"Expected a file of at most {4 * MAX_CHARACTERS:,} bytes.", hint)
            return [], notes.found
        text = read_text(path)
    except DiagnosedError as error:
        return [], list(error.diagnostics)
    except (OSError, ValueError):  # read_text says what is the matter
        return [], _unreadable(path)
    if is_named:
        return parse_stories(text, str(path))
    if path.suffix.lower() in YAML_SUFFIXES:
        return parse_yaml_stories(text, str(path)) if _YAML_KEY.search(text) else ([], [])
    likely, others = _story_lines(text)
    if likely > others:
        return parse_markdown(text, str(path))
    if likely:
        lines = f"{likely} of {likely + others} lines are like those of a story"
        hint = "Name the file itself as a path to read it."
        notes.info("S301", f"This file is not taken for stories: only {lines}.", hint)
    return [], notes.found


def _unreadable(path: Path) -> list[Diagnostic]:
    try:
        read_text(path)
    except DiagnosedError as error:
        return list(error.diagnostics)
    return []
