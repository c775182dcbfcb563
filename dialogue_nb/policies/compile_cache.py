"""What JAX compiles is kept on disk, so that the next kernel need not compile it again.

The folder is the person's own: `DIALOGUE_NB_CACHE`, or the cache folder of the system; an empty
`DIALOGUE_NB_CACHE` turns it off, and a cache that JAX was told to use otherwise stays as it is. It
holds at most 200 MB, what was not used for longest goes first. Several kernels may share it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
from importlib.metadata import version
from pathlib import Path
from typing import Final

import platformdirs

VARIABLE: Final = "DIALOGUE_NB_CACHE"
MOST_BYTES: Final = 200_000_000
WORTH_SECONDS: Final = 0.1
"""What compiles faster is not kept: reading it would take as long."""


def cache_folder() -> Path | None:
    """Where compiled programs are kept; None where they are not.

    Programs of another processor or another JAX have a folder of their own: they might not run
    here.

    Example:
        >>> folder = cache_folder()
        >>> folder is None or folder.parent.name == "compiled"
        True
    """
    chosen = os.environ.get(VARIABLE)
    if chosen == "":
        return None
    base = Path(chosen) if chosen else Path(platformdirs.user_cache_dir("dialogue_nb"))
    return base / "compiled" / _machine()


def use_compile_cache() -> Path | None:
    """Lets JAX, which must be imported already, read and write compiled programs.

    Returns:
        The folder; None if there is none, or if somebody else could write into it: what lies there
        is executed.
    """
    import jax

    if jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]
        return None
    folder = cache_folder()
    if folder is None or not _is_ours(folder):
        return None
    chosen = {
        "jax_compilation_cache_dir": str(folder),
        "jax_compilation_cache_max_size": MOST_BYTES,
        "jax_persistent_cache_min_compile_time_secs": WORTH_SECONDS,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    for name, value in chosen.items():
        jax.config.update(name, value)  # type: ignore[no-untyped-call]
    return folder


def _is_ours(folder: Path) -> bool:
    """Makes the folder, for this person alone; False where that cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.stat()
    except OSError:  # a read-only home, for example: then everything is compiled anew
        return False
    if not hasattr(os, "getuid"):
        return True
    is_closed = not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return about.st_uid == os.getuid() and is_closed and os.access(folder, os.W_OK)


def _machine() -> str:
    """A name for this processor with this JAX."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        flags = platform.processor()
    what = (version("jax"), version("jaxlib"), platform.machine(), flags)
    return hashlib.sha256("\n".join(what).encode()).hexdigest()[:16]
