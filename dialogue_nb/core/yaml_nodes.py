"""Walking through YAML data while knowing where one is, so that every complaint names its place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from dialogue_nb.core.diagnostics import Diagnostic, did_you_mean, listing
from dialogue_nb.core.yaml_lines import Positions


@dataclass(frozen=True)
class YamlNode:
    r"""One value of a YAML text, with its path, and the list that complaints about it go to.

    The reading methods (`mapping`, `elements`, `text`, ...) never raise: what does not fit is
    reported and replaced by something empty, so that one reading finds every mistake.

    Args:
        data: The plain data at this place.
        positions: Where values are written, None for data that came from no text.
        source: The file, None when there is none.
        diagnostics: Where reports are collected; all nodes of a text share it.
        path: The keys and indices that lead here.

    Example:
        >>> from dialogue_nb.core.yaml_lines import parse_yaml
        >>> data, positions, found = parse_yaml("slots:\n  city: {tipe: text}\n")
        >>> city = YamlNode(data, positions, "domain.yml", found).child("slots").child("city")
        >>> city.mapping(["type"], "D102")
        {}
        >>> print(found[0])  # doctest: +NORMALIZE_WHITESPACE
        domain.yml:2:10: warning D102: Unknown key 'tipe' in slots.city. Did you mean 'type'?
    """

    data: Any
    positions: Positions | None = None
    source: str | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list, repr=False)
    path: tuple[Any, ...] = ()

    @property
    def label(self) -> str:
        """The path in words: `slots.city.values`, with list items counted from 1."""
        steps = [f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in self.path]
        return "".join(steps).removeprefix(".") or "the file"

    def child(self, key: Any) -> YamlNode:
        """The value at this key or index; the data is None when there is none."""
        here = self.data
        if isinstance(here, dict):
            data = here.get(key)
        else:
            is_element = isinstance(here, list) and isinstance(key, int) and key < len(here)
            data = here[key] if is_element else None
        path = (*self.path, key)
        return YamlNode(data, self.positions, self.source, self.diagnostics, path)

    def report(self, code: str, severity: str, message: str, hint: str = "") -> None:
        """Adds a diagnostic about this place."""
        line = self.positions.line(*self.path) if self.positions else None
        column = self.positions.column(*self.path) if self.positions else None
        found = Diagnostic(code, severity, message, self.source, line, column, hint=hint)
        self.diagnostics.append(found)

    def error(self, code: str, message: str, hint: str = "") -> None:
        """Adds an error about this place."""
        self.report(code, "error", message, hint)

    def warning(self, code: str, message: str, hint: str = "") -> None:
        """Adds a warning about this place."""
        self.report(code, "warning", message, hint)

    def expected(self, what: str, code: str = "D103", hint: str = "") -> None:
        """Adds the error that something else was expected here."""
        self.error(code, f"{self.label} must be {what}, found {kind_of(self.data)}.", hint)

    def mapping(self, known: Collection[str] | None, code: str = "D102") -> dict[str, YamlNode]:
        """The entries of a mapping; nothing (an empty value) has none.

        Args:
            known: The keys that have a meaning, None for any; others are reported and left out.
            code: The code of the warning about an unknown key.
        """
        if self.data is None:
            return {}
        if not isinstance(self.data, dict):
            self.expected("a mapping ('key: value')")
            return {}
        entries: dict[str, YamlNode] = {}
        for key in self.data:
            node, name = self.child(key), scalar_text(key)
            if name is None or not name.strip():
                node.error("D103", f"A key in {self.label} is empty.", "Give it a name.")
            elif name in entries:  # as a text and as a number: 5 and "5"
                node.error("D105", f"The key '{name}' is twice in {self.label}.", "Rename one.")
            elif known is not None and name not in known:
                hint = did_you_mean(name, known) or f"Known are {listing(sorted(known), limit=12)}."
                node.warning(code, f"Unknown key '{name}' in {self.label}.", hint)
            else:
                entries[name] = node
        return entries

    def elements(self, hint: str = "") -> list[YamlNode]:
        """The elements of a list; nothing (an empty value) has none."""
        if self.data is None:
            return []
        if not isinstance(self.data, list):
            self.expected("a list", hint=hint)
            return []
        return [self.child(index) for index in range(len(self.data))]

    def text(self) -> str | None:
        """The value as a text; a number or truth value is taken as one, with a warning."""
        if isinstance(self.data, str):
            return self.data
        written = scalar_text(self.data)
        if written is None:
            self.expected("a text")
            return None
        message = f"{self.label} must be a text, found {kind_of(self.data)}; read as '{written}'."
        self.warning("D104", message, "Put it in quotes.")
        return written

    def name(self) -> str | None:
        """As `text`, but an empty one is an error."""
        name = self.text() if self.data is not None else ""
        if name is not None and not name.strip():
            self.error("D103", f"{self.label} is empty.", "Give it a name, or remove it.")
            return None
        return name

    def names(self) -> tuple[str, ...]:
        """The names in a list; a single name counts as a list of it."""
        nodes = [self] if isinstance(self.data, str) else self.elements()
        return tuple(name for node in nodes if (name := node.name()) is not None)

    def boolean(self, default: bool) -> bool:
        """The value as true or false, the default when there is none."""
        if isinstance(self.data, bool):
            return self.data
        if self.data is not None:
            self.expected("true or false")
        return default

    def mappings(self, texts: Collection[str] = ()) -> list[tuple[YamlNode, dict[str, Any]]]:
        """The mappings of a list, each with its place; other elements are reported and left out.

        Args:
            texts: The keys whose values must be texts.
        """
        found = []
        for node in self.elements():
            if not isinstance(node.data, dict):
                node.expected("a mapping ('key: value')")
                continue
            body = dict(node.data)
            for key in texts:
                if body.get(key) is not None:
                    body[key] = node.child(key).text()
            found.append((node, body))
        return found


def scalar_text(data: Any) -> str | None:
    """A text, number or truth value as it is written in YAML, None for anything else.

    Example:
        >>> scalar_text("a"), scalar_text(5), scalar_text(True), scalar_text([])
        ('a', '5', 'true', None)
    """
    if isinstance(data, bool):
        return "true" if data else "false"
    return str(data) if isinstance(data, (str, int, float)) else None


def kind_of(data: Any) -> str:
    """What something is, for the end of "expected a list, found ...".

    Example:
        >>> kind_of({}), kind_of("x"), kind_of(None)
        ('a mapping', 'a text', 'nothing')
    """
    kinds: list[tuple[type | tuple[type, ...], str]] = [
        (type(None), "nothing"), (bool, "true or false"), (str, "a text"),
        ((int, float), "a number"), (list, "a list"), (dict, "a mapping"),
    ]  # fmt: skip
    return next((words for cls, words in kinds if isinstance(data, cls)), type(data).__name__)
