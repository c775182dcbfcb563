"""What is wrong with training examples, looked at together with the bot's domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dialogue_nb.core.diagnostics import Diagnostic, did_you_mean, listing
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_defaults import DEFAULT_INTENT_NAMES
from dialogue_nb.nlu.examples import NLUExamples, TrainingExample
from dialogue_nb.nlu.tokens import tokens_of
from dialogue_nb.stories.notes import shown

MAX_OF_A_KIND: Final = 100


def lint_nlu(data: NLUExamples, domain: Domain) -> list[Diagnostic]:
    """Checks examples.

    Args:
        data: The examples.
        domain: The bot's domain.

    Returns:
        Diagnostics: N200 an intent that the domain does not have; N201 an entity, a role or a group
        likewise; N202 (an information) intents of the domain that have no example; N203 a text with
        two intents; N204 a mark that cuts a word in two. Of each kind 100 at most.

    Example:
        >>> data = NLUExamples((TrainingExample("hello", "gret"),))
        >>> print(lint_nlu(data, Domain.from_yaml("intents: [greet]"))[0])
        warning N200: The domain has no intent 'gret'. Did you mean 'greet'?
    """
    kinds = (_intents, _entities, _missing, _twice, _cut)
    found = [list(_first(check(data, domain))) for check in kinds]
    return [one for of_a_kind in found for one in of_a_kind]


def _first(found: Iterator[Diagnostic]) -> Iterator[Diagnostic]:
    for number, one in enumerate(found):
        if number == MAX_OF_A_KIND:
            return
        yield one


def _at(example: TrainingExample, code: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(code, "warning", message, example.file, example.line, hint=hint)


def _intents(data: NLUExamples, domain: Domain) -> Iterator[Diagnostic]:
    known = set(domain.intent_names)
    said: set[str] = set()
    for example in data.examples:
        name = example.base_intent
        if name is not None and name not in known and name not in said:
            said.add(name)
            hint = did_you_mean(name, domain.intent_names) or "Add it to the domain's intents."
            yield _at(example, "N200", f"The domain has no intent {shown(name)}.", hint)


def _entities(data: NLUExamples, domain: Domain) -> Iterator[Diagnostic]:
    known = set(domain.entity_labels)
    said: set[str] = set()
    for example in data.examples:
        for mark in example.entities:
            name = str(mark["entity"])
            labels = [name] + [f"{name}#{mark[k]}" for k in ("role", "group") if mark.get(k)]
            unknown = next((label for label in labels if label not in known), None)
            if unknown is not None and unknown not in said:
                said.add(unknown)
                what, label = ("role or group", labels[-1]) if name in known else ("entity", name)
                hint = did_you_mean(unknown, domain.entity_labels)
                message = f"The domain has no {what} {shown(label)}."
                yield _at(example, "N201", message, hint or "Add it to the domain's entities.")


def _missing(data: NLUExamples, domain: Domain) -> Iterator[Diagnostic]:
    there = {*data.intents, *DEFAULT_INTENT_NAMES}
    missing = [name for name in domain.intent_names if name not in there]
    if data and missing:
        message = f"Intents without an example, which plain words never have: {listing(missing)}."
        yield Diagnostic("N202", "info", message)


def _twice(data: NLUExamples, domain: Domain) -> Iterator[Diagnostic]:
    first: dict[str, TrainingExample] = {}
    for example in data.examples:
        known = first.setdefault(example.text.casefold(), example)
        if example.intent and known.intent and known.intent != example.intent:
            message = (
                f"{shown(example.text)} is an example of {shown(example.intent)} and of "
                f"{shown(known.intent)}"
            )
            where = f" (line {known.line})" if known.line else ""
            yield _at(example, "N203", f"{message}{where}.", "Keep one of them.")


def _cut(data: NLUExamples, domain: Domain) -> Iterator[Diagnostic]:
    for example in data.examples:
        if not example.entities:
            continue
        tokens = tokens_of(example.text)
        starts, ends = {token.start for token in tokens}, {token.end for token in tokens}
        for mark in example.entities:
            if mark["start"] not in starts or mark["end"] not in ends:
                words = example.text[mark["start"] : mark["end"]]
                message = f"The mark of {shown(words)} cuts a word in two, or a space off."
                yield _at(example, "N204", message, "Mark whole words.")
