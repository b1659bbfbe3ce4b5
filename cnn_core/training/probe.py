"""The process behind a probe: measures what its directory asks for, and writes what came out."""

from __future__ import annotations

import contextlib
import os
import threading
import time

from cnn_core.errors import CnnLabError, StorageError
from cnn_core.runs.probe import Probe, ProbeStatus
from cnn_core.runs.record import HEARTBEAT_SECONDS
from cnn_core.training.failures import explain_failure

# How soon somebody who presses Cancel has the processor back.
_CANCEL_SECONDS = 0.25


def run_probe(probe: Probe) -> None:
    """Measure. Every end is written into the probe's status.

    Raises:
        CnnLabError: It failed for a reason that a person can mend; the status says it too.
    """
    request = probe.request()
    heart = _Heart(probe)
    try:
        if request.kind == "price":
            from cnn_core.training.pricing import measure_price

            probe.write_result(measure_price(request.config, request.created, heart.set_share))
        else:
            from cnn_core.training.rate_range import measure_rate_range

            probe.write_result(measure_rate_range(request.config, heart.set_share))
        heart.end(ProbeStatus(state="done", heartbeat=time.time(), share=1.0))
    except CnnLabError as error:
        heart.end(ProbeStatus(state="failed", heartbeat=time.time(), error=str(error)))
        raise
    except Exception as error:
        heart.end(ProbeStatus(state="failed", heartbeat=time.time(), error=explain_failure(error, probe.path)))
        raise


class _Heart:
    """Says that the process lives, and ends it when somebody wants it no longer."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._share = 0.0
        self._lock = threading.Lock()
        self._has_ended = False
        threading.Thread(target=self._beat, daemon=True).start()

    def set_share(self, share: float) -> None:
        """Note how far the measurement is; the next beat says it."""
        self._share = share

    def end(self, status: ProbeStatus) -> None:
        """Write the last status; no beat comes after it."""
        with self._lock:
            self._has_ended = True
            self._probe.write_status(status)

    def _beat(self) -> None:
        next_beat = 0.0
        while True:
            # A thread of its own cannot stop TensorFlow's in an orderly way; nothing is open that would need it.
            if self._probe.is_cancelled or not self._probe.path.is_dir():
                os._exit(0)
            now = time.monotonic()
            if now >= next_beat:
                next_beat = now + HEARTBEAT_SECONDS
                with self._lock:
                    if self._has_ended:
                        return
                    # The end meets the same trouble, and tells it in the log.
                    with contextlib.suppress(StorageError):
                        self._probe.write_status(ProbeStatus(heartbeat=time.time(), share=self._share))
            time.sleep(_CANCEL_SECONDS)
