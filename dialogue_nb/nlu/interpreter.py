"""An interpreter that learns from examples: what is meant by a text, and what is named in it."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from dialogue_nb.core.diagnostics import Diagnostic, errors_in
from dialogue_nb.core.exceptions import DiagnosedError
from dialogue_nb.core.showing import Showable
from dialogue_nb.nlu.entities import EntityModel, labels_of
from dialogue_nb.nlu.entities import features_of as entity_features
from dialogue_nb.nlu.examples import NLUExamples, TrainingExample, base_intent, counted
from dialogue_nb.nlu.intents import IntentClassifier
from dialogue_nb.nlu.intents import features_of as intent_features
from dialogue_nb.nlu.matching import Match, Matcher
from dialogue_nb.nlu.model_file import read_models, write_models
from dialogue_nb.nlu.pipeline import FALLBACK_INTENT, Fallback
from dialogue_nb.nlu.reader import read_nlu
from dialogue_nb.nlu.tokens import Token, tokens_of
from dialogue_nb.stories.messages import RETRIEVAL_KEY

RANKED: Final = 10
"""So many intents are named in a ranking, as in Rasa."""
MAX_LEARNT: Final = 50_000
"""From so many examples is learnt at most."""
NO_CRF: Final = (
    "python-crfsuite is not installed: entities are found by lookup tables and regexes only."
)
_REMEMBERED: Final = 8
_KNOWN: Final[OrderedDict[str, Models]] = OrderedDict()
_KNOWN_LOCK: Final = threading.Lock()


@dataclass(frozen=True, eq=False)
class Models:
    """What was learnt from examples.

    Args:
        intents: Tells intents apart.
        entities: Finds entities; None where none are marked.
        matcher: Finds words of lookup tables and what fits a regex.
        left_out: The names of regexes that are not used because they take too long.
        doubted: The names of tables and regexes that find something else than the entity of that
            name, going by the examples; they only help to decide.
        diagnostics: What is to be said about the learning.
    """

    intents: IntentClassifier
    entities: EntityModel | None
    matcher: Matcher
    left_out: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


class NLUInterpreter(Showable):
    r"""Understands plain words, after the examples of a bot.

    It learns when it is trained, or else when it is first asked. What was learnt from the same
    examples before is not learnt again.

    Args:
        examples: The examples, synonyms, regexes and lookup tables, or the files to read them from.
        fallback: When a message counts as not understood (`nlu_fallback`); None: never.
        entities: Types of entities that lookup tables and regexes of the same name may find
            although no example has one marked; those of the domain. Where examples have what a
            table or regex finds, and most of it is not marked so, it is not believed.

    Raises:
        DiagnosedError: If the files cannot be read, or have errors.

    Example:
        >>> from dialogue_nb.nlu.reader import parse_nlu
        >>> data, _ = parse_nlu('''
        ... nlu:
        ... - intent: travel
        ...   examples: |
        ...     - to [Oslo](city)
        ...     - a train to [Rome](city) please
        ...     - I want to go to [Riga](city)
        ... - intent: deny
        ...   examples: |
        ...     - no
        ...     - not at all
        ...     - no way
        ... ''')
        >>> interpreter = NLUInterpreter(data).train()
        >>> parsed = interpreter.parse("please, a train to Bern")
        >>> parsed["intent"]["name"], parsed["entities"][0]["value"]
        ('travel', 'Bern')
        >>> [intent["name"] for intent in parsed["intent_ranking"]]
        ['travel', 'deny']
    """

    def __init__(
        self,
        examples: NLUExamples | str | Path | Sequence[str | Path],
        *,
        fallback: Fallback | None = None,
        entities: Iterable[str] = (),
    ) -> None:
        self.examples = examples if isinstance(examples, NLUExamples) else _read(examples)
        self.fallback = fallback
        self.entities = tuple(sorted({*self.examples.entities, *entities}))
        self._models: Models | None = None
        self._lock = threading.Lock()

    @property
    def is_trained(self) -> bool:
        """Whether it has learnt already."""
        return self._models is not None

    @property
    def diagnostics_(self) -> tuple[Diagnostic, ...]:
        """What is to be said about what it learnt: N400 a regex that takes too long is left out."""
        return self._ready().diagnostics

    def train(self) -> Self:
        """Learns from the examples; does nothing if it has."""
        self._ready()
        return self

    def learn(self, more: Iterable[TrainingExample]) -> Self:
        """Learns more examples, and all that there were before.

        Args:
            more: The new examples.
        """
        self.examples = self.examples.with_examples(more)
        self.entities = tuple(sorted({*self.examples.entities, *self.entities}))
        self._models = None
        return self.train()

    def parse(self, text: str) -> dict[str, Any]:
        """Understands one message.

        Args:
            text: The message as typed.

        Returns:
            Rasa's form of a parse result: `text`, `intent`, `entities`, `intent_ranking`; for a
            retrieval intent its whole name is beside the short one in
            `full_retrieval_intent_name`. In `notes`, if there are any, sentences about what could
            not be done.
        """
        models = self._ready()
        tokens = tokens_of(text)
        matches, slow = models.matcher.find(text, tokens)
        ranking = self._ranking(models.intents, tokens, matches) if tokens else []
        intent = dict(ranking[0]) if ranking else {"name": None, "confidence": 0.0}
        entities = self._entities(models, text, tokens, matches)
        result = {"text": text, "intent": intent, "entities": entities, "intent_ranking": ranking}
        notes = [f"The regex '{name}' took too long and was left out." for name in slow]
        return result | ({"notes": notes} if notes else {})

    def _ranking(
        self, classifier: IntentClassifier, tokens: Sequence[Token], matches: Sequence[Match]
    ) -> list[dict[str, Any]]:
        features = intent_features(tokens, _names(matches))
        likely: dict[str, float] = {}
        best: dict[str, tuple[float, str]] = {}
        for name, p in zip(classifier.intents, classifier.probabilities(features), strict=True):
            base = str(base_intent(name))
            likely[base] = likely.get(base, 0.0) + float(p)
            best[base] = max(best.get(base, (0.0, name)), (float(p), name))
        ranked = sorted(likely.items(), key=lambda pair: (-pair[1], pair[0]))
        ranking: list[dict[str, Any]] = [_intent(n, p, best[n][1]) for n, p in ranked[:RANKED]]
        fallback = self.fallback
        if fallback is not None and ranking and fallback.reason([p for _, p in ranked]):
            # the confidence is the threshold, as in Rasa
            ranking.insert(0, _intent(FALLBACK_INTENT, fallback.threshold))
        return ranking

    def _entities(
        self, models: Models, text: str, tokens: Sequence[Token], matches: Sequence[Match]
    ) -> list[dict[str, Any]]:
        found = models.entities.find(tokens, matches) if models.entities else []
        found = [entity | {"extractor": "crf"} for entity in found]
        for match in sorted(matches, key=lambda m: (m.start - m.end, m.start)):
            free = all(match.end <= e["start"] or e["end"] <= match.start for e in found)
            if free and match.name in self.entities and match.name not in models.doubted:
                place = {"start": match.start, "end": match.end, "entity": match.name}
                found.append(place | {"confidence_entity": 1.0, "extractor": match.kind})
        for entity in found:
            words = text[entity["start"] : entity["end"]]
            entity["value"] = self.examples.synonyms.get(words.casefold(), words)
        return sorted(found, key=lambda entity: int(entity["start"]))

    def _ready(self) -> Models:
        models = self._models
        if models is None:
            with self._lock:
                models = self._models = self._models or _learnt(self.examples)
        return models

    # --- keeping

    def persist(self, folder: str | Path) -> None:
        """Writes what it knows into a folder, as JSON and arrays.

        Args:
            folder: The folder; it must exist.
        """
        models = self._ready()
        more = {
            "entities": list(self.entities),
            "fallback": None if self.fallback is None else asdict(self.fallback),
            "left_out": list(models.left_out),
            "doubted": list(models.doubted),
        }
        write_models(Path(folder), models.intents, models.entities, self.examples, more)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Reads what `persist` wrote; nothing in it is executed.

        Args:
            folder: The folder.

        Raises:
            ModelError: If it is damaged.
        """
        intents, entities, examples, more = read_models(Path(folder))
        fallback = Fallback(**more["fallback"]) if more["fallback"] else None
        made = cls(examples, fallback=fallback, entities=more["entities"])
        unused, doubted = tuple(more["left_out"]), tuple(more["doubted"])
        matcher = matcher_of(examples, unused)
        made._models = Models(intents, entities, matcher, unused, doubted)
        return made

    def __repr__(self) -> str:
        """What it learns from."""
        state = "trained" if self.is_trained else "not trained"
        number = counted(len(self.examples.examples), "example")
        return f"<NLUInterpreter ({state}): {number} of {len(self.examples.intents)} intents>"


def _read(files: str | Path | Sequence[str | Path]) -> NLUExamples:
    examples, found = read_nlu(files)
    if errors_in(found):
        raise DiagnosedError(found)
    return examples


def _intent(name: str, confidence: float, full: str = "") -> dict[str, Any]:
    body: dict[str, Any] = {"name": name, "confidence": min(confidence, 1.0)}
    return body | ({RETRIEVAL_KEY: full} if full and full != name else {})


def _names(matches: Iterable[Match]) -> list[str]:
    return sorted({match.name for match in matches})


def _learnt(examples: NLUExamples) -> Models:
    """What these examples teach; remembered for the next who asks."""
    key = examples.fingerprint
    with _KNOWN_LOCK:
        known = _KNOWN.get(key)
        if known is not None:
            _KNOWN.move_to_end(key)
            return known
    models = _trained(examples)
    with _KNOWN_LOCK:
        _KNOWN[key] = models
        while len(_KNOWN) > _REMEMBERED:
            _KNOWN.popitem(last=False)
    return models


def _trained(examples: NLUExamples) -> Models:
    matcher, left_out = matcher_of(examples), list[str]()
    chosen = [e for e in examples.examples[:MAX_LEARNT] if e.text.strip()]
    seen: list[tuple[list[Token], list[Match]]] = []
    for example in chosen:
        tokens = tokens_of(example.text)
        matches, slow = matcher.find(example.text, tokens)
        if slow:
            left_out += slow
            matcher = matcher_of(examples, left_out)
        seen.append((tokens, matches))
    meant = [
        (intent_features(tokens, _names(matches)), example.intent)
        for example, (tokens, matches) in zip(chosen, seen, strict=True)
        if example.intent
    ]
    intents = IntentClassifier.trained([f for f, _ in meant], [str(name) for _, name in meant])
    marked = [
        (entity_features(tokens, matches), labels_of(tokens, example.entities))
        for example, (tokens, matches) in zip(chosen, seen, strict=True)
    ]
    unused = tuple(dict.fromkeys(left_out))
    found = [_left_out(name, examples) for name in unused]
    entities = None
    try:
        entities = EntityModel.trained(marked) if examples.entities else None
    except ImportError:
        found.append(Diagnostic("N401", "warning", NO_CRF, hint="pip install python-crfsuite"))
    doubted = _doubted(zip(chosen, (matches for _, matches in seen), strict=True))
    return Models(intents, entities, matcher, unused, doubted, tuple(found))


def _doubted(found: Iterable[tuple[TrainingExample, list[Match]]]) -> tuple[str, ...]:
    """The tables and regexes whose finds are marked as that entity less often than not."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for example, matches in found:
        marked = {(e["start"], e["end"], e["entity"]) for e in example.entities}
        for match in matches:
            is_marked = (match.start, match.end, match.name) in marked
            (right if is_marked else wrong)[match.name] += 1
    return tuple(sorted(name for name in wrong if wrong[name] > right[name]))


def matcher_of(examples: NLUExamples, left_out: Iterable[str] = ()) -> Matcher:
    """What looks for the words and patterns of examples.

    Args:
        examples: The examples.
        left_out: The names of regexes that are not looked for.
    """
    unwanted = set(left_out)
    regexes = [(name, pattern) for name, pattern in examples.regexes if name not in unwanted]
    return Matcher(examples.lookups, regexes)


def _left_out(name: str, examples: NLUExamples) -> Diagnostic:
    file, line = examples.places.get(f"regex:{name}", (None, None))
    message = f"The regex '{name}' is not used: looking for it takes too long."
    hint = "Write it without a repetition inside of another one."
    return Diagnostic("N400", "warning", message, file, line, hint=hint)
