"""YAML as Rasa reads it, with the place of every value, safe against hostile files.

PyYAML cuts the text into parsing events (with libyaml where it is installed); this module builds
plain Python data out of them with an explicit stack, so that deep nesting cannot exhaust Python's
own. Three things differ from PyYAML's loaders:

- scalars follow YAML 1.2: `yes`, `on`, `12:30` and `2024-05-01` are strings (see `yaml_scalars`);
- every value knows its line and column, and a key that is there twice is an error;
- nesting, size and what aliases (`*name`) multiply are limited; tags for objects are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.exceptions import DiagnosedError
from dialogue_nb.core.yaml_scalars import resolve_scalar

MAX_DEPTH: Final = 100
"""How deep lists and mappings may be nested; a domain needs 7."""
MAX_CHARACTERS: Final = 20_000_000
"""How long one YAML text may be; the largest known bots have 2 million characters."""
MAX_ALIASED_WEIGHT: Final = 100_000
"""How many values all aliases of a text may stand for ("YAML bombs" stand for billions)."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_TAG: Final = "tag:yaml.org,2002:"
_CONTAINER_TAGS: Final = (None, "!", _TAG + "map", _TAG + "seq")
_HINTS: Final = (
    ("mapping values are not allowed", "Put a text that contains ': ' in quotes."),
    ("found character '\\t'", "Indent with spaces: YAML does not allow tabs."),
    ("cannot start any token", "Put a text that begins with this character in quotes."),
    ("found undefined alias", "Put a text that begins with '*' in quotes."),
    ("did not find expected key", "Look at the indentation and the quotes here and just above."),
    ("did not find expected '-'", "Items of one list must be indented alike."),
    ("expected <block end>", "Look at the indentation: it must agree with the lines above."),
    ("could not find expected ':'", "A key needs a colon and a space after it."),
    ("expected ',' or", "A bracket is opened and never closed."),
    ("node content", "A value or a closing bracket is missing here."),
    ("unexpected end of stream", "A quote is opened and never closed."),
)


class Spot(NamedTuple):
    """Where a value is written: line and column from 1, and the spots of what it holds."""

    line: int
    column: int
    children: dict[Any, Spot] | list[Spot] | None


class Positions:
    r"""Where each value of a YAML text is written, by its path of keys and indices.

    The place of a mapping's entry is the place of its key. A path that is not there has the place
    of the part of it that is.

    Example:
        >>> data, positions, _ = parse_yaml("slots:\n  city:\n    type: text\n")
        >>> positions.line("slots", "city", "type"), positions.column("slots", "city", "type")
        (3, 5)
        >>> positions.line("slots", "nothing", "like", "that")
        1
    """

    def __init__(self, root: Spot | None = None) -> None:
        self._root = root or Spot(1, 1, None)

    def line(self, *path: str | int) -> int:
        """The line of the value at this path, from 1."""
        return self._spot(path).line

    def column(self, *path: str | int) -> int:
        """The column of the value at this path, from 1."""
        return self._spot(path).column

    def _spot(self, path: tuple[str | int, ...]) -> Spot:
        spot = self._root
        for step in path:
            children = spot.children
            try:
                spot = children[step]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):  # no such part: the place of what is there
                break
        return spot


class _Refused(Exception):
    """Stops the reading; carries the one diagnostic that says why."""

    def __init__(self, code: str, message: str, spot: Spot, hint: str = "") -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(
            code, "error", message, None, spot.line, spot.column, hint=hint
        )


class _Value(NamedTuple):
    """A finished value: data, place, how many values it counts for, whether it is a plain `<<`."""

    data: Any
    spot: Spot
    weight: int
    is_merge: bool = False


class _Container:
    """A list or mapping whose end has not been seen yet."""

    __slots__ = ("anchor", "data", "key", "merges", "spot", "weight")

    def __init__(self, is_mapping: bool, anchor: str | None, line: int, column: int) -> None:
        self.data: Any = {} if is_mapping else []
        self.spot = Spot(line, column, {} if is_mapping else [])
        self.anchor = anchor
        self.weight = 1
        self.key: _Value | None = None  # a mapping's key that waits for its value
        self.merges: list[_Value] = []


class _Builder:
    """Turns parsing events into data and spots."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.root: _Value | None = None
        self._open: list[_Container] = []
        self._anchors: dict[str, _Value | None] = {}  # None: begun, not finished
        self._aliased = 0

    def build(self, events: Iterator[Any]) -> None:
        """Reads all events of a text with at most one document."""
        documents = 0
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self._start(event)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    hint = "Remove the '---' or split the file."
                    message = "Expected one YAML document, found a second one."
                    raise _Refused("Y104", message, _place(event), hint)

    def _scalar(self, event: Any) -> None:
        text: str = event.value
        spot = _place(event)
        is_plain = event.tag is None and event.implicit[0]
        data = resolve_scalar(text) if is_plain else _tagged(text, event.tag, spot)
        weight = 1 + len(text) // 100  # a long text that is repeated by aliases costs what it holds
        value = _Value(data, spot, weight, is_merge=is_plain and text == "<<")
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        self._add(value)

    def _start(self, event: Any) -> None:
        spot = _place(event)
        if event.tag not in _CONTAINER_TAGS:
            raise _Refused("Y105", f"The tag '{event.tag}' is not allowed.", spot, "Remove it.")
        if len(self._open) >= MAX_DEPTH:
            message = f"Lists and mappings are nested more than {MAX_DEPTH} deep."
            raise _Refused("Y106", message, spot, "Flatten this part of the file.")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Container(is_mapping, event.anchor, spot.line, spot.column))
        if event.anchor is not None:
            self._anchors[event.anchor] = None

    def _end(self) -> None:
        container = self._open.pop()
        for merge in container.merges:
            self._merge(container, merge)
        value = _Value(container.data, container.spot, container.weight)
        if container.anchor is not None:
            self._anchors[container.anchor] = value
        self._add(value)

    def _alias(self, event: Any) -> None:
        spot = _place(event)
        if event.anchor not in self._anchors:
            hint = "Put a text that begins with '*' in quotes."
            raise _Refused("Y107", f"The alias '*{event.anchor}' has no anchor.", spot, hint)
        value = self._anchors[event.anchor]
        if value is None:
            raise _Refused("Y107", f"The alias '*{event.anchor}' is part of itself.", spot)
        self._aliased += value.weight
        if self._aliased > MAX_ALIASED_WEIGHT:
            message = f"The aliases of this text stand for more than {MAX_ALIASED_WEIGHT:,} values."
            raise _Refused("Y108", message, spot, "Write less with anchors and aliases.")
        self._add(
            _Value(value.data, Spot(spot.line, spot.column, value.spot.children), value.weight)
        )

    def _add(self, value: _Value) -> None:
        """Puts a finished value into the innermost open container."""
        if not self._open:
            self.root = value
            return
        container = self._open[-1]
        container.weight += value.weight
        if isinstance(container.data, list):
            container.data.append(value.data)
            assert isinstance(container.spot.children, list)
            container.spot.children.append(value.spot)
        elif container.key is None:
            if isinstance(value.data, (dict, list)):
                raise _Refused("Y109", "A key must be a text or a number.", value.spot)
            container.key = value
        else:
            self._entry(container, container.key, value)
            container.key = None

    def _entry(self, container: _Container, key: _Value, value: _Value) -> None:
        if key.is_merge:
            container.merges.append(value)
            return
        children = container.spot.children
        assert isinstance(children, dict)
        if key.data in container.data:
            message = (
                f"The key '{key.data}' is there twice (first in line {children[key.data].line})."
            )
            line, column, _ = key.spot
            hint = "Remove or rename one of the two."
            self.diagnostics.append(Diagnostic("Y103", "error", message, None, line, column, hint))
            return
        container.data[key.data] = value.data
        children[key.data] = Spot(key.spot.line, key.spot.column, value.spot.children)

    def _merge(self, container: _Container, value: _Value) -> None:
        """Takes over the entries of `<<: *other` (or of a list of such) that are not there yet."""
        sources = value.data if isinstance(value.data, list) else [value.data]
        inner = value.spot.children
        spots = inner if isinstance(inner, list) else [value.spot]
        children = container.spot.children
        assert isinstance(children, dict)
        for source, spot in zip(sources, spots, strict=True):
            if not isinstance(source, dict) or not isinstance(spot.children, dict):
                message = "'<<' needs a mapping or a list of mappings."
                raise _Refused("Y109", message, value.spot, "Write '<<: *name' or quote the key.")
            for key, data in source.items():
                if key not in container.data:
                    container.data[key] = data
                    children[key] = spot.children[key]


def _place(event: Any) -> Spot:
    return Spot(event.start_mark.line + 1, event.start_mark.column + 1, None)


def _tagged(text: str, tag: str | None, spot: Spot) -> Any:
    """A quoted or tagged scalar: a string, unless its tag says what else."""
    if tag in (None, "!", _TAG + "str"):
        return text
    kind = str(tag).removeprefix(_TAG)
    kinds: dict[str, tuple[type, ...]] = {
        "int": (int,), "float": (int, float), "bool": (bool,), "null": (type(None),)
    }  # fmt: skip
    wanted = kinds.get(kind)
    if wanted is None:
        raise _Refused("Y105", f"The tag '{tag}' is not allowed.", spot, "Remove it.")
    data: Any = resolve_scalar(text)
    if type(data) not in wanted:
        raise _Refused("Y105", f"'{text[:40]}' is not what its tag '!!{kind}' says.", spot)
    return float(data) if kind == "float" else data


def parse_yaml(text: str, source: str | None = None) -> tuple[Any, Positions, list[Diagnostic]]:
    r"""Reads one YAML text.

    Args:
        text: The text; a byte order mark at its start is ignored.
        source: The name of the file it comes from, for the diagnostics.

    Returns:
        The plain data (dict, list, str, int, float, bool, None), the place of every value, and what
        is wrong. When the text is no YAML, the data is None and the only diagnostic says where and
        why. A key that is there twice is an error too, but the data comes, with the first of them.

    Example:
        >>> data, positions, diagnostics = parse_yaml("intents:\n- greet\n- yes\n")
        >>> data, positions.line("intents", 1), diagnostics
        ({'intents': ['greet', 'yes']}, 3, [])
        >>> print(parse_yaml("intents:\n  - 'greet", "domain.yml")[2][0].line)
        2
    """
    text = text.removeprefix("\ufeff")
    builder = _Builder()
    try:
        _check_characters(text)
        builder.build(yaml.parse(text, Loader=_LOADER))
    except _Refused as refused:
        return None, Positions(), [refused.diagnostic.at(source)]
    except (yaml.YAMLError, RecursionError) as error:
        return None, Positions(), [_syntax_error(error, text).at(source)]
    diagnostics = [diagnostic.at(source) for diagnostic in builder.diagnostics]
    if builder.root is None:
        return None, Positions(), diagnostics
    return builder.root.data, Positions(builder.root.spot), diagnostics


def _check_characters(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        message = f"The text has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read."
        raise _Refused("Y110", message, Spot(1, 1, None), "Split it into several files.")
    bad = _UNPRINTABLE.search(text)
    if bad:
        before = text[: bad.start()]
        spot = Spot(before.count("\n") + 1, bad.start() - before.rfind("\n"), None)
        message = f"The character U+{ord(bad.group()):04X} is not allowed in YAML."
        raise _Refused("Y102", message, spot, "Remove it, or save the file again as UTF-8 text.")


def _syntax_error(error: Exception, text: str) -> Diagnostic:
    """PyYAML's error in our own form, with a hint for the usual causes."""
    problem = str(getattr(error, "problem", None) or error).strip()
    context = getattr(error, "context", None)
    lines = text.split("\n")
    mark = getattr(error, "problem_mark", None)
    rest = "\n".join(lines[mark.line :])[mark.column :] if mark else ""
    if not rest.strip():  # at the end of the text: where a bracket or quote was opened says more
        mark = getattr(error, "context_mark", None) or mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        hint = "Indent with spaces: YAML does not allow tabs."
    else:
        hint = next((advice for part, advice in _HINTS if part in problem), "")
    message = f"This is not valid YAML: {f'{context}: ' if context else ''}{problem}."
    return Diagnostic("Y101", "error", message, None, line, column, hint)


def read_text(path: str | Path) -> str:
    """Reads a text file, or says in one error why that is impossible.

    Args:
        path: The file. It must be UTF-8; a byte order mark is dropped.

    Raises:
        DiagnosedError: If the file is missing, is a folder, may not be read, or is not UTF-8 text.

    Example:
        >>> read_text("no/such/file.yml")
        Traceback (most recent call last):
        dialogue_nb.core.exceptions.DiagnosedError: 1 problem was found:
        no/such/file.yml: error Y111: The file does not exist. Look at the spelling of the path.
    """
    path = Path(path)
    line, hint = None, ""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        message, hint = "The file does not exist.", "Look at the spelling of the path."
    except IsADirectoryError:
        message, hint = "Expected a file, found a folder.", "Name a file inside of it."
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        message, hint = "The file is not UTF-8 text.", "Save it again with the encoding UTF-8."
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        message = f"The file cannot be read: {getattr(error, 'strerror', None) or error}."
    raise DiagnosedError([Diagnostic("Y111", "error", message, str(path), line, hint=hint)])


def read_yaml(path: str | Path) -> tuple[Any, Positions, list[Diagnostic]]:
    """`read_text`, then `parse_yaml`; that a file cannot be read is a diagnostic too."""
    try:
        text = read_text(path)
    except DiagnosedError as error:
        return None, Positions(), list(error.diagnostics)
    return parse_yaml(text, str(path))
