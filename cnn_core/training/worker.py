"""The worker process: trains one run and writes its directory."""

from __future__ import annotations

import os
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from cnn_core.data.load import load_dataset
from cnn_core.errors import CnnLabError
from cnn_core.runs.directory import Run
from cnn_core.runs.queue import own_turn
from cnn_core.runs.record import RunRecord
from cnn_core.runs.writer import RunWriter

if TYPE_CHECKING:
    import keras

    from cnn_core.data.dataset import Dataset
    from cnn_core.data.download import DownloadProgress
    from cnn_core.training.fit import Epoch, FitResult, Step, TrainingData

# Rows of progress a second at most: enough for a curve that moves, little enough to cost nothing.
REPORTS_PER_SECOND = 4
# A stop request is a file; looking for it at every step would be wasteful.
_REQUEST_CHECK_SECONDS = 0.2
# Share of the watched images that must not be called outliers.
OUTLIER_ACCEPTANCE = 0.95


def train_run(run: Run) -> None:
    """Wait for the turn of a queued run, train it, evaluate it. Every end is written into its status.

    Raises:
        CnnLabError: The run failed for a reason that a person can mend; its status says it too.
    """
    with RunWriter(run) as writer:
        requests = _Requests(run)
        try:
            with own_turn(run, requests.should_stop) as has_turn:
                if not has_turn:
                    writer.end("stopped")
                    return
                writer.update(state="running", phase="starting", started=time.time())
                is_stopped = _train(run, writer, requests)
            writer.end("stopped" if is_stopped else "finished")
        except _StopRequestedError:
            writer.end("stopped")
        except CnnLabError as error:
            writer.end("failed", str(error))
            raise
        except Exception as error:
            if _is_out_of_memory(error):
                writer.end("failed", _OUT_OF_MEMORY)
                raise CnnLabError(_OUT_OF_MEMORY) from error
            last_line = traceback.format_exception_only(error)[-1].strip()
            writer.end(
                "failed",
                f"An error that CNN Lab did not expect: {last_line}. log.txt in '{run.path}' has it all.",
            )
            raise


_OUT_OF_MEMORY = (
    "The memory did not suffice. Choose a smaller batch or network, or close other programs, and start again."
)


def _is_out_of_memory(error: Exception) -> bool:
    # By name: TensorFlow may not even be imported yet.
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


def _train(run: Run, writer: RunWriter, requests: _Requests) -> bool:
    """Load, build, fit, evaluate. Returns whether the run was stopped."""
    record = run.record()
    # Reading the images needs the processor where importing TensorFlow needs the disk: together they take less.
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(load_dataset, record.dataset, on_progress=_Download(writer, requests))
        keras = _import_keras()
        dataset = reading.result()
    data = _split(dataset, record)
    from cnn_core.models.build import build_model
    from cnn_core.training.fit import fit

    keras.utils.set_random_seed(record.seed % 2**32)
    model = build_model(record.model, record.data.input_shape, len(record.data.class_names))
    progress = _Progress(writer, model, record.training.epochs)
    writer.update(phase="training", epoch=1)
    result = fit(
        model,
        data,
        record,
        on_step=progress.on_step,
        on_epoch=progress.on_epoch,
        should_stop=requests.should_stop,
    )
    writer.update(phase="evaluating", epoch=result.epochs)
    writer.save_model(model.save)
    _evaluate(writer, model, record, dataset, data, result, progress)
    return result.is_stopped


def _import_keras() -> Any:
    # Read by TensorFlow when it is imported. One inter-op thread: the operations of one network mostly wait for each
    # other, and a second thread only takes cores from the operation under way.
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    return keras


def _split(dataset: Dataset, record: RunRecord) -> TrainingData:
    from cnn_core.data.splits import split_training
    from cnn_core.training.fit import TrainingData

    images, labels = dataset.train_images, dataset.train_labels
    class_count = len(dataset.class_names)
    if record.training.protocol == "tutorial":
        return TrainingData(images, labels, dataset.test_images, dataset.test_labels, class_count)
    share = record.training.validation_share
    split = split_training(labels, validation_share=share, seed=record.seed, class_names=dataset.class_names)
    kept, held = split.train, split.validation
    return TrainingData(images[kept], labels[kept], images[held], labels[held], class_count)


def _evaluate(
    writer: RunWriter,
    model: keras.Model,
    record: RunRecord,
    dataset: Dataset,
    data: TrainingData,
    result: FitResult,
    progress: _Progress,
) -> None:
    """Read the test images once, and write what the network says of them."""
    from cnn_core.evaluation.examples import Predictions
    from cnn_core.evaluation.measures import energy
    from cnn_core.evaluation.report import Training, evaluate
    from cnn_core.training.fit import predict_logits

    predictions = Predictions(dataset.test_labels, predict_logits(model, dataset.test_images))
    watched = energy(predict_logits(model, data.watched_images))
    training = Training(
        is_test_set_watched=record.training.protocol == "tutorial",
        best_epoch=result.best_epoch,
        val_accuracy=progress.val_accuracies.get(result.best_epoch),
        parameters=model.count_params(),
        outlier_threshold=float(np.quantile(watched, OUTLIER_ACCEPTANCE)),
    )
    writer.save_evaluation(predictions, evaluate(predictions.labels, predictions.logits, dataset.class_names, training))


class _StopRequestedError(Exception):
    """Somebody asked for a stop before there was anything to stop."""


class _Download:
    """Writes how far the download of the dataset is, a few times a second at most, and ends it when asked to."""

    def __init__(self, writer: RunWriter, requests: _Requests) -> None:
        self._writer = writer
        self._requests = requests
        self._next_write = 0.0

    def __call__(self, progress: DownloadProgress) -> None:
        if self._requests.should_stop():
            raise _StopRequestedError
        now = time.monotonic()
        if now >= self._next_write:
            self._next_write = now + 1 / REPORTS_PER_SECOND
            share = progress.bytes_done / max(1, progress.bytes_total)
            self._writer.update(phase="downloading", downloaded=min(1.0, share))


class _Requests:
    """What the pages ask of this worker."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._next_check = 0.0
        self._is_asked = False

    def should_stop(self) -> bool:
        """Whether to stop. Cheap: looks at the disk a few times a second."""
        now = time.monotonic()
        if not self._is_asked and now >= self._next_check:
            self._next_check = now + _REQUEST_CHECK_SECONDS
            self._is_asked = self._run.is_stop_requested
        return self._is_asked


class _Progress:
    """Writes what the training loop reports, a few rows a second at most."""

    def __init__(self, writer: RunWriter, model: keras.Model, epochs: int) -> None:
        self._writer = writer
        self._model = model
        self._epochs = epochs
        self._started = time.monotonic()
        self._next_row = 0.0
        self._count, self._loss_sum, self._correct = 0, 0.0, 0
        self.val_accuracies: dict[int, float] = {}

    def on_step(self, step: Step) -> None:
        self._count += step.count
        self._loss_sum += step.loss * step.count
        self._correct += step.correct
        now = time.monotonic()
        # Not at the end of an epoch either: its last batch may hold a single image, and would look like a collapse.
        if now < self._next_row:
            return
        self._next_row = now + 1 / REPORTS_PER_SECOND
        self._writer.append_steps(
            {
                "epoch": step.epoch,
                "step": step.step,
                "steps": step.steps,
                "loss": round(self._loss_sum / self._count, 6),
                "accuracy": round(self._correct / self._count, 6),
                "seconds": round(now - self._started, 2),
            }
        )
        self._count, self._loss_sum, self._correct = 0, 0.0, 0

    def on_epoch(self, epoch: Epoch) -> None:
        self.val_accuracies[epoch.epoch] = epoch.val_accuracy
        if epoch.is_best:
            self._writer.save_model(self._model.save)
        self._writer.append_epoch(asdict(epoch))
        self._writer.update(epoch=min(epoch.epoch + 1, self._epochs))
