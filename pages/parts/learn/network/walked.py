"""A network, walked through with one picture: made once for all sessions."""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core.images.prepare import Prepared
from cnn_core.learn.receptive import FieldSpans, field_spans
from cnn_core.learn.stations import Maps, Station
from cnn_core.runs.directory import Run
from cnn_core.runs.snapshots import find_snapshots
from pages.parts import cached
from pages.parts.learn.network.epoch import model_of

if TYPE_CHECKING:
    import keras

    from cnn_core.explain.grad_cam import GradCam
    from cnn_core.learn.ascent import Ascent
    from cnn_core.learn.walk import Walk

Key = tuple[object, ...]


class OpenedNetwork:
    """A network and all that was made to look into it, so that they are forgotten together. Imports TensorFlow.

    Args:
        model: The network; nobody changes it any more.

    Attributes:
        walk: Through the network, its graph compiled once.
    """

    def __init__(self, model: keras.Model) -> None:
        from cnn_core.learn.walk import Walk

        self.walk: Walk = Walk(model)
        self._ascents: dict[str, Ascent] = {}

    @functools.cached_property
    def grad_cam(self) -> GradCam:
        """Grad-CAM of the network."""
        from cnn_core.explain.grad_cam import GradCam

        return GradCam(self.walk.model)

    def ascent(self, name: str) -> Ascent:
        """What makes images that excite the filters of the station of that name."""
        from cnn_core.learn.ascent import Ascent

        if name not in self._ascents:
            self._ascents[name] = Ascent(self.walk, name)
        return self._ascents[name]


@dataclass(frozen=True, eq=False)
class Subject:
    """What the view is about.

    Attributes:
        run: A run with a network.
        key: What tells its network, at the epoch that is shown, from others.
        class_names: In the order of the labels.
        image: (H, W, C) uint8: the picture as the network gets it.
        network: The network.
        is_adapted: Whether it is the network with what it was taught of people's pictures.
    """

    run: Run
    key: Key
    class_names: tuple[str, ...]
    image: np.ndarray
    network: OpenedNetwork
    is_adapted: bool = False

    @property
    def walk(self) -> Walk:
        """Through the network."""
        return self.network.walk

    @property
    def stations(self) -> tuple[Station, ...]:
        """Of the network, from the picture to the logits."""
        return self.walk.stations

    def before_dropout(self, name: str) -> Station:
        """The station of that name, or the one before it where it is dropout, which changes nothing here."""
        station = self.walk.station(name)
        while station.kind == "dropout":
            station = self.walk.station(station.sources[0])
        return station

    def title_of(self, name: str) -> str:
        """What people call the station of that name, or the one before it where it is dropout."""
        return self.before_dropout(name).title

    def class_in_words(self, station: Station, place: tuple[int, ...]) -> str:
        """Which class a number of the last station is of, such as " (Coat)"; nothing elsewhere."""
        return f" ({self.class_names[place[0]]})" if station is self.stations[-1] else ""

    def maps(self, names: Collection[str]) -> Maps:
        """The numbers of some stations for the picture; kept for a while, read-only.

        Raises:
            RunError: The network does not answer with numbers.
        """
        return _maps(self.key, tuple(names), self.image.tobytes(), _subject=self)

    def around(self, station: Station) -> Maps:
        """The numbers of a station and of those that feed it. Errors as :meth:`maps`."""
        return self.maps((*station.sources, station.name))


# Each station in turn is looked at many times, and whoever chooses a number is not to wait for the network. Of a
# ResNet50V2 at 224 pixels a station and its source take up to 6 MB.
@st.cache_resource(max_entries=12, show_spinner=False)
def _maps(key: Key, names: tuple[str, ...], image: bytes, _subject: Subject) -> Maps:  # noqa: ARG001 - the cache's key
    return _subject.walk.maps(_subject.image, names)


def subject_of(run: Run, epoch: int | None, prepared: Prepared) -> Subject:
    """A run's network with a picture: with the weights that answer for it on Classify, too. Imports TensorFlow.

    Args:
        run: With a network.
        epoch: After which it is looked at; ``None``: as it is.
        prepared: The picture as the network gets it.

    Raises:
        RunError: The run has no network, it cannot be loaded, or it cannot be walked through; or the weights of that
            epoch are missing or damaged.
    """
    version = None if epoch is None else find_snapshots(run).version(epoch)
    # Before the network is looked up: what is written meanwhile is another version.
    key: Key = (*cached.classifier_key(run), epoch, version)
    adapted = cached.adapted_network(run) if epoch is None and prepared.is_photo_or_drawing else None
    key = (*key, adapted is not None)
    model = None if adapted is None else adapted.model
    opened = _opened(key, epoch, _run=run, _adapted=model)
    return Subject(run, key, run.record().data.class_names, prepared.image, opened, is_adapted=adapted is not None)


@st.cache_resource(max_entries=6, show_spinner=False)
def _opened(
    key: Key,  # noqa: ARG001 - the cache's key
    epoch: int | None,
    _run: Run,
    _adapted: keras.Model | None,
) -> OpenedNetwork:
    return OpenedNetwork(model_of(_run, epoch) if _adapted is None else _adapted)


def spans_of(subject: Subject, station: Station) -> FieldSpans:
    """What each number of a station with maps sees of the picture."""
    return _spans(subject.key, station.name, _stations=subject.stations)


@st.cache_resource(max_entries=64, show_spinner=False)
def _spans(key: Key, name: str, _stations: tuple[Station, ...]) -> FieldSpans:  # noqa: ARG001 - the cache's key
    return field_spans(_stations, name)
