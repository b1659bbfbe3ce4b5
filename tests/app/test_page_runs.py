"""The Runs page: the queue, the table, and what can be done with the runs that are chosen in it."""

import json

import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState

from cnn_core.figures.changes import FigureChanges
from cnn_core.runs.notes import Notes
from cnn_core.runs.queue import chosen_at_once, set_runs_at_once, waiting_runs
from cnn_core.runs.store import create_run, list_runs
from cnn_core.runs.summary import summarise
from cnn_core.runs.writer import RunWriter
from pages.parts import run_overlay, run_table
from tests.app.reading import html_of, words_of
from tests.fixtures import (
    EPOCHS,
    damaged_run,
    digits_config,
    failed_run,
    finish,
    finished_run,
    paused_run,
    resumable_run,
    set_status,
    silent_run,
    started_run,
)

# No worker starts.
pytestmark = pytest.mark.usefixtures("started")


def choose(app, *runs):
    """Choose rows of the table, which is not sorted: what the browser sends when their boxes are ticked."""
    ids = [run.id for run in list_runs()]
    return select(app, rows=[ids.index(run.id) for run in runs], columns=[])


def sort_by(app, column):
    """Click the head of a column; the chosen rows stay chosen."""
    names = app.dataframe[0].value["name"].tolist()
    chosen = [names.index(title.value) for title in app.subheader if title.value in names]
    return select(app, rows=chosen, columns=[column] if column else [])


def select(app, **selection):
    states = app._tree.get_widget_states()
    state = json.dumps({"selection": {**selection, "cells": []}})
    states.widgets.append(WidgetState(id=app.dataframe[0].proto.id, string_value=state))
    return app._run(states)


def press(app, label, number=0):
    found = [button for button in app.button if button.label == label]
    return found[number].click().run()


def is_offered(app, label):
    found = [button for button in app.button if button.label == label]
    return bool(found) and not found[0].disabled


def queue_ids():
    return [run.id for run, _, _ in waiting_runs()]


@pytest.fixture
def legend(monkeypatch):
    """The names in the legend of the chart that was drawn last."""
    names = []
    monkeypatch.setattr(
        run_overlay,
        "live_chart",
        lambda figure, **_options: names.__setitem__(slice(None), [line.name for line in figure.data]),
    )
    return names


class Ticking:
    """Streamlit, but every fragment runs three times at once, as a browser has it do one after the other."""

    def __getattr__(self, name):
        return getattr(st, name)

    def fragment(self, body, **_options):
        return lambda *given: [body(*given) for _ in range(3)]


def test_a_tick_sends_what_is_new_not_the_whole_curves(visit, monkeypatch):
    sent = []

    def send(figure, *, changes=None, **_options):
        sent.append(len(json.dumps((changes or FigureChanges()).next(figure))))

    monkeypatch.setattr(run_overlay, "live_chart", send)
    monkeypatch.setattr(run_overlay, "st", Ticking())
    runs = [started_run(epochs=0) for _ in range(8)]
    row = dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"), 0.5)
    for run in runs:
        writer = RunWriter(run)
        for epoch in range(1, 101):
            writer.append_epoch({"epoch": epoch, **row})
    assert not choose(visit("runs.py"), *runs).exception
    first, *ticks = sent[-3:]
    assert max(ticks) < 1000 < 10_000 < first


def test_the_runs_are_read_once_however_many_look_at_them(visit, monkeypatch):
    for make in (finished_run, started_run):
        make()
        read = []
        monkeypatch.setattr(run_table, "summarise", lambda run, read=read: read.append(run) or summarise(run))
        app = visit("runs.py")
        assert not app.exception
        assert len(read) == len(list_runs())


def test_without_runs_it_says_what_will_be_here(visit):
    app = visit("runs.py")
    assert not app.exception
    assert "No runs yet" in words_of(app)
    assert not app.dataframe


def test_every_run_is_a_row_whatever_became_of_it(visit):
    finished, running, damaged = finished_run(), started_run(digits_config(training={"epochs": 4})), damaged_run()
    finished.save_notes(Notes(name="the first", text="good"))
    table = visit("runs.py").dataframe[0].value.set_index("name")
    row = table.loc["the first"]
    assert (row["state"], row["network"], row["dataset"], row["note"]) == ("finished", "mlp, changed", "digits", "good")
    assert row["test"] == pytest.approx(100 * finished.report().accuracy)
    assert row["validation"] == 90
    assert row["parameters"] == 1234
    (row,) = [row for name, row in table.iterrows() if name.endswith(running.id[-4:])]
    assert (row["state"], row["epochs"], row["of"]) == ("running", 2, 4)
    # While it trains: the best of its epochs so far.
    assert row["validation"] == 90
    assert table.loc[damaged.id]["state"] == "damaged"
    assert "config.json" in table.loc[damaged.id]["note"]


def test_the_queue_says_what_trains_and_what_waits_in_its_order(visit):
    started_run(digits_config(training={"epochs": 4}))
    waiting = [create_run(digits_config()) for _ in range(2)]
    app = visit("runs.py")
    (bar,) = app.main.get("progress")
    assert "epoch 2 of 4" in bar.proto.text
    lines = [text.value for text in app.main.markdown if "waits" in text.value]
    assert [run.id[-4:] in line for run, line in zip(waiting, lines, strict=True)] == [True, True]


def test_a_run_is_moved_and_the_other_tab_sees_it(visit):
    runs = [create_run(digits_config()) for _ in range(3)]
    app, other = visit("runs.py"), visit("runs.py")
    press(app, "First", 2)
    assert queue_ids() == [runs[2].id, runs[0].id, runs[1].id]
    press(app, "Down", 0)
    assert queue_ids() == [runs[0].id, runs[2].id, runs[1].id]
    press(app, "Up", 2)
    assert queue_ids() == [runs[0].id, runs[1].id, runs[2].id]
    # The other tab has not looked since: what it asks for is done to the queue of now.
    press(other, "Down", 0)
    assert queue_ids() == [runs[1].id, runs[0].id, runs[2].id]
    lines = [text.value for text in other.main.markdown if "waits" in text.value]
    assert runs[1].id[-4:] in lines[0]


def test_a_waiting_run_is_cancelled(visit):
    run = create_run(digits_config())
    app = press(visit("runs.py"), "Cancel")
    assert run.requests.has_stop
    assert not is_offered(app, "Cancel")
    assert "being cancelled" in words_of(app)


def test_what_was_asked_of_a_run_that_just_ended_is_told(visit):
    run = started_run()
    app = visit("runs.py")
    finish(run)
    press(app, "Pause")
    assert not app.exception
    assert "it has finished" in app.toast[0].value
    assert not run.requests.has_pause


def test_two_tabs_that_press_pause_pause_the_run_and_either_lets_it_go_on(visit):
    run = started_run()
    first, second = visit("runs.py"), visit("runs.py")
    press(first, "Pause")
    press(second, "Pause")
    assert run.requests.has_pause
    assert not first.toast
    assert not second.toast
    press(first, "Go on")
    assert not run.requests.has_pause


def test_while_the_test_images_are_read_nothing_can_be_asked(visit):
    run = started_run()
    set_status(run, phase="evaluating")
    app = visit("runs.py")
    assert "reading the test images" in app.main.get("progress")[0].proto.text
    assert not is_offered(app, "Pause")
    assert not is_offered(app, "Stop")
    run.requests.pause()
    app.run()
    assert not is_offered(app, "Go on")
    assert "reading the test images" in app.main.get("progress")[0].proto.text


@pytest.mark.parametrize("phase", ["starting", "downloading", "asking"])
def test_before_the_first_step_a_run_can_be_stopped_and_not_paused(visit, phase):
    run = started_run()
    set_status(run, phase=phase)
    app = visit("runs.py")
    assert not is_offered(app, "Pause")
    assert is_offered(app, "Stop")


def test_a_paused_run_says_so(visit):
    paused_run()
    assert "paused, epoch 2 of 2" in visit("runs.py").main.get("progress")[0].proto.text


def test_how_many_train_at_once_is_everybodys_choice(visit):
    create_run(digits_config())
    app, other = visit("runs.py"), visit("runs.py")
    assert app.selectbox(key="at-once").value == 0
    app.selectbox(key="at-once").set_value(3).run()
    assert chosen_at_once() == 3
    assert other.run().selectbox(key="at-once").value == 3
    other.selectbox(key="at-once").set_value(0).run()
    assert chosen_at_once() is None
    set_runs_at_once(2)
    assert app.run().selectbox(key="at-once").value == 2


def test_the_curves_of_chosen_runs_lie_over_each_other_by_their_names(visit, legend):
    first, second, third = finished_run(), started_run(), finished_run()
    first.save_notes(Notes(name="slow"))
    second.save_notes(Notes(name="fast"))
    app = choose(visit("runs.py"), first, second)
    assert set(legend) == {"slow", "fast"}
    app = choose(app, first, third)
    assert "slow" in legend
    assert "fast" not in legend
    # Two runs of one name are told apart.
    third.save_notes(Notes(name="slow"))
    app.run()
    assert set(legend) == {f"slow · {run.id[-4:]}" for run in (first, third)}


def test_a_chosen_run_stays_chosen_when_another_one_comes(visit, legend):
    first = finished_run()
    first.save_notes(Notes(name="mine"))
    app = choose(visit("runs.py"), first)
    legend.clear()
    # Newer, and so above it.
    while list_runs().index(first) == 0:
        create_run(digits_config())
    app.run()
    assert legend == ["mine"]


def test_a_run_with_damaged_curves_is_told_and_the_others_are_drawn(visit, legend):
    sound, damaged = finished_run(), damaged_run("history.csv", b"epoch;loss\n1;2\n")
    sound.save_notes(Notes(name="sound"))
    app = choose(visit("runs.py"), sound, damaged)
    assert legend == ["sound"]
    assert "'history.csv' cannot be read" in app.error[0].value


def test_runs_without_a_curve_take_no_place_among_those_that_are_drawn(visit, legend):
    empty = [failed_run() for _ in range(8)]
    run = finished_run()
    run.save_notes(Notes(name="mine"))
    choose(visit("runs.py"), *empty, run)
    assert legend == ["mine"]


def test_training_and_loss_can_be_drawn_instead(visit, legend):
    run = finished_run()
    run.save_notes(Notes(name="mine"))
    app = choose(visit("runs.py"), run)
    app.button_group(key="overlay-measure").set_value("loss").run()
    app.button_group(key="overlay-images").set_value(["validation", "training"]).run()
    assert legend == ["mine", "mine, training"]
    app.button_group(key="overlay-images").set_value([]).run()
    assert "Choose the validation images" in words_of(app)
    assert not app.exception


def test_a_name_and_notes_are_saved_and_the_other_tab_shows_them(visit):
    run = finished_run()
    app, other = choose(visit("runs.py"), run), choose(visit("runs.py"), run)
    app.text_input[0].set_value("mine").run()
    assert run.notes() == Notes(name="mine")
    other.text_area[0].set_value("yours").run()
    # Neither tab puts back what it had shown before.
    assert run.notes() == Notes(name="mine", text="yours")
    # What the others wrote is told: a field may hold words that its browser has not sent yet.
    for tab, field, theirs in ((other, other.text_input, "mine"), (app.run(), app.text_area, "yours")):
        assert field[0].value == ""
        assert "Somebody changed this meanwhile" in words_of(tab)
        assert theirs in html_of(tab)
        press(tab, "Use theirs")
        assert field[0].value == theirs
        assert "meanwhile" not in words_of(tab)


def test_a_draft_outlives_the_words_of_somebody_else_and_does_not_replace_them_unasked(visit):
    run = finished_run()
    run.save_notes(Notes(text="first"))
    app = choose(visit("runs.py"), run)
    field = app.text_area[0].proto
    run.save_notes(Notes(text="theirs"))
    app.run()
    # The browser keeps what is typed only if it is the same field, which nothing has set.
    assert app.text_area[0].proto.id == field.id
    assert not app.text_area[0].proto.set_value
    app.text_area[0].set_value("mine").run()
    assert run.notes().text == "theirs"
    assert app.text_area[0].value == "mine"
    assert "Somebody changed this meanwhile" in words_of(app)
    press(app, "Keep mine")
    assert run.notes().text == "mine"
    assert "meanwhile" not in words_of(app)


def test_one_who_goes_on_writing_is_told_nothing(visit):
    run = finished_run()
    app = choose(visit("runs.py"), run)
    for text in ("one", " one two ", ""):
        app.text_area[0].set_value(text).run()
        assert run.notes().text == text.strip()
        assert "meanwhile" not in words_of(app)


def test_a_name_outlives_a_look_at_another_run(visit):
    named, other = finished_run(), finished_run()
    named.save_notes(Notes(name="mine", text="my notes"))
    app = visit("runs.py")
    for runs in ([named], [other], [named], [named, other], [named]):
        app = choose(app, *runs)
    assert (app.text_input[0].value, app.text_area[0].value) == ("mine", "my notes")
    assert named.notes() == Notes(name="mine", text="my notes")


def test_a_column_sorts_and_the_same_runs_stay_chosen(visit):
    runs = [finished_run() for _ in range(3)]
    for run, name in zip(runs, "bca", strict=True):
        run.save_notes(Notes(name=name))
    app = sort_by(choose(visit("runs.py"), runs[0]), "name")
    assert app.dataframe[0].value["name"].tolist() == ["a", "b", "c"]
    assert "b" in [title.value for title in app.subheader]
    app = sort_by(app, None)
    assert app.dataframe[0].value["name"].tolist() == [run.notes().name for run in list_runs()]
    assert "b" in [title.value for title in app.subheader]


def test_a_run_is_deleted_after_a_question(visit):
    kept, run = finished_run(), finished_run()
    app = press(choose(visit("runs.py"), run), "Delete…")
    assert list_runs().count(run) == 1
    assert "cannot be undone" in words_of(app)
    app = press(app, "Keep")
    assert list_runs().count(run) == 1
    press(press(app, "Delete…"), "Delete")
    assert list_runs() == [kept]


def test_several_runs_are_deleted_at_once(visit):
    runs = [finished_run(), damaged_run()]
    app = press(choose(visit("runs.py"), *runs), "Delete…")
    press(app, "Delete")
    assert list_runs() == []
    assert not app.exception


def test_a_run_that_trains_is_not_deleted(visit):
    run = started_run()
    app = choose(visit("runs.py"), run)
    assert not is_offered(app, "Delete…")


def test_a_run_that_somebody_else_deleted_meanwhile_is_told(visit):
    run = finished_run()
    app = press(choose(visit("runs.py"), run), "Delete…")
    run.path.rename(run.path.with_name(".elsewhere"))
    app = press(app, "Delete")
    assert not app.exception
    assert "cannot be undone" not in words_of(app)


def test_a_question_about_a_run_that_somebody_else_deleted_says_so(visit):
    run = finished_run()
    app = press(choose(visit("runs.py"), run), "Delete…")
    run.path.rename(run.path.with_name(".elsewhere"))
    app.run()
    assert f"**{run.id}** is no longer there: somebody else deleted or moved it." == app.info[0].value.replace("\\", "")
    app = press(app, "Close")
    assert not app.info
    assert "No runs yet" in words_of(app)


def test_of_several_runs_those_that_are_still_there_are_deleted(visit):
    kept, gone, run = finished_run(), finished_run(), finished_run()
    app = press(choose(visit("runs.py"), gone, run), "Delete…")
    gone.path.rename(gone.path.with_name(".elsewhere"))
    app.run()
    assert f"**{gone.id}** is no longer there" in app.info[0].value.replace("\\", "")
    assert is_offered(app, "Keep")
    app = press(app, "Delete")
    assert not app.error
    assert list_runs() == [kept]
    assert "cannot be undone" not in words_of(app)


def test_a_run_that_cannot_be_deleted_is_told_and_the_others_go(visit):
    kept, run = resumable_run(), finished_run()
    app = press(choose(visit("runs.py"), kept, run), "Delete…")
    set_status(kept, state="queued")
    app = press(app, "Delete")
    assert "cannot be deleted while it is queued" in app.error[0].value
    assert list_runs() == [kept]
    assert is_offered(app, "Keep")
    assert "cannot be undone" not in words_of(press(app, "Keep"))


def test_a_question_stays_on_the_page_on_which_it_was_asked(visit):
    other, run = finished_run(), finished_run()
    for page in ("train.py", "home.py"):
        app = press(choose(visit("runs.py"), run), "Delete…")
        assert "cannot be undone" in words_of(app)
        app.query_params["run"] = other.id
        assert "cannot be undone" not in words_of(app.switch_page(page).run())
        assert "cannot be undone" not in words_of(app.switch_page("runs.py").run())


@pytest.mark.parametrize(
    ("make", "label"),
    [
        (silent_run, "Start from the beginning"),
        (lambda: resumable_run(digits_config(training={"epochs": 5}), state="stopped"), "Resume at epoch 3"),
    ],
)
def test_a_run_that_did_not_finish_is_resumed(visit, started, make, label):
    run = make()
    press(choose(visit("runs.py"), run), label)
    assert run.status().state == "queued"
    assert started == [run]


def test_a_finished_run_is_trained_further(visit, started):
    run = resumable_run(state="finished")
    app = press(choose(visit("runs.py"), run), "Train more epochs…")
    app.number_input(key="extend-epochs").set_value(3)
    app.number_input(key="extend-rate").set_value(0.004)
    press(app, "Train")
    (more,) = run.record().training.continuations
    assert (more.after_epoch, more.epochs, more.learning_rate) == (EPOCHS, 3, 0.004)
    assert started == [run]


def test_more_epochs_that_are_not_possible_are_told_in_the_question(visit, started):
    run = resumable_run(state="finished")
    app = press(choose(visit("runs.py"), run), "Train more epochs…")
    app.number_input(key="extend-rate").set_value(7.0)
    press(app, "Train")
    assert not app.exception
    assert "learning\\_rate" in app.error[0].value
    assert run.status().state == "finished"
    assert started == []


def test_a_run_without_a_checkpoint_is_not_trained_further(visit):
    run = finished_run()
    assert not is_offered(choose(visit("runs.py"), run), "Train more epochs…")


def test_a_clone_has_the_settings_of_the_run_in_the_form(visit):
    run = finished_run(digits_config(training={"epochs": 77}))
    app = press(choose(visit("runs.py"), run), "Clone")
    assert not app.exception
    assert [title.value for title in app.title] == ["Train"]
    assert 77 in [field.value for field in app.number_input]


def test_a_run_that_ends_while_its_page_is_open_is_shown_as_ended(visit):
    run = started_run()
    app = choose(visit("runs.py"), run)
    set_status(run, state="failed", error="The disk is full.")
    assert "The disk is full." in words_of(app.run())


def test_a_name_is_shown_on_the_other_page_too(visit):
    run = finished_run()
    run.save_notes(Notes(name="mine", text="my notes"))
    app = choose(visit("runs.py"), run)
    app.text_input[0].set_value("ours").run()
    app.query_params["run"] = run.id
    app.query_params["view"] = "watch"
    app.switch_page("train.py").run()
    assert (app.text_input[0].value, app.text_area[0].value) == ("ours", "my notes")
    app.switch_page("home.py").run()
    run.save_notes(Notes(name="theirs"))
    choose(app.switch_page("runs.py").run(), run)
    assert (app.text_input[0].value, app.text_area[0].value) == ("theirs", "")
    assert "meanwhile" not in words_of(app)
