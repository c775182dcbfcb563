"""A PostgreSQL server of our own on a free port, for the tests that need a real one."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 60
OPTIONS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",  # the server is never killed, only those who talk to it
    "shared_buffers=16MB",
)


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, None if PostgreSQL is not installed.

    Debian's package puts them where no shell looks.
    """
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


@contextmanager
def server() -> Iterator[str]:
    """Starts a server with an empty database; gives its address.

    PostgreSQL refuses to be run by root: then it is run by the user that its package makes.
    """
    folder = programs()
    user = "postgres" if os.geteuid() == 0 else None
    # not pytest's folder, which is closed to other users
    place = Path(tempfile.mkdtemp(prefix="dialogue_nb-postgres-", dir="/tmp" if user else None))
    if user:
        os.chown(place, pwd.getpwnam(user).pw_uid, -1)
    as_user = {"user": user, "cwd": place, "env": {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}}
    log = (place.parent / f"{place.name}.log").open("w+")
    try:
        subprocess.run(
            [folder / "initdb", "-D", place / "data", "-U", "tester", "-A", "trust", "-N", "-E",
             "UTF8", "--locale", "C.UTF-8"],
            stdout=log, stderr=log, check=True, timeout=SECONDS, **as_user,
        )  # fmt: skip
        port = _free_port()
        options = [word for option in OPTIONS for word in ("-c", option)]
        process = subprocess.Popen(
            [folder / "postgres", "-D", place / "data", "-p", str(port), *options],
            stdout=log, stderr=log, **as_user,
        )  # fmt: skip
        try:
            _wait(process, port, log)
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # SIGTERM would wait for those who are connected
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=SECONDS)
    finally:
        log.close()
        Path(log.name).unlink()
        shutil.rmtree(place, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait(process: subprocess.Popen[bytes], port: int, log) -> None:
    """Until the server answers.

    Raises:
        RuntimeError: If it does not, with what it said.
    """
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        if "ready to accept connections" in Path(log.name).read_text():
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL on port {port} did not start: {Path(log.name).read_text()}")
