"""Images on a map: those that look alike lie near each other. Linear at once (PCA), or by neighbours (t-SNE)."""

from __future__ import annotations

import contextlib
import io
import re
import time
import zipfile
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from cnn_core.data.dataset import Dataset
from cnn_core.data.load import load_dataset
from cnn_core.data.understand.drawn import drawn_alike
from cnn_core.data.understand.small import vectors_of
from cnn_core.errors import DatasetError, RunError
from cnn_core.jobs.job import Job
from cnn_core.jobs.work import CancelledError, Work

KIND = "map"
MOST_IMAGES = 3000
# Of large images fewer are read.
_MOST_BYTES = 256 << 20
_FEWEST_IMAGES = 10
_SEED = 0
_COMPONENTS = 50
_PERPLEXITY = 30.0
_STEPS = 750
# So much of the work is done when the steps begin.
_PREPARED = 0.05
_FILE = "map.npz"


@dataclass(frozen=True, eq=False)
class Drawn:
    """The training images that a map shows.

    Attributes:
        places: (n,) int64 indices into the training images, ascending.
        labels: (n,) int64, their classes.
        images: (n, H, W, C) uint8, in memory.
    """

    places: np.ndarray
    labels: np.ndarray
    images: np.ndarray


@dataclass(frozen=True, eq=False)
class ImageMap:
    """Where images lie on a map.

    Attributes:
        places: (n,) int64 indices into the training images.
        points: (n, 2) float32, centred; the farther coordinate of the farthest point is 1 or -1.
        explained: Share of the images' variance that the two axes show, in [0, 1]; ``None`` where axes mean nothing.
    """

    places: np.ndarray
    points: np.ndarray
    explained: float | None


class MapResult(BaseModel):
    """What came out of the job, beside the points.

    Attributes:
        count: Images on the map.
        divergence: Kullback-Leibler divergence of the map's neighbourhoods from those of the images, in nats.
        seconds: What it took.
    """

    model_config = ConfigDict(frozen=True)

    count: int
    divergence: float
    seconds: float


def draw_images(dataset: Dataset) -> Drawn:
    """The training images that are shown: up to 3,000, always the same, the same share of each class."""
    image_bytes = int(np.prod(dataset.train_images.shape[1:]))
    most = min(MOST_IMAGES, max(_MOST_BYTES // image_bytes, len(dataset.class_names)))
    places = drawn_alike(dataset.train_labels, most, _SEED)
    return Drawn(places, dataset.train_labels[places], np.asarray(dataset.train_images[places]))


def linear_map(drawn: Drawn) -> ImageMap:
    """The plane in which the images differ most: their first two principal components."""
    components, shares = _components(drawn, 2)
    return ImageMap(drawn.places, _scaled(components), float(shares.sum()))


def make_map(work: Work) -> MapResult:
    """Arrange the images by their neighbours with t-SNE (van der Maaten & Hinton, 2008), as a job.

    Neighbours are found among 50 principal components; the linear map is where it begins, so it is the same each time.

    Raises:
        DatasetError: The dataset is not here, or has too few images.
        CancelledError: Somebody wants it no longer.
    """
    started = time.perf_counter()
    work.tell(0.0, "Reading the images")
    dataset = load_dataset(str(work.job.job_request().settings["dataset"]), download=False)
    drawn = draw_images(dataset)
    if len(drawn.places) < _FEWEST_IMAGES:
        raise DatasetError(
            f"{dataset.title} has {len(drawn.places)} training images; a map by neighbours needs at least "
            f"{_FEWEST_IMAGES}. Look at the linear map."
        )
    work.tell(_PREPARED / 2, f"Comparing {len(drawn.places):,} images")
    components, _ = _components(drawn, _COMPONENTS)
    points, divergence = _arranged(components, work)
    np.savez(work.job.path / _FILE, places=drawn.places, points=_scaled(points))
    return MapResult(count=len(points), divergence=divergence, seconds=time.perf_counter() - started)


def read_map(job: Job) -> ImageMap:
    """What :func:`make_map` has made.

    Raises:
        RunError: It is missing or damaged.
    """
    try:
        # NumPy leaves a file open whose end it does not find.
        with (job.path / _FILE).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return ImageMap(arrays["places"], arrays["points"], None)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RunError(f"The map in '{job.path}' is missing or damaged. Make it again.") from error


def _components(drawn: Drawn, most: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, most) float32 principal components, with zeros where there are fewer; and the share of variance of each."""
    from sklearn.decomposition import PCA

    vectors = vectors_of(drawn.images)
    count = min(most, *vectors.shape)
    found = PCA(count, svd_solver="covariance_eigh")
    # Images that are all alike have no variance to share out.
    with np.errstate(invalid="ignore", divide="ignore"):
        values = found.fit_transform(vectors)
    components = np.zeros((len(vectors), most), np.float32)
    components[:, :count] = values
    return components, np.nan_to_num(found.explained_variance_ratio_)


def _arranged(components: np.ndarray, work: Work) -> tuple[np.ndarray, float]:
    """(n, 2) points, and how far their neighbourhoods are from those of the components."""
    from sklearn.manifold import TSNE

    spread = float(components[:, 0].std())
    tsne = TSNE(
        perplexity=min(_PERPLEXITY, (len(components) - 1) / 3),
        init=components[:, :2] * (1e-4 / spread) if spread else "random",
        max_iter=_STEPS,
        random_state=_SEED,
        verbose=2,
    )
    # It says how far it is by printing it, every 50 steps, and in no other way.
    with contextlib.redirect_stdout(_Listener(work)):
        points = tsne.fit_transform(components)
    return points, float(tsne.kl_divergence_)


class _Listener(io.TextIOBase):
    """Hears what scikit-learn prints: hands its progress on, and ends it where nobody wants it any more."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def write(self, text: str) -> int:
        if self._work.should_stop():
            raise CancelledError
        if found := re.search(r"Iteration (\d+)", text):
            step = int(found[1])
            share = _PREPARED + (1 - _PREPARED) * step / _STEPS
            self._work.tell(min(share, 1.0), f"Moving look-alikes together: step {step} of {_STEPS}")
        return len(text)


def _scaled(points: np.ndarray) -> np.ndarray:
    """Points around the middle of their extent, the farthest coordinate 1."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    centred = points - middle
    largest = float(np.abs(centred).max())
    scaled: np.ndarray = (centred / (largest or 1.0)).astype(np.float32)
    return scaled
