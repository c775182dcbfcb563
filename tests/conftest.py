"""What all tests need."""

from __future__ import annotations

import signal


def pytest_configure():
    """Interrupts arrive, also where whoever started the tests has them ignored (`... &`)."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
