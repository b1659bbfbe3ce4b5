"""Train: the two views, settings that fit, a run with exactly these settings."""

import threading
import time

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates

from cnn_core.config import ModelConfig, RunConfig, TrainingConfig, limits
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import preset_config
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import list_runs
from pages.parts.draft import Draft
from tests.app.form import choose, press, start, start_button, widget
from tests.app.reading import words_of
from tests.fixtures import digits_config, finished_run, started_run


def test_with_nothing_under_way_the_page_opens_with_its_form(visit):
    finished_run()
    app = visit("train.py")
    assert start_button(app)
    assert app.query_params["view"] == ["setup"] or app.query_params["view"] == "setup"


def test_with_a_run_under_way_the_page_opens_on_it(visit):
    run = started_run()
    app = visit("train.py")
    assert app.selectbox(key="run").value == run.id


def test_a_link_to_a_run_opens_on_it(visit):
    run = finished_run()
    assert visit("train.py", run=run.id).selectbox(key="run").value == run.id


def test_the_views_are_switched_and_stand_in_the_address(visit):
    run = started_run()
    app = visit("train.py", view="setup")
    assert start_button(app)
    app.segmented_control(key="view").set_value("watch")
    app.run()
    assert app.selectbox(key="run").value == run.id
    assert app.query_params["view"] in ("watch", ["watch"])


def test_the_form_proposes_what_the_preset_would_do(form):
    app, expected = form(preset="tutorial-cnn"), preset_config("tutorial-cnn", dataset_card("digits"))
    for name in ("epochs", "batch_size", "learning_rate", "optimizer"):
        assert widget(app, "training", name).value == getattr(expected.training, name)
    assert widget(app, "model", "dropout").value == expected.model.dropout


@pytest.mark.parametrize(
    ("tab", "section", "field", "wrong", "told"),
    [
        ("Network", "training", "epochs", 900, "Epochs is 900; at most 500 is possible."),
        ("Network", "training", "epochs", 0, "Epochs is 0; at least 1 is possible."),
        ("Network", "training", "batch_size", -1, "Batch size is -1; at least 1 is possible."),
        ("Network", "training", "learning_rate", 1.5, "Learning rate is 1.5; at most 1.0 is possible."),
        ("Network", "training", "learning_rate", 0.0, "Learning rate is 0.0; more than 0.0 is possible."),
        ("Network", "model", "dropout", 0.95, "Dropout is 0.95; at most 0.9 is possible."),
        ("Training", "run", "seed", 2**32, "Seed is 4,294,967,296; less than 4,294,967,296 is possible."),
    ],
)
def test_a_setting_out_of_range_is_told_and_cannot_be_started(form, tab, section, field, wrong, told):
    app = choose(form(tab, "mlp"), section, field, wrong)
    assert app.error[0].value.replace("\\", "") == told
    assert start_button(app).disabled
    # Another visit to the page does not forget it, and a mended setting can be started.
    right = getattr(preset_config("mlp", dataset_card("digits")), section, None)
    app = choose(app, section, field, getattr(right, field, 0))
    assert not app.error
    assert not start_button(app).disabled


@pytest.mark.parametrize(
    ("tab", "section", "field", "model"),
    [
        ("Network", "training", "epochs", TrainingConfig),
        ("Network", "training", "batch_size", TrainingConfig),
        ("Training", "run", "seed", RunConfig),
        ("Network", "model", "dropout", ModelConfig),
    ],
)
def test_the_help_of_a_box_names_the_limits_of_the_configuration(form, tab, section, field, model):
    low, high = limits(model, field)
    assert f"From {low:,} to {high:,}." in widget(form(tab, "mlp"), section, field).help


def test_a_batch_larger_than_the_data_is_told(form):
    app = choose(form(preset="mlp"), "training", "batch_size", 2000)
    assert "1,293 images are learned from" in app.error[0].value
    assert start_button(app).disabled


def test_start_creates_a_run_with_the_chosen_settings_and_shows_it(form, started):
    app = form(preset="tutorial-cnn")
    for name, value in (("epochs", 7), ("batch_size", 33), ("learning_rate", 0.0025), ("optimizer", "sgd")):
        app = choose(app, "training", name, value)
    app = choose(app, "model", "dropout", 0.35)
    record = start(app)
    (run,) = started
    assert list_runs() == [run]
    assert (record.dataset, record.preset, record.model.dropout) == ("digits", "tutorial-cnn", 0.35)
    training = record.training
    assert (training.epochs, training.batch_size, training.learning_rate) == (7, 33, 0.0025)
    assert training.optimizer == "sgd"
    assert app.query_params["run"] in (run.id, [run.id])
    assert app.selectbox(key="run").value == run.id


@pytest.mark.parametrize("preset", ["fast", "tutorial-cnn", "mlp"])
def test_untouched_settings_are_the_preset_s(form, started, preset):
    record = start(form(preset=preset))
    asked = RunConfig(**record.model_dump(include=set(RunConfig.model_fields)))
    assert asked == preset_config(preset, dataset_card("digits"))
    assert len(started) == 1


def test_settings_of_a_tab_that_is_not_open_are_the_run_s(form, started):
    app = choose(form("Training", "mlp"), "training", "weight_decay", 0.03)
    app.session_state["tab"] = "Network"
    app.run()
    assert start(app).training.weight_decay == 0.03
    assert len(started) == 1


def test_two_starts_are_two_runs(form, started):
    app = form(preset="mlp")
    start(app)
    app.session_state["start"].when -= 60
    app.segmented_control(key="view").set_value("setup")
    app.run()
    start(app)
    assert len(started) == len(list_runs()) == 2
    assert app.selectbox(key="run").value == started[1].id


def test_a_second_click_on_a_form_that_was_drawn_once_more_starts_nothing_more(form, started):
    app = form(preset="mlp")
    start(app)
    app.segmented_control(key="view").set_value("setup")
    app.run()
    start_button(app).click().run()
    assert len(started) == len(list_runs()) == 1
    assert app.query_params["run"] in (started[0].id, [started[0].id])


def test_other_settings_are_another_run_however_soon(form, started):
    app = form(preset="mlp")
    start(app)
    app.segmented_control(key="view").set_value("setup")
    app.run()
    start(choose(app, "training", "epochs", 3))
    assert len(started) == 2


def test_a_second_click_that_comes_while_the_first_is_answered_starts_nothing_more(form, started, monkeypatch):
    from pages.parts.form import starting

    app = form(preset="mlp")
    # The page of the first click is interrupted by the second: the form is still there, and so is the old address.
    with monkeypatch.context() as interrupted:
        interrupted.setattr(starting, "_lead_to", lambda _run_id: None)
        start_button(app).click().run()
    assert app.query_params["view"] in ("setup", ["setup"])
    start_button(app).click().run()
    assert len(started) == 1
    assert app.query_params["run"] in (started[0].id, [started[0].id])
    assert app.query_params["view"] in ("watch", ["watch"])


def test_two_clicks_that_are_answered_at_the_same_time_start_one_run(monkeypatch):
    from pages.parts.form import starting

    started, last, draft = [], starting.Start(is_asked=True), Draft(digits_config().model_dump())
    monkeypatch.setattr(starting, "last_start", lambda: last)
    monkeypatch.setattr(starting, "current_draft", lambda: draft)
    monkeypatch.setattr(starting, "_lead_to", lambda _run_id: None)
    monkeypatch.setattr(starting, "_mend_address", lambda _last: None)
    both_ask = threading.Barrier(2)
    monkeypatch.setattr(starting, "find_problems", lambda _draft: time.sleep(0.1))

    def start(_launcher, run):
        time.sleep(0.1)
        started.append(run)

    def click():
        both_ask.wait()
        starting.start_if_asked()

    monkeypatch.setattr(LocalLauncher, "start", start)
    clicks = [threading.Thread(target=click) for _ in range(2)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(started) == 1


def test_what_a_browser_sends_late_neither_starts_a_run_nor_resets_the_settings(form, started):
    app = choose(form(preset="mlp"), "training", "epochs", 9)
    start_button(app).click()
    sent = app._tree.get_widget_states()
    # A browser does not name the buttons that were not pressed.
    pressed = [one for one in sent.widgets if one.trigger_value or one.WhichOneof("value") != "trigger_value"]
    sent = WidgetStates(widgets=pressed)
    app.run()
    # The page of the new run is drawn by now, and has no form.
    app.query_params = {"view": "setup", "tab": "Network"}
    app._run(sent)
    assert len(started) == 1
    assert app.session_state["draft"].settings["training"]["epochs"] == 9
    assert not app.session_state["draft"].note


def test_a_late_request_with_the_address_of_before_does_not_leave_the_new_run(form, started):
    app = form(preset="mlp")
    start(app)
    app.query_params = {"view": "setup", "tab": "Network"}
    app.run()
    assert app.query_params["run"] in (started[0].id, [started[0].id])
    assert app.query_params["view"] in ("watch", ["watch"])
    # Whoever chooses the form finds it.
    app.segmented_control(key="view").set_value("setup")
    assert start_button(app.run())


def test_settings_survive_a_visit_to_another_page_and_to_the_other_view(form):
    app = choose(form(preset="mlp"), "training", "epochs", 9)
    app.switch_page("home.py").run()
    app.switch_page("train.py").run()
    assert app.selectbox(key="dataset").value == "digits"
    assert widget(app, "training", "epochs").value == 9
    for view in ("watch", "setup"):
        app.segmented_control(key="view").set_value(view)
        app.run()
    assert widget(app, "training", "epochs").value == 9


def test_another_network_brings_its_own_settings_and_the_changed_ones_can_be_brought_back(form):
    app = choose(form(preset="tutorial-cnn"), "training", "epochs", 9)
    app.selectbox(key="preset").set_value("simple-cnn")
    app.run()
    expected = preset_config("simple-cnn", dataset_card("digits")).training.epochs
    assert widget(app, "training", "epochs").value == expected != 9
    # Nor does one more choice lose them.
    app.selectbox(key="preset").set_value("mlp")
    app.run()
    app = press(app, "draft-undo")
    assert app.selectbox(key="preset").value == "tutorial-cnn"
    assert widget(app, "training", "epochs").value == 9


def test_a_filled_form_says_where_its_settings_come_from_until_it_is_dismissed(visit, started):
    def fill():
        from pages.parts.draft import fill_form
        from tests.fixtures import digits_config

        fill_form(digits_config("simple-cnn", training={"epochs": 5, "patience": 2}, seed=7), "From a test.")

    app = visit("train.py", view="watch")
    app.session_state["draft"] = filled(fill)
    app = app.run()
    app.segmented_control(key="view").set_value("setup")
    app.run()
    assert "From a test." in words_of(app)
    assert "From a test." not in words_of(press(app, "draft-dismiss"))
    record = start(app)
    assert (record.preset, record.seed, record.training.patience) == ("simple-cnn", 7, 2)
    assert len(started) == 1


def filled(fill):
    """The draft that :func:`fill_form` leaves in an empty session."""
    import streamlit as st

    fill()
    draft = st.session_state["draft"]
    st.session_state.clear()
    return draft


def test_epochs_added_to_a_run_are_no_part_of_a_new_one(started):
    from pages.parts.draft import fill_form

    continued = digits_config(
        training={"epochs": 5, "continuations": ({"after_epoch": 5, "epochs": 3, "learning_rate": 1e-4},)}
    )
    draft = filled(lambda: fill_form(continued, ""))
    assert draft.config().training.continuations == ()
    assert not started


def test_a_folder_that_cannot_be_written_is_a_message(form, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    app = form(preset="mlp")
    monkeypatch.setenv("CNN_LAB_RUNS", str(tmp_path / "file"))
    start_button(app).click()
    app.run()
    assert not app.exception
    assert r"CNN\_LAB\_RUNS" in app.error[0].value


def test_a_missing_dataset_is_told_before_the_start(visit):
    app = visit("train.py")
    app.selectbox(key="dataset").set_value("mnist")
    app.run()
    assert "MNIST is not on this machine" in app.warning[0].value


def test_small_images_that_are_enlarged_are_told(form):
    assert "enlarges them to 28×28" in words_of(form(preset="tutorial-cnn"))
    assert "enlarges" not in words_of(form(preset="mlp"))


def test_a_run_that_will_wait_is_told(form):
    started_run()
    assert "will wait for its turn" in words_of(form(preset="mlp"))


def test_a_widget_that_the_form_no_longer_has_changes_nothing(form):
    app = form(preset="tutorial-cnn")
    # What a slow browser sends: a dataset, and an epoch count for the settings that the dataset has just replaced.
    app.selectbox(key="preset").set_value("simple-cnn")
    app = choose(app, "training", "epochs", 99)
    assert not app.exception
    assert widget(app, "training", "epochs").value != 99
