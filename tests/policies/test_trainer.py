import numpy as np
import pytest

from dialogue_nb.core.exceptions import NotTrainedError, StoryError
from dialogue_nb.featurizers.tracker_featurizers import (
    FullDialogueTrackerFeaturizer,
    MaxHistoryTrackerFeaturizer,
)
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.trainer import PolicyTrainer
from dialogue_nb.stories.reader import parse_stories
from tests.library import DOMAIN, LISTEN, talk, user

STORIES = """
## borrow
* ask_book
  - utter_ask_book
* farewell
  - utter_farewell

## leave
* farewell
  - utter_farewell
"""


class Oldest(Policy):
    """A policy that learns from arrays, as in the oldest Rasa Core."""

    def train(self, X, y, domain, epochs=1, **kwargs):
        self.seen = (X.shape, y.tolist(), epochs)
        return self

    def predict_action_probabilities(self, tracker, domain):
        return [0.0] * domain.num_actions


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "stories.md"
    path.write_text(STORIES)
    return path


def test_stories_become_dialogues_then_arrays_then_policies(file):
    memory = MemoizationPolicy(max_history=2)
    trainer = PolicyTrainer(PolicyEnsemble([memory]), DOMAIN)
    assert trainer.train(file) is trainer
    assert [story.name for story in trainer.stories_] == ["borrow", "leave"]
    assert [tracker.name for tracker in trainer.data_] == ["borrow", "leave"]
    assert trainer.X.shape == (7, 5, len(DOMAIN.feature_names))
    assert trainer.y.shape == (7,)
    assert trainer.examples_.label_names[:3] == ("action_listen", "utter_ask_book", "action_listen")
    asked = talk("", LISTEN, user("farewell"))
    assert memory.predict(asked, DOMAIN).best(DOMAIN) == "utter_farewell"


def test_the_featurizer_makes_x_and_y(file):
    short = PolicyTrainer(Oldest(), DOMAIN, MaxHistoryTrackerFeaturizer(max_history=1)).train(file)
    assert short.X.shape[1] == 1
    whole = PolicyTrainer(Oldest(), DOMAIN, FullDialogueTrackerFeaturizer()).train(file)
    assert whole.X.shape[:2] == whole.y.shape == (2, 5)


def test_a_policy_that_learns_from_arrays_gets_them_and_the_others_the_dialogues(file):
    oldest, memory = Oldest(), MemoizationPolicy()
    trainer = PolicyTrainer([oldest, memory], DOMAIN).train(file, epochs=6)
    assert oldest.seen == (trainer.X.shape, trainer.y.tolist(), 6)
    assert len(memory.memory_) == 7


def test_gluing_makes_more_examples_but_memory_learns_from_the_originals(file):
    plain, glued = MemoizationPolicy(), MemoizationPolicy()
    less = PolicyTrainer(plain, DOMAIN).train(file)
    more = PolicyTrainer(glued, DOMAIN).train(file, augmentation_factor=3)
    assert len(more.examples_) > len(less.examples_)
    assert len(glued.memory_) == len(plain.memory_)
    again = PolicyTrainer(MemoizationPolicy(), DOMAIN).train(file, augmentation_factor=3)
    assert np.array_equal(again.X, more.X)


def test_stories_can_be_given_as_text_that_was_read_or_as_several_files(file, tmp_path):
    stories, _ = parse_stories(STORIES)
    other = tmp_path / "more.md"
    other.write_text("## search\n* reserve_book\n  - action_search\n")
    read = PolicyTrainer(MemoizationPolicy(), DOMAIN).train(stories)
    assert len(read.examples_) == 7
    both = PolicyTrainer(MemoizationPolicy(), DOMAIN).train([file, other])
    assert len(both.data_) == 3


def test_stories_with_errors_are_refused(tmp_path):
    file = tmp_path / "stories.md"
    file.write_text("## odd\n* ask_bok\n  - utter_ask_book\n")
    with pytest.raises(StoryError, match="ask_bok"):
        PolicyTrainer(MemoizationPolicy(), DOMAIN).train(file)


def test_before_training_there_is_no_x():
    with pytest.raises(NotTrainedError, match=r"Call train\(stories\) first"):
        _ = PolicyTrainer(MemoizationPolicy(), DOMAIN).X
