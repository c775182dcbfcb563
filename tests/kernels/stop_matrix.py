"""Stops a training in real kernels: `python tests/kernels/stop_matrix.py`.

Which thread runs a widget's callback, and whether it runs while a cell is busy, changes from one
version of ipykernel to the next. So for each of some versions this makes an environment (what is
installed here, with another ipykernel in front of it), starts a kernel, trains a bot in a
`TrainingPanel`, and presses its Stop as a front end does: as a message on the comm of `RunControl`.

    cell      what the kernel does meanwhile: nothing, or a cell that is busy for some seconds
    message   "sub": to a subshell, as JupyterLab sends it; "main": as Voila and VS Code do

It fails if a stop takes longer than a second, or the bot cannot answer with what it learnt. Only a
message to the main shell of a busy kernel cannot be heard; it must be heard when the cell is over.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jupyter_client import BlockingKernelClient
from jupyter_client.manager import KernelManager

VERSIONS = sys.argv[1:] or ["6.31.*", "7.3.*", "7.*"]
ROOT = Path(__file__).parent.parent.parent
BUSY_SECONDS = 2.0
LIMIT = 1.0

TRAIN = """
import logging, threading, time
from dialogue_nb import bots
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.widgets.training_panel import TrainingPanel
panel = TrainingPanel(
    bots.load("moodbot"), policies=[MemoizationPolicy(), KerasPolicy(epochs=20_000)], key="p"
)
run = panel.train()
panel
"""
READY = """
while not run.is_over and len(run.curves["KerasPolicy"]) < 60: time.sleep(0.05)
print(panel.run_control.comm.comm_id, run.state)
"""
# the clock of the kernel tells when the run ended
RESULT = """
run.wait(20)
learnt = len(run.curves["KerasPolicy"])
panel.agent.log_message("/greet")
decision = panel.agent.predict_next()
network = decision.predictions[1]
print(run.state, run._end_time + time.time() - time.monotonic(), learnt,
      f"{decision.action},LSTM:{network.best(panel.agent.domain)}({network.confidence:.2f})")
"""


def environment(folder: Path, version: str) -> Path:
    """An environment with this ipykernel, and for the rest what is installed here; its Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    (site,) = (folder / "lib").glob("python*/site-packages")
    wanted = f"ipykernel=={version}"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-compile",
        "--target",
        str(site),
    ]
    subprocess.run([*install, wanted], check=True, env=os.environ | {"PIP_NO_INPUT": "1"})
    # after its own folder: what is there comes first
    here = [path for path in sys.path if path.endswith("site-packages")]
    lines = [*here, str(ROOT)]
    (site / "zz_outer.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return python


def says(client: BlockingKernelClient, code: str, timeout: float = 120) -> str:
    """Runs a cell; what it prints."""
    printed: list[str] = []

    def hear(message):
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            printed.append(message["content"]["text"])
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(message["content"]["traceback"]))

    client.execute_interactive(code, timeout=timeout, output_hook=hear)
    return "".join(printed)


def send(client: BlockingKernelClient, comm: str, kind: str, subshell: str | None) -> None:
    """A message of the browser on a comm, as a front end sends it."""
    content = {"comm_id": comm, "data": {"method": "custom", "content": {"id": kind, "type": kind}}}
    message = client.session.msg("comm_msg", content)
    if subshell is not None:
        message["header"]["subshell_id"] = subshell
    client.shell_channel.send(message)


def new_subshell(client: BlockingKernelClient) -> str | None:
    """The id of a new subshell; None where the kernel has none."""
    info = client.kernel_info(reply=True, timeout=30)["content"]
    if "kernel subshells" not in (info.get("supported_features") or []):
        return None
    message = client.session.msg("create_subshell_request", {})
    client.control_channel.send(message)
    return client.control_channel.get_msg(timeout=30)["content"]["subshell_id"]


def stopped_after(client: BlockingKernelClient, subshell: str | None, busy: bool) -> dict:
    """Trains, stops, and says how that went."""
    says(client, TRAIN)
    comm = says(client, READY).split()[0]
    for _ in range(3):  # as the front end does when it shows the panel
        send(client, comm, "hello", subshell)
        time.sleep(0.3)
    over = 0.0
    if busy:
        client.execute(f"time.sleep({BUSY_SECONDS})", silent=True)
        time.sleep(0.5)
        over = time.time() + BUSY_SECONDS - 0.5
    pressed = time.time()
    send(client, comm, "stop", subshell)
    state, ended, learnt, answer = says(client, RESULT).split()
    heard = busy and subshell is None  # only when the cell is over
    late = float(ended) - (over if heard else pressed)
    return {"state": state, "seconds": float(ended) - pressed, "late": late,
            "learnt": int(learnt), "answer": answer}  # fmt: skip


def rows(python: Path):
    """The table of one kernel: how each way of stopping went."""
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager.start_kernel(env=os.environ | {"PYTHONPATH": ""}, stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        version = says(client, "import ipykernel; print(ipykernel.__version__)").strip()
        subshell = new_subshell(client)
        for busy in (False, True):
            for shell in dict.fromkeys((subshell, None)):
                result = stopped_after(client, shell, busy)
                yield {"version": version, "cell": "busy" if busy else "over",
                       "message": "main" if shell is None else "sub", **result}  # fmt: skip
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def main() -> int:
    """Prints the table; 1 if a stop was late or forgot what was learnt."""
    wrong = 0
    print("ipykernel  cell  message  stopped after  epochs  the bot and its network answer")
    with tempfile.TemporaryDirectory() as folder:
        made = [Path(folder) / version.replace("*", "x") for version in VERSIONS]
        with ThreadPoolExecutor() as pool:
            pythons = list(pool.map(environment, made, VERSIONS))
        for python in pythons:
            for row in rows(python):
                good = row["state"] == "stopped" and row["late"] <= LIMIT and row["learnt"] >= 3
                good = good and row["answer"].startswith("utter_greet,LSTM:utter_greet")
                wrong += not good
                after_cell = row["cell"] == "busy" and row["message"] == "main"
                more = f" ({max(row['late'], 0):.1f} s after the cell)" if after_cell else ""
                print(f"{row['version']:<10} {row['cell']:<5} {row['message']:<8} "
                      f"{row['seconds']:.2f} s{more:<24} {row['learnt']:>5}  {row['answer']}"
                      f"{'' if good else '  FAILED'}", flush=True)  # fmt: skip
    return min(wrong, 1)


if __name__ == "__main__":
    raise SystemExit(main())
