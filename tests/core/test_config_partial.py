"""Settings that are being typed: what of them can be shown, and the limits that the widgets name."""

import pytest

from cnn_core.config import (
    AugmentationConfig,
    ModelConfig,
    RunConfig,
    TrainingConfig,
    excluded_limits,
    impossible_fields,
    is_whole_number,
    limits,
    possible_part,
)
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import preset_config


@pytest.fixture
def before():
    return preset_config("fast", dataset_card("digits"))


def changed(config, **sections):
    settings = config.model_dump()
    for name, values in sections.items():
        settings[name] = {**settings[name], **values} if isinstance(values, dict) and settings[name] else values
    return settings


def test_settings_that_are_possible_come_out_as_they_are(before):
    assert possible_part(before.model_dump(), before) == (before, frozenset())


def test_a_setting_out_of_range_has_its_value_of_before_and_the_others_are_today_s(before):
    config, mended = possible_part(changed(before, training={"epochs": 9999, "batch_size": 77}), before)
    assert (config.training.epochs, config.training.batch_size) == (before.training.epochs, 77)
    assert mended == {"training"}


def test_one_section_out_of_range_leaves_the_others(before):
    settings = changed(before, training={"epochs": 0}, model={"dropout": 0.1}, augmentation={"zoom": 0.2})
    config, mended = possible_part(settings, before)
    assert (config.model.dropout, config.augmentation.zoom, mended) == (0.1, 0.2, {"training"})


def test_a_network_ends_before_its_first_impossible_block(before):
    blocks = [dict(block) for block in before.model_dump()["model"]["blocks"]]
    blocks.insert(0, {**blocks[0], "filters": 16})
    blocks[2]["filters"] = 0
    config, mended = possible_part(changed(before, model={"blocks": blocks}), before)
    assert [block.filters for block in config.model.blocks] == [16, 32]
    assert mended == {"model"}


def test_settings_that_do_not_go_together_are_those_of_before(before):
    settings = changed(before, training={"loss": "sparse_categorical_crossentropy", "epochs": 3})
    config, mended = possible_part(settings, before)
    assert (config.training, mended) == (before.training, {"training"})


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, 2**80])
def test_a_seed_out_of_range_is_that_of_before(before, seed):
    config, mended = possible_part(changed(before, seed=seed), before)
    assert (config.seed, mended) == (before.seed, {"seed"})


def test_a_transfer_out_of_range_has_its_values_of_before(before):
    settings = changed(before, transfer={"kind": "run", "run": "showcase", "blocks": 1, "head_epochs": 3})
    first, _ = possible_part(settings, before)
    settings["transfer"] = {**settings["transfer"], "head_epochs": -1, "blocks": 2}
    config, mended = possible_part(settings, first)
    assert (config.transfer.blocks, config.transfer.head_epochs, mended) == (2, 3, {"transfer"})


def test_the_limits_of_a_setting_that_may_be_left_out_are_those_of_what_is_set():
    assert limits(ModelConfig, "enlarge_to") == (8, 256)
    assert is_whole_number(ModelConfig, "enlarge_to")


@pytest.mark.parametrize(
    ("section", "field", "expected"),
    [
        (TrainingConfig, "learning_rate", (True, False)),
        (TrainingConfig, "momentum", (False, True)),
        (TrainingConfig, "decay_factor", (True, True)),
        (TrainingConfig, "epochs", (False, False)),
        (RunConfig, "seed", (False, False)),
        (AugmentationConfig, "noise", (False, False)),
    ],
)
def test_it_is_known_which_limits_are_not_allowed_themselves(section, field, expected):
    assert excluded_limits(section, field) == expected
    low, high = limits(section, field)
    settings = {"preset": "own", "model": {"blocks": ()}} if section is RunConfig else {}
    for limit, is_excluded in zip((low, high), expected, strict=True):
        assert (field in impossible_fields(section, {**settings, field: limit})) == is_excluded
