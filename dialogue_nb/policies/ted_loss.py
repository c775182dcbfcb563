"""What TEDPolicy learns by: a dialogue should be more like its action than like anything else.

After Wu et al.: StarSpace, arXiv 1709.03856, as in Rasa 3.6. An example is compared with wrong
actions, with other dialogues, and its action with both, so that all of them move apart.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from dialogue_nb.policies.keras_backend import import_keras
from dialogue_nb.policies.ted_shape import TedTraining

keras = import_keras()
ops = keras.ops

MINUS_INFINITY: Final = -1e9
PAIRS_AT_ONCE: Final = 512
"""For so many examples it is quicker to compare each with each than to pick out the pairs."""


class Similarities(NamedTuple):
    """How alike things are. M examples, each compared with n others.

    Args:
        right: A dialogue and its action, (M, 1).
        wrong: A dialogue and wrong actions, (M, n).
        actions: Its action and wrong actions, (M, n).
        dialogues: A dialogue and other dialogues, (M, n).
        crossed: Its action and other dialogues, (M, n).
    """

    right: Any
    wrong: Any
    actions: Any
    dialogues: Any
    crossed: Any


def losses(answer: dict[str, Any], labels: Any, weights: Any, settings: TedTraining) -> Any:
    """The loss of each example.

    Args:
        answer: `dialogue` (B, D) or (B, T, D), `actions` (A, D), and in training `wrong_actions`
            and `others`, indices of actions and of examples, (M, n).
        labels: Indices of actions, (B,) or (B, T).
        weights: 1 where the label counts, else 0; same shape.
        settings: How it is computed.

    Returns:
        Losses, the shape of the labels.
    """
    alike = compared(answer, ops.reshape(labels, (-1,)), ops.reshape(weights, (-1,)))
    if settings.loss_type == "margin":
        each = _margin(alike, settings)  # (M,)
    else:
        each = _cross_entropy(alike, settings)  # (M,)
    return ops.reshape(each, labels.shape)


def compared(answer: dict[str, Any], labels: Any, weights: Any) -> Similarities:
    """Compares everything with everything, and takes what was drawn, or all of it.

    Args:
        answer: As for `losses`.
        labels: (M,).
        weights: (M,).
    """
    actions = answer["actions"]  # (A, D)
    dialogue = ops.reshape(answer["dialogue"], (-1, actions.shape[-1]))  # (M, D)
    labels = ops.cast(labels, "int32")
    is_own = ops.one_hot(labels, actions.shape[0])  # (M, A)
    own = ops.matmul(is_own, actions)  # (M, D)
    with_actions = ops.matmul(dialogue, ops.transpose(actions))  # (M, A)
    right = ops.sum(with_actions * is_own, axis=-1, keepdims=True)  # (M, 1)
    own_with_actions = ops.matmul(own, ops.transpose(actions))  # (M, A)
    wrong, others = answer.get("wrong_actions"), answer.get("others")
    excluded = is_own * MINUS_INFINITY  # (M, A)
    # what has the same action is no example of something else, and padding is none of anything
    known = ops.where(weights > 0, labels, -1)  # (M,)
    there = known[None, :] if others is None else ops.take(known, others)  # (1, M) or (M, n)
    same = ops.logical_or(ops.equal(there, labels[:, None]), ops.equal(there, -1))
    nothing = ops.where(same, MINUS_INFINITY, 0.0)  # (M, M) or (M, n)
    return Similarities(
        right,
        _taken(with_actions + excluded, wrong),
        _taken(own_with_actions + excluded, wrong),
        _with_others(dialogue, dialogue, others) + nothing,
        _with_others(own, dialogue, others) + nothing,
    )


def _taken(alike: Any, drawn: Any) -> Any:
    return alike if drawn is None else ops.take_along_axis(alike, drawn, axis=1)


def _with_others(left: Any, dialogues: Any, drawn: Any) -> Any:
    """How alike each on the left and some of the dialogues are, (M, n), or (M, M) with all."""
    if drawn is not None and len(dialogues) > PAIRS_AT_ONCE:
        chosen = ops.take(dialogues, drawn, axis=0)  # (M, n, D)
        return ops.squeeze(ops.matmul(chosen, left[:, :, None]), axis=2)  # (M, n)
    return _taken(ops.matmul(left, ops.transpose(dialogues)), drawn)


def _cross_entropy(alike: Similarities, settings: TedTraining) -> Any:
    parts = [alike.right, alike.wrong, alike.crossed]
    if not settings.constrain_similarities:
        parts += [alike.dialogues, alike.actions]
    scores = ops.concatenate(parts, axis=-1)  # (M, 1 + ...)
    each = ops.logsumexp(scores, axis=-1) - alike.right[:, 0]  # (M,)
    if settings.constrain_similarities:
        # each similarity by itself: a sigmoid of it should be 1 for the right action, else 0
        everything = ops.concatenate(list(alike), axis=-1)  # (M, 1 + ...)
        each = each + ops.mean(ops.softplus(everything), axis=-1)
        each = each - alike.right[:, 0] / everything.shape[-1]
    if settings.scale_loss:
        each = each * _less_for_what_is_known(each)
    return each


def _less_for_what_is_known(each: Any) -> Any:
    """16 (1 - p)^4 once something is known, that is p > 1/2; before that 1."""
    likely = ops.stop_gradient(ops.exp(-each))  # (M,)
    return ops.where(ops.max(likely) > 0.5, ((1 - likely) / 0.5) ** 4, ops.ones_like(likely))


def _margin(alike: Similarities, settings: TedTraining) -> Any:
    enough, little = settings.maximum_positive_similarity, settings.maximum_negative_similarity
    each = ops.relu(enough - alike.right[:, 0])  # (M,)
    too_similar = ops.relu(little + alike.wrong)  # (M, n)
    if settings.use_maximum_negative_similarity:
        each = each + ops.max(too_similar, axis=-1)
    else:
        each = each + ops.sum(too_similar, axis=-1)
    for others in (alike.actions, alike.dialogues, alike.crossed):
        most = ops.max(ops.relu(little + others), axis=-1)  # (M,)
        each = each + settings.negative_margin_scale * most
    return each
