"""The bot at work: messages in, actions out, and everything kept that explains them."""

from __future__ import annotations

from dialogue_nb.agent.agent import Agent

__all__ = ["Agent"]
