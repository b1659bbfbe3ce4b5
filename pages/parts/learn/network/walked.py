"""A network, walked through with one picture: made once for all sessions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core.learn.receptive import FieldSpans, field_spans
from cnn_core.learn.stations import Maps, Station
from cnn_core.runs.directory import Run
from pages.parts import cached

if TYPE_CHECKING:
    import keras

    from cnn_core.explain.grad_cam import GradCam
    from cnn_core.learn.ascent import Ascent
    from cnn_core.learn.walk import Walk

Key = tuple[object, ...]


@dataclass(frozen=True, eq=False)
class Subject:
    """What the view is about.

    Attributes:
        run: A run with a network.
        key: What tells its network, at the epoch that is shown, from others.
        class_names: In the order of the labels.
        image: (H, W, C) uint8: the picture as the network gets it.
        walk: Through the network.
    """

    run: Run
    key: Key
    class_names: tuple[str, ...]
    image: np.ndarray
    walk: Walk

    @property
    def stations(self) -> tuple[Station, ...]:
        """Of the network, from the picture to the logits."""
        return self.walk.stations

    def maps(self, names: Collection[str] | None = None) -> Maps:
        """The numbers of some stations for the picture; of all of them if None.

        Raises:
            RunError: The network does not answer with numbers.
        """
        return self.walk.maps(self.image, names)

    def around(self, station: Station) -> Maps:
        """The numbers of a station and of those that feed it. Errors as :meth:`maps`."""
        return self.maps([*station.sources, station.name])


def subject_of(run: Run, image: np.ndarray) -> Subject:
    """The run's own network with a picture. Imports TensorFlow.

    Raises:
        RunError: The run has no network, it cannot be loaded, or it cannot be walked through.
    """
    key: Key = cached.classifier_key(run)
    walk = walk_of(key, _model=cached.network(run).model)
    return Subject(run, key, run.record().data.class_names, image, walk)


@st.cache_resource(max_entries=4, show_spinner=False)
def walk_of(key: Key, _model: keras.Model) -> Walk:  # noqa: ARG001 - the cache's key
    """The walk through a network, its graph compiled once."""
    from cnn_core.learn.walk import Walk

    return Walk(_model)


def spans_of(subject: Subject, station: Station) -> FieldSpans:
    """What each number of a station with maps sees of the picture."""
    return _spans(subject.key, station.name, _stations=subject.stations)


@st.cache_resource(max_entries=64, show_spinner=False)
def _spans(key: Key, name: str, _stations: tuple[Station, ...]) -> FieldSpans:  # noqa: ARG001 - the cache's key
    return field_spans(_stations, name)


def ascent_of(subject: Subject, station: Station) -> Ascent:
    """What makes images that excite the filters of a station. Imports TensorFlow."""
    return _ascent(subject.key, station.name, _walk=subject.walk)


@st.cache_resource(max_entries=8, show_spinner=False)
def _ascent(key: Key, name: str, _walk: Walk) -> Ascent:  # noqa: ARG001 - the cache's key
    from cnn_core.learn.ascent import Ascent

    return Ascent(_walk, name)


def grad_cam_of(subject: Subject) -> GradCam:
    """Grad-CAM of the network. Imports TensorFlow."""
    return _grad_cam(subject.key, _model=subject.walk.model)


@st.cache_resource(max_entries=4, show_spinner=False)
def _grad_cam(key: Key, _model: keras.Model) -> GradCam:  # noqa: ARG001 - the cache's key
    from cnn_core.explain.grad_cam import GradCam

    return GradCam(_model)
