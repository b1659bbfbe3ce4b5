"""The coach speaks of what is on the curve, and is silent about a healthy one."""

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cnn_core.coach import advise
from cnn_core.coach.changes import FAR_FROM_USUAL, USUAL_RATES
from cnn_core.config import AugmentationConfig, ConvBlock, RunConfig, TrainingConfig, replace
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import preset_config, preset_names
from cnn_core.runs.history import HISTORY_COLUMNS
from cnn_core.runs.record import RunStatus, new_record
from cnn_core.runs.steps import STEP_COLUMNS
from cnn_core.runs.store import showcase

GUESSING = math.log(10)
NO_STEPS = pd.DataFrame(columns=list(STEP_COLUMNS), dtype=float)


def config_of(preset="tutorial-cnn", dataset="fashion-mnist", **sections):
    return preset_config(preset, dataset_card(dataset), **sections)


def history_of(loss, val_loss=None, accuracy=None, val_accuracy=None, rate=1e-3):
    """A history; accuracies follow from the losses where they are not given (about what a classifier would have)."""
    loss = np.asarray(loss, float)
    val_loss = loss if val_loss is None else np.asarray(val_loss, float)
    accuracy = np.exp(-loss) if accuracy is None else accuracy
    val_accuracy = np.exp(-val_loss) if val_accuracy is None else val_accuracy
    columns = {
        "epoch": np.arange(1, len(loss) + 1),
        "loss": loss,
        "accuracy": accuracy,
        "val_loss": val_loss,
        "val_accuracy": val_accuracy,
        "learning_rate": np.broadcast_to(rate, loss.shape),
        "seconds": np.ones(len(loss)),
    }
    return pd.DataFrame(columns)[list(HISTORY_COLUMNS)]


def steps_of(losses, epoch=1, steps=844, every=20):
    numbers = np.arange(1, len(losses) + 1)
    return pd.DataFrame(
        {
            "epoch": float(epoch),
            "step": numbers * float(every),
            "steps": float(steps),
            "loss": np.asarray(losses, float),
            "accuracy": 0.1,
            "seconds": numbers / 4,
        }
    )


def status_of(state="finished", epochs=10, error=None):
    return RunStatus(state=state, heartbeat=0.0, epochs=epochs, error=error)


def advices(history, config=None, *, steps=NO_STEPS, state="finished", error=None):
    config = config or config_of(training={"epochs": max(1, len(history))})
    return advise(config, 10, history, steps, status_of(state, config.training.epochs, error))


def titles(*args, **kwargs):
    return [advice.title for advice in advices(*args, **kwargs)]


def only_change(advice, before: RunConfig):
    """The settings in which the offered run departs from the one that was watched."""
    assert advice.config is not None
    mine, theirs = before.model_dump(), advice.config.model_dump()
    changed = {}
    for section, value in theirs.items():
        if isinstance(value, dict):
            changed |= {f"{section}.{key}": new for key, new in value.items() if new != mine[section][key]}
        elif value != mine[section]:
            changed[section] = value
    return changed


# Healthy curves


def falling(start, end, epochs, pace=2.5):
    return end + (start - end) * np.exp(-pace * np.linspace(0, 1, epochs))


def long_training():
    """The configuration and the curve of a real, good training: 40 epochs of ``fast``."""
    augmentation = {"shift_pixels": 1, "erase_probability": 0.25}
    config = replace(config_of("fast"), training={"epochs": 40}, augmentation=augmentation)
    return config, pd.read_csv(Path(__file__).with_name("healthy_curve.csv"))


def test_a_long_and_good_training_is_called_healthy():
    config, history = long_training()
    (advice,) = advise(config, 10, history, NO_STEPS, status_of(epochs=40))
    assert (advice.title, advice.tone, advice.config) == ("A healthy curve", "calm", None)
    assert "After 40 epochs the training loss fell from 0.730 to 0.257" in advice.seen


@pytest.mark.parametrize("epochs", range(1, 41))
def test_it_was_never_called_a_problem_on_the_way(epochs):
    config, history = long_training()
    found = advise(config, 10, history.iloc[:epochs], NO_STEPS, status_of("running", epochs=40))
    assert {advice.tone for advice in found} == {"calm"}


def test_the_showcase_has_nothing_to_mend():
    run = showcase()
    (advice,) = advise(run.record(), 10, run.history(), run.steps(), run.status())
    assert (advice.title, advice.tone, advice.config) == ("A healthy curve", "calm", None)


@pytest.mark.parametrize("epochs", [1, 2])
def test_a_training_that_ended_at_once_is_not_praised(epochs):
    config = replace(config_of("fast"), training={"epochs": epochs})
    figures = ([0.52, 0.33], [0.5, 0.34], [0.81, 0.88], [0.82, 0.88])
    history = history_of(*(column[:epochs] for column in figures), rate=np.geomspace(1e-3, 1e-6, epochs))
    (advice,) = advices(history, config)
    assert (advice.title, advice.tone, advice.config) == ("Too short to say", "calm", None)


def test_a_young_healthy_curve_gives_one_calm_line():
    (advice,) = advices(history_of([0.52, 0.33], [0.38, 0.32], [0.81, 0.88], [0.86, 0.885]), state="running",
                        config=config_of(training={"epochs": 10}))  # fmt: skip
    assert advice.tone == "calm"
    assert advice.config is None
    assert advice.change_label is None


def test_before_the_first_epoch_it_is_too_early():
    assert titles(history_of([]), state="running") == ["Too early to say"]
    assert titles(history_of([]), state="stopped") == ["Nothing to read from"]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("epochs", [6, 10, 30])
def test_a_cosine_curve_that_ends_flat_is_healthy_whatever_the_noise(seed, epochs):
    random = np.random.default_rng(seed)
    loss = falling(0.6, 0.2, epochs, pace=4)
    val_loss = loss + 0.03 + 0.012 * random.standard_normal(epochs)
    val_accuracy = 0.93 - 0.15 * (val_loss - 0.23) + 0.003 * random.standard_normal(epochs)
    rate = 1e-3 * (0.001 + 0.5 * (1 + np.cos(np.pi * np.linspace(0.05, 1, epochs))))
    history = history_of(loss, val_loss, 0.94 - 0.3 * (loss - 0.2), val_accuracy, rate)
    config = config_of("small-resnet", training={"epochs": epochs})
    assert all(advice.tone == "calm" for advice in advices(history, config)), advices(history, config)


def test_there_are_never_more_than_three():
    loss = [0.5, 0.3, 0.2, 0.5, 0.08, 0.05, 0.03, 0.02, 0.01, 0.008]
    val_loss = [0.4, 0.3, 0.5, 0.31, 0.55, 0.4, 0.6, 0.45, 0.7, 0.6]
    found = advices(history_of(loss, val_loss), config_of(dataset="digits"))
    assert len(found) == 3
    order = ["problem", "hint", "calm"]
    assert [order.index(advice.tone) for advice in found] == sorted(order.index(advice.tone) for advice in found)


# What goes wrong in learning


def test_a_divergence_names_its_step_and_offers_a_tenth_of_the_rate():
    config = config_of(training={"learning_rate": 0.5, "optimizer": "sgd"})
    error = "The loss became infinite in epoch 2, step 17: the steps were too large."
    (advice,) = advices(history_of([2.1], rate=0.5), config, state="failed", error=error)
    assert advice.title == "The loss became infinite"
    assert "in epoch 2, step 17" in advice.seen
    assert "2.100" in advice.seen
    assert only_change(advice, config) == {"training.learning_rate": 0.05}


def test_a_loss_that_is_not_a_number_is_a_divergence_whatever_the_status_says():
    assert titles(history_of([0.9, np.nan])) == ["The loss became infinite"]


def test_another_failure_is_none():
    assert "The loss became infinite" not in titles(history_of([0.5, 0.4]), state="failed", error="The disk is full.")


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(0.1, {"training.learning_rate": 0.01}), (1e-6, {"training.learning_rate": 1e-3})],
    ids=["too high", "too low"],
)
def test_a_loss_at_the_logarithm_of_the_classes_means_nothing_is_learned(rate, expected):
    config = config_of(training={"learning_rate": rate})
    (advice,) = advices(history_of([2.31, 2.304, 2.303], rate=rate), config)
    assert advice.title == "Nothing is learned"
    assert "ln(10) = 2.303" in advice.seen
    assert only_change(advice, config) == expected


def test_where_the_rate_is_usual_the_network_is_offered_batch_normalisation():
    config = config_of(model={"blocks": [ConvBlock(filters=8, activation="sigmoid")]})
    (advice,) = advices(history_of([2.31, 2.304, 2.303]), config)
    assert all(block.batch_norm for block in advice.config.model.blocks)
    assert list(only_change(advice, config)) == ["model.blocks"]


def test_the_logarithm_is_that_of_this_run_s_classes():
    history = history_of([0.695, 0.694, 0.693], accuracy=[0.5] * 3, val_accuracy=[0.5] * 3)
    (advice,) = advise(config_of(), 2, history, NO_STEPS, status_of())
    assert advice.title == "Nothing is learned"
    assert titles(history_of([0.695, 0.694, 0.693]))[0] != "Nothing is learned"


def test_what_was_learned_and_lost_is_told_apart():
    (advice,) = advices(history_of([0.6, 0.5, 2.31, 2.303]))
    assert advice.title == "What was learned is lost again"
    assert "0.500 in epoch 2" in advice.seen


def test_a_first_epoch_that_stands_still_is_told_from_its_steps():
    assert titles(history_of([]), steps=steps_of([2.303] * 20), state="running") == ["Nothing is learned"]
    assert titles(history_of([]), steps=steps_of([2.303] * 5), state="running") == ["Too early to say"]
    assert titles(history_of([]), steps=steps_of([2.3, 2.0] + [1.1] * 20), state="running") == ["Too early to say"]


def test_a_training_loss_that_jumps_up_means_a_rate_too_high():
    config = config_of(training={"learning_rate": 0.01})
    advice = advices(history_of([0.9, 0.6, 1.1, 0.7, 0.6], rate=0.01), config)[0]
    assert advice.title == "The learning rate is too high"
    assert "From epoch 2 to 3 the training loss rose from 0.600 to 1.100" in advice.seen
    assert only_change(advice, config) == {"training.learning_rate": 0.003}


def test_a_throw_within_an_epoch_is_seen_in_the_steps():
    calm = [2.2, 1.0, 0.6, 0.5] + [0.4] * 10
    history = history_of([0.6, 0.5], [0.5, 0.45])
    assert "The learning rate is too high" not in titles(history, steps=steps_of(calm))
    (advice, *_) = advices(history, steps=steps_of([*calm, 7.5, 0.8]))
    assert advice.title == "The learning rate is too high"
    assert "around step 300" in advice.seen
    assert "7.50" in advice.seen


def test_high_losses_before_it_has_learned_are_no_throw():
    assert "The learning rate is too high" not in titles(history_of([0.9, 0.5]), steps=steps_of([9.0, 5.0, 2.0, 0.8]))


def test_a_slow_steady_descent_at_a_tiny_rate_means_a_rate_too_low():
    config = config_of(training={"learning_rate": 1e-5, "epochs": 6})
    history = history_of([1.6, 1.2, 1.0, 0.9, 0.83, 0.78], rate=1e-5)
    found = advices(history, config)
    assert found[0].title == "The learning rate is too low"
    assert only_change(found[0], config) == {"training.learning_rate": 1e-4}
    assert "It was still improving at the end" not in [advice.title for advice in found]


def test_the_same_descent_at_a_usual_rate_wants_more_epochs():
    config = config_of(training={"epochs": 6})
    (advice,) = advices(history_of([1.6, 1.2, 1.0, 0.9, 0.83, 0.78]), config)
    assert advice.title == "It was still improving at the end"
    assert only_change(advice, config) == {"training.epochs": 12}


def test_more_epochs_are_not_proposed_while_it_runs_nor_after_the_rate_has_gone():
    history = history_of([1.6, 1.2, 1.0, 0.9, 0.83, 0.78])
    assert titles(history, state="running") == ["A healthy curve"]
    decayed = history_of([1.6, 1.2, 1.0, 0.9, 0.83, 0.78], rate=np.geomspace(1e-3, 1e-6, 6))
    assert titles(decayed) == ["A healthy curve"]


def test_a_flat_curve_at_a_rate_that_stays_is_a_plateau():
    loss = [0.9, 0.6, 0.5, 0.48, 0.478, 0.477, 0.478, 0.476, 0.477, 0.476]
    val_loss = [0.9, 0.62, 0.55, 0.53, 0.54, 0.535, 0.538, 0.536, 0.54, 0.537]
    config = config_of()
    advice = next(one for one in advices(history_of(loss, val_loss), config) if one.title == "A plateau")
    assert "epoch 4 (0.530)" in advice.seen
    assert only_change(advice, config) == {"training.schedule": "cosine"}
    assert "A plateau" not in titles(history_of(loss, val_loss, rate=np.geomspace(1e-3, 1e-6, 10)))


@pytest.mark.parametrize(
    ("preset", "sections", "label"),
    [
        ("tutorial-cnn", {}, "Twice as many filters and units"),
        ("mlp", {}, "The tutorial's convolutions"),
        ("tutorial-cnn", {"model": {"dropout": 0.7}}, "Dropout 0.2 before the output"),
        ("tutorial-cnn", {"augmentation": {"mixup": 0.4}}, "Without mixing images"),
    ],
)
def test_both_accuracies_low_is_underfitting(preset, sections, label):
    config = config_of(preset, **sections)
    history = history_of([1.4, 1.2, 1.15, 1.14], [1.3, 1.2, 1.15, 1.15], [0.5, 0.55, 0.6, 0.6], [0.5, 0.55, 0.6, 0.6])
    advice = advices(history, config)[0]
    assert advice.title.startswith("Underfitting")
    assert "60.0%" in advice.seen
    assert advice.change_label == label


# Training against validation

OVERFITTED = history_of(
    [0.5, 0.33, 0.28, 0.22, 0.18, 0.14, 0.11, 0.08],
    [0.4, 0.32, 0.29, 0.27, 0.28, 0.30, 0.33, 0.36],
    [0.82, 0.88, 0.90, 0.92, 0.93, 0.95, 0.96, 0.97],
    [0.86, 0.885, 0.895, 0.903, 0.905, 0.904, 0.906, 0.905],
)


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({}, {"model.dropout": 0.4}),
        (
            {"model": {"dropout": 0.3}},
            {"augmentation.shift_pixels": 2, "augmentation.horizontal_flip": True},
        ),
        ({"model": {"dropout": 0.3}, "augmentation": {"noise": 0.1}}, {"training.weight_decay": 0.01}),
    ],
)
def test_a_validation_loss_that_rises_again_is_overfitting(sections, expected):
    config = config_of(training={"epochs": 8}, **sections)
    advice = advices(OVERFITTED, config)[0]
    assert advice.title.startswith("Overfitting")
    assert "Since epoch 4 the validation loss has risen from 0.270 to 0.360" in advice.seen
    assert "96.5%" in advice.seen
    assert only_change(advice, config) == expected


def test_digits_are_not_mirrored_against_overfitting():
    config = config_of(dataset="mnist", model={"dropout": 0.3})
    assert not advices(OVERFITTED, config)[0].config.augmentation.horizontal_flip


def test_one_bad_epoch_is_not_overfitting():
    history = history_of([0.5, 0.3, 0.2, 0.15], [0.4, 0.3, 0.25, 0.4], [0.8, 0.9, 0.93, 0.95], [0.85, 0.89, 0.91, 0.88])
    assert not any(title.startswith("Overfitting") for title in titles(history))


def test_a_wide_gap_is_told_while_the_validation_loss_still_falls():
    history = history_of([0.5, 0.2, 0.1], [1.0, 0.9, 0.8], [0.8, 0.95, 0.99], [0.6, 0.65, 0.7])
    assert "A wide gap between training and validation" in titles(history, state="running")


def test_batch_normalisation_that_has_not_caught_up_is_no_overfitting():
    history = history_of([1.66, 0.51, 0.36], [2.35, 2.35, 1.93], [0.46, 0.88, 0.92], [0.11, 0.2, 0.26])
    config = config_of("small-resnet", training={"epochs": 3})
    advice = advices(history, config, steps=steps_of([0.4], epoch=3, steps=11, every=11))[0]
    assert advice.title == "Batch normalisation has not caught up"
    assert "33 times" in advice.seen
    assert advice.config.training.epochs == 28


def test_a_validation_curve_that_swings_wants_a_rate_that_falls():
    val_loss = [0.6, 0.4, 0.6, 0.38, 0.62, 0.4, 0.6, 0.39]
    val_accuracy = [0.8, 0.87, 0.8, 0.88, 0.79, 0.87, 0.8, 0.88]
    config = config_of(training={"epochs": 8})
    history = history_of(falling(0.6, 0.3, 8), val_loss, falling(0.8, 0.9, 8), val_accuracy)
    advice = next(one for one in advices(history, config) if one.title == "The validation curve swings")
    assert only_change(advice, config) == {"training.schedule": "cosine"}


LONG = history_of(
    falling(0.5, 0.2, 14), [0.4, 0.35, 0.3, 0.29] + [0.291] * 10, None, [0.85, 0.88, 0.9, 0.91] + [0.905] * 10
)


@pytest.mark.parametrize(
    ("training", "title", "expected"),
    [
        ({}, "The best epoch came long before the end", {"training.patience": 3}),
        ({"patience": 10, "epochs": 50}, "Early stopping came late", {"training.patience": 5}),
        ({"protocol": "tutorial"}, "The best epoch came long before the end", {"training.protocol": "validation"}),
    ],
)
def test_epochs_after_the_best_one_are_told(training, title, expected):
    config = config_of(training={"epochs": 14, **training})
    advice = next(one for one in advices(LONG, config) if one.title == title)
    assert "Epoch 4 was the best" in advice.seen
    assert "10 " in advice.seen
    assert only_change(advice, config) == expected


@pytest.mark.parametrize("protocol", ["validation", "tutorial"])
def test_watched_test_images_are_called_so(protocol):
    found = advices(LONG.iloc[:3], config_of(training={"epochs": 3, "protocol": protocol}))
    words = " ".join(f"{one.title} {one.seen}" for one in found).lower()
    own, other = ("validation", "test") if protocol == "validation" else ("test", "validation")
    assert f"{own} loss" in words
    assert other not in words


def test_an_early_stop_that_came_in_time_is_not_told():
    history = LONG.iloc[:7]
    config = config_of(training={"epochs": 30, "patience": 3})
    assert not any("best epoch" in title or "late" in title for title in titles(history, config))


def test_few_validation_images_are_counted():
    history = history_of(
        falling(0.4, 0.05, 5), falling(0.3, 0.1, 5), falling(0.9, 0.97, 5), [0.92, 0.951, 0.944, 0.965, 0.958]
    )
    config = config_of(dataset="digits", training={"epochs": 5})
    advice = next(one for one in advices(history, config) if one.title.startswith("Few validation images"))
    assert "There are 144, so a single one moves the accuracy by 0.7 points" in advice.seen
    assert only_change(advice, config) == {"training.validation_share": 0.2}
    assert not any(title.startswith("Few validation images") for title in titles(history))


@pytest.mark.parametrize(
    ("sections", "reason"),
    [
        ({"model": {"dropout": 0.5}}, "dropout"),
        ({"augmentation": {"rotate_degrees": 10}}, "augmentation"),
        ({"augmentation": {"cutmix": 1.0}}, "mixed"),
        ({"training": {"ema_decay": 0.99}}, "averaged weights"),
    ],
)
def test_validation_above_training_is_explained_by_what_the_run_does(sections, reason):
    config = config_of("mlp", **sections)
    history = history_of(
        [0.6, 0.5, 0.45, 0.44], [0.5, 0.42, 0.40, 0.399], [0.78, 0.82, 0.83, 0.84], [0.82, 0.85, 0.87, 0.87]
    )
    advice = next(one for one in advices(history, config) if one.title.startswith("Validation above training"))
    assert reason in advice.why
    assert advice.tone == "calm"
    assert advice.config is None


# What the change is made of


def test_a_run_s_record_gives_settings_that_a_new_run_can_have():
    card = dataset_card("fashion-mnist")
    record = new_record(config_of(training={"epochs": 8}), card)
    advice = advise(record, 10, OVERFITTED, NO_STEPS, status_of())[0]
    assert type(advice.config) is RunConfig
    assert replace(advice.config) == advice.config


def test_epochs_that_were_added_count_as_asked():
    training = TrainingConfig(epochs=4, continuations=({"after_epoch": 4, "epochs": 4, "learning_rate": 1e-4},))
    config = config_of().model_copy(update={"training": training})
    advice = advices(OVERFITTED, config)[0]
    assert advice.config.training.epochs == 8
    assert advice.config.training.continuations == ()


def test_an_unknown_dataset_silences_only_what_needs_its_size():
    config = config_of().model_copy(update={"dataset": "mine", "augmentation": AugmentationConfig(noise=0.1)})
    assert advices(OVERFITTED, config)[0].title.startswith("Overfitting")


def test_real_histories_of_short_healthy_runs_raise_no_alarm():
    # What `python -m cnn_core train --preset tutorial-cnn --epochs 3 --seed 0` wrote.
    rows = """epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds
1,0.5226238,0.80887037,0.37636037,0.86183333,0.001,12.480148
2,0.32858518,0.88109259,0.3177607,0.8825,0.001,12.373863
3,0.27907665,0.89862963,0.28762217,0.89033333,0.001,10.221381"""
    history = pd.DataFrame(csv.DictReader(rows.splitlines())).astype(float)
    assert titles(history) == ["It was still improving at the end"]


def test_the_coach_needs_no_keras():
    for path in (Path(__file__).parents[2] / "cnn_core" / "coach").glob("*.py"):
        assert "keras" not in path.read_text(encoding="utf-8").replace("Keras's", "")


def test_of_two_epochs_with_the_lowest_loss_the_more_accurate_one_is_the_best():
    accuracies = [0.85, 0.88, 0.9, 0.91, 0.92] + [0.905] * 9
    history = history_of(falling(0.5, 0.2, 14), [0.4, 0.35, 0.3, 0.29, 0.29] + [0.295] * 9, None, accuracies)
    config = config_of(training={"epochs": 14, "monitor": "val_loss"})
    advice = next(one for one in advices(history, config) if one.title.startswith("The best epoch came"))
    assert "Epoch 5 was the best (92.0%" in advice.seen


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("dataset", ["fashion-mnist", "digits"])
def test_the_rate_of_a_preset_is_not_far_from_what_the_coach_calls_usual(preset, dataset):
    training = config_of(preset, dataset).training
    ratio = training.learning_rate / USUAL_RATES[training.optimizer]
    assert 1 / FAR_FROM_USUAL < ratio < FAR_FROM_USUAL
