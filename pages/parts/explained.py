"""What explains a network's answers, made once for all sessions: Grad-CAM, features of the training images."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core.data.load import load_dataset
from cnn_core.errors import DatasetError, RunError
from cnn_core.explain.reading import FeatureSource, Reading
from cnn_core.runs.directory import Run
from cnn_core.runs.features_file import model_version
from pages.parts import cached

if TYPE_CHECKING:
    from cnn_core.explain.features import FeatureNetwork
    from cnn_core.explain.grad_cam import GradCam
    from cnn_core.inference.network import Network

Key = tuple[object, ...]

# Each holds the features of all training images.
_KEPT = 3


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


@dataclass(frozen=True)
class ExplainedNetwork:
    """The network whose answer is explained.

    Attributes:
        run: A run with a network.
        is_adapted: Whether that network answered with what it was taught of people's pictures.
    """

    run: Run
    is_adapted: bool = False

    def version(self) -> int:
        """What tells the network from earlier ones of the run, where it is known whether it is adapted.

        Raises:
            RunError: The run has no network.
        """
        return self.run.adapted_ns if self.is_adapted else model_version(self.run)

    def key(self) -> Key:
        """What tells the network from all others. Errors as :meth:`version`."""
        return str(self.run.path), model_version(self.run), self.version(), self.is_adapted

    def load(self) -> Network:
        """The network. Imports TensorFlow.

        Raises:
            RunError: The run has none, it cannot be loaded, or it has forgotten what it was taught of pictures.
        """
        if not self.is_adapted:
            return cached.network(self.run)
        adapted = cached.adapted_network(self.run)
        if adapted is None:
            raise RunError(
                f"Run '{self.run.id}' no longer has the weights for people's pictures that answered here. Classify the "
                "picture again."
            )
        return adapted


def grad_cam(network: ExplainedNetwork) -> GradCam:
    """Grad-CAM of a network. Imports TensorFlow. Errors as :meth:`ExplainedNetwork.load`."""
    return _grad_cam(network.key(), _network=network)


@st.cache_resource(max_entries=4, show_spinner=False)
def _grad_cam(key: Key, _network: ExplainedNetwork) -> GradCam:  # noqa: ARG001 - the cache's key
    from cnn_core.explain.grad_cam import GradCam

    return GradCam(_network.load().model)


def feature_network(network: ExplainedNetwork) -> FeatureNetwork:
    """What gives the features of images in a network. Imports TensorFlow. Errors as :meth:`ExplainedNetwork.load`."""
    return _feature_network(network.key(), _network=network)


@st.cache_resource(max_entries=4, show_spinner=False)
def _feature_network(key: Key, _network: ExplainedNetwork) -> FeatureNetwork:  # noqa: ARG001 - the key
    from cnn_core.explain.features import FeatureNetwork

    return FeatureNetwork(_network.load().model)


def reading(network: ExplainedNetwork) -> Reading:
    """The features of the training images, under way in the background or done; begun by who asks first.

    Raises:
        RunError: The run has no network.
    """
    return _readings().of(_source(network))


def read_again(network: ExplainedNetwork) -> None:
    """Forget a reading that failed; the next who asks begins anew."""
    _readings().forget(_source(network))


def _source(network: ExplainedNetwork) -> FeatureSource:
    return FeatureSource(
        network.run,
        network.version(),
        network.run.record().data.checksum,
        network=lambda: feature_network(network),
        images=lambda: training_images(network.run).images,
        is_adapted=network.is_adapted,
    )


class _Readings:
    """Readings by their source. One that is under way stays, whatever else is asked for: its thread goes on anyway."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The one that was asked for last stands last.
        self._readings: dict[tuple[str, int, str, bool], Reading] = {}

    def of(self, source: FeatureSource) -> Reading:
        with self._lock:
            key = _key(source)
            self._readings[key] = found = self._readings.pop(key, None) or Reading(source)
            finished = [
                key for key, reading in self._readings.items() if not reading.is_active and reading is not found
            ]
            # With the one that is asked for, as many as are kept.
            for key in finished[: max(0, len(finished) + 1 - _KEPT)]:
                del self._readings[key]
            return found

    def forget(self, source: FeatureSource) -> None:
        with self._lock:
            self._readings.pop(_key(source), None)


def _key(source: FeatureSource) -> tuple[str, int, str, bool]:
    return str(source.run.path), source.version, source.checksum, source.is_adapted


@st.cache_resource(show_spinner=False)
def _readings() -> _Readings:
    return _Readings()
