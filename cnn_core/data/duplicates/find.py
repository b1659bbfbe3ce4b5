"""Find the images that a dataset holds twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.data.dataset import Dataset
from cnn_core.data.duplicates.candidates import Candidates, find_candidates
from cnn_core.data.duplicates.decision import compare
from cnn_core.data.duplicates.descriptor import Describer
from cnn_core.data.duplicates.exact import first_equal
from cnn_core.data.duplicates.images import AllImages
from cnn_core.data.duplicates.pairs import DuplicatesFound, Pairs

if TYPE_CHECKING:
    from cnn_core.jobs.job import Job
    from cnn_core.jobs.work import Work

KIND = "duplicates"
_PAIRS = "pairs.npz"
# How long the steps take, as shares of the whole.
_HASHED, _NEAREST = 0.06, 0.55
_CHUNK = 2048
# In fewer pixels a side, a copy cannot be told from a picture that is alike: only equal images are found.
LEAST_SIDE = 16


def find_duplicates(dataset: Dataset, tell: Callable[[float, str], None]) -> Pairs:
    """Find all images that are equal, and those that are near: one resized, compressed, cropped, shifted, brightened.

    Args:
        dataset: Its images are read in pieces; a small copy of them (at most 1 KB each) is held in memory.
        tell: Told now and then the share that is done and what is done now; may raise to end the search.
    """
    images = AllImages.of(dataset)
    tell(0.0, "looking for equal images")
    firsts = first_equal(images)
    others = np.flatnonzero(firsts != np.arange(len(images)))
    distinct = np.flatnonzero(firsts == np.arange(len(images)))
    first, second, alike = _near(images, distinct, tell)
    return Pairs(
        train_count=len(images.train),
        labels=np.concatenate([dataset.train_labels, dataset.test_labels]),
        first=np.concatenate([firsts[others], first]),
        second=np.concatenate([others, second]),
        is_exact=np.repeat([True, False], [len(others), len(first)]),
        similarity=np.concatenate([np.ones(len(others), np.float32), alike]),
    )


def _near(
    images: AllImages, distinct: np.ndarray, tell: Callable[[float, str], None]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs among images of which no two are equal: first and second (P,) int64, similarity (P,) float32."""
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = [
        (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    ]
    if len(distinct) < 2 or min(images.size) < LEAST_SIDE:
        return found[0]
    chunks = [distinct[start : start + _CHUNK] for start in range(0, len(distinct), _CHUNK)]
    small = np.concatenate([images.small_grey(chunk) for chunk in chunks])
    describer = Describer.learned_from(small, images.size)
    candidates = find_candidates(
        small,
        describer,
        lambda share: tell(_HASHED + share * (_NEAREST - _HASHED), "looking for the nearest images of each"),
    )
    count = len(candidates.asked)
    for start in range(0, count, _CHUNK):
        tell(_NEAREST + start / count * (1 - _NEAREST), f"comparing {count:,} pairs")
        some = slice(start, start + _CHUNK)
        asked, answer = candidates.asked[some], candidates.found[some]
        places, result = compare(images, distinct, small, Candidates(asked, answer, candidates.variant[some]))
        is_same = result.is_same
        asked, answer = distinct[asked[places[is_same]]], distinct[answer[places[is_same]]]
        found.append((np.minimum(asked, answer), np.maximum(asked, answer), result.alike[is_same].astype(np.float32)))
    first, second, alike = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return first, second, alike


def work(work: Work) -> DuplicatesFound:
    """Search a dataset as a job of the kind :data:`KIND`; its settings name the ``dataset``."""
    from cnn_core.data.load import load_dataset
    from cnn_core.jobs.work import CancelledError

    def tell(share: float, doing: str) -> None:
        if work.should_stop():
            raise CancelledError
        work.tell(share, doing)

    started = time.perf_counter()
    dataset = load_dataset(str(work.job.job_request().settings["dataset"]), download=False)
    pairs = find_duplicates(dataset, tell)
    pairs.save(work.job.path / _PAIRS)
    return pairs.found(dataset.name, dataset.checksum, time.perf_counter() - started)


def read_pairs(job: Job) -> Pairs:
    """The pairs that a job has found.

    Raises:
        RunError: They cannot be read.
    """
    return Pairs.load(job.path / _PAIRS)
