"""Training in the background: the notebook stays free, and a stop keeps what was learnt.

A worker thread trains copies of the agent's policies. After every epoch, and when a policy is done,
the agent takes over what the copy knows. A second thread ends the run, so that a stop need not wait
for what nobody can interrupt (compiling, a long epoch): the run is over, and what the worker still
brings is not used. A third one tells whoever listens how far it is, at most ten times a second.
"""

from __future__ import annotations

import atexit
import copy
import inspect
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, Final, Literal, Self

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.core.listeners import listen
from dialogue_nb.featurizers.tracker_featurizers import Tracker
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.policy import Policy

State = Literal["waiting", "running", "finished", "stopped", "failed"]
Data = Sequence[Tracker] | Callable[[], Sequence[Tracker]]
Point = dict[str, Any]
Listener = Callable[["TrainingRun"], Any]

SECONDS_BETWEEN: Final = 0.1
"""How long listeners hear nothing new at least."""
PATIENCE: Final = 0.5
"""How long a stop waits for the end of an epoch before the worker is left to itself, in seconds."""
DIALOGUES: Final = "dialogues"
"""The stage in which the training dialogues are made."""
MEASURES: Final = ("loss", "accuracy", "val_loss", "val_accuracy")

# One training at a time: they would share the processor, and Keras' source of random numbers.
_TURN: Final = threading.Lock()
_GOING_ON: Final[weakref.WeakSet[TrainingRun]] = weakref.WeakSet()


class TrainingRun:
    """One training of an agent, on threads of its own.

    While it goes on the agent answers with what it knew before, and with each finished epoch of a
    network with that. If a policy raises, the agent knows again what it knew before the run.

    Args:
        agent: The agent.
        data: Training dialogues, or a function that makes them, which then runs on the thread too.
        settings: Parameters for some of the policies, `{place in the ensemble: {name: value}}`.
        about: What else makes this run differ from others, by name, to be shown with it.
        **options: As for `Agent.train`: `epochs`, `batch_size`, `validation_split`, `callbacks`.

    Attributes:
        state: "waiting", "running", "finished", "stopped" or "failed".
        stage: What is going on: "dialogues", or the name of a policy.
        names: The names of the policies; a second one of the same name has a number.
        curves: For each of them a list with the results of each epoch, from 1: `epoch`, `loss`,
            `accuracy`, `val_loss`, `val_accuracy`; None where that was not measured.
        epochs: For each of them how many epochs it is to go through, None if nobody knows.
        outcomes: For each of them a few words about what it has learnt, once it has.
        error: What went wrong, None if nothing did.

    Example:
        >>> from dialogue_nb import bots
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> project = bots.load("moodbot")
        >>> agent = project.agent([MemoizationPolicy()])
        >>> with TrainingRun(agent, lambda: agent.load_data(project.stories)) as run:
        ...     print("The cell could go on here.")
        The cell could go on here.
        >>> run.state, agent.predict_next().action
        ('finished', 'action_listen')
    """

    def __init__(
        self,
        agent: Agent,
        data: Data,
        *,
        settings: Mapping[int, Mapping[str, Any]] | None = None,
        about: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.agent = agent
        self.data: Data | None = data
        self.settings = {place: dict(values) for place, values in (settings or {}).items()}
        self.about = dict(about or {})
        self.options = options
        self.state: State = "waiting"
        self.stage = ""
        self.names = _unique([policy.name for policy in agent.policies])
        self.curves: dict[str, list[Point]] = {name: [] for name in self.names}
        self.epochs: dict[str, int | None] = dict.fromkeys(self.names)
        self.outcomes: dict[str, str] = {}
        self.error: BaseException | None = None
        self._lock = threading.RLock()
        self._stop, self._worked, self._ended = (threading.Event() for _ in range(3))
        self._listeners: list[Listener] = []
        self._knowing: set[int] = set()
        self._before: list[dict[str, Any]] = []
        self._was_trained = False
        self._began = self._end_time = self._first_epoch = 0.0
        self._problem: BaseException | None = None
        self._held = ExitStack()

    # --- what people do ---------------------------------------------------------------------------

    def start(self) -> Self:
        """Begins, and returns at once.

        Raises:
            AgentError: If the run was started before, or the agent is being trained already.
        """
        if self._began:
            raise AgentError("This run was started before. Make a new TrainingRun.")
        self._held.enter_context(self.agent.training())
        self._began = time.monotonic()
        self._was_trained = self.agent.is_trained
        self._before = [dict(vars(policy)) for policy in self.agent.policies]
        _GOING_ON.add(self)
        for work in (self._work, self._watch, self._report):
            threading.Thread(target=work, name=f"dialogue_nb {work.__name__}", daemon=True).start()
        return self

    def stop(self) -> None:
        """Ends the run within a second; what was learnt is kept. Does nothing but set an event."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> State:
        """Waits until the run is over. An interrupt (Ctrl-C, the notebook's button) stops it.

        Args:
            timeout: How many seconds to wait at most; None: as long as it takes.

        Returns:
            The state then.
        """
        if not self._began:
            raise AgentError("The run was not started yet: call start() first.")
        try:
            self._ended.wait(timeout)
        except KeyboardInterrupt:
            self.stop()
            self._ended.wait()
        return self.state

    def on_change(self, callback: Listener) -> Callable[[], None]:
        """Has a function called with the run whenever there is news, at most ten times a second.

        It is called on a thread of the run, always on the same one, and once more after the end.

        Args:
            callback: The function.

        Returns:
            What ends that.
        """
        return listen(self._listeners, callback)

    def __enter__(self) -> Self:
        """Starts."""
        return self.start()

    def __exit__(self, kind: Any, problem: BaseException | None, traceback: Any) -> None:
        """Waits; stops first if there was an error. Raises what went wrong in the run."""
        if problem is not None:
            self.stop()
        self.wait()
        if self.error is not None and problem is None:
            raise self.error

    # --- how far it is ----------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._ended.is_set()

    @property
    def is_going_on(self) -> bool:
        """Whether it was started and has not ended yet."""
        return bool(self._began) and not self.is_over

    @property
    def is_stopping(self) -> bool:
        """Whether somebody has asked it to stop and it has not ended yet."""
        return self._stop.is_set() and not self.is_over

    @property
    def seconds(self) -> float:
        """How long it has been going on, or took."""
        if not self._began:
            return 0.0
        return (self._end_time or time.monotonic()) - self._began

    @property
    def seconds_left(self) -> float | None:
        """How long the policy that is learning now will still take; None if nobody can tell yet."""
        with self._lock:
            points, total = self.curves.get(self.stage, []), self.epochs.get(self.stage)
            if self.is_over or total is None or len(points) < 2:
                return None
            each = (time.monotonic() - self._first_epoch) / (len(points) - 1)
            return max(0.0, each * (total - len(points)))

    def __repr__(self) -> str:
        return f"<TrainingRun ({self.state}): {', '.join(self.names)}; {self.seconds:.1f} s>"

    # --- the worker -------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            if self._takes_turn():
                try:
                    self._learn()
                finally:
                    _TURN.release()
        except BaseException as problem:  # whatever a policy raises is told, not lost
            self._problem = problem
        finally:
            self._worked.set()

    def _takes_turn(self) -> bool:
        while not _TURN.acquire(timeout=SECONDS_BETWEEN):
            if self._stop.is_set():
                return False
        return True

    def _learn(self) -> None:
        self.state, self.stage = "running", DIALOGUES
        made = self.data() if callable(self.data) else self.data
        self.agent.train_interpreter()
        data: Sequence[Tracker] = made or ()
        for place, policy in enumerate(self.agent.policies):
            learner = copy.copy(policy)
            for name, value in self.settings.get(place, {}).items():
                setattr(learner, name, value)
            if self._stop.is_set() and _can_stop(learner):
                continue
            self.stage = self.names[place]
            hook = partial(self._end_epoch, place, learner)
            alone = PolicyEnsemble([learner])
            domain, options = self.agent.domain, self.options
            alone.train(data, domain, on_epoch_end=hook, stop=self._stop, **options)
            self._take_over(place, learner)

    def _end_epoch(
        self, place: int, learner: Policy, epoch: int, results: Mapping[str, float]
    ) -> None:
        name = self.names[place]
        measured = {key: results.get(key) for key in MEASURES}
        with self._lock:
            if self.is_over:
                return
            if not self.curves[name]:
                self._first_epoch = time.monotonic()
            self.epochs[name] = getattr(learner, "epochs_", None)
            self.curves[name].append({"epoch": epoch + 1} | measured)
            self._take_over(place, learner)

    def _take_over(self, place: int, learner: Policy) -> None:
        """From now on the agent's policy knows what the one that is learning knows."""
        with self._lock:
            if self.is_over:
                return
            with self.agent.ensemble.lock:
                vars(self.agent.policies[place]).update(vars(learner))
            self._knowing.add(place)
            self.outcomes[self.names[place]] = outcome(learner)
            if len(self._knowing) == len(self.names):
                self.agent.is_trained = True

    # --- the watcher ------------------------------------------------------------------------------

    def _watch(self) -> None:
        asked: float | None = None  # when somebody asked it to stop
        while not self._worked.wait(SECONDS_BETWEEN):
            now = time.monotonic()
            asked = asked or (now if self._stop.is_set() else None)
            if asked is not None and now - asked >= PATIENCE:
                break
        with self._lock:
            self._finish()
            self._ended.set()

    def _report(self) -> None:
        """Tells the listeners; on a thread of its own, so that a slow one delays no stop."""
        last: Any = None
        while not self._ended.wait(SECONDS_BETWEEN):
            news = self.state, self.stage, self.is_stopping, sum(map(len, self.curves.values()))
            if news != last:
                last = news
                self._tell()
        self._tell()
        self._listeners.clear()

    def _finish(self) -> None:
        self._end_time = time.monotonic()
        try:
            if self._problem is not None:
                self._restore()
                self.state, self.error = "failed", self._problem
            elif self._worked.is_set() and not self._was_cut():
                self.state, self.agent.is_trained = "finished", True
            else:
                self.state = "stopped"
                self._let_the_rest_be_silent()
        finally:
            self.data = None  # thousands of dialogues nobody needs any more
            self._before = []
            self._held.close()
            _GOING_ON.discard(self)

    def _was_cut(self) -> bool:
        """Whether a policy has learnt less than it was to learn."""
        some = (getattr(policy, "stopped_", False) for policy in self.agent.policies)
        return len(self._knowing) < len(self.names) or (self._stop.is_set() and any(some))

    def _restore(self) -> None:
        with self.agent.ensemble.lock:
            for policy, before in zip(self.agent.policies, self._before, strict=True):
                vars(policy).clear()
                vars(policy).update(before)
        self.agent.is_trained = self._was_trained

    def _let_the_rest_be_silent(self) -> None:
        """Policies that know nothing at all get no opinion, so that those that do can answer."""
        if self._was_trained or not self._knowing:
            return
        for place, policy in enumerate(self.agent.policies):
            if place not in self._knowing:
                learner = copy.copy(policy)
                try:
                    learner.train([], self.agent.domain)
                except Exception as problem:  # a policy that cannot learn nothing
                    self.outcomes[self.names[place]] = f"has learnt nothing ({problem})"
                    return
                self._take_over(place, learner)
                self.outcomes[self.names[place]] = "stopped before its first epoch: no opinion"

    def _tell(self) -> None:
        for listener in list(self._listeners):
            try:
                listener(self)
            except Exception as problem:
                # one listener's mistake must not end the others' news, nor be lost
                self._listeners.remove(listener)
                told = type(problem), problem, problem.__traceback__, threading.current_thread()
                threading.excepthook(threading.ExceptHookArgs(told))


def outcome(policy: Policy) -> str:
    """What a policy has learnt, in a few words; "" if it does not tell.

    Args:
        policy: The policy, trained.
    """
    memory = getattr(policy, "memory_", None)
    if memory is not None:
        conflicts = len(memory.conflicts)
        more = f", {conflicts} conflict{'s' * (conflicts != 1)}" if conflicts else ""
        return f"{len(memory)} window{'s' * (len(memory) != 1)} memorised{more}"
    if (lookup := getattr(policy, "lookup_", None)) is not None:
        return f"{len(lookup.rules)} turn{'s' * (len(lookup.rules) != 1)} learnt from rules"
    if hasattr(policy, "network_") and policy.network_ is None:
        return "no dialogues to learn from: no opinion"
    score = getattr(policy, "score_", None)
    return f"score {score:.2f} in cross-validation" if score is not None else ""


def _can_stop(policy: Policy) -> bool:
    """Whether the training of a policy can be stopped, which is said of those that take long."""
    return "stop" in inspect.signature(policy.train).parameters


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names, with numbers where one comes again."""
    before = [names[:i].count(name) for i, name in enumerate(names)]
    return tuple(f"{n} {i + 1}" if i else n for n, i in zip(names, before, strict=True))


@atexit.register
def _stop_all() -> None:
    """A process that ends does not cut a computation in two, which would crash it."""
    for run in list(_GOING_ON):
        run.stop()
    for run in list(_GOING_ON):
        run.wait(2 * PATIENCE)
