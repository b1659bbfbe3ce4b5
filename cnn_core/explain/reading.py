"""The features of all training images, made once per network in a thread and kept with the run. No Keras here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cnn_core.errors import CnnLabError, RunError, StorageError
from cnn_core.runs.directory import Run
from cnn_core.runs.features_file import read_features, write_features
from cnn_core.runs.store import active_runs

if TYPE_CHECKING:
    from cnn_core.explain.features import FeatureNetwork

_LOOK_SECONDS = 2.0
# Two at a time would be no faster, and would take twice the memory.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class FeatureSource:
    """What the features are made of.

    Attributes:
        run: A run with a network.
        version: Of its network, as :func:`cnn_core.runs.features_file.model_version` gives it; of an adapted
            one, when it was adapted.
        checksum: Of the dataset.
        network: Gives the network.
        images: Gives the training images, (N, H, W, C) uint8.
        is_adapted: Whether it is the network with what it was taught of people's pictures.
    """

    run: Run
    version: int
    checksum: str
    network: Callable[[], FeatureNetwork]
    images: Callable[[], np.ndarray]
    is_adapted: bool = False


class Reading:
    """Features of the training images, as they come to be. The thread ends with the process.

    Attributes:
        state: ``waiting`` for another network's, ``reading``, ``done`` or ``failed``.
        share: Of the images that are read, in [0, 1].
        features: (N, features) float32, unit vectors; ``None`` until ``done``.
        error: Why it failed; ``None`` where it did not.
        unsaved: Why the features are in memory only; ``None`` where they are kept, or not there yet.
        seconds: That it took; 0 where they were stored.
    """

    def __init__(self, source: FeatureSource) -> None:
        self.state: Literal["waiting", "reading", "done", "failed"] = "waiting"
        self.share = 0.0
        self.features: np.ndarray | None = None
        self.error: str | None = None
        self.unsaved: str | None = None
        self.seconds = 0.0
        self._source = source
        self._thread = threading.Thread(target=self._work, name=f"features-{source.run.id}", daemon=True)
        self._thread.start()

    @property
    def is_active(self) -> bool:
        """Whether it is under way, or waits for its turn."""
        return self.state in ("waiting", "reading")

    def wait(self, timeout_seconds: float) -> None:
        """Wait for the end, but not longer than this: stored features are there in a moment."""
        self._thread.join(timeout_seconds)

    def _work(self) -> None:
        try:
            features = self._stored_or_new()
            # Rounded to half precision in either case, so that the neighbours are the same after a restart.
            self.features = features.astype(np.float32)
            self.features.setflags(write=False)
            self.state = "done"
        except (CnnLabError, MemoryError) as error:
            self._fail(str(error) or "There is not enough memory for the features of the training images.")
        except Exception as error:
            self._fail(f"The training images could not be compared ({type(error).__name__}: {error}).")
            # A bug: the server's log has to say where.
            raise

    def _fail(self, why: str) -> None:
        self.error = why
        self.state = "failed"

    def _stored_or_new(self) -> np.ndarray:
        source = self._source
        images, network = source.images(), source.network()
        shape = (len(images), network.width)
        features = read_features(source.run, source.version, source.checksum, shape, is_adapted=source.is_adapted)
        if features is not None:
            return features
        with _ONE_AT_A_TIME:
            # Another reading may have made them while this one waited.
            features = read_features(source.run, source.version, source.checksum, shape, is_adapted=source.is_adapted)
            if features is not None:
                return features
            self.state = "reading"
            began = time.perf_counter()
            features = network.many(images, self._progress, _TrainingWatch().is_training)
            self.seconds = time.perf_counter() - began
        try:
            write_features(source.run, source.version, source.checksum, features, is_adapted=source.is_adapted)
        except (StorageError, RunError) as error:
            self.unsaved = str(error)
        return features

    def _progress(self, share: float) -> None:
        self.share = share


class _TrainingWatch:
    """Whether a run trains, looked up every other second: each batch would ask the disk too often."""

    def __init__(self) -> None:
        self._looked = -_LOOK_SECONDS
        self._trains = False

    def is_training(self) -> bool:
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            self._looked = time.monotonic()
            try:
                self._trains = any(status.state == "running" for _, _, status in active_runs())
            except CnnLabError:
                self._trains = False
        return self._trains
