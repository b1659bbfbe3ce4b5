"""What explains a network's answers, made once for all sessions: Grad-CAM, features of the training images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core.data.load import load_dataset
from cnn_core.errors import DatasetError
from cnn_core.explain.reading import FeatureSource, Reading
from cnn_core.runs.directory import Run
from cnn_core.runs.features_file import model_version
from pages.parts import cached

if TYPE_CHECKING:
    from cnn_core.explain.features import FeatureNetwork
    from cnn_core.explain.grad_cam import GradCam


@dataclass(frozen=True)
class TrainingImages:
    """(N, H, W, C) uint8 and (N,) int64, read-only."""

    images: np.ndarray
    labels: np.ndarray


def training_images(run: Run) -> TrainingImages:
    """The training images of a run's dataset, those held back for validation among them.

    Raises:
        DatasetError: They are not on this machine, damaged, or not those that the run was trained on.
    """
    record = run.record()
    return _training_images(record.dataset, record.data.checksum)


@st.cache_resource(max_entries=2, show_spinner=False)
def _training_images(name: str, checksum: str) -> TrainingImages:
    dataset = load_dataset(name, download=False)
    if dataset.checksum != checksum:
        raise DatasetError(f"{dataset.title} has changed since this run was trained, so its images are not shown.")
    return TrainingImages(dataset.train_images, dataset.train_labels)


def grad_cam(run: Run) -> GradCam:
    """Grad-CAM of a run's network. Imports TensorFlow.

    Raises:
        RunError: The run has no network, or it cannot be loaded.
    """
    return _grad_cam(str(run.path), model_version(run), _run=run)


@st.cache_resource(max_entries=4, show_spinner=False)
def _grad_cam(path: str, version: int, _run: Run) -> GradCam:  # noqa: ARG001 - the cache's key
    from cnn_core.explain.grad_cam import GradCam

    return GradCam(cached.network(_run).model)


def feature_network(run: Run) -> FeatureNetwork:
    """What gives the features of images in a run's network. Imports TensorFlow. Errors as :func:`grad_cam`."""
    return _feature_network(str(run.path), model_version(run), _run=run)


@st.cache_resource(max_entries=4, show_spinner=False)
def _feature_network(path: str, version: int, _run: Run) -> FeatureNetwork:  # noqa: ARG001 - the cache's key
    from cnn_core.explain.features import FeatureNetwork

    return FeatureNetwork(cached.network(_run).model)


def reading(run: Run) -> Reading:
    """The features of the training images, under way in the background or done; begun by who asks first.

    Raises:
        RunError: The run has no network.
    """
    return _reading(str(run.path), model_version(run), run.record().data.checksum, _run=run)


# Each holds the features of all training images.
@st.cache_resource(max_entries=3, show_spinner=False)
def _reading(path: str, version: int, checksum: str, _run: Run) -> Reading:  # noqa: ARG001 - the cache's key
    return Reading(
        FeatureSource(
            _run,
            version,
            checksum,
            network=lambda: feature_network(_run),
            images=lambda: training_images(_run).images,
        )
    )


def read_again(run: Run) -> None:
    """Forget a reading that failed; the next who asks begins anew."""
    _reading.clear(str(run.path), model_version(run), run.record().data.checksum, _run=run)
