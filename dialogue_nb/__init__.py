"""Rasa-style dialogue management to learn and explore in Jupyter notebooks."""

__version__ = "0.1.0"
