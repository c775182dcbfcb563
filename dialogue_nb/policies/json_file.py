"""What a policy has learnt as a JSON file, read with suspicion: every damage is one error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dialogue_nb.core.exceptions import ModelError


def write_json(file: Path, body: Any) -> None:
    """Writes a file.

    Args:
        file: The file.
        body: What goes into it, JSON-ready.
    """
    file.write_text(json.dumps(body, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def read_json(file: Path, what: str) -> Any:
    """What is in a file.

    Args:
        file: The file.
        what: What should be in it, for the error.

    Raises:
        ModelError: If it is not there or is no JSON.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_json(Path(folder) / "rules.json", {"rules": [1]})
        ...     read_json(Path(folder) / "rules.json", "rules")
        {'rules': [1]}
    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"No {what} can be read from '{file}': {error}.") from error
