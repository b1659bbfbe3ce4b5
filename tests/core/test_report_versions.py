"""Evaluations that an older version wrote are read as this one writes them; answers that are kept beside them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from cnn_core.errors import RunError
from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.evaluation.report import Report
from cnn_core.runs.summary import summarise
from tests.fixtures import digits_config, digits_predictions, finished_run, with_validation

# What version 0.2 wrote.
OLD = {
    "accuracy",
    "loss",
    "precision",
    "recall",
    "f1",
    "expected_calibration_error",
    "per_class",
    "confusion_matrix",
    "test_count",
    "is_test_set_watched",
    "best_epoch",
    "val_accuracy",
    "parameters",
    "outlier_threshold",
}


def make_old(run):
    """Turn the report of a run into that of version 0.2; returns its content."""
    path = run.path / "report.json"
    old = {name: value for name, value in json.loads(path.read_text()).items() if name in OLD}
    assert old.keys() == OLD
    path.write_text(json.dumps(old))
    return path.read_bytes()


def old_run(**settings):
    """A run as version 0.2 left it: without validation answers, with a short report."""
    run = finished_run(predictions=digits_predictions(), **settings)
    make_old(run)
    return run


def test_a_report_of_an_older_version_has_the_figures_of_this_one():
    assert old_run().report() == finished_run(predictions=digits_predictions()).report()


def test_an_older_report_has_a_temperature_where_the_validation_answers_are_there():
    run = finished_run()
    expected = run.report()
    make_old(run)
    assert run.report() == expected
    assert expected.temperature is not None
    assert old_run().report().temperature is None


def test_reading_an_older_report_writes_nothing():
    run = finished_run()
    content = make_old(run)
    names = sorted(entry.name for entry in run.path.iterdir())
    run.report()
    assert (run.path / "report.json").read_bytes() == content
    assert sorted(entry.name for entry in run.path.iterdir()) == names


def test_an_older_report_is_computed_from_the_answers_that_are_there_now():
    run = old_run()
    before = run.report()
    answers = digits_predictions()
    right = np.zeros_like(answers.logits)
    right[np.arange(len(right)), answers.labels] = 5
    np.savez_compressed(run.path / "predictions.npz", labels=answers.labels, logits=right)
    assert before.accuracy < 1
    assert run.report().accuracy == 1


@pytest.mark.parametrize("damage", ["missing", "damaged", "other classes"])
def test_where_the_answers_are_gone_an_older_report_is_a_run_error_and_the_lists_go_on(damage):
    run = old_run()
    path = run.path / "predictions.npz"
    if damage == "missing":
        path.unlink()
    elif damage == "damaged":
        path.write_bytes(b"words")
    else:
        report = json.loads((run.path / "report.json").read_text())
        report["per_class"][9]["name"] = "nine"
        (run.path / "report.json").write_text(json.dumps(report))
    with pytest.raises(RunError, match=rf"evaluate {run.id} --renew"):
        run.report()
    if damage == "other classes":
        assert summarise(run).state == "finished"
        return
    # What every version wrote needs no answers.
    assert run.stored_report().accuracy == pytest.approx(1 - 38 / 360)
    row = summarise(run)
    assert (row.state, row.test_accuracy) == ("finished", run.stored_report().accuracy)


@pytest.mark.parametrize("lost", sorted(OLD - {"val_accuracy"}))
def test_a_report_that_lacks_what_every_version_wrote_is_damaged(lost):
    run = old_run()
    path = run.path / "report.json"
    content = json.loads(path.read_text())
    del content[lost]
    path.write_text(json.dumps(content))
    with pytest.raises(RunError, match=r"'report\.json' cannot be read"):
        run.report()


@pytest.mark.parametrize("temperature", [0, -1, "hot"])
def test_a_temperature_that_can_be_none_is_damage(temperature):
    run = finished_run()
    path = run.path / "report.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "temperature": temperature}))
    with pytest.raises(RunError, match=r"'report\.json' cannot be read"):
        run.report()


def changed_report(run, **changes):
    path = run.path / "report.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"accuracy": 17},
        {"accuracy": float("nan")},
        {"loss": -0.1},
        {"loss": float("inf")},
        {"top2_accuracy": -0.5},
        {"expected_calibration_error": 1.5},
        {"val_accuracy": 90},
        {"test_count": 0, "confusion_matrix": [[0] * 10] * 10},
        {"test_count": 361},
        {"confusion_matrix": [[-1, 37] + [0] * 8] + [[36] + [0] * 9] * 9},
        {"best_epoch": -1},
        {"parameters": -5},
        {"outlier_threshold": float("-inf")},
        {"temperature": float("inf")},
    ],
    ids=str,
)
def test_figures_that_can_be_none_are_damage(changes):
    run = finished_run()
    changed_report(run, **changes)
    with pytest.raises(RunError, match=r"'report\.json' cannot be read"):
        run.report()


@pytest.mark.parametrize("kept", [3, 9])
def test_a_report_of_other_classes_than_the_runs_is_damage(kept):
    run = finished_run()
    report = json.loads((run.path / "report.json").read_text())
    matrix = [row[:kept] for row in report["confusion_matrix"][:kept]]
    count = sum(map(sum, matrix))
    changed_report(run, per_class=report["per_class"][:kept], confusion_matrix=matrix, test_count=count)
    for read in (run.report, run.stored_report):
        with pytest.raises(RunError, match="its classes are not those of the run"):
            read()


def test_the_epoch_of_a_report_of_other_answers_is_that_of_the_history():
    run = finished_run()
    changed_report(run, predictions_sha256="0" * 64, best_epoch=77, val_accuracy=0.01)
    assert (run.stored_report().best_epoch, run.report().best_epoch) == (77, 2)
    assert run.report().val_accuracy == pytest.approx(0.9)


def test_a_report_of_this_version_is_read_as_it_stands():
    run = finished_run()
    (run.path / "predictions.npz").write_bytes(b"words")
    report = run.report()
    assert type(report) is Report
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_validation_answers_are_kept_beside_those_for_the_test_images():
    answers = with_validation(digits_predictions())
    found = finished_run(predictions=answers).predictions()
    np.testing.assert_array_equal(found.validation.labels, answers.labels[::3])
    np.testing.assert_array_equal(found.validation.logits, answers.logits[::3])
    assert (found.validation.labels.dtype, found.validation.logits.dtype) == (np.int64, np.float32)


def test_a_file_without_validation_answers_is_read_and_so_is_the_tutorials():
    assert finished_run(predictions=digits_predictions()).predictions().validation is None
    tutorial = finished_run(digits_config(training={"protocol": "tutorial", "epochs": 2}))
    assert tutorial.predictions().validation is None
    assert tutorial.report().temperature is None


def broken(logits, rows):
    logits = logits.copy()
    logits[:rows, 4] = [np.nan, np.inf, -np.inf][:rows]
    return logits


def test_answers_that_are_no_numbers_are_counted_and_told_what_to_do_about():
    run = finished_run()
    answers = run.predictions()
    path = run.path / "predictions.npz"
    np.savez_compressed(path, labels=answers.labels, logits=broken(answers.logits, 3))
    with pytest.raises(RunError, match=rf"3 of 360 test images .*not a number.*evaluate {run.id} --renew"):
        run.predictions()
    assert run.report().accuracy == pytest.approx(1 - 38 / 360)
    kept = answers.validation
    np.savez_compressed(
        path,
        labels=answers.labels,
        logits=answers.logits,
        validation_labels=kept.labels,
        validation_logits=broken(kept.logits, 1),
    )
    with pytest.raises(RunError, match="1 of 120 validation images"):
        run.predictions()


@pytest.mark.parametrize("change", ["labels", "shape", "classes", "alone"])
def test_validation_answers_that_do_not_fit_are_damage(change):
    run = finished_run()
    answers = run.predictions()
    labels, logits = answers.validation.labels, answers.validation.logits
    kept = {
        "labels": {"validation_labels": labels + 10, "validation_logits": logits},
        "shape": {"validation_labels": labels[:-1], "validation_logits": logits},
        "classes": {"validation_labels": labels, "validation_logits": logits[:, :9]},
        "alone": {"validation_labels": labels},
    }[change]
    np.savez_compressed(run.path / "predictions.npz", labels=answers.labels, logits=answers.logits, **kept)
    with pytest.raises(RunError, match=r"'predictions\.npz' cannot be read"):
        run.predictions()


def test_the_temperature_is_fitted_on_the_validation_answers_and_not_on_those_for_the_test_images():
    answers = digits_predictions()
    sure = LabelledLogits(answers.labels, answers.logits * 3)
    temperatures = [
        finished_run(predictions=replace(answers, validation=validation)).report().temperature
        for validation in (LabelledLogits(answers.labels, answers.logits), sure)
    ]
    assert temperatures[1] == pytest.approx(3 * temperatures[0], rel=1e-3)
