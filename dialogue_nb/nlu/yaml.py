"""Reads training examples in YAML (Rasa 2.0 to 3.x): `nlu:`, and `responses:` beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic, did_you_mean, listing
from dialogue_nb.core.domain import Domain, Response
from dialogue_nb.core.yaml_lines import Positions, parse_yaml
from dialogue_nb.nlu.collector import SECTIONS, Collector, unknown_section
from dialogue_nb.nlu.examples import NLUExamples
from dialogue_nb.stories.notes import Notes, shown

Path = tuple[str | int, ...]

_KEYS: Final = {
    "intent": ("intent", "examples", "metadata"),
    "synonym": ("synonym", "examples"),
    "regex": ("regex", "examples"),
    "lookup": ("lookup", "examples"),
}


def parse_nlu_yaml(text: str, source: str | None = None) -> tuple[NLUExamples, list[Diagnostic]]:
    r"""Reads the training examples of a YAML text; what else is in it is passed over.

    Args:
        text: The text.
        source: The file it came from, None for text.

    Returns:
        What could be read, and everything to say about it: besides what `Collector` says, N100
        there are no sections, N101 something is no section, N103 something is no example.

    Example:
        >>> text = "nlu:\n- intent: greet\n  examples: |\n    - hi\n    hey\n"
        >>> data, found = parse_nlu_yaml(text)
        >>> data.examples[0].line, found[0].line, found[0].message
        (4, 5, "Expected '- ' and an example, found 'hey'; it is left out.")
    """
    data, positions, found = parse_yaml(text, source)
    reader = _Reader(text, positions, Collector(Notes(source, found=found)))
    if isinstance(data, Mapping):
        reader.sections(data.get("nlu"))
        reader.responses(data.get("responses"))
    return reader.collector.done(), reader.notes.found


class _Reader:
    """Walks through the sections of one text."""

    def __init__(self, text: str, positions: Positions, collector: Collector) -> None:
        self.lines = text.splitlines()
        self.positions = positions
        self.collector = collector
        self.notes = collector.notes

    def at(self, path: Path) -> None:
        self.notes.line = self.positions.line(*path)

    def sections(self, values: Any) -> None:
        self.at(("nlu",))
        if values is None:
            return
        if not isinstance(values, list):
            hint = "Write each section below it with a dash: '- intent: greet'."
            self.notes.error("N100", f"Expected a list of nlu, found {shown(values)}.", hint)
            return
        for index, value in enumerate(values):
            self.section(value, ("nlu", index))

    def section(self, value: Any, path: Path) -> None:
        self.at(path)
        kind = next((k for k in SECTIONS if isinstance(value, Mapping) and k in value), None)
        if kind is None:
            what = listing(map(str, value)) if isinstance(value, Mapping) else shown(value)
            message, hint = unknown_section(what)
            keys = value if isinstance(value, Mapping) else ()
            hint = next(filter(None, (did_you_mean(str(k), SECTIONS) for k in keys)), hint)
            self.notes.error("N101", message, hint)
            return
        unknown = [key for key in value if key not in _KEYS[kind]]
        for key in unknown:
            self.at((*path, key))
            hint = did_you_mean(str(key), _KEYS[kind])
            self.notes.warning("N101", f"Unknown key {shown(key)} in a section.", hint)
        self.at((*path, kind))
        name = self.collector.named(kind, value[kind])
        if name is None:
            return
        examples = value.get("examples")
        if examples is None and unknown:
            return
        if examples is None or examples in ("", []):
            hint = "Write 'examples: |' and below it lines that begin with '- '."
            self.notes.warning("N103", f"The {kind} {shown(name)} has no examples.", hint)
            return
        for item in self.items(examples, (*path, "examples")):
            self.collector.item(kind, name, item)

    def items(self, examples: Any, path: Path) -> Iterator[str]:
        """The examples of a section; the notes are turned to the line of each."""
        self.at(path)
        if isinstance(examples, str):
            yield from self.lines_of(examples)
        elif isinstance(examples, list):
            for index, example in enumerate(examples):
                self.at((*path, index))
                if isinstance(example, Mapping):
                    example = example.get("text")
                if isinstance(example, str):
                    yield example.strip().removeprefix("- ").strip()
                elif example is not None:
                    self.refuse(example, "Write it like '- text: good morning'.")
        else:
            self.refuse(examples, "Write 'examples: |' and below it lines that begin with '- '.")

    def lines_of(self, examples: str) -> Iterator[str]:
        # The lines of a block scalar stand in the text as they are: they are looked for in order.
        line = self.notes.line or 1
        for example in examples.splitlines():
            written = example.strip()
            if not written or written.startswith("#"):
                continue
            line = self.find(written, line)
            self.notes.line = line
            if written.startswith("-"):
                yield written[1:].strip()
            else:
                message = f"Expected '- ' and an example, found {shown(written)}; it is left out."
                self.notes.warning("N103", message, "Begin the line with '- '.")

    def find(self, written: str, line: int) -> int:
        """The number of the next line with these words, from that line on."""
        last = min(len(self.lines), line + 50)  # comments and empty lines may stand between two
        for number in range(line, last + 1):
            if self.lines[number - 1].strip() == written:
                return number
        return line

    def refuse(self, value: Any, hint: str) -> None:
        self.notes.warning("N103", f"Expected an example, found {shown(value)}.", hint)

    def responses(self, values: Any) -> None:
        """The answers of retrieval intents; those of other names belong to the domain."""
        if not isinstance(values, Mapping):
            return
        chosen = {str(name): each for name, each in values.items() if "/" in str(name)}
        self.collector.responses.update(responses_of(chosen))


def responses_of(values: Mapping[str, Any]) -> dict[str, tuple[Response, ...]]:
    """The answers of retrieval intents, by intent.

    Args:
        values: The variations of each response as YAML data: `{"utter_faq/price": [{"text": ..}]}`.

    Example:
        >>> responses_of({"utter_faq/price": [{"text": "Two crowns."}]})["faq/price"][0].text
        'Two crowns.'
    """
    domain = Domain.from_dict({"responses": dict(values)}, strict=False)
    return {name.removeprefix("utter_"): each for name, each in domain.responses.items()}
