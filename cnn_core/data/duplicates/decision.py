"""Whether two images are the same picture: what differs between them once one is laid over the other.

A copy differs little at every pixel, while two garments of the same cut differ much at a few: at a seam, a button, a
fold. So the pixels that differ most decide. A copy that was made smaller and larger again has lost its details; before
the two are compared, the sharper one is blurred as much as makes them most alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.data.duplicates.alignment import align, blurred, first_poses, lay_over
from cnn_core.data.duplicates.candidates import Candidates
from cnn_core.data.duplicates.images import AllImages, grey, shrunk

# Of the pixels, the share that differs most; its mean may be so many grey levels.
_WORST_SHARE = 0.01
MOST_DIFFERENCE = 27.0
# A garment in another colour is no copy: the brighter one is than the other, the less may differ.
_PER_GAIN, _ALWAYS_DIFFERS = 1.3, 3.0
# Colours may differ more: a JPEG keeps fewer of them.
_MORE_IN_COLOUR = 11.0
# Correlation of the pixels, and of what a blur takes away: dark or dull pictures never differ by many grey levels.
LEAST_ALIKE, LEAST_DETAIL = 0.975, 0.82
# By how much a copy may be brighter: times, and grey levels.
MOST_GAIN, MOST_OFFSET = 1.35, 32.0

# Noise and the grid of pixels are taken out of both images before they are compared.
_SMOOTHED = 0.5
_BLURS = (0.45, 0.65, 0.85, 1.1)
_DETAIL = 1.0
# What copies differ by at random, in grey levels: the details of a picture that has none are such noise.
_NOISE = 2.0

# Most pairs differ much even when they are made smaller, which takes a fraction of the time to see.
_COARSE_SIDE = 18
_COARSE_DIFFERENCE, _COARSE_ALIKE = 35.0, 0.95
_ALIGNED_AT = 0.7


@dataclass(frozen=True)
class Comparison:
    """What remains between two images, for each of P pairs.

    Attributes:
        difference: (P,) the mean of the pixels that differ most, grey levels.
        alike: (P,) correlation of the pixels, in [-1, 1].
        detail: (P,) correlation of the details.
        gain, offset: (P,) how much brighter one is: times, and grey levels.
        is_colour: Whether they were compared in colour.
    """

    difference: np.ndarray
    alike: np.ndarray
    detail: np.ndarray
    gain: np.ndarray
    offset: np.ndarray
    is_colour: bool

    @property
    def is_same(self) -> np.ndarray:
        """(P,) bool: whether the two show the same picture."""
        most = MOST_DIFFERENCE + (_MORE_IN_COLOUR if self.is_colour else 0)
        brighter = np.exp(np.abs(np.log(self.gain)))
        is_same: np.ndarray = (
            ((self.difference + _ALWAYS_DIFFERS) * brighter**_PER_GAIN <= most + _ALWAYS_DIFFERS)
            & (self.alike >= LEAST_ALIKE)
            & (self.detail >= LEAST_DETAIL)
            & (brighter <= MOST_GAIN)
            & (np.abs(self.offset) <= MOST_OFFSET)
        )
        return is_same


def compare(
    images: AllImages, indices: np.ndarray, small: np.ndarray, pairs: Candidates
) -> tuple[np.ndarray, Comparison]:
    """Compare some pairs: coarsely, then in grey, then in colour; each step is for those that the one before has left.

    Args:
        images: Where colours are read.
        indices: (N,) which of them the pairs are of.
        small: (N, h, w) uint8, these images small and grey.
        pairs: By their place among these images.

    Returns:
        Numbers of the pairs that were compared to the end, (Q,) int64, and what differs between them.
    """
    poses = first_poses(pairs.variant, images.size, images.small_size)
    left, poses = _coarsely_alike(small, pairs, poses, images.size)
    first, second = small[pairs.asked[left]].astype(np.float32), small[pairs.found[left]].astype(np.float32)
    poses = align(blurred(first, _ALIGNED_AT), blurred(second, _ALIGNED_AT), poses, images.size, rounds=3)
    result = _compared(first[:, None], second[:, None], poses)
    if images.train.shape[3] == 1:
        return left, result
    left, poses = left[result.is_same], poses[result.is_same]
    first, second = (
        images.small(indices[places[left]]).astype(np.float32).transpose(0, 3, 1, 2)
        for places in (pairs.asked, pairs.found)
    )
    return left, _compared(first, second, poses)


def _coarsely_alike(
    small: np.ndarray, pairs: Candidates, poses: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Which pairs, by number, may be the same picture, and the poses in which they are alike."""
    height, width = small.shape[1:]
    coarse = min(height, _COARSE_SIDE), min(width, _COARSE_SIDE)
    used, places = np.unique(np.concatenate([pairs.asked, pairs.found]), return_inverse=True)
    shapes = blurred(grey(shrunk(small[used][..., None], coarse)), _ALIGNED_AT)
    first, second = shapes[places[: len(poses)]], shapes[places[len(poses) :]]
    factors = np.array([1, 1, coarse[0] / height, coarse[1] / width], np.float32)
    poses = align(first, second, poses * factors, size, rounds=2)
    result = _measured(*_laid(first[:, None], second[:, None], poses))
    is_left = (result.difference <= _COARSE_DIFFERENCE) & (result.alike >= _COARSE_ALIKE)
    return np.flatnonzero(is_left), poses[is_left] / factors


def _laid(first: np.ndarray, second: np.ndarray, poses: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images (P, C, h, w), the first ones in their poses, and where both show something, (P, 1, h, w)."""
    laid = [lay_over(first[:, channel], poses) for channel in range(first.shape[1])]
    return np.stack([image for image, _ in laid], axis=1), second, laid[0][1][:, None]


def _compared(first: np.ndarray, second: np.ndarray, poses: np.ndarray) -> Comparison:
    """Compare images (P, C, h, w) as sharp as the less sharp of the two."""
    if not len(first):
        none = np.empty(0, np.float32)
        return Comparison(none, none, none, none, none, first.shape[1] > 1)
    first, second, is_inside = _laid(_blurred(first, _SMOOTHED), _blurred(second, _SMOOTHED), poses)
    best, alike = [first.copy(), second.copy()], _correlation(first, second, is_inside)
    for sigma in _BLURS:
        for pair in ((_blurred(first, sigma), second), (first, _blurred(second, sigma))):
            found = _correlation(*pair, is_inside)
            is_better = found > alike
            alike = np.where(is_better, found, alike)
            for kept, image in zip(best, pair, strict=True):
                kept[is_better] = image[is_better]
    return _measured(best[0], best[1], is_inside)


def _measured(first: np.ndarray, second: np.ndarray, is_inside: np.ndarray) -> Comparison:
    """What differs between images (P, C, h, w) where ``is_inside`` (P, 1, h, w)."""
    axes = (1, 2, 3)
    area = is_inside.sum(axis=axes, keepdims=True) * first.shape[1]
    means = [(image * is_inside).sum(axis=axes, keepdims=True) / area for image in (first, second)]
    spreads = [
        np.sqrt((((image - mean) * is_inside) ** 2).sum(axis=axes, keepdims=True) / area)
        for image, mean in zip((first, second), means, strict=True)
    ]
    gain = np.clip(spreads[1] / np.maximum(spreads[0], 1e-3), 0.5, 2)
    offset = means[1] - gain * means[0]
    # Of several channels, the one that differs most.
    away = (
        (np.abs(second - gain * first - offset) * is_inside)
        .max(axis=1)
        .reshape(len(first), first.shape[2] * first.shape[3])
    )
    worst = max(1, round(_WORST_SHARE * away.shape[1]))
    inner = is_inside.copy()
    inner[:, :, [1, -2]] = inner[:, :, :, [1, -2]] = 0
    details = first - _blurred(first, _DETAIL), second - _blurred(second, _DETAIL)
    return Comparison(
        difference=np.partition(away, -worst, axis=1)[:, -worst:].mean(axis=1),
        alike=_correlation(first, second, is_inside),
        detail=_correlation(*details, inner, noise=_NOISE),
        gain=gain.ravel(),
        offset=offset.ravel(),
        is_colour=first.shape[1] > 1,
    )


def _correlation(first: np.ndarray, second: np.ndarray, is_inside: np.ndarray, noise: float = 0.0) -> np.ndarray:
    """(P,) of images (P, C, h, w) that share so many grey levels of noise; 0 where one of them is flat."""
    axes = (1, 2, 3)
    area = np.maximum(is_inside.sum(axis=axes, keepdims=True) * first.shape[1], 1)
    first = (first - (first * is_inside).sum(axis=axes, keepdims=True) / area) * is_inside
    second = (second - (second * is_inside).sum(axis=axes, keepdims=True) / area) * is_inside
    shared = (first * second).sum(axis=axes) / area.ravel() + noise**2
    variances = [(image * image).sum(axis=axes) / area.ravel() + noise**2 for image in (first, second)]
    product = variances[0] * variances[1]
    # Below a variance of one grey level there is nothing to compare.
    return np.where(product < 1, 0, shared / np.sqrt(np.maximum(product, 1e-6)))


def _blurred(images: np.ndarray, sigma: float) -> np.ndarray:
    """Images (P, C, h, w), blurred."""
    return blurred(images.reshape(-1, *images.shape[2:]), sigma).reshape(images.shape)
