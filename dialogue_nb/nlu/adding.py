"""Adding an example to the text of a file, with its comments and its layout left as they are."""

from __future__ import annotations

import re
from typing import Final

from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.core.yaml_writer import dump_yaml
from dialogue_nb.nlu.examples import TrainingExample
from dialogue_nb.nlu.reader import nlu_format, parse_nlu
from dialogue_nb.stories.messages import annotated

_SPACE: Final = re.compile(r"\s+")


def add_example(text: str, example: TrainingExample, source: str | None = None) -> str:
    r"""The text of a file of training examples with one more example.

    It comes behind the last example of its intent; an intent that is new comes at the end.

    Args:
        text: The text, YAML or Markdown; it may be empty.
        example: The example; one that is there already is not added again. What is written between
            its words as line breaks or several spaces becomes one space.
        source: The name of the file, which says its format; None: what the text looks like.

    Returns:
        The new text.

    Raises:
        DialogueError: If the text is JSON or is laid out so that there is no telling where to add
            something, or the example has no words or no intent.

    Example:
        >>> text = "nlu:\n- intent: deny\n  examples: |\n    - no  # not a comment\n"
        >>> print(add_example(text, TrainingExample("never", "deny")), end="")
        nlu:
        - intent: deny
          examples: |
            - no  # not a comment
            - never
    """
    words = _one_line(example)
    if not words or not example.intent:
        raise DialogueError("Expected an example with words and an intent.")
    format = nlu_format(text, source)
    before = parse_nlu(text, source, format)[0]
    known = [e for e in before.examples if e.intent == example.intent]
    if any(e.text == _plain(words) for e in known):
        return text
    lines = text.removesuffix("\n").split("\n") if text.strip() else []
    at = max((e.line for e in known if e.line is not None), default=0)
    if at:
        written = lines[at - 1]
        sign = re.match(r"\s*[-*+]\s*", written)
        new = [*lines[:at], f"{sign[0] if sign else '- '}{words}", *lines[at:]]
    elif format == "markdown":
        new = [*lines, *([""] if lines else []), f"## intent:{example.intent}", f"- {words}"]
    else:
        new = [*lines, *_yaml_section(example.intent, words, is_first=not lines)]
    result = "\n".join(new) + "\n"
    after = parse_nlu(result, source, format)[0]
    there = set(before.examples)
    added = [(e.text, e.intent) for e in after.examples if e not in there]
    if (
        added != [(_plain(words), example.intent)]
        or len(after.examples) != len(before.examples) + 1
    ):
        raise DialogueError(
            f"There is no telling where to add '{words}' to {source or 'this text'}: write it "
            f"below the intent '{example.intent}' yourself."
        )
    return result


def _one_line(example: TrainingExample) -> str:
    """The words with their marks; positions of marks are in the words as they were."""
    return _SPACE.sub(" ", annotated(example.text, example.entities)).strip()


def _plain(words: str) -> str:
    data, _ = parse_nlu(f"## intent:a\n- {words}", format="markdown")
    return data.examples[0].text if data.examples else words


def _yaml_section(intent: str, words: str, *, is_first: bool) -> list[str]:
    name = dump_yaml([{"intent": intent}]).rstrip("\n")
    head = ["nlu:"] if is_first else [""]
    return [*head, name, "  examples: |", f"    - {words}"]
