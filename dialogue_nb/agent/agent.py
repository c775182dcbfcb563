"""The agent: a domain, policies, and the conversations they have."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from dialogue_nb.agent.actions import Action, as_action, as_actions
from dialogue_nb.agent.default_actions import check_action_name
from dialogue_nb.agent.ingredients import (
    Resource,
    ensemble_of,
    training_dialogues,
)
from dialogue_nb.agent.interpreter import Interpreter, RegexInterpreter
from dialogue_nb.agent.live_trackers import LiveTrackers, StorePlace, open_store
from dialogue_nb.agent.persistence import load_model, save_model
from dialogue_nb.agent.processor import MessageProcessor
from dialogue_nb.agent.progress import EpochHook, Progress, epoch_hook
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.core.showing import Showable
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.tracker_featurizers import Tracker
from dialogue_nb.nlu.interpreter import NLUInterpreter
from dialogue_nb.policies.decision import Decision
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.training_data import TrainingData

DEFAULT_DOMAIN = "domain.yml"

F = TypeVar("F", bound=Callable[..., Any])


class Agent(Showable):
    """A bot: learns from stories, talks, and says why it does what it does.

    Args:
        domain: A `Domain`, or the file, files or folder to read it from.
        policies: A list of policies, or the path of a config file; default
            `[MemoizationPolicy(), KerasPolicy()]`.
        interpreter: Understands plain words, an `NLUInterpreter` for example; default nothing does.
            Messages like `/intent{"entity": "value"}` are always read.
        actions: The bot's own actions: `{name: function or Action}`, or a list of Actions.
        random_seed: A number from 0. Decides what augmentation glues, which variation of a
            response is said, and how the default policies start; the same number makes a run
            repeat.
        tracker_store: Where conversations are kept: a file name, an address of a database
            (`postgresql://...`), a `TrackerStore`, or the `tracker_store` of another agent, to
            share its store. Default None: in memory, until the program ends.

    Raises:
        DomainError: If the domain cannot be used.
        PolicyConfigError: If the config file cannot be used.
        TrackerStoreError: If the store cannot be used; a damaged file is moved aside.

    Attributes:
        diagnostics: What is to be said about the policies: left out, missing, without effect.

    Example:
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> agent = Agent(Domain.from_yaml('''
        ... intents: [greet]
        ... responses: {utter_greet: [{text: Hello!}]}
        ... '''), policies=[MemoizationPolicy()])
        >>> stories = '''
        ... ## hello
        ... * greet
        ...   - utter_greet
        ... '''
        >>> agent = agent.train(agent.load_data(parse_stories(stories)[0]))
        >>> [message["text"] for message in agent.handle_text("/greet")]
        ['Hello!']
    """

    def __init__(
        self,
        domain: Domain | str | Path | Sequence[str | Path] | None = None,
        policies: Sequence[Policy] | PolicyEnsemble | str | Path | None = None,
        interpreter: Interpreter | None = None,
        actions: Mapping[str, Any] | Iterable[Any] = (),
        *,
        random_seed: int = 42,
        tracker_store: StorePlace = None,
    ) -> None:
        chosen = DEFAULT_DOMAIN if domain is None else domain
        self.domain = chosen if isinstance(chosen, Domain) else Domain.load(chosen)
        self.random_seed = random_seed
        self.ensemble, self.diagnostics = ensemble_of(policies, random_seed, self.domain)
        self.interpreter: Interpreter = interpreter or RegexInterpreter()
        self.actions: dict[str, Action] = as_actions(actions)
        self.is_trained = False
        self._training = threading.Lock()
        parts = (self.domain, self.ensemble, self.interpreter, self.actions)
        store = open_store(tracker_store)
        self.processor = MessageProcessor(*parts, random_seed=random_seed, store=store)

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies, in order."""
        return tuple(self.ensemble.policies)

    @property
    def tracker_store(self) -> LiveTrackers:
        """All conversations, by sender; `.conversations("words")` lists and finds them."""
        return self.processor.trackers

    # --- learning

    def load_data(
        self,
        resource: Resource,
        *,
        remove_duplicates: bool = True,
        unique_last_num_states: int | None = None,
        augmentation_factor: int = 20,
        use_story_concatenation: bool = True,
        exclusion_percentage: float = 0,
        progress: Progress | None = None,
    ) -> TrainingData:
        """Makes training dialogues of stories and rules.

        Args:
            resource: A file, a folder, several of them, or stories that are already read.
            remove_duplicates: Whether dialogues with equal states are kept once only.
            unique_last_num_states: At checkpoints, go on with one dialogue for each sequence of
                this many last states; 0: of all states; default the longest `max_history` of
                the policies if all have one.
            augmentation_factor: How much to glue stories together; 0 for not at all.
            use_story_concatenation: False makes no augmentation, whatever the factor.
            exclusion_percentage: How many of the stories to leave out, 0 to 100.
            progress: Shows that it is going on; default a line of text.

        Returns:
            The dialogues; their `diagnostics` are the warnings about the stories.

        Raises:
            StoryError: If stories cannot be read, or name what the domain does not have; with
                all errors.
            GenerationBudgetError: If the stories make too many dialogues.
        """
        progress = progress or Progress()
        progress.begin("Training dialogues")
        try:
            return training_dialogues(
                resource,
                self.domain,
                self.policies,
                remove_duplicates=remove_duplicates,
                unique_last_num_states=unique_last_num_states,
                augmentation_factor=augmentation_factor,
                use_story_concatenation=use_story_concatenation,
                exclusion_percentage=exclusion_percentage,
                random_seed=self.random_seed,
            )
        finally:
            progress.end()

    def train(
        self,
        training_trackers: Sequence[Tracker],
        *,
        progress: Progress | None = None,
        on_epoch_end: EpochHook | None = None,
        **options: Any,
    ) -> Self:
        """Trains all policies, forgetting what they knew; shows how far it is.

        Interrupting it (Ctrl-C, the stop button) keeps what was learnt so far: a network that has
        finished an epoch stays as it was after that epoch, and the policies after it are trained.

        Args:
            training_trackers: What `load_data` made.
            progress: Shows how far it is; default a line of text in terminals and notebooks.
            on_epoch_end: Called after every epoch with its number, from 0, and its results by name.
            **options: Passed on to every policy whose `train` has such a parameter: `epochs`,
                `batch_size`, `validation_split`, `callbacks`, `stop`.

        Returns:
            The agent itself.

        Raises:
            AgentError: If something else than training dialogues is given, or the agent is being
                trained already.
            KeyboardInterrupt: If it was interrupted before a network had finished an epoch; the
                agent then has to be trained again.
        """
        if isinstance(training_trackers, (str, Path)):
            raise AgentError(
                f"Expected training dialogues, got the text '{training_trackers}'. Read the "
                "stories first: agent.train(agent.load_data(...))."
            )
        progress = progress or Progress()
        with self.training():
            self.is_trained = False
            try:
                for policy in self.policies:
                    progress.begin(policy.name)
                    hook = epoch_hook(policy, progress, on_epoch_end)
                    alone = PolicyEnsemble([policy])
                    alone.train(training_trackers, self.domain, on_epoch_end=hook, **options)
                self.train_interpreter(progress)
            finally:
                progress.end()
            self.is_trained = True
        return self

    def train_interpreter(self, progress: Progress | None = None) -> None:
        """Has the interpreter learn, if it is one that does and has not; `train` does this too."""
        if isinstance(self.interpreter, NLUInterpreter) and not self.interpreter.is_trained:
            if progress is not None:
                progress.begin("Understanding")
            self.interpreter.train()

    @contextmanager
    def training(self) -> Iterator[None]:
        """While this lasts, nobody else may train the agent.

        Raises:
            AgentError: If it is being trained already.
        """
        if not self._training.acquire(blocking=False):
            raise AgentError(
                "The agent is being trained already. Wait until that is over, or stop it first."
            )
        try:
            yield
        finally:
            self._training.release()

    def check_trained(self) -> None:
        """Raises if the agent was not trained.

        Raises:
            AgentError: It says what to do.
        """
        if not self.is_trained:
            raise AgentError(
                "The agent is not trained yet: agent.train(agent.load_data('data/stories.md')), or "
                "Agent.load(...) a model."
            )

    # --- talking

    def handle_text(
        self, text: str | Mapping[str, Any], sender_id: str = "default"
    ) -> list[dict[str, Any]]:
        """Answers a message.

        Args:
            text: What the user typed, or `{"text": ..., "parse_data": ...}` when it is already
                understood.
            sender_id: Whose message it is.

        Returns:
            The bot's messages: `{"recipient_id", "text"}`, with `buttons`, `image` and so on where
            there are any.

        Raises:
            AgentError: If the agent was not trained.
        """
        return self._ready().handle_message(text, sender_id)

    def log_message(
        self, text: str | Mapping[str, Any], sender_id: str = "default"
    ) -> DialogueStateTracker:
        """Adds a message to the conversation without answering it."""
        return self._ready().log_message(text, sender_id)

    def predict_next(self, sender_id: str = "default") -> Decision:
        """What the bot would do next and why; the conversation is not changed."""
        return self._ready().predict_next(sender_id)

    def execute_action(
        self,
        sender_id: str,
        action: str,
        policy: str | None = None,
        confidence: float | None = None,
    ) -> list[dict[str, Any]]:
        """Runs an action whatever the policies think; see `MessageProcessor.execute_action`."""
        return self._ready().execute_action(sender_id, action, policy, confidence)

    def tracker(self, sender_id: str = "default") -> DialogueStateTracker:
        """The conversation with that person; a new one begins empty."""
        return self.processor.tracker(sender_id)

    def action(self, name: str) -> Callable[[F], F]:
        """Registers a function or an Action class as an action of the bot.

        Args:
            name: The action's name in the domain.

        Raises:
            UnknownNameError: If neither the domain nor its forms have such an action.

        Example:
            >>> agent = Agent(Domain.from_yaml("actions: [action_roll]"), [])
            >>> @agent.action("action_roll")
            ... def roll(tracker, domain):
            ...     return "A four!"
            >>> sorted(agent.actions)
            ['action_roll']
        """
        check_action_name(name, self.domain)

        def register(thing: F) -> F:
            self.actions[name] = as_action(name, thing)
            return thing

        return register

    # --- keeping

    def persist(self, path: str | Path, *, extra_files: Mapping[str, str] | None = None) -> None:
        """Writes the trained agent into a folder, or into one file if the name ends in .zip.

        A process that is killed while it writes leaves the old model or the new one. Actions and
        an interpreter of one's own are code and are not kept.

        Args:
            path: Where to. A model that is there is replaced, anything else is not.
            extra_files: Further text files by name, for people to read.

        Raises:
            ModelError: If something that is no model is there.
            AgentError: If the agent was not trained.
        """
        self.check_trained()
        more = {"random_seed": self.random_seed, "actions": sorted(self.actions)}
        nlu = self.interpreter if isinstance(self.interpreter, NLUInterpreter) else None
        kept = (path, self.domain, self.policies)
        save_model(*kept, interpreter=nlu, more=more, extra_files=extra_files)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        interpreter: Interpreter | None = None,
        actions: Mapping[str, Any] | Iterable[Any] = (),
        custom_policies: Iterable[type[Policy]] = (),
        tracker_store: StorePlace = None,
    ) -> Self:
        """Reads an agent that `persist` wrote; nothing in the model is executed.

        Args:
            path: The folder or .zip file.
            interpreter: As for `Agent`; default the one in the model, if there is one.
            actions: As for `Agent`.
            custom_policies: The classes of policies that are not part of dialogue_nb.
            tracker_store: As for `Agent`.

        Raises:
            ModelError: If there is no model, it is damaged, of another version, or has a policy
                whose class is not known.
        """
        model = load_model(path, custom_policies)
        seed = model.metadata.get("random_seed")
        agent = cls(
            model.domain,
            list(model.policies),
            interpreter or model.interpreter,
            actions,
            random_seed=seed if isinstance(seed, int) else 42,
            tracker_store=tracker_store,
        )
        agent.is_trained = True
        agent._model = model  # the files of an unpacked archive stay as long as this does
        return agent

    _model: Any = None

    def _ready(self) -> MessageProcessor:
        self.check_trained()
        return self.processor

    def __repr__(self) -> str:
        """Domain, policies and conversations."""
        names = ", ".join(policy.name for policy in self.policies)
        state = "trained" if self.is_trained else "not trained"
        return f"<Agent ({state}): {names}; {self.domain!r}; {len(self.tracker_store)} trackers>"
