"""Processes that chat and write into one store: some are killed, some write at the same time.

Run as a program, `python -m tests.agent.chatting kill|together STORE`: it forks, so that a process
that is to be killed need not import everything first, and prints as JSON what was acknowledged.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time

from dialogue_nb.agent.sql_engine import Database
from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore
from tests.agent.kiosk import Scripted, kiosk

KILLS = 20
LONGEST = 0.06
EACH = 15
LISTEN = "action_listen"


def bot(store):
    """The bot, which was made before the processes part, with a store of this process."""
    _BOT.processor.trackers.store = SQLTrackerStore(store)
    return _BOT


def say(agent, sender, text, acknowledged):
    """Says something; it is written down once the bot has answered."""
    parsed = {"text": text, "intent": {"name": "hello", "confidence": 0.9}, "entities": []}
    agent.handle_text({"text": text, "parse_data": parsed}, sender)
    os.write(acknowledged, f"{text}\n".encode())


def forked(work):
    """Runs something in a process of its own; gives its number and what it writes."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        try:
            work(writing)
        finally:
            os._exit(0)
    os.close(writing)
    return process, reading


def lines_of(reading):
    with os.fdopen(reading, encoding="utf-8") as stream:
        return [line for line in stream.read().split("\n")[:-1] if line]


def kill(store):
    """A chat whose process is killed twenty times, at any moment."""
    rng, told = random.Random(7), []

    def talk(life):
        def work(pipe):
            agent = bot(store)
            for number in range(10**9):
                say(agent, "ann", f"life {life}, message {number}", pipe)

        return work

    for life in range(KILLS):
        process, reading = forked(talk(life))
        if life % 4:  # most in the middle of a chat, some while the store is being opened
            select.select([reading], [], [], 60)
        time.sleep(rng.random() * LONGEST)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        told += lines_of(reading)
    return told


def together(store):
    """Two processes in one conversation, and in one each of their own, at the same time."""

    def talk(name):
        def work(pipe):
            agent = bot(store)
            for number in range(EACH):
                say(agent, "both", f"{name} {number}", pipe)
                say(agent, f"only {name}", f"{name} {number}", pipe)

        return work

    made = [forked(talk(name)) for name in ("left", "right")]
    told = [lines_of(reading) for _, reading in made]
    for process, _ in made:
        os.waitpid(process, 0)
    return told


_BOT = None

if __name__ == "__main__":
    Database(sys.argv[2])  # connects to nothing, but imports the driver before processes part
    _BOT = kiosk(Scripted({(LISTEN, "hello"): "utter_hello", "utter_hello": LISTEN}))
    json.dump({"kill": kill, "together": together}[sys.argv[1]](sys.argv[2]), sys.stdout)
