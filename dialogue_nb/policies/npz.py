"""Arrays in npz files, read with suspicion: no pickled objects, and every damage is one error."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.exceptions import ModelError


def read_npz(file: Path) -> dict[str, npt.NDArray[Any]]:
    """All arrays of an npz file by name.

    Args:
        file: The file.

    Raises:
        ModelError: If it is not there, is no npz file, or has more in it than plain arrays.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(Path(folder) / "a.npz", bias=np.ones(3))
        ...     read_npz(Path(folder) / "a.npz")
        {'bias': array([1., 1., 1.])}
    """
    try:
        # opened here: NumPy forgets to close a file that turns out to be damaged
        with file.open("rb") as stream:
            stored = np.load(stream, allow_pickle=False)
            if isinstance(stored, np.ndarray):
                raise ValueError("it is a single array")
            return dict(stored)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"No arrays can be read from '{file}': {error}.") from error
