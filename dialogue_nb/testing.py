"""Does a policy keep its contract? One call answers, for the built-in ones and for your own.

    from dialogue_nb.testing import check_policy
    check_policy(MyPolicy)              # a class that can be made without arguments
    check_policy(MyPolicy(depth=3))     # or an object, which is not changed

It trains and asks copies of the policy on a little bot and says in one error everything that is
wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted, SlotSet, UserUttered
from dialogue_nb.core.exceptions import DialogueError, NotTrainedError
from dialogue_nb.core.states import prediction_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.policy import Policy, parameter_names
from dialogue_nb.policies.prediction import PolicyPrediction
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.stories.training_data import TrainingTracker

TOLERANCE: Final = 1e-5
"""Two predictions are the same if no probability differs by more."""

SAMPLE_DOMAIN: Final = """
intents: [greet, order, thank]
entities: [flower]
slots:
  flower: {type: text, mappings: [{type: from_entity, entity: flower}]}
  gift: {type: bool, mappings: [{type: custom}]}
responses:
  utter_welcome: [{text: Good morning!}]
  utter_which_flower: [{text: Which flowers would you like?}]
  utter_price: [{text: That makes five euros.}]
  utter_bye: [{text: Enjoy your flowers!}]
"""

SAMPLE_STORIES: Final = """
## a bunch of tulips
* greet
  - utter_welcome
* order{"flower": "tulip"}
  - utter_price
* thank
  - utter_bye

## no idea yet
* order
  - utter_which_flower
* order{"flower": "rose"}
  - utter_price

## a present
* greet
  - utter_welcome
  - slot{"gift": true}
* order
  - utter_which_flower
"""


def sample_bot() -> tuple[Domain, list[TrainingTracker]]:
    """A little bot to try policies on: a flower shop.

    Returns:
        Its domain and its training dialogues.

    Example:
        >>> domain, trackers = sample_bot()
        >>> [tracker.name for tracker in trackers]
        ['a bunch of tulips', 'no idea yet', 'a present']
    """
    domain = Domain.from_yaml(SAMPLE_DOMAIN)
    stories, _ = parse_stories(SAMPLE_STORIES, format="markdown")
    return domain, list(generate(stories, domain))


def check_policy(
    policy: Policy | type[Policy],
    *,
    domain: Domain | None = None,
    trackers: Sequence[TrainingTracker] | None = None,
    other_process: bool = False,
) -> None:
    """Checks that a policy keeps the contract, on copies of it.

    The constructor only stores its parameters; `train` returns the policy, forgets what was learnt
    before and changes none of its arguments; the same training gives the same policy; an untrained
    one says so; there is one probability for each action, whatever is asked; asking changes
    nothing; a batch gives the same as one question at a time; what was saved and loaded answers as
    before.

    Args:
        policy: A policy, or a class that can be made without arguments.
        domain: The domain to try it on; default a flower shop.
        trackers: The dialogues to train it on; default those of the flower shop.
        other_process: Whether it is also loaded in another Python process, which takes a second or
            more; only for classes that can be imported there.

    Raises:
        AssertionError: If it breaks the contract; the message names every violation.

    Example:
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> check_policy(MemoizationPolicy(max_history=3))
        >>> class Greedy(Policy):
        ...     def predict_action_probabilities(self, tracker, domain):
        ...         return [2.0] * domain.num_actions
        >>> try:
        ...     check_policy(Greedy)
        ... except AssertionError as error:
        ...     print(str(error)[:98])
        Greedy breaks the contract of a policy:
        - Greedy must return 17 probabilities, one for each action
    """
    sample_domain, sample_trackers = sample_bot()
    policy = policy if isinstance(policy, Policy) else policy()
    trial = _Trial(
        policy,
        sample_domain if domain is None else domain,
        list(sample_trackers if trackers is None else trackers),
    )
    checks = [*CHECKS, _answers_the_same_in_another_process] if other_process else CHECKS
    found: list[str] = []
    for check in checks:
        try:
            found += check(trial)
        except DialogueError as error:
            found.append(str(error))
        except Exception as error:  # whatever a policy raises is a finding
            what = check.__name__.strip("_").replace("_", " ")
            found.append(f"It raised {type(error).__name__}: {error} (while checking: {what}).")
    if found:
        lines = "\n".join(f"- {line}" for line in dict.fromkeys(found))
        raise AssertionError(f"{policy.name} breaks the contract of a policy:\n{lines}")


class _Training(NamedTuple):
    """What training a policy did."""

    policy: Policy
    returned: Any
    left_its_arguments_alone: bool
    params_before: str


@dataclass
class _Trial:
    """A policy, and what it is tried on."""

    policy: Policy
    domain: Domain
    trackers: list[TrainingTracker]

    def copy(self) -> Policy:
        """An untrained policy with the same parameters; where none is given, with a seed."""
        params = self.policy.get_params()
        if "random_seed" in params and params["random_seed"] is None:
            params["random_seed"] = 7
        return type(self.policy)(**params)

    @cached_property
    def training(self) -> _Training:
        """What happens when a copy is trained."""
        made = self.copy()
        given = made.select(self.trackers)
        before = (list(given), [t.as_dict() for t in given], self.domain.fingerprint)
        params = repr(made.get_params())
        returned = made.train(given, self.domain)
        after = (given, [t.as_dict() for t in given], self.domain.fingerprint)
        return _Training(made, returned, before == after, params)

    @property
    def trained(self) -> Policy:
        """A trained copy."""
        return self.training.policy

    @cached_property
    def conversations(self) -> list[DialogueStateTracker]:
        """What is asked: before every action of the dialogues, nothing said yet, strange things."""
        asked = [DialogueStateTracker("nobody", self.domain.slots)]
        for tracker in self.trackers:
            whole = tracker.tracker()
            ends = [i for i, e in enumerate(whole.events) if isinstance(e, ActionExecuted)]
            asked += [whole.branch(i) for i in (*ends, len(whole.events))]
        strange = asked[-1].copy()
        strange.update(UserUttered("???", {"name": None, "confidence": 0.0}))
        strange.update_with_events(SlotSet(slot.name, None) for slot in self.domain.slots)
        return [*asked, strange]

    def answers(self, policy: Policy) -> npt.NDArray[np.float64]:
        """What the policy says to all conversations, (C, A)."""
        rows = [
            policy.predict(tracker, self.domain).probabilities for tracker in self.conversations
        ]
        return np.array(rows)  # (C, A)


def _stores_its_parameters(trial: _Trial) -> Iterator[str]:
    cls = type(trial.policy)
    for name in parameter_names(cls):
        if not hasattr(trial.policy, name):
            yield f"The constructor's parameter '{name}' is not stored as self.{name}."
            return
    copy = cls(**trial.policy.get_params())
    for name, value in trial.policy.get_params().items():
        if not _same(getattr(copy, name), value):
            yield (
                f"The constructor changes '{name}' ({value!r} became {getattr(copy, name)!r}); "
                f"it must only store it."
            )
    learnt = [key for key in vars(copy) if key.endswith("_") and not key.startswith("_")]
    if learnt:
        yield f"The constructor already sets {', '.join(learnt)}, which training should."
    if not isinstance(trial.policy.priority, int):
        yield f"The priority must be a whole number, got {trial.policy.priority!r}."


def _says_that_it_is_not_trained(trial: _Trial) -> Iterator[str]:
    if type(trial.policy).train is Policy.train:
        return
    try:
        trial.copy().predict(trial.conversations[-2], trial.domain)
    except NotTrainedError:
        return
    except Exception as error:  # any other error is reported
        what = f"{type(error).__name__}: {error}"
        yield f"Untrained, it must raise NotTrainedError, but raised {what}."
        return
    yield "Untrained, it must raise NotTrainedError when it is asked, but answered."


def _returns_itself_from_training(trial: _Trial) -> Iterator[str]:
    if trial.training.returned is not trial.trained:
        yield "train must return the policy itself (return self)."


def _leaves_its_arguments_alone_in_training(trial: _Trial) -> Iterator[str]:
    if not trial.training.left_its_arguments_alone:
        yield "train changes the dialogues or the domain that it is given."
    before, after = trial.training.params_before, repr(trial.trained.get_params())
    if before != after:
        yield f"train changes the parameters: {before} became {after}."


def _gives_one_probability_for_each_action(trial: _Trial) -> Iterator[str]:
    trial.answers(trial.trained)
    for tracker in trial.conversations[:2]:
        prediction = trial.trained.predict(tracker, trial.domain)
        try:
            json.dumps(prediction.as_dict())
        except (TypeError, ValueError) as error:
            yield f"The explanation is not ready for JSON: {error}."
            return


def _changes_nothing_when_it_is_asked(trial: _Trial) -> Iterator[str]:
    for tracker in trial.conversations:
        before = (tracker.copy(), tracker.current_slot_values())
        trial.trained.predict(tracker, trial.domain)
        if (tracker, tracker.current_slot_values()) != before:
            yield "Predicting changes the tracker; what is to be added belongs in the prediction."
            return


def _answers_the_same_when_it_is_asked_again(trial: _Trial) -> Iterator[str]:
    first = trial.answers(trial.trained)
    backwards = [trial.trained.predict(t, trial.domain) for t in reversed(trial.conversations)]
    if not _equal(first[::-1], np.array([p.probabilities for p in backwards])):
        yield "Asked the same again, it answers differently."


def _learns_the_same_again_and_forgets_the_past(trial: _Trial) -> Iterator[str]:
    made, known = trial.copy(), trial.answers(trial.trained)
    made.train(made.select(trial.trackers), trial.domain)
    if not _equal(trial.answers(made), known):
        yield "The same training gives another policy: randomness must come from random_seed alone."
        return
    made.train(made.select(trial.trackers[:1]), trial.domain)
    made.train(made.select(trial.trackers), trial.domain)
    if not _equal(trial.answers(made), known):
        yield "Trained twice, it answers differently than trained once: train must forget the past."


def _answers_the_same_in_batches(trial: _Trial) -> Iterator[str]:
    if not trial.trained.answers_in_batches:
        return
    states = [prediction_states(tracker, trial.domain) for tracker in trial.conversations]
    alone = trial.answers(trial.trained)
    batch = trial.trained.predict_batch(states, trial.domain)
    ones = [trial.trained.predict_batch([one], trial.domain)[0] for one in states]
    if not _equal(alone, batch):
        yield "predict_batch answers differently than predict."
    if not _equal(np.array(ones), batch):
        yield "predict_batch answers differently for one conversation than for many."
    made = trial.trained.predict_states(states, trial.domain)
    if not all(isinstance(p, PolicyPrediction) for p in made) or len(made) != len(states):
        yield "predict_states must give one PolicyPrediction for each conversation."


def _answers_the_same_after_loading(trial: _Trial) -> Iterator[str]:
    cls = type(trial.policy)
    with tempfile.TemporaryDirectory() as folder:
        trial.trained.persist(folder)
        loaded = cls.load(folder)
        if type(loaded) is not cls:
            yield f"load must return a {cls.__name__}, but returned a {type(loaded).__name__}."
            return
        if not _equal(trial.answers(loaded), trial.answers(trial.trained)):
            yield "Saved and loaded again, it answers differently."


def _answers_the_same_in_another_process(trial: _Trial) -> Iterator[str]:
    cls = type(trial.policy)
    states = [tracker.as_dict() for tracker in trial.conversations]
    with tempfile.TemporaryDirectory() as folder:
        trial.trained.persist(Path(folder) / "policy")
        task = {
            "module": cls.__module__,
            "name": cls.__qualname__,
            "domain": trial.domain.as_dict(),
            "trackers": states,
            "folder": str(Path(folder) / "policy"),
        }
        (Path(folder) / "task.json").write_text(json.dumps(task), encoding="utf-8")
        run = subprocess.run(
            [sys.executable, "-c", _IN_ANOTHER_PROCESS, str(Path(folder) / "task.json")],
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode:
        yield f"It cannot be loaded in another process: {run.stderr.strip().splitlines()[-1]}"
    elif not _equal(np.array(json.loads(run.stdout)), trial.answers(trial.trained)):
        yield "Loaded in another process, it answers differently."


_IN_ANOTHER_PROCESS: Final = """
import importlib, json, pathlib, sys
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.trackers import DialogueStateTracker
task = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
domain = Domain.from_dict(task["domain"])
policy = getattr(importlib.import_module(task["module"]), task["name"]).load(task["folder"])
trackers = [DialogueStateTracker.from_dict(t, domain.slots) for t in task["trackers"]]
print(json.dumps([policy.predict(t, domain).probabilities.tolist() for t in trackers]))
"""

CHECKS: Final[Sequence[Callable[[_Trial], Iterator[str]]]] = (
    _stores_its_parameters,
    _says_that_it_is_not_trained,
    _returns_itself_from_training,
    _leaves_its_arguments_alone_in_training,
    _gives_one_probability_for_each_action,
    _changes_nothing_when_it_is_asked,
    _answers_the_same_when_it_is_asked_again,
    _learns_the_same_again_and_forgets_the_past,
    _answers_the_same_in_batches,
    _answers_the_same_after_loading,
)


def _equal(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=0, atol=TOLERANCE))


def _same(one: Any, other: Any) -> bool:
    return one is other or bool(one == other)
