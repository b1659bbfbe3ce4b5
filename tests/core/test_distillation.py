"""Knowledge distillation: who may teach, what is learned from the answers, and that a run keeps those it began with."""

import shutil

import numpy as np
import pytest

from cnn_core.config import AugmentationConfig, replace
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import ConfigError, RunError
from cnn_core.evaluation.measures import softmax
from cnn_core.models.build import build_model
from cnn_core.models.teacher_settings import check_teachers
from cnn_core.runs import directory
from cnn_core.runs.lifecycle import extend_run
from cnn_core.runs.store import create_run, list_runs, showcase
from cnn_core.runs.writer import RunWriter
from cnn_core.training.callbacks import Callbacks
from cnn_core.training.distillation import mean_answers
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
    return TrainingData(images, labels, images, labels, answers.shape[1], **more, teachers_answers=answers)


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
    assert float(loss) == pytest.approx(-(targets.learned.numpy() * logarithms).sum(axis=1).mean(), rel=1e-5)
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
        *(getattr(digits, name) for name in FIELDS), 10, teachers_answers=np.eye(10, dtype=np.float32)[wrong]
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
    found = mean_answers((teacher.id, other.id), images, lambda: None)
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
    answers = run.teachers_answers()
    np.testing.assert_array_equal(answers, mean_answers((teacher.id,), images, lambda: None))
    # More epochs need no teacher any more.
    shutil.rmtree(teacher.path)
    extend_run(run, 1, 1e-3)
    train_run(run)
    assert (run.status().state, run.status().epoch) == ("finished", 2)
    np.testing.assert_array_equal(run.teachers_answers(), answers)


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
    assert run.teachers_answers() is None


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"half", "'teachers.npy' cannot be read"), (np.zeros((3, 10), np.float32), "does not fit its images")],
    ids=["damaged", "of other images"],
)
def test_answers_that_are_no_use_are_told_and_what_to_do(teacher, content, message):
    run = create_run(student_config(teacher))
    if isinstance(content, bytes):
        (run.path / directory.TEACHERS).write_bytes(content)
    else:
        RunWriter(run).save_teachers_answers(content)
    with pytest.raises(RunError):
        train_run(run)
    assert message in run.status().error
    assert "teachers.npy" in run.status().error
    (run.path / directory.TEACHERS).unlink()
    set_status(run, state="queued")
    train_run(run)
    assert run.status().state == "finished"


# Who may teach


def test_the_showcase_teaches_fashion_mnist():
    check_teachers(student_config(showcase()).training, dataset_card("fashion-mnist"))


@pytest.mark.parametrize(
    ("dataset", "message"),
    [("fashion-mnist", "it knows other classes than those of"), ("mnist", r"it looks at images of 8×8×1, and those")],
)
def test_other_classes_or_images_are_refused(teacher, dataset, message):
    with pytest.raises(ConfigError, match=message):
        check_teachers(student_config(teacher).training, dataset_card(dataset))


def test_a_run_that_is_not_there_yet_or_no_more_teaches_nobody():
    under_way, failed = started_run(), failed_run()
    for run, message in ((under_way, r"is running: its answers are not final\. Wait"), (failed, "has no network")):
        with pytest.raises(RunError, match=message):
            create_run(student_config(run))
    known = len(list_runs())
    with pytest.raises(RunError, match="There is no run 'nobody'"):
        create_run(digits_config("mlp", training={**ONE_HOT, "teachers": ("nobody",)}))
    assert len(list_runs()) == known


def test_what_cannot_be_asked_is_refused_with_a_way_out():
    with pytest.raises(ConfigError, match="teachers' answers need one-hot labels: set loss to categorical"):
        digits_config("mlp", training={"teachers": ("a",), "loss": "sparse_categorical_crossentropy"})
    with pytest.raises(ConfigError, match="named twice"):
        digits_config("mlp", training={**ONE_HOT, "teachers": ("a", "b", "a")})


def test_a_loss_of_whole_classes_takes_the_teachers_along():
    config = digits_config("mlp", training={**ONE_HOT, "teachers": ("a",)})
    assert replace(config, training={"epochs": 3}).training.teachers == ("a",)
    assert replace(config, training={"loss": "sparse_categorical_crossentropy"}).training.teachers == ()
