"""Hidden commands: what the app starts as processes of their own."""

from __future__ import annotations

from pathlib import Path

from cnn_core.cli.app import app


@app.command(name="train-run", hidden=True)
def train_run_command(path: Path) -> None:
    """Train a queued run: what a launcher starts as the worker process."""
    from cnn_core.runs.directory import Run
    from cnn_core.training.worker import train_run

    train_run(Run(path.resolve()))


@app.command(name="probe", hidden=True)
def probe_command(path: Path) -> None:
    """Measure what a probe's directory asks for: what a page starts in the background."""
    from cnn_core.runs.probe import open_probe
    from cnn_core.training.probe import run_probe

    run_probe(open_probe(path.resolve()))


@app.command(name="job", hidden=True)
def job_command(path: Path) -> None:
    """Do what a job's directory asks for: what a page starts in the background."""
    from cnn_core.jobs.job import Job
    from cnn_core.jobs.work import run_job

    run_job(Job(path.resolve()))
