"""Custom policies as the oldest texts write them: only the package's name is another."""

import os
import re
from pathlib import Path

import numpy as np

from dialogue_nb.policies.ensemble import PolicyEnsemble
from tests.library import DOMAIN, LISTEN, did, talk, user

HERE = Path(__file__).resolve().parents[2]
CONFORMANCE = Path(os.environ.get("DIALOGUE_NB_CONFORMANCE") or HERE.parent / "shared/conformance")
TEXTS = CONFORMANCE.parent / "docs/references"

OLD_CODE = """
from dialogue_nb.policies import Policy
from dialogue_nb.actions.action import ACTION_LISTEN_NAME
from dialogue_nb import utils
import numpy as np

class Desk(Policy):
    def predict_action_probabilities(self, tracker, domain):
        if tracker.latest_action_name != ACTION_LISTEN_NAME:
            return np.zeros(domain.num_actions)
        said = tracker.latest_message.intent["name"]
        return utils.one_hot(3 if said == "farewell" else 2, domain.num_actions)
"""


def test_a_policy_in_the_old_style_runs_as_it_is():
    names = {}
    exec(OLD_CODE, names)
    desk = names["Desk"]()
    said = desk.predict(talk("", LISTEN, user("farewell")), DOMAIN)
    assert (said.best_index, said.confidence) == (3, 1.0)
    asked = desk.predict(talk("", LISTEN, user("ask_book")), DOMAIN)
    assert (asked.best_index, asked.confidence) == (2, 1.0)
    done = desk.predict(talk("", LISTEN, user("ask_book"), did("utter_found")), DOMAIN)
    assert done.probabilities.tolist() == [0.0] * DOMAIN.num_actions
    decision = PolicyEnsemble([desk]).decide(talk("", LISTEN, user("farewell")), DOMAIN)
    assert (decision.policy, decision.action) == ("Desk", DOMAIN.action_names[3])


INDENTS = {"class": 0, "def": 4, "responses": 8, "if": 8, "else": 8}


def reference_policy():
    """The example of the reference text, as a class, with only the package's name changed.

    The text has lost its line breaks: they and the indentation are put back first.
    """
    text = (TEXTS / "custom-policies-0.x.txt").read_text(encoding="utf-8")
    begin = text.index("from rasa_core.policies import Policy")
    flat = text[begin : text.index("**How does this work?**")]
    starts = "from |import numpy|class |def |responses = |if tracker|key = |action = |return |else:"
    lines = [line.strip() for line in re.split(rf" (?={starts})", flat)]
    words = [re.match(r"\w+", line).group() for line in lines]
    depths = [0 if word in ("from", "import") else INDENTS.get(word, 12) for word in words]
    code = "\n".join(" " * depth + line for depth, line in zip(depths, lines, strict=True))
    names = {}
    exec(code.replace("rasa_core", "dialogue_nb"), names)
    return names["SimplePolicy"]


if TEXTS.is_dir():

    def test_the_example_of_the_reference_text_runs_with_only_the_name_changed():
        policy = reference_policy()()
        greeted = policy.predict(talk("", LISTEN, user("greet")), DOMAIN)
        assert (greeted.best_index, greeted.confidence) == (3, 1.0)
        other = policy.predict(talk("", LISTEN, user("farewell")), DOMAIN)
        assert (other.best_index, other.confidence) == (2, 1.0)
        done = policy.predict(talk("", LISTEN, user("greet"), did("utter_found")), DOMAIN)
        assert np.count_nonzero(done.probabilities) == 0
