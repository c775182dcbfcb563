"""The finished cells of a comparison on disk: a file each, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from dialogue_nb.core.exceptions import ComparisonError

CELLS: Final = "cells"
_STALE_SECONDS: Final = 3600


def write_json_file(file: Path, body: Any) -> None:
    """Writes JSON in one step: a process that is killed leaves the old file or the new one.

    Args:
        file: Where to; its folder is there.
        body: What to write.
    """
    text = json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".tmp", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, file)  # noqa: PTH105  # the atomic one, also on Windows
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class CellFiles:
    """The folder of a comparison.

    Args:
        folder: The folder.

    Example:
        >>> with tempfile.TemporaryDirectory() as place:
        ...     files = CellFiles(place).make()
        ...     files.write("lstm 25% 1", "5ea1", {"accuracy": 0.75})
        ...     files.read("5ea1"), files.read("0ddb")
        ({'accuracy': 0.75}, None)
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @property
    def is_there(self) -> bool:
        """Whether the folder can be seen from here: a worker may run on another machine."""
        return (self.folder / CELLS).is_dir()

    def make(self) -> CellFiles:
        """Makes the folder, and removes what killed processes left half-written long ago.

        Raises:
            ComparisonError: If something else than a folder is in the way.
        """
        cells = self.folder / CELLS
        try:
            cells.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise ComparisonError(
                f"Expected a folder for the results, '{self.folder}' is a file. Choose another "
                "name."
            ) from None
        for place in (self.folder, cells):
            for left in place.glob(".*.tmp"):
                with suppress(OSError):
                    if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                        left.unlink()
        return self

    def read(self, key: str) -> dict[str, Any] | None:
        """What is known of a cell; None if it was not finished, or its file is damaged.

        Args:
            key: What the cell depends on.
        """
        try:
            body = json.loads(self._file(key).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        known = isinstance(body, dict) and body.get("key") == key
        result = body.get("result") if known else None
        return result if isinstance(result, dict) else None

    def write(self, name: str, key: str, result: Mapping[str, Any]) -> None:
        """Keeps what came out of a cell.

        Args:
            name: What the cell is called, for people who read the file.
            key: What it depends on.
            result: What came out, JSON-ready.
        """
        body = {"cell": name, "key": key, "result": dict(result)}
        write_json_file(self._file(key), body)

    def _file(self, key: str) -> Path:
        return self.folder / CELLS / f"{key[:32]}.json"
