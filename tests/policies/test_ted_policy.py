"""TEDPolicy: learning, Rasa's parameters, looking inside, architectures of one's own, saving."""

import json
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import ModelError, NotTrainedError, PolicyConfigError
from dialogue_nb.core.states import prediction_states
from dialogue_nb.featurizers.single_state import LabelTokenizerSingleStateFeaturizer
from dialogue_nb.featurizers.tracker_featurizers import (
    FullDialogueTrackerFeaturizer,
    MaxHistoryTrackerFeaturizer,
)
from dialogue_nb.policies.config import parse_config
from dialogue_nb.policies.keras_network import KerasNetwork
from dialogue_nb.policies.parameters import parameters_of
from dialogue_nb.policies.ted_network import TedNetwork
from dialogue_nb.policies.ted_policy import TEDPolicy, ranked
from dialogue_nb.policies.ted_settings import NO_DIFFERENCE
from tests.library import BORROWING as STORIES
from tests.library import DOMAIN, LISTEN, data_of, talk, user

# small, and the same for as many tests as possible: what was compiled once is used again
SMALL = {
    "max_history": 4,
    "transformer_size": 16,
    "number_of_attention_heads": 2,
    "encoding_dimension": 12,
    "random_seed": 5,
}


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


@pytest.fixture(scope="module")
def data():
    return data_of(STORIES)


@pytest.fixture(scope="module")
def trained(data):
    return TEDPolicy(**SMALL, epochs=200).train(data, DOMAIN)


def test_it_learns_the_stories(trained, data):
    assert is_right(trained, data) == 1
    assert isinstance(trained.network_, TedNetwork)
    assert trained.epochs_ == len(trained.history_["loss"]) == len(trained.history_["accuracy"])
    # what is shown is the cross-entropy, as for KerasPolicy
    assert trained.history_["loss"][0] == pytest.approx(np.log(DOMAIN.num_actions), rel=0.4)
    assert trained.history_["loss"][-1] < 0.3
    assert not trained.stopped_


def test_the_number_of_epochs_is_chosen_if_nobody_says_it(data):
    stop = threading.Event()
    stop.set()
    policy = TEDPolicy(**SMALL).train(data, DOMAIN, stop=stop)
    assert (policy.epochs_, len(policy.history_["loss"]), policy.stopped_) == (200, 1, True)


def test_a_batch_is_answered_as_its_parts(trained, data):
    states = [data[0].states[: i + 1] for i in range(8)]
    together = trained.predict_batch(states, DOMAIN)
    assert together.shape == (8, DOMAIN.num_actions)
    assert together.dtype == np.float64
    alone = np.concatenate([trained.predict_batch([s], DOMAIN) for s in states])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert trained.answers_in_batches


def test_a_seed_repeats_a_run_exactly_and_another_seed_does_not(data):
    one, again, other = (
        TEDPolicy(**(SMALL | {"random_seed": seed}), epochs=2).train(data, DOMAIN)
        for seed in (1, 1, 2)
    )
    assert one.history_ == again.history_
    for name, weight in one.network_.weights.items():
        np.testing.assert_array_equal(weight, again.network_.weights[name], err_msg=name)
    assert one.history_ != other.history_


def test_what_is_no_connection_stays_none(data):
    drawn = TEDPolicy(**SMALL, epochs=1).train(data, DOMAIN).network_.weights
    learnt = TEDPolicy(**SMALL, epochs=3).train(data, DOMAIN).network_.weights
    for name in ("block_0_widen/kernel", "embed_turn/kernel", "encode_intent/kernel"):
        none = drawn[name] == 0
        assert 0.5 < none.mean() < 0.85, name
        np.testing.assert_array_equal(none, learnt[name] == 0, err_msg=name)
        assert np.abs(drawn[name] - learnt[name]).max() > 0
    assert not (learnt["embed_dialogue/kernel"] == 0).any()


def test_whole_stories_are_held_out_and_tried_after_every_epoch(data):
    policy = TEDPolicy(**SMALL, epochs=2, validation_split=0.3).train(data, DOMAIN)
    assert set(policy.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 2 for values in policy.history_.values())


def test_the_compiled_epochs_and_keras_own_loop_learn_the_same(data):
    """Without anything drawn, from the same start, in the same order: the same numbers."""
    from dialogue_nb.policies.keras_backend import import_keras

    class HearsOfBatches(import_keras().callbacks.Callback):
        batches = 0

        def on_train_batch_end(self, batch, logs=None):
            self.batches += 1

    heard = HearsOfBatches()
    settings = SMALL | {"epochs": 2, "batch_size": 4, "drop_rate_dialogue": 0.0}
    settings |= {"number_of_negative_examples": None}
    quick = TEDPolicy(**settings).train(data, DOMAIN)
    fitted = TEDPolicy(**settings).train(data, DOMAIN, callbacks=[heard])
    assert heard.batches >= 2 * 2
    assert set(quick.history_) == set(fitted.history_)
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(
            quick.history_[name], fitted.history_[name], rtol=2e-2, err_msg=name
        )


def test_stopping_in_another_thread_keeps_what_was_learnt(data):
    heard = []
    policy = TEDPolicy(**SMALL, epochs=4_000)
    thread = threading.Thread(
        target=policy.train,
        args=(data, DOMAIN),
        kwargs={"on_epoch_end": lambda epoch, logs: heard.append(epoch)},
    )
    thread.start()
    while len(heard) < 3:
        time.sleep(0.01)
    assert policy.predict_batch([data[0].states[:2]], DOMAIN).shape == (1, DOMAIN.num_actions)
    policy.stop_training()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert policy.stopped_
    assert heard == list(range(len(policy.history_["loss"])))


# featurizers


@pytest.mark.parametrize(
    "featurizer",
    [
        FullDialogueTrackerFeaturizer(),
        MaxHistoryTrackerFeaturizer(LabelTokenizerSingleStateFeaturizer(), 3),
    ],
)
def test_whole_dialogues_and_names_cut_into_words_are_learnt_too(data, featurizer):
    policy = TEDPolicy(featurizer, **SMALL, epochs=250).train(data, DOMAIN)
    assert is_right(policy, data) == 1
    states = [data[0].states[: n + 1] for n in range(7)]
    alone = np.concatenate([policy.predict_batch([s], DOMAIN) for s in states])
    np.testing.assert_allclose(policy.predict_batch(states, DOMAIN), alone, atol=1e-5)
    assert policy.dialogue_embeddings(states, DOMAIN).shape == (7, 20)


def test_actions_are_told_apart_by_the_words_of_their_names(data):
    words = MaxHistoryTrackerFeaturizer(LabelTokenizerSingleStateFeaturizer(), 3)
    policy = TEDPolicy(words, **SMALL, epochs=1).train(data, DOMAIN)
    features = policy.network_.weights["ted/action_features"]
    ask_book, ask_day = (
        features[DOMAIN.index_for_action(name)] for name in ("utter_ask_book", "utter_ask_day")
    )
    assert ask_book @ ask_day == 2
    assert ask_book.sum() == 3


# Rasa's parameters


def test_the_names_and_defaults_of_the_parameters_are_those_of_rasa():
    params = TEDPolicy().get_params()
    assert params["max_history"] is None
    expected = {
        "encoding_dimension": 50, "number_of_attention_heads": 4, "embedding_dimension": 20,
        "number_of_negative_examples": 20, "connection_density": 0.2, "drop_rate_dialogue": 0.1,
        "regularization_constant": 0.001, "scale_loss": True, "constrain_similarities": False,
        "learning_rate": 0.001, "batch_strategy": "balanced", "similarity_type": "auto",
        "maximum_positive_similarity": 0.8, "maximum_negative_similarity": -0.2,
        "negative_margin_scale": 0.8, "ranking_length": 0, "max_relative_position": 5,
    }  # fmt: skip
    assert {name: params[name] for name in expected} == expected
    meanings = {parameter.name: parameter.meaning for parameter in parameters_of(TEDPolicy)}
    assert all(meanings.values())


CONFIG = """
policies:
- name: TEDPolicy
  max_history: 4
  epochs: 100
  batch_size: [16, 48]
  transformer_size: {dialogue: 24}
  dense_dimension: {intent: 7}
  constrain_similarities: true
  entity_recognition: false
  use_gpu: true
  model_confidence: softmax
"""


def test_a_config_of_rasa_works_as_it_is():
    policies, found = parse_config(CONFIG)
    assert [one.code for one in found] == ["C106", "C106"]
    (policy,) = policies
    assert (policy.max_history, policy.epochs, policy.batch_size) == (4, 100, [16, 48])
    dense, size, layers = policy._sizes()
    assert (dense["intent"], dense["slots"], size, layers) == (7, 20, 24, 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("entity_recognition: true", "'entity_recognition' makes no difference: no entities"),
        ("tensorboard_log_directory: logs", "makes no difference: nothing is written"),
        ("evaluate_on_number_of_examples: 10", "set validation_split"),
        ("checkpoint_model: true", "goes back to the best weights"),
        ("transformer_size: {text: 64}", "transformer_size for text makes no difference"),
        ("dense_dimension: {intents: 5}", "no part 'intents'. Did you mean 'intent'"),
        ("batch_size: [8, large]", r"batch_size must be .*got \[8, 'large'\]"),
        ("loss_type: softmax", "loss_type must be one of 'cross_entropy', 'margin', got 'softmax'"),
        ("drop_rate: 1.0", "drop_rate must be a number from 0 to below 1, got 1.0"),
        ("transformer_size: 30", "must be a multiple of number_of_attention_heads, got 30 and 4"),
        ("conection_density: 0.5", "has no parameter 'conection_density'"),
    ],
)
def test_what_cannot_be_used_and_what_makes_no_difference_are_errors(line, message):
    policies, found = parse_config(f"policies:\n- name: TEDPolicy\n  {line}\n")
    assert not policies
    (error,) = found
    assert error.severity == "error"
    assert re.search(message, str(error))


def test_no_parameter_is_both_there_and_without_any_difference():
    assert not set(NO_DIFFERENCE) & set(TEDPolicy().get_params())


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"epochs": 0}, "epochs must be a whole number from 1"),
        ({"batch_size": 2.5}, "batch_size must be a whole number from 1"),
        ({"embedding_dimension": "20"}, "embedding_dimension must be .* got '20'"),
        ({"number_of_transformer_layers": {"dialogue": 0}}, "number_of_transformer_layers must be"),
        ({"optimizer": "adm"}, "optimizer must be one of"),
    ],
)
def test_wrong_parameters_are_refused_when_it_is_trained(data, parameters, message):
    with pytest.raises(PolicyConfigError, match=message):
        TEDPolicy(**parameters).train(data, DOMAIN)


@pytest.mark.parametrize(
    "parameters",
    [
        {"loss_type": "margin"},
        {"similarity_type": "cosine", "constrain_similarities": True},
        {
            "drop_rate": 0.1,
            "drop_rate_label": 0.1,
            "drop_rate_attention": 0.1,
            "number_of_transformer_layers": 2,
            "use_key_relative_attention": True,
            "use_value_relative_attention": True,
            "batch_strategy": "sequence",
        },
    ],
)
def test_it_learns_with_other_parameters(data, parameters):
    settings = SMALL | {"epochs": 40, "learning_rate": 0.01} | parameters
    policy = TEDPolicy(**settings).train(data, DOMAIN)
    assert policy.history_["accuracy"][-1] > 0.6 > policy.history_["accuracy"][0]
    cosine = policy.network_.shape.cosine
    assert cosine is (
        parameters.get("similarity_type", "auto") == "cosine" or "loss_type" in parameters
    )
    lengths = np.linalg.norm(policy.action_embeddings(), axis=1)
    assert (np.abs(lengths - 1) < 1e-5).all() == cosine


def test_only_the_likeliest_actions_keep_their_probability(trained, data):
    states = [data[0].states[:2], data[0].states[:3]]
    everything = trained.predict_batch(states, DOMAIN)
    short = TEDPolicy(**SMALL, ranking_length=3)
    short.network_ = trained.network_
    rows = short.predict_batch(states, DOMAIN)
    assert ((rows > 0).sum(axis=1) == 3).all()
    np.testing.assert_array_equal(rows[rows > 0], everything[rows > 0])
    assert rows.max() == everything.max()
    short.renormalize_confidences = True
    np.testing.assert_allclose(short.predict_batch(states, DOMAIN).sum(axis=1), 1)
    np.testing.assert_array_equal(ranked(rows, 0, renormalize=True), rows)


# looking inside


def test_attention_is_told_by_layer_head_and_turn(trained, data):
    attention = trained.attention(data[0].states[:3], DOMAIN)
    assert attention.shape == (1, 2, 3, 3)
    assert attention.dtype == np.float32
    np.testing.assert_allclose(attention.sum(axis=-1), 1, atol=1e-6)
    # no more turns than the policy sees
    assert trained.attention(data[0].states[:7], DOMAIN).shape == (1, 2, 4, 4)
    tracker = talk("", LISTEN, user("farewell"))
    np.testing.assert_array_equal(
        trained.attention(tracker, DOMAIN),
        trained.attention(prediction_states(tracker, DOMAIN), DOMAIN),
    )


def test_embeddings_say_what_the_answer_is_read_off(trained, data):
    states = [data[0].states[: n + 1] for n in range(5)]
    actions, dialogues = trained.action_embeddings(), trained.dialogue_embeddings(states, DOMAIN)
    assert actions.shape == (DOMAIN.num_actions, 20)
    assert dialogues.shape == (5, 20)
    scores = np.exp(dialogues @ actions.T)
    expected = scores / scores.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(trained.predict_batch(states, DOMAIN), expected, atol=1e-5)


def test_a_prediction_says_what_the_network_saw_what_mattered_and_where_it_looked(trained):
    said = trained.predict(talk("", LISTEN, user("farewell")), DOMAIN)
    assert said.best(DOMAIN) == "utter_farewell"
    explanation = json.loads(json.dumps(dict(said.explanation)))
    assert explanation["states"][1]["user"] == {"intent": "farewell"}
    names = {item["feature"] for item in explanation["influence"][:2]}
    assert names <= {"intent_farewell", "prev_action_listen"}
    assert np.shape(explanation["attention"]) == (1, 2, 2)
    np.testing.assert_allclose(np.sum(explanation["attention"], axis=-1), 1, atol=1e-6)


# architectures of one's own


class Wider(TEDPolicy):
    """The policy's own network with another number of layers, made by hand."""

    def model_architecture(self, input_shape, output_shape):
        from dialogue_nb.policies.ted_model import TedModel
        from dialogue_nb.policies.ted_shape import TedTraining

        model = super().model_architecture(input_shape, output_shape)
        shape = model.ted_shape.as_dict() | {"layers": 2}
        return TedModel(shape, model.action_features, TedTraining(connection_density=1.0), 4)


class Flat(TEDPolicy):
    """Another network altogether."""

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


@pytest.mark.parametrize(("cls", "kind"), [(Wider, TedNetwork), (Flat, KerasNetwork)])
def test_an_architecture_of_ones_own_learns_and_is_saved(data, tmp_path, cls, kind):
    policy = cls(**(SMALL | {"learning_rate": 0.01}), epochs=60).train(data, DOMAIN)
    assert isinstance(policy.network_, kind)
    assert is_right(policy, data) == 1
    policy.persist(tmp_path)
    states = [data[0].states[: n + 1] for n in range(9)]
    loaded = cls.load(tmp_path).predict_batch(states, DOMAIN)
    np.testing.assert_allclose(loaded, policy.predict_batch(states, DOMAIN), atol=1e-6)
    if kind is TedNetwork:
        assert policy.attention(states[1], DOMAIN).shape == (2, 2, 2, 2)
    else:
        assert "attention" not in policy.explain(states[1], DOMAIN)
        with pytest.raises(ModelError, match="a network of its own architecture"):
            policy.attention(states[1], DOMAIN)


def test_the_network_can_be_had_as_a_keras_model(trained, data):
    x = trained.window_featurizer.encode([data[0].states[:4]], DOMAIN)
    answers = trained.keras_model().predict_on_batch(x)
    np.testing.assert_allclose(
        answers["probabilities"], trained.predict_batch([data[0].states[:4]], DOMAIN), atol=1e-5
    )


# saving


def test_a_policy_answers_the_same_when_saved_and_loaded(trained, data, tmp_path):
    trained.persist(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["policy.json", "ted.npz"]
    loaded = TEDPolicy.load(tmp_path)
    states = [data[0].states[: n + 1] for n in range(9)]
    np.testing.assert_array_equal(
        loaded.predict_batch(states, DOMAIN), trained.predict_batch(states, DOMAIN)
    )
    assert loaded.get_params() == trained.get_params()
    assert loaded.history_ == trained.history_


LOADING = """
import json, sys
from dialogue_nb.policies.ted_policy import TEDPolicy
from tests.library import DOMAIN, LISTEN, talk, user
policy = TEDPolicy.load(sys.argv[1])
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


# what goes wrong


def test_an_untrained_policy_says_so():
    with pytest.raises(NotTrainedError, match="TEDPolicy has not been trained"):
        TEDPolicy().predict(talk("", LISTEN), DOMAIN)
    with pytest.raises(NotTrainedError, match="has not been trained"):
        TEDPolicy().action_embeddings()
    with pytest.raises(NotTrainedError, match="makes its network when it is trained"):
        TEDPolicy().model_architecture((5, 3), (7,))


def test_without_dialogues_there_is_no_opinion(tmp_path):
    policy = TEDPolicy().train([], DOMAIN)
    assert not policy.predict(talk("", LISTEN), DOMAIN).probabilities.any()
    policy.persist(tmp_path)
    assert not TEDPolicy.load(tmp_path).predict(talk("", LISTEN), DOMAIN).probabilities.any()
    with pytest.raises(NotTrainedError, match="no dialogues to learn from"):
        policy.keras_model()


def test_another_domain_is_refused(trained):
    other = Domain.from_yaml("{intents: [farewell], actions: [utter_farewell]}")
    with pytest.raises(ModelError, match=r"trained for \d+ features and 19 actions"):
        trained.predict(talk("", LISTEN, domain=other), other)
