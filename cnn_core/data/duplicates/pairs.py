"""The pairs that a search has found, and what they mean: leaks, contradictions, clusters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cnn_core.errors import RunError

Kind = Literal["exact", "near"]
Where = Literal["leaks", "within training", "within test", "contradictory"]
WHERES: tuple[Where, ...] = get_args(Where)


class Counts(BaseModel):
    """How many pairs there are of each sort.

    Attributes:
        exact, near: Equal to the pixel, or not quite.
        contradictory: Of them, those of two different classes.
    """

    model_config = ConfigDict(frozen=True)

    exact: int
    near: int
    contradictory: int

    @property
    def pairs(self) -> int:
        """All of them."""
        return self.exact + self.near


class DuplicatesFound(BaseModel):
    """What a search has found; the pairs lie in a file beside it.

    Attributes:
        dataset, checksum: What was searched.
        images: How many, in both parts.
        across: Pairs of a training and a test image: leaks.
        leaked: Test images that also are among the training images, in one form or another.
        clusters: Pictures that are there more than once.
        spare: Images that could go, if of each picture one were to stay.
        seconds: By the clock.
    """

    model_config = ConfigDict(frozen=True)

    dataset: str
    checksum: str
    images: int
    within_training: Counts
    within_test: Counts
    across: Counts
    leaked: int
    clusters: int
    spare: int
    seconds: float

    @property
    def pairs(self) -> int:
        """All pairs."""
        return self.within_training.pairs + self.within_test.pairs + self.across.pairs


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of images that show the same picture. Of images that are equal, each is paired with the first one only.

    Attributes:
        train_count: Images below this index are training images, the others test images.
        labels: (N,) int64, of training then test images.
        first, second: (P,) int64 indices, ``first < second``.
        is_exact: (P,) bool.
        similarity: (P,) float32 in [0, 1]: 1 for equal ones, else the correlation once one is laid over the other.
    """

    train_count: int
    labels: np.ndarray
    first: np.ndarray
    second: np.ndarray
    is_exact: np.ndarray
    similarity: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    @property
    def is_contradictory(self) -> np.ndarray:
        """(P,) bool: the two have different labels."""
        is_other: np.ndarray = self.labels[self.first] != self.labels[self.second]
        return is_other

    @property
    def is_across(self) -> np.ndarray:
        """(P,) bool: a training and a test image."""
        return (self.first < self.train_count) & (self.second >= self.train_count)

    @cached_property
    def clusters(self) -> np.ndarray:
        """(N,) int64: images of one number show one picture, as far as the pairs tell."""
        graph = coo_array((np.ones(len(self), bool), (self.first, self.second)), shape=(len(self.labels),) * 2)
        return np.asarray(connected_components(graph, directed=False)[1], np.int64)

    def select(self, where: Where | None = None, kind: Kind | None = None) -> np.ndarray:
        """Numbers of the pairs of a sort, (Q,) int64: equal ones first, then the most similar. ``None``: all."""
        chosen = {
            None: np.ones(len(self), bool),
            "leaks": self.is_across,
            "within training": self.second < self.train_count,
            "within test": self.first >= self.train_count,
            "contradictory": self.is_contradictory,
        }[where]
        if kind:
            chosen = chosen & (self.is_exact == (kind == "exact"))
        order = np.lexsort((self.second, self.first, -self.similarity, ~self.is_exact))
        selected: np.ndarray = order[chosen[order]]
        return selected

    def leaked_test(self) -> np.ndarray:
        """Test images (by their number among the test images) whose picture is a training image, too."""
        of_training = np.unique(self.clusters[: self.train_count])
        return np.flatnonzero(np.isin(self.clusters[self.train_count :], of_training))

    def doubtful(self) -> np.ndarray:
        """(N,) bool: images of pictures with several labels, unless more than half of the copies have the same one."""
        clusters, sizes = self.clusters, np.bincount(self.clusters)
        is_doubtful = np.zeros(len(self.labels), bool)
        for cluster in np.unique(clusters[self.first[self.is_contradictory]]):
            members = np.flatnonzero(clusters == cluster)
            labels, counts = np.unique(self.labels[members], return_counts=True)
            is_decided = 2 * counts.max() > sizes[cluster]
            is_doubtful[members] = self.labels[members] != labels[counts.argmax()] if is_decided else True
        return is_doubtful

    def to_drop(self, *, also_within: bool) -> tuple[np.ndarray, np.ndarray]:
        """What a fair copy of the dataset leaves out: wrong labels first, then training images that are test images.

        Of a picture with several labels, the images go whose label is not that of most of its copies; where no label
        has most, all of them. Only then is the test decisive: it keeps its images, the training loses its twins.

        Args:
            also_within: Of a picture that is more than once in a part, keep the first one only.

        Returns:
            Numbers of training images and of test images, ascending.
        """
        is_gone = self.doubtful()
        is_test = np.arange(len(self.labels)) >= self.train_count
        if also_within:
            for part in (~is_test, is_test):
                kept = np.flatnonzero(part & ~is_gone)
                is_first = np.zeros(len(kept), bool)
                is_first[np.unique(self.clusters[kept], return_index=True)[1]] = True
                is_gone[kept[~is_first]] = True
        in_test = np.unique(self.clusters[is_test & ~is_gone])
        is_gone |= ~is_test & np.isin(self.clusters, in_test)
        return np.flatnonzero(is_gone & ~is_test), np.flatnonzero(is_gone & is_test) - self.train_count

    def found(self, dataset: str, checksum: str, seconds: float) -> DuplicatesFound:
        """Count them."""
        sizes = np.bincount(self.clusters)
        return DuplicatesFound(
            dataset=dataset,
            checksum=checksum,
            images=len(self.labels),
            within_training=self._counted("within training"),
            within_test=self._counted("within test"),
            across=self._counted("leaks"),
            leaked=len(self.leaked_test()),
            clusters=int((sizes > 1).sum()),
            spare=int((sizes - 1).sum()),
            seconds=seconds,
        )

    def _counted(self, where: Where) -> Counts:
        chosen = self.select(where)
        exact = int(self.is_exact[chosen].sum())
        return Counts(exact=exact, near=len(chosen) - exact, contradictory=int(self.is_contradictory[chosen].sum()))

    def save(self, path: Path) -> None:
        """Write them into a file."""
        np.savez(
            path,
            train_count=np.array(self.train_count),
            labels=self.labels,
            first=self.first,
            second=self.second,
            is_exact=self.is_exact,
            similarity=self.similarity,
        )

    @classmethod
    def load(cls, path: Path) -> Pairs:
        """Read what :meth:`save` wrote.

        Raises:
            RunError: The file is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                values = {name: arrays[name] for name in arrays.files}
            return cls(**{**values, "train_count": int(values["train_count"])})
        except Exception as error:  # Whatever NumPy stumbles on: OSError, BadZipFile, ValueError, KeyError…
            raise RunError(f"The pairs in '{path}' cannot be read. Search for duplicates again.") from error
