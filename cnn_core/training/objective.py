"""What a batch is learned from, inside the training graph: labels, mixed and smoothed, and teachers' answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from cnn_core.config import RunConfig
from cnn_core.training.augment import is_sketched, mix

if TYPE_CHECKING:
    from cnn_core.training.graph import TrainingData


class Targets(NamedTuple):
    """What is known of the images of a batch.

    Attributes:
        labels: (N,), whole numbers: the class, or the one with the larger share of two mixed images.
        shares: (N, classes) float32, the shares of the classes in each image: one-hot where none are mixed.
        probabilities: (N, classes) float32, what the network is to say: the shares, smoothed where the run does so, and
            what its teachers say, in their share.
    """

    labels: tf.Tensor
    shares: tf.Tensor
    probabilities: tf.Tensor


class Objective:
    """The loss of a run, and what is reported of it.

    Args:
        data: What to learn from.
        config: The run.

    Raises:
        ValueError: The run has teachers, and nobody asked them; see
            :func:`cnn_core.training.distillation.ask_teachers`.
    """

    def __init__(self, data: TrainingData, config: RunConfig) -> None:
        said = data.teacher_probabilities
        if bool(config.training.teachers) != (said is not None):
            raise ValueError("what the teachers say must be given, and only where there are some")
        self._training, self._augmentation = config.training, config.augmentation
        self._class_count, self._class_weights = data.class_count, _class_weights(data, config)
        self._labels = tf.constant(data.train_labels)
        self._said = None if said is None else tf.constant(said)

    def labels(self, batch: tf.Tensor) -> tf.Tensor:
        """Of the images with these indices, (N,)."""
        return tf.gather(self._labels, batch)

    def mixed(self, images: tf.Tensor, batch: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, Targets]:
        """Mix the images of a batch, where the run does so, and say what is known of them then.

        Args:
            images: (N, H, W, C) uint8, augmented.
            batch: (N,) int32, their indices.
            seed: (2,) int32, that of their augmentation.
        """
        labels = self.labels(batch)
        shares = tf.one_hot(labels, self._class_count)
        if not self._augmentation.mixes_labels:
            return images, Targets(labels, shares, self._probabilities(self._smoothed(shares), batch, seed))
        if self._said is None:
            images, shares = mix(images, shares, self._augmentation, seed)
            return images, Targets(tf.argmax(shares, -1), shares, self._smoothed(shares))
        # In one go, so that both are mixed alike.
        both = tf.concat([shares, self._probabilities(self._smoothed(shares), batch, seed)], axis=1)
        images, both = mix(images, both, self._augmentation, seed)
        shares, probabilities = tf.split(both, 2, axis=1)
        return images, Targets(tf.argmax(shares, -1), shares, probabilities)

    def _smoothed(self, shares: tf.Tensor) -> tf.Tensor:
        """As Keras's loss smooths them, to the last bit."""
        smoothing = self._training.label_smoothing
        if not smoothing:
            return shares
        return shares * (1.0 - smoothing) + smoothing / tf.cast(self._class_count, tf.float32)

    def _probabilities(self, own: tf.Tensor, batch: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """What the labels say by themselves, and the teachers of the same images."""
        if self._said is None:
            return own
        share = self._training.teacher_share
        taught = share * tf.gather(self._said, batch) + (1 - share) * own
        if not self._augmentation.sketches:
            return taught
        # What the teachers said of the image does not hold of the sketch in its place.
        return tf.where(is_sketched(tf.shape(batch)[0], self._augmentation, seed)[:, None], own, taught)

    def losses(self, logits: tf.Tensor, targets: Targets) -> tuple[tf.Tensor, tf.Tensor]:
        """The loss to be learned from, and the plain cross-entropy that is reported; scalars, means over the batch."""
        if self._augmentation.mixes_labels:
            plain = tf.nn.softmax_cross_entropy_with_logits(labels=targets.shares, logits=logits)
        else:
            plain = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets.labels, logits=logits)
        reported = tf.reduce_mean(plain)
        if self._is_plain:
            return reported, reported
        loss = keras.losses.categorical_crossentropy(targets.probabilities, logits, from_logits=True)
        if self._class_weights is not None:
            loss *= tf.linalg.matvec(targets.shares, self._class_weights)
        return tf.reduce_mean(loss), reported

    @property
    def _is_plain(self) -> bool:
        training = self._training
        return (
            training.loss == "sparse_categorical_crossentropy"
            and not self._augmentation.mixes_labels
            and self._class_weights is None
        )


def _class_weights(data: TrainingData, config: RunConfig) -> tf.Tensor | None:
    """(classes,) float32, mean 1 over the images; ``None`` if all images count alike."""
    if config.training.class_weights == "none":
        return None
    counts = np.bincount(data.train_labels, minlength=data.class_count)
    # scikit-learn's "balanced": N / (classes · count). A class without images weighs nothing.
    return tf.constant(
        np.where(counts > 0, len(data.train_labels) / (data.class_count * np.maximum(counts, 1)), 0), tf.float32
    )
