"""What a training costs, measured on a few batches of the very network, graph and data that a worker would use."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from cnn_core.config import RunConfig
from cnn_core.runs.measurements import PriceMeasurement
from cnn_core.runs.store import active_runs, find_run
from cnn_core.training.distillation import unknown_probabilities
from cnn_core.training.predicting import predict_logits, prediction_batch
from cnn_core.training.setup import load_beside_keras, seeded_model, training_data
from cnn_core.training.standards import images_read

if TYPE_CHECKING:
    import keras

    from cnn_core.data.dataset import Dataset
    from cnn_core.training.graph import TrainingData, TrainingGraph

# A few seconds tell the pace; a slow network must be seen for a few calls all the same.
_STEPS_SECONDS = 4.0
_FEWEST_CALLS = 3
_PREDICTION_SECONDS = 1.5
# Of all cores. Beyond it, others slow the measurement down.
_OTHERS_SHARE = 0.15


def measure_price(config: RunConfig, started: float, on_share: Callable[[float], None]) -> PriceMeasurement:
    """Measure, in a process of its own: it imports TensorFlow as the worker does, and its peak memory is the result.

    Args:
        config: The run. Weights of another run or from ImageNet are not loaded for it: random ones cost the same.
        started: When this process was started, seconds since 1970.
        on_share: Called with the share that is done.

    Raises:
        DatasetError: The dataset is not on this machine.
        ConfigError: The network does not fit the images.
        RunError: A teacher is gone or damaged.
    """
    others = _Others()
    dataset = load_beside_keras(config.dataset, download=False)
    on_share(0.3)
    data, asking_seconds = _with_teachers(training_data(dataset, config), config)
    model = seeded_model(config, is_fresh=False)
    on_share(0.4)
    has_head = config.transfer is not None and config.transfer.head_epochs > 0
    head_seconds, measuring_seconds = None, 0.0
    if has_head:
        head_seconds, _, measuring_seconds = _time_steps(_graph(model, data, config, head_only=True), data, config)
        on_share(0.55)
    graph = _graph(model, data, config, head_only=False)
    step_seconds, compiled, _ = _time_steps(graph, data, config)
    # Compiling, a second time for fine-tuning, belongs to the start; measuring does not.
    start_seconds = compiled - started - measuring_seconds + asking_seconds
    on_share(0.75)
    compile_seconds, image_seconds = _time_prediction(model, data.watched_images)
    on_share(0.9)
    return PriceMeasurement(
        start_seconds=start_seconds + compile_seconds,
        head_step_seconds=head_seconds,
        step_seconds=step_seconds,
        steps=data.steps(config.training.batch_size),
        validation_seconds=image_seconds * len(data.watched_labels),
        save_seconds=(save_seconds := _time_saving(model)),
        checkpoint_seconds=_time_checkpoint(graph),
        end_seconds=_time_end(dataset, data, config, image_seconds) + save_seconds,
        parameters=model.count_params(),
        memory_bytes=_peak_memory(),
        is_contended=others.are_busy(),
    )


def _with_teachers(data: TrainingData, config: RunConfig) -> tuple[TrainingData, float]:
    """The data with some probabilities in place of the teachers', and how many seconds asking for theirs takes more.

    More than this took: each teacher is loaded, so that its memory counts, and is asked about a few images.
    """
    if not config.training.teachers:
        return data, 0.0
    from cnn_core.inference.network import Network

    seconds = 0.0
    for run_id in config.training.teachers:
        model = Network(find_run(run_id)).model
        begun = time.perf_counter()
        first, image_seconds = _time_prediction(model, data.train_images)
        seconds += first + image_seconds * len(data.train_images) - (time.perf_counter() - begun)
    return replace(data, teacher_probabilities=unknown_probabilities(data)), seconds


def _graph(model: keras.Model, data: TrainingData, config: RunConfig, *, head_only: bool) -> TrainingGraph:
    from cnn_core.models.transfer import set_trainable
    from cnn_core.training.graph import TrainingGraph

    set_trainable(model, config, head_only=head_only)
    return TrainingGraph(model, data, config)


def _time_steps(graph: TrainingGraph, data: TrainingData, config: RunConfig) -> tuple[float, float, float]:
    """Seconds of a step; when the graph was compiled (seconds since 1970); seconds that measuring took after that."""
    from cnn_core.training.fit import LONGEST_CALL_SECONDS, STEPS_PER_CALL

    size = min(config.training.batch_size, len(data.train_labels))
    order = np.random.default_rng(0).permutation(len(data.train_labels)).astype(np.int32)
    rate = config.training.learning_rate
    position = 0

    def call(count: int) -> float:
        """Take so many steps in one call; seconds of one of them."""
        nonlocal position
        places = (np.arange(count * size) + position) % len(order)
        position += count * size
        before = time.perf_counter()
        graph.run(order[places].reshape(count, size), 1, 1, np.full(count, rate))
        return (time.perf_counter() - before) / count

    call(1)
    compiled = time.time()
    count = max(1, min(STEPS_PER_CALL, int(LONGEST_CALL_SECONDS / call(1))))
    call(count)
    return _mean_seconds(lambda: call(count), _STEPS_SECONDS) / count, compiled, time.time() - compiled


def _mean_seconds(call: Callable[[], object], for_seconds: float) -> float:
    """Seconds of a call, in the mean over some time.

    Not the median: where others use the processor too, most calls are undisturbed and some wait for long, and a run
    pays for both.
    """
    begun, count = time.perf_counter(), 0
    while count < _FEWEST_CALLS or time.perf_counter() - begun < for_seconds:
        call()
        count += 1
    return (time.perf_counter() - begun) / count


def _time_prediction(model: keras.Model, images: np.ndarray) -> tuple[float, float]:
    """Seconds that the first batch takes more than the others, and seconds of an image."""
    batch = images[: prediction_batch(model)]
    before = time.perf_counter()
    predict_logits(model, batch)
    first = time.perf_counter() - before
    batch_seconds = _mean_seconds(lambda: predict_logits(model, batch), _PREDICTION_SECONDS)
    return max(0.0, first - batch_seconds), batch_seconds / len(batch)


def _time_saving(model: keras.Model) -> float:
    with tempfile.TemporaryDirectory() as folder:
        before = time.perf_counter()
        model.save(Path(folder) / "model.keras")
        return time.perf_counter() - before


def _time_checkpoint(graph: TrainingGraph) -> float:
    before = time.perf_counter()
    arrays = {f"{name}-{i}": array for name, parts in graph.arrays().items() for i, array in enumerate(parts)}
    with tempfile.TemporaryFile() as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    return time.perf_counter() - before


def _time_end(dataset: Dataset, data: TrainingData, config: RunConfig, image_seconds: float) -> float:
    """Seconds of the evaluation: the images are reckoned, the report is made, of logits that say nothing."""
    from cnn_core.evaluation.predictions import LabelledLogits, Predictions
    from cnn_core.evaluation.report import Training, evaluate
    from cnn_core.runs.predictions_file import pack_predictions

    random = np.random.default_rng(0)

    def answers(labels: np.ndarray) -> LabelledLogits:
        return LabelledLogits(labels, random.normal(size=(len(labels), len(dataset.class_names))).astype(np.float32))

    labels, watched = dataset.test_labels, data.watched_labels
    is_test_set_watched = config.training.protocol == "tutorial"
    before = time.perf_counter()
    # Where the test images are watched there is no temperature to fit, and nothing of them is read twice.
    test, validation = answers(labels), None if is_test_set_watched else answers(watched)
    said = Training(is_test_set_watched, best_epoch=1, val_accuracy=None, parameters=0, outlier_threshold=0.0)
    evaluate(labels, test.logits, dataset.class_names, said, validation)
    pack_predictions(Predictions(labels, test.logits, validation))
    reporting = time.perf_counter() - before
    images = len(labels) + (0 if validation is None else len(watched)) + images_read(data, config.augmentation)
    return reporting + image_seconds * images


def _peak_memory() -> int:
    """The most memory that this process has held, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        return int(psutil.Process().memory_info().peak_wset)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kilobytes, macOS in bytes.
    return int(peak if sys.platform == "darwin" else peak * 1024)


class _Others:
    """Whether other processes keep the processor busy from now on."""

    def __init__(self) -> None:
        self._is_training = _is_training()
        self._begun, self._mine, self._all = time.monotonic(), _own_seconds(), _busy_seconds()

    def are_busy(self) -> bool:
        """Whether a run trains beside, or others took more than a little of the cores."""
        seconds = (time.monotonic() - self._begun) * (psutil.cpu_count() or 1)
        others = (_busy_seconds() - self._all) - (_own_seconds() - self._mine)
        return self._is_training or _is_training() or others > _OTHERS_SHARE * seconds


def _is_training() -> bool:
    return any(status.state == "running" for _, _, status in active_runs())


def _own_seconds() -> float:
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))
