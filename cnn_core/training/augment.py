"""Augmentation of a batch inside the training graph: what is drawn for each image, and what it does to the labels."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_core.config import AugmentationConfig
from cnn_core.training import pictures, pixels

# The first operations keep the random numbers that they always had, so that earlier runs can be repeated. What came
# later, and the mixing, draw from branches of their own.
_LATER_BRANCH, _MIXING_BRANCH, _PICTURES_BRANCH, _SKETCHES_BRANCH = 1, 2, 3, 4


def augment(images: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor) -> tf.Tensor:
    """Change a batch at random, as the configuration asks: each image differently.

    Args:
        images: (N, H, W, C) uint8.
        config: What to do. With nothing set, the images come back untouched. ``mixup`` and ``cutmix`` are left to
            :func:`mix`, ``sketches`` to :func:`sketch`.
        seed: (2,) int32. The same seed gives the same result, so a run can be repeated and resumed.

    Returns:
        (N, H, W, C) uint8. What comes in at a border is 0, the background.
    """
    flip_seed, shift_seed, erase_seed, erase_noise_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 4))
    move_seed, contrast_seed, noise_seed = _branch(seed, _LATER_BRANCH, 3)
    if config.horizontal_flip:
        images = pixels.flip(images, flip_seed)
    if config.photos or config.drawings:
        images = _as_pictures(images, config, seed)
    if config.rotate_degrees or config.zoom:
        images = _move(images, config, shift_seed=shift_seed, seed=move_seed)
    elif config.shift_pixels:
        images = pixels.shift(images, config.shift_pixels, shift_seed)
    if config.contrast:
        images = pixels.contrast(images, config.contrast, contrast_seed)
    if config.noise:
        images = pixels.noise(images, config.noise, noise_seed)
    if config.erase_probability:
        images = pixels.erase(images, config.erase_probability, erase_seed, noise_seed=erase_noise_seed)
    return images


def sketch(
    images: tf.Tensor, labels: tf.Tensor, sketches: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor
) -> tf.Tensor:
    """Put a sketch of the same class in the place of some images of a batch.

    Args:
        images: (N, H, W, C) uint8.
        labels: (N,), whole numbers: the places of their classes in ``sketches``.
        sketches: (classes, K, H, W, C) uint8.
        config: Its ``sketches`` is the share.
        seed: (2,) int32; may be the one that :func:`augment` gets.

    Returns:
        (N, H, W, C) uint8.
    """
    count = tf.shape(images)[0]
    which_seed = _branch(seed, _SKETCHES_BRANCH, 2)[1]
    which = tf.random.stateless_uniform([count], which_seed, 0, tf.shape(sketches)[1], tf.int32)
    found = tf.gather_nd(sketches, tf.stack([tf.cast(labels, tf.int32), which], axis=1))
    return tf.where(is_sketched(count, config, seed)[:, None, None, None], found, images)


def is_sketched(count: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor) -> tf.Tensor:
    """Which of so many images a sketch takes the place of, with the same seed: (N,) bool."""
    choice_seed = _branch(seed, _SKETCHES_BRANCH, 2)[0]
    return tf.random.stateless_uniform([count], choice_seed) < config.sketches


def mix(
    images: tf.Tensor, targets: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Mix each image of a batch with another one of it, and their targets in the same shares.

    Mixup (Zhang et al., 2018) lays the other image over the whole; CutMix (Yun et al., 2019) puts a rectangle of it
    in place. The shares come from Beta(alpha, alpha), for each image anew. With both set, each batch takes one of the
    two at random.

    Args:
        images: (N, H, W, C) uint8, in random order: all partners stand equally many places before, around the end.
        targets: (N, K) float32, mixed row by row: one distribution over the classes, or several side by side.
        config: What to do. With neither ``mixup`` nor ``cutmix`` set, everything comes back untouched.
        seed: (2,) int32; may be the one that :func:`augment` got.

    Returns:
        Images (N, H, W, C) uint8, and targets (N, K) float32. A single image has only itself to mix with.
    """
    if not config.mixes_labels:
        return images, targets
    share_seed, patch_seed, partner_seed, choice_seed = _branch(seed, _MIXING_BRANCH, 4)
    count = tf.shape(images)[0]
    distance = tf.random.stateless_uniform([], partner_seed, 1, tf.maximum(count, 2), tf.int32)
    others, other_targets = tf.roll(images, distance, axis=0), tf.roll(targets, distance, axis=0)

    def mixup() -> tuple[tf.Tensor, tf.Tensor]:
        kept = _beta(config.mixup, count, share_seed)
        return pixels.blend(images, others, kept), kept

    def cutmix() -> tuple[tf.Tensor, tf.Tensor]:
        return pixels.patch(images, others, _beta(config.cutmix, count, share_seed), patch_seed)

    if config.mixup and config.cutmix:
        mixed, kept = tf.cond(tf.random.stateless_uniform([], choice_seed) < 0.5, mixup, cutmix)
    else:
        mixed, kept = mixup() if config.mixup else cutmix()
    return mixed, kept[:, None] * targets + (1 - kept[:, None]) * other_targets


class Preview(NamedTuple):
    """What augmentation makes of a few images.

    Attributes:
        images: (N, variants, H, W, C) uint8.
        shares: (N, variants, N) float32: how much of the label of each image a variant carries. They sum to 1; without
            mixing, each variant carries its own image's alone.
    """

    images: np.ndarray
    shares: np.ndarray


def preview(
    images: np.ndarray, config: AugmentationConfig, *, variants: int, seed: int, sketches: np.ndarray | None = None
) -> Preview:
    """Draw variants of a few images as training would, each of them in a batch of just these images.

    Args:
        images: (N, H, W, C) uint8.
        config: What to do.
        variants: How many of each image; at least 1.
        seed: The same seed draws the same variants.
        sketches: (N, K, H, W, C) uint8, of each image's class, if some are to be put in the images' places.
    """
    own, first = tf.one_hot(tf.range(len(images)), len(images)), np.uint32(seed % 2**32).view(np.int32)
    many, begun = np.tile(images, (variants, 1, 1, 1)), tf.constant([first, 0])
    if sketches is not None:
        many = sketch(many, np.tile(np.arange(len(images)), variants), sketches, config, begun)
    batches = tf.split(augment(many, config, begun), variants)
    mixed = [mix(batch, own, config, tf.constant([first, number])) for number, batch in enumerate(batches)]
    return Preview(*(np.stack(parts, axis=1) for parts in zip(*mixed, strict=True)))


def _branch(seed: tf.Tensor, branch: int, count: int) -> list[tf.Tensor]:
    """``count`` seeds that nothing outside the branch draws from."""
    own_seed = tf.random.experimental.stateless_fold_in(seed, branch)
    return tf.unstack(tf.random.experimental.stateless_split(own_seed, count))  # type: ignore[no-any-return]


def _as_pictures(images: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor) -> tf.Tensor:
    """Show some as photos, others as drawings, the rest as they are: drawn for each image by itself."""
    choice_seed, photo_seed, drawing_seed = _branch(seed, _PICTURES_BRANCH, 3)
    draws = tf.random.stateless_uniform([tf.shape(images)[0]], choice_seed)
    if config.photos:
        chosen = tf.where(draws < config.photos)
        photos = pictures.as_photo(tf.gather_nd(images, chosen), photo_seed)
        images = tf.tensor_scatter_nd_update(images, chosen, photos)
    if config.drawings:
        # From the other end, so that no image is chosen twice.
        chosen = tf.where(draws >= 1 - config.drawings)
        drawings = pictures.as_drawing(tf.gather_nd(images, chosen), drawing_seed)
        images = tf.tensor_scatter_nd_update(images, chosen, drawings)
    return images


def _move(images: tf.Tensor, config: AugmentationConfig, *, shift_seed: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Turn, zoom and shift in one step, so that pixels are interpolated, and cut off at the border, only once."""
    count = tf.shape(images)[0]
    draws = tf.random.stateless_uniform([2, count], seed, -1, 1)
    return pixels.project(
        images,
        angles=draws[0] * math.radians(config.rotate_degrees),
        scales=1 + draws[1] * config.zoom,
        shifts=tf.cast(pixels.shifts(count, config.shift_pixels, shift_seed), tf.float32),
    )


def _beta(alpha: float, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """(N,) float32 from Beta(alpha, alpha), as the ratio of two Gamma variables.

    By way of Gamma(alpha + 1) and logarithms (Marsaglia and Tsang, 2000, section 6): variables of a small alpha are
    often too small for a float32, and two such would always mix half and half.
    """
    gamma_seed, power_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    gammas = tf.math.log(tf.random.stateless_gamma([2, count], gamma_seed, alpha + 1))
    logarithms = gammas + tf.math.log1p(-tf.random.stateless_uniform([2, count], power_seed)) / alpha
    return tf.sigmoid(logarithms[0] - logarithms[1])
