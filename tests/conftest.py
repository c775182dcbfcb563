"""What all tests need."""

from __future__ import annotations

import itertools
import signal

import pytest

_COUNT = itertools.count()


def pytest_configure():
    """Interrupts arrive, also where whoever started the tests has them ignored (`... &`)."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_folders(tmp_path_factory):
    return tmp_path_factory.mktemp("people")


@pytest.fixture(autouse=True)
def own_data_folder(data_folders, monkeypatch):
    """What programs keep for a person is each test's own; the folder is made when it is needed."""
    monkeypatch.setenv("XDG_DATA_HOME", str(data_folders / str(next(_COUNT))))
