"""Writing YAML that every version of Rasa reads back as it was meant."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from dialogue_nb.core.yaml_scalars import resolve_scalar

# Breaks that a block or a bare text would lose, and `\u`, which Rasa decodes once more in files of
# nothing but ASCII unless its backslash is doubled, as it is in double quotes.
_NEEDS_ESCAPES: Final = re.compile("[\r\x85\u2028\u2029]|\\\\[uU]")


class _Dumper(yaml.SafeDumper):
    """Lists below the first letter of their key, no anchors, texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        """Repeated values are written out: anchors are hard to read."""
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None
    if _NEEDS_ESCAPES.search(text):
        style = '"'
    elif "\n" in text:
        style = "|"
    elif not isinstance(resolve_scalar(text), str):
        style = "'"  # PyYAML would leave "1e3" or "08" bare; YAML 1.2 takes them for numbers
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _represent_text)


def dump_yaml(data: Any) -> str:
    """Plain data as YAML, in the order it has.

    Args:
        data: dict, list, tuple, str, int, float, bool or None, nested.

    Example:
        >>> print(dump_yaml({"version": "3.1", "intents": ["greet", "yes"]}), end="")
        version: '3.1'
        intents:
        - greet
        - 'yes'
    """
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**30))


_Dumper.add_representer(tuple, lambda dumper, data: dumper.represent_list(list(data)))
