"""Augmentation of a batch inside the training graph."""

from __future__ import annotations

import tensorflow as tf

from cnn_core.config import AugmentationConfig

# Zhong et al., "Random Erasing Data Augmentation" (2020): area of the erased rectangle as a share of the image.
ERASE_AREA = (0.02, 0.33)


def augment(images: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor) -> tf.Tensor:
    """Change a batch at random, as the configuration asks.

    Args:
        images: (N, H, W, C) uint8.
        config: What to do. With nothing set, the images come back untouched.
        seed: (2,) int32. The same seed gives the same result, so a run can be repeated and resumed.

    Returns:
        (N, H, W, C) uint8.
    """
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 4))
    if config.horizontal_flip:
        images = _flip(images, seeds[0])
    if config.shift_pixels:
        images = _shift(images, config.shift_pixels, seeds[1])
    if config.erase_probability:
        images = _erase(images, config.erase_probability, seeds[2], noise_seed=seeds[3])
    return images


def _flip(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    chosen = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed) < 0.5
    return tf.where(chosen, images[:, :, ::-1], images)


def _shift(images: tf.Tensor, pixels: int, seed: tf.Tensor) -> tf.Tensor:
    """Move each image by up to ``pixels``; what comes in at the border is 0, the background."""
    count, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    offsets = tf.random.stateless_uniform([2, count], seed, 0, 2 * pixels + 1, tf.int32)
    padded = tf.pad(images, [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]])
    rows = offsets[0][:, None] + tf.range(height)
    columns = offsets[1][:, None] + tf.range(width)
    return tf.gather(tf.gather(padded, rows, batch_dims=1), columns, axis=2, batch_dims=1)


def _erase(images: tf.Tensor, probability: float, seed: tf.Tensor, noise_seed: tf.Tensor) -> tf.Tensor:
    """Replace one rectangle in a share of the images by noise."""
    count, height, width, _ = tf.unstack(tf.shape(images))
    draws = tf.random.stateless_uniform([5, count], seed)
    area = ERASE_AREA[0] + (ERASE_AREA[1] - ERASE_AREA[0]) * draws[0]
    aspect = tf.exp((2 * draws[1] - 1) * tf.math.log(3.3))

    def inside(side: tf.Tensor, share: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
        length = tf.minimum(1.0, share)
        centres = (tf.range(tf.cast(side, tf.float32)) + 0.5) / tf.cast(side, tf.float32)
        start = place * (1 - length)
        return (centres >= start[:, None]) & (centres < (start + length)[:, None])

    rows = inside(height, tf.sqrt(area * aspect), draws[2])
    columns = inside(width, tf.sqrt(area / aspect), draws[3])
    chosen = (draws[4] < probability)[:, None, None]
    hole = (rows[:, :, None] & columns[:, None, :] & chosen)[..., None]
    noise = tf.cast(tf.random.stateless_uniform(tf.shape(images), noise_seed, 0, 256, tf.int32), tf.uint8)
    return tf.where(hole, noise, images)
