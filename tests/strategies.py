"""Random bots and texts for property tests."""

from hypothesis import strategies as st

from dialogue_nb.core.domain import Domain, Entity, Form, Intent, Response, SessionConfig
from dialogue_nb.core.domain_defaults import (
    all_action_names,
    with_automatic_slots,
    with_default_intents,
)
from dialogue_nb.core.slots import (
    AnySlot,
    BooleanSlot,
    CategoricalSlot,
    FloatSlot,
    ListSlot,
    TextSlot,
)

# Characters that exist in UTF-8 files: no lone surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
tricky = st.sampled_from(
    [
        "yes",
        "null",
        "~",
        "12:30",
        "1e3",
        "08",
        "0x1F",
        "- a",
        "a: b",
        "#x",
        "'",
        "\\u00e9",
        "a\nb",
        " ",
    ]
)
names = st.one_of(
    st.sampled_from(["greet", "city", "book_room", "größe", "天气", "a b", "true", "7", "x#y"]),
    texts.filter(lambda text: text.strip() != ""),
    tricky.filter(lambda text: text.strip() != ""),
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 10**6), st.floats(-2, 1e9), texts, tricky
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
yaml_like = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(scalars.filter(lambda k: k == k), inner, max_size=3)
    ),
    max_leaves=8,
)


def tuples(elements, max_size=3, unique_by=None):
    return st.lists(elements, max_size=max_size, unique_by=unique_by).map(tuple)


def by_name(record):
    return record.name


mappings = st.one_of(
    st.builds(lambda entity: {"type": "from_entity", "entity": entity}, names),
    st.builds(
        lambda entity, role: {"type": "from_entity", "entity": entity, "role": role}, names, names
    ),
    st.builds(lambda value: {"type": "from_intent", "value": value}, scalars.filter(bool)),
    st.builds(
        lambda form: {"type": "from_text", "conditions": [{"active_loop": form}]}, st.none() | names
    ),
)
slots = st.one_of(
    st.builds(TextSlot, names, texts | st.none(), st.booleans(), tuples(mappings)),
    st.builds(BooleanSlot, names, st.none() | st.booleans(), mappings=tuples(mappings)),
    st.builds(CategoricalSlot, names, values=tuples(names)),
    st.builds(FloatSlot, names, max_value=st.integers(2, 9), min_value=st.floats(-1, 1)),
    st.builds(ListSlot, names, st.none() | st.lists(scalars, max_size=2)),
    st.builds(AnySlot, names, json_values),
).filter(lambda slot: slot.name != "session_started_metadata")

responses = st.builds(
    Response,
    text=texts | tricky,
    image=st.none() | texts,
    custom=st.none() | st.dictionaries(texts, json_values, max_size=2),
    buttons=tuples(st.fixed_dictionaries({"title": texts, "payload": texts}), max_size=2),
    channel=st.none() | texts,
    condition=tuples(
        st.fixed_dictionaries({"type": st.just("slot"), "name": names, "value": scalars}),
        max_size=2,
    ),
    metadata=json_values,
)


@st.composite
def intents(draw):
    use = st.just(True) | tuples(names)
    return Intent(
        draw(names),
        draw(use) or False,
        draw(st.none() | tuples(names)),
        draw(st.none() | st.just("action_listen")),
        draw(st.booleans()),
    )


@st.composite
def domains(draw):
    """Domains as the reader makes them: sorted, with everything that comes by itself."""
    user_actions = draw(tuples(names, unique_by=str))
    form_names = names.map(lambda name: f"{name} form")
    forms = draw(
        tuples(st.builds(Form, form_names, tuples(names), tuples(names)), unique_by=by_name)
    )
    said = draw(st.dictionaries(names.map("utter_{}".format), tuples(responses), max_size=3))
    e2e = draw(tuples(names.map("Say {}!".format), unique_by=str))
    action_names = all_action_names(user_actions, said, [form.name for form in forms], e2e)
    entities = st.builds(
        Entity, names, tuples(names, unique_by=str), tuples(names, unique_by=str), st.booleans()
    )
    return Domain(
        with_default_intents(draw(tuples(intents(), unique_by=by_name))),
        tuple(sorted(draw(tuples(entities, unique_by=by_name)), key=by_name)),
        with_automatic_slots(
            draw(tuples(slots, unique_by=by_name)),
            has_forms=bool(forms),
            action_names=action_names,
        ),
        said,
        user_actions,
        forms,
        SessionConfig(draw(st.integers(0, 90)), draw(st.booleans())),
        e2e,
        draw(st.booleans()),
        tuple(name for name in user_actions if draw(st.booleans())),
    )
