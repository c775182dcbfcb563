"""The LSTM in NumPy answers as Keras does, and can be looked into."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.policies.lstm import LstmNetwork, sigmoid, softmax

FEATURES, UNITS, ACTIONS = 6, 4, 3


def network(every_step=False, seed=0, sizes=(FEATURES, UNITS, ACTIONS)):
    """A network with weights large enough that gates open and close."""
    rng = np.random.default_rng(seed)
    drawn = LstmNetwork.drawn(*sizes, every_step=every_step, rng=rng)
    noise = [rng.normal(size=weight.shape).astype(np.float32) for weight in drawn.weights]
    return drawn.with_weights([a + b for a, b in zip(drawn.weights, noise, strict=True)])


def windows(count, steps, seed=0, padding=0.4, features=FEATURES):
    """Windows of zeros and ones with padding anywhere, and one of nothing but padding."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (count, steps, features)).astype(np.float32)
    x[rng.random((count, steps)) < padding] = -1
    x[0] = -1
    return x


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("steps", [1, 5])
def test_numpy_answers_as_keras_does_with_padding_anywhere(every_step, steps):
    from dialogue_nb.policies.keras_backend import import_keras

    keras = import_keras()
    numpy = network(every_step)
    model = keras.Sequential(
        [
            keras.layers.Input((None, FEATURES)),
            keras.layers.Masking(-1),
            keras.layers.LSTM(UNITS, dropout=0.2, return_sequences=every_step),
            keras.layers.Dense(ACTIONS),
            keras.layers.Activation("softmax"),
        ]
    )
    model.set_weights(numpy.weights)
    x = windows(20, steps)
    np.testing.assert_allclose(numpy.forward(x), model.predict(x, verbose=0), atol=1e-5)


@given(st.integers(0, 10_000), st.integers(0, 4))
def test_padding_on_the_left_changes_nothing(seed, width):
    net, x = network(seed=seed), windows(3, 4, seed)
    padding = np.full((3, width, FEATURES), -1, dtype=np.float32)
    padded = np.concatenate([padding, x], axis=1)
    np.testing.assert_allclose(net.forward(padded), net.forward(x), atol=1e-6)


def test_one_window_gets_the_answer_it_gets_in_a_crowd():
    net, x = network(), windows(2500, 3)
    together = net.forward(x)
    assert together.shape == (2500, ACTIONS)
    np.testing.assert_allclose(together[2049:2050], net.forward(x[2049:2050]), atol=1e-6)


def test_no_windows_get_no_answers():
    assert network().forward(windows(2, 3)[:0]).shape == (0, ACTIONS)
    assert network(every_step=True).forward(windows(2, 3)[:0]).shape == (0, 3, ACTIONS)


def test_the_work_is_what_the_answer_was_made_of():
    net, x = network(), windows(7, 5, padding=0)
    work = net.forward_with_work(x)
    assert work.hidden.shape == work.cells.shape == work.forget_gates.shape == (7, 5, UNITS)
    # the equations of the last step, from the record alone
    written = work.input_gates[:, 4] * work.candidates[:, 4]
    np.testing.assert_allclose(
        work.cells[1:, 4], (work.forget_gates[:, 4] * work.cells[:, 3] + written)[1:], atol=1e-6
    )
    shown = work.output_gates[:, 4] * np.tanh(work.cells[:, 4])
    np.testing.assert_allclose(work.hidden[1:, 4], shown[1:], atol=1e-6)
    np.testing.assert_allclose(
        work.logits, work.hidden[:, 4] @ net.dense_kernel + net.dense_bias, atol=1e-6
    )
    np.testing.assert_array_equal(work.probabilities, net.forward(x))


def test_the_first_window_of_nothing_but_padding_leaves_the_state_at_zero():
    work = network(every_step=True).forward_with_work(windows(2, 3))
    assert not work.is_real[0].any()
    assert not work.hidden[0].any()
    assert not work.cells[0].any()


def test_a_network_of_constant_weights_computes_what_can_be_worked_out_by_hand():
    ones = [np.ones(shape, np.float32) for shape in [(2, 4), (1, 4), (4,), (1, 2), (2,)]]
    net = LstmNetwork(*ones)
    net = net.with_weights([*ones[:3], np.array([[1, 3]], np.float32), ones[4]])
    x = np.array([[[1, 0]]], dtype=np.float32)  # the four sums are 1 + 1 = 2
    cell = sigmoid(np.float32(2)) * np.tanh(2)  # 0.849112
    hidden = sigmoid(np.float32(2)) * np.tanh(cell)  # 0.608292
    expected = 1 / (1 + np.exp(-2 * hidden))  # the second score is 2 * hidden larger
    np.testing.assert_allclose(net.forward(x), [[1 - expected, expected]], atol=1e-6)
    assert hidden == pytest.approx(0.608292, abs=1e-5)


def test_large_scores_do_not_overflow():
    huge = np.array([-1e6, 0, 1e6], dtype=np.float32)
    np.testing.assert_array_equal(sigmoid(huge), [0, 0.5, 1])
    np.testing.assert_array_equal(softmax(huge), [0, 0, 1])
    assert softmax(huge).dtype == sigmoid(huge).dtype == np.float32


def test_a_new_network_is_drawn_as_keras_draws_it():
    net = LstmNetwork.drawn(50, 8, 20, rng=np.random.default_rng(5))
    np.testing.assert_allclose(net.recurrent_kernel @ net.recurrent_kernel.T, np.eye(8), atol=1e-5)
    limit = np.sqrt(6 / (50 + 32))
    assert np.abs(net.kernel).max() <= limit
    assert net.kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
    assert net.bias.tolist() == [0.0] * 8 + [1.0] * 8 + [0.0] * 16
    assert not net.dense_bias.any()
    assert all(weight.dtype == np.float32 for weight in net.weights)


@pytest.mark.parametrize("every_step", [False, True])
def test_a_network_is_the_same_when_saved_and_loaded(tmp_path, every_step):
    net = network(every_step)
    net.save(tmp_path / "net.npz")
    loaded = LstmNetwork.load(tmp_path / "net.npz")
    assert loaded.every_step is every_step
    np.testing.assert_array_equal(loaded.forward(windows(5, 3)), net.forward(windows(5, 3)))


def test_a_file_that_holds_no_network_is_refused(tmp_path):
    file = tmp_path / "net.npz"
    with pytest.raises(ModelError, match=r"No arrays can be read from '.*net\.npz'"):
        LstmNetwork.load(file)
    file.write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(ModelError, match="No arrays can be read"):
        LstmNetwork.load(file)
    with file.open("wb") as stream:
        np.save(stream, np.ones(3))
    with pytest.raises(ModelError, match="it is a single array"):
        LstmNetwork.load(file)
    np.savez(file, kernel=np.ones(3))
    with pytest.raises(ModelError, match="holds no LSTM network: it has no recurrent_kernel"):
        LstmNetwork.load(file)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("kernel", np.ones((FEATURES, 5), np.float32)),
        ("dense_bias", np.ones(ACTIONS + 1, np.float32)),
        ("bias", np.ones(4 * UNITS, np.float64)),
        ("recurrent_kernel", np.ones(4 * UNITS, np.float32)),
    ],
)
def test_a_network_whose_arrays_do_not_fit_is_refused(tmp_path, name, array):
    network().save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as stored:
        arrays = dict(stored) | {name: array}
    np.savez(tmp_path / "net.npz", **arrays)
    with pytest.raises(ModelError, match="holds no LSTM network"):
        LstmNetwork.load(tmp_path / "net.npz")


def test_a_file_with_pickled_objects_is_refused(tmp_path):
    network().save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as stored:
        arrays = dict(stored) | {"kernel": np.array([{"any": "object"}], dtype=object)}
    np.savez(tmp_path / "net.npz", **arrays)
    with pytest.raises(ModelError, match="Object arrays cannot be loaded"):
        LstmNetwork.load(tmp_path / "net.npz")


def test_ten_thousand_windows_take_less_than_a_second_of_processor_time():
    net = network(sizes=(150, 32, 62))
    x = windows(10_000, 5, features=150)
    net.forward(x[:1000])
    begin = time.process_time()
    net.forward(x)
    assert time.process_time() - begin < 1
