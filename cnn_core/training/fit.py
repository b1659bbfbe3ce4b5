"""The training loop. It knows callables and arrays: neither the run's directory nor a screen.

One compiled graph, fed with indices: the uint8 training images lie in TensorFlow's memory once, and a step gathers,
augments and scales only its own batch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnn_core.config import RunConfig
from cnn_core.errors import RunError
from cnn_core.evaluation.measures import accuracy, cross_entropy
from cnn_core.training.augment import augment
from cnn_core.training.schedules import build_optimizer

# Large enough that the arithmetic outweighs the call, small enough that the feature maps stay in the cache.
PREDICTION_BATCH = 500
# A call from Python into the graph costs a fraction of a millisecond, during which the processor idles. Few enough that
# a stop is still felt at once.
STEPS_PER_CALL = 8

_DIVERGED = (
    "The loss became infinite in epoch {epoch}, step {step}: the steps were too large. Start a new run with a tenth of "
    "its learning rate; the best finished epoch, if any, can still classify."
)


@dataclass(frozen=True)
class TrainingData:
    """What a run learns from and what it watches.

    Attributes:
        train_images: (N, H, W, C) uint8.
        train_labels: (N,) int64.
        watched_images: (M, H, W, C) uint8: the validation images or, by the tutorials' protocol, the test images.
        watched_labels: (M,) int64.
        class_count: Number of classes.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    watched_images: np.ndarray
    watched_labels: np.ndarray
    class_count: int


@dataclass(frozen=True)
class Step:
    """One finished step.

    Attributes:
        epoch: Counted from 1.
        step: Within the epoch, counted from 1.
        steps: In the epoch.
        count: Images in the batch.
        loss: Mean cross-entropy of the batch, without label smoothing, so that it compares with ``val_loss``.
        correct: Images of the batch that were classified right.
    """

    epoch: int
    step: int
    steps: int
    count: int
    loss: float
    correct: int


@dataclass(frozen=True)
class Epoch:
    """One finished epoch, in the names of Keras's history. ``is_best``: its weights are the ones to keep so far."""

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float
    is_best: bool


@dataclass(frozen=True)
class FitResult:
    """How the training ended. The model carries the weights of ``best_epoch``.

    Attributes:
        best_epoch: Epoch whose weights were kept; 0 if not even one was finished.
        epochs: Finished epochs.
        is_stopped: Whether it was asked to stop before the last epoch.
    """

    best_epoch: int
    epochs: int
    is_stopped: bool


def fit(
    model: keras.Model,
    data: TrainingData,
    config: RunConfig,
    *,
    on_step: Callable[[Step], None],
    on_epoch: Callable[[Epoch], None],
    should_stop: Callable[[], bool],
) -> FitResult:
    """Train a model and leave the weights to keep in it.

    By the protocol "validation" these are the weights of the epoch with the highest validation accuracy (the lower
    loss where two are equal). By the protocol "tutorial" they are the last epoch's: choosing by the watched test
    images would flatter the result.

    Args:
        model: From uint8 images to logits; trained in place.
        data: What to learn from and what to watch.
        config: The run. The same configuration draws the same batches and augmentation.
        on_step: Called after every step; must be cheap.
        on_epoch: Called after every epoch with the epoch's figures. While it runs the model has that epoch's weights.
        should_stop: Asked after every few steps (:data:`STEPS_PER_CALL`); must be cheap.

    Raises:
        RunError: The loss is no longer a number.
    """
    training = config.training
    steps = -(-len(data.train_labels) // training.batch_size)
    optimizer = build_optimizer(training, steps * training.epochs)
    train_steps = _compile_steps(model, optimizer, data, config)
    best = _Best(model, keeps_last=training.protocol == "tutorial")
    for epoch in range(1, training.epochs + 1):
        started = time.perf_counter()
        measured = _run_epoch(train_steps, epoch, steps, config, len(data.train_labels), on_step, should_stop)
        if measured is None:
            best.restore()
            return FitResult(best.epoch, epoch - 1, is_stopped=True)
        logits = predict_logits(model, data.watched_images)
        if not np.isfinite(logits).all():
            raise RunError(_DIVERGED.format(epoch=epoch, step=steps))
        val_loss, val_accuracy = cross_entropy(data.watched_labels, logits), accuracy(data.watched_labels, logits)
        is_best = best.offer(epoch, val_accuracy, val_loss)
        on_epoch(
            Epoch(
                epoch,
                loss=measured[0],
                accuracy=measured[1],
                val_loss=val_loss,
                val_accuracy=val_accuracy,
                learning_rate=float(optimizer.learning_rate),
                seconds=time.perf_counter() - started,
                is_best=is_best,
            )
        )
    best.restore()
    return FitResult(best.epoch, training.epochs, is_stopped=False)


class _Best:
    """The weights of the best epoch so far; of the last one if ``keeps_last``."""

    def __init__(self, model: keras.Model, *, keeps_last: bool) -> None:
        self._model = model
        self._keeps_last = keeps_last
        self._score = (-math.inf, -math.inf)
        self._weights: list[np.ndarray] | None = None
        self.epoch = 0

    def offer(self, epoch: int, val_accuracy: float, val_loss: float) -> bool:
        """Keep the model's weights if they are better, and say whether they were kept."""
        score = (val_accuracy, -val_loss)
        if not self._keeps_last and score <= self._score:
            return False
        self._score, self._weights, self.epoch = score, self._model.get_weights(), epoch
        return True

    def restore(self) -> None:
        """Give the model the weights that were kept; without any it stays as it is."""
        if self._weights is not None:
            self._model.set_weights(self._weights)


def _run_epoch(
    train_steps: Callable[..., Any],
    epoch: int,
    steps: int,
    config: RunConfig,
    count: int,
    on_step: Callable[[Step], None],
    should_stop: Callable[[], bool],
) -> tuple[float, float] | None:
    """One pass over the training images. Returns their mean loss and accuracy; ``None`` if asked to stop."""
    size = config.training.batch_size
    loss_sum, correct_sum = 0.0, 0
    order = np.random.default_rng((config.seed, epoch)).permutation(count).astype(np.int32)
    step = 0
    while step < steps:
        # Whole batches together, and the smaller last one, if there is one, by itself.
        whole = min(STEPS_PER_CALL, count // size - step)
        batches = order[step * size : (step + max(whole, 1)) * size].reshape(max(whole, 1), -1)
        losses, corrects = (part.numpy() for part in train_steps(batches, np.array([epoch, step + 1], np.int32)))
        for loss, correct in zip(losses.tolist(), corrects.tolist(), strict=True):
            step += 1
            if not math.isfinite(loss):
                raise RunError(_DIVERGED.format(epoch=epoch, step=step))
            loss_sum, correct_sum = loss_sum + loss * batches.shape[1], correct_sum + correct
            on_step(Step(epoch, step, steps, batches.shape[1], loss, correct))
        if should_stop():
            return None
    return loss_sum / count, correct_sum / count


def _compile_steps(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, data: TrainingData, config: RunConfig
) -> Callable[..., Any]:
    """The graph of K steps: (indices (K, batch), [epoch, first step]) → (cross-entropies (K,), right answers (K,))."""
    images, labels = tf.constant(data.train_images), tf.constant(data.train_labels)
    one_hot = config.training.loss == "categorical_crossentropy"
    smoothing = config.training.label_smoothing
    run_seed = np.uint32(config.seed).view(np.int32)
    optimizer.build(model.trainable_variables)

    def train_step(batch: tf.Tensor, epoch: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seed = tf.stack([run_seed ^ (epoch * 65_537), step])
        batch_images = augment(tf.gather(images, batch), config.augmentation, seed)
        batch_labels = tf.gather(labels, batch)
        with tf.GradientTape() as tape:
            logits = model(batch_images, training=True)
            plain = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch_labels, logits=logits))
            loss = plain
            if one_hot:
                targets = tf.one_hot(batch_labels, data.class_count)
                loss = tf.reduce_mean(
                    keras.losses.categorical_crossentropy(targets, logits, from_logits=True, label_smoothing=smoothing)
                )
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        correct = tf.reduce_sum(tf.cast(tf.argmax(logits, -1) == batch_labels, tf.int32))
        return plain, correct

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([2], tf.int32)]
    )
    def train_steps(batches: tf.Tensor, position: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        count = tf.shape(batches)[0]
        losses, corrects = tf.TensorArray(tf.float32, count), tf.TensorArray(tf.int32, count)
        for i in tf.range(count):
            loss, correct = train_step(batches[i], position[0], position[1] + i)
            losses, corrects = losses.write(i, loss), corrects.write(i, correct)
        return losses.stack(), corrects.stack()

    return train_steps  # type: ignore[no-any-return]


def predict_logits(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """The model's logits for many images, in large batches.

    Args:
        model: From uint8 images to logits.
        images: (N, H, W, C) uint8.

    Returns:
        (N, classes) float32.
    """
    parts = [
        model.predict_on_batch(images[start : start + PREDICTION_BATCH])
        for start in range(0, len(images), PREDICTION_BATCH)
    ]
    return np.concatenate(parts).astype(np.float32)
