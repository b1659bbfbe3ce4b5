"""What the script builds, draws and feeds is what the app builds, draws and feeds."""

import numpy as np
import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.models.presets import preset_config, preset_names
from tests.core.script_cases import (
    AUGMENTATION,
    IMAGENET,
    MODELS,
    OPTIONS,
    SHOWCASE,
    built,
    configuration_of,
    executed,
    small,
)


class _StoppedError(Exception):
    pass


class Prepared:
    """The script of a run up to its first call of ``fit``: the compiled model, and what ``fit`` gets."""

    def __init__(self, config, monkeypatch):
        import keras
        import tensorflow as tf

        def capture(model, *arguments, **named):
            self.model, self.batches, self.fit = model, arguments[0], named
            raise _StoppedError

        self.is_deterministic = False

        def enable():
            self.is_deterministic = True

        monkeypatch.setattr(keras.Model, "fit", capture)
        # It would hold for every test after this one.
        monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", enable)
        self.names = executed(config)
        with pytest.raises(_StoppedError):
            self.names["main"]()


@pytest.mark.parametrize("model", MODELS, ids=range(len(MODELS)))
def test_the_scripts_layers_and_first_weights_are_the_apps(model):
    import keras

    config = small(model=model, seed=3)
    ours = built(config)
    keras.utils.set_random_seed(config.seed)
    theirs = executed(config)["build_model"]()
    assert configuration_of(theirs) == configuration_of(ours)
    assert theirs.count_params() == ours.count_params()
    for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("preset", preset_names())
def test_the_script_of_a_preset_builds_the_apps_network(preset):
    config = preset_config(preset, dataset_card("digits"))
    assert configuration_of(executed(config)["build_model"]()) == configuration_of(built(config))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_script_compiles_the_apps_optimizer_and_feeds_the_apps_images(options, monkeypatch):
    from cnn_core.training.optimizers import build_optimizer
    from cnn_core.training.schedules import planned_rates
    from cnn_core.training.setup import training_data

    config = small(**options, seed=2)
    training = config.training
    script, data = Prepared(config, monkeypatch), training_data(load_dataset("digits"), config)

    theirs, ours = script.model.optimizer, build_optimizer(training)
    assert type(theirs).__name__ == type(ours).__name__
    assert {**theirs.get_config(), "name": ""} == {**ours.get_config(), "name": ""}
    excluded = [getattr(one, "_exclude_from_weight_decay_pattern", None) for one in (theirs, ours)]
    assert excluded[0] == excluded[1]
    assert bool(excluded[0]) == bool(training.weight_decay)
    assert script.model.loss.get_config()["from_logits"]
    assert script.model.loss.get_config().get("label_smoothing", 0.0) == training.label_smoothing
    assert script.fit["epochs"] == training.total_epochs
    assert script.fit["shuffle"] is False
    assert script.is_deterministic == training.deterministic

    np.testing.assert_array_equal(script.batches.images, data.train_images)
    watched, targets = script.fit["validation_data"]
    np.testing.assert_array_equal(watched, data.watched_images)
    labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
    np.testing.assert_array_equal(labels, data.watched_labels)

    steps = -(-len(data.train_labels) // training.batch_size)
    assert len(script.batches) == steps
    if "learning_rates" in script.names:
        np.testing.assert_allclose(script.names["learning_rates"](steps), planned_rates(training, steps), rtol=1e-12)
    else:
        assert np.ptp(planned_rates(training, steps)) == 0
        assert float(theirs.learning_rate) == pytest.approx(planned_rates(training, steps)[0])


@pytest.mark.parametrize("options", AUGMENTATION, ids=str)
def test_the_scripts_augmentation_draws_what_the_apps_does(options):
    import tensorflow as tf

    from cnn_core.training.augment import augment, mix

    config = small(augmentation=options)
    images, labels = load_dataset("digits").train_images[:20], load_dataset("digits").train_labels[:20]
    targets = np.eye(10, dtype="float32")[labels]
    names, seed = executed(config), np.array([7, 3], np.int32)
    ours = augment(tf.constant(images), config.augmentation, seed)
    ours, our_targets = mix(ours, tf.constant(targets), config.augmentation, seed)
    theirs = names["augment"](images, seed) if "augment" in names else images
    theirs, their_targets = names["mix"](theirs, targets, seed) if "mix" in names else (theirs, targets)
    assert not np.array_equal(theirs, images)
    # A graph may round another way than single operations do.
    np.testing.assert_allclose(np.asarray(theirs, int), np.asarray(ours, int), atol=1)
    np.testing.assert_allclose(their_targets, our_targets, atol=1e-6)


@pytest.mark.parametrize("is_head_only", [True, False])
@pytest.mark.parametrize(
    "config",
    [
        small("strong", transfer=SHOWCASE),
        small(transfer=IMAGENET),
        small(transfer={**IMAGENET, "network": "resnet50-v2", "frozen_share": 0.4}),
    ],
    ids=["run", "mobilenet", "resnet"],
)
def test_the_same_layers_learn_in_the_script(config, is_head_only):
    from cnn_core.models.transfer import set_trainable

    ours, names = built(config), executed(config)
    theirs = names["build_model"]()
    assert configuration_of(theirs) == configuration_of(ours)
    set_trainable(ours, config, head_only=is_head_only)
    names["set_trainable"](theirs, is_head_only)
    assert [layer.trainable for layer in theirs.layers] == [layer.trainable for layer in ours.layers]
