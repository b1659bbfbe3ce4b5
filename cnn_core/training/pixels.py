"""What augmentation can do to the pixels of a batch. All randomness comes from the seeds, (2,) int32.

Images are (N, H, W, C) uint8, going in and coming out.
"""

from __future__ import annotations

import tensorflow as tf

# Zhong et al., "Random Erasing Data Augmentation" (2020): area of the erased rectangle as a share of the image.
ERASE_AREA = (0.02, 0.33)


def flip(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Mirror about half of the images, left to right."""
    chosen = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed) < 0.5
    # A third of the time of a slice with a step of -1.
    return tf.where(chosen, tf.reverse(images, [2]), images)


def shifts(count: tf.Tensor, largest: int, seed: tf.Tensor) -> tf.Tensor:
    """Draw (2, N) int32: pixels down, pixels to the right, each from -largest to largest."""
    return largest - tf.random.stateless_uniform([2, count], seed, 0, 2 * largest + 1, tf.int32)


def shift(images: tf.Tensor, largest: int, seed: tf.Tensor) -> tf.Tensor:
    """Move each image by up to ``largest`` pixels in each direction; 0 comes in at the border."""
    count, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    offsets = largest - shifts(count, largest, seed)
    padded = tf.pad(images, [[0, 0], [largest, largest], [largest, largest], [0, 0]])
    rows = offsets[0][:, None] + tf.range(height)
    columns = offsets[1][:, None] + tf.range(width)
    return tf.gather(tf.gather(padded, rows, batch_dims=1), columns, axis=2, batch_dims=1)


def project(images: tf.Tensor, *, angles: tf.Tensor, scales: tf.Tensor, shifts: tf.Tensor) -> tf.Tensor:
    """Turn each image about its centre, scale it, then shift it: one bilinear interpolation, with 0 outside.

    Args:
        images: (N, H, W, C) uint8.
        angles: (N,) float32, in radians, counter-clockwise.
        scales: (N,) float32, above 0: 2 shows everything twice as large.
        shifts: (2, N) float32: pixels down, pixels to the right.
    """
    height, width = images.shape[1], images.shape[2]
    row, column = (height - 1) / 2, (width - 1) / 2
    # The operation asks for the way back: from a place (column, row) of the result to the place in the image.
    cosine, sine = tf.cos(angles) / scales, tf.sin(angles) / scales
    from_row, from_column = row + shifts[0], column + shifts[1]
    to_column = (cosine, -sine, column - cosine * from_column + sine * from_row)
    to_row = (sine, cosine, row - sine * from_column - cosine * from_row)
    no_perspective = (tf.zeros_like(angles), tf.zeros_like(angles))
    projected = tf.raw_ops.ImageProjectiveTransformV3(
        # Of uint8 the operation would cut the fractions off, and darken everything by half a level.
        images=tf.cast(images, tf.float32),
        transforms=tf.stack([*to_column, *to_row, *no_perspective], axis=1),
        output_shape=[height, width],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
    return _rounded(projected)


def contrast(images: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Scale the distances from the image's own mean, then the whole image, each by a factor of 1 ± ``share``."""
    factors = tf.random.stateless_uniform([2, tf.shape(images)[0], 1, 1, 1], seed, 1 - share, 1 + share)
    spread, brightness = factors[0], factors[1]
    values = tf.cast(images, tf.float32)
    mean = tf.reduce_mean(values, axis=[1, 2, 3], keepdims=True)
    return _rounded(brightness * spread * values + brightness * (1 - spread) * mean)


def noise(images: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Add Gaussian noise with a standard deviation of ``share`` of white, to each value by itself."""
    added = tf.random.stateless_normal(tf.shape(images), seed, stddev=255 * share)
    return _rounded(tf.cast(images, tf.float32) + added)


def erase(images: tf.Tensor, probability: float, seed: tf.Tensor, noise_seed: tf.Tensor) -> tf.Tensor:
    """Replace one rectangle in a share of the images by noise."""
    count, height, width, _ = tf.unstack(tf.shape(images))
    draws = tf.random.stateless_uniform([5, count], seed)
    area = ERASE_AREA[0] + (ERASE_AREA[1] - ERASE_AREA[0]) * draws[0]
    aspect = tf.exp((2 * draws[1] - 1) * tf.math.log(3.3))

    def inside(side: tf.Tensor, share: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
        length = tf.minimum(1.0, share)
        return _band(side, place * (1 - length), length)

    rows = inside(height, tf.sqrt(area * aspect), draws[2])
    columns = inside(width, tf.sqrt(area / aspect), draws[3])
    chosen = (draws[4] < probability)[:, None, None]
    hole = (rows[:, :, None] & columns[:, None, :] & chosen)[..., None]
    values = tf.cast(tf.random.stateless_uniform(tf.shape(images), noise_seed, 0, 256, tf.int32), tf.uint8)
    return tf.where(hole, values, images)


def blend(images: tf.Tensor, others: tf.Tensor, kept: tf.Tensor) -> tf.Tensor:
    """Lay other images over: ``kept`` (N,) float32 is the share of the image in each value."""
    one, other = tf.cast(images, tf.float32), tf.cast(others, tf.float32)
    return _rounded(other + kept[:, None, None, None] * (one - other))


def patch(images: tf.Tensor, others: tf.Tensor, kept: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Put a rectangle of other images in place, as CutMix does: centred anywhere, so the border may cut it.

    Args:
        images: (N, H, W, C) uint8.
        others: (N, H, W, C) uint8.
        kept: (N,) float32: share of the image that an uncut rectangle leaves.
        seed: Decides the centres.

    Returns:
        The images, and (N,) float32: the share of the image that is really left.
    """
    count, height, width, _ = tf.unstack(tf.shape(images))
    side = tf.sqrt(1 - kept)
    start = tf.random.stateless_uniform([2, count], seed) - side / 2
    inside = _band(height, start[0], side)[:, :, None] & _band(width, start[1], side)[:, None, :]
    left = 1 - tf.reduce_mean(tf.cast(inside, tf.float32), axis=[1, 2])
    return tf.where(inside[..., None], others, images), left


def _band(side: tf.Tensor, start: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """(N, side) bool: the pixels whose centre lies in a band; ``start`` and ``length`` (N,) as shares of the side."""
    centres = (tf.range(tf.cast(side, tf.float32)) + 0.5) / tf.cast(side, tf.float32)
    return (centres >= start[:, None]) & (centres < (start + length)[:, None])


def _rounded(values: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.clip_by_value(values + 0.5, 0, 255), tf.uint8)
