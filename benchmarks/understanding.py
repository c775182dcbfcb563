"""Row: understanding plain words. Intents right in five-fold cross-validation, and learning time.

The examples are those of six public bots; each fold is learnt and understood by both sides.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measure import CONFIGS, OURS, RASA, ROOT, WORKERS, Measurement, rasa, run, show

from dialogue_nb.evaluation.folds import fold_numbers
from dialogue_nb.evaluation.understanding import evaluate_nlu
from dialogue_nb.nlu.examples import NLUExamples
from dialogue_nb.nlu.reader import read_nlu

ROW = "understanding"
FOLDS = 5
SETS = {
    "moodbot": "rasa-3.6-repo/examples/moodbot/data/nlu.yml",
    "formbot": "rasa-3.6-repo/examples/formbot/data/nlu.yml",
    "concertbot": "rasa-3.6-repo/examples/concertbot/data/nlu.yml",
    "financial": "financial-demo-3x/data/nlu",
    "f1-stats": "f1-stats/data/nlu",
    "helpdesk": "helpdesk-assistant-3x/data/nlu.yml",
}


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """Cross-validates on every set that is here; quick: only on the two smallest."""
    made = []
    for name, data in sets(quick=quick).items():
        case = f"{name}, {len(data.examples)} examples"
        evaluate_nlu(data, folds=2)  # what loading scikit-learn takes is no part of a fold
        result = evaluate_nlu(data, folds=FOLDS)
        detail = {"accuracy": round(result.accuracy, 3), "entity_f1": round(result.entity_f1, 3)}
        made.append(Measurement(ROW, case, OURS, result.train_seconds, None, detail))
        if python := rasa("RASA_36_PYTHON"):
            made.append(_rasa(python, workdir, case, data))
    return made


def sets(*, quick: bool) -> dict[str, NLUExamples]:
    """The examples of each bot that is here."""
    place = os.environ.get("DIALOGUE_NB_CONFORMANCE") or ROOT.parent / "shared" / "conformance"
    chosen = ("moodbot", "concertbot") if quick else tuple(SETS)
    found = {}
    for name in chosen:
        path = Path(place) / "data" / SETS[name]
        files = sorted(path.glob("*.yml")) if path.is_dir() else [path]
        if path.exists():
            found[name] = read_nlu(files)[0]
    return found


def _rasa(python: str, workdir: Path, case: str, data: NLUExamples) -> Measurement:
    """Rasa's default pipeline (DIET, 100 epochs) on the same folds."""
    numbers = fold_numbers([str(e.intent) for e in data.examples], FOLDS)
    parts = []
    for fold in range(FOLDS):
        file = workdir / f"{fold}.json"
        learnt = [e for e, n in zip(data.examples, numbers, strict=True) if n != fold]
        file.write_text(json.dumps(_as_rasa_json(data, learnt)), encoding="utf-8")
        held = [e.text for e, n in zip(data.examples, numbers, strict=True) if n == fold]
        parts.append({"train": str(file), "test": held})
    folds = workdir / "folds.json"
    folds.write_text(json.dumps(parts), encoding="utf-8")
    worker = WORKERS / "rasa_36_understanding.py"
    results = run([python, worker, CONFIGS / "understanding.yml", folds]).report()["folds"]
    seconds = sum(part["train_seconds"] for part in results) / FOLDS
    return Measurement(ROW, case, RASA["RASA_36_PYTHON"], seconds, None, scores(data, results))


def scores(data: NLUExamples, results: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Accuracy of intents and F1 of entities from what Rasa has understood, fold by fold.

    Where Rasa fell back, the intent that it thought best counts, as ours never falls back here.
    """
    numbers = fold_numbers([str(e.intent) for e in data.examples], FOLDS)
    right = hits = found = wanted = 0
    for fold, part in enumerate(results):
        held = [e for e, n in zip(data.examples, numbers, strict=True) if n == fold]
        for example, parsed in zip(held, part["parsed"], strict=True):
            ranking = [name for name in parsed["ranking"] if name != "nlu_fallback"]
            right += (ranking or [parsed["intent"]])[0] == example.base_intent
            gold = {_place(entity) for entity in example.entities}
            predicted = {_place(entity) for entity in parsed["entities"]}
            hits += len(gold & predicted)
            found += len(predicted)
            wanted += len(gold)
    f1 = 2 * hits / (found + wanted) if found + wanted else 0.0
    return {"accuracy": round(right / len(data.examples), 3), "entity_f1": round(f1, 3)}


def _place(entity: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(entity.get(key) for key in ("start", "end", "entity", "role", "group"))


def _as_rasa_json(data: NLUExamples, examples: Sequence[Any]) -> dict[str, Any]:
    return {
        "rasa_nlu_data": {
            "common_examples": [
                {"text": e.text, "intent": e.intent, "entities": [dict(m) for m in e.entities]}
                for e in examples
            ],
            "entity_synonyms": [
                {"value": value, "synonyms": [words]} for words, value in data.synonyms.items()
            ],
            "regex_features": [{"name": n, "pattern": p} for n, p in data.regexes],
            "lookup_tables": [
                {"name": name, "elements": list(words)} for name, words in data.lookups.items()
            ],
        }
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        show(measure(Path(folder)))
