"""Objects on black in other poses: turned, stretched, leaning, wavy; shoes as a pair; sleeves raised.

Places are pairs (u, v): (0, 0) is the middle of the image, 1 half of its longer side; u grows to the right, v downwards.
All randomness comes from the seeds, (2,) int32.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf

# Of white. What is darker belongs to the background.
FAINT = 0.06
# A warped object is looked for at this many places each way, up to this far from the middle.
SEARCHED_PLACES, SEARCHED_REACH = 30, 1.9


def silhouettes(images: tf.Tensor) -> tf.Tensor:
    """(N, H, W) float32 of images (N, H, W, C) in 0..1: 1 on the object and in its holes, 0 elsewhere.

    A hole is what has something to its left, to its right, above and below.
    """
    on = tf.cast(tf.reduce_max(images, axis=3) > FAINT, tf.float32)
    rows, columns = tf.ones([on.shape[1], on.shape[1]]), tf.ones([on.shape[2], on.shape[2]])
    # Sums up to each pixel, from either side. As products they take a fifth of the time of tf.cumsum.
    left, right = on @ tf.linalg.band_part(columns, 0, -1), on @ tf.linalg.band_part(columns, -1, 0)
    above, below = tf.linalg.band_part(rows, -1, 0) @ on, tf.linalg.band_part(rows, 0, -1) @ on
    return tf.cast(tf.minimum(left, right) * tf.minimum(above, below) > 0, tf.float32)


def warped(
    images: tf.Tensor, masks: tf.Tensor, seed: tf.Tensor, *, wobble: float, finer: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Show each object in another pose, about as large in the frame as it was, and about in the middle.

    Args:
        images: (N, H, W, C) float32.
        masks: (N, H, W) float32, 1 on the object. An empty one is no fault.
        seed: Decides the poses.
        wobble: How far each of three waves moves a place at most.
        finer: How many times as many pixels each way the result has.

    Returns:
        Images (N, finer · H, finer · W, C) and masks (N, finer · H, finer · W) between 0 and 1, interpolated.
    """
    height, width = images.shape[1], images.shape[2]
    pose_seed, box_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    way_back = pose(masks, pose_seed, wobble)
    middle_u, middle_v, side = fitted(masks, way_back, box_seed)
    columns = middle_u + side * places(finer * width, finer * max(height, width))
    rows = middle_v + side * places(finer * height, finer * max(height, width))
    *channels, masks = interpolated((*tf.unstack(images, axis=3), masks), *way_back(columns, rows))
    return tf.stack(channels, axis=3), masks


def places(count: int, longer: int) -> tf.Tensor:
    """(count,) float32: where the middles of so many pixels lie, ``longer`` being as many as the longer side has."""
    return (2 * tf.range(count, dtype=tf.float32) + 1 - count) / longer


def pose(
    masks: tf.Tensor, seed: tf.Tensor, wobble: float
) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """Draw a pose for each object.

    Returns:
        The way from the columns (N, w) and the rows (N, h) of a result back to places of the image: u and v, (N, h, w).
    """
    draw_seed, wave_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    draws = tf.unstack(tf.random.stateless_uniform([11, tf.shape(masks)[0], 1, 1], draw_seed))
    width = tf.reduce_sum(tf.reduce_max(masks, axis=1, keepdims=True), axis=2, keepdims=True)
    height = tf.reduce_sum(tf.reduce_max(masks, axis=2, keepdims=True), axis=1, keepdims=True)
    aspect = width / tf.maximum(height, 1)
    # Wider than high: a shoe. People show it from every side, and a pair of them from above.
    is_wide = aspect > 1.45
    is_upright, is_pair = is_wide & (draws[0] < 0.5), is_wide & (draws[1] < 0.5)
    angle = math.radians(16) * (2 * draws[2] - 1)
    angle += tf.where(is_upright, tf.sign(draws[3] - 0.5) * math.pi / 2, 0.0)
    lean = 0.15 * (2 * draws[4] - 1)
    stretch_u, stretch_v = tf.exp(0.16 * (2 * draws[5] - 1)), tf.exp(0.16 * (2 * draws[6] - 1))
    stretch_v *= tf.where(is_upright, tf.exp(0.4 * (2 * draws[7] - 1)), 1.0)
    # About as wide as high: often something with sleeves, hanging down.
    is_raised = (aspect > 0.6) & (aspect < 1.2) & (draws[8] < 0.3)
    sleeves = tf.where(is_raised, 0.1 + 0.7 * draws[9], 0.0), aspect * (0.5 + 0.18 * draws[10])
    cosine, sine = tf.cos(angle), tf.sin(angle)
    to_u = stretch_u * cosine, stretch_u * (lean * cosine + sine)
    to_v = -stretch_v * sine, stretch_v * (cosine - lean * sine)
    sheet = waves(wave_seed, tf.shape(masks)[0], wobble)

    def way_back(columns: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # Left of the middle stands the mirror image of the shoe at the right.
        columns = tf.where(is_pair[:, 0], 2 * tf.abs(columns) - 0.95, columns)
        across, down_u, down_v = sheet(columns, rows)
        u = tf.matmul(to_u[0] * down_u + to_u[1] * down_v, across, transpose_a=True)
        v = tf.matmul(to_v[0] * down_u + to_v[1] * down_v, across, transpose_a=True)
        return raised(u, v, *sleeves)

    return way_back


def waves(
    seed: tf.Tensor, count: tf.Tensor, wobble: float
) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]:
    """Draw three waves each, along any line, that move a place by up to ``wobble``.

    sin(a + b) = sin a · cos b + cos a · sin b: a wave along a slanted line is a sum of products of what depends on the
    column and what depends on the row. Matrix products do with that what would take a sine for each pixel.

    Returns:
        From columns (N, w) and rows (N, h) the factors (N, 8, w), (N, 8, h) and (N, 8, h): the first, transposed, times
        the second is where u has moved to, times the third, v.
    """
    height, start, direction, frequency = tf.unstack(tf.random.stateless_uniform([4, count, 3, 1], seed, -1, 1))
    height, start, direction = wobble * tf.square(height), math.pi * start, math.pi * direction
    frequency = 2 + 3 * tf.abs(frequency)
    across_frequency, down_frequency = frequency * tf.cos(direction), frequency * tf.sin(direction)

    def factors(columns: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        columns, rows = columns[:, None], rows[:, None]
        phase, turn = across_frequency * columns + start, down_frequency * rows
        cosine, sine, one, none = tf.cos(turn), tf.sin(turn), tf.ones_like(rows), tf.zeros_like(rows)
        across = [columns, tf.ones_like(columns), height * tf.sin(phase), height * tf.cos(phase)]
        return (
            tf.concat(across, axis=1),
            tf.concat([one, none, cosine, sine], axis=1),
            tf.concat([none, rows, -sine, cosine], axis=1),
        )

    return factors


def raised(u: tf.Tensor, v: tf.Tensor, angle: tf.Tensor, shoulder: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Turn what lies beyond the shoulders upwards about them: ``angle``, in radians, and their u, (N, 1, 1)."""
    out, down = tf.abs(u) - shoulder, v + 0.75
    turned = tf.cos(angle) * out - tf.sin(angle) * down
    # What comes from this side of the shoulder would show the body twice: nothing is there.
    from_u = tf.where(turned < 0, 9.0, tf.sign(u) * (turned + shoulder))
    is_sleeve = (out > 0) & (angle > 0)
    return (
        tf.where(is_sleeve, from_u, u),
        tf.where(is_sleeve, tf.sin(angle) * out + tf.cos(angle) * down - 0.75, v),
    )


def fitted(
    masks: tf.Tensor,
    way_back: Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
    seed: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The part of the plane to show, so that the warped object is as large as the image's was: a hand's breadth off.

    Returns:
        The middle, u and v, and half of the longer side; each (N, 1) float32.
    """
    count, height, width = tf.shape(masks)[0], masks.shape[1], masks.shape[2]
    line = SEARCHED_REACH * places(SEARCHED_PLACES, SEARCHED_PLACES)
    lines = tf.tile(line[None], [count, 1])
    is_on = nearest(masks, *way_back(lines, lines)) > 0.5
    half = SEARCHED_REACH / SEARCHED_PLACES

    def ends(is_on: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        low = tf.reduce_min(tf.where(is_on, line, SEARCHED_REACH), axis=1, keepdims=True) - half
        high = tf.reduce_max(tf.where(is_on, line, -SEARCHED_REACH), axis=1, keepdims=True) + half
        return tf.where(high < low, -1.0, low), tf.where(high < low, 1.0, high)

    (left, right), (top, bottom) = ends(tf.reduce_any(is_on, axis=1)), ends(tf.reduce_any(is_on, axis=2))
    longer = max(height, width)
    side = tf.maximum((right - left) * longer / width, (bottom - top) * longer / height) / 2
    size, across, down = tf.unstack(tf.random.stateless_uniform([3, count, 1], seed, -1, 1))
    return (left + right) / 2 + 0.05 * across, (top + bottom) / 2 + 0.05 * down, side * (1.02 + 0.04 * size)


def nearest(planes: tf.Tensor, u: tf.Tensor, v: tf.Tensor) -> tf.Tensor:
    """Values (N, h, w) of planes (N, H, W) in the pixels where the places (N, h, w) lie; 0 outside."""
    height, width = planes.shape[1], planes.shape[2]
    longer = max(height, width)
    # The border of zeros is what places outside get.
    column = tf.clip_by_value(u * (longer / 2) + (width / 2 + 1), 0, width + 1)
    row = tf.clip_by_value(v * (longer / 2) + (height / 2 + 1), 0, height + 1)
    index = tf.cast(row, tf.int32) * (width + 2) + tf.cast(column, tf.int32)
    index += tf.range(tf.shape(planes)[0])[:, None, None] * ((height + 2) * (width + 2))
    return tf.gather(tf.reshape(tf.pad(planes, [[0, 0], [1, 1], [1, 1]]), [-1]), index)


def interpolated(planes: tuple[tf.Tensor, ...], u: tf.Tensor, v: tf.Tensor) -> list[tf.Tensor]:
    """Values (N, h, w) of each plane (N, H, W) at places (N, h, w), bilinear; 0 outside."""
    height, width = planes[0].shape[1], planes[0].shape[2]
    longer = max(height, width)
    # The border of zeros is what places outside get.
    column = tf.clip_by_value(u * (longer / 2) + (width / 2 + 0.5), 0, width + 0.999)
    row = tf.clip_by_value(v * (longer / 2) + (height / 2 + 0.5), 0, height + 0.999)
    left, top = tf.floor(column), tf.floor(row)
    stride, size = width + 2, tf.size(planes[0][:, 0, 0]) * ((height + 2) * (width + 2))
    # The four neighbours of a place, of all planes, lie side by side: one look-up fetches them. Slices along the first
    # axis, and a transposition, cost a fifth of slices along the last.
    neighbours = []
    for plane in planes:
        flat = tf.reshape(tf.pad(plane, [[0, 0], [1, 1], [1, 1]]), [-1])
        flat = tf.pad(flat, [[0, stride + 1]])
        neighbours += [flat[offset : offset + size] for offset in (0, 1, stride, stride + 1)]
    index = tf.cast(top, tf.int32) * stride + tf.cast(left, tf.int32)
    index += tf.range(tf.shape(planes[0])[0])[:, None, None] * ((height + 2) * stride)
    found = tf.gather(tf.transpose(tf.stack(neighbours)), tf.reshape(index, [-1]))
    corners = tf.reshape(tf.transpose(found), [len(planes), 4, *(tf.shape(u)[axis] for axis in range(3))])
    x, y = column - left, row - top
    values = []
    for upper_left, upper_right, lower_left, lower_right in (tf.unstack(plane) for plane in tf.unstack(corners)):
        upper, lower = upper_left + x * (upper_right - upper_left), lower_left + x * (lower_right - lower_left)
        values.append(upper + y * (lower - upper))
    return values
