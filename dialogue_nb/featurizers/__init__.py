"""Floor 2: states as vectors and dialogues as windows, and back."""
