"""One measurement: a job (:mod:`cnn_core.jobs.job`) whose request holds a configuration and whose result is typed.

It lies in ``.probes/<kind>-<key>-<when>/`` among the runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from cnn_core.config import RunConfig
from cnn_core.errors import RunError
from cnn_core.jobs.job import REQUEST, Job, JobStatus
from cnn_core.runs.measurements import Price, PriceMeasurement, RateRange, price_of
from cnn_core.runs.probe_key import ProbeKind


class ProbeRequest(BaseModel):
    """``request.json``. ``created``: seconds since 1970."""

    model_config = ConfigDict(frozen=True)

    kind: ProbeKind
    config: RunConfig
    created: float


@dataclass(frozen=True)
class Probe(Job):
    """A measurement, by its directory. Everything is read when asked for.

    Attributes:
        config: What a result is to be told for: it may differ from what was measured in settings that do not matter.
    """

    config: RunConfig

    def request(self) -> ProbeRequest:
        """What is measured.

        Raises:
            RunError: The file is missing or damaged.
        """
        return self.read(REQUEST, ProbeRequest)

    def price(self) -> Price:
        """The result of a probe of kind "price", for this probe's configuration.

        Raises:
            RunError: There is none yet, or it cannot be read.
        """
        return price_of(self.read_result(PriceMeasurement), self.config)

    def rate_range(self) -> RateRange:
        """The result of a probe of kind "rate-range".

        Raises:
            RunError: There is none yet, or it cannot be read.
        """
        return self.read_result(RateRange)

    def result(self) -> Price | RateRange:
        """What was measured, by kind; as :meth:`price` or :meth:`rate_range`."""
        return self.price() if self.request().kind == "price" else self.rate_range()

    def _of_a_result(self, status: JobStatus) -> JobStatus:
        try:
            self.result()
        except RunError as error:
            return status.model_copy(update={"state": "failed", "error": str(error)})
        return status


def open_probe(path: Path) -> Probe:
    """The probe of a directory, for the process that measures.

    Raises:
        RunError: The directory holds no request that can be read.
    """
    return Probe(path, Job(path).read(REQUEST, ProbeRequest).config)
