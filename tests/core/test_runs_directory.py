"""Reading a run's directory while it grows, and after something happened to it."""

import contextlib
import io
import json
import time
import zipfile
import zlib

import numpy as np
import pytest

from cnn_core.errors import RunError
from cnn_core.runs.directory import REPORT
from cnn_core.runs.record import RunStatus
from cnn_core.runs.store import list_runs
from cnn_core.runs.summary import summarise
from cnn_core.runs.writer import RunWriter
from tests.fixtures import (
    EPOCHS,
    STEPS,
    damaged_run,
    digits_config,
    digits_predictions,
    failed_run,
    finished_run,
    set_status,
    silent_run,
    started_run,
)

HISTORY = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"]


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_a_finished_run_gives_back_what_was_written():
    run = finished_run()
    predictions = run.predictions()
    np.testing.assert_array_equal(predictions.labels, digits_predictions().labels)
    np.testing.assert_array_equal(predictions.logits, digits_predictions().logits)
    report = run.report()
    assert report.test_count == 360
    assert report.accuracy == pytest.approx((predictions.logits.argmax(1) == predictions.labels).mean())
    assert run.status().state == "finished"
    assert run.has_model
    assert run.has_report


def test_the_history_has_the_names_of_keras_and_a_row_an_epoch():
    run = started_run()
    history = run.history()
    assert list(history.columns) == HISTORY
    assert history["epoch"].tolist() == [1, 2]
    assert history["val_accuracy"].tolist() == pytest.approx([0.8, 0.9])
    assert (run.path / "history.csv").read_text().splitlines()[0] == ",".join(HISTORY)


def test_before_the_first_epoch_the_history_and_the_steps_are_empty():
    run = started_run(epochs=0)
    assert run.history().empty
    assert list(run.history().columns) == HISTORY
    assert run.steps().empty


def test_a_history_with_nothing_but_its_header_is_empty():
    run = started_run(epochs=0)
    (run.path / "history.csv").write_text(",".join(HISTORY) + "\n")
    assert run.history().empty


@pytest.mark.parametrize("half", ["3", "3,0.5,0.8", "3,0.5,0.8,0.4,0.9,0.001,1.2"])
def test_a_half_written_last_line_of_the_history_is_left_out(half):
    run = started_run()
    with (run.path / "history.csv").open("a") as file:
        file.write(half)
    assert run.history()["epoch"].tolist() == [1, 2]


@pytest.mark.parametrize("half", ['{"epoch": 3, "st', "{", '{"epoch": 3}'])
def test_a_half_written_last_line_of_the_steps_is_left_out(half):
    run = started_run()
    with (run.path / "steps.jsonl").open("a") as file:
        file.write(half)
    assert len(run.steps()) == EPOCHS * STEPS


@pytest.mark.parametrize(
    "foreign",
    [
        b"not JSON\n",
        b"[1, 2]\n",
        b"null\n",
        b'{"epoch": 3}\n',
        b"\xff\xfe\x00\n",
        b"\n\n",
        b'{"epoch": "x", "step": 1, "steps": 4, "loss": 1, "accuracy": 1, "seconds": 1}\n',
        b'{"epoch": 3, "step": null, "steps": 4, "loss": 1, "accuracy": 1, "seconds": 1}\n',
    ],
)
def test_foreign_lines_among_the_steps_are_passed_over(foreign):
    run = started_run()
    path = run.path / "steps.jsonl"
    path.write_bytes(foreign + path.read_bytes() + foreign)
    steps = run.steps()
    assert len(steps) == EPOCHS * STEPS
    assert steps["epoch"].tolist() == [1] * STEPS + [2] * STEPS


@pytest.mark.parametrize("foreign", [b"a line of words\n", b"1,2,3,4,5,6,7,8,9,10\n", b"\xff\xfe\n", b'"unfinished\n'])
def test_foreign_lines_of_the_history_are_passed_over(foreign):
    run = started_run()
    with (run.path / "history.csv").open("ab") as file:
        file.write(foreign)
    assert run.history()["epoch"].tolist()[:2] == [1, 2]


@pytest.mark.parametrize("foreign", [b"epoch;loss\n1;2\n", b"\x00\x01\x02\n", b"\n", b'"\n'])
def test_a_foreign_history_is_a_run_error_that_names_it(foreign):
    run = damaged_run("history.csv", foreign)
    with pytest.raises(RunError, match=r"'history\.csv' cannot be read"):
        run.history()


def zip_of(name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


LABELS, LOGITS = np.zeros(4, np.int64), np.zeros((4, 10), np.float32)
DAMAGED = {
    "config.json": [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b'{"format": 1}'],
    "status.json": [
        b"",
        b"{",
        b"[]",
        b'{"state": "dancing", "heartbeat": 1, "epochs": 1}',
        b'{"state": "finished"}',
    ],
    "report.json": [b"", b"{", b"[]", b'{"accuracy": 1}', b'{"accuracy": null}'],
    "predictions.npz": [
        b"",
        b"PK\x03\x04 and no more",
        b"words",
        npy(LOGITS),
        zip_of("labels.npy", b"words"),
        npz(labels=LABELS),
        npz(labels=LABELS, logits=LOGITS[:3]),
        npz(labels=LABELS, logits=LOGITS[:, :9]),
        npz(labels=LABELS, logits=LOGITS[0]),
        npz(labels=LABELS[0], logits=LOGITS),
        npz(labels=LABELS[:, None], logits=LOGITS),
        npz(labels=LABELS + 10, logits=LOGITS),
        npz(labels=LABELS - 1, logits=LOGITS),
        npz(labels=LABELS, logits=LOGITS * np.nan),
        npz(labels=LABELS + 0.7, logits=LOGITS),
        npz(labels=LABELS * np.nan, logits=LOGITS),
        npz(labels=LABELS, logits=LOGITS + 1j),
        npz(labels=LABELS, logits=LOGITS > 0),
        npz(labels=LABELS, logits=np.full(LOGITS.shape, 1e300)),
        npz(labels=LABELS.astype(str), logits=LOGITS.astype(object)),
        npz(labels=np.array(["a"] * 4), logits=LOGITS),
    ],
}
READERS = {
    "config.json": lambda run: run.record(),
    "status.json": lambda run: run.status(),
    "report.json": lambda run: run.report(),
    "predictions.npz": lambda run: run.predictions(),
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param(name, content, id=f"{name}-{number}")
        for name, contents in DAMAGED.items()
        for number, content in enumerate(contents)
    ],
)
def test_a_damaged_file_is_a_run_error_that_names_it_and_the_other_runs_go_on(name, content):
    healthy = finished_run()
    run = damaged_run(name, content)
    with pytest.raises(RunError) as caught:
        READERS[name](run)
    message = str(caught.value)
    assert f"'{name}' cannot be read" in message
    assert run.id in message
    assert "\n" not in message

    rows = {row.id: row for row in map(summarise, list_runs())}
    assert rows[healthy.id].state == "finished"
    row = rows[run.id]
    if name in ("config.json", "status.json"):
        assert row.state == "damaged"
    else:
        # It can be evaluated anew. The predictions are not read for a list.
        assert (row.state, row.preset) == ("finished", "mlp")
        assert (row.test_accuracy is None) == (name == "report.json")
        assert (f"'{name}' cannot be read" in (row.message or "")) == (name == "report.json")


@pytest.mark.parametrize("name", ["config.json", "status.json"])
def test_a_missing_file_is_a_run_error_that_names_it(name):
    run = finished_run()
    (run.path / name).unlink()
    with pytest.raises(RunError, match=f"'{name}' cannot be read"):
        READERS[name](run)
    assert summarise(run).state == "damaged"
    assert name in summarise(run).message


def test_a_folder_in_the_place_of_a_file_is_a_run_error():
    run = finished_run()
    (run.path / "status.json").unlink()
    (run.path / "status.json").mkdir()
    with pytest.raises(RunError, match=r"status\.json"):
        run.status()


def test_predictions_with_any_byte_altered_are_told_or_unharmed():
    run = finished_run()
    path = run.path / "predictions.npz"
    original = path.read_bytes()
    refused = 0
    for place in range(0, len(original), max(1, len(original) // 150)):
        altered = bytearray(original)
        altered[place] ^= 0xFF
        path.write_bytes(altered)
        # Any other error than ours ends the test.
        with contextlib.suppress(RunError):
            run.predictions()
            continue
        refused += 1
    assert refused > 50


def test_a_byte_that_breaks_the_compression_is_a_run_error():
    run = finished_run()
    path = run.path / "predictions.npz"
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("logits.npy").header_offset
    altered = bytearray(path.read_bytes())
    altered[start + 60 : start + 200] = b"\xff" * 140
    path.write_bytes(altered)
    with zipfile.ZipFile(path) as archive, pytest.raises((zlib.error, zipfile.BadZipFile)):
        archive.read("logits.npy")
    with pytest.raises(RunError, match=r"predictions\.npz"):
        run.predictions()


@pytest.mark.parametrize("found", [0, 2, "one", None])
def test_a_run_of_another_format_says_which(found):
    run = finished_run()
    path = run.path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": found}))
    with pytest.raises(RunError, match=rf"another version of CNN Lab \(format {found}, this one reads 1\)"):
        run.record()
    assert summarise(run).state == "damaged"


def test_a_run_of_a_later_version_with_more_settings_says_so():
    run = finished_run()
    path = run.path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2, "teacher": "a larger network"}))
    with pytest.raises(RunError, match="another version of CNN Lab"):
        run.record()


def test_unknown_files_in_a_run_do_not_matter():
    run = finished_run()
    (run.path / "notes.txt").write_text("mine")
    (run.path / "requests" / "dance").touch()
    (run.path / "plots").mkdir()
    assert summarise(run).state == "finished"


@pytest.mark.parametrize("state", ["queued", "running", "paused"])
def test_a_run_whose_worker_fell_silent_has_failed_and_says_why(state):
    run = silent_run()
    set_status(run, state=state)
    status = run.status()
    assert (status.state, status.is_active) == ("failed", False)
    assert "has not been heard of for 6" in status.error
    assert "resume the run" in status.error
    assert summarise(run).state == "failed"


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_a_run_that_ended_may_be_silent(state):
    run = finished_run(state=state)
    set_status(run, heartbeat=time.time() - 1e6)
    assert run.status().state == state
    assert run.status().error is None


def test_a_run_with_a_fresh_heartbeat_is_alive():
    assert started_run().status().state == "running"


def test_the_heart_beats_by_itself():
    run = started_run()
    set_status(run, heartbeat=1.0)
    with RunWriter(run):
        deadline = time.monotonic() + 5
        while run.status().state == "failed" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert run.status().state == "running"


@pytest.mark.parametrize("ask", ["report", "predictions", "model_path"])
def test_what_a_run_does_not_have_yet_is_told_in_its_own_words(ask):
    with pytest.raises(RunError, match=r"yet: it is running\. Wait until"):
        getattr(started_run(), ask)()
    with pytest.raises(RunError, match="it ended as 'failed' in epoch 0"):
        getattr(failed_run(), ask)()


def test_a_stop_request_is_seen():
    run = started_run()
    assert not run.requests.has_stop
    run.requests.stop()
    run.requests.stop()
    assert run.requests.has_stop


def test_the_seconds_of_a_run_count_from_its_turn_to_its_end():
    run = finished_run()
    set_status(run, started=100.0, ended=142.5)
    assert run.status().seconds == 42.5
    assert summarise(run).seconds == 42.5


def test_the_protocol_of_the_tutorials_is_marked_in_the_report():
    watched = finished_run(digits_config(training={"protocol": "tutorial", "epochs": EPOCHS}))
    assert watched.report().is_test_set_watched
    assert not finished_run().report().is_test_set_watched


@pytest.mark.parametrize("is_evaluated", [True, False])
def test_a_run_that_watches_the_test_images_has_no_validation_accuracy(is_evaluated):
    watched, usual = (
        finished_run(digits_config(training={"protocol": protocol, "epochs": EPOCHS}))
        for protocol in ("tutorial", "validation")
    )
    if not is_evaluated:
        for run in (watched, usual):
            (run.path / REPORT).unlink()
    assert summarise(watched).val_accuracy is None
    assert summarise(usual).val_accuracy is not None
    # Both have a curve to draw.
    assert summarise(watched).has_curve
    assert summarise(usual).has_curve


def test_a_heartbeat_brings_a_silent_run_back():
    run = silent_run()
    assert run.status().is_lost
    stored = RunStatus.model_validate_json((run.path / "status.json").read_bytes())
    (run.path / "status.json").write_text(stored.model_copy(update={"heartbeat": time.time()}).model_dump_json())
    assert run.status().is_active
    assert not run.status().is_lost
