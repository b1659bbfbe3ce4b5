"""What is strange to a network: distances, standards, where they are kept, and what a classifier makes of them."""

import hashlib
import shutil
from dataclasses import replace

import keras  # noqa: TID253 - what is tested is about Keras
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.covariance import EmpiricalCovariance, LedoitWolf

from cnn_core.config import AugmentationConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.images.choices import Choices
from cnn_core.images.decode import picture_from_array
from cnn_core.images.frame import Frame
from cnn_core.images.prepare import prepare
from cnn_core.inference.classifier import Classifier, load_classifier
from cnn_core.inference.depths import MOST_DEPTH_FEATURES, DepthFeatures
from cnn_core.inference.outliers import HIGHEST_SCORE, Outliers, fit_standard
from cnn_core.models.build import build_model
from cnn_core.models.presets import preset_config
from cnn_core.runs.directory import OUTLIERS, Run
from cnn_core.runs.outliers_file import pack_outliers, read_outliers, unpack_outliers
from cnn_core.runs.record import DataFacts
from cnn_core.runs.store import runs_folder, showcase
from cnn_core.training.evaluating import renew_evaluation
from cnn_core.training.setup import training_data
from cnn_core.training.standards import ACCEPTANCE, MOST_IMAGES, evenly, learn_outliers
from tests.fixtures import digits_config

RANDOM = np.random.default_rng(0)
FRAME = Frame(height=28, width=28, channels=1, background="dark", fill=1.0, centre="box")


def clusters(count, width=12, classes=3, random=RANDOM):
    """Features about three means, correlated, and of very different size."""
    mixing = np.eye(width) + 0.4 / np.sqrt(width) * np.random.default_rng(1).normal(size=(width, width))
    means = np.random.default_rng(2).normal(size=(classes, width)) * 20
    labels = np.arange(count) % classes
    return ((means[labels] + random.normal(size=(count, width)) @ mixing) * np.geomspace(0.2, 5, width)).astype(
        np.float32
    ), labels


@pytest.fixture(scope="module")
def standard():
    features, labels = clusters(3000)
    return fit_standard(features, labels, clusters(2000)[0], 0.95)


def test_distances_are_those_of_scikit_learn_to_the_nearest_mean():
    features, labels = clusters(6000)
    means = np.stack([features[labels == one].mean(axis=0) for one in range(3)])
    precision = EmpiricalCovariance(assume_centered=True).fit(features - means[labels]).precision_
    new = clusters(200)[0] + 3
    expected = cdist(new, means, metric="mahalanobis", VI=precision).min(axis=1)
    found = fit_standard(features, labels, features, 0.95).distances(new)
    # So many images ask for hardly any shrinkage; whitening is kept in half precision.
    np.testing.assert_allclose(found, expected, rtol=0.03)


def test_the_covariance_of_few_images_is_shrunk_as_scikit_learn_does():
    features, labels = clusters(30)
    means = np.stack([features[labels == one].mean(axis=0) for one in range(3)])
    residuals = features - means[labels]
    spread = residuals.std(axis=0)
    precision = LedoitWolf(assume_centered=True).fit(residuals / spread).precision_
    new = clusters(200)[0] + 3
    expected = cdist(new / spread, means / spread, metric="mahalanobis", VI=precision).min(axis=1)
    np.testing.assert_allclose(fit_standard(features, labels, features, 0.95).distances(new), expected, rtol=0.01)


def test_the_share_asked_for_lies_within_the_limit(standard):
    new = clusters(4000, random=np.random.default_rng(5))[0]
    assert 0.03 < (standard.distances(new) > standard.limit).mean() < 0.07
    known = clusters(2000, random=np.random.default_rng(6))[0]
    found = fit_standard(*clusters(3000), known, 0.8)
    assert (found.distances(known) > found.limit).mean() == pytest.approx(0.2, abs=0.001)


def test_what_lies_between_the_classes_is_strange_though_it_is_near_their_middle(standard):
    middle = standard.means.mean(axis=0, keepdims=True)
    assert standard.distances(middle)[0] > standard.limit
    np.testing.assert_allclose(standard.distances(standard.means), 0, atol=0.05)


def test_few_images_a_feature_that_never_speaks_and_a_class_without_images_are_no_obstacle():
    features, labels = clusters(20, width=60)
    features[:, 7] = 0
    labels = labels * 2
    found = fit_standard(features, labels, clusters(40, width=60)[0], 0.95)
    assert found.means.shape == (3, 60)
    assert np.isfinite(found.distances(features)).all()
    one = fit_standard(features[:1], labels[:1], features[:1], 0.95)
    assert np.isfinite(one.distances(features)).all()
    assert one.limit > 0


def test_each_kind_of_picture_has_its_standard_where_the_network_learned_from_such(standard):
    features = clusters(4)[0]
    tolerant = replace(standard, limit=standard.limit * 10)
    scores = Outliers({"dataset": standard, "drawing": tolerant}).scores(
        features, ["dataset", "photo", "drawing", "product"]
    )
    expected = standard.distances(features) / standard.limit / np.array([1, 1, 10, 1])
    np.testing.assert_allclose(scores, expected)


def test_features_that_are_no_numbers_are_as_strange_as_can_be(standard):
    features = clusters(3)[0]
    features[1, 2], features[2, 0] = np.nan, np.inf
    scores = Outliers({"dataset": standard}).scores(features, ["dataset"] * 3)
    assert scores[0] < 100
    np.testing.assert_array_equal(scores[1:], HIGHEST_SCORE)


def test_the_file_gives_back_what_it_was_given_and_refuses_the_rest(standard):
    outliers = Outliers({"dataset": standard, "photo": replace(standard, limit=3.0)})
    content = pack_outliers(outliers, "network")
    again = unpack_outliers(content, "network")
    assert again.standards.keys() == {"dataset", "photo"}
    features = clusters(50)[0]
    kinds = ["photo"] * 50
    np.testing.assert_array_equal(again.scores(features, kinds), outliers.scores(features, kinds))
    assert unpack_outliers(content, "another network") is None
    for damaged in (b"", b"no archive", content[:200], content[:-40]):
        assert unpack_outliers(damaged, "network") is None
    broken = replace(standard, spread=standard.spread * np.nan)
    assert unpack_outliers(pack_outliers(Outliers({"dataset": broken}), "network"), "network") is None


def test_standards_of_different_widths_are_refused(standard):
    features, labels = clusters(300, width=9)
    narrow = fit_standard(features, labels, features, 0.95)
    content = pack_outliers(Outliers({"dataset": standard, "photo": narrow}), "network")
    assert unpack_outliers(content, "network") is None


JUDGED = [
    # kind, is it small, background, are its objects filled, standards; can it be told
    ("dataset", False, "dark", True, {"dataset"}, True),
    ("photo", False, "dark", True, {"dataset"}, False),
    ("product", False, "dark", True, {"dataset"}, False),
    ("product", False, "dark", True, {"dataset", "photo"}, True),
    ("product", True, "dark", True, {"dataset"}, True),
    ("photo", False, "natural", True, {"dataset"}, True),
    ("drawing", False, "dark", True, {"dataset", "photo"}, False),
    ("drawing", False, "dark", True, {"dataset", "drawing"}, True),
    ("drawing", False, "dark", False, {"dataset"}, True),
    ("photo", False, "dark", False, {"dataset"}, False),
]


@pytest.mark.parametrize(("kind", "is_small", "background", "is_filled", "names", "expected"), JUDGED)
def test_only_what_comes_like_the_images_of_a_standard_is_judged(
    standard, kind, is_small, background, is_filled, names, expected
):
    card = dataset_card("digits")
    frame = card.frame.model_copy(update={"background": background, "is_filled": is_filled})
    data = DataFacts(title=card.title, class_names=card.class_names, checksum=card.checksum, frame=frame)
    strange = replace(standard, limit=1e-6)
    classifier = Classifier(
        lambda images: np.zeros((len(images), 10), np.float32),
        data,
        None,
        outliers=Outliers(dict.fromkeys(names, strange)),
        features=lambda images: clusters(len(images))[0],
    )
    noise = picture_from_array(RANDOM.integers(0, 256, (8, 8), np.uint8), "noise")
    (answer,) = classifier.answers([replace(prepare(noise, frame), kind=kind, is_small=is_small)])
    assert (answer.is_judged, answer.is_outlier) == (expected, expected)
    row = answer.row("noise.png", 1)
    assert (row["judged"], row["outlier"]) == (expected, expected)


@pytest.mark.parametrize(
    ("preset", "width"), [("fast", 32 + 64 + 128 + 128), ("mlp", 128), ("small-resnet", 32 + 32 + 64 + 128)]
)
def test_features_are_of_every_size_of_map_and_of_what_the_logits_are_made_of(preset, width):
    model = build_model(preset_config(preset, dataset_card("mnist")).model, (28, 28, 1), 10)
    images = RANDOM.integers(0, 256, (5, 28, 28, 1), np.uint8)
    depths = DepthFeatures(model)
    found = depths(images)
    assert found.shape == (5, depths.width) == (5, width)
    last = keras.Model(model.input, model.layers[-1].input).predict(images, verbose=0)
    own = found[:, -last.shape[1] :]
    np.testing.assert_allclose(own, last / np.linalg.norm(last, axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_array_equal(depths(images[:1]), depths(images[:1].repeat(2, axis=0))[:1])
    np.testing.assert_allclose(depths.many(images, 2), found, atol=1e-5)


def test_a_wide_network_has_no_more_features_than_are_kept():
    model = build_model(preset_config("simple-cnn", dataset_card("mnist")).model, (28, 28, 1), 10)
    assert DepthFeatures(model)(np.zeros((2, 28, 28, 1), np.uint8)).shape == (2, MOST_DEPTH_FEATURES)


def test_a_choice_of_images_has_as_many_of_each_class_as_there_are():
    labels = np.repeat([0, 1, 2], [5000, 9000, 7])
    chosen = evenly(labels, 3000)
    assert np.bincount(labels[chosen]).tolist() == [1000, 1000, 7]
    assert len(np.unique(chosen)) == len(chosen)
    np.testing.assert_array_equal(evenly(labels[:50], MOST_IMAGES), np.arange(50))


def test_a_network_that_learned_from_photos_and_drawings_has_a_standard_for_each():
    dataset = load_dataset("digits")
    data = training_data(dataset, digits_config())
    model = build_model(digits_config().model, (8, 8, 1), 10)
    names = [
        tuple(learn_outliers(model, data, AugmentationConfig(**shares)).standards)
        for shares in ({}, {"photos": 0.2}, {"photos": 0.2, "drawings": 0.1})
    ]
    assert (
        names
        == [("dataset",), ("dataset", "photo"), ("dataset", "photo", "drawing")]
        == [tuple(ACCEPTANCE)[:count] for count in (1, 2, 3)]
    )


def test_a_network_whose_features_are_no_numbers_has_no_standard():
    model = build_model(digits_config().model, (8, 8, 1), 10)
    kernel, bias = model.layers[-2].get_weights()
    model.layers[-2].set_weights([0 * kernel, bias + np.inf])
    assert learn_outliers(model, training_data(load_dataset("digits"), digits_config()), AugmentationConfig()) is None


@pytest.fixture
def run(trained_run):
    """A copy of the run that was really trained."""
    return Run(shutil.copytree(trained_run.path, runs_folder() / "copied"))


def test_a_copied_run_says_of_its_test_images_that_few_are_strange_and_of_noise_that_it_is(run):
    classifier, images = load_classifier(run), load_dataset("digits").test_images
    noise = RANDOM.integers(0, 256, images.shape, np.uint8)
    said = [
        [
            answer.is_outlier
            for answer in classifier.classify_many(picture_from_array(image[..., 0], "x") for image in of)
        ]
        for of in (images, noise)
    ]
    assert np.mean(said[0]) < 0.15
    assert np.mean(said[1]) > 0.8


def test_an_answer_alone_has_the_score_that_it_has_in_company(run):
    classifier = load_classifier(run)
    pictures = [picture_from_array(image[..., 0], "x") for image in load_dataset("digits").test_images[:20]]
    together = [answer.outlier_score for answer in classifier.classify_many(pictures)]
    assert together == pytest.approx([classifier.classify(picture).outlier_score for picture in pictures], rel=1e-4)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 and no more"])
def test_without_a_whole_file_the_energy_decides_as_before(run, content):
    (run.path / OUTLIERS).unlink()
    if content is not None:
        (run.path / OUTLIERS).write_bytes(content)
    classifier = load_classifier(run)
    assert (classifier.outliers, classifier.outlier_threshold) == (None, run.report().outlier_threshold)


def test_a_file_of_an_earlier_network_is_passed_over_and_made_anew(run):
    kept = read_outliers(run)
    assert kept is not None
    other = hashlib.sha256(b"another").hexdigest()
    (run.path / OUTLIERS).write_bytes(pack_outliers(kept, other))
    assert read_outliers(run) is None
    renew_evaluation(run)
    limits = [found.standards["dataset"].limit for found in (kept, read_outliers(run))]
    assert limits[0] == pytest.approx(limits[1], rel=1e-3)


def test_a_picture_hardly_larger_than_the_frame_is_small():
    sizes = {28: True, 55: True, 56: False, 300: False}
    for side, is_small in sizes.items():
        noise = RANDOM.integers(0, 256, (side, side, 3), np.uint8)
        picture = picture_from_array(noise, "noise")
        assert prepare(picture, FRAME).is_small is is_small
        # However little of it a person chooses to look at.
        assert prepare(picture, FRAME, Choices(crop=(0.25, 0.25, 0.75, 0.75))).is_small is is_small


@pytest.mark.real_data
def test_the_showcase_refuses_digits_and_knows_clothes():
    run = showcase()
    from cnn_core.inference.network import Network

    network, outliers = Network(run), read_outliers(run)
    features = DepthFeatures(network.model)
    clothes = load_dataset("fashion-mnist", download=False).test_images[:2000]
    scores = outliers.scores(features.many(clothes, 500), ["dataset"] * 2000)
    assert 0.03 < (scores > 1).mean() < 0.07
    digits = load_dataset("mnist", download=False).test_images[:1000]
    assert (outliers.scores(features.many(digits, 500), ["dataset"] * 1000) > 1).mean() >= 0.9
    assert (run.path / OUTLIERS).stat().st_size < 600_000
