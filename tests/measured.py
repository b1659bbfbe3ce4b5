"""What a measurement of a run's price gave, for tests of what follows from it."""

import time

from cnn_core.jobs.job import JobStatus
from cnn_core.runs.measurements import PriceMeasurement, RateRange
from cnn_core.runs.probe import Probe

MEASURED = PriceMeasurement(
    start_seconds=5,
    head_step_seconds=None,
    step_seconds=0.01,
    steps=100,
    validation_seconds=0.4,
    save_seconds=0.1,
    checkpoint_seconds=0.2,
    end_seconds=2,
    parameters=50_826,
    memory_bytes=600_000_000,
    is_contended=False,
)


def end(probe: Probe, result: PriceMeasurement | RateRange = MEASURED) -> None:
    """Let a measurement end with a result."""
    probe.write_result(result)
    probe.write_status(JobStatus(state="done", heartbeat=time.time(), share=1.0))
