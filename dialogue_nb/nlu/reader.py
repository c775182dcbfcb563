"""Reads training examples from texts and files, whichever of the three formats they are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.exceptions import DiagnosedError
from dialogue_nb.core.yaml_lines import read_text
from dialogue_nb.nlu.collector import MAX_EXAMPLES
from dialogue_nb.nlu.examples import NLUExamples, merged
from dialogue_nb.nlu.markdown import is_answers, parse_answers, parse_nlu_markdown
from dialogue_nb.nlu.rasa_json import ROOT, parse_nlu_json
from dialogue_nb.nlu.yaml import parse_nlu_yaml

NLUFormat = Literal["yaml", "markdown", "json"]

_SUFFIXES: Final[Mapping[str, NLUFormat]] = {
    ".yml": "yaml", ".yaml": "yaml", ".md": "markdown", ".markdown": "markdown", ".json": "json",
}  # fmt: skip


def nlu_format(text: str, source: str | None = None) -> NLUFormat:
    r"""In which format examples are written: what the file's ending says, else how they look.

    Args:
        text: The examples.
        source: The name of their file, None when there is none.

    Example:
        >>> nlu_format("## intent:greet\n- hi"), nlu_format("nlu:\n- intent: greet")
        ('markdown', 'yaml')
    """
    known = _SUFFIXES.get(Path(source).suffix.lower()) if source else None
    if known is not None:
        return known
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("{") and ROOT in text:
        return "json"
    return "markdown" if start.startswith(("#", "<!--", "-", "*")) else "yaml"


def parse_nlu(
    text: str,
    source: str | None = None,
    format: NLUFormat | None = None,
    root: str | Path | None = None,
) -> tuple[NLUExamples, list[Diagnostic]]:
    r"""Reads training examples from a text.

    Args:
        text: The examples.
        source: The file they came from, named in examples and diagnostics; None for text.
        format: "yaml" (Rasa 2 and 3), "markdown" (0.x and 1.x) or "json"; None: as `nlu_format`.
        root: The folder in which files that lookup tables name may lie; None: none are read.

    Returns:
        What could be read, and everything to say about it.

    Example:
        >>> data, found = parse_nlu("## intent:greet\n- hello\n- good morning\n")
        >>> [example.text for example in data.examples], found
        (['hello', 'good morning'], [])
    """
    chosen = format or nlu_format(text, source)
    if chosen == "yaml":
        return parse_nlu_yaml(text, source)
    if chosen == "markdown" and is_answers(text):
        answers, found = parse_answers(text, source)
        return NLUExamples(responses=answers), found
    read = parse_nlu_markdown if chosen == "markdown" else parse_nlu_json
    data, found, files = read(text, source)
    lookups = dict(data.lookups)
    for name, file in files.items():
        place = data.places.get(f"lookup:{name}", (source, None))
        words, problem = _table(file, root, source)
        lookups[name] = (*lookups.get(name, ()), *words)
        if problem:
            found.append(Diagnostic("N110", "warning", problem, *place))
    return replace(data, lookups=lookups), found


def read_nlu(
    files: str | Path | Sequence[str | Path], root: str | Path | None = None
) -> tuple[NLUExamples, list[Diagnostic]]:
    """Reads training examples from files.

    Args:
        files: The files.
        root: The folder in which files that lookup tables name may lie; None: the folder of each
            file.

    Returns:
        What could be read of all of them together, and everything to say about it. That a file
        cannot be read is a diagnostic, too.

    Example:
        >>> data, found = read_nlu("no/such/nlu.yml")
        >>> bool(data), found[0].code
        (False, 'Y111')
    """
    paths = [files] if isinstance(files, (str, Path)) else list(files)
    parts: list[NLUExamples] = []
    diagnostics: list[Diagnostic] = []
    for path in map(Path, paths):
        try:
            text = read_text(path)
        except DiagnosedError as error:
            diagnostics += error.diagnostics
            continue
        data, found = parse_nlu(text, str(path), root=root or path.parent)
        parts.append(data)
        diagnostics += found
    return merged(parts), diagnostics


def _table(file: str, root: str | Path | None, source: str | None) -> tuple[list[str], str]:
    """The words in the file of a lookup table, or why there are none."""
    if root is None:
        return [], f"The file '{file}' is not read: there is no folder to look for it."
    inside = Path(root).resolve()
    beside = Path(source).parent if source else inside
    try:
        places = [(folder / file).resolve() for folder in (inside, beside)]
        place = next((p for p in places if p.is_relative_to(inside) and p.is_file()), None)
        if place is None:
            return [], f"There is no file '{file}' inside of the bot's folder."
        lines = read_text(place).splitlines()
    except (DiagnosedError, OSError, ValueError, RuntimeError) as error:
        return [], f"The file '{file}' cannot be read: {error}."
    return list(filter(None, map(str.strip, lines[:MAX_EXAMPLES]))), ""
