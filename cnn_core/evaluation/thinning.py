"""Fewer points for the same line: a browser draws no more than a screen shows."""

from __future__ import annotations

import numpy as np

# More points than this are not visible in a chart, only slow.
MOST_POINTS = 300
# An eighth of a pixel of a chart of 500: it stays invisible when a person zooms in.
_INVISIBLE = 1 / 4000


def thinned_line(points: np.ndarray, *, box: tuple[float, float] = (1.0, 1.0), most: int = MOST_POINTS) -> np.ndarray:
    """Leave out points of a line that are not seen to be missing.

    Args:
        points: (N, 2) float64, the corners of a line, in the order in which it is drawn; N at least 1.
        box: How much of both axes the chart shows: distances are measured in widths and heights of the chart.
        most: How many may stay; at least 2.

    Returns:
        (M, 2), M at most ``most``: some of the points, the first and the last among them. Every point left out lies
        within 1/4000 of the chart from the new line; where that takes too many points, they are thinned again with
        1/2000, 1/1000, … until few enough are left. Source: Douglas and Peucker, "Algorithms for the reduction of the
        number of points required to represent a digitized line" (1973), here for all parts of the line at once.
    """
    scaled, tolerance = points / np.array(box), _INVISIBLE
    kept = _corners(scaled, tolerance)
    while len(kept) > most:
        tolerance *= 2
        kept = kept[_corners(scaled[kept], tolerance)]
    thinned: np.ndarray = points[kept]
    return thinned


def _corners(points: np.ndarray, tolerance: float) -> np.ndarray:
    """Places of the points that have to stay."""
    kept = np.unique([0, len(points) - 1])
    while True:
        lengths = np.diff(kept)
        distances = _distances(points, np.repeat(kept[:-1], lengths), np.repeat(kept[1:], lengths))
        if not len(distances) or distances.max() <= tolerance:
            return kept
        worst = np.maximum.reduceat(distances, kept[:-1])
        # The farthest point of each part; of equally far ones all, which does no harm.
        is_worst = (distances > tolerance) & (distances == np.repeat(worst, lengths))
        kept = np.union1d(kept, np.flatnonzero(is_worst))


def _distances(points: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """How far each point but the last lies from the straight piece between the points ``first`` and ``last``."""
    start = points[first]
    along, away = points[last] - start, points[:-1] - start
    length = (along**2).sum(axis=1)
    # To the piece, not to the endless line through it: a spike along the line's own direction must count.
    share = np.clip((away * along).sum(axis=1) / np.maximum(length, 1e-300), 0, 1)
    gap = away - share[:, None] * along
    distances: np.ndarray = np.hypot(gap[:, 0], gap[:, 1])
    return distances
