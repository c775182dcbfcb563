"""What people say and what they mean by it: the examples that an interpreter learns from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dialogue_nb.core.domain import Response
from dialogue_nb.core.showing import Showable

Entity = Mapping[str, Any]
Places = Mapping[str, tuple[str | None, int | None]]


@dataclass(frozen=True)
class TrainingExample:
    """Something a person may say.

    Args:
        text: The words, without marks.
        intent: What is meant by it: of a retrieval intent the whole name, `faq/ask_price`. None for
            an example of entities only.
        entities: What is marked in it: `{"start", "end", "value", "entity"}` and perhaps `role` and
            `group`; the positions are those in `text`.
        file: The file it stands in, None when it came from no file.
        line: The line, counted from 1, None when it is not known.

    Example:
        >>> TrainingExample("how much is it?", "faq/ask_price").base_intent
        'faq'
    """

    text: str
    intent: str | None
    entities: tuple[Entity, ...] = field(default=(), hash=False)
    file: str | None = field(default=None, compare=False)
    line: int | None = field(default=None, compare=False)

    @property
    def base_intent(self) -> str | None:
        """The intent that policies see: of `faq/ask_price` it is `faq`."""
        return base_intent(self.intent)


@dataclass(frozen=True)
class NLUExamples(Showable):
    r"""Everything that language understanding is made from.

    Args:
        examples: What people say.
        synonyms: For words as they are said (in lower case) the value that they stand for.
        regexes: Names with a pattern each; a name may come several times.
        lookups: For each lookup table its words.
        responses: For each retrieval intent (`faq/ask_price`) how it is answered.
        places: Where synonyms, regexes and lookup tables stand, by kind and name
            ("lookup:city"): file and line.

    Example:
        >>> from dialogue_nb.nlu.reader import parse_nlu
        >>> data, found = parse_nlu('''
        ... nlu:
        ... - intent: travel
        ...   examples: |
        ...     - to [Oslo](city) please
        ... - lookup: city
        ...   examples: |
        ...     - Rome
        ... ''')
        >>> data
        <NLUExamples: 1 example of 1 intent, 1 entity, 1 lookup table>
        >>> data.examples[0].entities
        ({'start': 3, 'end': 7, 'value': 'Oslo', 'entity': 'city'},)
    """

    examples: tuple[TrainingExample, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    regexes: tuple[tuple[str, str], ...] = ()
    lookups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    responses: Mapping[str, tuple[Response, ...]] = field(default_factory=dict)
    places: Places = field(default_factory=dict, compare=False, repr=False)

    def __bool__(self) -> bool:
        """Whether there is an example to learn from."""
        return bool(self.examples)

    @cached_property
    def intents(self) -> tuple[str, ...]:
        """The intents as policies see them, sorted."""
        return tuple(sorted({e.base_intent for e in self.examples if e.base_intent}))

    @cached_property
    def retrieval_intents(self) -> dict[str, tuple[str, ...]]:
        """For each retrieval intent the whole names in it, sorted."""
        found: dict[str, set[str]] = {}
        for example in self.examples:
            if example.intent and example.intent != example.base_intent:
                found.setdefault(str(example.base_intent), set()).add(example.intent)
        return {name: tuple(sorted(found[name])) for name in sorted(found)}

    @cached_property
    def entities(self) -> tuple[str, ...]:
        """The types of the entities that are marked in examples, sorted."""
        return tuple(sorted({str(e["entity"]) for each in self.examples for e in each.entities}))

    @cached_property
    def fingerprint(self) -> str:
        """The same text for the same content, wherever that was written."""
        body = [
            [(e.text, e.intent, [dict(mark) for mark in e.entities]) for e in self.examples],
            sorted(self.synonyms.items()), self.regexes, sorted(self.lookups.items()),
        ]  # fmt: skip
        text = json.dumps(body, sort_keys=True, ensure_ascii=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def with_examples(self, more: Iterable[TrainingExample]) -> NLUExamples:
        """The same with more examples behind those that there are.

        Args:
            more: The new examples.

        Example:
            >>> data = NLUExamples().with_examples([TrainingExample("no", "deny")])
            >>> data.intents
            ('deny',)
        """
        return merged([self, NLUExamples(tuple(more))])

    def __repr__(self) -> str:
        """How much there is of everything."""
        parts = [
            f"{counted(len(self.examples), 'example')} of {counted(len(self.intents), 'intent')}"
        ]
        others = (
            (len(self.entities), "entity"), (len(self.synonyms), "synonym"),
            (len(self.regexes), "regex"), (len(self.lookups), "lookup table"),
        )  # fmt: skip
        parts += [counted(number, what) for number, what in others if number]
        return f"<NLUExamples: {', '.join(parts)}>"


def merged(parts: Iterable[NLUExamples]) -> NLUExamples:
    """Everything in several parts, in their order.

    Of an example that comes again with the same intent, and of a regex that does, the first is
    kept; a synonym or response that comes again has its last meaning, a lookup table grows.

    Args:
        parts: The parts.

    Example:
        >>> one = NLUExamples((TrainingExample("hi", "greet"),), lookups={"city": ("Oslo",)})
        >>> two = NLUExamples((TrainingExample("hi", "greet"),), lookups={"city": ("Rome", "Oslo")})
        >>> both = merged([one, two])
        >>> len(both.examples), both.lookups
        (1, {'city': ('Oslo', 'Rome')})
    """
    examples: dict[tuple[str, str | None], TrainingExample] = {}
    synonyms: dict[str, str] = {}
    regexes: dict[tuple[str, str], None] = {}
    lookups: dict[str, dict[str, None]] = {}
    responses: dict[str, tuple[Response, ...]] = {}
    places: dict[str, tuple[str | None, int | None]] = {}
    for part in parts:
        for example in part.examples:
            examples.setdefault((example.text, example.intent), example)
        synonyms.update(part.synonyms)
        regexes.update(dict.fromkeys(part.regexes))
        for name, words in part.lookups.items():
            lookups.setdefault(name, {}).update(dict.fromkeys(words))
        responses.update(part.responses)
        places.update(part.places)
    tables = {name: tuple(words) for name, words in lookups.items()}
    kept = tuple(examples.values())
    return NLUExamples(kept, synonyms, tuple(regexes), tables, responses, places)


def base_intent(name: str | None) -> str | None:
    """The intent that policies see: all before the slash, if something stands on both sides of it.

    Example:
        >>> base_intent("faq/ask_price"), base_intent("greet"), base_intent("/odd")
        ('faq', 'greet', '/odd')
    """
    base, slash, key = (name or "").partition("/")
    return base if slash and base and key else name


def counted(number: int, what: str) -> str:
    """A number of things in words.

    Example:
        >>> counted(1, "regex"), counted(2, "regex"), counted(3, "entity"), counted(0, "intent")
        ('1 regex', '2 regexes', '3 entities', '0 intents')
    """
    if number == 1:
        return f"1 {what}"
    endings = (("y", "ies"), ("x", "xes"))
    plural = next((what[:-1] + new for old, new in endings if what.endswith(old)), f"{what}s")
    return f"{number} {plural}"
