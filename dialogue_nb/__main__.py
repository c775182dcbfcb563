"""`python -m dialogue_nb` is the command line `dialogue-nb`."""

from __future__ import annotations

import sys

from dialogue_nb.cli import main

if __name__ == "__main__":
    sys.exit(main())
