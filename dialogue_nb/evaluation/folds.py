"""Cutting examples into parts for cross-validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def fold_numbers(
    labels: Sequence[str], folds: int = 5, random_seed: int = 42
) -> npt.NDArray[np.int64]:
    """In which part each example is, every label being spread over the parts as evenly as can be.

    Args:
        labels: The label of each example.
        folds: How many parts.
        random_seed: Decides which example goes where; the same number gives the same parts.

    Returns:
        A number from 0 for each example; the parts differ by one example in size at most.

    Example:
        >>> numbers = fold_numbers(["a", "b", "a", "a", "b", "a"], 2)
        >>> numbers[[0, 2, 3, 5]].sum(), numbers[[1, 4]].sum()  # two of the a, one of the b
        (np.int64(2), np.int64(1))
    """
    rng = np.random.default_rng(random_seed)
    order = rng.permutation(len(labels))
    names = np.asarray(labels, dtype=object)[order].astype(str)
    # sorted by label and otherwise as shuffled; then dealt out like cards
    sorted_places = order[np.argsort(names, kind="stable")]
    numbers = np.empty(len(labels), dtype=np.int64)
    numbers[sorted_places] = np.arange(len(labels)) % folds
    return numbers
