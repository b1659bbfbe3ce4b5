"""Evaluate · Confidence: whether it can be believed, and what answering only when sure brings."""

import numpy as np
import pytest

from cnn_core.evaluation.calibration import fit_temperature
from cnn_core.evaluation.predictions import LabelledLogits, Predictions
from cnn_core.runs import directory
from cnn_core.runs.store import showcase
from tests.app.reading import charts_of, words_of
from tests.fixtures import digits_config, finished_run


def answers_of(count, seed):
    """Answers for ten classes, far too sure."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count)
    logits = rng.normal(size=(count, 10))
    logits[np.arange(count), labels] += 2
    return LabelledLogits(labels, (4 * logits).astype(np.float32))


@pytest.fixture
def answers():
    test = answers_of(400, 0)
    return Predictions(test.labels, test.logits, answers_of(300, 1))


@pytest.fixture
def open_on(visit):
    return lambda run: visit("evaluate.py", run=run.id, show="Confidence")


@pytest.fixture
def app(open_on, answers):
    return open_on(finished_run(predictions=answers))


def figures_of(app):
    """Those of "Answer only when sure", by name."""
    wanted = ("Right of those", "Passed on", "Answers from")
    return {metric.label: metric.value for metric in app.metric if metric.label in wanted}


def test_both_diagrams_are_shown_with_their_error_and_where_the_temperature_comes_from(app, answers):
    assert {"reliability-before", "reliability-after"} < set(charts_of(app))
    words = words_of(app)
    assert f"With the temperature {fit_temperature(answers.validation):.2f}" in words
    assert "Fitted on 300 validation images" in words
    assert "it is too sure of itself" in words


def test_the_errors_told_are_those_of_the_report(open_on):
    report = showcase().report()
    words = words_of(open_on(showcase()))
    assert f"Expected calibration error: {report.expected_calibration_error:.2%}" in words
    assert f"Expected calibration error: {report.calibrated_error:.2%}" in words
    assert report.calibrated_error < report.expected_calibration_error
    assert report.temperature < 1
    assert "it is better than it thinks" in words


def test_a_run_that_watched_the_test_images_has_no_temperature_and_says_why(open_on):
    app = open_on(finished_run(digits_config(training={"protocol": "tutorial", "epochs": 2})))
    assert not app.exception
    assert "watched the test images every epoch" in app.info[0].value
    assert set(charts_of(app)) == {"reliability-before", "coverage"}


def test_a_run_without_validation_answers_says_how_to_get_them(open_on, answers):
    run = finished_run(predictions=Predictions(answers.labels, answers.logits))
    app = open_on(run)
    assert "reliability-after" not in charts_of(app)
    (info,) = [info.value for info in app.info if "temperature" in info.value]
    assert f"python -m cnn_core evaluate {run.id} --renew" in info


def test_the_slider_says_what_is_right_and_what_is_passed_on(app, answers):
    app.slider(key="answered").set_value(0.5)
    app.run()
    temperature = fit_temperature(answers.validation)
    scaled = LabelledLogits(answers.labels, answers.logits / np.float32(temperature))
    # By hand: the surer half, with the probabilities that the temperature gives.
    half = np.argsort(-scaled.confidence, kind="stable")[:200]
    assert figures_of(app) == {
        "Right of those": f"{answers.is_right[half].mean():.2%}",
        "Passed on": "200",
        "Answers from": f"{scaled.confidence[half].min():.2%}",
    }
    _, mark, *_ = charts_of(app)["coverage"]["data"]
    assert mark["name"] == "chosen"


def test_all_images_are_as_right_as_the_head_says(app):
    app.slider(key="answered").set_value(1.0)
    app.run()
    assert figures_of(app)["Right of those"] == app.metric[0].value
    assert figures_of(app)["Passed on"] == "0"


def test_an_accuracy_gives_its_confidence_and_what_it_costs(app):
    app.number_input(key="accuracy-asked").set_value(95.0)
    app.run()
    (said,) = [part.value for part in app.markdown if "From a confidence of" in part.value]
    assert "passes on" in said
    assert [trace["name"] for trace in charts_of(app)["coverage"]["data"]][-1] == "accuracy asked for"


def test_an_accuracy_that_cannot_be_reached_is_told_with_the_best_there_is(open_on):
    answers = answers_of(400, 0)
    # Wrong where it is surest.
    labels = np.where(answers.confidence > np.quantile(answers.confidence, 0.5), (answers.predicted + 1) % 10, 0)
    app = open_on(finished_run(predictions=Predictions(labels, answers.logits)))
    (said,) = [part.value for part in app.markdown if "cannot be reached" in part.value]
    assert "**99% cannot be reached.** The best is" in said
    assert [trace["name"] for trace in charts_of(app)["coverage"]["data"]] == ["accuracy", "chosen"]


def test_without_answers_image_by_image_the_view_says_so(open_on):
    run = finished_run()
    (run.path / directory.PREDICTIONS).unlink()
    app = open_on(run)
    assert not app.exception
    assert charts_of(app) == {}
    assert app.error
