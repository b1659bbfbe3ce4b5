"""What all sessions share: datasets, loaded networks, evaluations. Arrays are read-only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from cnn_core.data.dataset import Dataset
from cnn_core.data.load import load_dataset
from cnn_core.errors import DatasetError
from cnn_core.evaluation.examples import Predictions
from cnn_core.inference.classifier import Classifier, load_classifier
from cnn_core.runs.directory import Run
from cnn_core.runs.follow import StepsFollower


@st.cache_resource(max_entries=2, show_spinner="Reading the dataset…")
def _dataset(name: str, checksum: str) -> Dataset:  # noqa: ARG001 - the checksum is part of the cache's key
    return load_dataset(name, download=False)


def test_images(run: Run) -> np.ndarray | None:
    """The images that a run was tested on, (N, H, W, C) uint8; ``None``, and a message, where they are not here."""
    record = run.record()
    try:
        dataset = _dataset(record.dataset, record.data.checksum)
    except DatasetError as error:
        st.info(
            f"The figures come from the run; its images are not on this machine, so there are no thumbnails. {error}",
            icon=":material/image_not_supported:",
        )
        return None
    if dataset.checksum != record.data.checksum:
        st.warning(
            f"{dataset.title} has changed since this run was tested, so its images are not shown. Train a new run to "
            "see them.",
            icon=":material/published_with_changes:",
        )
        return None
    return dataset.test_images


def classifier(run: Run) -> Classifier:
    """The classifier of a run, loaded once for all sessions, and again when its model file changes.

    Raises:
        RunError: The run has no model, or its files are damaged.
    """
    return _classifier(str(run.path), run.model_path().stat().st_mtime_ns, _run=run)


@st.cache_resource(max_entries=4, show_spinner="Loading the network…")
def _classifier(path: str, modified: int, _run: Run) -> Classifier:  # noqa: ARG001 - the cache's key
    return load_classifier(_run)


@st.cache_resource(max_entries=8, show_spinner=False)
def _predictions(path: str, modified: int, _run: Run) -> Predictions:  # noqa: ARG001 - the cache's key
    return _run.predictions()


def predictions(run: Run) -> Predictions:
    """The answers of a run for its test images, read once.

    Raises:
        RunError: The run has none, or the file is damaged.
    """
    return _predictions(str(run.path), int(run.status().ended or 0), _run=run)


@st.cache_resource(max_entries=16, show_spinner=False)
def _follower(path: str, _run: Run) -> StepsFollower:  # noqa: ARG001 - the cache's key
    return StepsFollower(_run)


def steps(run: Run) -> pd.DataFrame:
    """The progress of a run: what all pages and people that watch it read together, each line once."""
    return _follower(str(run.path), _run=run).steps()
