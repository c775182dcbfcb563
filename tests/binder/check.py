"""Checks without Docker what Binder makes of this repository.

    python -m tests.binder.check              builds, runs the lessons, fails over 1 GB
    python -m tests.binder.check --limit 900  with another limit, in MiB
    python -m tests.binder.check --keep DIR   builds in a folder that stays, and uses it again

As on Binder: a fresh clone, an environment of the Python of `runtime.txt` from
`binder/requirements.txt` alone, `binder/postBuild`, then a JupyterLab under `binder/start`; in it
each lesson is opened and run from top to bottom.

Memory. Binder promises 1 GB to a person, for the server and all kernels together. Here that is the
sum of the resident memory of the server and everything it has started: pages that two processes
share are counted twice, and pages of files count too, so it is rather too much than too little.
It is read ten times a second, and besides the kernel's own high-water marks (`VmHWM`), which miss
nothing between two looks; the sum of these is what must stay under the limit. A run that goes over
it is ended at once. A limit on the address space (`ulimit -v`) would not do: JAX reserves far more
addresses than it uses memory.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 1024  # MiB
SECONDS = 300
MIB = 1024  # kB


# --- building -------------------------------------------------------------------------------------


def wanted_python() -> str:
    """The Python of `runtime.txt`; if there is none here, the newest that the package runs on."""
    version = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    folder = Path.home() / ".pyenv" / "versions"
    for one in (version, "3.14", "3.13", "3.12", "3.11"):
        found = [str(place) for place in sorted(folder.glob(f"{one}*/bin/python"))]
        found += filter(None, [shutil.which(f"python{one}")])
        for python in found:
            if (
                subprocess.run([python, "-c", "import venv, ensurepip"], check=False).returncode
                == 0
            ):
                if one != version:
                    print(f"There is no Python {version} here: checked with {one}.")
                return python
    raise SystemExit("There is no Python 3.11 or newer here.")


def build(folder: Path) -> dict[str, str]:
    """Clone, environment and postBuild, as repo2docker makes them; gives the environment."""
    clone, venv = folder / "clone", folder / "venv"
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    if not venv.exists():
        subprocess.run([wanted_python(), "-m", "venv", str(venv)], check=True)
    subprocess.run([str(venv / "bin" / "python"), "--version"], check=True)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = re.compile(r"PIP_|SSL_CERT_|REQUESTS_CA_BUNDLE|(https?|no)_proxy", re.IGNORECASE)
    environment = {name: value for name, value in os.environ.items() if kept.match(name)}
    environment |= {"PATH": f"{venv}/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}
    steps = (
        [f"{venv}/bin/python", "-m", "pip", "install", "-q", "-r", "binder/requirements.txt"],
        ["binder/postBuild"],
    )
    for step in steps:
        began = time.monotonic()
        subprocess.run(step, cwd=clone, env=environment, check=True)
        print(f"{' '.join(step[-3:])}: {time.monotonic() - began:.0f} s", flush=True)
    size = subprocess.run(["du", "-sm", str(venv)], capture_output=True, text=True, check=True)
    print(f"the environment: {size.stdout.split()[0]} MiB on disk", flush=True)
    return environment


# --- memory ---------------------------------------------------------------------------------------


def status_of(pid: int) -> dict[str, str]:
    """What Linux says about a process; nothing if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def tree(root: int) -> dict[int, dict[str, str]]:
    """A process and all that descend from it."""
    every = {
        int(p.name): status_of(int(p.name)) for p in Path("/proc").iterdir() if p.name.isdigit()
    }
    found = {root}
    while True:
        more = {pid for pid, said in every.items() if int(said.get("PPid", 0)) in found} - found
        if not more:
            return {pid: every[pid] for pid in found if every.get(pid)}
        found |= more


class Memory:
    """Watches the memory of a process and its descendants, and ends them over a limit.

    Args:
        root: The process.
        limit: In MiB.
    """

    def __init__(self, root: int, limit: int) -> None:
        self.root, self.limit = root, limit
        self.peak = 0.0
        self.marks: dict[int, tuple[str, float]] = {}
        self.is_over = False
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            self.look()

    def look(self) -> None:
        """Reads once."""
        now = tree(self.root)
        used = {pid: _mib(said, "VmRSS") for pid, said in now.items()}
        self.peak = max(self.peak, sum(used.values()))
        for pid, said in now.items():
            before = self.marks.get(pid, ("", 0.0))[1]  # one that has just ended says nothing
            self.marks[pid] = said["Name"], max(before, _mib(said, "VmHWM"))
        if sum(used.values()) > self.limit and not self.is_over:
            self.is_over = True
            for pid in sorted(used, reverse=True):
                os.kill(pid, 9)

    def forget_kernels(self) -> None:
        """Begins anew with the next lesson, whose kernel is another process."""
        self.peak = 0.0
        self.marks = {pid: mark for pid, mark in self.marks.items() if pid == self.root}

    @property
    def bound(self) -> float:
        """More than this it never was: the sum of the high-water marks, in MiB."""
        return sum(mark for _, mark in self.marks.values())

    def stop(self) -> None:
        """Looks no more."""
        self._end.set()
        self._thread.join()


def _mib(said: dict[str, str], name: str) -> float:
    return int(said.get(name, "0 kB").split()[0]) / MIB


# --- running, with the Python of the environment -----------------------------------------------


@contextmanager
def served(clone: Path, runtime: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """JupyterLab as Binder starts it; gives the process and the address of its API."""
    command = [str(clone / "binder" / "start"), "jupyter", "lab", "--no-browser", "--allow-root"]
    command += ["--port=0", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"]
    with (runtime / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=clone, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while not (found := list(runtime.glob("jpserver-*.json"))):
            if time.monotonic() > end or process.poll() is not None:
                raise SystemExit(
                    "JupyterLab did not start:\n" + (runtime / "server.log").read_text()
                )
            time.sleep(0.1)
        time.sleep(1)
        yield process, json.loads(found[0].read_text())["url"]
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def ask(address: str, method: str, body: dict[str, Any] | None = None) -> Any:
    """Asks the server's API."""
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(address, data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer) if method != "DELETE" else None


def run_lesson(path: Path, address: str, runtime: Path) -> None:
    """Opens a lesson in the server and runs its cells; the first that fails ends it."""
    from jupyter_client import BlockingKernelClient

    kernel = {"name": "python3"}
    about = {"path": f"notebooks/{path.name}", "name": path.name, "type": "notebook"}
    session = ask(f"{address}api/sessions", "POST", about | {"kernel": kernel})
    file = runtime / f"kernel-{session['kernel']['id']}.json"
    client = BlockingKernelClient(connection_file=str(file))
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        for cell in json.loads(path.read_text())["cells"]:
            if cell["cell_type"] == "code":
                source = "".join(cell["source"])
                reply = client.execute_interactive(
                    source, timeout=SECONDS, output_hook=lambda message: None
                )
                if reply["content"]["status"] != "ok":
                    trace = "\n".join(reply["content"].get("traceback", ()))
                    raise SystemExit(f"{path.name}: this cell failed:\n{source}\n{trace}")
    finally:
        client.stop_channels()
        ask(f"{address}api/sessions/{session['id']}", "DELETE")


def check(clone: Path, limit: int) -> int:
    """Runs the lessons in a server of their own; gives how many went over the limit."""
    runtime = Path(tempfile.mkdtemp())
    os.environ["JUPYTER_RUNTIME_DIR"] = str(runtime)
    over = 0
    with served(clone, runtime) as (process, address):
        memory = Memory(process.pid, limit)
        memory.look()
        print(f"JupyterLab alone: {memory.bound:.0f} MiB", flush=True)
        for path in sorted((clone / "notebooks").glob("*.ipynb")):
            memory.forget_kernels()
            began = time.monotonic()
            try:
                run_lesson(path, address, runtime)
            except Exception:
                if not memory.is_over:
                    raise
            too_much = memory.is_over or memory.bound > limit
            over += too_much
            parts = ", ".join(f"{name} {mark:.0f}" for name, mark in memory.marks.values())
            print(
                f"{path.name}: {time.monotonic() - began:.0f} s, at most {memory.bound:.0f} MiB of "
                f"{limit} ({parts}); seen at once {memory.peak:.0f}{' TOO MUCH' * too_much}",
                flush=True,
            )
            if memory.is_over:
                break
        memory.stop()
    shutil.rmtree(runtime)
    return over


def main() -> int:
    """Builds with this Python, then runs itself again with the one that was built."""
    parser = argparse.ArgumentParser(description="Checks what Binder makes of this repository.")
    parser.add_argument("--limit", type=int, default=LIMIT, help="in MiB (default %(default)s)")
    parser.add_argument("--keep", type=Path, help="build in this folder, and keep it")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        return check(options.inside, options.limit)
    folder = (options.keep or Path(tempfile.mkdtemp(prefix="binder-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        environment = build(folder)
        python = str(folder / "venv" / "bin" / "python")
        command = [python, __file__, "--inside", str(folder / "clone")]
        command += ["--limit", str(options.limit)]
        return subprocess.run(command, env=environment, cwd=folder, check=False).returncode
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
