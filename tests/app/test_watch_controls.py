"""What can be asked of a run that is watched: each request reaches it, is told at once, and may come too late."""

import pytest

from cnn_core.config import TrainingConfig, limits
from cnn_core.runs.store import create_run
from cnn_core.runs.writer import RunWriter
from tests.app.reading import words_of
from tests.app.watching import button, click, labels, opened
from tests.fixtures import digits_config, finish, paused_run, set_status, started_run


def toasts_of(app):
    return [toast.value.replace("\\", "") for toast in app.toast]


def test_pause_asks_the_worker_to_pause_and_says_so_at_once(watch):
    run = started_run()
    app = click(watch(), "Pause")
    assert run.requests.has_pause
    assert button(app, "Pausing…").disabled
    # Somebody else who watches sees it too.
    assert "Pausing…" in labels(watch())


def test_resume_takes_the_pause_back_and_says_so_at_once(watch):
    run = paused_run()
    app = click(watch(), "Resume")
    assert not run.requests.has_pause
    assert button(app, "Resuming…").disabled


def test_two_tabs_that_press_pause_pause_once(watch):
    run = started_run()
    first, second = watch(), watch()
    click(first, "Pause")
    click(second, "Pause")
    assert run.requests.has_pause
    assert len(list((run.path / "requests").iterdir())) == 1


def test_a_queued_run_cannot_be_paused_but_taken_out_of_the_queue(watch):
    run = create_run(digits_config())
    app = watch()
    assert button(app, "Pause").disabled
    click(app, "Stop")
    assert run.requests.has_stop


@pytest.mark.parametrize("phase", ["starting", "downloading", "asking"])
def test_before_the_first_step_a_run_can_be_stopped_and_not_paused(watch, phase):
    run = started_run()
    set_status(run, phase=phase)
    app = watch()
    assert button(app, "Pause").disabled
    click(app, "Stop")
    assert run.requests.has_stop


def test_stop_asks_the_worker_to_stop_and_says_so_at_once(watch):
    run = started_run()
    app = click(watch(), "Stop")
    assert run.requests.has_stop
    assert button(app, "Stopping…").disabled
    assert button(app, "Pause").disabled


def test_a_paused_run_can_be_stopped(watch):
    run = paused_run()
    click(watch(), "Stop")
    assert run.requests.has_stop


@pytest.mark.parametrize("label", ["Pause", "Stop"])
def test_a_request_for_a_run_that_has_just_ended_is_told(watch, label):
    run = started_run()
    app = watch()
    finish(run)
    click(app, label)
    assert any("it has finished" in toast for toast in toasts_of(app))
    # And the page shows how it ended.
    assert app.success
    assert label not in labels(app)


def test_a_run_that_ends_while_it_is_watched_shows_its_end(watch):
    run = started_run()
    app = watch()
    finish(run, state="stopped")
    assert "Stopped" in app.run().info[0].value


def rate_box(app, run):
    return app.number_input(key=f"rate-{run.id}")


def test_the_box_of_the_learning_rate_begins_with_the_rate_of_the_moment(watch):
    run = started_run()
    RunWriter(run).append_steps(
        {"epoch": 3, "step": 1, "steps": 4, "loss": 1, "accuracy": 0.5, "seconds": 2, "learning_rate": 0.000375}
    )
    app = opened(watch(), f"rate-open-{run.id}")
    assert rate_box(app, run).value == 0.000375
    assert "The rest of the schedule is scaled" in words_of(app)


def test_another_learning_rate_is_asked_for_and_confirmed(watch):
    run = started_run()
    app = opened(watch(), f"rate-open-{run.id}")
    rate_box(app, run).set_value(0.0005)
    click(app, "Set")
    assert "Asked for 0.0005" in app.success[0].value
    assert run.requests.take_learning_rate() == 0.0005


@pytest.mark.parametrize("rate", [0, -1, 1.5])
def test_a_learning_rate_out_of_range_is_told_and_not_asked_for(watch, rate):
    run = started_run()
    app = opened(watch(), f"rate-open-{run.id}")
    rate_box(app, run).set_value(rate)
    click(app, "Set")
    assert any(f"at most {limits(TrainingConfig, 'learning_rate')[1]:g}" in toast for toast in toasts_of(app))
    assert not app.success
    assert run.requests.take_learning_rate() is None


def test_before_the_training_there_is_no_learning_rate_to_change(watch):
    run = create_run(digits_config())
    app = opened(watch(), f"rate-open-{run.id}")
    assert not [box for box in app.number_input if box.key == f"rate-{run.id}"]


def test_a_folder_that_cannot_be_written_is_told(watch):
    run = started_run()
    app = watch()
    (run.path / "requests").rmdir()
    (run.path / "requests").write_text("in the way")
    click(app, "Pause")
    assert toasts_of(app)


def test_a_run_that_was_deleted_elsewhere_is_told(watch, tmp_path):
    run = started_run()
    app = watch()
    run.path.rename(tmp_path / "elsewhere")
    app.button(key=f"pause-{run.id}").click()
    app.run()
    assert not app.exception
    assert "no longer there" in toasts_of(app)[0]
