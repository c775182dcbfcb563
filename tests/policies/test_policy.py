import copy
import json

import numpy as np
import pytest

from dialogue_nb.core.exceptions import ModelError, PolicyPredictionError
from dialogue_nb.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer
from dialogue_nb.policies import Policy
from dialogue_nb.policies.prediction import LazyExplanation, PolicyPrediction
from tests.library import DOMAIN, LISTEN, data_of, talk, user

COUNT = DOMAIN.num_actions


def answering(answer):
    """A policy that gives this answer."""

    class Answering(Policy):
        def predict_action_probabilities(self, tracker, domain):
            return answer

    return Answering()


def with_one(index, value, length=COUNT):
    row = [0.0] * length
    row[index] = value
    return row


class Patient(Policy):
    """A policy with parameters of its own."""

    def __init__(self, featurizer=None, priority=2, patience=3, words=("a", "b")):
        super().__init__(featurizer, priority)
        self.patience = patience
        self.words = words

    def predict_action_probabilities(self, tracker, domain):
        return with_one(self.patience, 1.0)


@pytest.mark.parametrize(
    "answer",
    [
        with_one(2, 0.5),
        tuple(with_one(2, 0.5)),
        np.array(with_one(2, 0.5)),
        np.array(with_one(2, 0.5), dtype=np.float32),
        PolicyPrediction(np.array(with_one(2, 0.5))),
    ],
    ids=["list", "tuple", "array", "single precision", "prediction"],
)
def test_both_generations_of_answers_become_the_same_prediction(answer):
    prediction = answering(answer).predict(talk(""), DOMAIN)
    assert prediction.probabilities.tolist() == with_one(2, 0.5)
    assert prediction.probabilities.dtype == np.float64
    assert prediction.policy_name == "Answering"
    assert (prediction.confidence, prediction.best_index) == (0.5, 2)
    assert prediction.best(DOMAIN) == DOMAIN.action_names[2]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([0.5], f"must return {COUNT} probabilities.*got 1"),
        ([0.0] * (COUNT + 2), f"got {COUNT + 2}"),
        ([], "got 0"),
        (0.5, r"got an array of shape \(\)"),
        ([with_one(0, 1.0)], rf"got an array of shape \(1, {COUNT}\)"),
        (with_one(3, -0.25), f"got -0.25 for '{DOMAIN.action_names[3]}' .index 3."),
        (with_one(4, 1.5), f"got 1.5 for '{DOMAIN.action_names[4]}'"),
        (with_one(5, float("nan")), f"got nan for '{DOMAIN.action_names[5]}'"),
        (with_one(6, float("inf")), f"got inf for '{DOMAIN.action_names[6]}'"),
        ("utter_found", "got 'utter_found'"),
        (None, "got"),
        ([[1.0], [1.0, 2.0]], "got"),
        (PolicyPrediction(np.array([0.5, 0.5])), "got 2"),
    ],
)
def test_a_wrong_answer_is_named(answer, message):
    with pytest.raises(PolicyPredictionError, match=f"Answering.*{message}"):
        answering(answer).predict(talk(""), DOMAIN)


def test_a_softmax_in_single_precision_may_be_a_little_above_one():
    prediction = answering(with_one(2, 1.000001)).predict(talk(""), DOMAIN)
    assert prediction.confidence == 1.0


def test_the_numbers_of_a_prediction_cannot_be_changed_afterwards():
    row = np.array(with_one(2, 0.5))
    prediction = answering(row).predict(talk(""), DOMAIN)
    row[2] = 0.9
    assert prediction.confidence == 0.5
    with pytest.raises(ValueError, match="read-only"):
        prediction.probabilities[2] = 0.9


def test_no_opinion_is_no_action():
    assert answering([0.0] * COUNT).predict(talk(""), DOMAIN).best(DOMAIN) is None


def test_the_helpers_of_later_rasa_versions_are_there():
    class Later(Policy):
        def predict_action_probabilities(self, tracker, domain, **kwargs):
            result = self._default_predictions(domain)
            result[1] = 0.25
            return self._prediction(result, is_no_user_prediction=True)

    prediction = Later(priority=6).predict(talk(""), DOMAIN)
    assert (prediction.policy_name, prediction.priority) == ("Later", 6)
    assert prediction.is_no_user_prediction
    assert prediction.confidence == 0.25


def test_a_policy_without_its_method_says_which_one_is_missing():
    with pytest.raises(NotImplementedError, match="must have a method predict_action_prob"):
        Policy().predict(talk(""), DOMAIN)


def test_a_constructor_that_does_not_call_the_one_above_still_makes_a_policy():
    class Forgetful(Policy):
        def __init__(self):
            pass

        def predict_action_probabilities(self, tracker, domain):
            return with_one(0, 1.0)

    assert Forgetful().predict(talk(""), DOMAIN).priority == 1


def test_by_default_training_learns_nothing_and_returns_the_policy():
    policy = answering(with_one(0, 1.0))
    assert policy.train(data_of(""), DOMAIN, epochs=3) is policy


def test_a_policy_chooses_what_it_learns_from():
    from dialogue_nb.stories.generator import generate
    from dialogue_nb.stories.reader import parse_stories

    class Rules(Policy):
        uses_stories = False
        uses_rules = True

    class Plain(Policy):
        uses_augmented = False

    text = "## a\n* farewell\n  - utter_farewell\n## b\n* ask_book\n  - utter_ask_book\n"
    rule = "rules:\n- rule: bye\n  steps:\n  - intent: farewell\n  - action: utter_farewell\n"
    stories = parse_stories(text)[0] + parse_stories(rule, format="yaml")[0]
    data = generate(stories, DOMAIN, augmentation_factor=3)
    assert Rules().select(data) == data.rules
    assert Plain().select(data) == data.originals
    assert set(t.name for t in Policy().select(data)) == {
        t.name for t in [*data.originals, *data.augmented]
    }


def test_the_parameters_are_those_that_were_given():
    featurizer = MaxHistoryTrackerFeaturizer(max_history=4)
    policy = Patient(featurizer, patience=7)
    assert policy.get_params() == {
        "featurizer": featurizer,
        "priority": 2,
        "patience": 7,
        "words": ("a", "b"),
    }
    assert repr(Patient()).startswith("Patient(featurizer=None, priority=2, patience=3")


def test_a_policy_of_ones_own_is_saved_by_its_parameters(tmp_path):
    policy = Patient(MaxHistoryTrackerFeaturizer(max_history=4), patience=5, words="ab")
    policy.persist(tmp_path / "patient")
    loaded = Patient.load(tmp_path / "patient")
    assert loaded.get_params() == policy.get_params()
    assert json.loads((tmp_path / "patient" / "policy.json").read_text())["policy"] == "Patient"


def test_what_a_policy_has_learnt_is_not_lost_silently(tmp_path):
    policy = Patient()
    policy.counts_ = {"a": 1}
    with pytest.raises(ModelError, match="has learnt counts_ but has no persist"):
        policy.persist(tmp_path)


def test_parameters_that_are_no_json_are_named(tmp_path):
    with pytest.raises(ModelError, match="parameters of Patient cannot be written as JSON"):
        Patient(words={1, 2}).persist(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No saved policy can be read"),
        ("{", "No saved policy can be read"),
        ("[]", "is no saved policy"),
        ('{"policy": "Patient"}', "is no saved policy"),
        ('{"policy": "Other", "params": {}}', "holds a Other, not a Patient"),
    ],
)
def test_a_folder_that_holds_no_such_policy_is_refused(text, message, tmp_path):
    if text is not None:
        (tmp_path / "policy.json").write_text(text)
    with pytest.raises(ModelError, match=message):
        Patient.load(tmp_path)


def test_a_policy_that_needs_more_than_states_cannot_answer_in_batches():
    assert not Patient().answers_in_batches
    with pytest.raises(NotImplementedError, match="cannot predict from states alone"):
        Patient().predict_batch([], DOMAIN)


def test_a_prediction_is_ready_for_json():
    prediction = answering(with_one(2, 0.5)).predict(talk("", LISTEN, user("farewell")), DOMAIN)
    body = json.loads(json.dumps(prediction.as_dict()))
    assert body["policy"] == "Answering"
    assert body["probabilities"] == with_one(2, 0.5)


def test_a_copy_of_a_lazy_explanation_is_a_plain_one():
    lazy = LazyExplanation(lambda: {"found": True, "stories": ["a"]})
    assert copy.deepcopy(lazy) == {"found": True, "stories": ["a"]}
    assert lazy == {"found": True, "stories": ["a"]}
    assert repr(lazy) == "{'found': True, 'stories': ['a']}"
