"""`python -m dialogue_nb.train -d domain.yml -s data/stories.md -o models/current/dialogue`.

The training script of Rasa Core 0.14 with its arguments, which is `dialogue-nb train`.
"""

from __future__ import annotations

import sys

from dialogue_nb.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
