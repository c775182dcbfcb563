"""Runs under Rasa 3.6 (Python 3.10): its default pipeline learns folds, understands the rest.

usage: rasa_36_understanding.py CONFIG FOLDS.json

FOLDS.json has for each fold `train`, a file of examples in Rasa's JSON format, and `test`, a list
of texts. The last line printed is `{"folds": [{"train_seconds", "seconds_each", "parsed"}]}`.
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from rasa.core.agent import Agent
from rasa.model_training import train_nlu


def entity(found):
    return {key: found[key] for key in ("entity", "start", "end", "role", "group") if key in found}


def understood(agent, text):
    parsed = asyncio.run(agent.parse_message(text))
    entities = [entity(found) for found in parsed["entities"]]
    return {
        "intent": parsed["intent"]["name"],
        "confidence": parsed["intent"]["confidence"],
        "ranking": [each["name"] for each in parsed.get("intent_ranking", [])[:2]],
        "entities": entities,
    }


def main(config, folds):
    parts = json.loads(Path(folds).read_text(encoding="utf-8"))
    results = []
    for part in parts:
        with tempfile.TemporaryDirectory() as out:
            start = time.perf_counter()
            model = train_nlu(config, part["train"], out)
            trained = time.perf_counter()
            agent = Agent.load(model)
            understood(agent, part["test"][0])
            ready = time.perf_counter()
            parsed = [understood(agent, text) for text in part["test"]]
            each = (time.perf_counter() - ready) / len(parsed)
        results.append({"train_seconds": trained - start, "seconds_each": each, "parsed": parsed})
    print(json.dumps({"folds": results}))


if __name__ == "__main__":
    main(*sys.argv[1:])
