"""Model folders and model archives: written whole or not at all, and read with suspicion.

A model is a folder, or one .zip of it. Nothing in it is ever executed; `metadata.json` lists every
other file with its SHA-256, and what does not fit the list is refused.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from dialogue_nb.core.exceptions import ModelError

METADATA_FILE: Final = "metadata.json"
MODEL_KIND: Final = "dialogue_nb model"
MAX_UNPACKED_BYTES: Final = 1 << 30
MAX_METADATA_BYTES: Final = 16 << 20
UNPACKING_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,  # encrypted; its subclass NotImplementedError: an unknown kind of archive
    ValueError,
)
_STALE_SECONDS: Final = 3600
_CHUNK: Final = 1 << 20


def write_model_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Writes a model folder, or a .zip if the name ends so, in one step.

    The files are written beside the target first. A process that is killed leaves the old model or
    the new one, never a mixture; `find_model` finds it even when it was killed between the two.

    Args:
        target: Where the model is to be.
        fill: Writes the files into the empty folder it is given.

    Raises:
        ModelError: If there is something at the target that is no model of ours.
    """
    check_target(target)
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(target)
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=target.parent))
    try:
        fill(made)
        if target.suffix == ".zip":
            archive = _zipped(made)
            os.replace(archive, target)  # noqa: PTH105  # the atomic one, also on Windows
        else:
            _sync_tree(made)
            made.chmod(0o755)
            _swap(made, target)
        _sync(target.parent)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _swap(made: Path, target: Path) -> None:
    aside = _aside(target)
    if target.exists():
        shutil.rmtree(aside, ignore_errors=True)
        target.rename(aside)
    made.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def find_model(path: Path) -> Path:
    """The model at that place: the path, or what a killed `write_model_folder` left beside it.

    Raises:
        ModelError: If there is none.
    """
    for candidate in (path, _aside(path.absolute())):
        if candidate.exists():
            return candidate
    raise ModelError(f"There is no model at '{path}': no such folder or file.")


def file_hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file in the folder by its relative name, `metadata.json` left out."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    names = {file.relative_to(folder).as_posix(): file for file in files}
    return {name: _sha256(file) for name, file in names.items() if _counts(name)}


def read_metadata(folder: Path) -> dict[str, Any]:
    """What `metadata.json` says.

    Raises:
        ModelError: If it is not there, is damaged, or is none of ours.
    """
    file = folder / METADATA_FILE
    if not file.is_file():
        raise ModelError(f"'{folder}' is no model: it has no {METADATA_FILE}.")
    try:
        if file.stat().st_size > MAX_METADATA_BYTES:
            raise ValueError("it is too large")
        metadata = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"'{file}' is damaged: {error}. Train the model again.") from error
    if not isinstance(metadata, dict) or metadata.get("kind") != MODEL_KIND:
        raise ModelError(
            f"'{folder}' is no model of dialogue_nb (its {METADATA_FILE} is of another program, "
            "Rasa perhaps). Train the bot here to get one."
        )
    return metadata


def check_files(folder: Path, listed: Mapping[str, str]) -> None:
    """Refuses a folder whose files are not the ones listed.

    Args:
        folder: The model folder.
        listed: SHA-256 by relative name.

    Raises:
        ModelError: If a file is missing, changed, or was not there when the model was saved.
    """
    there = file_hashes(folder)
    for name in listed:
        if name not in there:
            raise ModelError(f"The model '{folder}' is damaged: '{name}' is missing.")
        if there[name] != listed[name]:
            raise ModelError(f"The model '{folder}' is damaged: '{name}' was changed.")
    for name in there:
        if name not in listed:
            raise ModelError(f"The model '{folder}' is damaged: '{name}' does not belong to it.")


def unpack(archive: Path, folder: Path, *, limit: int = MAX_UNPACKED_BYTES) -> None:
    """Unpacks a model archive into an empty folder.

    Args:
        archive: The .zip.
        folder: Where the files go.
        limit: How many bytes they may have together.

    Raises:
        ModelError: If it is no archive, wants to write elsewhere, or is larger than the limit.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            for entry in entries:
                _check_member(archive, entry.filename)
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise zipfile.BadZipFile(f"'{entry.filename}' is packed in an unusual way")
            left = limit
            for entry in entries:
                left -= _unpack_member(packed, entry, folder, left)
    except UNPACKING_ERRORS as error:
        raise ModelError(f"'{archive}' cannot be unpacked: {error}.") from error


def _unpack_member(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, left: int) -> int:
    """Writes one file, counting what really comes out: the sizes in the archive may lie."""
    target = folder / entry.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with packed.open(entry) as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise ModelError(
                    f"'{packed.filename}' is refused: unpacked it is larger than a model can be."
                )
            sink.write(chunk)
    return size


def _check_member(archive: Path, name: str) -> None:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    outside = posix.is_absolute() or windows.drive or windows.root or ".." in windows.parts
    if outside or "\\" in name or "\0" in name:
        raise ModelError(f"'{archive}' is refused: it wants to write to {name!r}.")


def check_target(target: Path) -> None:
    """Refuses a place where something is that is no model of ours.

    Raises:
        ModelError: If there is.
    """
    if target.suffix == ".zip":
        if target.exists() and not zipfile.is_zipfile(target):
            raise ModelError(f"'{target}' exists and is no model archive: choose another name.")
        return
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    try:
        read_metadata(target)
    except ModelError:
        raise ModelError(
            f"'{target}' exists and is no model of dialogue_nb, so it is not overwritten. "
            "Choose another folder, or remove it first."
        ) from None


def _remove_stale(target: Path) -> None:
    """Removes what processes that were killed left behind, unless it may still be in the making."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.new-*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _zipped(folder: Path) -> Path:
    archive = folder / ".model.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in _files(folder):
            if file != archive:
                packed.write(file, file.relative_to(folder).as_posix())
    _sync(archive)
    return archive


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(file for file in folder.rglob("*") if file.is_file()))


def _sync_tree(folder: Path) -> None:
    for path in (*sorted(folder.rglob("*")), folder):
        _sync(path)


def _sync(path: Path) -> None:
    """Makes sure that a file or folder is on the disk; folders cannot be synced on Windows."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _counts(name: str) -> bool:
    # hidden files (.DS_Store, .nfs...) come and go by themselves and are never read
    return name != METADATA_FILE and not PurePosixPath(name).name.startswith(".")


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")
