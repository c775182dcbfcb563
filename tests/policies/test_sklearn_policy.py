"""SklearnPolicy: any classifier of scikit-learn, searched, saved without pickle."""

import json

import numpy as np
import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import (
    FeaturizerError,
    ModelError,
    NotTrainedError,
    PolicyConfigError,
)
from dialogue_nb.featurizers.tracker_featurizers import (
    FullDialogueTrackerFeaturizer,
    MaxHistoryTrackerFeaturizer,
)
from dialogue_nb.policies import sklearn_models
from dialogue_nb.policies.sklearn_policy import SklearnPolicy
from tests.library import DOMAIN, LISTEN, data_of, talk, user
from tests.library import SEARCHING as STORIES


@pytest.fixture(scope="module")
def data():
    return data_of(STORIES)


def answers(policy, data):
    states = [tracker.states[: i + 1] for tracker in data for i in range(len(tracker.actions))]
    return policy.predict_batch(states, DOMAIN)


def gold(data):
    return [DOMAIN.index_for_action(action) for tracker in data for action in tracker.actions]


def test_the_default_model_learns_the_stories(data):
    policy = SklearnPolicy().train(data, DOMAIN)
    rows = answers(policy, data)
    assert rows.argmax(axis=1).tolist() == gold(data)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-6)
    assert policy.score_ is None
    assert type(policy.network_.model).__name__ == "LogisticRegression"


def test_actions_that_no_story_has_get_zero(data):
    policy = SklearnPolicy().train(data, DOMAIN)
    seen = sorted(set(gold(data)))
    rows = answers(policy, data)
    assert policy.network_.model.classes_.tolist() == seen
    assert len(seen) == 5
    assert (rows[:, seen] > 0).all()
    assert not np.delete(rows, seen, axis=1).any()


def test_the_classifier_sees_the_window_as_one_row(data):
    policy = SklearnPolicy(max_history=3, shuffle=False).train(data, DOMAIN)
    features = len(DOMAIN.feature_names)
    rows = policy.network_.rows
    assert policy.network_.model.coef_.shape == (5, 3 * features)
    examples = MaxHistoryTrackerFeaturizer(max_history=3).featurize_trackers(data, DOMAIN)
    np.testing.assert_array_equal(rows.x, examples.X.reshape(-1, 3 * features))
    assert rows.x[0, 0] == -1  # padding stays a number


def test_examples_are_shuffled_by_the_seed(data):
    one, again, other = (SklearnPolicy(random_seed=s).train(data, DOMAIN) for s in (1, 1, 2))
    order = [policy.network_.rows.labels.tolist() for policy in (one, again, other)]
    assert order[0] == order[1] != order[2]
    assert sorted(order[0]) == sorted(order[2])


def forest(**more):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=5, bootstrap=False, **more)


def test_any_classifier_can_be_used_and_is_not_changed(data):
    given = forest()
    policy = SklearnPolicy(model=given, random_seed=4).train(data, DOMAIN)
    assert answers(policy, data).argmax(axis=1).tolist() == gold(data)
    assert not hasattr(given, "estimators_")
    assert given.random_state is None
    assert isinstance(policy.network_.model.random_state, int)
    again = SklearnPolicy(model=given, random_seed=4).train(data, DOMAIN)
    np.testing.assert_array_equal(answers(policy, data), answers(again, data))


def test_a_random_state_of_its_own_is_kept(data):
    policy = SklearnPolicy(model=forest(random_state=12), random_seed=4).train(data, DOMAIN)
    assert policy.network_.model.random_state == 12


# each message four times, so that there are enough examples of everything for two folds
MANY = "\n".join(
    f"## s{i}\n* ask_book\n  - utter_ask_book\n* farewell\n  - utter_farewell\n"
    f"## t{i}\n* reserve_book\n  - utter_found\n"
    for i in range(4)
)


def repeated():
    return MaxHistoryTrackerFeaturizer(max_history=2, remove_duplicates=False)


def test_parameters_are_searched_and_the_score_is_the_one_that_was_asked_for():
    from sklearn.naive_bayes import BernoulliNB

    data = data_of(MANY, remove_duplicates=False)
    scores = {}
    for scoring in ("accuracy", "neg_log_loss"):
        policy = SklearnPolicy(
            repeated(),
            model=BernoulliNB(),
            param_grid={"alpha": [0.01, 100.0]},
            cv=2,
            scoring=scoring,
            random_seed=1,
        ).train(data, DOMAIN)
        assert policy.network_.model.alpha == 0.01
        scores[scoring] = policy.score_
    assert 0 < scores["accuracy"] <= 1
    assert scores["neg_log_loss"] < 0


def test_one_setting_can_be_scored_by_cross_validation():
    data = data_of(MANY, remove_duplicates=False)
    policy = SklearnPolicy(repeated(), cv=2, random_seed=1).train(data, DOMAIN)
    assert policy.score_ == pytest.approx(1)


# saving


def pipeline():
    from sklearn.naive_bayes import BernoulliNB
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    return make_pipeline(MinMaxScaler(feature_range=(0, 2)), BernoulliNB(alpha=0.5))


@pytest.mark.parametrize("make", [lambda: None, forest, pipeline])
def test_a_policy_answers_the_same_when_saved_and_loaded(data, tmp_path, make):
    policy = SklearnPolicy(max_history=2, model=make(), random_seed=3).train(data, DOMAIN)
    policy.persist(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["policy.json", "sklearn_model.npz"]
    loaded = SklearnPolicy.load(tmp_path)
    np.testing.assert_array_equal(answers(policy, data), answers(loaded, data))
    assert loaded.max_history == 2
    assert repr(loaded.model) == repr(policy.model)
    loaded.persist(tmp_path / "again")
    again = SklearnPolicy.load(tmp_path / "again")
    np.testing.assert_array_equal(answers(policy, data), answers(again, data))


def test_only_the_weights_of_a_logistic_regression_are_needed(data, tmp_path, monkeypatch):
    from sklearn.linear_model import LogisticRegression

    policy = SklearnPolicy().train(data, DOMAIN)
    policy.persist(tmp_path)
    monkeypatch.setattr(LogisticRegression, "fit", None)
    np.testing.assert_array_equal(
        answers(policy, data), answers(SklearnPolicy.load(tmp_path), data)
    )


class Mine:
    """A classifier of somebody's own."""

    def __init__(self, sure=0.5):
        self.sure = sure

    def get_params(self, deep=True):
        return {"sure": self.sure}

    def set_params(self, **params):
        return self

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, x):
        return np.full((len(x), len(self.classes_)), self.sure / len(self.classes_))


def test_a_classifier_of_ones_own_can_be_used_but_not_saved(data, tmp_path):
    policy = SklearnPolicy(model=Mine()).train(data, DOMAIN)
    assert answers(policy, data).max() == pytest.approx(0.1)
    with pytest.raises(ModelError, match="A Mine cannot be saved: it is no class of scikit-learn"):
        policy.persist(tmp_path)


def test_a_model_folder_cannot_name_other_classes(data, tmp_path):
    SklearnPolicy(model=forest()).train(data, DOMAIN).persist(tmp_path)
    file = tmp_path / "policy.json"
    body = json.loads(file.read_text())
    for place in ("os.system", "utils.Bunch", "ensemble.warnings", "linear_model", "a.b.c"):
        body["learnt"] = {"class": place, "params": {}}
        file.write_text(json.dumps(body))
        with pytest.raises(ModelError, match=r"scikit-learn (has no|model is damaged)"):
            SklearnPolicy.load(tmp_path)


def test_a_classifier_that_learns_something_else_now_is_refused(data, tmp_path):
    SklearnPolicy(model=forest(), random_seed=1).train(data, DOMAIN).persist(tmp_path)
    file = tmp_path / "policy.json"
    text = file.read_text()
    file.write_text(text.replace('"max_depth": null', '"max_depth": 1'))
    with pytest.raises(ModelError, match="does not answer as it did when it was saved"):
        SklearnPolicy.load(tmp_path)
    (tmp_path / "sklearn_model.npz").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="No arrays can be read"):
        SklearnPolicy.load(tmp_path)


@pytest.mark.parametrize(
    "value", [None, 1, 0.5, "text", True, [1, "a"], (1, (2.5, None)), {"a": [1]}]
)
def test_parameters_come_back_as_they_were(value):
    from sklearn.dummy import DummyClassifier

    body = json.loads(json.dumps(sklearn_models.describe(DummyClassifier(constant=value))))
    back = sklearn_models.make(body).constant
    assert back == value
    assert type(back) is type(value)


def test_parameters_that_are_no_data_are_refused():
    from sklearn.neighbors import KNeighborsClassifier

    with pytest.raises(ModelError, match="its parameter metric=<function"):
        sklearn_models.describe(KNeighborsClassifier(metric=lambda a, b: 0))


def test_infinite_parameters_come_back():
    from sklearn.dummy import DummyClassifier

    body = sklearn_models.describe(DummyClassifier(constant=float("-inf")))
    assert sklearn_models.make(json.loads(json.dumps(body))).constant == float("-inf")


# what goes wrong


def test_an_untrained_policy_says_so(tmp_path):
    with pytest.raises(NotTrainedError, match="SklearnPolicy has not been trained"):
        SklearnPolicy().predict(talk("", LISTEN), DOMAIN)
    with pytest.raises(NotTrainedError, match="has not been trained"):
        SklearnPolicy().persist(tmp_path)


def test_without_dialogues_there_is_no_opinion(tmp_path):
    policy = SklearnPolicy().train([], DOMAIN)
    assert not policy.predict(talk("", LISTEN), DOMAIN).probabilities.any()
    policy.persist(tmp_path)
    loaded = SklearnPolicy.load(tmp_path)
    assert not loaded.predict(talk("", LISTEN), DOMAIN).probabilities.any()


def test_a_classifier_without_probabilities_is_refused(data):
    from sklearn.svm import LinearSVC

    with pytest.raises(
        PolicyConfigError, match="needs a classifier with predict_proba, got Linear"
    ):
        SklearnPolicy(model=LinearSVC()).train(data, DOMAIN)


def test_examples_of_one_action_only_are_refused():
    with pytest.raises(PolicyConfigError, match="on 1 examples of 1 actions"):
        SklearnPolicy().train([talk("silent", LISTEN)], DOMAIN)


@pytest.mark.parametrize("featurizer", [FullDialogueTrackerFeaturizer(), None])
def test_windows_of_any_length_are_refused(data, featurizer):
    policy = SklearnPolicy(featurizer, max_history=None)
    with pytest.raises(
        FeaturizerError, match="needs a MaxHistoryTrackerFeaturizer with a max_hist"
    ):
        policy.train(data, DOMAIN)


def test_another_domain_is_refused(data):
    policy = SklearnPolicy().train(data, DOMAIN)
    other = Domain.from_yaml("{intents: [farewell], actions: [utter_farewell]}")
    with pytest.raises(ModelError, match="Train it again"):
        policy.predict(talk("", LISTEN, user("farewell"), domain=other), other)
