"""Where in the stories a moment of a conversation is taught."""

import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import SlotSet
from dialogue_nb.core.states import prediction_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.places import StoryPlaces
from dialogue_nb.stories.reader import parse_stories
from tests.library import LISTEN, did, user

DOMAIN = Domain.from_yaml("""
intents: [borrow, return, thank]
slots: {book: {type: text, mappings: [{type: custom}]}}
actions: [utter_lent, utter_taken, utter_welcome, action_stamp]
""")

STORIES = """\
## lends
* borrow
  - utter_lent
* thank
  - utter_welcome

## takes back and lends
* return
  - utter_taken
  - action_stamp
* borrow
  - slot{"book": "Emma"}
  - utter_lent
* thank
  - utter_welcome
  - action_stamp
"""


@pytest.fixture(scope="module")
def places():
    stories, found = parse_stories(STORIES, "library.md")
    assert not found
    return StoryPlaces(generate(stories, DOMAIN, augmentation_factor=5))


def states(*events):
    return prediction_states(DialogueStateTracker("x", DOMAIN.slots, events), DOMAIN)


def test_the_lines_from_the_message_to_the_action(places):
    place = places.find(states(LISTEN, user("borrow")))
    assert (place.story, place.file, place.line, place.last_line) == ("lends", "library.md", 2, 3)
    assert place.turns == 2


def test_an_action_after_an_action_is_one_line(places):
    place = places.find(states(LISTEN, user("return"), did("utter_taken")))
    assert (place.story, place.line, place.last_line, place.turns) == (
        "takes back and lends",
        10,
        10,
        3,
    )


def test_the_place_with_the_most_turns_in_common_counts(places):
    after = states(LISTEN, user("return"), did("utter_taken"), did("action_stamp"))
    assert places.find(after).story == "takes back and lends"
    assert places.find(after).turns == 4


def test_a_moment_in_no_story_at_all_has_no_place(places):
    assert places.find(states(LISTEN, user("borrow"), did("action_stamp"))) is None
    assert places.find([]) is None


def test_what_was_done_decides_among_places(places):
    moment = states(LISTEN, user("thank"), did("utter_welcome"))
    assert moment[-1].slots == ()
    listened = places.find(moment, "action_listen")
    assert (listened.story, listened.line, listened.last_line) == ("lends", 4, 5)
    assert places.find(moment, "utter_lent") is None


def test_slots_between_two_actions_belong_to_the_second(places):
    borrowed = states(
        LISTEN, user("return"), did("utter_taken"), did("action_stamp"), LISTEN, user("borrow"),
        SlotSet("book", "Emma"),
    )  # fmt: skip
    place = places.find(borrowed)
    assert (place.line, place.last_line, place.turns) == (11, 13, 5)


def test_stories_from_text_without_lines_have_no_place():
    data = generate([], DOMAIN)
    assert StoryPlaces(data).find(states(LISTEN)) is None


def test_the_lines_of_a_turn_of_a_story(places):
    place = places.of_turn("takes back and lends", 4)
    assert (place.line, place.last_line) == (11, 13)
    assert places.of_turn("takes back and lends", 99) is None
    assert places.of_turn("no such story", 1) is None
