"""The configuration of a run: its limits, and what it says when something does not fit."""

import math

import pytest

from cnn_core.config import (
    AugmentationConfig,
    ConvBlock,
    ModelConfig,
    RunConfig,
    TrainingConfig,
    limits,
    replace,
    run_config,
)
from cnn_core.errors import ConfigError

CONV = {"kind": "conv", "filters": 8}
DENSE = {"kind": "dense", "units": 16}


def settings(**sections):
    return {"preset": "mine", "model": {"blocks": [CONV, DENSE]}, **sections}


@pytest.mark.parametrize(
    ("section", "field", "smallest", "largest"),
    [
        ("training", "epochs", 1, 500),
        ("training", "batch_size", 1, 4096),
        ("training", "learning_rate", 1e-9, 1),
        ("training", "weight_decay", 0, 1),
        ("training", "validation_share", 0.001, 0.5),
        ("augmentation", "shift_pixels", 0, 8),
        ("augmentation", "erase_probability", 0, 1),
        ("model", "dropout", 0, 0.9),
        ("model", "enlarge_to", 8, 256),
    ],
)
def test_a_setting_is_accepted_up_to_its_limits_and_not_beyond(section, field, smallest, largest):
    start = run_config(settings())
    for value in (smallest, largest):
        assert getattr(getattr(replace(start, **{section: {field: value}}), section), field) == value
    for value in (-1, largest + 1):
        with pytest.raises(ConfigError, match=rf"{section}\.{field}: .*but {value} came"):
            replace(start, **{section: {field: value}})


@pytest.mark.parametrize("field", ["learning_rate", "validation_share"])
def test_a_learning_rate_and_a_validation_share_are_above_zero(field):
    with pytest.raises(ConfigError, match="greater than 0"):
        run_config(settings(training={field: 0}))


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_fits_in_32_bits(seed):
    with pytest.raises(ConfigError, match="seed"):
        run_config(settings(seed=seed))
    assert run_config(settings(seed=2**32 - 1)).seed == 2**32 - 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kernel": 0},
        {"kernel": 12},
        {"stride": 0},
        {"filters": 0},
        {"padding": "reflect"},
        {"activation": "swoosh"},
        {"pooling": "median"},
        {"dropout": 1.0},
        {"kernel": 2.5},
    ],
)
def test_a_block_out_of_range_is_named_by_its_place(wrong):
    field = next(iter(wrong))
    with pytest.raises(ConfigError, match=rf"model\.blocks\.1\.conv\.{field}"):
        run_config(settings(model={"blocks": [CONV, {**CONV, **wrong}]}))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("section", "field"),
    [("training", "learning_rate"), ("training", "weight_decay"), ("augmentation", "erase_probability")],
)
def test_what_is_not_a_finite_number_is_refused(section, field, value):
    with pytest.raises(ConfigError, match="finite number"):
        run_config(settings(**{section: {field: value}}))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"colour": "blue"}, "colour"),
        ({"training": {"epocs": 3}}, r"training\.epocs"),
        ({"augmentation": {"vertical_flip": True}}, r"augmentation\.vertical_flip"),
        ({"model": {"blocks": [{**CONV, "dilation": 2}]}}, r"blocks\.0\.conv\.dilation"),
    ],
)
def test_an_unknown_key_is_refused_and_named(wrong, named):
    with pytest.raises(ConfigError, match=named):
        run_config(settings(**wrong))


def test_label_smoothing_needs_one_hot_labels():
    with pytest.raises(ConfigError, match=r"needs one-hot labels: set .*categorical_crossentropy"):
        run_config(settings(training={"label_smoothing": 0.1}))
    allowed = run_config(settings(training={"label_smoothing": 0.1, "loss": "categorical_crossentropy"}))
    assert allowed.training.label_smoothing == 0.1


def test_a_convolution_after_a_dense_block_is_refused():
    with pytest.raises(ConfigError, match="convolution block stands after a dense block"):
        run_config(settings(model={"blocks": [CONV, DENSE, CONV]}))


@pytest.mark.parametrize(
    "wrong", [{"training": 3}, {"training": None}, {"model": {"blocks": "many"}}, {"preset": None}]
)
def test_a_section_of_the_wrong_kind_is_refused(wrong):
    with pytest.raises(ConfigError):
        run_config(settings(**wrong))


def test_every_problem_is_named_in_sentences():
    with pytest.raises(ConfigError) as caught:
        run_config(settings(seed=-5, training={"epochs": 0, "optimizer": "adagrad"}))
    message = str(caught.value)
    assert message.startswith("Please change the settings. ")
    assert message.endswith(".")
    assert "\n" not in message
    assert "pydantic" not in message
    for part in (
        "seed: ",
        "but -5 came",
        "training.epochs: ",
        "but 0 came",
        "training.optimizer: ",
        "'adagrad'",
    ):
        assert part in message


def test_replace_changes_what_was_asked_and_leaves_the_original_alone():
    original = run_config(settings(training={"batch_size": 32}))
    before = original.model_dump()
    changed = replace(original, seed=7, training={"epochs": 3})
    assert (changed.seed, changed.training.epochs, changed.training.batch_size) == (7, 3, 32)
    assert original.model_dump() == before


def test_replace_takes_none_for_a_value_like_any_other():
    enlarging = run_config(settings(model={"blocks": [], "enlarge_to": 28}))
    assert replace(enlarging, model={"enlarge_to": None}).model.enlarge_to is None
    with pytest.raises(ConfigError, match="model"):
        replace(enlarging, model=None)


def test_a_loss_that_cannot_smooth_labels_takes_the_smoothing_along():
    original = run_config(settings(training={"loss": "categorical_crossentropy", "label_smoothing": 0.1}))
    assert replace(original, training={"loss": "sparse_categorical_crossentropy"}).training.label_smoothing == 0


def test_replace_checks_again():
    original = run_config(settings(training={"loss": "categorical_crossentropy", "label_smoothing": 0.1}))
    with pytest.raises(ConfigError, match="one-hot"):
        replace(original, training={"loss": "sparse_categorical_crossentropy", "label_smoothing": 0.1})


@pytest.mark.parametrize("wrong", [{"optimiser": {"name": "adam"}}, {"seed": {"value": 1}}, {"colour": "blue"}])
def test_replace_refuses_what_does_not_exist(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        replace(run_config(settings()), **wrong)


def test_a_configuration_cannot_be_changed():
    config = run_config(settings())
    with pytest.raises(ValueError, match="frozen"):
        config.training.epochs = 3


def test_a_configuration_survives_json():
    config = run_config(settings(seed=9, training={"learning_rate": 0.1 + 0.2}, augmentation={"shift_pixels": 2}))
    assert RunConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    ("section", "field", "expected"),
    [
        (TrainingConfig, "epochs", (1, 500)),
        (TrainingConfig, "learning_rate", (0, 1)),
        (TrainingConfig, "optimizer", (None, None)),
        (AugmentationConfig, "shift_pixels", (0, 8)),
        (ModelConfig, "dropout", (0, 0.9)),
        (ConvBlock, "dropout", (0, 0.9)),
        (RunConfig, "seed", (0, 2**32 - 1)),
        (RunConfig, "preset", (None, None)),
    ],
)
def test_limits_are_what_the_configuration_checks(section, field, expected):
    assert limits(section, field) == expected


@pytest.mark.parametrize("name", sorted(AugmentationConfig.model_fields))
def test_every_augmentation_either_changes_images_or_mixes_them(name):
    assert not AugmentationConfig().changes_images
    augmentation = AugmentationConfig(**{name: 1 if name in ("horizontal_flip", "shift_pixels") else 0.2})
    assert augmentation.changes_images == (name not in ("sketches", "mixup", "cutmix"))
    assert augmentation.mixes_labels == (name in ("mixup", "cutmix"))
