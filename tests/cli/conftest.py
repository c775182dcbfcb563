from __future__ import annotations

import os
from pathlib import Path

import pytest

from dialogue_nb.cli import main
from tests.agent.kiosk import DOMAIN_YAML, STORIES_MD

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
"""For other processes: the package need not be installed."""

CONFIG = """
policies:
- name: MemoizationPolicy
  max_history: 3
"""


@pytest.fixture
def bot(tmp_path, monkeypatch):
    """A folder with domain.yml, data/stories.md and config.yml, which is the current one."""
    (tmp_path / "data").mkdir()
    (tmp_path / "domain.yml").write_text(DOMAIN_YAML, encoding="utf-8")
    (tmp_path / "config.yml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "data" / "stories.md").write_text(STORIES_MD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def model(bot, capsys):
    """The same, with a trained model at the default place."""
    assert main(f"train {TRAIN}".split()) == 0
    capsys.readouterr()
    return bot


TRAIN = "-d domain.yml -s data -c config.yml -o models/current/dialogue --augmentation 0"


@pytest.fixture
def run(capsys):
    """Runs a command: (status, stdout, stderr)."""

    def run_command(*words):
        try:
            status = main([str(word) for word in words])
        except SystemExit as leave:
            status = leave.code
        out, err = capsys.readouterr()
        return status, out, err

    return run_command
