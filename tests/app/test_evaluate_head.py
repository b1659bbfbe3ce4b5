"""The head of Evaluate: every figure with its explanation, what the run was, and a run that is yet to be evaluated."""

import numpy as np
import pytest

from cnn_core.data.load import load_dataset
from cnn_core.errors import RunError
from cnn_core.runs.store import showcase
from pages.parts.evaluate import evaluate_now
from tests.app.reading import words_of
from tests.fixtures import damaged_run, digits_config, digits_predictions, finish, finished_run, started_run


def metrics_of(app):
    return {metric.label: (metric.value, metric.delta) for metric in app.metric}


def offers(app):
    return [button for button in app.button if button.label == "Evaluate it now"]


def unevaluated_run():
    run = finished_run()
    (run.path / "report.json").unlink()
    (run.path / "predictions.npz").unlink()
    return run


@pytest.fixture
def renewed(monkeypatch):
    """Evaluate as the real one does, without a network: writes made-up answers, and says for which runs."""
    asked = []

    def renew(run):
        asked.append(run.id)
        finish(run)

    monkeypatch.setattr(evaluate_now, "renew_evaluation", renew)
    return asked


def test_every_figure_is_that_of_the_report_with_its_second_line(visit):
    run = finished_run()
    report = run.report()
    assert metrics_of(visit("evaluate.py", run=run.id)) == {
        "Accuracy": (
            f"{report.accuracy:.2%}",
            f"{report.accuracy_low:.1%} to {report.accuracy_high:.1%} (95% interval)",
        ),
        "Top-2 accuracy": (
            f"{report.top2_accuracy:.2%}",
            f"+{100 * (report.top2_accuracy - report.accuracy):.2f} points",
        ),
        "Loss": (f"{report.loss:.4f}", f"{report.calibrated_loss:.4f} calibrated"),
        "Calibration error": (
            f"{report.expected_calibration_error:.2%}",
            f"{report.calibrated_error:.2%} at T = {report.temperature:.2f}",
        ),
        "Precision": (f"{report.precision:.2%}", f"weighted {report.weighted_precision:.2%}"),
        "Recall": (f"{report.recall:.2%}", f"weighted {report.weighted_recall:.2%}"),
        "F1": (f"{report.f1:.2%}", f"weighted {report.weighted_f1:.2%}"),
    }


def test_the_accuracy_is_the_first_figure_and_every_figure_is_explained(visit):
    app = visit("evaluate.py", run="showcase")
    assert (app.metric[0].label, app.metric[0].value) == ("Accuracy", "95.07%")
    assert app.metric[0].delta == "94.6% to 95.5% (95% interval)"
    assert all(len(metric.help.split()) > 8 for metric in app.metric)


def test_a_run_that_watched_its_test_images_has_no_temperature_and_is_offered_none(visit):
    watched = finished_run(digits_config(training={"protocol": "tutorial", "epochs": 2}))
    app = visit("evaluate.py", run=watched.id)
    assert metrics_of(app)["Calibration error"][1] == ""
    assert "watched every epoch" in words_of(app)
    assert offers(app) == []


def test_it_is_told_what_the_run_was(visit):
    run = finished_run(digits_config(seed=7))
    said = words_of(visit("evaluate.py", run=run.id))
    for words in (
        "Digits 8×8",
        "weights of epoch 2 of 2",
        "1,234 parameters",
        "seed 7",
        "read once, after the training",
    ):
        assert words in said


def test_the_name_of_a_run_is_shown_as_it_is_typed(visit):
    run = finished_run()
    run.save_notes(run.notes().model_copy(update={"name": "**bold** [link](https://example.org)"}))
    said = words_of(visit("evaluate.py", run=run.id))
    assert r"\*\*bold\*\* \[link\]" in said


def test_a_run_with_a_network_and_no_evaluation_can_be_evaluated_here(visit, renewed):
    run = unevaluated_run()
    app = visit("evaluate.py", run=run.id)
    assert not app.exception
    assert app.selectbox(key="run").value == run.id
    assert "it was not evaluated" in app.warning[0].value
    assert len(app.metric) == 0
    offers(app)[0].click()
    app.run()
    assert renewed == [run.id]
    assert app.metric[0].value == f"{run.report().accuracy:.2%}"
    assert offers(app) == []


def test_an_evaluated_run_is_proposed_before_a_newer_one_that_is_not(visit):
    evaluated = finished_run()
    unevaluated_run()
    assert visit("evaluate.py").selectbox(key="run").value == evaluated.id


def test_a_run_that_still_trains_is_not_offered(visit):
    finished_run()
    running = started_run()
    (running.path / "model.keras").write_bytes(b"of an earlier end")
    app = visit("evaluate.py", run=running.id)
    assert "has no evaluation yet" in app.warning[0].value
    assert app.selectbox(key="run").value != running.id


@pytest.mark.parametrize("content", [b"words", b""])
def test_damaged_answers_leave_the_figures_and_can_be_made_anew(visit, renewed, content):
    run = damaged_run("predictions.npz", content)
    app = visit("evaluate.py", run=run.id)
    assert not app.exception
    assert app.metric[0].value == f"{run.report().accuracy:.2%}"
    assert "answers, image by image, cannot be read" in app.warning[0].value
    (error,) = app.error
    assert "predictions.npz" in error.value, "once, where they are needed"
    offers(app)[0].click()
    app.run()
    assert renewed == [run.id]
    assert offers(app) == []


def test_answers_without_validation_images_can_be_completed(visit, renewed):
    run = finished_run(predictions=digits_predictions())
    app = visit("evaluate.py", run=run.id)
    assert metrics_of(app)["Calibration error"][1] == ""
    assert "without its validation images" in words_of(app)
    offers(app)[0].click()
    app.run()
    assert renewed == [run.id]
    assert "at T =" in metrics_of(app)["Calibration error"][1]


def test_why_an_evaluation_failed_is_told_and_the_figures_stay(visit, monkeypatch):
    def refuse(run):
        raise RunError(f"Run '{run.id}' has *no* luck.")

    monkeypatch.setattr(evaluate_now, "renew_evaluation", refuse)
    run = finished_run(predictions=digits_predictions())
    app = visit("evaluate.py", run=run.id)
    offers(app)[0].click()
    app.run()
    assert not app.exception
    assert any(r"has \*no\* luck" in error.value for error in app.error)
    assert app.metric[0].value == f"{run.report().accuracy:.2%}"


def test_a_run_without_its_network_is_told_so_and_not_offered(visit):
    run = finished_run(predictions=digits_predictions())
    (run.path / "model.keras").unlink()
    app = visit("evaluate.py", run=run.id)
    assert offers(app) == []
    assert "no network to evaluate" in app.warning[0].value


def test_the_saved_network_itself_is_asked(visit):
    import keras

    keras.utils.set_random_seed(0)
    images = keras.Input((8, 8, 1), dtype="uint8")
    model = keras.Model(images, keras.layers.Dense(10)(keras.layers.Flatten()(images)))
    run = finished_run(save=model.save)
    (run.path / "report.json").unlink()
    app = visit("evaluate.py", run=run.id)
    offers(app)[0].click()
    app.run()
    assert not app.exception
    dataset = load_dataset("digits")
    pixels = dataset.test_images.reshape(360, 64).astype(np.float32)
    right = ((pixels @ model.get_weights()[0]).argmax(axis=1) == dataset.test_labels).mean()
    assert app.metric[0].value == f"{right:.2%}"


def test_the_showcase_is_complete(visit):
    assert showcase().predictions().validation is not None
    assert offers(visit("evaluate.py", run="showcase")) == []
