"""Some images of many, drawn by a seed: the same share of each class."""

from __future__ import annotations

import numpy as np


def drawn_alike(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Draw images without replacement, as nearly the same share of each class as whole images allow.

    Args:
        labels: (N,) integers.
        count: How many. Where there are fewer, all of them; where there are more classes than that, some have none.
        seed: In ``range(2**32)``. Equal labels, count and seed give the same images.

    Returns:
        (min(N, count),) int64 places, ascending. Every class that there is has at least one, if there are not more
        classes than ``count``.
    """
    if count >= len(labels):
        return np.arange(len(labels), dtype=np.int64)
    rng = np.random.default_rng(seed)
    classes, of_class = np.unique(labels, return_inverse=True)
    shuffled = rng.permutation(len(labels))
    # The k-th image that is drawn of a class stands for (k + ½) / n of it: in the order of these numbers every class
    # is taken by the same share at any time. The first of each comes before all seconds.
    by_class = shuffled[np.argsort(of_class[shuffled], kind="stable")]
    sizes = np.bincount(of_class, minlength=len(classes))
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    turn = np.where(rank == 0, -1.0, (rank + 0.5) / np.repeat(sizes, sizes))
    return np.sort(by_class[np.argsort(turn, kind="stable")[:count]]).astype(np.int64)


def shuffled(count: int, seed: int) -> np.ndarray:
    """All places of a list, (count,) int64, in an order that the seed decides."""
    return np.random.default_rng(seed).permutation(count)
