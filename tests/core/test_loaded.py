"""Loaded runs: each once, however many ask at once; anew when its files change; only so many."""

import gc
import os
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cnn_core.errors import RunError
from cnn_core.inference import loaded
from cnn_core.inference.loaded import LoadedRuns, freeze_objects
from cnn_core.runs import directory
from tests.fixtures import finished_run, started_run


class FakeNetwork:
    """What is loaded instead of a network; it holds itself in a circle, as Keras's models do."""

    def __init__(self):
        self.itself = self

    def logits(self, images):
        return np.zeros((len(images), 10), np.float32)


@pytest.fixture
def loads(monkeypatch):
    """The ids of the runs whose network was loaded; loading takes a moment."""
    ids = []

    def load(run):
        ids.append(run.id)
        time.sleep(0.05)
        return FakeNetwork()

    monkeypatch.setattr(loaded, "load_network", load)
    return ids


def touch(path, seconds):
    """Let a file have been written so many seconds later."""
    moment = path.stat().st_mtime + seconds
    os.utime(path, (moment, moment))


def test_a_run_is_loaded_once_by_sixteen_that_ask_at_once(loads):
    store, run = LoadedRuns(), finished_run()
    together = threading.Barrier(16)

    def ask(_):
        together.wait()
        return store.classifier(run)

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(ask, range(16)))
    assert loads == [run.id]
    assert all(classifier is found[0] for classifier in found)


def test_a_run_s_classifier_asks_the_network_that_the_others_get(loads):
    store, run = LoadedRuns(), finished_run()
    network = store.network(run)
    assert store.classifier(run).logits.__self__ is network
    assert store.network(run) is network
    assert loads == [run.id]


def test_a_renewed_network_is_loaded_anew(loads):
    store, run = LoadedRuns(), finished_run()
    before = store.classifier(run)
    touch(run.model_path(), 1)
    assert store.classifier(run) is not before
    assert loads == [run.id] * 2
    assert len(store) == 1


def test_a_renewed_evaluation_gives_another_classifier_of_the_same_network(loads):
    store, run = LoadedRuns(), finished_run()
    before = store.classifier(run)
    touch(run.path / directory.REPORT, 1)
    after = store.classifier(run)
    assert after is not before
    assert after.logits.__self__ is before.logits.__self__
    assert loads == [run.id]


def test_of_more_runs_than_are_kept_the_one_not_asked_for_longest_is_forgotten(loads):
    store, (a, b, c) = LoadedRuns(size=2), (finished_run() for _ in range(3))
    for run in (a, b, a, c):
        store.classifier(run)
    assert len(store) == 2
    loads.clear()
    store.classifier(a)
    store.classifier(c)
    assert loads == []
    store.classifier(b)
    assert loads == [b.id]


@pytest.mark.usefixtures("loads")
def test_what_is_forgotten_leaves_the_memory():
    store, runs = LoadedRuns(size=1), [finished_run() for _ in range(2)]
    gone = weakref.ref(store.network(runs[0]))
    store.network(runs[1])
    assert gone() is None
    gc.unfreeze()


def test_what_was_frozen_and_is_no_longer_used_leaves_the_memory_with_the_next_network():
    class Held:
        """Holds itself, as networks do."""

        def __init__(self):
            self.itself = self

    held = Held()
    gone = weakref.ref(held)
    freeze_objects()
    del held
    assert gone() is not None
    freeze_objects()
    assert gone() is None
    gc.unfreeze()


def test_a_run_without_a_network_says_so_and_is_not_kept(loads):
    store = LoadedRuns()
    with pytest.raises(RunError, match="has no network yet"):
        store.classifier(started_run())
    assert (len(store), loads) == (0, [])


def test_a_network_that_cannot_be_loaded_is_tried_again_by_the_next_who_asks(monkeypatch):
    store, run = LoadedRuns(), finished_run()

    def fail(_run):
        raise RunError("It is damaged.")

    monkeypatch.setattr(loaded, "load_network", fail)
    with pytest.raises(RunError, match="damaged"):
        store.classifier(run)
    monkeypatch.setattr(loaded, "load_network", lambda _run: FakeNetwork())
    assert store.classifier(run).data == run.record().data


def test_a_run_that_is_loaded_is_given_out_while_another_one_loads(monkeypatch):
    store, quick, slow = LoadedRuns(), finished_run(), finished_run()
    monkeypatch.setattr(loaded, "load_network", lambda _run: FakeNetwork())
    known = store.classifier(quick)
    is_loading, may_end = threading.Event(), threading.Event()

    def load(_run):
        is_loading.set()
        assert may_end.wait(10)
        return FakeNetwork()

    monkeypatch.setattr(loaded, "load_network", load)
    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(store.classifier, slow)
        assert is_loading.wait(10)
        assert pool.submit(store.classifier, quick).result(timeout=5) is known
        may_end.set()
        assert other.result(timeout=10).data == slow.record().data
