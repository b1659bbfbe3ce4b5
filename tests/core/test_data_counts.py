"""How many images a training has, and what is refused before it is queued."""

import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.counts import check_image_counts, image_counts
from cnn_core.data.load import load_dataset
from cnn_core.errors import ConfigError
from cnn_core.runs.store import create_run, list_runs
from cnn_core.training.setup import training_data
from tests.fixtures import digits_config

CARD = dataset_card("digits")


@pytest.mark.parametrize("protocol", ["validation", "tutorial"])
@pytest.mark.parametrize("share", [1.0, 0.999, 0.9, 0.5, 0.1])
def test_the_counts_are_those_of_the_training(protocol, share):
    config = digits_config(training={"protocol": protocol, "train_share": share, "batch_size": 50})
    data = training_data(load_dataset("digits"), config)
    counts = image_counts(CARD, config.training)
    assert counts.train == len(data.train_labels)
    assert counts.validation == (0 if protocol == "tutorial" else len(data.watched_labels))
    assert counts.steps == -(-len(data.train_labels) // 50)


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({"batch_size": 4096}, r"batch of 4,096 is larger than the data: 1,293 images"),
        ({"batch_size": 200, "train_share": 0.1}, r"batch of 200 .* 129 images"),
        ({"train_share": 0.005, "batch_size": 1}, r"train_share of 0.005 is 6 of 1,293 .* 10 classes.* at least 0.008"),
        ({"validation_share": 0.001}, r"validation_share of 0.001 is 2 of 1,437 .* 10 classes.* at least 0.007"),
    ],
    ids=["batch", "batch of a share", "share", "validation share"],
)
def test_what_the_dataset_is_too_small_for_is_refused_before_it_is_queued(training, told):
    config = digits_config(training=training)
    with pytest.raises(ConfigError, match=told):
        check_image_counts(CARD, config.training)
    with pytest.raises(ConfigError, match=told):
        create_run(config)
    assert list_runs() == []


@pytest.mark.parametrize(
    "training",
    [{"train_share": 0.008, "batch_size": 10}, {"validation_share": 0.007}, {"batch_size": 1293}],
    ids=["share", "validation share", "batch"],
)
def test_the_smallest_that_is_proposed_is_accepted(training):
    check_image_counts(CARD, digits_config(training=training).training)


def test_the_validation_share_does_not_matter_where_the_test_images_are_watched():
    config = digits_config(training={"protocol": "tutorial", "validation_share": 0.001})
    check_image_counts(CARD, config.training)
