"""For each image, the others that are nearest to one of its windows: few, among them nearly always its copies.

How near a copy must be is not known: trousers are close to each other, bags are not. So candidates are the nearest
few, whatever their distance. The images lie in cells around centres, and a window is compared with those of the nearest
cells only, as in an inverted file (Sivic and Zisserman 2003, https://doi.org/10.1109/ICCV.2003.1238663).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cnn_core.data.duplicates.descriptor import VARIANTS, Describer

NEAREST = 6
# Images of a cell, about; fewer than that many cells are not worth the trouble.
_PER_CELL, _FEWEST_CELLS = 250, 16
_PROBED = 3
_ROUNDS = 8
_CHUNK = 4096


@dataclass(frozen=True)
class Candidates:
    """Pairs of images that may be the same.

    Attributes:
        asked, found: (P,) int64; no pair is there twice, either way round.
        variant: (P,) int64, number of the window by which they are nearest.
    """

    asked: np.ndarray
    found: np.ndarray
    variant: np.ndarray


def find_candidates(small: np.ndarray, describer: Describer, tell: Callable[[float], None]) -> Candidates:
    """Find the nearest others of each image.

    Args:
        small: (N, h, w) uint8.
        describer: Has learned from some of them.
        tell: Told the share that is done, now and then; may raise to end the search.
    """
    described = describer.describe(small)
    cells = _Cells(described, np.random.default_rng(0))
    best = _Best(len(small), min(NEAREST, len(small) - 1))
    for number, variant in enumerate(VARIANTS):
        asking = describer.describe(small, variant)
        found = []
        for place, pairs in enumerate(cells.near(asking, best)):
            found.append(pairs)
            if place % 64 == 0:
                tell((number + place / cells.count) / len(VARIANTS))
        best.take(found, number)
    return best.pairs()


class _Best:
    """The nearest few of each image, so far: ``index`` (N, K) int64, -1 for none; ``distance`` squared; ``variant``."""

    def __init__(self, count: int, nearest: int) -> None:
        self.index = np.full((count, nearest), -1, np.int64)
        self.distance = np.full((count, nearest), np.inf, np.float32)
        self.variant = np.zeros((count, nearest), np.int64)

    def take(self, found: list[tuple[np.ndarray, np.ndarray, np.ndarray]], variant: int) -> None:
        """Take in what one variant has found: who asked, what was found, at which squared distance."""
        count, nearest = self.index.shape
        new = [np.concatenate(parts) for parts in zip(*found, strict=True)]
        rows = np.unique(new[0])
        asked = np.concatenate([np.repeat(rows, nearest), new[0]])
        index = np.concatenate([self.index[rows].ravel(), new[1]])
        distance = np.concatenate([self.distance[rows].ravel(), new[2]])
        variants = np.concatenate([self.variant[rows].ravel(), np.full(len(new[0]), variant)])
        # Of the same pair the nearest, then the nearest pairs of each.
        order = np.lexsort((distance, index, asked))
        order = order[(index[order] >= 0) & _is_first(asked[order], index[order])]
        order = order[np.lexsort((distance[order], asked[order]))]
        place = np.arange(len(order)) - np.searchsorted(asked[order], np.arange(count))[asked[order]]
        order, place = order[place < nearest], place[place < nearest]
        for kept, values in ((self.index, index), (self.distance, distance), (self.variant, variants)):
            kept[asked[order], place] = values[order]

    def pairs(self) -> Candidates:
        """Each pair once, as the image asked that is nearer."""
        asked = np.repeat(np.arange(len(self.index)), self.index.shape[1])
        found, distance, variant = self.index.ravel(), self.distance.ravel(), self.variant.ravel()
        low, high = np.minimum(asked, found), np.maximum(asked, found)
        order = np.lexsort((distance, high, low))
        order = order[(found[order] >= 0) & _is_first(low[order], high[order])]
        return Candidates(asked[order], found[order], variant[order])


def _is_first(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Whether each of sorted pairs is another than the one before it: (P,) bool."""
    is_first = np.ones(len(left), bool)
    is_first[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    return is_first


class _Cells:
    """Descriptors (N, D), each in the cell of the centre that is nearest to it."""

    def __init__(self, described: np.ndarray, rng: np.random.Generator) -> None:
        count = len(described) // _PER_CELL
        self.count = count if count >= _FEWEST_CELLS else 1
        self._described, self._squares = described, (described**2).sum(axis=1)
        self._centres = _centres(described, self.count, rng)
        self._members = _sorted_into(self._nearest_cells(described, 1), self.count)

    def near(self, asking: np.ndarray, best: _Best) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Cell by cell, the pairs that are nearer than the nearest few so far: asked, found, squared distance."""
        squares = (asking**2).sum(axis=1)
        visitors = _sorted_into(self._nearest_cells(asking, min(_PROBED, self.count)), self.count)
        for members, asked_here in zip(self._members, visitors, strict=True):
            for start in range(0, len(asked_here) if len(members) else 0, _CHUNK):
                asked = asked_here[start : start + _CHUNK]
                distance = asking[asked] @ self._described[members].T
                distance *= -2
                distance += self._squares[members]
                distance += squares[asked, None]
                # Nobody is a candidate for itself.
                distance[asked[:, None] == members] = np.inf
                rows, columns = np.nonzero(distance < _limits(distance, best, asked)[:, None])
                yield asked[rows], members[columns], distance[rows, columns]

    def _nearest_cells(self, described: np.ndarray, count: int) -> np.ndarray:
        """(N, count) int64."""
        offsets = (self._centres**2).sum(axis=1)
        parts = []
        for start in range(0, len(described), _CHUNK):
            distance = offsets - 2 * described[start : start + _CHUNK] @ self._centres.T
            parts.append(np.argpartition(distance, count - 1, axis=1)[:, :count])
        return np.concatenate(parts)


def _limits(distance: np.ndarray, best: _Best, asked: np.ndarray) -> np.ndarray:
    """What a pair must stay below: the farthest of the nearest few so far, or of those that are here."""
    limits: np.ndarray = best.distance[asked, -1]
    nearest = best.index.shape[1]
    if np.isinf(limits).any() and distance.shape[1] > nearest:
        here = np.partition(distance, nearest - 1, axis=1)[:, nearest - 1]
        limits = np.minimum(limits, np.nextafter(here, np.float32(np.inf)))
    return limits


def _sorted_into(cells: np.ndarray, count: int) -> list[np.ndarray]:
    """Which rows of (N, K) cells lie in each of the cells."""
    order = np.argsort(cells, axis=None, kind="stable")
    bounds = np.searchsorted(cells.ravel()[order], np.arange(1, count))
    return np.split(order // cells.shape[1], bounds)


def _centres(described: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, D): the centres of k-means, a few rounds on a sample; how good they are decides only the speed."""
    if count == 1:
        return described[:1]
    sample = described[rng.permutation(len(described))[: 20 * count]]
    centres = sample[:count].copy()
    for _ in range(_ROUNDS):
        nearest = np.argmin((centres**2).sum(axis=1) - 2 * sample @ centres.T, axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, sample)
        counts = np.bincount(nearest, minlength=count)
        centres[counts > 0] = sums[counts > 0] / counts[counts > 0, None]
    return centres
