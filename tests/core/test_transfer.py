"""Runs that start from the features of another run: what is taken, what learns, what does not fit."""

import itertools
import math

import numpy as np
import pytest

from cnn_core.config import AugmentationConfig, ConvBlock, DenseBlock, ModelConfig, replace
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.counts import check_image_counts
from cnn_core.errors import ConfigError, RunError
from cnn_core.models.build import build_model
from cnn_core.models.presets import preset_config
from cnn_core.models.transfer import build_run_model, fitted_kernel, set_trainable
from cnn_core.models.transfer_settings import (
    check_transfer,
    imagenet_config,
    proposed_blocks,
    transfer_config,
)
from cnn_core.models.transfer_table import run_layer_table, run_network_size
from cnn_core.runs.store import create_run, find_run, list_runs
from tests.fixtures import digits_config, failed_run, finished_run, started_run

SHAPE = (8, 8, 1)
DIGITS = dataset_card("digits")
FASHION = dataset_card("fashion-mnist")
NETWORK = ModelConfig(
    blocks=(
        ConvBlock(filters=4, padding="same", batch_norm=True, pooling="max"),
        ConvBlock(filters=6, padding="same", batch_norm=True, dropout=0.2),
        DenseBlock(units=5),
    )
)


def source_config(model=NETWORK):
    return replace(digits_config(), preset="fast", model=model.model_dump())


@pytest.fixture
def source():
    """A finished run with a network whose averages and weights are no fresh ones."""
    config = source_config()
    model = build_model(config.model, SHAPE, 10)
    rng = np.random.default_rng(0)
    model.set_weights([weight + rng.uniform(0.1, 0.2, weight.shape) for weight in model.get_weights()])
    return finished_run(config, save=model.save)


def config_from(run, blocks=2, card=DIGITS, **changes):
    transfer = {key: changes.pop(key) for key in ("frozen_blocks", "head_epochs") if key in changes}
    config = transfer_config(run.record(), run.id, card, blocks)
    return replace(config, transfer={**config.transfer.model_dump(), **transfer}, **changes)


def weights_by_layer(model):
    return {layer.name: layer.get_weights() for layer in model.layers if layer.weights}


def same(weights, others):
    return all(np.array_equal(one, other) for one, other in zip(weights, others, strict=True))


# What is taken


def test_the_first_blocks_have_the_weights_of_the_run_and_the_others_do_not(source):
    import keras

    theirs = weights_by_layer(keras.models.load_model(source.model_path()))
    ours = weights_by_layer(build_run_model(config_from(source, blocks=2), SHAPE, 10))
    taken = {name for name in ours if same(ours[name], theirs[name])}
    assert taken == {"block1_conv", "block1_norm", "block2_conv", "block2_norm"}


def test_features_of_small_images_fit_large_ones_and_another_number_of_classes(source):
    import keras

    theirs = weights_by_layer(keras.models.load_model(source.model_path()))
    config = config_from(source, card=FASHION)
    check_transfer(config, FASHION)
    model = build_run_model(config, (28, 28, 1), 7)
    assert model.output_shape == (None, 7)
    assert same(weights_by_layer(model)["block2_conv"], theirs["block2_conv"])


def test_dense_blocks_can_be_taken_where_the_images_are_the_same(source):
    import keras

    config = config_from(source, blocks=3)
    check_transfer(config, DIGITS)
    theirs = weights_by_layer(keras.models.load_model(source.model_path()))
    assert same(weights_by_layer(build_run_model(config, SHAPE, 10))["block3_dense"], theirs["block3_dense"])


def test_the_showcase_gives_its_features():
    config = transfer_config(find_run("showcase").record(), "showcase", dataset_card("mnist"), 3)
    check_transfer(config, dataset_card("mnist"))
    assert build_run_model(config, (28, 28, 1), 10).count_params() > 200_000


def test_a_checkpoint_needs_no_source():
    config = replace(source_config(), transfer={"kind": "run", "run": "gone", "blocks": 2})
    assert build_run_model(config, SHAPE, 10, is_fresh=False).output_shape == (None, 10)
    with pytest.raises(RunError, match="There is no run 'gone'"):
        build_run_model(config, SHAPE, 10)


def test_a_plain_run_is_built_as_ever():
    config = source_config()
    model = build_run_model(config, SHAPE, 10)
    assert [layer.name for layer in model.layers] == [
        layer.name for layer in build_model(config.model, SHAPE, 10).layers
    ]
    set_trainable(model, config, head_only=False)
    assert all(layer.trainable for layer in model.layers)


# What learns


@pytest.mark.parametrize(
    ("frozen_blocks", "head_only", "learning"),
    [
        (1, True, {"block3_dense", "logits"}),
        (1, False, {"block2_conv", "block2_norm", "block3_dense", "logits"}),
        (0, False, {"block1_conv", "block1_norm", "block2_conv", "block2_norm", "block3_dense", "logits"}),
        (2, False, {"block3_dense", "logits"}),
    ],
)
def test_steps_change_what_may_learn_and_nothing_else(source, frozen_blocks, head_only, learning):
    import keras
    import tensorflow as tf

    config = config_from(source, frozen_blocks=frozen_blocks)
    model = build_run_model(config, SHAPE, 10)
    set_trainable(model, config, head_only=head_only)
    before = weights_by_layer(model)
    images = np.random.default_rng(0).integers(0, 256, (16, *SHAPE), np.uint8)
    optimizer = keras.optimizers.SGD(0.5)
    for _ in range(2):
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=np.arange(16) % 10, logits=logits)
        optimizer.apply(tape.gradient(losses, model.trainable_variables), model.trainable_variables)
    after = weights_by_layer(model)
    # Of batch normalisation the running averages too: they are among the layer's weights.
    assert {name for name in before if not same(before[name], after[name])} == learning


def test_after_the_head_the_other_layers_wake_up_again(source):
    config = config_from(source)
    model = build_run_model(config, SHAPE, 10)
    set_trainable(model, config, head_only=True)
    set_trainable(model, config, head_only=False)
    assert all(layer.trainable for layer in model.layers)


def test_a_training_moves_the_head_alone_and_then_all_that_is_not_frozen(source):
    from cnn_core.training.callbacks import Callbacks
    from cnn_core.training.fit import TrainingData, fit

    config = config_from(source, frozen_blocks=1, head_epochs=1, training={"epochs": 2, "batch_size": 16})
    model = build_run_model(config, SHAPE, 10)
    images = np.random.default_rng(0).integers(0, 256, (48, *SHAPE), np.uint8)
    labels = np.arange(48) % 10
    states = [weights_by_layer(model)]
    fit(
        model,
        TrainingData(images, labels, images, labels, 10),
        config,
        Callbacks(on_epoch=lambda _: states.append(weights_by_layer(model))),
    )
    changed = [
        {name for name in before if not same(before[name], after[name])} for before, after in itertools.pairwise(states)
    ]
    head = {"block3_dense", "logits"}
    assert changed == [head, {"block2_conv", "block2_norm"} | head]


def test_the_table_tells_what_is_frozen(source):
    config = config_from(source, frozen_blocks=1)
    model = build_run_model(config, SHAPE, 10)
    set_trainable(model, config, head_only=False)
    size = run_network_size(config, SHAPE, 10)
    assert size.parameters == model.count_params()
    assert size.trainable_parameters == sum(math.prod(weight.shape) for weight in model.trainable_weights)
    frozen = [row for row in run_layer_table(config, SHAPE, 10) if row.parameters and not row.trainable_parameters]
    assert {row.name for row in frozen} == {"block1_conv", "block1_norm"}


# What does not fit


def test_an_unknown_run_is_refused_before_anything_is_created():
    config = replace(source_config(), transfer={"kind": "run", "run": "nobody", "blocks": 1})
    with pytest.raises(RunError, match="There is no run 'nobody'"):
        create_run(config)
    assert list_runs() == []


def test_a_run_without_a_network_is_refused():
    run = failed_run()
    with pytest.raises(RunError, match="has no network"):
        check_transfer(config_from(run, blocks=1), DIGITS)


def test_a_run_that_still_trains_is_refused():
    run = started_run(source_config())
    with pytest.raises(RunError, match=r"is running: its features are not final\. Wait"):
        check_transfer(config_from(run), DIGITS)


def test_other_first_blocks_are_refused_with_both_described(source):
    blocks = [block.model_dump() for block in NETWORK.blocks]
    blocks[1]["filters"] = 7
    config = config_from(source, model={"blocks": blocks})
    with pytest.raises(ConfigError, match=r"Block 2 is 7 × 3×3.* it is 6 × 3×3.*or take the first block only"):
        check_transfer(config, DIGITS)


def test_another_dropout_is_no_other_block(source):
    blocks = [{**block.model_dump(), "dropout": 0.4} for block in NETWORK.blocks]
    check_transfer(config_from(source, model={"blocks": blocks}), DIGITS)


def test_more_blocks_than_there_are_are_refused(source):
    blocks = [*(block.model_dump() for block in NETWORK.blocks), DenseBlock(units=3).model_dump()]
    config = config_from(source, model={"blocks": blocks})
    config = replace(config, transfer={"blocks": 4})
    with pytest.raises(ConfigError, match=r"4 blocks are to be taken from run .*, but it has 3"):
        check_transfer(config, DIGITS)


def test_grey_features_see_a_grey_image_in_colour_as_they_saw_it_in_grey(source):
    from dataclasses import replace as with_changes

    import keras

    check_transfer(config_from(source, blocks=2), with_changes(DIGITS, channels=3))
    ours = build_run_model(config_from(source, blocks=2), (8, 8, 3), 10)
    theirs = keras.models.load_model(source.model_path())
    image = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 1), np.uint8)
    in_colour = keras.Model(ours.input, ours.get_layer("block2_norm").output)(np.repeat(image, 3, axis=3))
    in_grey = keras.Model(theirs.input, theirs.get_layer("block2_norm").output)(image)
    np.testing.assert_allclose(in_colour, in_grey, atol=1e-5)


def test_a_kernel_of_colour_images_sees_a_grey_one_as_before():
    kernel = np.random.default_rng(1).normal(size=(3, 3, 3, 4)).astype(np.float32)
    fitted = fitted_kernel(kernel, (3, 3, 1, 4))
    grey = np.random.default_rng(2).normal(size=(3, 3)).astype(np.float32)
    before = np.einsum("ij,ijcf->f", grey, kernel)
    np.testing.assert_allclose(np.einsum("ij,ijcf->f", grey, fitted), before, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 3, 2, 4), (5, 5, 3, 4), (3, 3, 3, 5), (4,)])
def test_other_weights_stay_as_they_are(shape):
    kernel = np.zeros((3, 3, 1, 4), np.float32)
    assert fitted_kernel(kernel, shape) is kernel


def test_a_dense_first_block_does_not_fit_images_of_other_colours():
    from dataclasses import replace as with_changes

    run = finished_run(digits_config(model={"blocks": [DenseBlock(units=4)]}))
    config = transfer_config(run.record(), run.id, DIGITS, 1)
    with pytest.raises(ConfigError, match="looks at grey images, but those of Digits 8×8 are colour"):
        check_transfer(config, with_changes(DIGITS, channels=3))


def test_a_dense_block_does_not_fit_images_of_another_size(source):
    config = config_from(source, blocks=3, card=FASHION)
    with pytest.raises(
        ConfigError, match=r"Block 3 of run .* is dense.* 8×8 .* 28×28 .*or take the first 2 blocks only"
    ):
        check_transfer(config, FASHION)


def test_features_of_an_imagenet_network_are_not_blocks():
    run = finished_run(imagenet_config(DIGITS))
    config = replace(
        imagenet_config(DIGITS),
        model={"blocks": [DenseBlock(units=4).model_dump()]},
        transfer={"kind": "run", "run": run.id, "blocks": 1},
    )
    with pytest.raises(ConfigError, match="are those of an ImageNet network"):
        check_transfer(config, DIGITS)


def test_images_that_are_neither_grey_nor_colour_are_refused():
    from dataclasses import replace as with_changes

    with pytest.raises(ConfigError, match="have 4 channels"):
        check_transfer(imagenet_config(DIGITS), with_changes(DIGITS, channels=4))


def test_a_model_file_that_is_not_what_the_settings_say_is_refused():
    other = ModelConfig(blocks=(ConvBlock(filters=9, padding="same", batch_norm=True, pooling="max"),))
    run = finished_run(source_config(), save=build_model(other, SHAPE, 10).save)
    with pytest.raises(RunError, match=r"layer 'block1_conv' cannot be taken .* expected the shapes"):
        build_run_model(config_from(run), SHAPE, 10)


def test_a_damaged_model_file_is_told():
    run = finished_run(source_config())
    with pytest.raises(RunError, match="cannot be loaded"):
        build_run_model(config_from(run), SHAPE, 10)


# What is proposed


def test_smaller_images_are_enlarged_to_those_that_the_features_know():
    showcase = find_run("showcase").record()
    assert transfer_config(showcase, "showcase", DIGITS, 2).model.enlarge_to == 28
    assert transfer_config(showcase, "showcase", FASHION, 2).model.enlarge_to is None


def test_on_the_same_dataset_the_same_images_stay_unseen(source):
    record = source.record().model_copy(update={"seed": 3})
    record = record.model_copy(update={"training": record.training.model_copy(update={"validation_share": 0.25})})
    config = transfer_config(record, source.id, DIGITS, 1)
    assert (config.seed, config.training.validation_share) == (3, 0.25)


def test_digits_are_not_mirrored():
    showcase = find_run("showcase").record()
    showcase = showcase.model_copy(
        update={"augmentation": showcase.augmentation.model_copy(update={"horizontal_flip": True})}
    )
    assert transfer_config(showcase, "showcase", FASHION, 1).augmentation.horizontal_flip
    assert not transfer_config(showcase, "showcase", dataset_card("mnist"), 1).augmentation.horizontal_flip
    assert not imagenet_config(dataset_card("mnist")).augmentation.horizontal_flip


def test_digits_are_not_shown_as_photos_and_drawings():
    showcase = find_run("showcase").record()
    augmentation = AugmentationConfig(photos=0.2, drawings=0.1, sketches=0.1, shift_pixels=1)
    showcase = showcase.model_copy(update={"augmentation": augmentation})
    assert transfer_config(showcase, "showcase", FASHION, 1).augmentation == augmentation
    of_digits = transfer_config(showcase, "showcase", dataset_card("mnist"), 1).augmentation
    assert of_digits == AugmentationConfig(shift_pixels=1)


def test_from_scratch_nothing_is_spared():
    transfer = imagenet_config(DIGITS, "resnet50-v2", "random").transfer
    assert (transfer.frozen_share, transfer.head_epochs, transfer.fine_tune_rate) == (0.0, 0, 1.0)
    pretrained = imagenet_config(DIGITS, "resnet50-v2")
    assert pretrained.transfer.weights == "imagenet"
    assert (pretrained.transfer.head_epochs, pretrained.transfer.fine_tune_rate) == (2, 0.1)
    assert (pretrained.training.epochs, pretrained.training.batch_size) == (6, 32)


def test_more_blocks_than_the_network_has_cannot_be_proposed(source):
    with pytest.raises(ConfigError, match="take fewer"):
        transfer_config(source.record(), source.id, DIGITS, 4)


def test_the_settings_of_a_run_on_an_imagenet_network_can_be_given_to_the_command_line_again():
    from cnn_core.cli.settings import requested_config
    from cnn_core.runs.record import new_record

    config = imagenet_config(DIGITS, "resnet50-v2", "random")
    file = new_record(config, DIGITS).model_dump(mode="json")
    asked = requested_config(file, {"dataset": None, "preset": None, "seed": 4}, {}, training={"epochs": 2})
    assert asked == replace(config, seed=4, training={"epochs": 2})


# What is proposed for few images of another kind


def test_few_other_images_are_trained_on_as_from_chance_and_the_last_block_is_not_taken(source):
    from dataclasses import replace as with_changes

    card = with_changes(dataset_card("mnist"), train_count=400, train_counts=(40,) * 10)
    record = source.record()
    assert proposed_blocks(record, card) == 1
    config = transfer_config(record, source.id, card, 1)
    assert config.training == preset_config("fast", card).training
    assert (config.transfer.head_epochs, config.transfer.fine_tune_rate) == (0, 1.0)
    check_image_counts(card, config.training)


def test_many_images_and_those_that_the_run_knows_keep_all_its_features(source):
    record = source.record()
    assert proposed_blocks(record, FASHION) == proposed_blocks(record, DIGITS) == 2
    assert transfer_config(record, source.id, FASHION, 2).training.epochs < 10
