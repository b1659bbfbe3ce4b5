"""Watching a run: what it says in every state, its figures, its curves, its table."""

import time

import numpy as np
import pytest

from cnn_core.data.load import load_dataset
from cnn_core.runs.events import Event
from cnn_core.runs.samples import Samples
from cnn_core.runs.store import create_run
from cnn_core.runs.writer import RunWriter
from tests.app.reading import charts_of, html_of, words_of
from tests.app.watching import button, opened
from tests.fixtures import (
    damaged_run,
    digits_config,
    failed_run,
    finished_run,
    paused_run,
    resumable_run,
    set_status,
    silent_run,
    started_run,
)


def bar(app):
    (found,) = app.main.get("progress")
    return found.proto


def metrics_of(app):
    return {metric.label: metric.value for metric in app.metric}


def curves_of(app):
    """The charts by what they show: loss, accuracy, rate."""
    return {key.rpartition("-")[2]: chart for key, chart in charts_of(app).items()}


def traces_of(chart):
    return {trace["name"] or "events": trace for trace in chart["data"]}


def test_with_no_run_it_says_what_will_happen(watch):
    assert "Nothing trained yet" in words_of(watch())


def test_a_run_under_way_shows_how_far_it_is_and_its_figures(watch):
    run = started_run(digits_config(training={"epochs": 4}))
    set_status(run, train_count=1000)
    app = watch()
    # Two of four epochs in eight tenths of a second; a quarter of a thousand images each tenth.
    doing = "Training: epoch 2 of 4, step 4 of 4 · 1 s left · 2,500 images a second · learning rate 0.001"
    assert bar(app).text == doing
    assert bar(app).value == 50
    figures = metrics_of(app)
    assert (figures["Validation loss"], figures["Validation accuracy"]) == ("0.450", "90.00%")
    assert figures["Best so far"] == "epoch 2"
    assert app.selectbox(key="run").value == run.id


def test_the_figures_show_their_way(watch):
    started_run()
    app = watch()
    charts = {metric.label: list(metric.proto.chart_data) for metric in app.metric}
    assert charts["Validation loss"] == [0.9, 0.45]
    assert len(charts["Training accuracy"]) == 8


def test_the_best_epoch_is_the_one_that_the_run_monitors(watch):
    run = started_run(digits_config(training={"monitor": "val_loss"}))
    RunWriter(run).append_epoch(
        {"epoch": 3, "loss": 1, "accuracy": 1, "val_loss": 9, "val_accuracy": 0.99, "learning_rate": 1, "seconds": 1}
    )
    app = watch()
    assert metrics_of(app)["Best so far"] == "epoch 2"
    assert traces_of(curves_of(app)["accuracy"])["best epoch"]["x"] == [2]
    assert "loss 0.450" in [metric.delta for metric in app.metric]


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ({"phase": "starting"}, "Starting: loading TensorFlow and the images"),
        ({"phase": "downloading", "share": 0.37}, "Downloading the dataset: 37%"),
        ({"phase": "asking", "share": 0.5}, "Asking the teacher networks about the training images: 50%"),
    ],
    ids=["starting", "downloading", "asking"],
)
def test_before_the_training_it_says_what_is_done(watch, phase, words):
    run = create_run(digits_config())
    RunWriter(run).update(state="running", **phase)
    app = watch()
    assert bar(app).text == words
    assert "The curves appear here" in words_of(app)


def test_while_the_test_images_are_read_nothing_can_be_asked(watch):
    run = started_run()
    RunWriter(run).update(phase="evaluating")
    app = watch()
    assert bar(app).text == "Reading the test images"
    assert button(app, "Pause").disabled
    assert button(app, "Stop").disabled


def test_a_run_that_waits_says_so_and_leads_to_the_queue(watch):
    running, waiting = started_run(), create_run(digits_config())
    app = watch(waiting)
    assert bar(app).text == "Waiting for its turn"
    assert "See the queue" in [link.proto.label for link in app.main.get("page_link")]
    assert app.selectbox(key="run").value == waiting.id != running.id


def test_a_paused_run_says_since_when_and_that_it_costs_nothing(watch):
    run = paused_run()
    since = time.strftime("%H:%M", time.localtime(run.events()[-1].time))
    app = watch()
    assert bar(app).text.startswith(f"**Paused** at epoch 2 of 2, step 4 of 4 since {since}. It uses no processor")
    assert not button(app, "Resume").disabled


def test_a_run_that_waits_to_be_resumed_says_so(watch):
    run = paused_run()
    run.requests.resume()
    app = watch()
    assert "waits for its turn" in bar(app).text
    assert button(app, "Resuming…").disabled


def test_a_finished_run_says_how_good_it_is_and_leads_on(watch):
    run = finished_run()
    app = watch()
    assert f"**{run.report().accuracy:.2%}** of 360 test images right" in app.success[0].value
    assert "with the weights of epoch 2" in app.success[0].value
    assert {"Evaluate", "Classify"} <= {link.proto.label for link in app.main.get("page_link")}
    assert not app.main.get("progress")


def test_a_run_that_stopped_early_says_so(watch):
    run = finished_run(digits_config(training={"epochs": 9, "patience": 1}))
    RunWriter(run).append_event(Event(time.time(), "early-stopped", 2, 4, 4))
    assert "Early stopping ended it in epoch 2 of 9" in watch().success[0].value


def test_a_stopped_run_says_where_and_what_it_keeps(watch):
    resumable_run(digits_config(training={"epochs": 5}))
    said = watch().info[0].value
    assert "Stopped in epoch 3 of 5" in said
    assert "It keeps the weights of epoch 2" in said


def test_a_run_stopped_at_once_says_so(watch):
    set_status(started_run(epochs=0), state="stopped")
    app = watch()
    assert "Stopped before it had learned anything. **Start from the beginning**" in app.info[0].value
    assert not button(app, "Start from the beginning").disabled


def test_a_run_that_was_killed_resumed_and_cancelled_in_the_queue_says_what_it_still_has(watch):
    run = started_run(digits_config(training={"epochs": 5}))
    (run.path / "checkpoint").mkdir()
    (run.path / "checkpoint" / "00003-0000000.npz").write_bytes(b"no weights")
    set_status(run, state="stopped", phase="done")
    app = watch()
    assert app.info[0].value == "Stopped after 2 of 5 epochs, before it was tested. **Resume** goes on from there."
    assert not button(app, "Resume at epoch 3").disabled


def test_a_run_without_a_checkpoint_says_that_it_starts_anew(watch):
    set_status(started_run(digits_config(training={"epochs": 5})), state="stopped", phase="done")
    app = watch()
    assert "Stopped after 2 of 5 epochs, before it was tested. It has no checkpoint" in app.info[0].value
    assert not button(app, "Start from the beginning").disabled


def test_a_failed_run_says_why_and_what_the_worker_printed(watch):
    run = failed_run("The disk is full. Free some space.")
    (run.path / "log.txt").write_text("No space left on device\n")
    app = watch()
    assert app.error[0].value == "The disk is full. Free some space."
    assert app.main.code[0].value == "No space left on device"


def test_a_run_that_diverged_says_where_and_keeps_what_it_had(watch):
    run = finished_run(digits_config(training={"epochs": 5}), state="failed")
    set_status(run, error="The loss became infinite in epoch 3, step 2.")
    nan = float("nan")
    figures = dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), nan)
    RunWriter(run).append_epoch({"epoch": 3, **figures, "learning_rate": 1.0, "seconds": 1.0})
    app = watch()
    assert "infinite in epoch 3, step 2" in app.error[0].value
    assert metrics_of(app)["Validation loss"] == "–"
    assert metrics_of(app)["Best epoch"] == "epoch 2"
    assert "Evaluate" in [link.proto.label for link in app.main.get("page_link")]


def test_a_killed_run_says_so(watch):
    silent_run()
    assert "has not been heard of" in watch().error[0].value


def test_a_damaged_run_is_a_message_and_the_others_are_still_there(watch):
    whole, broken = finished_run(), damaged_run()
    app = watch(broken)
    assert "is damaged" in app.error[0].value
    app.selectbox(key="run").set_value(whole.id)
    assert app.run().success


def test_a_damaged_history_is_a_message(watch):
    run = started_run()
    (run.path / "history.csv").write_text("a,b\n1,2\n")
    assert "history.csv" in watch().error[0].value.replace("\\", "")


def test_the_run_under_way_comes_first_and_another_can_be_looked_at(watch):
    running = started_run()
    finished = finished_run()
    app = watch()
    assert app.selectbox(key="run").value == running.id
    app.selectbox(key="run").set_value(finished.id)
    app.run()
    assert app.success
    assert app.query_params["run"] == finished.id


def test_there_are_curves_of_loss_accuracy_and_learning_rate(watch):
    started_run()
    charts = curves_of(watch())
    assert set(charts) == {"loss", "accuracy", "rate"}
    assert {"training, by step", "training, by epoch", "validation", "best epoch", "events"} == set(
        traces_of(charts["loss"])
    )
    assert "learning rate, by step" in traces_of(charts["rate"])


def test_a_tutorial_run_says_that_the_test_images_are_watched(watch):
    started_run(digits_config(training={"protocol": "tutorial"}))
    app = watch()
    assert "Test accuracy" in metrics_of(app)
    assert "test" in traces_of(curves_of(app)["loss"])


def test_what_happened_is_marked_on_every_curve(watch):
    run = started_run()
    writer = RunWriter(run)
    writer.append_event(Event(time.time(), "paused", 1, 2, 4))
    writer.append_event(Event(time.time(), "learning-rate", 2, 1, 4, value=0.0005))
    for chart in curves_of(watch()).values():
        assert [line["x0"] for line in chart["layout"]["shapes"]] == [0.5, 1.25]
        assert "learning rate set by hand to 0.0005" in traces_of(chart)["events"]["text"][1]


def test_the_table_of_epochs_is_drawn_when_it_is_opened(watch):
    run = started_run()
    app = watch()
    assert not app.dataframe
    app = opened(app, f"epochs-{run.id}")
    table = app.dataframe[0].value
    assert table["epoch"].tolist() == [2, 1]
    # The best one is marked by a sign.
    assert table["best"].tolist() == ["★", ""]


def test_the_coach_speaks(watch):
    started_run()
    assert "What the coach sees" in [heading.value for heading in watch().subheader]


def saved_samples(run, epoch=2):
    images, labels = load_dataset("digits").test_images[:3], load_dataset("digits").test_labels[:3]
    probabilities = np.full((3, 10), 0.05, np.float32)
    probabilities[np.arange(3), labels] = 0.55
    probabilities[2, labels[2]], probabilities[2, (labels[2] + 1) % 10] = 0.3, 0.6
    RunWriter(run).save_samples(Samples(epoch, images, labels, probabilities))
    return labels


def test_images_show_what_the_network_says_of_them_and_whether_it_is_right(watch):
    run = started_run()
    labels = saved_samples(run)
    app = watch()
    assert "What it says after epoch 2" in [heading.value for heading in app.subheader]
    assert "2 of these 3 validation images right" in words_of(app)
    shown = html_of(app)
    assert shown.count("✓") == 2
    assert f"✗ {(labels[2] + 1) % 10}" in shown
    assert f"is {labels[2]}, 30%" in shown
    assert shown.count("<img src=") == 3


def test_damaged_images_are_left_out(watch):
    run = started_run()
    (run.path / "samples.npz").write_bytes(b"half")
    assert not watch().error


def test_the_settings_are_told_in_a_line_and_in_full(watch):
    config = digits_config(
        "tutorial-cnn", training={"epochs": 7, "optimizer": "sgd"}, augmentation={"shift_pixels": 1, "mixup": 0.2}
    )
    finished_run(config)
    app = watch()
    line = next(caption.value for caption in app.main.caption if "seed" in caption.value).replace("\\", "")
    assert "tutorial-cnn on Digits 8×8 · 7 epochs" in line
    assert "SGD" in line
    assert "shifted by up to 1 px, mixup 0.2" in line
    everything = words_of(app).replace("\\", "")
    assert "32 × 3×3" in everything
    assert "best epoch by val_accuracy" in everything


def test_a_run_that_keeps_its_last_epoch_says_so(watch):
    finished_run(digits_config(training={"restore_best": False}))
    everything = words_of(watch()).replace("\\", "")
    assert "the last epoch is kept" in everything
    assert "best epoch by" not in everything


def test_the_code_is_written_when_it_is_asked_for(watch):
    run = finished_run()
    app = watch()
    assert not app.main.code
    app = opened(app, f"code-{run.id}")
    assert "keras" in app.main.code[0].value


def test_a_part_of_the_images_and_a_single_epoch_are_told(watch):
    finished_run(digits_config(training={"epochs": 1, "train_share": 0.1}))
    line = next(caption.value for caption in watch().main.caption if "seed" in caption.value)
    assert "· 1 epoch · 10% of the images ·" in line


@pytest.mark.parametrize(("count", "words"), [(1, "1 teacher network ·"), (2, "2 teacher networks ·")])
def test_who_taught_a_run_is_told_in_its_line_and_by_name_in_its_settings(watch, count, words):
    teachers = tuple(finished_run().id for _ in range(count))
    training = {"loss": "categorical_crossentropy", "teachers": teachers, "teacher_share": 0.75}
    started_run(digits_config(training=training))
    shown = words_of(watch())
    assert words in shown.replace("\\", "")
    for teacher in teachers:
        assert teacher[-4:] in shown
    assert "75% of the target" in shown
