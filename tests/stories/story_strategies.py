"""Random stories, with names that no person would think of, for property tests."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from dialogue_nb.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    FollowupAction,
    LoopInterrupted,
    ReminderScheduled,
    Restarted,
    SlotSet,
    UserUttered,
)
from dialogue_nb.stories.steps import FILLED, Alternatives, Checkpoint, Line, Story

# Stories are large for examples; on a busy machine making one takes longer than hypothesis likes.
PATIENT = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# What one of the two formats could take for something else.
HOSTILE_WORDS = [
    "", " ", "a b", 'say "hi"', "it's", "a{b", "}", "{}", '{"a": 1}', "a#b", "#", "## next", ">",
    ">>rule", "a OR b", " OR ", "OR", "a or b", "one\ntwo", "one\r\n## two\n* x", "\r", "größe",
    "天气", "مرحبا", "\u202egnp.exe", "<!--", "-->", "<!-- a -->", "`name`", "a: b", "a:b",
    "form: x", "/a",
    "_a", "a@0.5", "@", "...", "restart", "slot", "user", "action_deactivate_form", "null", "true",
    "1", "1e3", "12:30", "2024-01-02", "- a", "* a", "[x](y)", "[x", "x]", "\u2028", "\x85", "\x00",
    "\ud800", "\ufeff", "a[b=c]", "faq/ask", "a/b/c", "/", "yes", "~", "=", "<<", "&a", "*a", "!a",
    "%a", "|", "---", "\\u00e9", "a\\", "\t", "a\tb", " a", "b ", "'", '"', "role", "group", "😀",
]  # fmt: skip
words = st.one_of(
    st.from_regex(r"[a-z]{1,6}(_[a-z]{1,6})?", fullmatch=True),
    st.sampled_from(HOSTILE_WORDS),
    st.text(max_size=8),
)
plain_words = st.from_regex(r"[a-z]{1,6}(_[a-z]{1,6})?", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)


@st.composite
def entities(draw, names=words):
    entity = {"entity": draw(names), "value": draw(values)}
    for part in ("role", "group"):
        if draw(st.booleans()):
            entity[part] = draw(names)
    return entity


@st.composite
def spoken_messages(draw, names=words):
    """A message in words, some of them marked as entities."""
    text = ""
    found = []
    for part in draw(st.lists(words, min_size=1, max_size=4)):
        if part and draw(st.booleans()):
            place = {"start": len(text), "end": len(text) + len(part)}
            found.append(place | {"entity": draw(names), "value": draw(st.just(part) | words)})
        text += part
    intent = {"name": draw(st.none() | names), "confidence": 1.0}
    return UserUttered(text, intent, tuple(found))


@st.composite
def messages(draw, names=words):
    confidence = draw(st.sampled_from([1.0, 1.0, 1.0, 0.25]))
    intent = {"name": draw(names), "confidence": confidence}
    return UserUttered(None, intent, tuple(draw(st.lists(entities(names), max_size=3))))


def slots(names=words):
    return st.builds(SlotSet, names, values | st.just(FILLED))


def other_events(names=words):
    return st.one_of(
        st.builds(ActionExecuted, names, policy=st.none() | names),
        st.builds(lambda text: ActionExecuted(None, action_text=text), names),
        st.builds(ActiveLoop, st.none() | names),
        st.builds(FollowupAction, names),
        st.builds(ReminderScheduled, names, st.none() | names, kill_on_user_msg=st.booleans()),
        st.builds(LoopInterrupted, st.booleans()),
        st.sampled_from([Restarted(), ActionReverted(), AllSlotsReset()]),
    )


def conditions(names=words):
    return st.dictionaries(names, values, max_size=2)


def items(names=words):
    said = messages(names) | spoken_messages(names)
    return st.one_of(
        st.builds(lambda event: Line((event,)), said | other_events(names)),
        st.lists(slots(names), min_size=1, max_size=3).map(lambda found: Line(tuple(found))),
        st.lists(said, min_size=2, max_size=3).map(lambda found: Alternatives(tuple(found))),
        st.lists(slots(names), min_size=2, max_size=3).map(
            lambda found: Alternatives(tuple(found))
        ),
        st.builds(Checkpoint, names, conditions(names)),
    )


def rule_conditions(names=words):
    set_slots = st.lists(slots(names), min_size=1, max_size=2)
    loops = st.builds(ActiveLoop, st.none() | names)
    return set_slots.map(lambda found: Line(tuple(found))) | loops.map(lambda loop: Line((loop,)))


@st.composite
def stories(draw, names=words):
    is_rule = draw(st.booleans())
    steps = tuple(draw(st.lists(items(names), max_size=3)))
    if not is_rule:
        return Story(draw(names), steps)
    given = tuple(draw(st.lists(rule_conditions(names), max_size=2)))
    return Story(draw(names), steps, True, given, draw(st.booleans()), draw(st.booleans()))
