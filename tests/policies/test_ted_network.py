"""The network of TEDPolicy: NumPy answers as the Keras model does; what it attends to; its loss."""

import time

import numpy as np
import pytest

from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.policies.keras_backend import import_keras
from dialogue_nb.policies.ted_network import TedNetwork, distances, expected_weights, gelu
from dialogue_nb.policies.ted_shape import Attribute, TedShape, TedTraining

FEATURES, ACTIONS = 11, 7
ATTRIBUTES = (
    Attribute("intent", 0, 3, 4),
    Attribute("slots", 3, 5, 3),
    Attribute("action_name", 5, 9, 5),
    Attribute("active_loop", 9, 11, 2),
)
SMALL = {"label_size": 6, "encoding": 9, "units": 8, "heads": 2, "embedding": 5, "reach": 2}


def model_of(training=None, seed=3, **more):
    from dialogue_nb.policies.ted_model import TedModel

    shape = TedShape(ATTRIBUTES, 5, ACTIONS, **(SMALL | more))
    return TedModel(shape, np.eye(ACTIONS), training, seed)


def network_of(model):
    from dialogue_nb.policies import ted_model

    return ted_model.network_of(model, model.get_weights())


def windows(count, steps, seed=0):
    """Windows of zeros and ones, padded on the left by 0 to steps - 1 turns."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (count, steps, FEATURES)).astype(np.float32)
    for i, row in enumerate(x):
        row[: i % steps] = -1
    return x


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"layers": 2, "relative_keys": True, "relative_values": True},
        {"cosine": True, "every_step": True, "relative_keys": True, "layers": 2},
    ],
)
def test_numpy_answers_as_keras_does(more):
    model = model_of(**more)
    # biases, and what begins as 0 or 1, as if something had been learnt
    rng = np.random.default_rng(1)
    model.set_weights(
        [
            weight if "connections" in variable.path else weight + rng.normal(0, 0.1, weight.shape)
            for variable, weight in zip(model.weights, model.get_weights(), strict=True)
        ]
    )
    x = windows(9, 4)
    if more.get("every_step"):
        x = x[:, ::-1]  # padding at the end
    answer = model.predict_on_batch(x)
    work = network_of(masked(model)).forward_with_work(x)
    real = work.is_real if more.get("every_step") else slice(None)
    for name in ("probabilities", "dialogue"):
        np.testing.assert_allclose(getattr(work, name)[real], answer[name][real], atol=2e-5)
    np.testing.assert_allclose(work.actions, answer["actions"], atol=1e-5)


def masked(model):
    """The model with the kernels as training leaves them: 0 where there is no connection."""
    for variable in model.weights:
        if "connections" in variable.path:
            (kernel,) = [
                w for w in model.weights
                if w.path == variable.path.replace("connections", "kernel")
            ]  # fmt: skip
            kernel.assign(kernel * variable)
    return model


def test_every_attention_sums_up_to_one_and_passes_over_padding():
    network = network_of(model_of(layers=2))
    work = network.forward_with_work(windows(8, 4), all_turns=True)
    assert [weights.shape for weights in work.attention] == [(8, 2, 4, 4)] * 2
    for weights in work.attention:
        np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-6)
        assert not weights[3, :, :, :3].any()
        assert weights[3, :, 3, 3] == pytest.approx(1)
    np.testing.assert_allclose(work.probabilities, network.forward(windows(8, 4)), atol=1e-6)


def test_the_answer_needs_only_the_attention_of_the_last_turn_in_the_last_layer():
    work = network_of(model_of(layers=2)).forward_with_work(windows(8, 4))
    assert [weights.shape for weights in work.attention] == [(8, 2, 4, 4), (8, 2, 1, 4)]


def test_in_a_whole_dialogue_no_turn_sees_a_later_one():
    network = network_of(model_of(every_step=True, layers=2))
    x = windows(1, 5)
    before = network.forward(x)
    x[0, 3:] = 1 - x[0, 3:]
    after = network.forward(x)
    np.testing.assert_array_equal(before[0, :3], after[0, :3])
    assert np.abs(before[0, 3:] - after[0, 3:]).max() > 1e-4
    work = network.forward_with_work(x)
    assert not np.triu(work.attention[0][0, 0], 1).any()


def test_padding_on_the_left_changes_nothing():
    network, x = network_of(model_of(relative_keys=True)), windows(6, 4)
    padding = np.full((6, 3, FEATURES), -1, dtype=np.float32)
    wider = np.concatenate([padding, x], axis=1)
    np.testing.assert_allclose(network.forward(wider), network.forward(x), atol=1e-6)


def test_what_the_user_said_counts_only_after_a_listen():
    network, x = network_of(model_of()), windows(4, 2)
    x[:, :, 5] = 0  # nobody listened
    other = x.copy()
    other[:, :, :3] = np.where(x[:, :, :3] == -1, -1, 1 - x[:, :, :3])
    np.testing.assert_array_equal(network.forward(x), network.forward(other))
    x[:, -1, 5] = other[:, -1, 5] = 1
    assert np.abs(network.forward(x) - network.forward(other)).max() > 1e-4


def test_one_window_gets_the_answer_it_gets_in_a_crowd():
    network, x = network_of(model_of()), windows(1500, 3)
    together = network.forward(x)
    assert together.shape == (1500, ACTIONS)
    np.testing.assert_allclose(together[1100:1101], network.forward(x[1100:1101]), atol=1e-6)
    assert network.forward(x[:0]).shape == (0, ACTIONS)


def test_one_answer_takes_less_than_a_millisecond():
    """Of the size that the policy has if nothing is said: 5 turns, 128 numbers each."""
    network, x = network_of(model_of(units=128, heads=4, encoding=50)), windows(1, 5)
    seconds = []
    for _ in range(300):
        started = time.perf_counter()
        network.forward(x)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.001


def test_a_share_of_the_connections_exists_and_nothing_is_without_any():
    model = model_of(TedTraining(connection_density=0.1), units=32)
    (made,) = [np.asarray(w) for w in model.weights if "block_0_widen/connections" in w.path]
    assert made.shape == (32, 128)
    assert 0.1 < made.mean() < 0.16  # a tenth, and those that leave nothing alone
    assert made.any(axis=0).all()
    assert made.any(axis=1).all()
    kernel = np.asarray(model.blocks[0].widen.kernel)
    assert not kernel[made == 0].any()


def test_relative_positions_end_at_their_reach():
    shape = TedShape(ATTRIBUTES, 5, ACTIONS, reach=2)
    assert distances(shape, 4).tolist() == [[2, 3, 4, 4], [1, 2, 3, 4], [0, 1, 2, 3], [0, 0, 1, 2]]
    causal = TedShape(ATTRIBUTES, 5, ACTIONS, reach=1, every_step=True)
    assert distances(causal, 3).tolist() == [[1, 1, 1], [0, 1, 1], [0, 0, 1]]


def test_gelu_is_the_one_of_keras():
    x = np.linspace(-4, 4, 33, dtype=np.float32)
    expected = np.asarray(import_keras().ops.gelu(x, approximate=True))
    np.testing.assert_allclose(gelu(x), expected, atol=1e-6)


# saving


def test_a_network_is_the_same_when_saved_and_loaded(tmp_path):
    network, x = network_of(model_of(relative_values=True)), windows(5, 3)
    network.save(tmp_path / "ted.npz")
    loaded = TedNetwork.load(tmp_path / "ted.npz")
    assert loaded.shape == network.shape
    np.testing.assert_array_equal(loaded.forward(x), network.forward(x))


def test_files_that_do_not_fit_are_refused(tmp_path):
    file = tmp_path / "ted.npz"
    np.savez(file, kernel=np.ones(3))
    with pytest.raises(ModelError, match="holds no TED network"):
        TedNetwork.load(file)
    network = network_of(model_of())
    network.save(file)
    arrays = dict(np.load(file))
    for name, wrong, message in [
        ("norm/gamma", np.ones(9, np.float32), r"norm/gamma must be float32 of shape \(8,\), got"),
        ("norm/gamma", np.ones(8), "got float64"),
        ("shape", np.array('{"attributes": 5}'), "no shape of a TED network"),
        ("shape", np.array("{"), "holds no TED network"),
    ]:
        np.savez(file, **(arrays | {name: wrong}))
        with pytest.raises(ModelError, match=message):
            TedNetwork.load(file)
    del arrays["embed_turn/kernel"]
    np.savez(file, **arrays)
    with pytest.raises(ModelError, match=r"embed_turn/kernel must be .*, got nothing"):
        TedNetwork.load(file)


def test_the_weights_of_a_model_are_those_that_a_network_expects():
    network = network_of(model_of(layers=2, relative_keys=True))
    shapes = {name: weight.shape for name, weight in network.weights.items()}
    assert shapes == expected_weights(network.shape, ACTIONS)


def test_the_keras_model_can_be_saved_and_loaded_safely(tmp_path):
    keras, model, x = import_keras(), model_of(), windows(5, 3)
    model.save(tmp_path / "ted.keras")
    loaded = keras.saving.load_model(tmp_path / "ted.keras", safe_mode=True)
    np.testing.assert_array_equal(
        loaded.predict_on_batch(x)["probabilities"], model.predict_on_batch(x)["probabilities"]
    )


# the loss


def loss_of(dialogue, actions, labels, weights=None, drawn=None, **settings):
    from dialogue_nb.policies.ted_loss import losses

    answer = {"dialogue": np.float32(dialogue), "actions": np.float32(actions)}
    labels = np.array(labels, dtype=np.int32)
    weights = np.ones(labels.shape, np.float32) if weights is None else np.float32(weights)
    answer |= drawn or {}
    if drawn is None:
        settings.setdefault("number_of_negative_examples", None)
    return np.asarray(losses(answer, labels, weights, TedTraining(**settings)))


DIALOGUES = [[1.0, 0.0], [0.5, 1.0], [0.0, -1.0]]
PLACES = [[2.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]
LABELS = [0, 1, 2]


def similarities():
    """All that the first dialogue is compared with: its own action, and five groups."""
    d, a = np.array(DIALOGUES), np.array(PLACES)
    right = d[0] @ a[0]
    return right, a[1:] @ d[0], d[1:] @ a[0], d[1:] @ d[0], a[1:] @ a[0]


def test_the_cross_entropy_is_that_of_the_right_action_among_everything_else():
    right, *groups = similarities()
    everything = np.concatenate([[right], *groups])
    expected = np.log(np.exp(everything).sum()) - right
    made = loss_of(DIALOGUES, PLACES, LABELS, scale_loss=False)
    assert made.shape == (3,)
    assert made[0] == pytest.approx(expected, rel=1e-5)


def test_constrained_similarities_are_kept_small_one_by_one():
    right, wrong, crossed, dialogues, actions = similarities()
    softmax = np.log(np.exp(np.concatenate([[right], wrong, crossed])).sum()) - right
    each = np.concatenate([[-right], wrong, actions, dialogues, crossed])
    # one term of each group is the example itself: it is masked, and counts in the mean
    expected = softmax + np.log1p(np.exp(each)).sum() / 13
    made = loss_of(DIALOGUES, PLACES, LABELS, scale_loss=False, constrain_similarities=True)
    assert made[0] == pytest.approx(expected, rel=1e-5)


def test_a_scaled_loss_counts_less_what_is_known():
    plain = loss_of([[9.0, 0], [0, 2]], [[9.0, 0], [0, 1]], [0, 1], scale_loss=False)
    scaled = loss_of([[9.0, 0], [0, 2]], [[9.0, 0], [0, 1]], [0, 1], scale_loss=True)
    likely = np.exp(-plain)
    assert likely.max() > 0.5
    np.testing.assert_allclose(scaled, plain * ((1 - likely) / 0.5) ** 4, rtol=1e-4, atol=1e-7)
    unknown = [[0.1, 0], [0, 0.1]], [[0.1, 0], [0, 0.1]], [0, 1]
    np.testing.assert_array_equal(
        loss_of(*unknown, scale_loss=True), loss_of(*unknown, scale_loss=False)
    )


def test_the_margin_is_what_is_missing_to_enough_and_to_little_enough():
    right, wrong, crossed, dialogues, actions = similarities()
    settings = {"loss_type": "margin", "maximum_positive_similarity": 2.5}
    expected = 2.5 - right
    expected += sum(
        scale * max(0, -0.2 + group.max())
        for scale, group in [(1, wrong), (0.8, actions), (0.8, dialogues), (0.8, crossed)]
    )
    made = loss_of(DIALOGUES, PLACES, LABELS, **settings)
    assert made[0] == pytest.approx(expected, rel=1e-5)
    more = loss_of(
        DIALOGUES, PLACES, LABELS, **settings, use_maximum_negative_similarity=False,
        maximum_negative_similarity=1.5,
    )  # fmt: skip
    every = 2.5 - right + np.maximum(0, 1.5 + wrong).sum()
    every += sum(0.8 * max(0, 1.5 + g.max()) for g in (actions, dialogues, crossed))
    assert more[0] == pytest.approx(every, rel=1e-5)


def test_padding_is_compared_with_nothing():
    with_padding = loss_of(
        [[1.0, 0.0], [0.5, 1.0], [7.0, 7.0]], PLACES, [0, 1, 2], weights=[1, 1, 0], scale_loss=False
    )
    without = loss_of(DIALOGUES[:2], PLACES, [0, 1], scale_loss=False)
    np.testing.assert_allclose(with_padding[:2], without, rtol=1e-5)


@pytest.mark.parametrize("pairs", [0, 512])
def test_an_example_may_be_compared_with_what_was_drawn(monkeypatch, pairs):
    monkeypatch.setattr("dialogue_nb.policies.ted_loss.PAIRS_AT_ONCE", pairs)
    drawn = {
        "wrong_actions": np.array([[1, 1], [0, 2], [0, 0]], np.int32),
        "others": np.array([[2, 0], [0, 0], [1, 1]], np.int32),
    }
    right, wrong, crossed, dialogues, actions = similarities()
    picked = [right, wrong[0], wrong[0], crossed[1], dialogues[1], actions[0], actions[0]]
    expected = np.log(np.exp(picked).sum()) - right  # the other one that was drawn is itself
    made = loss_of(DIALOGUES, PLACES, LABELS, drawn=drawn, scale_loss=False)
    assert made[0] == pytest.approx(expected, rel=1e-5)
