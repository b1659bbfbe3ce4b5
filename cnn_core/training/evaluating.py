"""Evaluate a trained network on its dataset: at the end of a training, and again later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnn_core.data.load import load_dataset
from cnn_core.errors import RunError
from cnn_core.evaluation.measures import energy
from cnn_core.evaluation.predictions import LabelledLogits, Predictions
from cnn_core.evaluation.report import Report, Training, evaluate
from cnn_core.runs.directory import Run
from cnn_core.runs.predictions_file import check_finite
from cnn_core.runs.progress import kept_epoch
from cnn_core.runs.queue import worker_lock
from cnn_core.runs.record import RunRecord
from cnn_core.runs.reports import is_of_this_network
from cnn_core.runs.store import is_showcase
from cnn_core.runs.writer import save_evaluation
from cnn_core.training.predicting import predict_logits
from cnn_core.training.standards import learn_outliers

if TYPE_CHECKING:
    import keras

    from cnn_core.config import RunConfig
    from cnn_core.data.dataset import Dataset
    from cnn_core.inference.outliers import Outliers
    from cnn_core.training.graph import TrainingData

# Share of the watched images that must not be called outliers.
OUTLIER_ACCEPTANCE = 0.95


def evaluate_network(
    model: keras.Model,
    dataset: Dataset,
    data: TrainingData,
    config: RunConfig,
    *,
    best_epoch: int,
    val_accuracy: float | None,
) -> tuple[Predictions, Report, Outliers | None]:
    """Read the test images once, the watched images too, and say what the network makes of them.

    Args:
        model: From uint8 images to logits.
        dataset: Whose test images are meant.
        data: What the network learned from and what it watched.
        config: How it learned. Where it watched the test images, no validation answers are kept, and no temperature is
            fitted.
        best_epoch: Whose weights the model has; see :class:`~cnn_core.evaluation.report.StoredReport`.
        val_accuracy: Of that epoch.

    Returns:
        The answers, what they say, and what is strange to the network, as :func:`learn_outliers` finds it.

    Raises:
        RunError: Some answers are not numbers.
    """
    is_test_set_watched = config.training.protocol == "tutorial"
    test = LabelledLogits(dataset.test_labels, predict_logits(model, dataset.test_images))
    if is_test_set_watched:
        watched = test
    else:
        watched = LabelledLogits(data.watched_labels, predict_logits(model, data.watched_images))
    for answers, images in ((test, "test images"), (watched, "validation images")):
        try:
            check_finite(answers, images)
        except ValueError as error:
            raise RunError(
                f"The network cannot be evaluated: {error}. Its weights are no longer usable. Train again, with a "
                "smaller learning rate."
            ) from error
    validation = None if is_test_set_watched else watched
    training = Training(
        is_test_set_watched=is_test_set_watched,
        best_epoch=best_epoch,
        val_accuracy=val_accuracy,
        parameters=model.count_params(),
        outlier_threshold=float(np.quantile(energy(watched.logits), OUTLIER_ACCEPTANCE)),
    )
    report = evaluate(test.labels, test.logits, dataset.class_names, training, validation)
    outliers = learn_outliers(model, data, config.augmentation)
    return Predictions(test.labels, test.logits, validation), report, outliers


def why_not_evaluated_anew(run: Run) -> str | None:
    """Why a run cannot be evaluated anew, as far as a glance at its folder tells; ``None``: it probably can.

    Raises:
        RunError: Its settings or its status cannot be read.
    """
    if is_showcase(run):
        return "The showcase ships with CNN Lab and is never written. Train a run of your own to evaluate it."
    status = run.status()
    if status.is_active:
        return f"Run '{run.id}' is {status.state}: it is evaluated when it ends."
    if not run.has_model:
        return f"Run '{run.id}' has no network to evaluate. Resume it on the Runs page, or choose another run."
    return None


def renew_evaluation(run: Run) -> Report:
    """Evaluate the saved network of a run again, and replace its evaluation. Imports TensorFlow; takes seconds.

    Which epoch the network is of, and how good it was then, are taken from the evaluation before; where there is none,
    from the history.

    Raises:
        RunError: It is still active; its network is missing or damaged; it is the showcase, or it was taken up again
            meanwhile. Nothing is changed then.
        DatasetError: The dataset is not on this machine, or is no longer the one that the run was trained on.
        StorageError: The evaluation cannot be written.
    """
    if why := why_not_evaluated_anew(run):
        raise RunError(why)
    record, model_ns = run.record(), run.model_path().stat().st_mtime_ns
    dataset = load_dataset(record.dataset, download=False)
    if dataset.checksum != record.data.checksum:
        raise RunError(
            f"{dataset.title} has changed since run '{run.id}' was trained: its images are no longer the same. Restore "
            "the dataset as it was, or train a new run."
        )
    from cnn_core.inference.network import Network
    from cnn_core.training.setup import training_data

    best_epoch, val_accuracy = _kept_epoch(run, record)
    model, data = Network(run).model, training_data(dataset, record)
    predictions, report, outliers = evaluate_network(
        model, dataset, data, record, best_epoch=best_epoch, val_accuracy=val_accuracy
    )
    # Held only now: a worker that is started in the meantime does not wait longer than it takes to write three files.
    with worker_lock(run):
        if run.status().is_active or run.model_path().stat().st_mtime_ns != model_ns:
            raise RunError(f"Run '{run.id}' was taken up again meanwhile: it is evaluated when it ends.")
        save_evaluation(run, predictions, report, outliers)
    return report


def _kept_epoch(run: Run, record: RunRecord) -> tuple[int, float | None]:
    """The epoch that the saved network is of, and its validation accuracy."""
    try:
        before = run.stored_report()
        # After a continuation that was broken off, the evaluation may be of an earlier network.
        if is_of_this_network(run, run.report_sources()):
            return before.best_epoch, before.val_accuracy
    except RunError:
        pass
    return kept_epoch(run.history(), record.training)
