"""How well plain words are understood: cross-validation over a bot's own examples."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from dialogue_nb.agent.interpreter import Interpreter
from dialogue_nb.agent.project import Project
from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.core.exceptions import AgentError, DiagnosedError
from dialogue_nb.core.showing import Showable
from dialogue_nb.evaluation.folds import fold_numbers
from dialogue_nb.evaluation.scores import Scores, score
from dialogue_nb.nlu.examples import NLUExamples, TrainingExample
from dialogue_nb.nlu.interpreter import NLUInterpreter
from dialogue_nb.nlu.reader import read_nlu
from dialogue_nb.stories.messages import RETRIEVAL_KEY

NOTHING: Final = "(nothing)"
Maker = Callable[[NLUExamples], Interpreter]


@dataclass(frozen=True)
class UnderstoodExample:
    """An example, and what an interpreter made of it that had learnt from others.

    Args:
        example: The example.
        predicted: The intent that was understood, "(nothing)" if none was.
        confidence: How sure that was.
        entities: The entities that were found.
        fold: In which part of the examples it was, counted from 0.
    """

    example: TrainingExample
    predicted: str
    confidence: float
    entities: tuple[Mapping[str, Any], ...]
    fold: int

    @property
    def is_right(self) -> bool:
        """Whether the intent is the example's."""
        return self.predicted == self.example.intent


@dataclass(frozen=True)
class NLUEvaluation(Showable):
    """How well examples are understood by what has learnt from the others.

    Args:
        understood: Every example that has an intent, in order.
        folds: Into how many parts the examples were cut.
        train_seconds: How long learning from all but one part took on average.
    """

    understood: tuple[UnderstoodExample, ...]
    folds: int
    train_seconds: float

    @cached_property
    def scores(self) -> Scores:
        """Accuracy, precision, recall and F1 of the intents, all together and each."""
        gold = [str(each.example.intent) for each in self.understood]
        return score(gold, [each.predicted for each in self.understood])

    @property
    def accuracy(self) -> float:
        """How many of the examples have the right intent, between 0 and 1."""
        return self.scores.accuracy

    @cached_property
    def errors(self) -> tuple[UnderstoodExample, ...]:
        """The examples whose intent was not understood, the surest mistakes first."""
        wrong = [each for each in self.understood if not each.is_right]
        return tuple(sorted(wrong, key=lambda each: -each.confidence))

    @property
    def report(self) -> Any:
        """A DataFrame: precision, recall, F1 and support of each intent."""
        import pandas as pd

        rows = [asdict(row) for row in self.scores.actions]
        table = pd.DataFrame(rows, columns=["action", "precision", "recall", "f1", "support"])
        return table.rename(columns={"action": "intent"}).set_index("intent")

    @property
    def confusion(self) -> Any:
        """A DataFrame: how often each intent (rows) was taken for each intent (columns)."""
        import pandas as pd

        gold = [str(each.example.intent) for each in self.understood]
        found = [each.predicted for each in self.understood]
        names = sorted({*gold, *found})
        table = pd.crosstab(
            pd.Series(gold, name="intent", dtype=object),
            pd.Series(found, name="understood as", dtype=object),
        )
        return table.reindex(index=names, columns=names, fill_value=0)

    @cached_property
    def entity_counts(self) -> dict[str, tuple[int, int, int]]:
        """For each type of entity how many were found right, found wrong, and missed.

        An entity is right if begin, end, type, role and group are.
        """
        counts: dict[str, list[int]] = {}
        for each in self.understood:
            wanted = {_place(entity) for entity in each.example.entities}
            found = {_place(entity) for entity in each.entities}
            for kind, places in enumerate((wanted & found, found - wanted, wanted - found)):
                for place in places:
                    counts.setdefault(place[2], [0, 0, 0])[kind] += 1
        return {name: (c[0], c[1], c[2]) for name, c in sorted(counts.items())}

    @property
    def entity_report(self) -> Any:
        """A DataFrame: precision, recall, F1 and support of each type of entity."""
        import pandas as pd

        rows = [
            {"entity": name, **_rates(*counts), "support": counts[0] + counts[2]}
            for name, counts in self.entity_counts.items()
        ]
        columns = ["entity", "precision", "recall", "f1", "support"]
        return pd.DataFrame(rows, columns=columns).set_index("entity")

    @property
    def entity_f1(self) -> float:
        """F1 of all entities together, 0.0 if there are none."""
        totals = [sum(counts[i] for counts in self.entity_counts.values()) for i in range(3)]
        return _rates(*totals)["f1"]

    def as_dict(self) -> dict[str, Any]:
        """The result as a JSON-ready dict."""
        return {
            "examples": len(self.understood),
            "folds": self.folds,
            "intents": asdict(self.scores),
            "entities": {
                name: {**_rates(*counts), "support": counts[0] + counts[2]}
                for name, counts in self.entity_counts.items()
            },
            "entity_f1": self.entity_f1,
            "train_seconds": self.train_seconds,
            "errors": [
                {
                    "text": each.example.text,
                    "intent": each.example.intent,
                    "predicted": each.predicted,
                    "confidence": each.confidence,
                }
                for each in self.errors
            ],
        }

    def __repr__(self) -> str:
        """The numbers in one line."""
        entities = f", entities F1 {self.entity_f1:.3f}" if self.entity_counts else ""
        return (
            f"<NLUEvaluation: {len(self.understood)} examples in {self.folds} folds, "
            f"intents {self.accuracy:.3f} right{entities}>"
        )


def evaluate_nlu(
    bot: Project | NLUExamples | str | Path | Sequence[str | Path],
    *,
    folds: int = 5,
    random_seed: int = 42,
    interpreter: Maker | None = None,
) -> NLUEvaluation:
    """Finds out how well a bot would understand what it has not heard before.

    The examples are cut into parts; each part is understood by an interpreter that has learnt from
    the others.

    Args:
        bot: The bot, its examples, or the files to read them from.
        folds: Into how many parts, from 2.
        random_seed: Decides which example goes into which part.
        interpreter: Makes an interpreter of examples; default an `NLUInterpreter` that never falls
            back.

    Returns:
        Numbers, tables and mistakes.

    Raises:
        AgentError: If there are fewer examples than parts.
        DiagnosedError: If the files cannot be read, or have errors.

    Example:
        >>> texts = {"greet": ["hello", "hello you", "oh hello"], "deny": ["no", "no no", "oh no"]}
        >>> data = NLUExamples(tuple(
        ...     TrainingExample(text, intent) for intent, said in texts.items() for text in said))
        >>> result = evaluate_nlu(data, folds=3)
        >>> result.accuracy, result.confusion.loc["deny", "greet"]
        (1.0, np.int64(0))
    """
    data = _examples_of(bot)
    usable = [example for example in data.examples if example.intent]
    if not 2 <= folds <= len(usable):
        raise AgentError(
            f"Expected 2 folds or more, and at least as many examples, got {folds} folds and "
            f"{len(usable)} examples with an intent."
        )
    make = interpreter or NLUInterpreter
    numbers = fold_numbers([str(example.intent) for example in usable], folds, random_seed)
    understood: dict[int, UnderstoodExample] = {}
    seconds = 0.0
    for fold in range(folds):
        learnt = [e for e, number in zip(usable, numbers, strict=True) if number != fold]
        more = [e for e in data.examples if not e.intent]
        started = time.perf_counter()
        made = make(replace(data, examples=(*learnt, *more)))
        if isinstance(made, NLUInterpreter):
            made.train()
        seconds += time.perf_counter() - started
        for i, example in enumerate(usable):
            if numbers[i] == fold:
                understood[i] = _understood(made, example, fold)
    in_order = tuple(understood[i] for i in range(len(usable)))
    return NLUEvaluation(in_order, folds, seconds / folds)


def _examples_of(bot: Project | NLUExamples | str | Path | Sequence[str | Path]) -> NLUExamples:
    if isinstance(bot, NLUExamples):
        return bot
    if isinstance(bot, Project):
        return bot.nlu
    data, found = read_nlu(bot)
    if errors_in(found):
        raise DiagnosedError(found)
    return data


def _understood(made: Interpreter, example: TrainingExample, fold: int) -> UnderstoodExample:
    parsed = made.parse(example.text)
    intent = parsed.get("intent") or {}
    predicted = intent.get("name")
    if predicted != example.intent:
        predicted = intent.get(RETRIEVAL_KEY) or predicted
    confidence = float(intent.get("confidence") or 0.0)
    entities = tuple(parsed.get("entities") or ())
    return UnderstoodExample(example, predicted or NOTHING, confidence, entities, fold)


def _place(entity: Mapping[str, Any]) -> tuple[int, int, str, str, str]:
    parts = (str(entity.get(key) or "") for key in ("entity", "role", "group"))
    kind, role, group = parts
    return int(entity.get("start") or 0), int(entity.get("end") or 0), kind, role, group


def _rates(right: int, wrong: int, missed: int) -> dict[str, float]:
    """Precision, recall and F1.

    Example:
        >>> _rates(3, 1, 3)
        {'precision': 0.75, 'recall': 0.5, 'f1': 0.6}
    """
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    both = precision + recall
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / both if both else 0.0,
    }
