"""The view "Duplicates" of the Data page: offered, under way, found, mended."""

import time

import numpy as np
import pytest

from cnn_core.data.duplicates.find import KIND
from cnn_core.data.duplicates.pairs import Pairs
from cnn_core.data.load import load_dataset
from cnn_core.data.own import derive
from cnn_core.jobs.job import JobStatus
from cnn_core.jobs.store import find_job, start_job
from cnn_core.jobs.work import run_job


@pytest.fixture(autouse=True)
def processes(monkeypatch, tmp_path):
    """No process is started; datasets go into a folder of their own."""
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))
    started = []
    monkeypatch.setattr("cnn_core.jobs.store.start_process", lambda arguments, _log: started.append(arguments))
    return started


def found(first=(), second=(), is_exact=()):
    """The digits searched, with these pairs found."""
    digits = load_dataset("digits")
    job = start_job(KIND, digits.checksum, {"dataset": "digits"})
    pairs = Pairs(
        train_count=len(digits.train_labels),
        labels=np.concatenate([digits.train_labels, digits.test_labels]),
        first=np.array(first, np.int64),
        second=np.array(second, np.int64),
        is_exact=np.array(is_exact, bool),
        similarity=np.where(is_exact, 1, 0.987).astype(np.float32),
    )
    pairs.save(job.path / "pairs.npz")
    job.write_result(pairs.found("digits", digits.checksum, 2.0))
    job.write_status(JobStatus(state="done", heartbeat=time.time(), share=1.0))
    return pairs


def words(app):
    """All that the page says."""
    kinds = ("markdown", "caption", "error", "success", "info", "warning")
    said = [one.value for kind in kinds for one in getattr(app, kind)]
    return " ".join([*said, *(html.proto.body for html in app.get("html"))])


def view(visit, **query):
    """Open the view, of the digits."""
    app = visit("data.py", dataset="digits", show="Duplicates", **query)
    assert not app.exception
    return app


def leaky():
    """Two leaks, one of them near and of two classes, and an equal pair within the training images."""
    digits = load_dataset("digits")
    count, labels = len(digits.train_labels), digits.train_labels
    other = int(np.flatnonzero(digits.test_labels != labels[1])[0])
    same = int(np.flatnonzero(digits.test_labels == labels[0])[0])
    twin = 2 + int(np.flatnonzero(labels[2:] == labels[1])[0])
    return found([0, 1, 1], [count + same, count + other, twin], [True, False, True])


def test_a_click_starts_the_search_and_progress_is_shown(visit, processes):
    app = view(visit)
    app.button(key="duplicates-start").click().run()
    assert not app.exception
    assert len(processes) == 1
    job = find_job(KIND, load_dataset("digits").checksum)
    assert job.job_request().settings == {"dataset": "digits"}
    job.write_status(JobStatus(heartbeat=time.time(), share=0.4, doing="comparing 900 pairs"))
    app = view(visit)
    assert app.button(key="duplicates-cancel")
    job.write_status(JobStatus(state="failed", heartbeat=time.time(), error="The memory did not suffice."))
    app = view(visit)
    assert "The memory did not suffice." in app.error[0].value
    assert app.button(key="duplicates-start").label == "Try again"


def test_a_dataset_without_duplicates_is_praised(visit):
    found()
    app = view(visit)
    assert "No image is there twice" in app.success[0].value
    assert not app.metric


def test_a_leak_is_said_loudly_and_pairs_stand_side_by_side(visit):
    leaky()
    app = view(visit)
    assert "2 test images are also among the training images" in app.error[0].value
    assert [metric.value for metric in app.metric] == ["2", "1", "0", "1"]
    assert words(app).count('class="cnn-lab-pair"') == 3
    assert "98.7% alike · <strong>two classes</strong>" in words(app)
    assert "training image 0" in words(app)


@pytest.mark.parametrize(
    ("kind", "count"), [("leaks", 2), ("exact", 2), ("near-leaks", 1), ("contradictory", 1), ("training", 1)]
)
def test_the_address_filters(visit, kind, count):
    leaky()
    app = view(visit, kind=kind)
    assert words(app).count('class="cnn-lab-pair"') == count
    assert app.query_params["kind"] == kind


def test_a_filter_that_there_is_not_is_corrected(visit):
    leaky()
    app = view(visit, kind="best")
    assert words(app).count('class="cnn-lab-pair"') == 3
    assert "kind" not in app.query_params


def test_a_click_makes_a_copy_without_them_and_opens_it(visit, processes):
    leaky()
    app = view(visit)
    app.checkbox(key="duplicates-also-within").check().run()
    app.button(key="derive-start").click().run()
    assert not app.exception
    job = find_job(derive.KIND, load_dataset("digits").checksum)
    # Two of the three copies of image 1 have one label: the test image with another goes, and the second of the two.
    assert len(job.job_request().settings["train_drop"]) == 2
    assert job.job_request().settings["train_drop"][0] == 0
    assert len(job.job_request().settings["test_drop"]) == 1
    assert len(processes) == 2
    run_job(job)
    app = view(visit)
    app.button(key="derive-open").click().run()
    assert not app.exception
    assert app.query_params["dataset"] == "digits-clean"
    assert "show" not in app.query_params
