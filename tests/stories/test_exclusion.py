from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.stories.exclusion import exclude_stories, joined_groups
from dialogue_nb.stories.steps import Checkpoint, Story

LOOSE = [Story(str(i)) for i in range(20)]


def story(name, *checkpoints):
    return Story(name, tuple(Checkpoint(c) for c in checkpoints))


@pytest.mark.parametrize(("share", "left"), [(0, 20), (5, 19), (50, 10), (97, 1), (100, 0)])
def test_so_many_stories_are_left(share, left):
    assert len(exclude_stories(LOOSE, share)) == left


@given(st.integers(0, 99), st.integers(0, 100), st.integers(0, 100))
def test_a_larger_share_leaves_out_what_a_smaller_one_does(seed, one, other):
    small, large = sorted((one, other))
    kept = {s.name for s in exclude_stories(LOOSE, small, seed)}
    assert {s.name for s in exclude_stories(LOOSE, large, seed)} <= kept


def test_the_seed_decides():
    assert exclude_stories(LOOSE, 50, 1) == exclude_stories(LOOSE, 50, 1)
    assert exclude_stories(LOOSE, 50, 1) != exclude_stories(LOOSE, 50, 2)


def test_the_order_is_kept():
    names = [int(s.name) for s in exclude_stories(LOOSE, 40)]
    assert names == sorted(names)


def test_stories_that_checkpoints_join_stay_together():
    stories = [story("a", "x"), story("b", "y"), story("c"), story("d", "x", "y"), story("e", "z")]
    assert joined_groups(stories) == [[0, 1, 3], [2], [4]]
    for seed in range(20):
        kept = {s.name for s in exclude_stories(stories, 60, seed)}
        assert {"a", "b", "d"} <= kept or not {"a", "b", "d"} & kept


def test_rules_are_always_kept():
    rule = Story("r", is_rule=True)
    assert exclude_stories([rule, *LOOSE], 100) == [rule]


@pytest.mark.parametrize("share", [-1, 100.5])
def test_a_share_outside_of_0_to_100_is_an_error(share):
    with pytest.raises(ValueError, match="from 0 to 100"):
        exclude_stories(LOOSE, share)
