"""The compiled steps: one graph, fed with indices.

The uint8 training images lie in TensorFlow's memory once; a step gathers, augments and scales only its own batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnn_core.config import RunConfig
from cnn_core.errors import RunError
from cnn_core.training.augment import augment, sketch
from cnn_core.training.lowered import lowered
from cnn_core.training.objective import Objective
from cnn_core.training.optimizers import build_optimizer
from cnn_core.training.precision import precision_here


@dataclass(frozen=True)
class TrainingData:
    """What a run learns from and what it watches.

    Attributes:
        train_images: (N, H, W, C) uint8.
        train_labels: (N,) int64.
        watched_images: (M, H, W, C) uint8: the validation images or, by the tutorials' protocol, the test images.
        watched_labels: (M,) int64.
        class_count: Number of classes.
        sketches: (classes, K, H, W, C) uint8, where the run shows some: made-up sketches of each class.
        watched_sketches: The same of sketches that are not learned from.
        teacher_probabilities: (N, classes) float32, where the run has teachers: what they say of the training images,
            in the mean; each row sums to 1.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    watched_images: np.ndarray
    watched_labels: np.ndarray
    class_count: int
    sketches: np.ndarray | None = None
    watched_sketches: np.ndarray | None = None
    teacher_probabilities: np.ndarray | None = None

    def steps(self, batch_size: int) -> int:
        """In an epoch; the last batch may be a smaller one."""
        return -(-len(self.train_labels) // batch_size)


class TrainingGraph:
    """An optimizer and the compiled steps on those variables of a model that are trainable when it is made.

    Args:
        model: From uint8 images to logits; trained in place.
        data: What to learn from.
        config: The run. The seed, the epoch and the step decide the augmentation.
        head_only: Whether only the head learns: its averages warm up in any case, its first weights are random.
    """

    def __init__(self, model: keras.Model, data: TrainingData, config: RunConfig, *, head_only: bool = False) -> None:
        self.optimizer = build_optimizer(config.training)
        self._model = model
        self._live: list[np.ndarray] | None = None
        training, self._averages = config.training, None
        if training.ema_decay:
            warms_up = training.ema_warm_up or head_only
            self._averages = _Averages(model, training.ema_decay, warms_up=warms_up)
        self._steps = _compile(model, self.optimizer, self._averages, data, config)

    def run(self, batches: np.ndarray, epoch: int, first_step: int, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Take some steps.

        Args:
            batches: (K, B) int32, indices of the images of each step.
            epoch: Counted from 1.
            first_step: Of these steps, counted from 1 within the epoch.
            rates: (K,) learning rate of each step.

        Returns:
            Mean cross-entropy of each batch, (K,) float32, and its right answers, (K,) int32.
        """
        losses, corrects = self._steps(batches, np.array([epoch, first_step], np.int32), rates.astype(np.float32))
        return losses.numpy(), corrects.numpy()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Give the model the moving averages of its weights while the context is open; nothing without averaging."""
        if self._averages is None:
            yield
            return
        self._live = self._model.get_weights()
        self._model.set_weights(self._averages.values())
        try:
            yield
        finally:
            self._model.set_weights(self._live)
            self._live = None

    def arrays(self) -> dict[str, list[np.ndarray]]:
        """The state between two steps: weights, random generators, optimizer, averages."""
        return {
            "weights": self._live or self._model.get_weights(),
            "generators": [np.asarray(variable.value) for variable in _generators(self._model)],
            "optimizer": [np.asarray(variable.value) for variable in self.optimizer.variables],
            "averages": self._averages.values() if self._averages else [],
        }

    def restore(self, arrays: dict[str, list[np.ndarray]], *, same_stage: bool) -> None:
        """Take up a state.

        Args:
            arrays: From :meth:`arrays`.
            same_stage: Whether the same layers learned then; otherwise the optimizer starts anew.

        Raises:
            RunError: The state is of another network or optimizer.
        """
        try:
            self._model.set_weights(arrays["weights"])
            _assign(_generators(self._model), arrays["generators"])
            if self._averages and arrays["averages"]:
                self._averages.assign(arrays["averages"])
            if same_stage:
                _assign(self.optimizer.variables, arrays["optimizer"])
        except ValueError as error:
            raise RunError(
                f"The checkpoint does not fit the network that these settings build here ({error}): another version of "
                "CNN Lab or of Keras wrote it. Resume the run with the versions in its config.json, or clone it."
            ) from error


class _Averages:
    """Moving averages of a model's weights, those of batch normalisation among them."""

    def __init__(self, model: keras.Model, decay: float, *, warms_up: bool) -> None:
        self._decay, self._warms_up = decay, warms_up
        self._weights = [weight.value for weight in model.weights]
        self._averages = [tf.Variable(weight) for weight in self._weights]

    def update(self, step: tf.Tensor) -> None:
        """Follow the weights after a step. With a warm-up the first steps weigh more, and the start is forgotten."""
        step = tf.cast(step, tf.float32)
        keep = tf.minimum(self._decay, (1 + step) / (10 + step)) if self._warms_up else self._decay
        for average, weight in zip(self._averages, self._weights, strict=True):
            average.assign(keep * average + (1 - keep) * weight)

    def values(self) -> list[np.ndarray]:
        return [average.numpy() for average in self._averages]

    def assign(self, values: list[np.ndarray]) -> None:
        _assign(self._averages, values)


def _generators(model: keras.Model) -> list[Any]:
    """The states of the random generators (dropout) of a model, which ``get_weights`` leaves out."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _assign(variables: list[Any], values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _compile(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    averages: _Averages | None,
    data: TrainingData,
    config: RunConfig,
) -> Any:
    """The graph of K steps: (indices (K, B), [epoch, first step], rates (K,)) → (losses (K,), right answers (K,))."""
    images, objective = tf.constant(data.train_images), Objective(data, config)
    sketches = None if data.sketches is None else tf.constant(data.sketches)
    run_seed = np.uint32(config.seed).view(np.int32)
    computed = lowered(model, precision_here(config.training))
    optimizer.build(model.trainable_variables)

    def train_step(batch: tf.Tensor, epoch: tf.Tensor, step: tf.Tensor, rate: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seed = tf.stack([run_seed ^ (epoch * 65_537), step])
        batch_images = tf.gather(images, batch)
        if sketches is not None:
            batch_images = sketch(batch_images, objective.labels(batch), sketches, config.augmentation, seed)
        batch_images = augment(batch_images, config.augmentation, seed)
        batch_images, targets = objective.mixed(batch_images, batch, seed)
        with tf.GradientTape() as tape:
            logits = computed(batch_images, training=True)
            loss, reported = objective.losses(logits, targets)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.learning_rate.assign(rate)
        optimizer.apply(gradients, model.trainable_variables)
        if averages is not None:
            averages.update(optimizer.iterations.value)
        return reported, tf.reduce_sum(tf.cast(tf.argmax(logits, -1) == targets.labels, tf.int32))

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[
            tf.TensorSpec([None, None], tf.int32),
            tf.TensorSpec([2], tf.int32),
            tf.TensorSpec([None], tf.float32),
        ]
    )
    def train_steps(batches: tf.Tensor, position: tf.Tensor, rates: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        count = tf.shape(batches)[0]
        losses, corrects = tf.TensorArray(tf.float32, count), tf.TensorArray(tf.int32, count)
        for i in tf.range(count):
            loss, correct = train_step(batches[i], position[0], position[1] + i, rates[i])
            losses, corrects = losses.write(i, loss), corrects.write(i, correct)
        return losses.stack(), corrects.stack()

    return train_steps
