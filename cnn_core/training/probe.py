"""The process behind a probe: measures what its directory asks for, and writes what came out."""

from __future__ import annotations

from cnn_core.jobs.work import Heart
from cnn_core.runs.probe import Probe


def run_probe(probe: Probe) -> None:
    """Measure. Every end is written into the probe's status.

    Raises:
        CnnLabError: It failed for a reason that a person can mend; the status says it too.
    """
    request = probe.request()
    # No grace: who presses Cancel wants the processor back, and nothing lies about that would have to be cleaned up.
    with Heart(probe) as heart:
        if request.kind == "price":
            from cnn_core.training.pricing import measure_price

            probe.write_result(measure_price(request.config, request.created, heart.tell))
        else:
            from cnn_core.training.rate_range import measure_rate_range

            probe.write_result(measure_rate_range(request.config, heart.tell))
