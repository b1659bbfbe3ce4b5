"""Going on: a training that was interrupted ends as one that was not, to the last bit."""

import json
import signal
from dataclasses import replace

import numpy as np
import pytest

from cnn_core.config import AugmentationConfig, Continuation, DenseBlock, ModelConfig, RunTransfer
from cnn_core.errors import RunError
from cnn_core.models.build import build_model
from cnn_core.runs import directory
from cnn_core.runs.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from cnn_core.runs.directory import Run
from cnn_core.runs.events import Event
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.lifecycle import extend_run, resume_run
from cnn_core.runs.queue import Turn
from cnn_core.runs.snapshots import find_snapshots
from cnn_core.runs.store import create_run
from cnn_core.runs.writer import RunWriter
from cnn_core.training import fit as fit_module
from cnn_core.training import graph
from cnn_core.training.callbacks import Epoch, Requests, Step
from cnn_core.training.lowered import lowered
from cnn_core.training.precision import precision_here
from cnn_core.training.reporting import Reporter, RequestReader
from cnn_core.training.state import TrainingState
from cnn_core.training.worker import train_run
from tests.core.test_training import SMALL_CNN, Observed, config_for, digits, few, misled, same  # noqa: F401
from tests.core.test_worker import no_worker_left_behind, worker_processes  # noqa: F401
from tests.fixtures import digits_config, finished_run, set_status, started_run, wait_for

EVERYTHING = {
    "model": SMALL_CNN.model_copy(update={"dropout": 0.3}),
    "augmentation": AugmentationConfig(horizontal_flip=True, shift_pixels=1, noise=0.1, mixup=0.4),
    "optimizer": "adamw",
    "schedule": "one-cycle",
    "weight_decay": 0.01,
    "ema_decay": 0.9,
}


def stored(state):
    """A state as it comes back from the disk."""
    return TrainingState.from_facts(json.loads(json.dumps(state.facts())), state.arrays)


@pytest.fixture
def single_steps(monkeypatch):
    """A state can be saved after any step."""
    monkeypatch.setattr(fit_module, "STEPS_PER_CALL", 1)


@pytest.mark.usefixtures("single_steps")
@pytest.mark.parametrize("step", [1, 4, 6, 11])
def test_resumed_anywhere_it_ends_as_if_nothing_had_happened(few, step):  # noqa: F811
    config = config_for(epochs=3, **EVERYTHING)
    whole = Observed(config, few, save_at=step)
    again = Observed(config, few, resume=stored(whole.states[0]))
    assert same(whole.final, again.final)
    assert [s.loss for s in whole.steps[step:]] == [s.loss for s in again.steps]
    assert [s.learning_rate for s in whole.steps[step:]] == [s.learning_rate for s in again.steps]
    figures = [replace(epoch, seconds=0) for epoch in whole.epochs]
    assert figures[-len(again.epochs) :] == [replace(epoch, seconds=0) for epoch in again.epochs]
    assert whole.result == again.result


@pytest.mark.usefixtures("single_steps")
def test_what_teachers_said_is_learned_after_an_interruption_as_before(few):  # noqa: F811
    said = np.random.default_rng(0).dirichlet(np.ones(10), len(few.train_labels)).astype(np.float32)
    taught = replace(few, teacher_probabilities=said)
    config = config_for(epochs=2, **EVERYTHING, loss="categorical_crossentropy", teachers=("a",))
    whole = Observed(config, taught, save_at=6)
    assert same(whole.final, Observed(config, taught, resume=stored(whole.states[0])).final)
    others = replace(few, teacher_probabilities=said[::-1].copy())
    assert not same(whole.final, Observed(config, others, resume=stored(whole.states[0])).final)


@pytest.mark.usefixtures("single_steps")
def test_the_best_epoch_before_an_interruption_is_not_forgotten(misled):  # noqa: F811
    config = config_for(epochs=5, learning_rate=5e-3)
    whole = Observed(config, misled, save_at=18)
    assert whole.result.best_epoch < 5
    again = Observed(config, misled, resume=stored(whole.states[0]))
    assert again.result.best_epoch == whole.result.best_epoch
    assert same(again.final, whole.final)


def test_epochs_added_after_the_end_go_on_with_the_optimizer_as_it_was(few):  # noqa: F811
    config = config_for(epochs=2, optimizer="adam", learning_rate=1e-3)
    first = Observed(config, few)
    more = config.training.model_copy(
        update={"continuations": (Continuation(after_epoch=2, epochs=2, learning_rate=1e-3),)}
    )
    added = Observed(config.model_copy(update={"training": more}), few, resume=stored(first.states[-1]))
    at_once = Observed(config_for(epochs=4, optimizer="adam", learning_rate=1e-3), few)
    assert [epoch.epoch for epoch in added.epochs] == [3, 4]
    assert same(added.weights[-1], at_once.weights[-1])


@pytest.mark.usefixtures("single_steps")
def test_a_rate_changed_by_hand_scales_the_rest_and_survives_an_interruption(few):  # noqa: F811
    config = config_for(epochs=2, schedule="step", decay_epochs=1, learning_rate=1e-3)
    whole = Asking(config, few, Requests(learning_rate=5e-4), after=3, save_at=6)
    rates = [step.learning_rate for step in whole.steps]
    assert rates == pytest.approx([1e-3] * 3 + [5e-4] + [2.5e-4] * 4)
    assert [(m.action, m.epoch, m.step, m.value) for m in whole.markers] == [("learning-rate", 1, 3, 5e-4)]
    again = Observed(config, few, resume=stored(whole.states[1]))
    assert [step.learning_rate for step in again.steps] == pytest.approx([2.5e-4] * 2)
    assert same(again.final, whole.final)


def test_a_plateau_lowers_the_rate_and_says_so(misled):  # noqa: F811
    seen = Observed(
        config_for(epochs=8, schedule="plateau", decay_epochs=2, decay_factor=0.1, learning_rate=5e-3), misled
    )
    marks = [(marker.action, marker.epoch) for marker in seen.markers]
    assert marks
    assert marks[0][0] == "plateau"
    at = marks[0][1]
    rates = [epoch.learning_rate for epoch in seen.epochs]
    assert rates[at - 1] == pytest.approx(5e-3)
    assert rates[at] == pytest.approx(5e-4)


def test_plateaus_do_not_lower_the_rate_for_ever(misled):  # noqa: F811
    settings = {"schedule": "plateau", "decay_epochs": 1, "decay_factor": 0.1, "final_share": 0.05}
    seen = Observed(config_for(epochs=9, learning_rate=5e-3, **settings), misled)
    assert min(step.learning_rate for step in seen.steps) == pytest.approx(5e-3 * 0.05)
    assert [marker.value for marker in seen.markers] == pytest.approx([5e-4, 2.5e-4])


def test_early_stopping_ends_the_run_and_keeps_the_best_epoch(misled):  # noqa: F811
    seen = Observed(config_for(epochs=30, patience=2, learning_rate=5e-3), misled)
    best = seen.result.best_epoch
    assert seen.result.epochs == best + 2 < 30
    assert not seen.result.is_stopped
    assert seen.markers[-1].action == "early-stopped"
    assert same(seen.final, seen.weights[best - 1])


def test_the_last_epoch_is_kept_where_that_is_asked_for(misled):  # noqa: F811
    seen = Observed(config_for(epochs=4, restore_best=False, learning_rate=5e-3), misled)
    assert seen.result.best_epoch == 4
    assert same(seen.final, seen.weights[-1])


def test_the_monitored_figure_decides_what_is_best(digits):  # noqa: F811
    # Wrong labels on one half of what is watched: loss and accuracy disagree about the best epoch.
    labels = digits.watched_labels.copy()
    labels[::2] = (labels[::2] + 1) % 10
    torn = replace(digits, watched_labels=labels)
    for monitor in ("val_loss", "val_accuracy"):
        seen = Observed(config_for(epochs=8, monitor=monitor, learning_rate=3e-3), torn)
        sign = -1 if monitor == "val_loss" else 1
        best = max(seen.epochs, key=lambda epoch: sign * getattr(epoch, monitor))
        assert seen.result.best_epoch == best.epoch


def test_a_diverging_run_keeps_its_best_weights(few, monkeypatch):  # noqa: F811
    config = config_for(epochs=5)
    with pytest.raises(fit_module.DivergedError) as caught:
        Diverging.after(2, config, few, monkeypatch)
    assert (caught.value.epoch, caught.value.best_epoch) == (3, Diverging.last.epochs[-1].epoch)
    assert "The weights of epoch" in str(caught.value)
    assert same(Diverging.last.model.get_weights(), Diverging.last.weights[caught.value.best_epoch - 1])
    assert Diverging.last.markers[-1].action == "diverged"


class Diverging(Observed):
    """A training whose loss is not a number any more after so many epochs."""

    last = None

    @classmethod
    def after(cls, epochs, config, data, monkeypatch):
        run = fit_module.TrainingGraph.run

        def poisoned(graph, batches, epoch, first_step, rates):
            losses, corrects = run(graph, batches, epoch, first_step, rates)
            return (losses * np.nan if epoch > epochs else losses), corrects

        monkeypatch.setattr(fit_module.TrainingGraph, "run", poisoned)
        return cls(config, data)

    def __init__(self, *arguments, **options):
        type(self).last = self
        super().__init__(*arguments, **options)


def test_resumed_between_its_early_end_and_its_evaluation_it_does_not_train_on(misled):  # noqa: F811
    config = config_for(epochs=30, patience=2, learning_rate=5e-3)
    whole = Observed(config, misled)
    again = Observed(config, misled, resume=stored(whole.states[-1]))
    assert again.steps == []
    assert again.markers == []
    assert again.result == whole.result
    assert same(again.final, whole.final)


class Asking(Observed):
    """A training of which something is asked once, after so many steps; it is saved only when it must be."""

    def __init__(self, config, data, asked, *, after, **options):
        self.asked = dict.fromkeys([after], asked)
        super().__init__(config, data, requests=lambda: self.asked.pop(len(self.steps), Requests()), **options)


@pytest.mark.usefixtures("single_steps")
def test_a_rate_changed_by_hand_is_saved_at_once(few):  # noqa: F811
    config = config_for(epochs=2, learning_rate=1e-3)
    seen = Asking(config, few, Requests(learning_rate=2e-4), after=2)
    again = Observed(config, few, resume=stored(seen.states[0]))
    assert [step.learning_rate for step in again.steps] == pytest.approx([2e-4] * 6)
    assert same(again.final, seen.final)


@pytest.mark.usefixtures("single_steps")
def test_a_rate_set_early_in_a_warm_up_does_not_rise_above_what_was_planned(few):  # noqa: F811
    config = config_for(epochs=4, schedule="one-cycle", learning_rate=0.02)
    seen = Asking(config, few, Requests(learning_rate=0.01), after=1)
    rates = [step.learning_rate for step in seen.steps]
    assert rates[1] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(0.02)


def test_a_rate_asked_for_during_the_validation_is_not_said_to_have_been_used(few):  # noqa: F811
    config = config_for(epochs=1, learning_rate=1e-3)
    seen = Observed(config, few)
    # The last question of the epoch comes between the batches of the validation.
    questions = []
    Observed(config, few, requests=lambda: questions.append(None) or Requests())
    asked = iter([Requests()] * (len(questions) - 1) + [Requests(learning_rate=0.5)])
    late = Observed(config, few, requests=lambda: next(asked, Requests()))
    assert late.markers[-1].action == "learning-rate"
    assert late.epochs[0].learning_rate == seen.epochs[0].learning_rate == pytest.approx(1e-3)


@pytest.mark.usefixtures("single_steps")
def test_paused_twice_in_a_row_it_says_so_in_order(few):  # noqa: F811
    asked = iter([Requests(), Requests(pause=True), Requests(pause=True)])
    seen = Observed(config_for(epochs=1), few, requests=lambda: next(asked, Requests()))
    assert [marker.action for marker in seen.markers] == ["paused", "resumed", "paused", "resumed"]


def test_patience_begins_with_the_fine_tuning(misled):  # noqa: F811
    import keras

    keras.utils.set_random_seed(0)
    first = build_model(SMALL_CNN, misled.train_images.shape[1:], 10)
    source = finished_run(digits_config(model=SMALL_CNN), save=first.save)
    taken = len(SMALL_CNN.blocks)
    transfer = RunTransfer(run=source.id, blocks=taken, frozen_blocks=taken - 1, head_epochs=5)
    config = config_for(epochs=12, patience=2, learning_rate=5e-3).model_copy(update={"transfer": transfer})
    seen = Transferred(config, misled)
    # Its accuracy on wrong labels can only fall: without the head's own end it would stop in epoch 3 or 4.
    assert 7 <= seen.result.epochs < 12
    assert [marker.action for marker in seen.markers] == ["early-stopped"]


class Transferred(Observed):
    """A training that begins with the weights of another run."""

    def _model_for(self, config, data):
        from cnn_core.models.transfer import build_run_model

        return build_run_model(config, data.train_images.shape[1:], data.class_count)


# --- What the worker writes ---


def reporter_of(run, **options):
    writer = RunWriter(run)
    return Reporter(run, writer, RequestReader(run), Turn(run), epochs=9, **options)


def end_of_epoch(reporter, few, epochs, *, best=True):  # noqa: F811
    model = build_model(SMALL_CNN, few.train_images.shape[1:], 10)
    on_epoch = reporter.callbacks(model, few, seed=0).on_epoch
    for epoch in epochs:
        on_epoch(Epoch(epoch, 1.0, 0.5, 1.0, 0.5, 1e-3, 0.1, is_best=best))


def test_a_run_that_goes_on_keeps_the_network_of_its_evaluation(few):  # noqa: F811
    run = finished_run()
    before = run.model_path().read_bytes()
    end_of_epoch(reporter_of(run), few, [3])
    assert run.model_path().read_bytes() == before
    assert run.history()["epoch"].iloc[-1] == 3


def test_on_short_epochs_little_time_goes_into_what_is_only_shown(few):  # noqa: F811
    run = started_run(epochs=0)
    end_of_epoch(reporter_of(run), few, [1])
    written = run.model_path().stat().st_mtime_ns
    end_of_epoch(reporter_of(run), few, [2])
    reporter = reporter_of(run)
    end_of_epoch(reporter, few, [3])
    assert run.model_path().stat().st_mtime_ns > written
    written = run.model_path().stat().st_mtime_ns
    end_of_epoch(reporter, few, [4, 5])
    assert run.model_path().stat().st_mtime_ns == written
    assert run.samples().epoch == 3
    end_of_epoch(reporter, few, [9])
    assert run.samples().epoch == 9


def test_the_curve_by_step_reaches_the_end_of_a_short_run(few):  # noqa: F811
    run = started_run(epochs=0)
    on_step = reporter_of(run).callbacks(build_model(SMALL_CNN, (8, 8, 1), 10), few, seed=0).on_step
    for epoch in range(1, 10):
        for step in range(1, 5):
            on_step(Step(epoch, step, 4, 32, 1.0, 16, 1e-3))
    assert run.steps()[["epoch", "step"]].iloc[-1].tolist() == [9, 4]
    assert len(run.steps()) < 9


def test_half_a_checkpoint_under_its_temporary_name_is_none():
    run = started_run()
    (run.path / directory.CHECKPOINT).mkdir()
    (run.path / directory.CHECKPOINT / ".writing.npz").write_bytes(b"half")
    assert not run.has_checkpoint
    assert load_checkpoint(run) is None


def trained_here(run: Run) -> Run:
    """In this process: one of its own takes seconds to load TensorFlow."""
    train_run(run)
    return run


def test_a_checkpoint_of_another_version_is_told():
    run = trained_here(create_run(digits_config(training={"epochs": 1})))
    checkpoint = load_checkpoint(run)
    facts = {**checkpoint.facts, "position": {**checkpoint.facts["position"], "pace": 1}}
    save_checkpoint(run, 2, 1, Checkpoint(facts, checkpoint.arrays))
    set_status(run, state="stopped")
    resume_run(run)
    with pytest.raises(RunError):
        train_run(run)
    assert run.status().state == "failed"
    assert "another version of CNN Lab" in run.status().error


def test_going_on_with_other_libraries_is_noted():
    run = trained_here(create_run(digits_config(training={"epochs": 1})))
    config = run.path / directory.CONFIG
    settings = json.loads(config.read_text())
    settings["versions"]["keras"] = "3.0.0"
    config.write_text(json.dumps(settings))
    extend_run(run, 1, 1e-3)
    trained_here(run)
    assert "keras 3.0.0 → " in run.events()[-1].message


def test_marks_that_the_training_will_set_again_are_taken_back_with_the_curve():
    run = started_run()
    writer = RunWriter(run)
    for action, epoch, step in [("plateau", 1, 4), ("learning-rate", 2, 3), ("plateau", 2, 4), ("early-stopped", 2, 4)]:
        writer.append_event(Event(0.0, action, epoch, step, 4))
    writer.truncate(1, 2)
    assert [(event.action, event.epoch) for event in run.events()] == [("plateau", 1), ("learning-rate", 2)]


# --- The worker process ---

# So many that a machine with much else to do kills it before its end: an epoch takes a tenth of a second.
LONG_EPOCHS = 40
LONG = digits_config(
    preset="tutorial-cnn",
    model=ModelConfig(blocks=(*SMALL_CNN.blocks, DenseBlock(units=64, dropout=0.2))),
    training={
        "epochs": LONG_EPOCHS,
        "batch_size": 32,
        "deterministic": True,
        "optimizer": "muon",
        "schedule": "one-cycle",
        "precision": "bfloat16",
        "snapshots": True,
    },
    augmentation={"shift_pixels": 1, "erase_probability": 0.3},
)


def weights_of(run):
    import keras

    return keras.models.load_model(run.model_path()).get_weights()


def trained(run: Run) -> Run:
    wait_for(lambda: not run.status().is_active, run, timeout_seconds=120)
    return run


def start(run: Run) -> Run:
    LocalLauncher().start(run)
    return run


def kill(run):
    for process in worker_processes(str(run.path)):
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def checkpoints(run):
    return list((run.path / directory.CHECKPOINT).glob("[0-9]*.npz"))


def test_killed_in_the_middle_of_an_epoch_it_ends_with_the_same_weights(monkeypatch):
    """SIGKILL twice, a half-written checkpoint, resume: history, data order and schedule go on, bit for bit."""
    monkeypatch.setenv("CNN_LAB_CHECKPOINT_SECONDS", "0.2")
    whole = trained(start(create_run(LONG)))
    assert whole.status().state == "finished", whole.log()

    run = start(create_run(LONG))
    for epochs in (3, 6):
        # On a busy machine the first checkpoint alone may take as long as some of these short epochs.
        wait_for(lambda: len(run.history()) >= epochs and len(checkpoints(run)) == 2, run)  # noqa: B023
        kill(run)
        assert 0 < len(run.history()) < LONG_EPOCHS
        set_status(run, heartbeat=0.0)
        assert run.status().is_lost
        newest = sorted(checkpoints(run), key=lambda path: path.stat().st_mtime_ns)
        assert len(newest) == 2
        newest[-1].write_bytes(newest[-1].read_bytes()[: newest[-1].stat().st_size // 2])
        resume_run(run)
        start(run)
        wait_for(lambda: run.status().phase in ("training", "done"), run)
    trained(run)
    assert run.status().state == "finished", run.log()

    columns = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    assert run.history()[columns].to_numpy().tolist() == whole.history()[columns].to_numpy().tolist()
    assert same(weights_of(run), weights_of(whole))
    np.testing.assert_array_equal(run.predictions().logits, whole.predictions().logits)
    kept, expected = find_snapshots(run), find_snapshots(whole)
    assert kept.epochs == expected.epochs == tuple(range(LONG_EPOCHS + 1))
    for epoch in kept.epochs:
        assert same(kept.weights(epoch).values(), expected.weights(epoch).values())
    positions = run.steps()["epoch"] + run.steps()["step"] / run.steps()["steps"]
    assert positions.is_monotonic_increasing
    assert [event.action for event in run.events()].count("recovered") == 2
    assert [event.action for event in run.events()].count("checkpoint-damaged") == 2


def test_a_finished_run_trains_more_epochs_in_the_precision_that_it_began_with(monkeypatch):
    computed_in = []

    def noted(model, precision):
        computed_in.append(precision)
        return lowered(model, precision)

    monkeypatch.setattr(graph, "lowered", noted)
    config = digits_config(training={"epochs": 2, "precision": "auto"})
    run = trained_here(create_run(config))
    before = run.report()
    assert run.status().precision == precision_here(config.training)
    begun_elsewhere = "float32" if run.status().precision == "bfloat16" else "bfloat16"
    set_status(run, precision=begun_elsewhere)
    extend_run(run, 3, 5e-4)
    assert run.report() == before
    trained_here(run)
    assert run.status().state == "finished"
    assert run.history()["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert run.history()["learning_rate"].tolist() == pytest.approx([1e-3] * 2 + [5e-4] * 3)
    assert computed_in == [precision_here(config.training), begun_elsewhere]
    assert [(event.action, event.epoch, event.step) for event in run.events()] == [("continued", 3, 0)]
    assert run.report() != before


def test_a_run_killed_before_its_first_checkpoint_begins_anew():
    run = start(create_run(digits_config(training={"epochs": 300})))
    wait_for(lambda: len(run.steps()) > 1, run)
    kill(run)
    assert load_checkpoint(run) is None
    set_status(run, heartbeat=0.0)
    resume_run(run)
    start(run)
    wait_for(lambda: run.status().phase == "training" and len(run.history()) > 2, run)
    assert run.history()["epoch"].is_monotonic_increasing
    run.requests.stop()
    trained(run)
    assert run.status().state == "stopped"
