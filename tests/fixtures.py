"""Runs on disk in every state, written by the product's own writer and without TensorFlow."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.evaluation.predictions import LabelledLogits, Predictions
from cnn_core.evaluation.report import Training, evaluate
from cnn_core.models.presets import preset_config
from cnn_core.runs import directory
from cnn_core.runs.adaptation_file import Adaptation, AdaptationFacts
from cnn_core.runs.directory import Run
from cnn_core.runs.events import Event
from cnn_core.runs.record import RunStatus
from cnn_core.runs.store import create_run
from cnn_core.runs.writer import RunWriter

EPOCHS = 2
STEPS = 4
DIGITS_TITLE = "Digits 8×8"


def digits_config(preset: str = "mlp", **sections: Any) -> RunConfig:
    """A run on the built-in digits; ``sections`` as for ``cnn_core.config.replace``."""
    return preset_config(preset, dataset_card("digits"), **{"training": {"epochs": EPOCHS}, **sections})


def digits_predictions() -> Predictions:
    """Answers for the 360 test images: right, but for every 3 (a 5, by a nose) and the first 8 (a surely wrong 0)."""
    labels = load_dataset("digits").test_labels
    answers = labels.copy()
    answers[labels == 3] = 5
    first_eight = int(np.flatnonzero(labels == 8)[0])
    answers[first_eight] = 0
    logits = np.zeros((len(labels), 10), np.float32)
    # Each right answer a little surer than the one before, so that an order by confidence has no ties.
    logits[np.arange(len(labels)), answers] = 4 + np.arange(len(labels)) / 100
    logits[labels == 3, 5] = 0.5 + np.arange((labels == 3).sum()) / 100
    logits[first_eight, 0] = 12
    return Predictions(labels, logits)


def with_validation(predictions: Predictions) -> Predictions:
    """The same answers, and every third of them again as answers for validation images."""
    return replace(predictions, validation=LabelledLogits(predictions.labels[::3], predictions.logits[::3]))


def started_run(config: RunConfig | None = None, *, epochs: int = EPOCHS) -> Run:
    """A run under way: ``epochs`` epochs are finished, the heartbeat is fresh."""
    run = create_run(config or digits_config())
    writer = RunWriter(run)
    writer.update(state="running", phase="training", epoch=1, started=time.time() - 30)
    for epoch in range(1, epochs + 1):
        for step in range(1, STEPS + 1):
            figures = {"loss": 2.0 / (epoch * STEPS + step), "accuracy": 0.5 + 0.02 * (epoch * STEPS + step)}
            seconds = ((epoch - 1) * STEPS + step) / 10
            place = {"epoch": epoch, "step": step, "steps": STEPS}
            writer.append_steps({**place, **figures, "seconds": seconds, "learning_rate": 1e-3})
        figures = {
            "loss": 1 / epoch,
            "accuracy": 0.8,
            "val_loss": 0.9 / epoch,
            "val_accuracy": 0.7 + epoch / 10,
        }
        writer.append_epoch({"epoch": epoch, **figures, "learning_rate": 1e-3, "seconds": 0.4})
        writer.update(epoch=epoch)
    return run


def finished_run(
    config: RunConfig | None = None,
    *,
    state: str = "finished",
    predictions: Predictions | None = None,
    save: Callable[[Path], None] = lambda path: path.write_bytes(b"no network"),
) -> Run:
    """A run with history, evaluation and a model file, which only ``save`` can make a network.

    Args:
        config: What was asked; the protocol "validation" brings validation answers.
        state: How it ended.
        predictions: Its answers, kept as they are; without any, those of :func:`digits_predictions`.
        save: Writes the model file.
    """
    run = started_run(config)
    finish(run, state=state, predictions=predictions, save=save)
    return run


def finish(
    run: Run,
    *,
    state: str = "finished",
    predictions: Predictions | None = None,
    save: Callable[[Path], None] = lambda path: path.write_bytes(b"no network"),
) -> None:
    """Write the end of a run: model, evaluation, last status."""
    record = run.record()
    is_test_set_watched = record.training.protocol == "tutorial"
    if predictions is None:
        predictions = digits_predictions() if is_test_set_watched else with_validation(digits_predictions())
    training = Training(
        is_test_set_watched=is_test_set_watched,
        best_epoch=EPOCHS,
        val_accuracy=0.9,
        parameters=1234,
        outlier_threshold=-2.0,
    )
    names, validation = record.data.class_names, predictions.validation
    report = evaluate(predictions.labels, predictions.logits, names, training, validation)
    writer = RunWriter(run)
    writer.save_result(save, predictions, report)
    writer.end(state)


def adaptation(**changes: Any) -> Adaptation:
    """What a network of the preset "fast" may have been taught of people's pictures; ``changes`` are its attributes."""
    facts = AdaptationFacts(
        epochs=1,
        parameters=1290,
        photo_accuracy_before=0.5,
        photo_accuracy_after=0.6,
        sketch_accuracy_before=0.4,
        sketch_accuracy_after=0.7,
        seconds=1.0,
    )
    weights = {"logits": [np.ones((128, 10), np.float32), np.zeros(10, np.float32)]}
    return replace(Adaptation(weights, 1.5, None, facts), **changes)


def paused_run(config: RunConfig | None = None) -> Run:
    """A run that was paused after two epochs and 30 seconds of training; its heart beats."""
    run = started_run(config)
    run.requests.pause()
    writer = RunWriter(run)
    writer.pause()
    writer.append_event(Event(time.time(), "paused", EPOCHS, STEPS, STEPS))
    return run


def resumable_run(config: RunConfig | None = None, *, state: str = "stopped") -> Run:
    """A run that ended with an evaluation and a checkpoint file, in which there are no weights."""
    run = finished_run(config, state=state)
    folder = run.path / directory.CHECKPOINT
    folder.mkdir()
    (folder / f"{EPOCHS + 1:05d}-0000000.npz").write_bytes(b"no weights")
    return run


def failed_run(error: str = "The disk is full. Free some space.", *, config: RunConfig | None = None) -> Run:
    """A run that ended before it had learned anything."""
    run = create_run(config or digits_config())
    writer = RunWriter(run)
    writer.update(state="running", phase="starting", started=time.time() - 3)
    writer.end("failed", error)
    return run


def silent_run(silence_seconds: float = 60.0) -> Run:
    """A run whose worker was killed: it says that it trains, but its heartbeat is old."""
    run = started_run()
    set_status(run, heartbeat=time.time() - silence_seconds)
    return run


def damaged_run(name: str = directory.CONFIG, content: bytes = b"{half a file") -> Run:
    """A finished run, one file of which holds something else."""
    run = finished_run()
    (run.path / name).write_bytes(content)
    return run


def set_status(run: Run, **changes: Any) -> None:
    """Write a status as it is, without the writer's heartbeat."""
    path = run.path / directory.STATUS
    status = RunStatus.model_validate_json(path.read_bytes()).model_copy(update=changes)
    path.write_text(status.model_dump_json())


def wait_for(is_true: Callable[[], bool], run: Run, *, timeout_seconds: float = 90.0) -> None:
    """Wait until something holds; where it does not come true, say what the worker said."""
    deadline = time.monotonic() + timeout_seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise AssertionError(f"After {timeout_seconds:.0f} s: {run.status()!r}\n{run.log()}")
        time.sleep(0.05)
