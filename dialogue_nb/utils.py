"""A door for old code: the one helper that custom policies of Rasa Core 0.x call."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def one_hot(index: int, length: int) -> npt.NDArray[np.float64]:
    """Zeros with a single one, as a policy returns that is sure of one action.

    Args:
        index: Where the one stands; negative counts from the end.
        length: How many numbers, for a policy `domain.num_actions`.

    Returns:
        (length,) float64.

    Raises:
        IndexError: If there is no such place.

    Example:
        >>> one_hot(2, 4).tolist()
        [0.0, 0.0, 1.0, 0.0]
    """
    if not -length <= index < length:
        raise IndexError(
            f"one_hot: the index must be below the length {length}, got {index}. The index of an "
            f"action is domain.index_for_action(name)."
        )
    row = np.zeros(length)  # (length,)
    row[index] = 1.0
    return row
