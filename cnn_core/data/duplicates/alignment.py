"""Lays one image of a pair over the other: scaled and shifted along both axes, brighter or darker, by Gauss and Newton.

Many pairs at once, each with a pose of its own; the images themselves are compared, no features (Lucas and Kanade 1981;
Baker and Matthews 2004, https://doi.org/10.1023/B:VISI.0000011205.11775.fd).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from cnn_core.data.duplicates.descriptor import VARIANTS, reach, step

# Of copies that were cropped by 8 %, and a little more.
_MOST_SCALE = 0.12
# A step is not trusted further than this: pixels, and share of the size.
_MOST_PIXELS, _MOST_GROWTH = 1.0, 0.05
_RIDGE = 1e-2


def first_poses(variants: np.ndarray, size: tuple[int, int], small_size: tuple[int, int]) -> np.ndarray:
    """Poses that the windows by which pairs were found suggest.

    Args:
        variants: (P,) int64, numbers of windows.
        size: Rows and columns of the images in the dataset.
        small_size: Rows and columns of the small images.

    Returns:
        (P, 4) float32: scale down and across, and shift down and right in pixels of the small images.
    """
    poses = [
        (
            one.scale,
            one.scale,
            *(
                steps * step(side) * small
                for steps, side, small in zip((one.down, one.right), size, small_size, strict=True)
            ),
        )
        for one in VARIANTS
    ]
    chosen: np.ndarray = np.array(poses, np.float32)[variants]
    return chosen


def align(images: np.ndarray, others: np.ndarray, poses: np.ndarray, size: tuple[int, int], rounds: int) -> np.ndarray:
    """Improve poses, so that the images laid over the others differ least.

    Args:
        images: (P, h, w) float32, one of each pair.
        others: (P, h, w) float32, the other.
        poses: (P, 4) float32, where to begin.
        size: Rows and columns in the dataset: how far a shift may go.
        rounds: How often they are improved.

    Returns:
        (P, 4) float32.
    """
    height, width = images.shape[1:]
    farthest = np.array([1.3 * reach(size[0]) * height, 1.3 * reach(size[1]) * width], np.float32)
    least, most = np.array([1 - _MOST_SCALE] * 2 + (-farthest).tolist()), [1 + _MOST_SCALE] * 2 + farthest.tolist()
    furthest_step = np.array([_MOST_GROWTH, _MOST_GROWTH, _MOST_PIXELS, _MOST_PIXELS], np.float32)
    rows = (np.arange(height, dtype=np.float32) - (height - 1) / 2)[:, None]
    columns = np.arange(width, dtype=np.float32) - (width - 1) / 2
    for _ in range(rounds):
        laid, is_inside = lay_over(images, poses)
        down, across = np.gradient(laid, axis=(1, 2))
        # What a small change of each of the four, of the gain and of the offset does to each pixel.
        effects = np.stack([down * rows, across * columns, down, across, laid, np.ones_like(laid)], axis=1)
        effects = (effects * is_inside[:, None]).reshape(len(images), 6, height * width)
        wanted = (others * is_inside).reshape(len(images), height * width, 1)
        squares = effects @ effects.transpose(0, 2, 1) + _RIDGE * np.eye(6, dtype=np.float32)
        changes = np.linalg.solve(squares, effects @ wanted)[..., 0]
        gains = np.maximum(np.abs(changes[:, 4:5]), 0.3)
        poses = poses + np.clip(changes[:, :4] / gains, -furthest_step, furthest_step)
        poses = np.clip(poses, least, most).astype(np.float32)
    return poses


def lay_over(images: np.ndarray, poses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images (P, h, w) in their poses, and where they show something: (P, h, w) float32 each; 1 inside, else 0."""
    rows, is_row = _resampling(images.shape[1], poses[:, 0], poses[:, 2])
    columns, is_column = _resampling(images.shape[2], poses[:, 1], poses[:, 3])
    return rows @ images @ columns.transpose(0, 2, 1), is_row[:, :, None] * is_column[:, None, :]


def _resampling(pixels: int, scale: np.ndarray, shift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P, pixels, pixels) float32, which reads a line at other places, and (P, pixels), 1 where there is something.

    Cubic convolution (Keys 1981, https://doi.org/10.1109/TASSP.1981.1163711). A border of one pixel counts as nothing.
    """
    pixel = np.arange(pixels, dtype=np.float32)
    middle = (pixels - 1) / 2
    places = middle + scale[:, None] * (pixel - middle) + shift[:, None]
    is_inside = (places > -0.01) & (places < pixels - 0.99)
    is_inside[:, [0, -1]] = False
    away = np.abs(np.clip(places, 0, pixels - 1)[:, :, None] - pixel)
    near, far = (1.5 * away - 2.5) * away**2 + 1, ((2.5 - 0.5 * away) * away - 4) * away + 2
    weights = np.where(away < 1, near, np.where(away < 2, far, 0))
    weights /= weights.sum(axis=2, keepdims=True)
    return weights.astype(np.float32), is_inside.astype(np.float32)


def blurred(images: np.ndarray, sigma: float) -> np.ndarray:
    """Images (P, h, w) float32 with a Gaussian blur of so many pixels."""
    if not sigma:
        return images
    result: np.ndarray = _blur(images.shape[1], sigma) @ images @ _blur(images.shape[2], sigma).T
    return result


@cache
def _blur(pixels: int, sigma: float) -> np.ndarray:
    """(pixels, pixels) float32; beyond the border the last pixel is repeated."""
    ahead = int(4 * sigma + 1)
    weights = np.exp(-0.5 * (np.arange(-ahead, ahead + 1) / sigma) ** 2)
    matrix = np.zeros((pixels, pixels), np.float32)
    for away, weight in zip(range(-ahead, ahead + 1), weights / weights.sum(), strict=True):
        np.add.at(matrix, (np.arange(pixels), np.clip(np.arange(pixels) + away, 0, pixels - 1)), weight)
    return matrix
