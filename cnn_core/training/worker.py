"""The worker process: trains one run and writes its directory."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from cnn_core.errors import CnnLabError, DatasetError, RunError
from cnn_core.runs.checkpoints import discard_checkpoints, load_checkpoint
from cnn_core.runs.directory import CHECKPOINT, TEACHERS, Run
from cnn_core.runs.events import Action, Event
from cnn_core.runs.progress import val_accuracy_of
from cnn_core.runs.queue import Turn, own_turn, worker_lock
from cnn_core.runs.record import Phase, RunRecord, installed_versions
from cnn_core.runs.snapshots import thin_out
from cnn_core.runs.writer import RunWriter
from cnn_core.training.evaluating import evaluate_network
from cnn_core.training.failures import OUT_OF_MEMORY, explain_failure, is_out_of_memory
from cnn_core.training.precision import precision_here
from cnn_core.training.reporting import REPORTS_PER_SECOND, Reporter, RequestReader
from cnn_core.training.setup import load_beside_keras, seeded_model, training_data
from cnn_core.training.snapshots import SnapshotKeeper

if TYPE_CHECKING:
    import keras
    import numpy as np

    from cnn_core.data.dataset import Dataset
    from cnn_core.data.download import DownloadProgress
    from cnn_core.training.graph import TrainingData
    from cnn_core.training.state import TrainingState


def train_run(run: Run) -> None:
    """Wait for the turn of a queued run, train it, evaluate it. Every end is written into its status.

    A run that has a checkpoint goes on from there.

    Raises:
        CnnLabError: The run failed for a reason that a person can mend; its status says it too.
    """
    with worker_lock(run), RunWriter(run) as writer:
        requests = RequestReader(run)
        try:
            with own_turn(run, requests.should_stop) as turn:
                if not turn.has_it:
                    writer.end("stopped")
                    return
                writer.go_on(phase="starting")
                is_stopped = _train(run, writer, requests, turn)
            writer.end("stopped" if is_stopped else "finished")
        except _StopRequestedError:
            writer.end("stopped")
        except CnnLabError as error:
            writer.end("failed", str(error))
            raise
        except Exception as error:
            writer.end("failed", explain_failure(error, run.path))
            if is_out_of_memory(error):
                raise CnnLabError(OUT_OF_MEMORY) from error
            raise


def _train(run: Run, writer: RunWriter, requests: RequestReader, turn: Turn) -> bool:
    """Load, build, fit, evaluate. Returns whether the run was stopped."""
    record = run.record()
    downloaded = _Share(writer, requests, "downloading")

    def download(progress: DownloadProgress) -> None:
        downloaded(progress.bytes_done / max(1, progress.bytes_total))

    dataset = load_beside_keras(record.dataset, on_progress=download)
    if dataset.checksum != record.data.checksum:
        raise DatasetError(
            f"{dataset.title} has changed since this run was created: its images are no longer the same. Restore the "
            "dataset as it was, or start a new run."
        )
    data = _with_teachers(training_data(dataset, record), run, record, writer, requests)
    from cnn_core.training.callbacks import DivergedError
    from cnn_core.training.fit import fit

    resume = _take_up(run, record, writer, data.steps(record.training.batch_size))
    model = seeded_model(record, on_progress=download, is_fresh=resume is None)
    told = run.steps()["seconds"].tolist() if resume else []
    seconds = max(told, default=0.0)
    epochs = record.training.total_epochs
    epoch = min(resume.position.epoch, epochs) if resume else 1
    # A run computes to its end as it began, on another processor too: its rounding is part of its result.
    precision = (resume and run.status().precision) or precision_here(record.training)
    as_begun = record.model_copy(update={"training": record.training.model_copy(update={"precision": precision})})
    writer.update(phase="training", epoch=epoch, epochs=epochs, train_count=len(data.train_labels), precision=precision)
    reporter = Reporter(run, writer, requests, turn, epochs=epochs, seconds=seconds)
    keeper = SnapshotKeeper(run, model, record) if record.training.snapshots else None
    if keeper and resume is None:
        keeper.keep_first()
    callbacks = reporter.callbacks(model, data, record.seed, keeper.keep if keeper else None)
    try:
        result = fit(model, data, as_begun, callbacks, resume)
    except DivergedError as error:
        if error.best_epoch:
            writer.update(phase="evaluating")
            _finish(run, writer, model, record, dataset, data, error.best_epoch)
        raise
    thin_out(run)
    writer.update(phase="evaluating", epoch=result.epochs)
    _finish(run, writer, model, record, dataset, data, result.best_epoch)
    return result.is_stopped


def _with_teachers(
    data: TrainingData, run: Run, record: RunRecord, writer: RunWriter, requests: RequestReader
) -> TrainingData:
    """With what the run's teachers say, where it has some. What it learns from does not change when it goes on."""
    if not record.training.teachers:
        return data
    if (probabilities := _answers_kept(run, len(data.train_labels))) is not None:
        return replace(data, teacher_probabilities=probabilities)
    from cnn_core.training.distillation import ask_teachers

    asked = ask_teachers(data, record, _Share(writer, requests, "asking"))
    assert asked.teacher_probabilities is not None
    writer.save_teacher_probabilities(asked.teacher_probabilities)
    return asked


def _answers_kept(run: Run, count: int) -> np.ndarray | None:
    """What a run's teachers said when it began; ``None`` where it has yet to ask them.

    Raises:
        RunError: It is damaged, or not about so many images, and the run has learned from it already.
    """
    try:
        probabilities = run.teacher_probabilities()
        if len(probabilities) != count:
            raise RunError(
                f"Run '{run.id}' learns from {count:,} images, and '{TEACHERS}' is about {len(probabilities):,}. "
                "Restore the file, or clone the run: the clone asks its teachers anew."
            )
    except RunError:
        if run.has_checkpoint:
            raise
        return None
    return probabilities


def _take_up(run: Run, record: RunRecord, writer: RunWriter, steps: int) -> TrainingState | None:
    """The state to go on from, with the curves taken back to it; ``None`` for a run that begins."""
    from cnn_core.training.state import TrainingState

    checkpoint = load_checkpoint(run)
    if checkpoint is None:
        # A run that was killed before its first checkpoint begins anew.
        writer.truncate(0, 0)
        return None
    try:
        state = TrainingState.from_facts(checkpoint.facts, checkpoint.arrays)
    except (KeyError, TypeError) as error:
        raise RunError(
            f"The checkpoint of run '{run.id}' was written by another version of CNN Lab. Resume it with that version, "
            f"or delete the folder '{run.path / CHECKPOINT}': it then starts from the beginning."
        ) from error
    discard_checkpoints(run, checkpoint.damaged)
    position, training = state.position, record.training
    writer.truncate(position.epoch - 1, position.step)
    if checkpoint.damaged:
        named = f"{', '.join(checkpoint.damaged)} cannot be read; the one before it is used"
        place = (position.epoch, position.step, steps)
        writer.append_event(Event(time.time(), "checkpoint-damaged", *place, message=named))
    is_more = training.continuations_begun(position.epoch) > position.continuations
    action: Action = "continued" if is_more else "recovered"
    message = _other_versions(record.versions)
    writer.append_event(Event(time.time(), action, position.epoch, position.step, steps, message=message))
    return state


def _other_versions(before: dict[str, str]) -> str | None:
    """What a run that goes on with other libraries must say: its last bits are no longer what they would have been."""
    now = installed_versions()
    changed = [
        f"{name} {before[name]} → {now[name]}"
        for name in sorted(before.keys() & now.keys())
        if before[name] != now[name]
    ]
    return f"with other versions: {', '.join(changed)}" if changed else None


def _finish(
    run: Run,
    writer: RunWriter,
    model: keras.Model,
    record: RunRecord,
    dataset: Dataset,
    data: TrainingData,
    best_epoch: int,
) -> None:
    """Save the network, read the test images once, and write what it says of them."""
    val_accuracy = val_accuracy_of(run.history(), best_epoch)
    found = evaluate_network(model, dataset, data, record, best_epoch=best_epoch, val_accuracy=val_accuracy)
    writer.save_result(model.save, *found)


class _StopRequestedError(Exception):
    """Somebody asked for a stop before there was anything to stop."""


class _Share:
    """Writes how far something before the training is, a few times a second at most, and ends it when asked to."""

    def __init__(self, writer: RunWriter, requests: RequestReader, phase: Phase) -> None:
        self._writer, self._requests, self._phase = writer, requests, phase
        self._next_write = 0.0

    def __call__(self, share: float) -> None:
        if self._requests.should_stop():
            raise _StopRequestedError
        now = time.monotonic()
        if now >= self._next_write:
            self._next_write = now + 1 / REPORTS_PER_SECOND
            self._writer.update(phase=self._phase, share=min(1.0, share))
