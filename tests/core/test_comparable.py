"""Which runs can be compared, and what is said of the others."""

import json

import pytest

from cnn_core.errors import RunError
from cnn_core.runs.comparable import check_comparable, comparable_runs
from cnn_core.runs.store import create_run, showcase
from tests.fixtures import damaged_run, digits_config, finished_run


def changed_data(**changes):
    """A run that was tested on other data than the digits as they are."""
    run = finished_run()
    path = run.path / "config.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "data": {**record["data"], **changes}}))
    return run


NAMES = [f"number {label}" for label in range(10)]


def test_runs_that_were_tested_on_the_same_images_can_be_compared():
    a, b = finished_run(), finished_run(digits_config("simple-cnn"))
    check_comparable(a, b)
    found = comparable_runs(a)
    assert list(found.rows) == [b.id]
    assert found.left_out[a.id] == "that very run"


def test_a_comparison_needs_no_report():
    a, b = finished_run(), finished_run()
    (a.path / "report.json").unlink()
    (b.path / "report.json").write_bytes(b"{half")
    check_comparable(a, b)


def test_it_is_said_of_every_other_run_why_it_cannot_be_compared():
    a = finished_run()
    reasons = {
        create_run(digits_config()).id: "without an evaluation",
        damaged_run().id: "damaged",
        damaged_run("status.json").id: "damaged",
        damaged_run("report.json").id: "damaged",
        changed_data(checksum="0" * 64).id: "tested on another version of Digits 8×8",
        changed_data(checksum="0" * 64, title="Shapes").id: "tested on Shapes",
        changed_data(class_names=NAMES).id: "tested on Digits 8×8 with other class names",
        showcase().id: "tested on Fashion-MNIST",
        a.id: "that very run",
    }
    found = comparable_runs(a)
    assert found.rows == {}
    assert found.left_out == reasons
    # The run itself is no news.
    assert found.reasons().count("that very run") == 0
    assert "3 damaged" in found.reasons()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda a: a, "cannot be compared with itself. Name another run."),
        (lambda _: showcase(), "tested on Fashion-MNIST, and that one on Digits 8×8"),
        (lambda _: changed_data(checksum="0" * 64), "tested on another version of Digits 8×8"),
        (lambda _: changed_data(class_names=NAMES), "with other class names"),
        (lambda _: damaged_run(), "damaged"),
    ],
    ids=["itself", "another dataset", "another version", "other names", "damaged"],
)
def test_a_comparison_that_makes_no_sense_is_refused(other, words):
    a = finished_run()
    with pytest.raises(RunError, match=words):
        check_comparable(a, other(a))
