"""Compiled programs on disk: shared by kernels, harmless when damaged, only in one's own folder."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dialogue_nb.policies import compile_cache
from tests import house

TRAINING = '''
from dialogue_nb.policies.keras_policy import KerasPolicy
from tests.library import DOMAIN, data_of
stories = """
## one
* ask_book
  - utter_ask_book
* farewell
  - utter_farewell
"""
policy = KerasPolicy(epochs=2, max_history=2, random_seed=1)
policy.train(data_of(stories), DOMAIN)
print(policy.history_["loss"])
'''


@pytest.fixture(autouse=True)
def no_choice(monkeypatch):
    monkeypatch.delenv(compile_cache.VARIABLE, raising=False)


def train(folder, **more):
    environment = os.environ | {compile_cache.VARIABLE: str(folder), **more}
    environment |= {"PYTHONPATH": str(house.ROOT), "KERAS_BACKEND": "jax"}
    return subprocess.Popen(
        [sys.executable, "-c", TRAINING],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process):
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return out, err


def programs(folder):
    return sorted(path.name for path in folder.rglob("jit_epoch*-cache"))


def test_kernels_share_what_one_has_compiled_and_damage_does_no_harm(tmp_path):
    first, _ = ended(train(tmp_path))
    kept = programs(tmp_path)
    assert len(kept) == 1
    second, err = ended(train(tmp_path))
    assert (second, programs(tmp_path)) == (first, kept)
    assert "cache" not in err
    for path in tmp_path.rglob("*-cache"):
        path.write_bytes(b"no program")
    both = [train(tmp_path), train(tmp_path)]  # at the same time
    for out, err in map(ended, both):
        assert out == first
        assert "persistent compilation cache" in err  # it was read, and found wanting


def test_the_folder_is_the_persons_own_and_can_be_chosen_or_turned_off(monkeypatch, tmp_path):
    assert "dialogue_nb" in str(compile_cache.cache_folder())
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    assert compile_cache.cache_folder().is_relative_to(tmp_path)
    monkeypatch.setenv(compile_cache.VARIABLE, "")
    assert compile_cache.cache_folder() is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="other systems have other permissions")
def test_a_folder_that_others_can_write_into_is_not_used(monkeypatch, tmp_path):
    jax = pytest.importorskip("jax")
    before = jax.config.jax_compilation_cache_dir
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    folder = compile_cache.cache_folder()
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    try:
        jax.config.update("jax_compilation_cache_dir", None)
        assert compile_cache.use_compile_cache() is None
        assert jax.config.jax_compilation_cache_dir is None
        folder.chmod(0o700)
        assert compile_cache.use_compile_cache() == folder
    finally:
        jax.config.update("jax_compilation_cache_dir", before)


def test_a_cache_that_cannot_be_made_is_done_without(monkeypatch, tmp_path):
    (tmp_path / "compiled").write_text("a file where the folder should be")
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    assert not compile_cache._is_ours(compile_cache.cache_folder())
