"""A door for old code: `from rasa_core.actions...` with only the package's name changed.

The actions themselves live in `dialogue_nb.agent.actions`.
"""
