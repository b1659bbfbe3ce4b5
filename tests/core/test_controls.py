"""Each setting of a training, read back from what it changes: the steps taken, the weights, the data."""

import subprocess
import sys

import numpy as np
import pytest

from cnn_core.config import AugmentationConfig, ImageNetTransfer
from cnn_core.data.load import load_dataset
from cnn_core.errors import DatasetError
from cnn_core.models.build import build_model
from cnn_core.training import fit as fit_module
from cnn_core.training.graph import TrainingData, TrainingGraph
from cnn_core.training.schedules import planned_rates
from cnn_core.training.setup import training_data
from cnn_core.training.stages import Stage, stages
from tests.core.test_training import BATCH, SMALL_CNN, Observed, config_for, digits, few, same  # noqa: F401
from tests.fixtures import digits_config


def fresh_model(config, data):
    import keras

    keras.utils.set_random_seed(config.seed)
    return build_model(config.model, data.train_images.shape[1:], data.class_count)


def one_step(config, data):
    """The weights before and after one step over all images, with the graph that took it."""
    model = fresh_model(config, data)
    before = model.get_weights()
    graph = TrainingGraph(model, data, config)
    batch = np.arange(len(data.train_labels), dtype=np.int32)[None]
    losses, _ = graph.run(batch, 1, 1, np.array([config.training.learning_rate]))
    return before, model.get_weights(), graph, float(losses[0])


def keras_step(config, data, **options):
    """The weights after the same step by ``train_on_batch``."""
    import keras

    model = fresh_model(config, data)
    model.compile(
        keras.optimizers.SGD(config.training.learning_rate, momentum=0.9, nesterov=True, **options.pop("sgd", {})),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.train_on_batch(data.train_images, data.train_labels, **options)
    return model.get_weights()


def assert_close(weights, others):
    for one, other in zip(weights, others, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


SGD = {"optimizer": "sgd", "learning_rate": 0.1}


@pytest.mark.parametrize("steps_per_call", [1, 3])
@pytest.mark.parametrize("schedule", ["constant", "step", "exponential", "cosine", "one-cycle"])
def test_each_step_is_taken_with_the_planned_rate_and_told_with_it(few, schedule, steps_per_call, monkeypatch):  # noqa: F811
    used = {}
    run = TrainingGraph.run

    def observed(graph, batches, *arguments):
        results = run(graph, batches, *arguments)
        # The optimizer's own counter and rate, after the last step of the call.
        used[int(graph.optimizer.iterations)] = float(graph.optimizer.learning_rate)
        return results

    monkeypatch.setattr(TrainingGraph, "run", observed)
    monkeypatch.setattr(fit_module, "STEPS_PER_CALL", steps_per_call)
    config = config_for(epochs=3, schedule=schedule, decay_epochs=1)
    seen = Observed(config, few)
    planned = planned_rates(config.training, 4)
    assert max(used) == 12
    assert len(used) == 12 or steps_per_call > 1
    assert list(used.values()) == pytest.approx([planned[taken - 1] for taken in used])
    assert [step.learning_rate for step in seen.steps] == pytest.approx(planned)


def test_the_rate_reaches_the_optimizer(few):  # noqa: F811
    _, _, graph, _ = one_step(config_for(learning_rate=0.0123), few)
    assert float(graph.optimizer.learning_rate) == pytest.approx(0.0123)


def test_class_weights_are_those_that_keras_would_apply(few):  # noqa: F811
    kept = np.flatnonzero((few.train_labels > 3) | (np.arange(len(few.train_labels)) % 3 == 0))
    uneven = TrainingData(
        few.train_images[kept], few.train_labels[kept], few.watched_images, few.watched_labels, few.class_count
    )
    config = config_for(class_weights="balanced", **SGD)
    counts = np.bincount(uneven.train_labels, minlength=10)
    weights = dict(enumerate(len(kept) / (10 * counts)))
    _, ours, _, _ = one_step(config, uneven)
    assert_close(ours, keras_step(config, uneven, class_weight=weights))
    assert not same(ours, one_step(config_for(**SGD), uneven)[1])


def test_clipping_is_by_the_norm_of_all_gradients_together(few):  # noqa: F811
    config = config_for(clip_norm=0.5, **SGD)
    before, after, _, _ = one_step(config, few)
    assert_close(after, keras_step(config, few, sgd={"global_clipnorm": 0.5}))
    moved = np.sqrt(sum(((one - other) ** 2).sum() for one, other in zip(before, after, strict=True)))
    # Nesterov's first step is 1.9 times the gradient.
    assert moved == pytest.approx(0.1 * 0.5 * 1.9, rel=1e-3)


def test_averaged_weights_follow_slowly_and_are_the_ones_evaluated(few):  # noqa: F811
    config = config_for(ema_decay=0.5, **SGD)
    before, after, graph, _ = one_step(config, few)
    # In the first steps less is kept of the past: (1 + 1) / (10 + 1).
    expected = [2 / 11 * old + 9 / 11 * new for old, new in zip(before, after, strict=True)]
    with graph.averaged():
        assert_close(graph._model.get_weights(), expected)
        assert same(graph.arrays()["weights"], after)
    assert same(graph._model.get_weights(), after)


def test_averages_without_a_warm_up_keep_the_weights_of_the_start(few):  # noqa: F811
    before, after, graph, _ = one_step(config_for(ema_decay=0.9, ema_warm_up=False, **SGD), few)
    with graph.averaged():
        assert_close(
            graph._model.get_weights(), [0.9 * old + 0.1 * new for old, new in zip(before, after, strict=True)]
        )


def test_the_kept_weights_are_the_averaged_ones(few):  # noqa: F811
    from cnn_core.evaluation.measures import cross_entropy
    from cnn_core.training.predicting import predict_logits

    averaged, plain = (Observed(config_for(epochs=2, ema_decay=decay), few) for decay in (0.99, 0.0))
    assert not same(averaged.final, plain.final)
    best = averaged.epochs[averaged.result.best_epoch - 1]
    loss = cross_entropy(few.watched_labels, predict_logits(averaged.model, few.watched_images))
    assert loss == pytest.approx(best.val_loss)


@pytest.mark.parametrize(
    "change",
    [
        {"horizontal_flip": True},
        {"shift_pixels": 1},
        {"rotate_degrees": 20},
        {"zoom": 0.3},
        {"contrast": 0.5},
        {"noise": 0.2},
        {"erase_probability": 1.0},
        {"mixup": 1.0},
        {"cutmix": 1.0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_augmentation_reaches_the_images_that_are_learned_from(few, change):  # noqa: F811
    plain = one_step(config_for(**SGD), few)
    changed = one_step(config_for(augmentation=AugmentationConfig(**change), **SGD), few)
    again = one_step(config_for(augmentation=AugmentationConfig(**change), **SGD), few)
    assert plain[3] != changed[3] == again[3]
    assert not same(plain[1], changed[1])
    assert same(changed[1], again[1])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75])
def test_a_share_of_the_training_images_is_taken_class_by_class(share):
    dataset = load_dataset("digits")
    data = training_data(dataset, digits_config(training={"train_share": share}))
    everything = training_data(dataset, digits_config())
    assert len(data.train_labels) == round(share * len(everything.train_labels))
    counts, whole = (np.bincount(part.train_labels) for part in (data, everything))
    assert np.abs(counts - share * whole).max() <= 1
    np.testing.assert_array_equal(data.watched_images, everything.watched_images)


def test_a_share_of_the_tutorials_training_images_is_taken_too():
    dataset = load_dataset("digits")
    data = training_data(dataset, digits_config(training={"train_share": 0.5, "protocol": "tutorial"}))
    assert len(data.train_labels) == round(0.5 * 1437)
    np.testing.assert_array_equal(data.watched_images, dataset.test_images)


def test_too_small_a_share_is_told_with_the_smallest_that_would_do():
    with pytest.raises(DatasetError, match=r"too few for one of each class.*at least"):
        training_data(load_dataset("digits"), digits_config(training={"train_share": 0.005}))


def test_the_validation_share_is_held_back():
    data = training_data(load_dataset("digits"), digits_config(training={"validation_share": 0.3}))
    assert len(data.watched_labels) == np.ceil(0.3 * 1437)


def test_deterministic_mode_reaches_tensorflow():
    code = (
        "from cnn_core.training.setup import import_keras, make_deterministic\n"
        "import_keras(); make_deterministic()\n"
        "from tensorflow.python.framework import config\n"
        "print(config.is_op_determinism_enabled())"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip().endswith("True")


def test_a_batch_larger_than_the_data_is_one_step_of_all_images(few):  # noqa: F811
    seen = Observed(config_for(epochs=1, batch_size=4096), few)
    assert [(step.step, step.steps, step.count) for step in seen.steps] == [(1, 1, 128)]


def test_the_head_learns_first_then_everything():
    config = config_for(epochs=5).model_copy(update={"transfer": ImageNetTransfer(head_epochs=2)})
    assert stages(config) == (Stage(1, 2, head_only=True), Stage(3, 5, head_only=False))
    assert stages(config_for(epochs=5)) == (Stage(1, 5, head_only=False),)


def test_a_run_shorter_than_its_head_stage_has_only_that():
    config = config_for(epochs=1).model_copy(update={"transfer": ImageNetTransfer(head_epochs=2)})
    assert stages(config) == (Stage(1, 1, head_only=True),)


def test_a_run_computes_in_its_precision_and_keeps_float32_weights(few):  # noqa: F811
    found = []
    for name in ("float32", "bfloat16"):
        _, weights, _, loss = one_step(digits_config("simple-cnn", training={"precision": name}), few)
        assert {weight.dtype for weight in weights} == {np.dtype("float32")}
        found.append(loss)
    assert found[0] != found[1]
    assert found[0] == pytest.approx(found[1], rel=0.05)
