"""A sweep of one network, made in a thread. No Keras is imported before it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

import numpy as np

from cnn_core.duel.changes import Name
from cnn_core.duel.sweeps import Logits, Sweep, sweep
from cnn_core.errors import CnnLabError

# Two at a time would be no faster.
_ONE_AT_A_TIME = threading.Lock()


class SweepWork:
    """A sweep of a network, as it comes to be. The thread ends with the process.

    Args:
        name: Of the change.
        network: Gives the network's logits; called in the thread. It may raise errors of ours.
        images: Gives the test images to look at, (N, H, W, C) uint8; called in the thread, when its turn has come.
        labels: (N,).

    Once it has ended it holds neither the images nor the network.

    Attributes:
        state: ``working``, ``done`` or ``failed``.
        share: That is done, in [0, 1].
        sweep: The result; ``None`` until ``done``.
        error: Why it failed; ``None`` where it did not.
    """

    def __init__(
        self, name: Name, network: Callable[[], Logits], images: Callable[[], np.ndarray], labels: np.ndarray
    ) -> None:
        self.state: Literal["working", "done", "failed"] = "working"
        self.share = 0.0
        self.sweep: Sweep | None = None
        self.error: str | None = None
        # A thread forgets its arguments when it ends.
        arguments = name, network, images, labels
        self._thread = threading.Thread(target=self._work, args=arguments, name=f"sweeps-{name}", daemon=True)
        self._thread.start()

    @property
    def is_active(self) -> bool:
        """Whether it is under way, or waits for its turn."""
        return self.state == "working"

    def wait(self, timeout_seconds: float) -> None:
        """Wait for the end, but not longer than this."""
        self._thread.join(timeout_seconds)

    def _work(
        self, name: Name, network: Callable[[], Logits], images: Callable[[], np.ndarray], labels: np.ndarray
    ) -> None:
        try:
            with _ONE_AT_A_TIME:
                self.sweep = sweep(name, network(), images(), labels, self._progress)
            self.state = "done"
        except (CnnLabError, MemoryError) as error:
            self._fail(str(error) or "There is not enough memory for this.")
        except Exception as error:
            self._fail(f"The network could not be asked ({type(error).__name__}: {error}).")
            # A bug: the server's log has to say where.
            raise

    def _fail(self, why: str) -> None:
        self.error = why
        self.state = "failed"

    def _progress(self, share: float) -> None:
        self.share = share
