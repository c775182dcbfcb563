"""The name of the action that waits for the user, where Rasa Core 0.x has it."""

from dialogue_nb.core.events import ACTION_LISTEN_NAME

__all__ = ["ACTION_LISTEN_NAME"]
