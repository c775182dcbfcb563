"""KerasPolicy: learning, watching, stopping, architectures of one's own, saving."""

import json
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import ModelError, NotTrainedError, PolicyConfigError
from dialogue_nb.core.states import prediction_states
from dialogue_nb.featurizers.tracker_featurizers import (
    FullDialogueTrackerFeaturizer,
    MaxHistoryTrackerFeaturizer,
)
from dialogue_nb.policies.keras_network import KerasNetwork
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.lstm import LstmNetwork
from dialogue_nb.policies.validation import hold_out
from tests.library import BORROWING as STORIES
from tests.library import DOMAIN, LISTEN, data_of, did, talk, user


def is_right(policy, data):
    """How often the policy does what the stories do."""
    rights = []
    for tracker in data:
        states = [tracker.states[: i + 1] for i in range(len(tracker.actions))]
        answers = policy.predict_batch(states, DOMAIN).argmax(axis=1)
        rights += [
            DOMAIN.action_names[a] == b for a, b in zip(answers, tracker.actions, strict=True)
        ]
    return np.mean(rights)


class Flat(KerasPolicy):
    """A network of one's own, not compiled."""

    def model_architecture(self, input_shape, output_shape):
        from keras.layers import Dense, Flatten, Input
        from keras.models import Sequential

        return Sequential(
            [
                Input(input_shape),
                Flatten(),
                Dense(16, activation="relu"),
                Dense(output_shape[-1], activation="softmax"),
            ]
        )


class Compiled(Flat):
    """The same, compiled by its author."""

    def model_architecture(self, input_shape, output_shape):
        model = super().model_architecture(input_shape, output_shape)
        model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
        return model


class InTheStyleOf014(KerasPolicy):
    """What the manual of 0.14 shows, with its arguments of Keras 2, compiled or not."""

    compiled = True

    def model_architecture(self, input_shape, output_shape):
        from keras.layers import LSTM, Activation, Dense, Masking, TimeDistributed
        from keras.models import Sequential

        model = Sequential()
        if len(output_shape) == 1:
            model.add(Masking(mask_value=-1, input_shape=input_shape))
            model.add(LSTM(self.rnn_size, dropout=0.2))
            model.add(Dense(input_dim=self.rnn_size, units=output_shape[-1]))
        elif len(output_shape) == 2:
            model.add(Masking(mask_value=-1, input_shape=(None, input_shape[1])))
            model.add(LSTM(self.rnn_size, return_sequences=True, dropout=0.2))
            model.add(TimeDistributed(Dense(units=output_shape[-1])))
        model.add(Activation("softmax"))
        if self.compiled:
            model.compile(
                loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"]
            )
        return model


class NotCompiled(InTheStyleOf014):
    compiled = False


@pytest.fixture(scope="module")
def data():
    return data_of(STORIES)


@pytest.fixture(scope="module")
def trained(data):
    return KerasPolicy(random_seed=7).train(data, DOMAIN)


def test_the_network_of_our_own_learns_the_stories(trained, data):
    assert is_right(trained, data) == 1
    assert isinstance(trained.network_, LstmNetwork)
    assert len(trained.history_["loss"]) == len(trained.history_["accuracy"]) == trained.epochs_
    assert trained.epochs_ == 200
    assert trained.history_["loss"][-1] < 0.2 < trained.history_["loss"][0]
    assert not trained.stopped_


def test_a_prediction_says_what_the_network_saw_and_what_mattered(trained):
    said = trained.predict(talk("", LISTEN, user("farewell")), DOMAIN)
    assert said.best(DOMAIN) == "utter_farewell"
    assert said.probabilities.sum() == pytest.approx(1, abs=1e-5)
    explanation = json.loads(json.dumps(dict(said.explanation)))
    assert explanation["states"][1]["user"] == {"intent": "farewell"}
    first = explanation["influence"][0]
    assert (first["feature"], first["turn"]) in [
        ("intent_farewell", 1),
        ("prev_action_listen", 1),
    ]
    assert first["change"] > 0.1


def test_a_batch_is_answered_as_its_parts(trained, data):
    states = [data[0].states[: i + 1] for i in range(8)]
    together = trained.predict_batch(states, DOMAIN)
    assert together.shape == (8, DOMAIN.num_actions)
    assert together.dtype == np.float64
    alone = np.concatenate([trained.predict_batch([s], DOMAIN) for s in states])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert trained.predict_batch([], DOMAIN).shape == (0, DOMAIN.num_actions)


def test_a_seed_repeats_a_run_exactly_and_another_seed_does_not(data):
    one, again, other = (
        KerasPolicy(epochs=2, random_seed=seed).train(data, DOMAIN) for seed in (1, 1, 2)
    )
    assert one.history_ == again.history_
    for a, b in zip(one.network_.weights, again.network_.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert one.history_ != other.history_


def test_training_leaves_the_generators_of_others_alone(data):
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    KerasPolicy(epochs=1, random_seed=1).train(data, DOMAIN)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_it_learns_from_augmented_dialogues_and_not_from_rules():
    data = data_of(STORIES, augmentation_factor=2)
    policy = KerasPolicy()
    assert set(policy.select(data)) == {*data.originals, *data.augmented}
    assert data.augmented


class Recorder:
    """Remembers what is told after every epoch."""

    def __init__(self):
        self.epochs = []

    def __call__(self, epoch, logs):
        self.epochs.append((epoch, dict(logs)))


def test_the_hook_hears_of_every_epoch(data):
    hook = Recorder()
    policy = KerasPolicy(epochs=3).train(data, DOMAIN, on_epoch_end=hook)
    assert [epoch for epoch, _ in hook.epochs] == [0, 1, 2]
    assert [logs["loss"] for _, logs in hook.epochs] == policy.history_["loss"]
    assert set(hook.epochs[0][1]) == {"loss", "accuracy"}


def test_parameters_of_train_go_before_those_of_the_policy(data):
    policy = KerasPolicy(epochs=9).train(data, DOMAIN, epochs=2, batch_size=4)
    assert len(policy.history_["loss"]) == policy.epochs_ == 2
    assert policy.epochs == 9


@pytest.mark.parametrize("cls", [KerasPolicy, Flat, Compiled])
def test_whole_stories_are_held_out_and_tried_after_every_epoch(data, cls):
    hook = Recorder()
    policy = cls(epochs=2, validation_split=0.3, random_seed=1)
    policy.train(data, DOMAIN, on_epoch_end=hook)
    assert set(policy.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 2 for values in policy.history_.values())
    _, held_out = hold_out(data, 0.3, np.random.default_rng(1))
    assert policy.history_["val_accuracy"][-1] == pytest.approx(is_right(policy, held_out))


def test_the_compiled_epochs_and_keras_own_loop_learn_the_same(data):
    """Without dropout, from the same start, in the same order: the same numbers."""
    from dialogue_nb.policies.keras_backend import import_keras

    class HearsOfBatches(import_keras().callbacks.Callback):
        batches = 0

        def on_train_batch_end(self, batch, logs=None):
            self.batches += 1

    heard = HearsOfBatches()
    settings = {"epochs": 3, "batch_size": 4, "dropout": 0.0, "random_seed": 5}
    settings["validation_split"] = 0.3
    quick = KerasPolicy(**settings).train(data, DOMAIN)
    fitted = KerasPolicy(**settings).train(data, DOMAIN, callbacks=[heard])
    assert heard.batches == 3 * 3
    assert set(quick.history_) == set(fitted.history_)
    for name, values in quick.history_.items():
        np.testing.assert_allclose(values, fitted.history_[name], rtol=1e-3, err_msg=name)
    for a, b in zip(quick.network_.weights, fitted.network_.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4)


# stopping


def test_stopping_in_another_thread_keeps_what_was_learnt(data):
    policy, hook = KerasPolicy(epochs=100_000), Recorder()
    thread = threading.Thread(
        target=policy.train, args=(data, DOMAIN), kwargs={"on_epoch_end": hook}
    )
    thread.start()
    while len(hook.epochs) < 3:
        time.sleep(0.01)
    # it can be asked meanwhile
    assert policy.predict_batch([data[0].states[:2]], DOMAIN).shape == (1, DOMAIN.num_actions)
    policy.stop_training()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert policy.stopped_
    assert 3 <= len(policy.history_["loss"]) < 100_000


@pytest.mark.parametrize("cls", [KerasPolicy, Compiled])
def test_an_event_stops_the_training(data, cls):
    stop = threading.Event()
    policy = cls(epochs=50)
    policy.train(data, DOMAIN, stop=stop, on_epoch_end=lambda epoch, _: epoch == 1 and stop.set())
    # Keras' own loop notices in the middle of the third
    assert len(policy.history_["loss"]) in (2, 3)
    assert policy.stopped_


@pytest.mark.parametrize("cls", [KerasPolicy, Flat, Compiled])
def test_an_interrupt_keeps_the_last_finished_epoch(data, cls):
    weights = []

    def interrupt(epoch, logs):
        weights.append([np.array(w) for w in policy.keras_model().get_weights()])
        if epoch == 1:
            raise KeyboardInterrupt

    policy = cls(epochs=50)
    assert policy.train(data, DOMAIN, on_epoch_end=interrupt) is policy
    assert policy.stopped_
    assert len(policy.history_["loss"]) == 2
    for a, b in zip(policy.keras_model().get_weights(), weights[1], strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_interrupt_before_the_first_epoch_is_over_changes_nothing(data, monkeypatch):
    policy = KerasPolicy(epochs=2).train(data, DOMAIN)
    before = policy.network_

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("dialogue_nb.policies.keras_run._loop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        policy.train(data, DOMAIN)
    assert policy.network_ is before
    assert len(policy.history_["loss"]) == 2


@pytest.mark.parametrize("cls", [KerasPolicy, Compiled])
def test_early_stopping_goes_back_to_the_best_weights(data, cls):
    from dialogue_nb.policies.keras_backend import import_keras

    keras, weights = import_keras(), []
    early = keras.callbacks.EarlyStopping(
        "loss", mode="max", patience=2, restore_best_weights=True
    )  # mode max: the first epoch is the best one

    def remember(epoch, logs):
        weights.append([np.array(w) for w in policy.keras_model().get_weights()])

    policy = cls(epochs=30, random_seed=3)
    policy.train(data, DOMAIN, callbacks=[early], on_epoch_end=remember)
    assert len(policy.history_["loss"]) < 30
    assert not policy.stopped_
    best = int(np.argmax(policy.history_["loss"]))
    for a, b in zip(policy.keras_model().get_weights(), weights[best], strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_callback_may_change_the_learning_rate(data):
    from dialogue_nb.policies.keras_backend import import_keras

    never = import_keras().callbacks.LearningRateScheduler(lambda epoch, rate: 0.0)
    policy = KerasPolicy(epochs=3, decay_learning_rate=False, dropout=0.0, random_seed=1)
    policy.train(data, DOMAIN, callbacks=[never])
    assert policy.history_["loss"] == pytest.approx([policy.history_["loss"][0]] * 3, rel=1e-5)


# architectures


@pytest.mark.parametrize("cls", [Flat, InTheStyleOf014, NotCompiled])
def test_an_architecture_of_ones_own_learns_the_stories(data, cls):
    policy = cls(epochs=150, learning_rate=0.01, random_seed=2).train(data, DOMAIN)
    assert isinstance(policy.network_, KerasNetwork)
    assert policy.history_["loss"][-1] < policy.history_["loss"][0]
    if cls is not InTheStyleOf014:  # its own optimizer is a slow one
        assert is_right(policy, data) == 1


def test_ten_thousand_windows_are_answered_at_once_by_an_architecture_of_ones_own(data):
    policy = Flat(epochs=1).train(data, DOMAIN)
    states = [data[0].states[: 1 + i % 8] for i in range(10_000)]
    answers = policy.predict_batch(states, DOMAIN)
    assert answers.shape == (10_000, DOMAIN.num_actions)
    np.testing.assert_allclose(answers[-1], policy.predict_batch(states[-1:], DOMAIN)[0], atol=1e-6)


class NoModel(KerasPolicy):
    def model_architecture(self, input_shape, output_shape):
        return Flat.model_architecture(self, input_shape, output_shape).compile()


class TooSmall(KerasPolicy):
    def model_architecture(self, input_shape, output_shape):
        return Flat.model_architecture(self, input_shape, (5,))


def test_an_architecture_that_does_not_fit_is_refused(data):
    with pytest.raises(PolicyConfigError, match="must return a Keras model, got NoneType"):
        NoModel().train(data, DOMAIN)
    with pytest.raises(PolicyConfigError, match=r"to 19 probabilities, .* \(None, 5\)"):
        TooSmall().train(data, DOMAIN)


# whole dialogues


@pytest.mark.parametrize("cls", [KerasPolicy, NotCompiled])
def test_whole_dialogues_are_learnt_step_by_step(data, cls):
    policy = cls(FullDialogueTrackerFeaturizer(), epochs=150, random_seed=4)
    policy.train(data, DOMAIN)
    assert is_right(policy, data) == 1
    assert policy.history_["accuracy"][-1] > 0.9
    states = [data[0].states[: n + 1] for n in range(7)]
    together = policy.predict_batch(states, DOMAIN)
    alone = np.concatenate([policy.predict_batch([s], DOMAIN) for s in states])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_padded_steps_of_a_dialogue_count_for_nothing(data):
    """The loss of the first epoch, worked out from the network it begins with."""
    policy = KerasPolicy(
        FullDialogueTrackerFeaturizer(), epochs=1, dropout=0.0, learning_rate=1e-9, random_seed=6
    ).train(data, DOMAIN)
    examples = policy.window_featurizer.featurize_trackers(data, DOMAIN)
    answers = policy.network_.forward(examples.X)
    there = examples.labels >= 0
    likely = answers[there, examples.labels[there]]
    assert there.sum() < examples.labels.size
    assert policy.history_["loss"][0] == pytest.approx(-np.log(likely).mean(), rel=1e-4)
    hits = answers[there].argmax(axis=1) == examples.labels[there]
    assert policy.history_["accuracy"][0] == pytest.approx(hits.mean())


def test_the_whole_history_can_be_the_window(data):
    policy = KerasPolicy(max_history=None, epochs=150, random_seed=1).train(data, DOMAIN)
    assert is_right(policy, data) == 1


@pytest.mark.parametrize(
    ("cls", "whole", "seed"),
    # by these seeds the longest dialogue is, and is not, among those that are held out
    [(KerasPolicy, True, 11), (KerasPolicy, True, 2), (Compiled, False, 2), (Flat, False, 2)],
)
def test_held_out_dialogues_may_be_longer_or_shorter_than_the_others(data, cls, whole, seed):
    featurizer = FullDialogueTrackerFeaturizer() if whole else None
    policy = cls(featurizer, max_history=None, epochs=1, validation_split=0.3, random_seed=seed)
    policy.train(data, DOMAIN)
    learnt, held_out = hold_out(data, 0.3, np.random.default_rng(seed))
    longest = [max(len(tracker.actions) for tracker in part) for part in (learnt, held_out)]
    assert (longest[0] < longest[1]) is (seed == 11)
    assert policy.history_["val_accuracy"][0] == pytest.approx(is_right(policy, held_out))


# saving


def same_answers(one, other, data):
    states = [data[0].states[: n + 1] for n in range(9)]
    np.testing.assert_allclose(
        one.predict_batch(states, DOMAIN), other.predict_batch(states, DOMAIN), atol=1e-6
    )


@pytest.mark.parametrize(
    ("cls", "whole"),
    [(KerasPolicy, False), (KerasPolicy, True), (Flat, False), (NotCompiled, True)],
)
def test_a_policy_answers_the_same_when_saved_and_loaded(data, tmp_path, cls, whole):
    featurizer = FullDialogueTrackerFeaturizer() if whole else MaxHistoryTrackerFeaturizer(None, 3)
    policy = cls(featurizer, epochs=2, rnn_size=8).train(data, DOMAIN)
    policy.persist(tmp_path)
    loaded = cls.load(tmp_path)
    same_answers(policy, loaded, data)
    assert loaded.get_params() == policy.get_params()
    assert loaded.history_ == policy.history_
    assert (loaded.epochs_, loaded.stopped_) == (2, False)
    loaded.persist(tmp_path / "again")
    same_answers(policy, cls.load(tmp_path / "again"), data)


LOADING = """
import json, sys
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.trackers import DialogueStateTracker
from tests.library import DOMAIN, LISTEN, talk, user
policy = KerasPolicy.load(sys.argv[1])
said = policy.predict(talk("", LISTEN, user("farewell")), DOMAIN)
loaded = sorted({name.split(".")[0] for name in sys.modules})
print(json.dumps([said.probabilities.tolist(), loaded]))
"""


def test_loading_and_asking_needs_neither_keras_nor_a_backend(trained, tmp_path):
    trained.persist(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", LOADING, str(tmp_path)], capture_output=True, text=True, check=True
    )
    probabilities, modules = json.loads(done.stdout)
    assert not {"keras", "jax", "tensorflow", "torch", "sklearn"} & set(modules)
    said = trained.predict(talk("", LISTEN, user("farewell")), DOMAIN)
    np.testing.assert_allclose(probabilities, said.probabilities, atol=1e-6)


def test_the_saved_model_is_an_ordinary_keras_model(trained, tmp_path, data):
    from dialogue_nb.policies.keras_backend import import_keras

    trained.persist(tmp_path)
    model = import_keras().saving.load_model(tmp_path / "model.keras")
    x = trained.window_featurizer.encode([data[0].states[:4]], DOMAIN)
    answers = trained.predict_batch([data[0].states[:4]], DOMAIN)
    np.testing.assert_allclose(model.predict(x, verbose=0), answers, atol=1e-5)


class WithLambda(KerasPolicy):
    def model_architecture(self, input_shape, output_shape):
        from keras import Sequential, layers

        return Sequential(
            [
                layers.Input(input_shape),
                layers.Lambda(lambda x: x[:, -1]),
                layers.Dense(output_shape[-1], activation="softmax"),
            ]
        )


def test_a_model_with_code_in_it_is_not_saved(data, tmp_path):
    policy = WithLambda(epochs=1).train(data, DOMAIN)
    with pytest.raises(ModelError, match="it has a Lambda layer"):
        policy.persist(tmp_path)


def test_a_model_file_with_code_in_it_is_not_loaded(data, tmp_path):
    Flat(epochs=1).train(data, DOMAIN).persist(tmp_path)
    WithLambda(epochs=1).train(data, DOMAIN).keras_model().save(tmp_path / "model.keras")
    with pytest.raises(ModelError, match="Lambda layers are not loaded"):
        Flat.load(tmp_path)


def test_damaged_folders_are_refused(trained, data, tmp_path):
    with pytest.raises(ModelError, match="No saved policy can be read"):
        KerasPolicy.load(tmp_path)
    trained.persist(tmp_path)
    (tmp_path / "lstm.npz").unlink()
    with pytest.raises(ModelError, match="No arrays can be read"):
        KerasPolicy.load(tmp_path)
    body = json.loads((tmp_path / "policy.json").read_text())
    (tmp_path / "policy.json").write_text(json.dumps(body | {"history": [1]}))
    with pytest.raises(ModelError, match="is damaged"):
        KerasPolicy.load(tmp_path)
    Flat(epochs=1).train(data, DOMAIN).persist(tmp_path)
    (tmp_path / "model.keras").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match=r"No model can be read from '.*model\.keras'"):
        Flat.load(tmp_path)
    (tmp_path / "model.keras").unlink()
    with pytest.raises(ModelError, match="there is no such file"):
        Flat.load(tmp_path)


# what goes wrong


def test_an_untrained_policy_says_so(tmp_path):
    with pytest.raises(NotTrainedError, match="KerasPolicy has not been trained"):
        KerasPolicy().predict(talk("", LISTEN), DOMAIN)
    with pytest.raises(NotTrainedError, match="has not been trained"):
        KerasPolicy().persist(tmp_path)


def test_without_dialogues_there_is_no_opinion(tmp_path):
    policy = KerasPolicy().train([], DOMAIN)
    assert not policy.predict(talk("", LISTEN), DOMAIN).probabilities.any()
    policy.persist(tmp_path)
    loaded = KerasPolicy.load(tmp_path)
    assert not loaded.predict(talk("", LISTEN), DOMAIN).probabilities.any()
    with pytest.raises(NotTrainedError, match="no dialogues to learn from"):
        loaded.keras_model()


def test_another_domain_is_refused(trained):
    other = Domain.from_yaml("{intents: [farewell], actions: [utter_farewell]}")
    with pytest.raises(
        ModelError, match=r"trained for \d+ features and 19 actions.*Train it again"
    ):
        trained.predict(talk("", LISTEN, domain=other), other)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"epochs": 0}, "epochs must be a whole number from 1"),
        ({"batch_size": 2.5}, "batch_size must be a whole number from 1"),
        ({"validation_split": 1.0}, "validation_split must be from 0 to below 1"),
        ({"validation_split": 0.9}, "of 3 stories leaves none to learn from"),
        ({"optimizer": "adm"}, "optimizer='adm' with learning_rate=0.01 cannot be used"),
    ],
)
def test_wrong_parameters_are_refused_when_it_is_trained(data, parameters, message):
    with pytest.raises(PolicyConfigError, match=message):
        KerasPolicy(**parameters).train(data, DOMAIN)


def test_a_backend_that_is_not_installed_is_named():
    code = "from dialogue_nb.policies.keras_backend import import_keras; import_keras()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"KERAS_BACKEND": "nonsense"},
        capture_output=True,
        text=True,
    )
    assert "PolicyConfigError" in done.stderr
    assert "backend 'nonsense'" in done.stderr


QUICK_START = """
import sys
from dialogue_nb.policies.keras_backend import backend_name, import_keras
keras = import_keras(without_helpers=True)
left_out = {"matplotlib", "pandas", "sklearn"} - set(sys.modules)
import matplotlib, pandas, sklearn
print(backend_name(), sorted(left_out), keras.Sequential.__name__)
"""


def test_keras_can_be_imported_without_the_helpers_of_its_plots():
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", QUICK_START],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[0] == "jax ['matplotlib', 'pandas', 'sklearn'] Sequential"
    assert done.stderr == ""


# holding out


def test_a_held_out_story_is_in_no_dialogue_to_learn_from():
    data = data_of(STORIES, augmentation_factor=3)
    training, held_out = hold_out(data, 0.3, np.random.default_rng(2))
    (name,) = (tracker.name for tracker in held_out)
    assert all(name not in tracker.stories for tracker in training)
    assert any(tracker.is_augmented for tracker in training)
    assert {t.name for t in training if not t.is_augmented} == {
        t.name for t in data.originals if t.name != name
    }


def test_dialogues_of_several_steps_are_held_out_as_a_whole():
    """A dialogue that shares only its beginning with the held-out one stays."""
    data = data_of(
        "## start\n* ask_book\n  - utter_ask_book\n> asked\n\n"
        "## one\n> asked\n* farewell\n  - utter_farewell\n\n"
        "## two\n> asked\n* reserve_book\n  - utter_found\n"
    )
    training, held_out = hold_out(data, 0.5, np.random.default_rng(0))
    assert len(training) == len(held_out) == 1
    assert training[0].stories[0] == held_out[0].stories[0] == "start"


def test_ordinary_trackers_can_be_learnt_from():
    tracker = talk("chat", LISTEN, user("farewell"), did("utter_farewell"), LISTEN)
    policy = KerasPolicy(epochs=100, random_seed=1).train([tracker], DOMAIN)
    states = prediction_states(tracker.branch(2), DOMAIN)
    answer = policy.predict_batch([states], DOMAIN)[0]
    assert DOMAIN.action_names[answer.argmax()] == "utter_farewell"
