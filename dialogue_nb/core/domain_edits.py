"""Adding a name to the text of a domain, with its comments and its layout left as they are."""

from __future__ import annotations

import re
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.exceptions import DomainError
from dialogue_nb.core.yaml_lines import parse_yaml
from dialogue_nb.core.yaml_writer import dump_yaml

LISTED: Final = ("intents", "entities", "actions")
"""The sections that are lists of names; the others are mappings."""
MAPPED: Final = ("slots", "responses", "forms")

_TOP_LEVEL: Final = re.compile(r"[^\s#-]")
_FLOW: Final = re.compile(r"^(\s*[^:#]+:\s*)\[(.*)\](\s*(?:#.*)?)$")
_EMPTY: Final = re.compile(r"^([^:#]+:)\s*(?:\[\s*\]|\{\s*\}|~|null)?(\s*(?:#.*)?)$")


def add_name(text: str, section: str, name: str) -> str:
    r"""The text of a domain with one more intent, entity, slot, action, response or form.

    Args:
        text: The domain as YAML.
        section: "intents", "entities", "slots", "actions", "responses" or "forms".
        name: The name; what is there already is not added again.

    Returns:
        The new text. A new slot is a text slot, a new response says its own name.

    Raises:
        DomainError: If the text is no domain, or is laid out so that there is no telling where to
            add something.

    Example:
        >>> print(add_name("intents:\n- greet  # hello\n\nactions: []\n", "intents", "thank"))
        intents:
        - greet  # hello
        - thank
        <BLANKLINE>
        actions: []
        <BLANKLINE>
    """
    data, _, _ = parse_yaml(text)
    if section not in (*LISTED, *MAPPED) or not isinstance(data or {}, dict):
        raise _cannot(section, name)
    data = data or {}
    if "templates" in data and section == "responses" and section not in data:
        section = "templates"
    here = data.get(section) or ([] if section in LISTED else {})
    if name in _names(here):
        return text
    is_list = isinstance(here, list)
    value = None if is_list else _properties(section, name, data)
    lines = text.split("\n")
    added = _added(
        lines, section, dump_yaml([name] if is_list else {name: value}), is_empty=not here
    )
    more: Any = [*here, name] if isinstance(here, list) else {**here, name: value}
    again, _, _ = parse_yaml("\n".join(added)) if added else (None, None, None)
    if again != {**data, section: more}:
        raise _cannot(section, name)
    return "\n".join(added)


def _names(section: Any) -> set[Any]:
    if isinstance(section, dict):
        return set(section)
    found = section if isinstance(section, list) else []
    return {next(iter(item)) if isinstance(item, dict) and item else str(item) for item in found}


def _properties(section: str, name: str, data: dict[str, Any]) -> Any:
    if section == "forms":
        return {"required_slots": []}
    if section != "slots":
        return [{"text": name}]
    is_entity = name in _names(data.get("entities"))
    mapping = {"type": "from_entity", "entity": name} if is_entity else {"type": "custom"}
    return {"type": "text", "mappings": [mapping]}


def _added(lines: list[str], section: str, entry: str, *, is_empty: bool) -> list[str]:
    """The lines with an entry at the end of a section; [] when there is no telling where."""
    entries = entry.rstrip("\n").split("\n")
    start = next((i for i, line in enumerate(lines) if line.startswith(f"{section}:")), None)
    if start is None:
        last = _last_content(lines, 0, len(lines))
        between = [""] if last >= 0 else []
        return [*lines[: last + 1], *between, f"{section}:", *_indented(entries, "  "), ""]
    if is_empty:
        key = _EMPTY.match(lines[start])
        head = f"{key[1]}{key[2]}" if key else lines[start]
        return [*lines[:start], head, *_indented(entries, "  "), *lines[start + 1 :]]
    flow = _FLOW.match(lines[start])
    if flow:
        inner = flow[2].strip().rstrip(",")
        item = entries[0].removeprefix("- ")
        return [*lines[:start], f"{flow[1]}[{inner}, {item}]{flow[3]}", *lines[start + 1 :]]
    is_top = (i for i in range(start + 1, len(lines)) if _TOP_LEVEL.match(lines[i]))
    last = _last_content(lines, start + 1, next(is_top, len(lines)))
    if last < 0:
        return []
    first = next(line for line in lines[start + 1 :] if line.strip() and line.strip()[0] != "#")
    indent = first[: len(first) - len(first.lstrip())]
    return [*lines[: last + 1], *_indented(entries, indent), *lines[last + 1 :]]


def _last_content(lines: list[str], start: int, end: int) -> int:
    """The last line that says something, -1 when none does."""
    said = (i for i in range(end - 1, start - 1, -1) if re.match(r"\s*[^\s#]", lines[i]))
    return next(said, -1)


def _indented(entries: list[str], indent: str) -> list[str]:
    return [indent + line for line in entries]


def _cannot(section: str, name: str) -> DomainError:
    message = f"There is no telling where in the domain to add '{name}'."
    hint = f"Add it to '{section}' by hand."
    return DomainError([Diagnostic("D140", "error", message, hint=hint)])
