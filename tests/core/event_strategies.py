"""Random conversations, valid and not so valid."""

from hypothesis import strategies as st

from dialogue_nb.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    EntitiesAdded,
    FollowupAction,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceFeaturization,
    UserUtteranceReverted,
    UserUttered,
)

INTENTS = ["greet", "inform", "deny"]
ENTITIES = ["city", "weight"]
SLOTS = ["city", "weight", "done"]
LOOPS = ["parcel_form", "other_form"]
ACTIONS = ["action_listen", "utter_hi", "utter_bye", *LOOPS]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-2, 2) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=3,
)
messages = st.builds(
    UserUttered.of,
    st.sampled_from(INTENTS),
    st.dictionaries(st.sampled_from(ENTITIES), json_values, max_size=2),
    st.none() | st.text(max_size=8),
)
actions = st.builds(
    ActionExecuted,
    st.sampled_from(ACTIONS),
    st.none() | st.just("MemoizationPolicy"),
    st.none() | st.floats(0, 1),
)
others = st.one_of(
    st.builds(SlotSet, st.sampled_from(SLOTS), json_values),
    st.builds(ActiveLoop, st.none() | st.sampled_from(LOOPS)),
    st.builds(LoopInterrupted, st.booleans()),
    st.builds(ActionExecutionRejected, st.sampled_from(ACTIONS)),
    st.builds(FollowupAction, st.sampled_from(ACTIONS)),
    st.builds(BotUttered, st.text(max_size=5)),
    st.builds(UserUtteranceFeaturization, st.booleans()),
    st.just(EntitiesAdded(({"entity": "city", "value": "Oslo"},))),
    st.sampled_from(
        [Restarted(), SessionStarted(), UserUtteranceReverted(), ActionReverted(), AllSlotsReset()]
    ),
)
conversations = st.lists(st.one_of(messages, actions, others), max_size=25)
