"""How many trainings this machine carries at once."""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil

from cnn_core.runs.queue_file import MOST_AT_ONCE

# What a worker with TensorFlow and a dataset such as Fashion-MNIST takes, roughly.
WORKER_BYTES = 1_200_000_000
# A small network keeps about so many cores busy. With fewer each, two runs at once take longer than one after another.
CORES_PER_RUN = 4


@dataclass(frozen=True)
class Capacity:
    """What the machine has.

    Attributes:
        cores: That this process may use.
        free_bytes: Memory that is free now.
        running: Runs that train now; what they need is taken already.
    """

    cores: int
    free_bytes: int
    running: int = 0

    @property
    def count(self) -> int:
        """Runs that may train at once: at least one, however small the machine."""
        return max(1, min(MOST_AT_ONCE, self.by_cores, self.by_memory))

    @property
    def by_cores(self) -> int:
        """Runs that the cores carry."""
        return max(1, self.cores // CORES_PER_RUN)

    @property
    def by_memory(self) -> int:
        """Runs that the memory carries, those that train now among them."""
        return self.running + self.free_bytes // WORKER_BYTES


def measure_capacity(running: int) -> Capacity:
    """What this machine has now, while so many runs train."""
    # A container or a batch system may leave this process fewer cores than there are.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Capacity(cores, int(psutil.virtual_memory().available), running)
