"""Where conversations are kept: what every store can do, and the records that go in and out.

A store knows events only. The conversations that an agent talks in are `LiveTrackers`, which read
from a store and write to it; `SQLTrackerStore` is the store that comes along.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from dialogue_nb.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.core.trackers import DialogueStateTracker, SlotLike

LONGEST_SEARCH: Final = 500
MOST_TERMS: Final = 12
LONGEST_LATEST: Final = 200
"""So many characters of the last message are told in a list."""

# What no database of texts takes: the character 0, and halves of characters.
_UNSTORABLE: Final = {0: "\u2400"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


class Head(NamedTuple):
    """How far a conversation has come in its store: whoever writes says what they had read.

    Args:
        key: Which conversation it is; one that is deleted and begun anew has another key.
        revision: How many times it was written.
    """

    key: int
    revision: int


@dataclass(frozen=True)
class SavedConversation:
    """A conversation as the store has it.

    Args:
        head: How far it has come.
        events: What happened and was not taken back, oldest first.
    """

    head: Head
    events: tuple[Event, ...]


@dataclass(frozen=True)
class ConversationInfo:
    """A line of a list of conversations.

    Args:
        sender_id: Whose it is.
        events: How many events it has.
        messages: How many of them are messages of the user.
        began: When the first event happened, in seconds since 1970; None if nobody knows.
        updated: When the last one happened, or it was written.
        latest: The last thing the user said, cut if it is long.
    """

    sender_id: str
    events: int
    messages: int
    began: float | None
    updated: float | None
    latest: str

    @classmethod
    def of(cls, sender_id: str, events: Sequence[Event]) -> ConversationInfo:
        """The line for a conversation.

        Args:
            sender_id: Whose it is.
            events: All events, oldest first.

        Example:
            >>> ConversationInfo.of("ann", [UserUttered.of("hi", text="Hello")]).latest
            'Hello'
        """
        said = [event for event in events if isinstance(event, UserUttered)]
        times = [event.timestamp for event in events if event.timestamp is not None]
        latest = (said[-1].text or f"/{said[-1].intent_name or ''}") if said else ""
        return cls(
            sender_id,
            len(events),
            len(said),
            min(times, default=None),
            max(times, default=None),
            latest[:LONGEST_LATEST],
        )

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return dict(vars(self))


class Marks(NamedTuple):
    """What an event is found by.

    Args:
        kind: Its type: "user", "slot", "action" ...
        label: The intent, the slot or the action, casefolded.
        words: What was said, or the slot's value as text, casefolded.
    """

    kind: str
    label: str
    words: str

    @classmethod
    def of(cls, event: Event) -> Marks:
        """What an event is found by.

        Example:
            >>> Marks.of(SlotSet("City", "Oslo"))
            Marks(kind='slot', label='city', words='oslo')
        """
        label, words = "", ""
        match event:
            case UserUttered():
                label, words = event.intent_name or "", event.text or ""
            case BotUttered():
                words = event.text or ""
            case SlotSet():
                label, words = event.key, "" if event.value is None else str(event.value)
            case ActionExecuted():
                label = event.label
        return cls(event.type_name, folded(label), folded(words))


class Term(NamedTuple):
    """One thing that is searched for.

    Args:
        kind: "intent", "slot", or "" for words anywhere.
        label: The intent or slot, casefolded.
        words: The words, or the slot's value; "" for any value.
    """

    kind: str
    label: str
    words: str


def folded(text: str) -> str:
    """A text for comparing: neither case nor what a database cannot hold makes a difference."""
    return storable(text).casefold()


def storable(text: str) -> str:
    """A text without what databases cannot hold: the character 0, halves of characters."""
    return text.translate(_UNSTORABLE)


def terms_of(search: str) -> tuple[Term, ...]:
    """Reads what somebody searches for; all of it must be in a conversation.

    Args:
        search: Words; `intent:greet`; `slot:city` or `slot:city=Oslo`. Words in double quotes
            belong together.

    Raises:
        DialogueError: If it is too long.

    Example:
        >>> terms_of('fern slot:city="New York"')
        (Term(kind='', label='', words='fern'), Term(kind='slot', label='city', words='new york'))
    """
    words = list(_words(search))
    if len(search) > LONGEST_SEARCH or len(words) > MOST_TERMS:
        raise DialogueError(
            f"Expected at most {MOST_TERMS} words and {LONGEST_SEARCH} characters to search for, "
            f"got {len(words)} and {len(search)}. Search for less."
        )
    return tuple(_term(folded(word)) for word in words)


def _words(search: str) -> Iterator[str]:
    """The words; spaces between double quotes part nothing. A quote without an end is a letter."""
    word, is_quoted = "", False
    for place, letter in enumerate(search):
        if letter == '"' and (is_quoted or '"' in search[place + 1 :]):
            is_quoted = not is_quoted
        elif letter.isspace() and not is_quoted:
            if word:
                yield word
            word = ""
        else:
            word += letter
    if word:
        yield word


def _term(word: str) -> Term:
    kind, _, rest = word.partition(":")
    if kind == "intent" and rest:
        return Term("intent", rest, "")
    if kind == "slot" and rest:
        label, _, value = rest.partition("=")
        return Term("slot", label, value)
    return Term("", "", word)


def is_found(terms: Iterable[Term], sender_id: str, marks: Sequence[Marks]) -> bool:
    """Whether a conversation has all that is searched for.

    Args:
        terms: What is searched for.
        sender_id: Whose conversation it is.
        marks: What its events are found by.
    """

    def has(term: Term) -> bool:
        if term.kind == "intent":
            return any(m.kind == "user" and m.label == term.label for m in marks)
        if term.kind == "slot":
            values = [m.words for m in marks if m.kind == "slot" and m.label == term.label]
            return any(value == term.words or not term.words for value in values if value)
        return any(term.words in text for m in marks for text in m[1:]) or (
            term.words in folded(sender_id)
        )

    return all(has(term) for term in terms)


class TrackerStore(ABC):
    """A place where conversations are kept, as lists of events.

    Several agents and several processes may use one store at once. To keep conversations elsewhere,
    write a class with these methods and pass an object of it to `Agent(tracker_store=...)`.
    """

    @property
    @abstractmethod
    def where(self) -> str:
        """Where the conversations are, for people: a path, or an address without a password."""

    @abstractmethod
    def head(self, sender_id: str) -> Head | None:
        """How far a conversation has come; None if there is none."""

    @abstractmethod
    def read(self, sender_id: str) -> SavedConversation | None:
        """A conversation; None if there is none."""

    @abstractmethod
    def write(
        self, sender_id: str, events: Sequence[Event], *, keep: int, after: Head | None
    ) -> Head:
        """Adds events to a conversation, all of them or none.

        Args:
            sender_id: Whose conversation it is.
            events: What happened.
            keep: How many of the events that are there stay; the later ones are taken back.
            after: What the writer had read: None if there was no such conversation.

        Returns:
            How far it has come now.

        Raises:
            ConversationChangedError: If it has come further meanwhile; then nothing is written.
        """

    @abstractmethod
    def delete(self, sender_id: str) -> bool:
        """Deletes a conversation for good; whether there was one."""

    @abstractmethod
    def conversations(
        self, search: str = "", *, limit: int | None = None, offset: int = 0
    ) -> list[ConversationInfo]:
        """The conversations, the one that changed last first.

        Args:
            search: What they must have; see `terms_of`.
            limit: How many at most.
            offset: How many to pass over.
        """

    @abstractmethod
    def count(self, search: str = "") -> int:
        """How many conversations there are, or are found."""

    def close(self) -> None:  # noqa: B027  # most have nothing to end
        """Ends what the store has open; whoever uses it again opens it again."""

    # --- by the names that Rasa's tracker stores have

    def keys(self) -> list[str]:
        """Whose conversations there are, the one that changed last first."""
        return [info.sender_id for info in self.conversations()]

    def retrieve(
        self, sender_id: str, slots: Iterable[SlotLike] = ()
    ) -> DialogueStateTracker | None:
        """A conversation as a tracker of its own, None if there is none.

        Args:
            sender_id: Whose it is.
            slots: The slots of the domain (`domain.slots`).
        """
        saved = self.read(sender_id)
        return None if saved is None else DialogueStateTracker(sender_id, slots, saved.events)

    def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps a conversation as it is; what the store has of it and it has not is taken back.

        Raises:
            ConversationChangedError: If somebody else writes it at the same moment.
        """
        saved = self.read(tracker.sender_id)
        old, after = (saved.events, saved.head) if saved else ((), None)
        events = tracker.events
        keep = common(old, events)
        if keep < max(len(old), len(events)):
            self.write(tracker.sender_id, events[keep:], keep=keep, after=after)


def common(first: Sequence[Event], second: Sequence[Event]) -> int:
    """How many events two conversations have in common, from the beginning on; times count too.

    Example:
        >>> common([SlotSet("a", 1), SlotSet("b", 2)], [SlotSet("a", 1), SlotSet("b", 3)])
        1
    """
    same = 0
    for one, other in zip(first, second, strict=False):
        if one is not other and one.as_dict() != other.as_dict():
            break
        same += 1
    return same
