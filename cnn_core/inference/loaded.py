"""The networks and classifiers that this process has loaded: shared by the pages and the API, so each is there once."""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnn_core.errors import RunError
from cnn_core.inference.classifier import Classifier, load_classifier
from cnn_core.runs.adaptation_file import Adaptation, read_adaptation
from cnn_core.runs.directory import Run
from cnn_core.runs.features_file import model_version

if TYPE_CHECKING:
    from cnn_core.inference.network import Network

KEPT_RUNS = 4


@dataclass
class _Entry:
    version: int
    network: Network
    state: tuple[int, ...] = ()
    classifier: Classifier | None = None
    adapted_ns: int = 0
    adapted: Network | None = None


class LoadedRuns:
    """A store of loaded runs, safe from many threads. What was not asked for longest is forgotten first.

    A run is loaded anew when its files have changed. Whoever asks for a run that is being loaded waits for it; runs
    that are loaded already are given out meanwhile.

    Args:
        size: How many runs are kept at most, at least 1.
    """

    def __init__(self, size: int = KEPT_RUNS) -> None:
        self._size = size
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        # One at a time: two networks that load at once take as long, and twice the memory meanwhile. Loading a
        # classifier loads its network.
        self._loading = threading.RLock()

    def __len__(self) -> int:
        return len(self._entries)

    def network(self, run: Run) -> Network:
        """The network of a run. Imports TensorFlow where it loads one.

        Raises:
            RunError: The run has no model, or the file is damaged.
        """
        version = _version(run)
        if (entry := self._kept(run, version)) is not None:
            return entry.network
        with self._loading:
            if (entry := self._kept(run, version)) is None:
                entry = self._keep(run, _Entry(version, load_network(run)))
            return entry.network

    def adapted_network(self, run: Run) -> Network | None:
        """The network of a run with what it was taught of people's pictures; ``None`` where it was not taught any.

        Raises:
            RunError: The run has no model, or a file is damaged.
        """
        if not run.adapted_ns:
            return None
        version = _version(run), run.adapted_ns
        entry = self._kept(run, version[0])
        if entry is None or entry.adapted_ns != version[1]:
            with self._loading:
                network = self.network(run)
                entry = self._kept(run, version[0]) or _Entry(version[0], network)
                if entry.adapted_ns != version[1]:
                    adaptation = read_adaptation(run)
                    entry.adapted = None if adaptation is None else load_network(run, adaptation)
                    entry.adapted_ns = version[1]
        return entry.adapted

    def classifier(self, run: Run) -> Classifier:
        """The classifier of a run; its network is the one that :meth:`network` gives.

        Raises:
            RunError: The run has no model, or its files are damaged.
        """
        state = run_state(run)
        if (found := self._kept_classifier(run, state)) is not None:
            return found
        with self._loading:
            if (found := self._kept_classifier(run, state)) is None:
                found = load_classifier(run, self.network(run), self.adapted_network(run))
                with self._lock:
                    if (entry := self._entries.get(str(run.path))) is not None:
                        entry.state, entry.classifier = state, found
            return found

    def clear(self) -> None:
        """Forget all of them."""
        with self._loading, self._lock:
            self._entries.clear()

    def _kept(self, run: Run, version: int) -> _Entry | None:
        with self._lock:
            entry = self._entries.get(str(run.path))
            if entry is None or entry.version != version:
                return None
            self._entries.move_to_end(str(run.path))
            return entry

    def _kept_classifier(self, run: Run, state: tuple[int, ...]) -> Classifier | None:
        entry = self._kept(run, state[0])
        return entry.classifier if entry is not None and entry.state == state else None

    def _keep(self, run: Run, entry: _Entry) -> _Entry:
        with self._lock:
            self._entries.pop(str(run.path), None)
            self._entries[str(run.path)] = entry
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)
        freeze_objects()
        return entry


def run_state(run: Run) -> tuple[int, ...]:
    """What tells the answers of a run's classifier from earlier ones: its weights first, evaluation, adaptation.

    Raises:
        RunError: The run has no model.
    """
    return _version(run), run.reported_ns, run.adapted_ns


def load_network(run: Run, adaptation: Adaptation | None = None) -> Network:
    """Load the network of a run. Imports TensorFlow. Errors as :class:`cnn_core.inference.network.Network`."""
    from cnn_core.inference.network import Network

    return Network(run, adaptation)


def freeze_objects() -> None:
    """Take what lives as long as the process out of the garbage collector's way.

    TensorFlow brings a million objects. Streamlit collects garbage after every run of a script, twice once Keras is
    imported, and would walk through all of them each time: 60 ms a tick of the Train page, measured.
    """
    # What was taken out of its way before and is no longer used, as a network of a page that was forgotten, would stay
    # for ever: networks hold themselves in circles.
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _version(run: Run) -> int:
    try:
        return model_version(run)
    except FileNotFoundError as error:  # between two looks at its folder
        raise RunError(f"Run '{run.id}' is no longer there: its folder was deleted or moved.") from error


# The one of this process.
loaded_runs = LoadedRuns()
