"""A trained bot as data: `metadata.json`, `domain.json`, and a folder for each policy and the NLU.

What is read is checked before it is used: the format, every file's hash, the domain's fingerprint,
and that the policies are classes which are known here or were passed in by the caller. No name in a
model is ever imported.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from dialogue_nb.agent.model_files import (
    METADATA_FILE,
    MODEL_KIND,
    check_files,
    file_hashes,
    find_model,
    read_metadata,
    unpack,
    write_model_folder,
)
from dialogue_nb.core.diagnostics import listing
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import DialogueError, ModelError
from dialogue_nb.core.version import __version__
from dialogue_nb.nlu.interpreter import NLUInterpreter
from dialogue_nb.policies.config import POLICY_CLASSES
from dialogue_nb.policies.policy import Policy

FORMAT_VERSION: Final = 1
DOMAIN_FILE: Final = "domain.json"
NLU_FOLDER: Final = "nlu"

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class SavedModel:
    """What a model holds.

    Args:
        domain: The domain it was trained with.
        policies: The trained policies, in order.
        metadata: What `metadata.json` says.
        interpreter: What understands plain words, None if nothing does.
    """

    domain: Domain
    policies: tuple[Policy, ...]
    metadata: Mapping[str, Any]
    interpreter: NLUInterpreter | None = None


def save_model(
    path: str | Path,
    domain: Domain,
    policies: Sequence[Policy],
    *,
    interpreter: NLUInterpreter | None = None,
    more: Mapping[str, Any] | None = None,
    extra_files: Mapping[str, str] | None = None,
) -> None:
    """Writes a model, whole or not at all.

    Args:
        path: The folder, or a name that ends in .zip for one file.
        domain: The domain.
        policies: The trained policies.
        interpreter: What understands plain words, None if nothing of ours does.
        more: What else `metadata.json` is to hold, JSON-ready.
        extra_files: Further text files by name, for people to read.

    Raises:
        ModelError: If something at the path is no model, or a policy cannot be kept.
    """

    def fill(folder: Path) -> None:
        records = [_save_policy(folder, i, policy) for i, policy in enumerate(policies)]
        _write_json(folder / DOMAIN_FILE, domain.as_dict())
        for name, text in (extra_files or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        if interpreter is not None:
            (folder / NLU_FOLDER).mkdir()
            interpreter.persist(folder / NLU_FOLDER)
        metadata = {
            "kind": MODEL_KIND,
            "format_version": FORMAT_VERSION,
            "dialogue_nb_version": __version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "domain_fingerprint": domain.fingerprint,
            "policies": records,
            "nlu": interpreter is not None,
            **(more or {}),
            "files": file_hashes(folder),
        }
        _write_json(folder / METADATA_FILE, metadata)

    write_model_folder(Path(path), fill)


def load_model(path: str | Path, custom_policies: Iterable[type[Policy]] = ()) -> SavedModel:
    """Reads a model that `save_model` wrote.

    Args:
        path: The folder or .zip file.
        custom_policies: The classes of policies that are not part of dialogue_nb.

    Raises:
        ModelError: If there is no model, it is damaged, of another version, or has a policy whose
            class is not known.
    """
    place = find_model(Path(path))
    if not place.is_file():
        return _load_folder(place, path, custom_policies)
    folder = Path(tempfile.mkdtemp(prefix="dialogue_nb-"))
    try:
        unpack(place, folder)
        model = _load_folder(folder, path, custom_policies)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    # a policy may read its files when it first needs them, so they stay as long as the model
    weakref.finalize(model, shutil.rmtree, folder, ignore_errors=True)
    return model


def _load_folder(
    folder: Path, path: str | Path, custom_policies: Iterable[type[Policy]]
) -> SavedModel:
    metadata = read_metadata(folder)
    _check_version(metadata, path)
    files = metadata.get("files")
    records = metadata.get("policies")
    if not isinstance(files, dict) or not isinstance(records, list):
        raise ModelError(f"The model '{path}' is damaged: its {METADATA_FILE} lacks a part.")
    check_files(folder, files)
    domain = _load_domain(folder, metadata, path)
    classes = {cls.__name__: cls for cls in custom_policies}
    policies = tuple(_load_policy(folder, record, classes, path) for record in records)
    return SavedModel(domain, policies, metadata, _load_interpreter(folder, metadata, path))


def _load_interpreter(
    folder: Path, metadata: Mapping[str, Any], path: str | Path
) -> NLUInterpreter | None:
    if not metadata.get("nlu"):
        return None
    what = "language understanding"
    return _guarded(lambda: NLUInterpreter.load(folder / NLU_FOLDER), what, path)


def _save_policy(folder: Path, index: int, policy: Policy) -> dict[str, Any]:
    place = f"policy_{index}_{policy.name}"
    (folder / place).mkdir()
    policy.persist(folder / place)
    is_ours = POLICY_CLASSES.get(policy.name) is type(policy)
    return {"name": policy.name, "folder": place, "custom": not is_ours}


def _load_policy(
    folder: Path, record: Any, custom: Mapping[str, type[Policy]], path: str | Path
) -> Policy:
    try:
        name, place, is_custom = str(record["name"]), str(record["folder"]), bool(record["custom"])
    except (KeyError, TypeError):
        raise ModelError(f"The model '{path}' is damaged: a policy has no name.") from None
    cls = custom.get(name) or (None if is_custom else POLICY_CLASSES.get(name))
    if cls is None:
        known = f" Given were {listing(custom)}." if custom else ""
        raise ModelError(
            f"The model '{path}' has the policy '{name}', which is not part of dialogue_nb: pass "
            f"its class, Agent.load(..., custom_policies=[{name}]).{known}"
        )
    if "/" in place or "\\" in place or place in (".", "..") or not (folder / place).is_dir():
        raise ModelError(f"The model '{path}' is damaged: '{place}' is no folder in it.")
    return _guarded(lambda: cls.load(folder / place), f"the policy '{name}'", path)


def _load_domain(folder: Path, metadata: Mapping[str, Any], path: str | Path) -> Domain:
    def read() -> Domain:
        return Domain.from_dict(json.loads((folder / DOMAIN_FILE).read_text(encoding="utf-8")))

    domain = _guarded(read, "its domain", path)
    if domain.fingerprint != metadata.get("domain_fingerprint"):
        raise ModelError(
            f"The domain of the model '{path}' is not the one it was trained with. If it has slot "
            "types of your own, register them first; otherwise train the model again."
        )
    return domain


def _guarded(read: Callable[[], T], what: str, path: str | Path) -> T:
    """Runs a reader; whatever a damaged file makes it raise becomes one clear error."""
    try:
        return read()
    except DialogueError as error:
        raise ModelError(f"The model '{path}' cannot be loaded: {what}: {error}") from error
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"The model '{path}' is damaged: {what} cannot be read "
            f"({type(error).__name__}: {error}). Train it again."
        ) from error


def _check_version(metadata: Mapping[str, Any], path: str | Path) -> None:
    found = metadata.get("format_version")
    if found != FORMAT_VERSION:
        by = metadata.get("dialogue_nb_version")
        raise ModelError(
            f"The model '{path}' was saved by dialogue_nb {by} in format {found}; this is "
            f"dialogue_nb {__version__}, which reads format {FORMAT_VERSION}. Train it again, or "
            "use that version."
        )


def _write_json(file: Path, body: Any) -> None:
    file.write_text(json.dumps(body, indent=1, ensure_ascii=False), encoding="utf-8")
