"""check_policy: every built-in policy passes, and every way to break the contract is named."""

import json
from pathlib import Path

import numpy as np
import pytest

from dialogue_nb.core.events import SlotSet
from dialogue_nb.core.exceptions import NotTrainedError
from dialogue_nb.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.policies.sklearn_policy import SklearnPolicy
from dialogue_nb.policies.ted_policy import TEDPolicy
from dialogue_nb.testing import check_policy, sample_bot
from tests.library import DOMAIN, data_of

BUILT_IN = {
    "memoization": MemoizationPolicy(),
    "memoization of the whole history": MemoizationPolicy(max_history=None, priority=5),
    "memoization with a featurizer": MemoizationPolicy(MaxHistoryTrackerFeaturizer(max_history=2)),
    "memoization with the intent's confidence": MemoizationPolicy(use_nlu_confidence_as_score=True),
    "augmented memoization": AugmentedMemoizationPolicy(max_history=2),
    "sklearn": SklearnPolicy(),
    "rules": RulePolicy(),
    "rules without a fallback": RulePolicy(enable_fallback_prediction=False),
}


class Counting(Policy):
    """Keeps the contract: how often each action comes in the dialogues, saved and loaded."""

    def __init__(self, featurizer=None, priority=1, weight=0.5):
        super().__init__(featurizer, priority)
        self.weight = weight

    def train(self, training_trackers, domain, **kwargs):
        counts = [0] * domain.num_actions
        for tracker in training_trackers:
            for action in tracker.actions:
                counts[domain.index_for_action(action)] += 1
        self.counts_ = counts
        return self

    def predict_action_probabilities(self, tracker, domain):
        if not hasattr(self, "counts_"):
            raise NotTrainedError("Count first.")
        counts = np.array(self.counts_)
        return self.weight * counts / max(1, counts.sum())

    def persist(self, path):
        self.write_policy_file(path)
        (Path(path) / "counts.json").write_text(json.dumps(self.counts_))

    @classmethod
    def load(cls, path):
        policy = super().load(path)
        policy.counts_ = json.loads((Path(path) / "counts.json").read_text())
        return policy


class Fitting(Counting):
    def __init__(self, featurizer=None, priority=1, weight=0.5):
        super().__init__(featurizer, priority, weight / 2)


class NotStoring(Counting):
    def __init__(self, featurizer=None, priority=1, width=3):
        super().__init__(featurizer, priority)


class ReadyMade(Counting):
    def __init__(self):
        super().__init__()
        self.counts_ = [1] * 17


class Untrained(Counting):
    def predict_action_probabilities(self, tracker, domain):
        return getattr(self, "counts_", [1.0] + [0.0] * (domain.num_actions - 1))


class BreaksUntrained(Counting):
    def predict_action_probabilities(self, tracker, domain):
        return self.weight * np.array(self.counts_) / sum(self.counts_)


class ReturnsNothing(Counting):
    def train(self, training_trackers, domain, **kwargs):
        super().train(training_trackers, domain)


class Remembering(Counting):
    def train(self, training_trackers, domain, **kwargs):
        before = np.array(getattr(self, "counts_", 0))
        super().train(training_trackers, domain)
        self.counts_ = (np.array(self.counts_) + before).tolist()
        return self


class ChangesItself(Counting):
    def train(self, training_trackers, domain, **kwargs):
        super().train(training_trackers, domain)
        self.weight = self.weight + 0.1
        return self


class EatsDialogues(Counting):
    def train(self, training_trackers, domain, **kwargs):
        super().train(training_trackers, domain)
        training_trackers.pop()
        return self


class Moody(Counting):
    def train(self, training_trackers, domain, **kwargs):
        super().train(training_trackers, domain)
        self.counts_ = np.random.default_rng().random(domain.num_actions).tolist()
        return self


class Tiring(Counting):
    def predict_action_probabilities(self, tracker, domain):
        self.asked = getattr(self, "asked", 0) + 1
        return super().predict_action_probabilities(tracker, domain) / self.asked


class Meddling(Counting):
    def predict_action_probabilities(self, tracker, domain):
        tracker.update(SlotSet("gift", True))
        return super().predict_action_probabilities(tracker, domain)


class TooShort(Counting):
    def predict_action_probabilities(self, tracker, domain):
        return super().predict_action_probabilities(tracker, domain)[1:]


class Negative(Counting):
    def predict_action_probabilities(self, tracker, domain):
        return -super().predict_action_probabilities(tracker, domain)


class Infinite(Counting):
    def predict_action_probabilities(self, tracker, domain):
        return super().predict_action_probabilities(tracker, domain) * np.nan


class Mumbling(Counting):
    def predict_action_probabilities(self, tracker, domain):
        answer = super().predict_action_probabilities(tracker, domain)
        return self._prediction(answer, explanation={"why": {1, 2}})


class Stumbling(Counting):
    def predict_action_probabilities(self, tracker, domain):
        assert tracker.latest_message.intent["name"].islower()
        return super().predict_action_probabilities(tracker, domain)


class OtherInBatches(Counting):
    @property
    def predicts_from_states(self):
        return True

    def predict_batch(self, states, domain):
        return np.zeros((len(states), domain.num_actions))

    def predict_action_probabilities(self, tracker, domain):
        return super().predict_action_probabilities(tracker, domain)


class DependsOnTheBatch(MemoizationPolicy):
    def predict_action_probabilities(self, tracker, domain):
        return self.predict_batch([[]] * 3, domain)[0]

    def predict_batch(self, states, domain):
        self._trained()
        return np.full((len(states), domain.num_actions), 1 / len(states))


class Losing(Counting):
    def persist(self, path):
        self.counts_, kept = [1, *self.counts_[1:]], self.counts_
        super().persist(path)
        self.counts_ = kept


class WrongLoad(Counting):
    @classmethod
    def load(cls, path):
        return Counting.load.__func__(Counting, path)

    def write_policy_file(self, path, **more):
        Counting().write_policy_file(path)


class KeepsNothing(Counting):
    persist = Policy.persist


class Important(Counting):
    def __init__(self):
        super().__init__(priority="high")


VIOLATIONS = [
    (Fitting, "changes 'weight' .0.25 became 0.125."),
    (NotStoring, "parameter 'width' is not stored as self.width"),
    (ReadyMade, "already sets counts_"),
    (Important, "priority must be a whole number, got 'high'"),
    (Untrained, "Untrained, it must raise NotTrainedError when it is asked, but answered"),
    (BreaksUntrained, "must raise NotTrainedError, but raised AttributeError"),
    (ReturnsNothing, "train must return the policy itself"),
    (Remembering, "Trained twice, it answers differently"),
    (ChangesItself, "train changes the parameters"),
    (EatsDialogues, "train changes the dialogues"),
    (Moody, "The same training gives another policy"),
    (Tiring, "Asked the same again, it answers differently"),
    (Meddling, "Predicting changes the tracker"),
    (TooShort, "must return 17 probabilities, .* got 16"),
    (Negative, "each from 0 to 1, got -0"),
    (Infinite, "each from 0 to 1, got nan"),
    (Mumbling, "explanation is not ready for JSON"),
    (Stumbling, "It raised AttributeError: .*NoneType.*while checking"),
    (OtherInBatches, "predict_batch answers differently than predict"),
    (DependsOnTheBatch, "differently for one conversation than for many"),
    (Losing, "Saved and loaded again, it answers differently"),
    (WrongLoad, "load must return a WrongLoad, but returned a Counting"),
    (KeepsNothing, "has learnt counts_ but has no persist"),
]


@pytest.mark.parametrize("policy", BUILT_IN.values(), ids=BUILT_IN)
def test_every_built_in_policy_keeps_the_contract(policy):
    check_policy(policy)


@pytest.mark.parametrize("cls", [MemoizationPolicy, AugmentedMemoizationPolicy])
def test_memory_answers_the_same_in_another_process(cls):
    check_policy(cls(max_history=3), other_process=True)


def test_a_network_keeps_the_contract_and_answers_the_same_in_another_process():
    check_policy(KerasPolicy(epochs=2), other_process=True)
    small = {"max_history": 3, "transformer_size": 16, "number_of_attention_heads": 2}
    check_policy(TEDPolicy(**small, epochs=2), other_process=True)


def test_a_good_policy_of_ones_own_passes_as_a_class_and_as_an_object():
    check_policy(Counting)
    policy = Counting(weight=0.75)
    check_policy(policy)
    assert vars(policy) == {"featurizer": None, "priority": 1, "weight": 0.75}


def test_it_can_be_tried_on_a_bot_of_ones_own():
    stories = "## bye\n* farewell\n  - utter_farewell\n## ask\n* ask_book\n  - utter_ask_book\n"
    check_policy(MemoizationPolicy, domain=DOMAIN, trackers=data_of(stories).originals)


@pytest.mark.parametrize(
    ("cls", "message"), VIOLATIONS, ids=[cls.__name__ for cls, _ in VIOLATIONS]
)
def test_every_violation_is_named(cls, message):
    with pytest.raises(AssertionError, match=f"{cls.__name__} breaks the contract[^!]*{message}"):
        check_policy(cls)


def test_all_violations_are_named_at_once():
    class Both(Negative, ReturnsNothing):
        pass

    with pytest.raises(AssertionError) as failure:
        check_policy(Both)
    assert "each from 0 to 1" in str(failure.value)
    assert "return the policy itself" in str(failure.value)


def test_a_policy_that_no_other_process_can_import_is_named():
    class Local(Counting):
        pass

    with pytest.raises(AssertionError, match="cannot be loaded in another process"):
        check_policy(Local, other_process=True)


def test_the_sample_bot_is_small_and_has_no_conflicts():
    domain, trackers = sample_bot()
    memory = MemoizationPolicy().train(trackers, domain).memory_
    assert len(trackers) == 3
    assert memory.all_conflicts() == []
