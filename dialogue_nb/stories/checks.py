"""What is wrong with a story whatever its format is and whatever the domain says."""

from __future__ import annotations

from dialogue_nb.core.events import RULE_SNIPPET_ACTION_NAME, ActionExecuted
from dialogue_nb.stories.notes import Notes, shown
from dialogue_nb.stories.steps import Checkpoint, Line, Story


def check_story(story: Story, notes: Notes) -> None:
    """Notes what is wrong with one story or rule by itself.

    Args:
        story: The story or rule.
        notes: Where it is noted; its `line` is the story's or that of an item afterwards.

    Example:
        >>> notes = Notes()
        >>> check_story(Story("hello"), notes)
        >>> notes.found[0].message
        'The story has no steps and teaches nothing.'
    """
    kind = "rule" if story.is_rule else "story"
    notes.line, notes.story = story.line, story.name
    if not story.items:
        notes.warning("S104", f"The {kind} has no steps and teaches nothing.")
    elif all(isinstance(item, Checkpoint) for item in story.items):
        notes.warning("S105", f"The {kind} consists of checkpoints only and teaches nothing.")
    has_begun = False
    for item in story.items:
        notes.line = item.line
        if isinstance(item, Checkpoint):
            _check_checkpoint(item, story.is_rule, has_begun, notes)
        else:
            has_begun = True
            if isinstance(item, Line):
                _check_actions(item, story.is_rule, notes)


def _check_checkpoint(checkpoint: Checkpoint, is_rule: bool, has_begun: bool, notes: Notes) -> None:
    if is_rule:
        notes.error(
            "S106",
            f"Expected a rule to stand alone, found the checkpoint {shown(checkpoint.name)} in it.",
            "Only stories have checkpoints.",
        )
    elif has_begun and checkpoint.conditions:
        notes.warning(
            "S107",
            f"The conditions of the checkpoint {shown(checkpoint.name)} are not used here.",
            "Conditions hold where a story begins: write them there.",
        )


def _check_actions(item: Line, is_rule: bool, notes: Notes) -> None:
    for event in item.events:
        if not isinstance(event, ActionExecuted):
            continue
        if event.action_name == RULE_SNIPPET_ACTION_NAME:
            _complain_about_snippet(is_rule, notes)
        elif event.action_name is None and is_rule:
            hint = "Write the words as a response of the domain, and its name as the action."
            notes.error("S115", "Expected an action in a rule, found the words of one.", hint)


def _complain_about_snippet(is_rule: bool, notes: Notes) -> None:
    if is_rule:
        hint = "What comes before or after a rule needs no sign in YAML."
        notes.error("S108", "Expected '...' only at the beginning or end of a rule.", hint)
    else:
        notes.error("S108", "Expected '...' only in rules, found it in a story.", "Leave it out.")
