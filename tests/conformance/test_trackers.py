"""Trackers that real bots came with, in Rasa's JSON form: imported, kept, exported, the same."""

import json

import pytest

from dialogue_nb.agent.conversation_files import add_conversations, export_json, read_conversations
from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore

from .sets import FOLDER

FILES = sorted(FOLDER.glob("data/*/tests/data/*tracker*.json"))

if FILES:

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_a_tracker_of_rasa_is_kept_with_its_events_times_and_slots(path):
        body = json.loads(path.read_text("utf-8"))
        store = SQLTrackerStore("sqlite://")
        (name,) = add_conversations(store, read_conversations(path))
        tracker = store.retrieve(name)
        assert name == body["sender_id"]
        happened = [(e.type_name, e.timestamp) for e in tracker.events if e.type_name != "slot"]
        assert happened == [
            (e["event"], e["timestamp"]) for e in body["events"] if e["event"] != "slot"
        ]
        slots = {key: value for key, value in body["slots"].items() if value is not None}
        assert {key: tracker.get_slot(key) for key in slots} == slots
        assert tracker.latest_action_name == body["latest_action_name"]
        again = json.loads(export_json([tracker]))
        assert [e["event"] for e in again["events"]] == [e.type_name for e in tracker.events]
        store.close()
