"""Train: settings that fit, a run with exactly these settings, and what became of it."""

import pytest

from cnn_core.config import ModelConfig, RunConfig, TrainingConfig, limits
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import preset_config
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import create_run, list_runs
from tests.app.reading import words_of
from tests.fixtures import digits_config, failed_run, finished_run, set_status, silent_run, started_run


@pytest.fixture
def started(monkeypatch):
    """The runs that the page starts; no worker does."""
    runs = []
    monkeypatch.setattr(LocalLauncher, "start", lambda _launcher, run: runs.append(run))
    return runs


@pytest.fixture
def form(visit):
    """The page with the digits and the network of that name chosen."""

    def form(preset="mlp"):
        app = visit("train.py")
        app.selectbox(key="dataset").set_value("digits")
        app.selectbox(key="preset").set_value(preset)
        return app.run()

    return form


def button(app, label):
    (found,) = [button for button in app.button if button.label == label]
    return found


def metrics_of(app):
    return {metric.label: metric.value for metric in app.metric}


def test_the_form_proposes_what_the_preset_would_do(form):
    app, expected = form("tutorial-cnn"), preset_config("tutorial-cnn", dataset_card("digits"))
    key = "digits-tutorial-cnn"
    assert app.number_input(key=f"{key}-epochs").value == expected.training.epochs
    assert app.number_input(key=f"{key}-batch_size").value == expected.training.batch_size
    assert app.number_input(key=f"{key}-learning_rate").value == expected.training.learning_rate
    assert app.selectbox(key=f"{key}-optimizer").value == expected.training.optimizer
    assert app.slider(key=f"{key}-dropout").value == expected.model.dropout


@pytest.mark.parametrize(
    ("field", "wrong"), [("epochs", 900), ("epochs", 0), ("batch_size", -1), ("seed", 2**32), ("learning_rate", 1.5)]
)
def test_a_setting_out_of_range_is_told_and_cannot_be_started(form, field, wrong):
    app = form()
    app.number_input(key=f"digits-mlp-{field}").set_value(wrong)
    app.run()
    assert field in app.error[0].value.replace("\\", "")
    assert not [button for button in app.button if button.label == "Start training"]


@pytest.mark.parametrize(
    ("field", "section"), [("epochs", TrainingConfig), ("batch_size", TrainingConfig), ("seed", RunConfig)]
)
def test_the_help_of_a_box_names_the_limits_of_the_configuration(form, field, section):
    low, high = limits(section, field)
    assert f"{low:,} to {high:,}" in form().number_input(key=f"digits-mlp-{field}").help


def test_the_slider_of_the_dropout_has_the_limits_of_the_configuration(form):
    slider = form().slider(key="digits-mlp-dropout")
    assert (slider.min, slider.max) == limits(ModelConfig, "dropout")


@pytest.mark.parametrize(
    ("field", "value"), [("epochs", 0), ("epochs", 501), ("batch_size", 0), ("learning_rate", 2), ("seed", -1)]
)
def test_a_value_out_of_range_never_becomes_a_run(form, started, field, value):
    app = form()
    # No browser would send this.
    app.number_input(key=f"digits-mlp-{field}").set_value(value)
    app.run()
    for found in app.button:
        if found.label == "Start training":
            found.click().run()
    assert not app.exception
    for run in started:
        record = run.record()
        RunConfig.model_validate(record.model_dump(include=set(RunConfig.model_fields)))
        assert value not in (record.training.epochs, record.training.batch_size, record.training.learning_rate)
    assert len(list_runs()) == len(started)


def test_start_creates_a_run_with_the_chosen_settings_and_shows_it(form, started):
    app = form("tutorial-cnn")
    key = "digits-tutorial-cnn"
    app.number_input(key=f"{key}-epochs").set_value(7)
    app.number_input(key=f"{key}-batch_size").set_value(33)
    app.number_input(key=f"{key}-learning_rate").set_value(0.0025)
    app.number_input(key=f"{key}-seed").set_value(42)
    app.selectbox(key=f"{key}-optimizer").set_value("sgd")
    app.selectbox(key=f"{key}-loss").set_value("categorical_crossentropy")
    app.slider(key=f"{key}-dropout").set_value(0.35)
    app.radio(key=f"{key}-protocol").set_value("tutorial")
    app.run()
    button(app, "Start training").click()
    app.run()
    assert not app.exception
    (run,) = started
    assert list_runs() == [run]
    record = run.record()
    assert (record.dataset, record.preset, record.seed, record.model.dropout) == ("digits", "tutorial-cnn", 42, 0.35)
    training = record.training
    assert (training.epochs, training.batch_size, training.learning_rate) == (7, 33, 0.0025)
    assert (training.optimizer, training.loss) == ("sgd", "categorical_crossentropy")
    assert training.protocol == "tutorial"
    assert app.query_params["run"] == run.id
    assert app.selectbox(key="run").value == run.id
    assert "Waiting for its turn" in app.main.get("progress")[0].proto.text


def test_untouched_settings_are_the_preset_s(form, started):
    app = form("fast")
    button(app, "Start training").click()
    app.run()
    (run,) = started
    record = run.record()
    asked = RunConfig(**record.model_dump(include=set(RunConfig.model_fields)))
    assert asked == preset_config("fast", dataset_card("digits"))


def test_label_smoothing_goes_with_the_loss_that_knows_it(form, started):
    app = form("fast")
    app.selectbox(key="digits-fast-loss").set_value("sparse_categorical_crossentropy")
    app.run()
    button(app, "Start training").click()
    app.run()
    assert not app.exception
    assert started[0].record().training.label_smoothing == 0


def test_two_starts_are_two_runs(form, started):
    app = form()
    for _ in range(2):
        button(app, "Start training").click()
        app.run()
    assert len(started) == len(list_runs()) == 2
    assert app.selectbox(key="run").value == started[1].id


def test_settings_survive_a_visit_to_another_page(form):
    app = form()
    app.number_input(key="digits-mlp-epochs").set_value(9)
    app.run()
    app.switch_page("home.py").run()
    app.switch_page("train.py").run()
    assert app.selectbox(key="dataset").value == "digits"
    assert app.number_input(key="digits-mlp-epochs").value == 9


def test_a_folder_that_cannot_be_written_is_a_message(form, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CNN_LAB_RUNS", str(tmp_path / "file"))
    app = form()
    button(app, "Start training").click()
    app.run()
    assert not app.exception
    assert r"CNN\_LAB\_RUNS" in app.error[0].value


def test_a_missing_dataset_is_told_before_the_start(visit):
    app = visit("train.py")
    app.selectbox(key="dataset").set_value("mnist")
    app.run()
    assert "MNIST is not on this machine" in app.warning[0].value


def test_small_images_that_are_enlarged_are_told(form):
    assert "enlarges them to 28×28" in words_of(form("tutorial-cnn"))
    assert "enlarges" not in words_of(form("mlp"))


def test_with_no_run_it_says_what_will_happen(visit):
    assert "Nothing trained yet" in words_of(visit("train.py"))


def test_a_run_under_way_shows_its_progress_and_its_figures(visit):
    run = started_run(digits_config(training={"epochs": 4}))
    app = visit("train.py")
    (bar,) = app.main.get("progress")
    assert bar.proto.text.startswith("Training: epoch 2 of 4, step 4 of 4")
    assert bar.proto.value == 50
    # Two epochs at four steps of a tenth of a second each.
    assert "1 s left" in bar.proto.text
    figures = metrics_of(app)
    assert (figures["Validation loss"], figures["Validation accuracy"]) == ("0.450", "90.00%")
    assert app.dataframe[0].value["epoch"].tolist() == [2, 1]
    assert app.selectbox(key="run").value == run.id


def test_stop_asks_the_worker_to_stop(visit):
    run = started_run()
    app = visit("train.py")
    assert not run.is_stop_requested
    button(app, "Stop").click()
    app.run()
    assert run.is_stop_requested
    assert not app.exception
    assert button(visit("train.py"), "Stopping…").disabled


def test_a_finished_run_says_how_good_it_is(visit):
    run = finished_run()
    app = visit("train.py")
    assert f"**{run.report().accuracy:.2%}** of 360 test images right" in app.success[0].value
    assert "with the weights of epoch 2" in app.success[0].value


def test_a_failed_run_says_why(visit):
    failed_run("The disk is full. Free some space.")
    assert visit("train.py").error[0].value == "The disk is full. Free some space."


def test_a_killed_run_says_so(visit):
    silent_run()
    assert "has not been heard of" in visit("train.py").error[0].value


def test_a_run_stopped_at_once_says_so(visit):
    set_status(started_run(epochs=0), state="stopped")
    assert "before it had learned anything" in visit("train.py").info[0].value


def test_the_run_under_way_comes_first_and_another_can_be_looked_at(visit):
    running = started_run()
    finished = finished_run()
    app = visit("train.py")
    assert app.selectbox(key="run").value == running.id
    app.selectbox(key="run").set_value(finished.id)
    app.run()
    assert app.success
    assert app.query_params["run"] == finished.id


def test_a_run_that_waits_says_so(visit):
    running, waiting = started_run(), create_run(digits_config())
    app = visit("train.py", run=waiting.id)
    assert "Waiting for its turn" in app.main.get("progress")[0].proto.text
    assert app.selectbox(key="run").value == waiting.id != running.id
