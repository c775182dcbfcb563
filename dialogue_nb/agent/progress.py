"""Progress as one line of text that is written over, for terminals and notebooks.

Of what is over within a second nothing is shown.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

QUIET_SECONDS: Final = 0.8
"""So long nothing is shown."""
SECONDS_BETWEEN: Final = 0.1
BAR_WIDTH: Final = 20
LINE_WIDTH: Final = 100

EpochHook = Callable[[int, Mapping[str, float]], Any]


class Progress:
    """Shows how far a piece of work is.

    Args:
        stream: Where to; default stderr as it is when something is shown, in a notebook stdout, for
            what goes to stderr looks like an error there.
        shown: Whether to show anything; default if the stream is a terminal or a notebook.
        clock: Seconds, for what is shown when.

    Example:
        >>> import io
        >>> out = io.StringIO()
        >>> progress = Progress(out, shown=True, clock=iter(range(10)).__next__)
        >>> progress.begin("KerasPolicy")
        >>> progress.update(5, 20, {"loss": 0.25})
        >>> progress.end()
        >>> print(out.getvalue().split(chr(13))[-1].strip())
        KerasPolicy [#####...............] 5/20 loss 0.250 (2 s)
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        shown: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._shown = shown
        self._clock = clock
        self._what = ""
        self._began = self._last = 0.0
        self._line = ""
        self._is_open = False
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def begin(self, what: str) -> None:
        """A piece of work begins; the one before is over."""
        self.end()
        self._what = what
        self._began = self._last = self._clock()
        self._line = what
        if self._is_watched():
            # says what is going on although nothing is done yet: loading Keras takes seconds
            self._timer = threading.Timer(QUIET_SECONDS, self._name, [what])
            self._timer.daemon = True
            self._timer.start()

    def update(self, done: int, total: int | None, numbers: Mapping[str, float]) -> None:
        """So much of it is done.

        Args:
            done: How many steps.
            total: How many there are, None when nobody knows.
            numbers: What else to show, by name.
        """
        now = self._clock()
        share = f"[{'#' * (done * BAR_WIDTH // total):.<{BAR_WIDTH}}] " if total else ""
        steps = f"{done}/{total}" if total else str(done)
        values = "".join(f" {name} {value:.3f}" for name, value in numbers.items())
        self._line = f"{self._what} {share}{steps}{values}"
        is_due = now - self._began >= QUIET_SECONDS and now - self._last >= SECONDS_BETWEEN
        if is_due:
            self._last = now
            self._write(f"{self._line} ({now - self._began:.0f} s)")

    def end(self) -> None:
        """The work is over: the line stays, with the last numbers."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with self._lock:
            is_open = self._is_open
        if is_open:
            self._write(f"{self._line} ({self._clock() - self._began:.0f} s)", "\n")

    def _name(self, what: str) -> None:
        """Shows the name of the work, if it is still going on and nothing else was shown."""
        if self._timer is not None and not self._is_open and self._line == what:
            self._write(f"{what} ...")

    def _is_watched(self) -> bool:
        return is_shown(self._to()) if self._shown is None else self._shown

    def _to(self) -> Any:
        return self._stream or (sys.stdout if _is_notebook(sys.stdout) else sys.stderr)

    def _write(self, line: str, end: str = "") -> None:
        if not self._is_watched():
            return
        stream = self._to()
        with self._lock:
            # padded, so that a shorter line covers a longer one
            stream.write(f"\r{line[:LINE_WIDTH]:<{LINE_WIDTH}}{end}")
            stream.flush()
            self._is_open = not end


def epoch_hook(policy: Any, progress: Progress, also: EpochHook | None = None) -> EpochHook:
    """Shows each epoch of a policy, and tells whoever else wants to know.

    Args:
        policy: The policy; its `epochs_`, if it has one, is how many there will be.
        progress: Shows them.
        also: Who else is told; None for nobody.
    """

    def hook(epoch: int, results: Mapping[str, float]) -> None:
        progress.update(epoch + 1, getattr(policy, "epochs_", None), results)
        if also is not None:
            also(epoch, results)

    return hook


def is_shown(stream: Any) -> bool:
    """Whether somebody watches the stream: a terminal, or the output of a notebook cell."""
    return _is_notebook(stream) or bool(getattr(stream, "isatty", bool)())


def _is_notebook(stream: Any) -> bool:
    """Whether what is written becomes the output of a notebook cell."""
    return type(stream).__module__.startswith("ipykernel")
