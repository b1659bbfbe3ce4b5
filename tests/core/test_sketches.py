"""Sketches that are made up: what they show, that they look as people's drawings do once these are prepared."""

import math
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from cnn_core.config import AugmentationConfig, replace
from cnn_core.data.augmentable import PICTURE_SHARES, check_augmentation
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import ConfigError
from cnn_core.images.decode import picture_from_array
from cnn_core.images.prepare import prepare
from cnn_core.models.presets import preset_config
from cnn_core.script.compose import training_script
from cnn_core.sketches.bank import SKETCHES_OF_A_CLASS, has_sketches, make_sketches, shapes
from cnn_core.sketches.geometry import arc, closed, mirrored, rotated, rounded, stroke
from cnn_core.sketches.hand import penned, resampled, shaken
from cnn_core.training.augment import preview, sketch
from cnn_core.training.setup import training_data
from cnn_core.training.standards import learn_outliers

CARD = dataset_card("fashion-mnist")
NAMES = CARD.class_names


def fashion(**augmentation):
    """A run of Fashion-MNIST on which nothing is trained."""
    config = preset_config("fast", CARD)
    return config.model_copy(update={"augmentation": AugmentationConfig(**augmentation)})


def few_images(count=200):
    """Something in place of Fashion-MNIST: grey squares, as many of each class."""
    images = np.zeros((count, 28, 28, 1), np.uint8)
    images[:, 4:24, 8:20] = np.random.default_rng(0).integers(90, 200, (count, 20, 12, 1))
    labels = np.arange(count) % 10
    return SimpleNamespace(
        train_groups=None,
        train_images=images,
        train_labels=labels,
        test_images=images,
        test_labels=labels,
        class_names=NAMES,
    )


@pytest.fixture(scope="module")
def sketched():
    """What a run learns from that shows sketches, too; made up once, as it takes seconds."""
    return training_data(few_images(400), fashion(sketches=0.1))


@pytest.mark.parametrize("name", NAMES)
def test_a_class_is_outlined_in_another_way_each_time_and_its_outline_is_closed(name):
    outlines = [shapes()[name](np.random.default_rng(seed)) for seed in range(200)]
    for strokes in outlines:
        assert all(part.shape[1:] == (2,) and len(part) >= 2 and np.isfinite(part).all() for part in strokes)
        np.testing.assert_allclose(strokes[0][0], strokes[0][-1], atol=1e-9)
        # The outline is the largest of them, or the sole below its straps: nothing is drawn far away from it.
        everything = np.concatenate(strokes)
        assert np.ptp(everything, axis=0).max() < 3 * np.ptp(strokes[0], axis=0).max()
    assert len({strokes[0].tobytes() for strokes in outlines}) == len(outlines)


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 24, 3), (8, 8, 1)], ids=str)
def test_sketches_fill_a_frame_of_any_shape_and_the_seed_decides_them(shape):
    made = make_sketches(NAMES, shape, 12, seed=3)
    assert (made.shape, made.dtype) == ((10, 12, *shape), np.uint8)
    assert (made == made[..., :1]).all()
    on = made[..., 0] > 0
    reach = np.maximum(on.any(axis=2).sum(axis=-1) / shape[1], on.any(axis=3).sum(axis=-1) / shape[0])
    assert reach.max() <= 1
    assert (reach > 0.85).all()
    assert (made.max(axis=(2, 3, 4)) == 255).all()
    np.testing.assert_array_equal(made, make_sketches(NAMES, shape, 12, seed=3))
    assert not (made == make_sketches(NAMES, shape, 12, seed=4)).all(axis=(2, 3, 4)).any()
    assert len({image.tobytes() for image in made.reshape(-1, *shape)}) == 120


def test_a_class_has_the_same_sketches_whichever_other_classes_there_are():
    both, bag, few_of_both = (
        make_sketches(names, (28, 28, 1), count, seed=0)
        for names, count in ((("Coat", "Bag"), 3), (("Bag",), 3), (("Coat", "Bag"), 2))
    )
    np.testing.assert_array_equal(both[1:], bag)
    np.testing.assert_array_equal(both[:, :2], few_of_both)


def test_a_sketch_looks_as_the_same_drawing_of_a_person_does_once_it_is_prepared():
    likeness = []
    for name in NAMES:
        for seed in range(8):
            rng = np.random.default_rng(seed)
            strokes = shaken(shapes()[name](rng), rng)
            paper = np.full((280, 280), 255, np.uint8)
            lines = [np.rint(16 * (140 + 190 * part)).astype(np.int32) for part in strokes]
            cv2.polylines(paper, lines, isClosed=False, color=0, thickness=10, lineType=cv2.LINE_AA, shift=4)
            prepared = prepare(picture_from_array(np.repeat(paper[..., None], 3, axis=2), "drawn"), CARD.frame).image
            # Pens of all widths; one of them is about as wide as this one.
            drawn = [penned(strokes, np.random.default_rng(pen), 28, 28) for pen in range(12)]
            likeness.append(max(np.corrcoef(one.ravel(), prepared.ravel())[0, 1] for one in drawn))
    assert np.median(likeness) > 0.9
    assert np.quantile(likeness, 0.05) > 0.7


def test_a_hand_shakes_but_draws_what_it_was_told():
    house = [closed(stroke((-1, 0), (0, -1), (1, 0), (1, 2), (-1, 2))), stroke((0, 1), (0, 2))]
    drawn = [shaken(house, np.random.default_rng(seed)) for seed in range(50)]
    for strokes in drawn:
        assert len(strokes) == 2
        # As long as 1, about: waves and turns aside.
        assert 0.75 < np.ptp(np.concatenate(strokes), axis=0).max() < 1.8
    # Some leave their outline open.
    is_open = [np.hypot(*(outline[0] - outline[-1])) > 0.1 for outline, _ in drawn]
    assert 0.05 < np.mean(is_open) < 0.45


def test_strokes_are_what_their_names_say():
    half = stroke((1, 0), (2, 3))
    np.testing.assert_array_equal(mirrored(half), [(-2, 3), (-1, 0)])
    np.testing.assert_allclose(rotated(half, math.pi / 2), [(0, 1), (-3, 2)], atol=1e-12)
    np.testing.assert_allclose(arc(1, 2, 3, 4, 180, 270)[[0, -1]], [(-2, 2), (1, -2)], atol=1e-12)
    corner = stroke((0, 0), (1, 0), (1, 1))
    curve = rounded(corner)
    np.testing.assert_array_equal(curve[[0, -1]], corner[[0, -1]])
    assert not (np.abs(curve - (1, 0)).max(axis=1) < 0.05).any()
    steps = np.hypot(*np.diff(resampled(stroke((0, 0), (1, 0), (1, 2))), axis=0).T)
    assert steps.max() < 0.06


def test_sketches_take_the_place_of_a_share_of_a_batch_and_are_of_its_classes():
    import tensorflow as tf

    images, labels = np.zeros((1000, 28, 28, 1), np.uint8), np.arange(1000) % 10
    bank = make_sketches(NAMES, (28, 28, 1), 5, seed=0)
    config, seed = AugmentationConfig(sketches=0.2), tf.constant([1, 2])
    shown = np.asarray(sketch(images, labels, bank, config, seed))
    is_sketch = shown.any(axis=(1, 2, 3))
    assert 0.16 < is_sketch.mean() < 0.24
    for image, label in zip(shown[is_sketch], labels[is_sketch], strict=True):
        assert (image == bank[label]).all(axis=(1, 2, 3)).any()
    # Nearly each sketch has its turn.
    assert len({image.tobytes() for image in shown[is_sketch]}) >= 45
    np.testing.assert_array_equal(shown, sketch(images, labels, bank, config, seed))
    assert (shown != np.asarray(sketch(images, labels, bank, config, tf.constant([1, 3])))).any()
    np.testing.assert_array_equal(sketch(images, labels, bank, AugmentationConfig(), seed), images)


def test_a_training_has_sketches_where_it_asks_for_them(sketched):
    without = training_data(few_images(400), fashion())
    assert without.sketches is None
    assert sketched.sketches.shape == (10, SKETCHES_OF_A_CLASS, 28, 28, 1)
    # What an outlier limit is checked on was not learned from.
    learned = {image.tobytes() for image in sketched.sketches.reshape(-1, 28, 28, 1)}
    assert not learned & {image.tobytes() for image in sketched.watched_sketches.reshape(-1, 28, 28, 1)}
    # Nothing else changes: neither what is learned from, nor what is watched.
    np.testing.assert_array_equal(sketched.train_labels, without.train_labels)


def test_a_network_learns_its_class_from_sketches_alone():
    """Every image is the same and has another label: only the sketches that stand in its place tell which."""
    import keras

    from cnn_core.training.callbacks import Callbacks
    from cnn_core.training.fit import fit
    from cnn_core.training.graph import TrainingData

    chosen = ("Trouser", "Bag")
    bank = make_sketches(chosen, (28, 28, 1), 60, seed=0)
    unseen = make_sketches(chosen, (28, 28, 1), 20, seed=1)
    labels = np.arange(256) % 2
    images = np.full((256, 28, 28, 1), 9, np.uint8)
    data = TrainingData(images, labels, unseen.reshape(-1, 28, 28, 1), np.repeat([0, 1], 20), 2, bank)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((28, 28, 1), dtype="uint8"), keras.layers.Rescaling(1 / 255), keras.layers.Flatten(),
         keras.layers.Dense(32, activation="relu"), keras.layers.Dense(2)]
    )  # fmt: skip
    config = fashion(sketches=1.0)
    config = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 12, "batch_size": 32})})
    fit(model, data, config, Callbacks())
    right = model(data.watched_images).numpy().argmax(axis=1) == data.watched_labels
    assert right.mean() > 0.85


def test_a_network_that_learned_from_sketches_has_a_standard_for_drawings(sketched):
    from cnn_core.models.build import build_model

    model = build_model(preset_config("simple-cnn", CARD).model, (28, 28, 1), 10)
    outliers = learn_outliers(model, sketched, AugmentationConfig(sketches=0.1))
    assert tuple(outliers.standards) == ("dataset", "drawing")
    # Photos of sketches are none that people take.
    photos = [
        learn_outliers(model, sketched, AugmentationConfig(photos=0.1, sketches=share)).standards["photo"].limit
        for share in (0.0, 0.5)
    ]
    assert photos[0] == photos[1]
    learned = learn_outliers(model, sketched, AugmentationConfig(sketches=0.1, drawings=0.1)).standards["drawing"]
    assert learned.limit != outliers.standards["drawing"].limit


def test_the_standard_for_drawings_knows_shapes_that_are_filled_with_the_pen(sketched):
    from cnn_core.training.shown import shown_in

    way = AugmentationConfig(sketches=1.0)
    shown = shown_in([way], sketched.train_images, sketched.train_labels, sketched.sketches, 0)
    is_flat = [set(np.unique(image)) == {0, 255} for image in shown]
    assert all(is_flat[::3])
    assert np.mean(is_flat) < 0.5


def test_only_known_classes_can_be_sketched():
    config = AugmentationConfig(sketches=0.1)
    check_augmentation(CARD, config)
    with pytest.raises(ConfigError, match="MNIST has others"):
        check_augmentation(dataset_card("mnist"), config)
    assert [has_sketches(names) for names in (NAMES, ("Bag", "Coat"), ("Bag", "Umbrella"))] == [True, True, False]


def test_the_shares_that_the_form_proposes_are_possible_and_are_pictures():
    config = AugmentationConfig(**PICTURE_SHARES)
    assert config.shows_pictures
    assert not AugmentationConfig(horizontal_flip=True, mixup=0.1).shows_pictures
    check_augmentation(CARD, config)


def test_the_preview_shows_sketches_of_each_image_s_class():
    images = few_images(6).train_images
    bank = make_sketches(NAMES[:6], (28, 28, 1), 4, seed=0)
    shown = preview(images, AugmentationConfig(sketches=1.0), variants=3, seed=0, sketches=bank).images
    for variants, of_class in zip(shown, bank, strict=True):
        assert all((variant == of_class).all(axis=(1, 2, 3)).any() for variant in variants)


def test_a_script_makes_up_the_same_sketches_and_shows_them_in_the_same_places():
    import tensorflow as tf

    config = fashion(sketches=0.3)
    names = {"__name__": "script"}
    exec(compile(training_script(config), "script", "exec"), names)
    bank = make_sketches(NAMES, (28, 28, 1), 4, seed=0)
    np.testing.assert_array_equal(names["make_sketches"](NAMES, (28, 28, 1), 4, 0), bank)
    assert (names["CLASS_NAMES"], names["SKETCHES_OF_A_CLASS"]) == (NAMES, SKETCHES_OF_A_CLASS)
    images, labels, seed = few_images(50).train_images, few_images(50).train_labels, np.array([7, 3], np.int32)
    ours = sketch(tf.constant(images), labels, bank, config.augmentation, seed)
    np.testing.assert_array_equal(names["sketch"](images, labels, bank, seed), ours)
    targets = np.eye(10, dtype="float32")[labels]
    batches = names["Batches"](images, targets, bank)
    batches.on_epoch_begin()
    shown, of_batch = batches[0]
    assert (of_batch == targets[batches.order[: len(of_batch)]]).all()
    assert (np.asarray(shown) != images[batches.order[: len(of_batch)]]).any(axis=(1, 2, 3)).sum() > 5


def test_a_script_learns_sketches_by_their_labels_and_the_other_images_by_what_the_teachers_say():
    import tensorflow as tf

    from cnn_core.training.graph import TrainingData
    from cnn_core.training.objective import Objective

    config = fashion(sketches=0.3)
    config = replace(config, training={"teachers": ("showcase",), "label_smoothing": 0.2, "batch_size": 64})
    dataset, bank = few_images(50), make_sketches(NAMES, (28, 28, 1), 4, seed=0)
    images, labels = dataset.train_images, dataset.train_labels
    answers = np.random.default_rng(0).dirichlet(np.ones(10), 50).astype(np.float32)
    own = 0.8 * np.eye(10, dtype=np.float32)[labels] + 0.02
    names = {"__name__": "script"}
    exec(compile(training_script(config), "script", "exec"), names)
    batches = names["Batches"](images, 0.9 * answers + 0.1 * own, own, bank)
    batches.on_epoch_begin()
    shown, theirs = batches[0]
    data = TrainingData(images, labels, images, labels, 10, bank, bank, answers)
    seed = tf.constant([config.seed ^ 65_537, 1])
    ours = Objective(data, config).mixed(tf.constant(images), tf.constant(batches.order, tf.int32), seed)[1]
    np.testing.assert_allclose(theirs, ours.probabilities, atol=1e-6)
    # Some of each kind, and each where the images are.
    is_own = np.isclose(theirs, own[batches.order], atol=1e-6).all(axis=1)
    assert 5 < is_own.sum() < 45
    np.testing.assert_array_equal((np.asarray(shown) != images[batches.order]).any(axis=(1, 2, 3)), is_own)
