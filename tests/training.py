"""Training to look at: a policy with curves that learns at once, waits, or fails."""

from __future__ import annotations

import threading

import numpy as np

from dialogue_nb import bots
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.widgets.training_panel import TrainingPanel


class CurvedPolicy(Policy):
    """Learns in epochs like a network, but only counts them; with `gates`, one at a time.

    Args:
        epochs: How many epochs there are.
        rate: How quickly the loss falls; above 1 it fails.
        held_out: Whether there are held-out stories.
    """

    gates: threading.Semaphore | None = None

    def __init__(self, epochs: int = 40, rate: float = 0.1, held_out: bool = True):
        super().__init__()
        self.epochs = epochs
        self.rate = rate
        self.held_out = held_out

    def train(self, training_trackers, domain, *, on_epoch_end=None, stop=None, **kwargs):
        if not len(training_trackers):
            self.done_ = 0
            return self
        self.epochs_ = self.epochs
        self.stopped_ = False
        for epoch in range(self.epochs):
            if self.gates is not None:
                self.gates.acquire()
            if self.rate > 1:
                raise ValueError(f"the loss of epoch {epoch} is too high")
            loss = float(2.5 * np.exp(-self.rate * epoch) + 0.02)
            results = {"loss": loss, "accuracy": 1 - loss / 3}
            if self.held_out:
                worse = loss + 0.004 * epoch + 0.1
                results |= {"val_loss": worse, "val_accuracy": max(0.2, 0.95 - worse / 3)}
            self.done_ = epoch + 1
            on_epoch_end(epoch, results)
            if stop is not None and stop.is_set():
                self.stopped_ = epoch + 1 < self.epochs
                break
        return self

    def predict_action_probabilities(self, tracker, domain):
        return [0.5] + [0.0] * (domain.num_actions - 1)


def curved_panel(gates=None, **parameters):
    """A panel with a memory and something that has curves."""
    policy = CurvedPolicy(**parameters)
    policy.gates = gates
    return TrainingPanel(bots.load("moodbot"), policies=[MemoizationPolicy(), policy])


def taught_panel():
    """A panel with three runs."""
    panel = curved_panel()
    for rate in (0.1, 0.05, 0.2):
        panel.set_parameters("CurvedPolicy", rate=rate, epochs=60 if rate < 0.1 else 40)
        panel.train()
        panel.wait(10)
    return panel


def failed_panel():
    """A panel whose only run has failed."""
    panel = curved_panel(rate=1.5)
    panel.train()
    panel.wait(10)
    return panel


def show_panel(notebook, panel, opened=None):
    """Shows a panel with the widgets inside it; gives its element."""
    notebook.know(panel.run_control)
    notebook.know(panel.settings_widget)
    view = notebook.show(panel)
    if opened:
        view.get_by_text(opened).first.click()
    return view
