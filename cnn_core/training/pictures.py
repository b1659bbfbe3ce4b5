"""Images of objects on black as they come out of people's pictures: cut out of a photo, or drawn by hand.

Images are (N, H, W, C) uint8, going in and coming out, H and W at least 8; the background is 0, going in and coming
out. All randomness comes from the seeds, (2,) int32.
"""

from __future__ import annotations

import math

import tensorflow as tf

from cnn_core.training.warp import silhouettes, warped

# A drawing has this many times as many pixels each way while it is made: its strokes are finer than the image's pixels.
PEN_PIXELS = 2


def as_photo(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Show each object as if cut out of a photo.

    In another pose; flat, with more or less of its pattern, or as a negative; brighter or darker, and more so on one
    side; with a ragged outline, sometimes with some background left over, sometimes with parts lost.
    """
    pose_seed, draw_seed, ragged_seed, tone_seed, light_seed, piece_seed = tf.unstack(
        tf.random.experimental.stateless_split(seed, 6)
    )
    values = tf.cast(images, tf.float32) / 255
    values, masks = warped(values, silhouettes(values), pose_seed, wobble=0.05, turned=0.5, sleeves=0.35, finer=1)
    raggedness, size, left, lost, tone = drawn(5, images, draw_seed)
    ragged = 0.5 * tf.square(raggedness) * blotches(ragged_seed, 10, values)
    masks = tf.clip_by_value(3 * (masks[..., None] + ragged) - 1, 0, 1)
    values, grain = lit(retoned(values, masks, tone_seed), light_seed)
    patches = blotches(piece_seed, 5, values)
    is_left = (patches > 0.9 + 0.8 * size) & (left < 0.35)
    is_lost = (patches < -1 - 0.8 * size) & (lost < 0.25)
    left_over = tf.clip_by_value(tone + 0.1 * grain, 0, 1) * (1 - masks)
    values = tf.where(is_lost, 0.0, values * masks) + tf.where(is_left, left_over, 0.0)
    return to_uint8(values)


def retoned(values: tf.Tensor, masks: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Give each object another tone, and another contrast: a quarter are flat, a quarter negative."""
    kind_seed, tone_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    kind, strength = drawn(2, values, kind_seed)
    pattern = tf.where(kind < 0.25, 0.0, tf.where(kind < 0.5, -1.3 * strength, 0.3 + 1.2 * strength))
    tone = tf.random.stateless_uniform([tf.shape(values)[0], 1, 1, values.shape[3]], tone_seed, 0.18, 0.9)
    area = tf.maximum(tf.reduce_sum(masks, axis=[1, 2], keepdims=True), 1)
    mean = tf.reduce_sum(values * masks, axis=[1, 2], keepdims=True) / area
    return pattern * values + (tone - pattern * mean)


def lit(values: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Light each image from one side, crumple it, and add grain. Returns the images and (N, H, W, C) of grain."""
    height, width = values.shape[1], values.shape[2]
    draw_seed, fold_seed, grain_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 3))
    side, light, roughness = drawn(3, values, draw_seed)
    # Of variance 1. Normal draws would take a tenth of all the time.
    grain = tf.random.stateless_uniform(tf.shape(values), grain_seed, -math.sqrt(3), math.sqrt(3))
    direction = 2 * math.pi * side
    slope = tf.cos(direction) * tf.reshape(tf.linspace(-1.0, 1.0, width), [1, 1, width, 1])
    slope += tf.sin(direction) * tf.reshape(tf.linspace(-1.0, 1.0, height), [1, height, 1, 1])
    folds = 0.12 * blotches(fold_seed, 7, values) + 0.06 * grain
    # Even black cloth is brighter than the background.
    return tf.clip_by_value(values + 0.15 * light * slope + roughness * folds, 0.03, 1), grain


def as_drawing(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Show each object as a drawing: in another pose, its outline in strokes of some width, empty or filled evenly.

    Half of them show lines within, where the image has edges; some outlines have gaps. Of a colour image the drawing
    is grey.
    """
    pose_seed, draw_seed, gap_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 3))
    values = tf.reduce_max(tf.cast(images, tf.float32) / 255, axis=3, keepdims=True)
    values, masks = warped(
        values, silhouettes(values), pose_seed, wobble=0.09, turned=0.3, sleeves=0.5, finer=PEN_PIXELS
    )
    values = values[..., 0]
    fineness, lined, width, gap, filled, tone = drawn(6, values, draw_seed)
    masks = tf.cast(masks > 0.5, tf.float32)
    inside = shrunk(masks)
    lines = edges(values) > 0.12 + 0.3 * fineness
    lines = tf.where(lines & (lined < 0.5), shrunk(inside), 0.0)
    fine = masks - inside
    medium = grown(fine, 0)
    strokes = tf.where(width < 0.2, fine, tf.where(width < 0.5, medium, grown(medium, 1)))
    gaps = (blotches(gap_seed, 7, values) > 1.2) & (gap < 0.3)
    ink = tf.maximum(tf.where(gaps, 0.0, strokes), lines)
    filling = tf.where(filled < 0.2, 0.0, 0.1 + 0.7 * tone)
    paper = shrunk_to_pixels(tf.maximum(ink, masks * filling))
    paper /= tf.maximum(tf.reduce_max(paper, axis=[1, 2], keepdims=True), 0.3)
    return tf.repeat(to_uint8(paper[..., None]), images.shape[3], axis=3)


def grown(masks: tf.Tensor, before: int) -> tf.Tensor:
    """Widen what is 1 in (N, H, W) by a pixel: to the left and upwards, or with ``before`` 1 to the right and down."""
    after = 1 - before
    padded = tf.pad(masks, [[0, 0], [0, 0], [before, after]])
    masks = tf.maximum(padded[:, :, 1:], padded[:, :, :-1])
    padded = tf.pad(masks, [[0, 0], [before, after], [0, 0]])
    return tf.maximum(padded[:, 1:], padded[:, :-1])


def shrunk(masks: tf.Tensor) -> tf.Tensor:
    """Take a pixel all around from what is 1 in (N, H, W)."""
    padded = tf.pad(masks, [[0, 0], [1, 1], [1, 1]])
    masks = padded[:, :, 1:-1] * padded[:, :, :-2] * padded[:, :, 2:]
    return masks[:, 1:-1] * masks[:, :-2] * masks[:, 2:]


def edges(values: tf.Tensor) -> tf.Tensor:
    """How much (N, H, W) changes from pixel to pixel, over two of them; across or down, whichever is more."""
    padded = tf.pad(values, [[0, 0], [1, 1], [1, 1]])
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    return tf.maximum(tf.abs(across), tf.abs(down))


def shrunk_to_pixels(values: tf.Tensor) -> tf.Tensor:
    """(N, H, W) of a drawing: the mean of its pixels in each pixel of the image."""
    height, width = (tf.repeat(tf.eye(side // PEN_PIXELS), PEN_PIXELS, axis=1) for side in values.shape[1:])
    return height @ values @ tf.transpose(width) / PEN_PIXELS**2


def drawn(count: int, like: tf.Tensor, seed: tf.Tensor) -> list[tf.Tensor]:
    """So many uniform draws for each image, (N, 1, ...), ready to be taken with ``like``, (N, ...)."""
    shape = [count, tf.shape(like)[0], *[1] * (len(like.shape) - 1)]
    return tf.unstack(tf.random.stateless_uniform(shape, seed))  # type: ignore[no-any-return]


def blotches(seed: tf.Tensor, cells: int, like: tf.Tensor) -> tf.Tensor:
    """Soft blotches, (N, H, W) or (N, H, W, 1) as ``like``: normal draws, at so many places each way."""
    height, width = like.shape[1], like.shape[2]
    draws = tf.random.stateless_normal([tf.shape(like)[0], cells, cells], seed)
    values = weights(height, cells) @ draws @ tf.transpose(weights(width, cells))
    return values if len(like.shape) == 3 else values[..., None]


def weights(count: int, cells: int) -> tf.Tensor:
    """(count, cells) float32: the shares of the two nearest cells in each pixel of a line."""
    middles = (tf.range(count, dtype=tf.float32) + 0.5) * (cells / count) - 0.5
    middles = tf.clip_by_value(middles, 0, cells - 1)
    return tf.maximum(0.0, 1 - tf.abs(middles[:, None] - tf.range(cells, dtype=tf.float32)))


def to_uint8(values: tf.Tensor) -> tf.Tensor:
    """From 0..1 to 0..255."""
    return tf.cast(tf.clip_by_value(255 * values + 0.5, 0, 255), tf.uint8)
