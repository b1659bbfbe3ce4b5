"""What a run that has ended can do next, and what a person can do with it."""

import html
import time

import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.jobs.job import JobStatus
from cnn_core.jobs.store import find_job
from cnn_core.models.presets import preset_config
from cnn_core.runs.adaptation_file import write_adaptation
from cnn_core.runs.directory import ADAPTATION
from cnn_core.runs.files import sha256_of
from cnn_core.runs.lifecycle import delete_run
from cnn_core.runs.notes import Notes
from cnn_core.runs.store import create_run, list_runs
from cnn_core.training.adapting import ADAPT, EPOCHS
from tests.app.reading import html_of, words_of
from tests.app.watching import button, click, labels
from tests.fixtures import (
    adaptation,
    digits_config,
    failed_run,
    finished_run,
    paused_run,
    resumable_run,
    set_status,
    silent_run,
    started_run,
)


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_run_with_a_checkpoint_goes_on_where_it_was(watch, started, state):
    run = resumable_run(digits_config(training={"epochs": 5}), state=state)
    (checkpoint,) = (run.path / "checkpoint").iterdir()
    checkpoint.rename(checkpoint.with_name("00003-0000021.npz"))
    app = click(watch(), "Resume at epoch 3, step 21")
    assert started == [run]
    assert run.status().state == "queued"
    # The page shows it under way again.
    assert "Waiting for its turn" in app.main.get("progress")[0].proto.text


def test_a_run_that_had_learned_all_goes_on_with_its_evaluation(watch):
    resumable_run(state="failed")
    assert "Resume at the evaluation" in labels(watch())


@pytest.mark.parametrize("make", [failed_run, silent_run], ids=["failed", "lost"])
def test_a_run_without_a_checkpoint_starts_from_the_beginning(watch, started, make):
    run = make()
    click(watch(), "Start from the beginning")
    assert started == [run]


def test_a_finished_run_offers_no_resume(watch):
    finished_run()
    assert not [label for label in labels(watch()) if label.startswith(("Resume", "Start from"))]


def test_a_run_that_another_tab_has_resumed_is_told(watch, started):
    run = resumable_run(digits_config(training={"epochs": 5}))
    app = watch()
    set_status(run, state="queued")
    app.button(key=f"resume-{run.id}").click()
    app.run()
    assert not app.exception
    assert "cannot be resumed while it is queued" in app.toast[0].value.replace("\\", "")
    assert started == []


def test_more_epochs_are_added_at_the_proposed_rate_and_the_run_goes_on(watch, started):
    run = resumable_run(digits_config(training={"schedule": "cosine", "learning_rate": 0.004}), state="finished")
    app = click(watch(), "Train more epochs…")
    assert app.number_input(key="extend-rate").value == pytest.approx(0.0004)
    app.number_input(key="extend-epochs").set_value(3)
    click(app, "Train")
    assert started == [run]
    (more,) = run.record().training.continuations
    assert (more.epochs, more.learning_rate, more.after_epoch) == (3, pytest.approx(0.0004), 2)
    assert run.status().state == "queued"


def test_who_trains_on_hears_that_what_was_taught_has_to_be_taught_again(watch):
    run = resumable_run(state="finished")
    told = "teach it again then"
    assert told not in words_of(click(watch(), "Train more epochs…"))
    write_adaptation(run, adaptation(), "of an earlier network")
    assert told not in words_of(click(watch(), "Train more epochs…"))
    write_adaptation(run, adaptation(), sha256_of(run.model_path()))
    assert told in words_of(click(watch(), "Train more epochs…"))


def test_a_run_without_a_checkpoint_cannot_be_trained_further(watch):
    finished_run()
    assert button(watch(), "Train more epochs…").disabled


def test_a_clone_fills_the_form_with_the_settings_of_the_run(watch):
    config = digits_config("tutorial-cnn", training={"epochs": 7, "batch_size": 33}, augmentation={"shift_pixels": 2})
    run = finished_run(config)
    run.save_notes(Notes(name="My best"))
    app = click(watch(), "Clone")
    assert app.query_params["view"] == ["setup"] or app.query_params["view"] == "setup"
    filled = app.session_state["draft"].config()
    assert (filled.training.epochs, filled.training.batch_size) == (7, 33)
    assert filled.augmentation.shift_pixels == 2
    assert "My best" in words_of(app)
    assert list_runs() == [run]


def test_a_network_of_clothes_can_be_taught_people_s_pictures(watch, processes):
    run = finished_run(preset_config("fast", dataset_card("fashion-mnist")))
    app = click(watch(), "Teach it people's pictures")
    job = find_job(ADAPT, run.id)
    assert processes == [["job", str(job.path)]]
    assert job.job_request().settings == {"run": run.id, "epochs": EPOCHS}
    # Under way: no second one. The button stays where it is, so that no other comes under the pointer.
    assert button(app, "Teach it people's pictures").disabled
    assert not button(app, "Cancel").disabled
    cancelled = click(watch(), "Cancel")
    assert cancelled.toast[0].value == "Cancelled."
    assert not button(cancelled, "Teach it people's pictures").disabled
    app = click(cancelled, "Teach it people's pictures")
    job = find_job(ADAPT, run.id)
    job.write_status(JobStatus(state="failed", heartbeat=time.time(), error="The disk is full."))
    app = watch()
    assert "The disk is full." in words_of(app)
    app = click(app, "Teach it again")
    job = find_job(ADAPT, run.id)
    assert len(processes) == 3
    write_adaptation(run, adaptation(), sha256_of(run.model_path()))
    job.write_result(adaptation().facts)
    job.write_status(JobStatus(state="done", heartbeat=time.time()))
    app = watch()
    assert "It knows people's pictures." in words_of(app)
    assert not [one for one in app.button if "people's pictures" in one.label]
    # Trained on since: what it learned was of another network.
    run.model_path().write_bytes(b"another network")
    app = watch()
    assert button(app, "Teach it people's pictures")
    assert "has been trained on since" in words_of(app)


def test_what_was_taught_after_a_failure_is_shown_and_not_the_failure(watch, processes):
    run = finished_run(preset_config("fast", dataset_card("fashion-mnist")))
    click(watch(), "Teach it people's pictures")
    assert processes
    find_job(ADAPT, run.id).write_status(JobStatus(state="failed", heartbeat=time.time(), error="The disk is full."))
    time.sleep(0.01)
    write_adaptation(run, adaptation(), sha256_of(run.model_path()))
    said = words_of(watch())
    assert "It knows people's pictures." in said
    assert "The disk is full." not in said


def test_what_was_learned_of_pictures_and_is_damaged_is_told(watch):
    run = finished_run(preset_config("fast", dataset_card("fashion-mnist")))
    (run.path / ADAPTATION).write_bytes(b"half a file")
    assert "is damaged" in words_of(watch())


def test_a_run_on_a_dataset_that_is_not_known_here_can_be_deleted(watch):
    run = finished_run()
    config = run.path / "config.json"
    config.write_text(config.read_text().replace('"digits"', '"from-another-machine"'))
    assert "Delete…" in labels(watch())


def test_a_network_of_digits_is_not_taught_pictures(watch):
    finished_run()
    assert not [one for one in watch().button if "pictures" in one.label]


def test_a_name_and_notes_are_saved_and_shown(watch):
    run = finished_run()
    app = watch()
    app.text_input[0].set_value("  Baseline ")
    app.text_area[0].set_value("Nothing *special*.")
    app.run()
    assert run.notes() == Notes(name="Baseline", text="Nothing *special*.")
    app = watch()
    assert "Baseline" in app.selectbox(key="run").options[0]
    assert "Nothing *special*." in html_of(app)


def test_notes_are_shown_as_they_were_written(watch):
    text = "Result\n---\n- *one* & <b>two</b>\nhttps://example.org"
    finished_run().save_notes(Notes(text=text))
    assert html.escape(text) in html_of(watch())


def test_deleting_asks_first(watch):
    run = finished_run()
    app = click(watch(), "Delete…")
    assert run.path.is_dir()
    click(app, "Keep")
    assert run.path.is_dir()


def test_a_deleted_run_is_gone_and_the_page_goes_on(watch):
    kept, run = finished_run(), finished_run()
    app = click(click(watch(run), "Delete…"), "Delete")
    assert list_runs() == [kept]
    assert app.selectbox(key="run").value == kept.id
    assert not app.warning
    assert app.query_params["run"] in (kept.id, [kept.id])


def test_a_question_is_about_the_run_that_is_shown(watch):
    other, run = finished_run(), finished_run()
    app = click(watch(run), "Delete…")
    app.selectbox(key="run").set_value(other.id).run()
    assert "cannot be undone" not in words_of(app)
    app.selectbox(key="run").set_value(run.id).run()
    assert "cannot be undone" not in words_of(app)


def test_a_run_that_was_deleted_elsewhere_meanwhile_is_told(watch):
    kept, run = finished_run(), finished_run()
    app = click(watch(run), "Delete…")
    delete_run(run)
    app.run()
    assert f"**{run.id}** is no longer there: somebody else deleted or moved it." == app.info[0].value.replace("\\", "")
    app = click(app, "Close")
    assert not app.info
    assert app.selectbox(key="run").value == kept.id


@pytest.mark.parametrize("make", [started_run, paused_run, lambda: create_run(digits_config())])
def test_an_active_run_is_not_deleted(watch, make):
    make()
    assert button(watch(), "Delete…").disabled
