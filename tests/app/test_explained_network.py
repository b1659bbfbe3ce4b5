"""A network that was taught people's pictures: what explains an answer is what answered."""

import os

import numpy as np
import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import RunError
from cnn_core.images.decode import picture_from_array
from cnn_core.images.prepare import prepare
from cnn_core.models.build import build_model
from cnn_core.models.presets import preset_config
from cnn_core.runs.adaptation_file import write_adaptation
from cnn_core.runs.directory import ADAPTATION
from cnn_core.runs.files import sha256_of
from cnn_core.runs.store import runs_folder
from pages.parts import cached, explained
from pages.parts.explained import ExplainedNetwork
from pages.parts.learn.network.walked import subject_of
from tests.fixtures import adaptation, finished_run

FASHION = dataset_card("fashion-mnist")


@pytest.fixture
def run():
    """A run whose network has first weights, and other ones for pictures in its last layer."""
    config = preset_config("fast", FASHION)
    found = finished_run(config, save=build_model(config.model, (28, 28, 1), 10).save)
    write_adaptation(found, adaptation(), sha256_of(found.model_path()))
    return found


def prepared(*, is_photo):
    """A grey thing, on white paper as a photo of a product, or as an image of the dataset."""
    if is_photo:
        picture = np.full((200, 160, 3), 245, np.uint8)
        picture[30:170, 40:120] = np.random.default_rng(1).integers(60, 120, (140, 80, 1))
    else:
        picture = np.zeros((28, 28), np.uint8)
        picture[4:24, 8:20] = 150
    return prepare(picture_from_array(picture, "picture"), FASHION.frame)


def test_each_network_is_explained_by_itself_whenever_its_files_were_written(run):
    for path in (run.model_path(), run.path / ADAPTATION):
        os.utime(path, (1, 1))
    own, adapted = ExplainedNetwork(run), ExplainedNetwork(run, is_adapted=True)
    image = prepared(is_photo=True).image[None]
    logits = [one.load().logits(image) for one in (own, adapted)]
    assert not np.allclose(*logits)
    # The weights of the last layer that it has for pictures are all one.
    assert np.ptp(logits[1]) < 1e-4
    assert own.key() != adapted.key()
    assert explained.grad_cam(own) is not explained.grad_cam(adapted)
    assert explained.grad_cam(adapted) is explained.grad_cam(ExplainedNetwork(run, is_adapted=True))


def test_features_of_both_are_read_and_kept_apart(run, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28, 1), np.uint8)
    monkeypatch.setattr(explained, "training_images", lambda _run: explained.TrainingImages(images, np.arange(30) % 10))
    readings = [explained.reading(ExplainedNetwork(run, is_adapted=is_adapted)) for is_adapted in (False, True)]
    for one in readings:
        one.wait(60)
        assert one.state == "done", one.error
    assert readings[0] is not readings[1]
    assert {path.name for path in run.path.glob("features*")} == {"features.npz", "features-adapted.npz"}
    assert runs_folder() in run.path.parents


def test_what_was_forgotten_since_explains_nothing(run):
    network = ExplainedNetwork(run, is_adapted=True)
    (run.path / ADAPTATION).unlink()
    with pytest.raises(RunError, match="Classify the picture again"):
        network.load()


@pytest.mark.parametrize("is_photo", [True, False])
def test_learn_walks_through_the_network_that_answers_on_classify(run, is_photo):
    picture = prepared(is_photo=is_photo)
    subject = subject_of(run, None, picture)
    assert subject.is_adapted == is_photo
    classifier = cached.classifier(run)
    answering = classifier.adapted if is_photo else classifier
    np.testing.assert_allclose(subject.maps(()).logits, answering.logits(picture.image[None])[0], rtol=1e-4, atol=1e-4)
