"""Measurements in the background: what a run will cost, which learning rate suits it.

A probe is a directory (:mod:`cnn_core.runs.probe`), as a run is: a process of its own writes it, pages read it, so it
survives a reload and is found by another tab. It lies in the hidden folder ``.probes`` among the runs. Here they are
found, started, and cleaned away.
"""

from __future__ import annotations

import secrets
import shutil
import time
from pathlib import Path

from cnn_core.config import RunConfig
from cnn_core.jobs.store import join_or_start, launch
from cnn_core.runs.probe import Probe, ProbeRequest
from cnn_core.runs.probe_key import ProbeKind, probe_key
from cnn_core.runs.record import LOST_AFTER_SECONDS
from cnn_core.runs.store import runs_folder

# A measurement tells of the machine as it was; after a day it may be another machine.
KEPT_SECONDS = 24 * 3600.0
# The folder does not grow without end, however much is tried in a day.
MOST_KEPT = 60


def probes_folder() -> Path:
    """Where the measurements lie."""
    return runs_folder() / ".probes"


def find_probe(kind: ProbeKind, config: RunConfig) -> Probe | None:
    """The last measurement for such a configuration, under way, done or failed; ``None``: there is none.

    Two configurations that differ only in what does not influence the measurement share it
    (:mod:`cnn_core.runs.probe_key`). One that was cancelled, or is more than a day old, is as if it had not been.
    """
    name = f"{kind}-{probe_key(kind, config)}-"
    try:
        paths = sorted((path for path in probes_folder().glob(f"{name}*") if path.is_dir()), reverse=True)
    except OSError:
        return None
    for path in paths:
        probe = Probe(path, config)
        status = probe.status()
        if status.state != "cancelled" and time.time() - status.heartbeat < KEPT_SECONDS:
            return probe
    return None


def start_probe(kind: ProbeKind, config: RunConfig, *, again: bool = False) -> Probe:
    """Measure in the background, or join the measurement under way.

    Two people who press the button at once get one measurement.

    Args:
        kind: "price" or "rate-range".
        config: What would be trained.
        again: Measure anew even where there is a result.

    Raises:
        StorageError: The folder of the runs cannot be written.
        CnnLabError: The process cannot be started.
    """
    folder = probes_folder()

    def start() -> Probe:
        _clean_up(folder, config)
        return _start(folder, kind, config)

    return join_or_start(folder, lambda: find_probe(kind, config), start, again=again)


def _start(folder: Path, kind: ProbeKind, config: RunConfig) -> Probe:
    now = time.time()
    plain = RunConfig(**{name: getattr(config, name) for name in RunConfig.model_fields})
    path = folder / f"{kind}-{probe_key(kind, config)}-{now:.3f}-{secrets.token_hex(2)}"
    path.mkdir()
    return launch(Probe(path, plain), "probe", ProbeRequest(kind=kind, config=plain, created=now))


def _clean_up(folder: Path, config: RunConfig) -> None:
    """Delete what is old, cancelled, or more than can be of use; never what is under way."""
    ended = []
    for path in folder.iterdir():
        if not path.is_dir():
            continue
        probe = Probe(path, config)
        age = time.time() - probe.last_written()
        state = probe.state if age < KEPT_SECONDS else "cancelled"
        if state == "working":
            continue
        # A process that was just told to end must find the word that tells it.
        if age > KEPT_SECONDS or (state == "cancelled" and age > LOST_AFTER_SECONDS):
            shutil.rmtree(path, ignore_errors=True)
        else:
            ended.append((age, path))
    for _, path in sorted(ended)[MOST_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
