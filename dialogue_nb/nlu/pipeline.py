"""What a bot's `config.yml` says about language understanding: its `pipeline`.

dialogue_nb understands with one interpreter of its own, so most components mean nothing here. What
counts is when the bot is to say that it did not understand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic, listing
from dialogue_nb.core.yaml_lines import parse_yaml
from dialogue_nb.core.yaml_nodes import YamlNode

FALLBACK_INTENT: Final = "nlu_fallback"
FALLBACK_COMPONENT: Final = "FallbackClassifier"


@dataclass(frozen=True)
class Fallback:
    """When a message counts as not understood (Rasa's `FallbackClassifier`).

    Args:
        threshold: Below this confidence of the best intent.
        ambiguity_threshold: Where the second best intent is closer to it than this.

    Example:
        >>> Fallback().reason([0.25, 0.1]), Fallback().reason([0.5, 0.45]), Fallback().reason([0.9])
        ('confidence 0.25 below 0.3', 'only 0.05 ahead of the next one, less than 0.1', '')
    """

    threshold: float = 0.3
    ambiguity_threshold: float = 0.1

    def reason(self, confidences: list[float]) -> str:
        """Why a message counts as not understood, "" if it does not.

        Args:
            confidences: Those of the intents, the highest first.
        """
        best, *others = confidences
        if best < self.threshold:
            return f"confidence {best:.2f} below {self.threshold:g}"
        if others and best - others[0] < self.ambiguity_threshold:
            ahead = f"only {best - others[0]:.2f} ahead of the next one"
            return f"{ahead}, less than {self.ambiguity_threshold:g}"
        return ""


def parse_pipeline(
    text: str, source: str | None = None
) -> tuple[Fallback | None, list[Diagnostic]]:
    r"""Reads the pipeline of a config.

    Args:
        text: The YAML text.
        source: The file it came from, for the diagnostics.

    Returns:
        When a message counts as not understood, None for never; and the diagnostics: N300 (an
        information) components that are not used, N301 a threshold that is none. As in Rasa, a
        config without a pipeline has the default one, which falls back.

    Example:
        >>> fallback, found = parse_pipeline('''
        ... pipeline:
        ... - name: WhitespaceTokenizer
        ... - name: FallbackClassifier
        ...   threshold: 0.7
        ... ''')
        >>> fallback
        Fallback(threshold=0.7, ambiguity_threshold=0.1)
        >>> print(found[0].message)
        These components are not used: 'WhitespaceTokenizer'.
    """
    data, positions, _ = parse_yaml(text, source)
    if not isinstance(data, dict):  # whoever reads the policies says why
        return None, []
    found: list[Diagnostic] = []
    node = YamlNode(data, positions, source, found).child("pipeline")
    if node.data is None:
        return Fallback(), found
    entries = [node.child(i) for i in range(len(node.data))] if isinstance(node.data, list) else []
    fallback = None
    others = [str(node.data)] if isinstance(node.data, str) else []
    for entry in entries:
        name = entry.data.get("name") if isinstance(entry.data, dict) else entry.data
        if str(name).rpartition(".")[2] == FALLBACK_COMPONENT:
            fallback = _fallback(entry)
        else:
            others.append(str(name))
    if others:
        message = f"These components are not used: {listing(dict.fromkeys(others), limit=20)}."
        hint = "dialogue_nb learns from the examples with an interpreter of its own."
        node.report("N300", "info", message, hint)
    return fallback, found


def _fallback(node: YamlNode) -> Fallback:
    values: dict[str, float] = {}
    for name in ("threshold", "ambiguity_threshold"):
        value: Any = node.data.get(name) if isinstance(node.data, dict) else None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
            values[name] = float(value)
        elif value is not None:
            usual = getattr(Fallback(), name)
            message = f"{name} must be a number from 0 to 1, got {value!r}; {usual} is used."
            node.child(name).warning("N301", message)
    return Fallback(**values)
