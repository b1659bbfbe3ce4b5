"""Knowledge distillation: who may teach, what is learned from the answers, and that a run keeps those it began with."""

import dataclasses
import re
import shutil
import time

import numpy as np
import pytest

from cnn_core.config import AugmentationConfig, TrainingConfig, replace
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import ConfigError, RunError
from cnn_core.evaluation.measures import softmax
from cnn_core.models.build import build_model
from cnn_core.models.teacher_settings import can_teach, check_teachers, teachers_that_know_watched_images
from cnn_core.runs import directory
from cnn_core.runs.lifecycle import extend_run, resume_run
from cnn_core.runs.store import create_run, list_runs, showcase
from cnn_core.runs.teachers_file import pack_probabilities, unpack_probabilities
from cnn_core.training.callbacks import Callbacks
from cnn_core.training.distillation import ask_teachers, mean_probabilities
from cnn_core.training.fit import fit
from cnn_core.training.graph import TrainingData
from cnn_core.training.objective import Objective
from cnn_core.training.predicting import predict_logits
from cnn_core.training.worker import train_run
from tests.core.test_training import SMALL_CNN, config_for, digits  # noqa: F401
from tests.fixtures import digits_config, failed_run, finished_run, set_status, started_run

DIGITS = dataset_card("digits")
ONE_HOT = {"loss": "categorical_crossentropy"}


@pytest.fixture
def teacher():
    """A finished run whose network has weights by chance."""
    return teacher_of(0)


def teacher_of(seed):
    import keras

    keras.utils.set_random_seed(seed)
    return finished_run(save=build_model(SMALL_CNN, (8, 8, 1), 10).save)


def student_config(*teachers, **training):
    asked = {**ONE_HOT, "teachers": tuple(run.id for run in teachers), "epochs": 1, **training}
    return digits_config("mlp", training=asked)


# What is learned


def targets_of(data, config, seed=(1, 2), images=None):
    """What is known of a batch of all images of the data."""
    import tensorflow as tf

    batch = tf.range(len(data.train_labels))
    images = data.train_images if images is None else images
    mixed, targets = Objective(data, config).mixed(tf.constant(images), batch, tf.constant(seed))
    return mixed.numpy(), *(part.numpy() for part in targets)


def data_with(answers, labels, **more):
    images = np.arange(len(labels) * 4, dtype=np.uint8).reshape(-1, 2, 2, 1)
    return TrainingData(images, labels, images, labels, answers.shape[1], **more, teacher_probabilities=answers)


@pytest.fixture
def answers():
    """Of teachers, for 60 images of 3 classes: sure of none."""
    return np.random.default_rng(0).dirichlet([1, 1, 1], 60).astype(np.float32)


def test_a_target_is_the_answer_and_the_smoothed_label_in_their_shares(answers):
    labels = np.arange(60) % 3
    config = config_for(**ONE_HOT, label_smoothing=0.3, teachers=("a",), teacher_share=0.8)
    _, found, shares, learned = targets_of(data_with(answers, labels), config)
    np.testing.assert_array_equal(found, labels)
    np.testing.assert_array_equal(shares, np.eye(3)[labels])
    np.testing.assert_allclose(learned, 0.8 * answers + 0.2 * (0.7 * np.eye(3)[labels] + 0.1), atol=1e-6)


def test_the_loss_is_the_cross_entropy_with_the_target_and_the_label_s_is_reported(answers):
    import tensorflow as tf

    labels = np.arange(60) % 3
    config = config_for(**ONE_HOT, label_smoothing=0.3, teachers=("a",), teacher_share=0.8)
    data, logits = data_with(answers, labels), np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    objective = Objective(data, config)
    _, targets = objective.mixed(tf.constant(data.train_images), tf.range(60), tf.constant([1, 2]))
    loss, reported = objective.losses(tf.constant(logits), targets)
    logarithms = np.log(softmax(logits))
    # Not smoothed a second time.
    assert float(loss) == pytest.approx(-(targets.probabilities.numpy() * logarithms).sum(axis=1).mean(), rel=1e-5)
    assert float(reported) == pytest.approx(-logarithms[np.arange(60), labels].mean(), rel=1e-5)


def test_mixed_images_have_the_mixed_answers(answers):
    labels = np.arange(60) % 3
    mixup = AugmentationConfig(mixup=0.5)
    config = config_for(**ONE_HOT, teachers=("a",), teacher_share=1.0, augmentation=mixup)
    # Teachers that say the next class of each: then it is mixed as the labels are.
    _, _, shares, learned = targets_of(data_with(np.eye(3, dtype=np.float32)[(labels + 1) % 3], labels), config)
    assert ((shares > 0) & (shares < 1)).any()
    np.testing.assert_allclose(learned, np.roll(shares, 1, axis=1), atol=1e-6)
    # And both are mixed as without a teacher.
    alone = config_for(**ONE_HOT, augmentation=mixup)
    plain = TrainingData(*(getattr(data_with(answers, labels), name) for name in FIELDS), 3)
    np.testing.assert_array_equal(targets_of(plain, alone)[2], shares)


FIELDS = ("train_images", "train_labels", "watched_images", "watched_labels")


def test_a_sketch_is_learned_by_its_label_and_not_by_what_was_said_of_the_image(answers):
    import tensorflow as tf

    from cnn_core.training.augment import sketch

    labels = np.arange(60) % 3
    augmentation = AugmentationConfig(sketches=0.4)
    config = config_for(**ONE_HOT, label_smoothing=0.3, teachers=("a",), teacher_share=1.0, augmentation=augmentation)
    data, seed = data_with(answers, labels, sketches=np.full((3, 5, 2, 2, 1), 255, np.uint8)), tf.constant([1, 2])
    shown = sketch(tf.constant(data.train_images), labels, data.sketches, augmentation, seed).numpy()
    is_sketch = (shown == 255).all(axis=(1, 2, 3))
    assert 10 < is_sketch.sum() < 50
    learned = targets_of(data, config)[3]
    np.testing.assert_allclose(learned[~is_sketch], answers[~is_sketch], atol=1e-6)
    np.testing.assert_allclose(learned[is_sketch], 0.7 * np.eye(3)[labels[is_sketch]] + 0.1, atol=1e-6)


def test_a_student_learns_what_its_teacher_says_and_not_the_labels(digits):  # noqa: F811
    """The teacher takes each digit for the next one."""
    import keras

    wrong = (digits.train_labels + 1) % 10
    data = TrainingData(
        *(getattr(digits, name) for name in FIELDS), 10, teacher_probabilities=np.eye(10, dtype=np.float32)[wrong]
    )
    config = config_for(**ONE_HOT, epochs=5, teachers=("a",), teacher_share=1.0, restore_best=False)
    keras.utils.set_random_seed(0)
    model = build_model(SMALL_CNN, (8, 8, 1), 10)
    fit(model, data, config, Callbacks())
    said = predict_logits(model, digits.watched_images).argmax(axis=1)
    assert (said == (digits.watched_labels + 1) % 10).mean() > 0.85
    assert (said == digits.watched_labels).mean() < 0.05


def test_several_teachers_count_alike(teacher):
    from cnn_core.inference.network import Network

    other, images = teacher_of(1), np.random.default_rng(0).integers(0, 256, (7, 8, 8, 1), np.uint8)
    each = [softmax(predict_logits(Network(run).model, images)) for run in (teacher, other)]
    found = mean_probabilities((teacher.id, other.id), images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, (each[0] + each[1]) / 2, atol=1e-6)
    assert np.abs(each[0] - each[1]).max() > 0.01


# A run with teachers


def test_a_run_keeps_the_answers_that_it_began_with(teacher):
    from cnn_core.data.load import load_dataset
    from cnn_core.training.setup import training_data

    config = student_config(teacher)
    run = create_run(config)
    train_run(run)
    assert run.status().state == "finished"
    images = training_data(load_dataset("digits"), config).train_images
    answers = run.teacher_probabilities()
    np.testing.assert_array_equal(answers, mean_probabilities((teacher.id,), images))
    # More epochs need no teacher any more.
    shutil.rmtree(teacher.path)
    extend_run(run, 1, 1e-3)
    train_run(run)
    assert (run.status().state, run.status().epoch) == ("finished", 2)
    np.testing.assert_array_equal(run.teacher_probabilities(), answers)


def test_a_run_can_be_stopped_while_its_teachers_are_asked(teacher, monkeypatch):
    run = create_run(student_config(teacher))
    asked = []

    def stop(_run_id):
        asked.append(run.status().phase)
        run.requests.stop()
        return teacher

    monkeypatch.setattr("cnn_core.training.distillation.find_run", stop)
    monkeypatch.setattr("cnn_core.training.reporting._REQUEST_CHECK_SECONDS", 0)
    train_run(run)
    assert asked == ["asking"]
    assert run.status().state == "stopped"
    assert not (run.path / directory.TEACHERS).exists()


def uniform(count, class_count=10):
    return np.full((count, class_count), 1 / class_count, np.float32)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"half", "it is not an array"),
        (b"PK\3\4 and no archive", "it is not an array"),
        (b"\x93NUMPY", "."),
        (pack_probabilities(uniform(5, 9)), "does not fit 10 classes"),
        (pack_probabilities(uniform(5).ravel()), "does not fit 10 classes"),
        (pack_probabilities(2 * uniform(5)), "5 of 5 rows are no probabilities"),
        (pack_probabilities(np.full((5, 10), np.nan)), "5 of 5 rows are no probabilities"),
        (pack_probabilities(np.eye(5, 10) * 2 - np.eye(5, 10, k=1)), "5 of 5 rows are no probabilities"),
    ],
    ids=["half", "archive", "no header", "classes", "shape", "sums", "no numbers", "negative"],
)
def test_what_are_no_probabilities_is_told_from_what_are(content, message):
    np.testing.assert_array_equal(unpack_probabilities(pack_probabilities(uniform(5)), 10), uniform(5))
    with pytest.raises(ValueError, match=message):
        unpack_probabilities(content, 10)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"half", r"damaged or missing \(it is not an array\)"),
        (pack_probabilities(uniform(3)), "learns from 1,293 images, and 'teachers.npy' is about 3"),
        (None, r"damaged or missing \(.*No such file"),
    ],
    ids=["half", "of other images", "none"],
)
def test_a_run_goes_on_only_with_what_it_began_with(teacher, content, message):
    run = create_run(student_config(teacher))
    train_run(run)
    kept = (run.path / directory.TEACHERS).read_bytes()
    (run.path / directory.TEACHERS).unlink()
    if content is not None:
        (run.path / directory.TEACHERS).write_bytes(content)
    extend_run(run, 1, 1e-3)
    with pytest.raises(RunError, match=message):
        train_run(run)
    assert re.search(message, run.status().error)
    assert "Restore the file, or clone the run" in run.status().error
    (run.path / directory.TEACHERS).write_bytes(kept)
    resume_run(run)
    train_run(run)
    assert (run.status().state, run.status().epoch) == ("finished", 2)


def test_a_run_without_a_checkpoint_asks_anew_whatever_lies_there(teacher):
    run = create_run(student_config(teacher))
    (run.path / directory.TEACHERS).write_bytes(b"half")
    train_run(run)
    assert run.teacher_probabilities().shape == (1293, 10)


def test_a_run_killed_before_its_first_checkpoint_keeps_the_answers(teacher):
    config = student_config(teacher)
    first, killed = create_run(config), create_run(config)
    train_run(first)
    shutil.copy(first.path / directory.TEACHERS, killed.path)
    shutil.rmtree(teacher.path)
    assert not killed.has_checkpoint
    train_run(killed)
    assert killed.status().state == "finished"
    np.testing.assert_array_equal(killed.teacher_probabilities(), first.teacher_probabilities())


def test_of_images_that_nobody_asked_about_nothing_is_known(teacher):
    config = student_config(teacher)
    data = data_for(config)
    everything, some = ask_teachers(data, config), ask_teachers(data, config, only=np.array([3, 1000]))
    np.testing.assert_allclose(
        some.teacher_probabilities[[3, 1000]], everything.teacher_probabilities[[3, 1000]], atol=1e-6
    )
    assert some.teacher_probabilities.shape == (1293, 10)
    np.testing.assert_array_equal(np.delete(some.teacher_probabilities, [3, 1000], axis=0), np.float32(0.1))


def test_a_teacher_that_says_no_numbers_is_refused_before_a_step(teacher):
    import keras

    model = keras.models.load_model(teacher.model_path())
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    model.save(teacher.model_path())
    run = create_run(student_config(teacher))
    with pytest.raises(RunError, match=f"the teachers {teacher.id} say cannot be learned from.*Choose other"):
        train_run(run)
    assert not (run.path / directory.TEACHERS).exists()


def test_a_teacher_that_went_while_its_student_waited_is_told(teacher):
    run = create_run(student_config(teacher))
    shutil.rmtree(teacher.path)
    message = f"A teacher cannot be asked: take it out, or choose another one. There is no run '{teacher.id}'"
    with pytest.raises(RunError, match=message):
        train_run(run)
    assert run.status().state == "failed"


@pytest.mark.parametrize("training", [{"protocol": "tutorial"}, {"train_share": 0.3}], ids=["tutorial", "share"])
def test_each_image_has_what_was_said_of_it(teacher, training):
    from cnn_core.data.load import load_dataset
    from cnn_core.training.setup import training_data

    config = student_config(teacher, **training)
    data = ask_teachers(training_data(load_dataset("digits"), config), config)
    assert len(data.teacher_probabilities) == len(data.train_labels)
    some = slice(40, 50)
    expected = mean_probabilities((teacher.id,), data.train_images[some])
    np.testing.assert_allclose(data.teacher_probabilities[some], expected, atol=1e-5)


def test_the_share_that_is_asked_rises_to_all(teacher):
    shares = []
    mean_probabilities((teacher.id, teacher_of(1).id), np.zeros((1200, 8, 8, 1), np.uint8), shares.append)
    # Three batches of each.
    assert shares == pytest.approx([0, 5 / 24, 10 / 24, 1 / 2, 1 / 2, 17 / 24, 22 / 24, 1])


def test_a_class_s_weight_is_that_of_the_label_and_not_of_what_was_said(answers):
    import tensorflow as tf

    labels = np.array([0] * 40 + [1] * 15 + [2] * 5)
    config = config_for(**ONE_HOT, teachers=("a",), teacher_share=1.0, class_weights="balanced")
    data, logits = data_with(answers, labels), np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    objective = Objective(data, config)
    _, targets = objective.mixed(tf.constant(data.train_images), tf.range(60), tf.constant([1, 2]))
    each = -(answers * np.log(softmax(logits))).sum(axis=1) * (60 / (3 * np.bincount(labels)))[labels]
    assert float(objective.losses(tf.constant(logits), targets)[0]) == pytest.approx(each.mean(), rel=1e-5)


def test_without_a_teacher_the_loss_is_keras_s_to_the_last_bit(answers):
    import keras
    import tensorflow as tf

    labels = np.arange(60) % 3
    data = TrainingData(*(getattr(data_with(answers, labels), name) for name in FIELDS), 3)
    logits = tf.constant(np.random.default_rng(1).normal(size=(60, 3)), tf.float32)
    objective = Objective(data, config_for(**ONE_HOT, label_smoothing=0.1))
    loss, _ = objective.losses(logits, objective.mixed(None, tf.range(60), tf.constant([1, 2]))[1])
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    assert float(loss) == float(theirs(tf.one_hot(labels, 3), logits))


def test_what_teachers_say_cannot_be_forgotten_nor_come_uncalled(answers):
    data, plain = data_with(answers, np.arange(60) % 3), config_for(**ONE_HOT)
    for unfit in (
        (dataclasses.replace(data, teacher_probabilities=None), config_for(**ONE_HOT, teachers=("a",))),
        (data, plain),
    ):
        with pytest.raises(ValueError, match="only where there are some"):
            Objective(*unfit)


def test_a_rate_range_test_learns_from_the_teachers_too(teacher):
    from cnn_core.training.rate_range import measure_rate_range

    config = student_config(teacher, batch_size=256)
    alone = replace(config, training={"teachers": ()})
    shares = []
    with_teacher, without = measure_rate_range(config, shares.append), measure_rate_range(alone, lambda _share: None)
    # The asking is told, too.
    assert any(0.2 < share < 0.3 for share in shares)
    assert shares == sorted(shares)
    # The first loss is of the same weights and images, and it is the reported one; the steps are others.
    assert with_teacher.losses[0] == pytest.approx(without.losses[0], rel=1e-4)
    assert not np.allclose(with_teacher.losses[90:100], without.losses[90:100], rtol=1e-3)


def test_the_price_includes_the_asking_and_not_the_measuring(teacher, monkeypatch):
    from cnn_core.training import pricing

    config = student_config(teacher)

    def measure(_model, _images):
        time.sleep(0.5)
        return 0.5, 0.01

    # Half a second for the first batch and 10 ms an image; measuring it took half a second.
    monkeypatch.setattr(pricing, "_time_prediction", measure)
    data, seconds = pricing._with_teachers(data_for(config), config)
    assert seconds == pytest.approx(0.01 * 1293, abs=0.4)
    assert data.teacher_probabilities.shape == (1293, 10)
    assert pricing._with_teachers(data_for(config), replace(config, training={"teachers": ()}))[1] == 0


def data_for(config):
    from cnn_core.data.load import load_dataset
    from cnn_core.training.setup import training_data

    return training_data(load_dataset("digits"), config)


# Who may teach


def test_the_showcase_teaches_fashion_mnist():
    check_teachers(student_config(showcase()).training, dataset_card("fashion-mnist"))


@pytest.mark.parametrize("dataset", ["fashion-mnist", "mnist"])
def test_a_run_on_other_images_is_refused(teacher, dataset):
    with pytest.raises(ConfigError, match="it learned from other images than those of"):
        check_teachers(student_config(teacher).training, dataset_card(dataset))


def test_a_run_on_a_copy_without_the_leak_cannot_learn_from_one_on_the_original(teacher):
    record = teacher.record()
    assert can_teach(record, DIGITS)
    leaky = record.model_copy(update={"data": record.data.model_copy(update={"checksum": "another"})})
    assert not can_teach(leaky, DIGITS)


def test_teachers_that_were_split_otherwise_are_named(teacher):
    same = student_config(teacher)
    assert teachers_that_know_watched_images(same) == []
    assert teachers_that_know_watched_images(replace(same, training={"train_share": 0.5})) == []
    others = [replace(same, seed=1), replace(same, training={"validation_share": 0.2})]
    assert [teachers_that_know_watched_images(other) for other in others] == [[teacher.id]] * 2
    assert teachers_that_know_watched_images(replace(same, training={"protocol": "tutorial"})) == []
    shutil.rmtree(teacher.path)
    assert teachers_that_know_watched_images(others[0]) == []


def test_a_run_that_is_not_there_yet_or_no_more_teaches_nobody():
    under_way, failed = started_run(), failed_run()
    for run, message in ((under_way, r"is running: its answers are not final\. Wait"), (failed, "has no network")):
        with pytest.raises(RunError, match=message):
            create_run(student_config(run))
    known = len(list_runs())
    with pytest.raises(RunError, match="There is no run 'nobody'"):
        create_run(digits_config("mlp", training={**ONE_HOT, "teachers": ("nobody",)}))
    assert len(list_runs()) == known


@pytest.mark.parametrize(
    ("state", "way_out"), [("failed", "Resume it, or evaluate it"), ("finished", r"worth\. Evaluate it \(")]
)
def test_a_run_that_was_not_evaluated_teaches_nobody(teacher, state, way_out):
    (teacher.path / directory.REPORT).unlink()
    set_status(teacher, state=state)
    with pytest.raises(RunError, match=f"Run '{teacher.id}' has a network and no evaluation.*{way_out}"):
        check_teachers(student_config(teacher).training, DIGITS)


def test_what_cannot_be_asked_is_refused_with_a_way_out():
    with pytest.raises(ConfigError, match="teachers' answers need one-hot labels: set loss to categorical"):
        digits_config("mlp", training={"teachers": ("a",), "loss": "sparse_categorical_crossentropy"})
    with pytest.raises(ConfigError, match="named twice"):
        digits_config("mlp", training={**ONE_HOT, "teachers": ("a", "b", "a")})


def test_a_loss_of_whole_classes_takes_the_teachers_along():
    config = digits_config("mlp", training={**ONE_HOT, "teachers": ("a",)})
    assert replace(config, training={"epochs": 3}).training.teachers == ("a",)
    config = replace(config, training={"teacher_share": 0.5})
    left = replace(config, training={"loss": "sparse_categorical_crossentropy"}).training
    assert (left.teachers, left.teacher_share) == ((), TrainingConfig().teacher_share)
