"""What all sessions share: datasets, loaded networks, evaluations. Arrays are read-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.data.dataset import Dataset
from cnn_core.data.load import load_dataset
from cnn_core.data.sample import Sample, sample_classes
from cnn_core.errors import DatasetError
from cnn_core.evaluation.predictions import Predictions
from cnn_core.inference.classifier import Classifier
from cnn_core.inference.loaded import loaded_runs, run_state
from cnn_core.runs.directory import Run
from cnn_core.runs.follow import RunFollower
from pages.parts.words import plain

if TYPE_CHECKING:
    from cnn_core.inference.network import Network


@dataclass(frozen=True)
class TestSet:
    """The test images of a dataset, (N, H, W, C) uint8, and their labels, (N,)."""

    title: str
    images: np.ndarray
    labels: np.ndarray


class _DatasetGoneError(DatasetError):
    """A dataset of one's own that a run learned from was deleted."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The dataset '{name}' that this run learned from is not here any more: it was deleted, or CNN_LAB_DATA is "
            "another folder. Bring the same pictures in again under that name, with the same settings."
        )


class _DatasetChangedError(DatasetError):
    """A dataset is no longer what a run learned from. Nothing of it is cached, so its repair is noticed."""

    def __init__(self, title: str) -> None:
        super().__init__(
            f"{title} has changed since this run was trained, so its images are not shown. Train a new run."
        )
        self.title = title


@st.cache_resource(max_entries=4, show_spinner="Reading the dataset…")
def _test_images(name: str, checksum: str) -> TestSet:
    if name not in dataset_names():
        raise _DatasetGoneError(name)
    dataset = load_dataset(name, download=False)
    if dataset.checksum != checksum:
        raise _DatasetChangedError(dataset.title)
    return TestSet(dataset.title, dataset.test_images, dataset.test_labels)


def test_set(run: Run) -> TestSet:
    """The test images and labels of a run's dataset, whether or not the run was evaluated.

    Raises:
        DatasetError: They are not on this machine, or are others than the run learned from.
    """
    record = run.record()
    return _test_images(record.dataset, record.data.checksum)


def test_images(run: Run) -> np.ndarray | None:
    """The images that a run was tested on, (N, H, W, C) uint8; ``None``, and a message, where they are not here.

    Raises:
        RunError: Its answers for them cannot be read.
    """
    record = run.record()
    try:
        found = _test_images(record.dataset, record.data.checksum)
    except _DatasetChangedError as changed:
        st.warning(
            f"{changed.title} has changed since this run was tested, so its images are not shown. Train a new run to "
            "see them.",
            icon=":material/published_with_changes:",
        )
        return None
    except _DatasetGoneError as gone:
        st.info(f"The figures come from the run, without thumbnails. {plain(str(gone))}", icon=":material/link_off:")
        return None
    except DatasetError as error:
        st.info(
            "The figures come from the run; its images are not on this machine, so there are no thumbnails. "
            + plain(str(error)),
            icon=":material/image_not_supported:",
        )
        return None
    if len(found.images) != (count := len(predictions(run))):
        st.warning(
            f"This run answered for {count:,} test images, and {found.title} has {len(found.images):,}: which answer "
            "belongs to which image is not known, so the images are not shown. Train a new run to see them.",
            icon=":material/rule:",
        )
        return None
    return found.images


@st.cache_resource(max_entries=3, show_spinner="Reading the dataset…")
def _dataset(name: str, checksum: str) -> Dataset:  # noqa: ARG001 - the cache's key
    return load_dataset(name, download=False)


def dataset(name: str) -> Dataset:
    """A dataset that is on this machine, read once for all sessions. Images of one's own stay on the disk.

    Raises:
        DatasetError: The dataset is not here, or damaged.
    """
    return _dataset(name, dataset_card(name).checksum)


@st.cache_resource(max_entries=8, show_spinner="Reading the dataset…")
def _sample_images(name: str, checksum: str, count: int) -> Sample:  # noqa: ARG001 - the cache's key
    return sample_classes(load_dataset(name, download=False), count)


def sample_images(name: str, count: int) -> Sample:
    """A few training images of a dataset that is on this machine, each of another class.

    Raises:
        DatasetError: The dataset is not here, or damaged.
    """
    return _sample_images(name, dataset_card(name).checksum, count)


def classifier(run: Run) -> Classifier:
    """The classifier of a run, loaded once for all sessions, and again when its files change.

    Raises:
        RunError: The run has no model, or its files are damaged.
    """
    return loaded_runs.classifier(run)


def classifier_key(run: Run) -> tuple[str, *tuple[int, ...]]:
    """What decides the answers of a run's classifier: where it lies, its weights, threshold, temperature."""
    return str(run.path), *run_state(run)


def network(run: Run) -> Network:
    """The network of a run, loaded once for all sessions, and again when its file changes. Imports TensorFlow.

    Raises:
        RunError: The run has no model, or the file is damaged.
    """
    return loaded_runs.network(run)


def adapted_network(run: Run) -> Network | None:
    """The same with what it was taught of people's pictures; ``None`` where it was not. Imports TensorFlow.

    Raises:
        RunError: The run has no model, or a file is damaged.
    """
    return loaded_runs.adapted_network(run)


@st.cache_resource(max_entries=8, show_spinner=False)
def _predictions(path: str, modified: int, _run: Run) -> Predictions:  # noqa: ARG001 - the cache's key
    return _run.predictions()


def predictions(run: Run) -> Predictions:
    """The answers of a run for its test images, read once.

    Raises:
        RunError: The run has none, or the file is damaged.
    """
    return _predictions(str(run.path), run.evaluated_ns, _run=run)


@st.cache_resource(max_entries=16, show_spinner=False)
def _follower(path: str, _run: Run) -> RunFollower:  # noqa: ARG001 - the cache's key
    return RunFollower(_run)


def follower(run: Run) -> RunFollower:
    """Steps, history and events of a run: what all pages and people that watch it read together, each line once."""
    return _follower(str(run.path), _run=run)


def steps(run: Run) -> pd.DataFrame:
    """The progress of a run within its epochs, read on."""
    return follower(run).steps()
