"""Objects on black in other poses: turned, stretched, leaning, wavy; shoes as a pair; sleeves raised.

Places are pairs (u, v): (0, 0) is the middle of the image, 1 half of its longer side; u grows to the right, v
downwards. All randomness comes from the seeds, (2,) int32.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf

# Of white. What is darker belongs to the background.
FAINT = 0.06
# Width over height from which on an object is a shoe: of the sneakers nearly all, of the bags a few.
WIDE = 1.4
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
    images: tf.Tensor,
    masks: tf.Tensor,
    seed: tf.Tensor,
    *,
    wobble: float,
    turned: float,
    sleeves: float,
    finer: int,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Show each object in another pose, about as large in the frame as it was, and about in the middle.

    Args:
        images: (N, H, W, C) float32.
        masks: (N, H, W) float32, 1 on the object. An empty one is no fault.
        seed: Decides the poses.
        wobble: How far each of three waves moves a place at most.
        turned: Share of shoes that stand upright, and of those that come in pairs.
        sleeves: Share of what may have sleeves whose sides are raised.
        finer: How many times as many pixels each way the result has.

    Returns:
        Images (N, finer · H, finer · W, C) and masks (N, finer · H, finer · W) between 0 and 1, interpolated.
    """
    height, width = images.shape[1], images.shape[2]
    pose_seed, box_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    way_back = pose(masks, pose_seed, wobble, turned, sleeves)
    middle_u, middle_v, side = fitted(masks, way_back, box_seed)
    columns = middle_u + side * places(finer * width, finer * max(height, width))
    rows = middle_v + side * places(finer * height, finer * max(height, width))
    found = interpolated(tf.concat([tf.transpose(images, [3, 0, 1, 2]), masks[None]], axis=0), *way_back(columns, rows))
    return tf.transpose(found[:-1], [1, 2, 3, 0]), found[-1]


def places(count: int, longer: int) -> tf.Tensor:
    """(count,) float32: where the middles of so many pixels lie, ``longer`` being as many as the longer side has."""
    return (2 * tf.range(count, dtype=tf.float32) + 1 - count) / longer


def pose(
    masks: tf.Tensor, seed: tf.Tensor, wobble: float, turned: float, sleeves: float
) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """Draw a pose for each object; the arguments are those of :func:`warped`.

    The images of Fashion-MNIST show garments narrow, their sleeves hanging, and single shoes from the side. On people's
    photos garments are spread out, a third wider, and shoes stand in pairs, often seen from above.

    Returns:
        The way from the columns (N, w) and the rows (N, h) of a result back to places of the image: u and v, (N, h, w).
    """
    draw_seed, wave_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    draws = tf.unstack(tf.random.stateless_uniform([12, tf.shape(masks)[0], 1, 1], draw_seed))
    width = tf.reduce_sum(tf.reduce_max(masks, axis=1, keepdims=True), axis=2, keepdims=True)
    height = tf.reduce_sum(tf.reduce_max(masks, axis=2, keepdims=True), axis=1, keepdims=True)
    aspect = width / tf.maximum(height, 1)
    is_shoe = aspect > WIDE
    is_upright, is_pair = is_shoe & (draws[0] < turned), is_shoe & (draws[1] < turned)
    angle = math.radians(16) * (2 * draws[2] - 1) * tf.where(is_shoe, 1.8, 1.0)
    angle += tf.where(is_upright, tf.sign(draws[3] - 0.5) * math.pi / 2, 0.0)
    lean = 0.15 * (2 * draws[4] - 1)
    # Garments mostly wider, shoes mostly higher than they were.
    wider = tf.where(is_shoe, 0.1 - 0.75 * draws[5], 0.65 * draws[5] - 0.15)
    stretch_u, stretch_v = tf.exp(-wider / 2), tf.exp(wider / 2)
    is_raised = (aspect > 0.6) & (aspect < 1.2) & (draws[6] < sleeves)
    arms = tf.where(is_raised, 0.1 + 0.75 * draws[7], 0.0), aspect * (0.45 + 0.17 * draws[8])
    # The two of a pair lie side by side along a line: upright ones about beside, others about below each other.
    line = tf.where(is_pair, tf.where(is_upright, 0.5, 1.4) * (2 * draws[9] - 1), 0.0)
    across_length = tf.square(tf.sin(line - angle) / tf.maximum(aspect, 1))
    apart = (0.8 + 0.2 * draws[10]) * tf.sqrt(tf.square(tf.cos(line - angle)) + across_length)
    apart, is_mirrored = tf.where(is_pair, apart, 0.0), is_pair & (draws[11] < 0.5)
    cosine, sine, line_cosine, line_sine = tf.cos(angle), tf.sin(angle), tf.cos(line), tf.sin(line)
    to_u = turned_by(line_cosine, line_sine, stretch_u * cosine, stretch_u * (lean * cosine + sine))
    to_v = turned_by(line_cosine, line_sine, -stretch_v * sine, stretch_v * (cosine - lean * sine))
    sheet = waves(wave_seed, tf.shape(masks)[0], wobble)

    def way_back(columns: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        across, down_u, down_v = sheet(columns, rows)
        down_along, down_beside = turned_by(line_cosine, line_sine, down_u, down_v)
        along, beside = (tf.matmul(down, across, transpose_a=True) for down in (down_along, down_beside))
        # Both halves of the plane show the shoe: the other one its mirror image, or the same again.
        along = tf.where(is_mirrored, tf.abs(along) - apart, along - tf.sign(along) * apart)
        return raised(to_u[0] * along + to_u[1] * beside, to_v[0] * along + to_v[1] * beside, *arms)

    return way_back


def turned_by(cosine: tf.Tensor, sine: tf.Tensor, u: tf.Tensor, v: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """How far along a line, and how far beside it: the line has this cosine and sine."""
    return cosine * u + sine * v, cosine * v - sine * u


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
    line, half = SEARCHED_REACH * places(SEARCHED_PLACES, SEARCHED_PLACES), SEARCHED_REACH / SEARCHED_PLACES
    lines = tf.tile(line[None], [count, 1])
    is_on = nearest(masks, *way_back(lines, lines)) > 0.5
    is_on = tf.stack([tf.reduce_any(is_on, axis=1), tf.reduce_any(is_on, axis=2)])
    first = tf.reduce_min(tf.where(is_on, line, SEARCHED_REACH), axis=2, keepdims=True) - half
    last = tf.reduce_max(tf.where(is_on, line, -SEARCHED_REACH), axis=2, keepdims=True) + half
    # Where there is no object, the whole image.
    first, last = tf.where(first > last, -1.0, first), tf.where(first > last, 1.0, last)
    # Compared with the sides of the frame. One product: where each part of a tensor has a factor of its own, TensorFlow
    # 2.21 multiplies both by both.
    shares = tf.reshape(tf.constant([width, height], tf.float32) / max(height, width), [2, 1, 1])
    side = tf.reduce_max((last - first) / (2 * shares), axis=0)
    size, *jitter = tf.unstack(tf.random.stateless_uniform([3, count, 1], seed, -1, 1))
    across, down = tf.unstack((first + last) / 2 + 0.05 * tf.stack(jitter))
    return across, down, side * (1.02 + 0.04 * size)


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


def interpolated(planes: tf.Tensor, u: tf.Tensor, v: tf.Tensor) -> tf.Tensor:
    """Values (K, N, h, w) of planes (K, N, H, W) at places (N, h, w), bilinear; 0 outside."""
    kinds, height, width = planes.shape[0], planes.shape[2], planes.shape[3]
    longer, stride = max(height, width), width + 2
    # The border of zeros is what places outside get.
    column = tf.clip_by_value(u * (longer / 2) + (width / 2 + 0.5), 0, width + 0.999)
    row = tf.clip_by_value(v * (longer / 2) + (height / 2 + 0.5), 0, height + 0.999)
    left, top = tf.floor(column), tf.floor(row)
    flat = tf.reshape(tf.pad(planes, [[0, 0], [0, 0], [1, 1], [1, 1]]), [kinds, -1])
    # The four neighbours of a place, in all planes, lie side by side: one look-up fetches them.
    neighbours = [tf.roll(flat, -offset, axis=1) for offset in (0, 1, stride, stride + 1)]
    images = tf.range(tf.shape(u)[0], dtype=tf.int32)[:, None, None] * ((height + 2) * stride)
    index = images + tf.cast(top, tf.int32) * stride + tf.cast(left, tf.int32)
    found = tf.gather(tf.transpose(tf.concat(neighbours, axis=0)), tf.reshape(index, [-1]))
    corners = tf.reshape(tf.transpose(found), tf.concat([[4, kinds], tf.shape(u)], axis=0))
    upper_left, upper_right, lower_left, lower_right = tf.unstack(corners)
    across, down = column - left, row - top
    upper, lower = upper_left + across * (upper_right - upper_left), lower_left + across * (lower_right - lower_left)
    return upper + down * (lower - upper)
