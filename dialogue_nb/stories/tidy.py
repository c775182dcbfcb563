"""Stories and domains laid out evenly, and stories rewritten in the other format."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from dialogue_nb.core.diagnostics import Diagnostic, errors_in, listing
from dialogue_nb.core.domain import parse_domain
from dialogue_nb.core.domain_reader import DOMAIN_KEYS
from dialogue_nb.core.yaml_lines import parse_yaml
from dialogue_nb.stories.markdown import split_lines, without_comments
from dialogue_nb.stories.reader import StoryFormat, parse_stories
from dialogue_nb.stories.writer import write_stories

_YAML_COMMENT: Final = re.compile(r"(?:^|\s)#[^\n]*$", re.MULTILINE)
_WRITTEN_KEYS: Final = ("version", "stories", "rules")
_INDENT: Final = {"*": "* ", ">": "> ", "-": "    - "}


class Rewritten(NamedTuple):
    """A text in its new form.

    Args:
        text: The new text; the old one when it could not be rewritten.
        losses: What would be lost, one sentence each.
        errors: Why it could not be rewritten: the mistakes to correct first.
    """

    text: str
    losses: tuple[str, ...] = ()
    errors: tuple[Diagnostic, ...] = ()


def tidy_stories(text: str, format: StoryFormat) -> Rewritten:
    r"""Lays out stories evenly; what they say stays the same.

    Args:
        text: The stories.
        format: "markdown" or "yaml". Markdown keeps its comments, YAML is written anew.

    Example:
        >>> print(tidy_stories("##hello\n*greet\n- utter_hi <!-- hi! -->", "markdown").text)
        ## hello
        * greet
            - utter_hi <!-- hi! -->
        <BLANKLINE>
    """
    if format == "yaml":
        return convert_stories(text, "yaml", "yaml")
    stories, found = parse_stories(text, format=format)
    if errors_in(found):
        return Rewritten(text, errors=tuple(errors_in(found)))
    tidied = _tidy_markdown(text)
    return Rewritten(tidied if parse_stories(tidied, format=format)[0] == stories else text)


def convert_stories(text: str, format: StoryFormat, to: StoryFormat) -> Rewritten:
    r"""Rewrites stories in a format.

    Args:
        text: The stories.
        format: The format they are in.
        to: The format they are to be in.

    Example:
        >>> new = convert_stories("## hello\n* greet  <!-- hi! -->\n", "markdown", "yaml")
        >>> print(new.text, new.losses)
        version: '3.1'
        stories:
        - story: hello
          steps:
          - intent: greet
         ('1 comment is left out.',)
    """
    stories, found = parse_stories(text, format=format)
    if errors_in(found):
        return Rewritten(text, errors=tuple(errors_in(found)))
    written, lost = write_stories(stories, to)
    losses = [_sentence(one) for one in lost] + _lost_comments(text, format)
    if format == "yaml":
        losses += _lost_keys(text, _WRITTEN_KEYS)
    return Rewritten(written, tuple(dict.fromkeys(losses)))


def tidy_domain(text: str) -> Rewritten:
    r"""Writes a domain anew, in the usual order, in the words of Rasa 3.

    Args:
        text: The domain.

    Example:
        >>> print(tidy_domain("actions: [b]\nintents: [a]").text.partition("session")[0])
        version: '3.1'
        intents:
        - a
        actions:
        - b
        <BLANKLINE>
    """
    domain, found = parse_domain(text)
    if domain is None or errors_in(found):
        return Rewritten(text, errors=tuple(errors_in(found)))
    losses = _lost_comments(text, "yaml") + _lost_keys(text, (*DOMAIN_KEYS, "version"))
    return Rewritten(domain.to_yaml(), tuple(losses))


def _lost_comments(text: str, format: StoryFormat) -> list[str]:
    count = text.count("<!--") if format == "markdown" else len(_YAML_COMMENT.findall(text))
    if not count:
        return []
    return ["1 comment is left out." if count == 1 else f"{count} comments are left out."]


def _lost_keys(text: str, written: Collection[str]) -> list[str]:
    data, _, _ = parse_yaml(text)
    others = [str(key) for key in data or () if key not in written]
    return [f"What else is in the file is left out: {listing(others)}."] if others else []


def _sentence(diagnostic: Diagnostic) -> str:
    line = f"Line {diagnostic.line}: " if diagnostic.line else ""
    return f"{line}{diagnostic.message} {diagnostic.hint}".strip()


def _tidy_markdown(text: str) -> str:
    tidied: list[str] = []
    comments: set[int] = set()  # which of them are nothing but comments
    is_open = False
    for raw in split_lines(text):
        was_open, said = is_open, raw
        if is_open or "<!--" in raw:
            said, is_open = without_comments(raw, is_open)
        line = raw.rstrip() if was_open else _tidy_line(raw.strip())
        if said.strip().startswith(("#", ">>")):
            # A comment right above a story belongs to it.
            place = len(tidied)
            while place - 1 in comments:
                place -= 1
            if place and tidied[place - 1]:
                tidied.insert(place, "")
        if line or was_open or (tidied and tidied[-1]):
            tidied.append(line)
            if not said.strip() and line:
                comments.add(len(tidied) - 1)
    return "\n".join(tidied).rstrip("\n") + "\n" if any(tidied) else ""


def _tidy_line(line: str) -> str:
    if line.startswith("#"):
        marks = line[: len(line) - len(line.lstrip("#"))]
        return f"{marks} {line[len(marks) :].strip()}".rstrip()
    if line.startswith(">>"):
        return f">> {line[2:].strip()}".rstrip()
    mark = _INDENT.get(line[:1])
    return f"{mark}{line[1:].strip()}".rstrip() if mark else line
