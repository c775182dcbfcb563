"""Whole conversations through the command line: every event is the one that Rasa 3.6 appended."""

import json

import pytest

from dialogue_nb.cli import main
from tests.conformance.sets import FOLDER

BOTS = sorted(path.parent for path in FOLDER.glob("bots/*/expected.json"))


def talk(bot, folder):
    """Trains a bot and plays its messages, by command."""
    model, record = folder / "model", folder / "record.json"
    files = ["-d", bot / "domain.yml", "-s", bot / "data", "-c", bot / "config.yml"]
    train = ["train", *files, "-o", model, "--augmentation", "0", "--quiet"]
    play = ["talk", model, "--messages", bot / "messages.json", "--json", record]
    for command in (train, play):
        assert main([str(word) for word in command]) == 0
    return json.loads(record.read_text("utf-8"))["conversations"]


@pytest.mark.parametrize("bot", BOTS, ids=lambda bot: bot.name)
def test_every_message_has_the_expected_events_slots_and_loop(bot, tmp_path):
    expected = json.loads((bot / "expected.json").read_text("utf-8"))["conversations"]
    played = talk(bot, tmp_path)
    assert [len(turns) for turns in played] == [len(turns) for turns in expected]
    different = [
        (number, ours, theirs)
        for number, (mine, wanted) in enumerate(zip(played, expected, strict=True))
        for ours, theirs in zip(mine, wanted, strict=True)
        if ours != theirs
    ]
    assert different == []
