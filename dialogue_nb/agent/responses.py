"""The bot's words: choosing a variation of a response and filling in the slots."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from dialogue_nb.core.domain import Domain, Response
from dialogue_nb.core.trackers import DialogueStateTracker

PLACEHOLDER: Final = re.compile(r"\{([^\n{}]+)\}")
ESCAPED: Final = re.compile(r"\{\{|\}\}|\{([^\n{}]+)\}")
"""The same where braces are doubled, as in the payload `/tell{{"part": "chain"}}` of a button."""
MAX_FILLED_LENGTH: Final = 100_000


def fill(text: str, values: Mapping[str, Any], missing: list[str]) -> str:
    """Puts values in the place of `{name}`; a name without a value stays as it is.

    As in Rasa, a doubled brace stands for one that is no placeholder. Nothing in the text is
    evaluated, and what a value says is never looked at again.

    Args:
        text: The words, with placeholders.
        values: What may be put in.
        missing: The names that had no value are added to this list.

    Example:
        >>> fill("To {city}, {{name}}.", {"city": "{name}", "name": "Bo"}, [])
        'To {name}, {name}.'
        >>> fill("{city.__class__}", {"city": "Oslo"}, missing := []), missing
        ('{city.__class__}', ['city.__class__'])
    """

    def value_of(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        value = values.get(match[1])
        if value is None:
            missing.append(match[1])
            return match[0]
        return str(value)[:MAX_FILLED_LENGTH]

    return (ESCAPED if "{{" in text else PLACEHOLDER).sub(value_of, text)


def fill_all(part: Any, values: Mapping[str, Any], missing: list[str]) -> Any:
    """Fills every string inside lists and dicts (buttons, custom payloads), leaving the rest.

    Example:
        >>> fill_all([{"title": "To {city}", "size": 2}], {"city": "Oslo"}, [])
        [{'title': 'To Oslo', 'size': 2}]
    """
    if isinstance(part, str):
        return fill(part, values, missing)
    if isinstance(part, Mapping):
        return {key: fill_all(value, values, missing) for key, value in part.items()}
    if isinstance(part, Sequence):
        return [fill_all(value, values, missing) for value in part]
    return part


def message_for(
    name: str,
    tracker: DialogueStateTracker,
    domain: Domain,
    rng: np.random.Generator,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any] | None:
    """The message of a response, filled with the conversation's slots.

    Args:
        name: The response, `utter_...`.
        tracker: The conversation.
        domain: The bot's domain.
        rng: Chooses among variations.
        extra: More values to fill in, stronger than slots.

    Returns:
        `{"text", "buttons", "image", ...}` with the parts that the response has, and `notes`, a
        list of sentences, when a placeholder had no value. None when the domain has no such
        response.
    """
    slots = tracker.current_slot_values()
    variations = domain.response_variations(name, slots) if name in domain.responses else ()
    if not variations:
        return None
    chosen = variations[int(rng.integers(len(variations))) if len(variations) > 1 else 0]
    missing: list[str] = []
    message = fill_all(_parts(chosen), {**slots, **(extra or {})}, missing)
    # what stands in quotes is the JSON of a button's payload
    unset = ", ".join(f"{{{slot}}}" for slot in dict.fromkeys(missing) if '"' not in slot)
    if unset:
        message["notes"] = [f"{name}: no value for {unset}."]
    return dict(message) | {"response": name}


def _parts(response: Response) -> dict[str, Any]:
    apart = ("channel", "condition", "id", "metadata")
    return {name: part for name, part in response.as_dict().items() if name not in apart}
