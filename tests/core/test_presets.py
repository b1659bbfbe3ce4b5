"""The presets, layer by layer as Keras built them, and how they are fitted to a dataset."""

import numpy as np
import pytest

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig
from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.data.counts import check_image_counts
from cnn_core.data.splits import split_training
from cnn_core.errors import ConfigError
from cnn_core.models.build import build_model
from cnn_core.models.presets import MOST_EPOCHS_PROPOSED, find_preset, preset_config, preset_names
from cnn_core.models.shapes import feature_map_sizes

FASHION = (28, 28, 1)


def layers_of(model):
    """What a person would write down of each layer: its kind, and what Keras says of its size and activation."""
    described = []
    for layer in model.layers:
        kind, settings = type(layer).__name__, layer.get_config()
        if kind == "Conv2D":
            described.append((kind, settings["filters"], settings["kernel_size"], settings["activation"]))
        elif kind == "Dense":
            described.append((kind, settings["units"], settings["activation"]))
        elif kind == "MaxPooling2D":
            described.append((kind, settings["pool_size"]))
        else:
            described.append((kind,))
    return described


def built(preset, dataset="fashion-mnist"):
    card = dataset_card(dataset)
    config = preset_config(preset, card)
    return build_model(config.model, (card.height, card.width, card.channels), len(card.class_names))


def test_tutorial_cnn_is_the_network_of_the_tutorials_layer_by_layer():
    model = built("tutorial-cnn")
    assert layers_of(model) == [
        ("InputLayer",),
        ("Rescaling",),
        ("Conv2D", 32, (3, 3), "relu"),
        ("MaxPooling2D", (2, 2)),
        ("Conv2D", 64, (3, 3), "relu"),
        ("MaxPooling2D", (2, 2)),
        ("Conv2D", 128, (3, 3), "relu"),
        ("Flatten",),
        ("Dense", 128, "relu"),
        ("Dense", 10, "linear"),
    ]
    assert model.count_params() == 241_546


def test_tutorial_cnn_is_trained_as_in_the_tutorials():
    training = preset_config("tutorial-cnn", dataset_card("fashion-mnist")).training
    assert (training.optimizer, training.learning_rate, training.epochs, training.batch_size) == (
        "adam",
        1e-3,
        10,
        64,
    )
    assert training.loss == "sparse_categorical_crossentropy"


def test_simple_cnn_shows_every_kind_of_layer_once():
    model = built("simple-cnn")
    assert layers_of(model) == [
        ("InputLayer",),
        ("Rescaling",),
        ("Conv2D", 32, (3, 3), "relu"),
        ("MaxPooling2D", (2, 2)),
        ("Conv2D", 64, (3, 3), "relu"),
        ("Flatten",),
        ("Dense", 10, "linear"),
    ]
    # By hand: 32·(9+1) + 64·(9·32+1) + 10·(11·11·64+1)
    assert model.count_params() == 320 + 18_496 + 77_450


def test_mlp_has_no_convolution():
    assert [entry[:2] for entry in layers_of(built("mlp")) if entry[0] in ("Conv2D", "Dense")] == [
        ("Dense", 256),
        ("Dense", 128),
        ("Dense", 10),
    ]


def test_the_small_residual_network_has_a_shortcut_per_block_and_no_flattening():
    model = built("small-resnet")
    kinds = [entry[0] for entry in layers_of(model)]
    assert (kinds.count("Add"), kinds.count("GlobalAveragePooling2D"), kinds.count("Flatten")) == (3, 1, 0)
    assert [model.get_layer(f"block{number}_add").output.shape[1:] for number in (2, 3, 4)] == [
        (14, 14, 32),
        (7, 7, 64),
        (4, 4, 128),
    ]
    # By hand; a normalisation has 4 values a channel, and a convolution before one has no offset.
    first = 9 * 32 + 4 * 32
    identity = 2 * (9 * 32 * 32 + 4 * 32)
    wider = [
        9 * before * after + 9 * after**2 + before * after + 3 * 4 * after for before, after in ((32, 64), (64, 128))
    ]
    assert model.count_params() == first + identity + sum(wider) + 10 * (128 + 1)


def test_a_block_is_convolution_normalisation_activation_pooling_dropout_in_that_order():
    block = ConvBlock(filters=4, batch_norm=True, activation="gelu", pooling="average", dropout=0.25)
    model = build_model(ModelConfig(blocks=(block,), dropout=0.5), FASHION, 3)
    assert [type(layer).__name__ for layer in model.layers] == [
        "InputLayer",
        "Rescaling",
        "Conv2D",
        "BatchNormalization",
        "Activation",
        "AveragePooling2D",
        "Dropout",
        "Flatten",
        "Dropout",
        "Dense",
    ]
    convolution, activation = model.layers[2], model.layers[4]
    assert (convolution.get_config()["activation"], activation.get_config()["activation"]) == (
        "linear",
        "gelu",
    )
    assert not convolution.use_bias
    assert [model.layers[6].rate, model.layers[8].rate] == [0.25, 0.5]


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "gelu", "elu", "tanh", "sigmoid"])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_keras_knows_every_activation(activation, batch_norm):
    blocks = (
        ConvBlock(filters=2, activation=activation, batch_norm=batch_norm),
        DenseBlock(units=2, activation=activation, batch_norm=batch_norm),
    )
    model = build_model(ModelConfig(blocks=blocks), (8, 8, 1), 2)
    activations = [layer.get_config()["activation"] for layer in model.layers if "activation" in layer.get_config()]
    assert activations.count(activation) == 2


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("dataset", dataset_names())
def test_every_preset_fits_every_dataset(preset, dataset):
    card = dataset_card(dataset)
    model = built(preset, dataset)
    assert model.input_shape == (None, card.height, card.width, card.channels)
    assert model.output_shape == (None, len(card.class_names))


def test_images_too_small_for_the_poolings_are_enlarged_and_the_configuration_says_so():
    config = preset_config("tutorial-cnn", dataset_card("digits"))
    assert config.model.enlarge_to == 28
    model = build_model(config.model, (8, 8, 1), 10)
    assert model.get_layer("enlarge").output.shape == (None, 28, 28, 1)
    assert feature_map_sizes(config.model, 8, 8) == [(13, 13), (5, 5), (3, 3)]
    assert model.get_layer("block3_conv").output.shape[1:3] == (3, 3)


def test_images_that_are_large_enough_are_not_enlarged():
    assert preset_config("tutorial-cnn", dataset_card("fashion-mnist")).model.enlarge_to is None
    for preset in ("fast", "small-resnet"):
        assert preset_config(preset, dataset_card("digits")).model.enlarge_to is None


def test_clothes_are_mirrored_and_digits_are_not():
    assert find_preset("fast").augmentation.horizontal_flip
    assert preset_config("fast", dataset_card("fashion-mnist")).augmentation.horizontal_flip
    for name in ("digits", "mnist"):
        assert not preset_config("fast", dataset_card(name)).augmentation.horizontal_flip


def test_a_small_dataset_gets_smaller_batches_and_more_epochs():
    large, small = (preset_config("tutorial-cnn", dataset_card(name)).training for name in ("mnist", "digits"))
    assert small.batch_size < large.batch_size
    assert small.epochs > large.epochs


def test_settings_that_are_asked_for_outweigh_the_preset():
    config = preset_config("tutorial-cnn", dataset_card("digits"), seed=4, training={"epochs": 2, "batch_size": 50})
    assert (config.seed, config.training.epochs, config.training.batch_size) == (4, 2, 50)


def test_an_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match=r"no preset 'tutorial_cnn'\. Did you mean 'tutorial-cnn'\?") as caught:
        find_preset("tutorial_cnn")
    assert all(name in str(caught.value) for name in preset_names())


def test_a_handful_of_images_is_not_learned_for_ever():
    from dataclasses import replace as with_changes

    card = with_changes(dataset_card("digits"), train_count=10)
    for name in preset_names():
        assert preset_config(name, card).training.epochs <= MOST_EPOCHS_PROPOSED


@pytest.mark.parametrize(("smallest", "share"), [(10, 0.1), (9, 0.2), (5, 0.2), (4, 0.25), (3, 0.34), (2, 0.5)])
def test_each_class_of_a_small_dataset_can_be_watched(smallest, share):
    from dataclasses import replace as with_changes

    counts = (smallest, 20, 30)
    card = with_changes(
        dataset_card("digits"), class_names=("a", "b", "c"), train_count=sum(counts), train_counts=counts
    )
    config = preset_config("mlp", card)
    assert config.training.validation_share == share
    labels = np.repeat(np.arange(3), counts)
    split = split_training(labels, validation_share=share, seed=0)
    assert set(labels[split.validation]) == set(labels[split.train]) == {0, 1, 2}


def test_a_batch_is_not_larger_than_a_dataset_of_ten_images():
    from dataclasses import replace as with_changes

    card = with_changes(dataset_card("digits"), class_names=("a", "b"), train_count=10, train_counts=(5, 5))
    config = preset_config("fast", card)
    check_image_counts(card, config.training)
    assert config.training.batch_size == 4


def test_with_a_smaller_batch_muon_takes_smaller_steps_and_the_others_the_same():
    digits = preset_config("fast", dataset_card("digits")).training
    assert (digits.batch_size, digits.learning_rate) == (16, pytest.approx(0.005))
    assert preset_config("fast", dataset_card("fashion-mnist")).training.learning_rate == pytest.approx(0.02)
    assert preset_config("small-resnet", dataset_card("digits")).training.learning_rate == pytest.approx(4e-3)


def test_what_does_not_pool_does_not_pool_first():
    assert ConvBlock(filters=8, pool_first=True) == ConvBlock(filters=8)
    assert ConvBlock(filters=8, pooling="average", pool_first=True).pool_first
