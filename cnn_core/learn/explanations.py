"""How one number of a network came to be: what there is to write out, kind by kind. No Keras here.

Everywhere ``value`` is the number, computed in double precision from the numbers that Keras gave for the stations
before, and rows, columns, channels and units count from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cnn_core.learn.elementwise import Curve
from cnn_core.learn.weighed import WeighedSum, WeighedWindow


@dataclass(frozen=True)
class Normalised:
    """Batch normalisation: (given − mean) / √(variance + epsilon) · scale + offset."""

    source: str
    given: float
    mean: float
    variance: float
    epsilon: float
    scale: float
    offset: float
    explains: ClassVar[bool] = True

    @property
    def deviation(self) -> float:
        """√(variance + epsilon)."""
        return float(np.sqrt(self.variance + self.epsilon))

    @property
    def value(self) -> float:
        """The result."""
        return (self.given - self.mean) / self.deviation * self.scale + self.offset


@dataclass(frozen=True)
class Activated:
    """An activation of the number ``given``."""

    source: str
    given: float
    curve: Curve
    explains: ClassVar[bool] = True

    @property
    def value(self) -> float:
        """The result."""
        return self.curve.value(self.given)


@dataclass(frozen=True, eq=False)
class Pooled:
    """The largest number in a window, or the mean of those in it.

    Attributes:
        source: The station whose map the window lies on.
        rows: (height,) of this map; outside of it where the window stands over the border.
        columns: (width,) the same.
        window: (height, width) float32; zero over the border, where nothing counts.
        is_inside: (height, width) bool; False over the border.
        winner: Row and column of the largest number, the first of equal ones; None for a mean.
    """

    source: str
    rows: np.ndarray
    columns: np.ndarray
    window: np.ndarray
    is_inside: np.ndarray
    winner: tuple[int, int] | None
    explains: ClassVar[bool] = True

    @property
    def value(self) -> float:
        """The largest number or the mean."""
        counted = self.window[self.is_inside].astype(np.float64)
        return float(counted.mean() if self.winner is None else counted.max())


@dataclass(frozen=True, eq=False)
class Averaged:
    """The mean of a whole map, (height, width) float32."""

    source: str
    numbers: np.ndarray
    explains: ClassVar[bool] = True

    @property
    def total(self) -> float:
        """The sum of all numbers of the map."""
        return float(self.numbers.sum(dtype=np.float64))

    @property
    def value(self) -> float:
        """The mean."""
        return self.total / self.numbers.size


@dataclass(frozen=True)
class Added:
    """A sum of the numbers in the same place of several stations."""

    sources: tuple[str, ...]
    terms: tuple[float, ...]
    explains: ClassVar[bool] = True

    @property
    def value(self) -> float:
        """The sum."""
        return sum(self.terms)


@dataclass(frozen=True)
class Scaled:
    """given · factor + offset."""

    source: str
    given: float
    factor: float
    offset: float
    explains: ClassVar[bool] = True

    @property
    def value(self) -> float:
        """The result."""
        return self.given * self.factor + self.offset


@dataclass(frozen=True, eq=False)
class Mixed:
    """A number between four others, which count the more the nearer they are.

    Attributes:
        source: The station whose map they are of.
        rows: Of the two above and the two below; the same one twice at the edge.
        columns: Of the two to the left and the two to the right.
        numbers: (2, 2) float32.
        shares: (2, 2) float64; they sum to 1.
    """

    source: str
    rows: tuple[int, int]
    columns: tuple[int, int]
    numbers: np.ndarray
    shares: np.ndarray
    explains: ClassVar[bool] = True

    @property
    def value(self) -> float:
        """The sum of the numbers, each times its share."""
        return float((self.numbers * self.shares).sum())


@dataclass(frozen=True)
class Taken:
    """A number that was moved and not changed.

    Attributes:
        source: The station that it is of.
        place: Where it is there; None for a zero of the border, which comes from nowhere.
    """

    source: str
    place: tuple[int, ...] | None
    value: float
    explains: ClassVar[bool] = True


@dataclass(frozen=True)
class Given:
    """A number of the picture: a brightness from 0 to 255."""

    value: float
    explains: ClassVar[bool] = True


@dataclass(frozen=True)
class Unexplained:
    """A number of a step that is not explained; ``reason`` is a sentence that says why."""

    reason: str
    value: float
    explains: ClassVar[bool] = False


Explanation = (
    WeighedWindow
    | WeighedSum
    | Normalised
    | Activated
    | Pooled
    | Averaged
    | Added
    | Scaled
    | Mixed
    | Taken
    | Given
    | Unexplained
)
