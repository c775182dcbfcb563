"""The bot of a lending library, for tests of featurizers and policies."""

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted, SlotSet, UserUttered
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import parse_stories

# 3 intents of its own, 2 entities, 3 featurized slots of 1 + 2 + 3 features, 5 actions, 1 form
DOMAIN = Domain.from_yaml(
    """
intents: [ask_book, farewell, reserve_book]
entities: [book, day]
slots:
  book: {type: text, mappings: [{type: from_entity, entity: book}]}
  member: {type: bool, mappings: [{type: custom}]}
  shelf: {type: categorical, values: [art, maps], mappings: [{type: custom}]}
  memo: {type: any, influence_conversation: false, mappings: [{type: custom}]}
actions: [action_search]
responses:
  utter_ask_book: [{text: Which book?}]
  utter_found: [{text: We have it.}]
  utter_ask_day: [{text: When?}]
  utter_farewell: [{text: Bye.}]
forms:
  reserve_form: {required_slots: [book]}
"""
)

LISTEN = ActionExecuted("action_listen")


def user(intent, *entities, text=None):
    """A message with entities that only have a name."""
    return UserUttered.of(intent, {entity: "x" for entity in entities}, text)


def did(name, **more):
    return ActionExecuted(name, **more)


def slot(name, value):
    return SlotSet(name, value)


def talk(name, *events, domain=DOMAIN):
    """A conversation that has seen the events."""
    return DialogueStateTracker(name, domain.slots, events)


def data_of(markdown, domain=DOMAIN, **options):
    """Training dialogues of stories in Markdown."""
    stories, found = parse_stories(markdown, format="markdown")
    assert not found
    return generate(stories, domain, **options)


BORROWING = """
## borrow
* ask_book
  - utter_ask_book
* reserve_book{"book": "atlas"}
  - utter_found
  - utter_ask_day
* farewell
  - utter_farewell

## borrow at once
* reserve_book{"book": "atlas"}
  - utter_found
  - utter_ask_day
* farewell
  - utter_farewell

## leave
* farewell
  - utter_farewell
"""

SEARCHING = """
## borrow
* ask_book
  - utter_ask_book
* reserve_book{"book": "atlas"}
  - utter_found
  - utter_ask_day
* farewell
  - utter_farewell

## leave
* farewell
  - utter_farewell
"""
