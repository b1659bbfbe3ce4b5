"""From a picture to an answer, with a network that says what the test wants."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp, softmax

from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import PictureError, RunError
from cnn_core.evaluation.report import StoredReport
from cnn_core.images.decode import picture_from_array
from cnn_core.inference.classifier import Classifier, error_row, load_classifier
from cnn_core.inference.network import Network
from cnn_core.runs.directory import Run
from cnn_core.runs.record import DataFacts
from tests.fixtures import finished_run, started_run

CARD = dataset_card("digits")
FACTS = DataFacts(title=CARD.title, class_names=CARD.class_names, checksum=CARD.checksum, frame=CARD.frame)
LOGITS = np.float32([0, 1, 2, 9, 4, 8, 6, 7, 5, 3])
IMAGE = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)


@pytest.fixture
def picture():
    return picture_from_array(IMAGE, "noise")


def classifier(threshold=None, logits=LOGITS):
    return Classifier(lambda images: np.tile(logits, (len(images), 1)), FACTS, threshold)


def test_the_network_sees_one_uint8_image_of_the_dataset_s_shape(picture):
    seen = []

    def logits(images):
        seen.append(images)
        return LOGITS[None]

    answer = Classifier(logits, FACTS, None).classify(picture)
    (batch,) = seen
    assert (batch.shape, batch.dtype) == ((1, 8, 8, 1), np.uint8)
    np.testing.assert_array_equal(batch[0, :, :, 0], IMAGE)
    np.testing.assert_array_equal(answer.prepared.image, batch[0])


def test_an_answer_names_all_classes_the_most_probable_first(picture):
    answer = classifier().classify(picture)
    assert [guess.label for guess in answer.guesses] == ["3", "5", "7", "6", "8", "4", "9", "2", "1", "0"]
    exponentials = np.exp(LOGITS.astype(float))
    assert answer.best.probability == pytest.approx(exponentials[3] / exponentials.sum())
    assert sum(guess.probability for guess in answer.guesses) == pytest.approx(1)


def test_a_picture_is_an_outlier_when_its_energy_is_above_the_threshold(picture):
    energy = -float(np.log(np.exp(LOGITS.astype(float)).sum()))
    for threshold, expected in ((energy - 0.01, True), (energy + 0.01, False), (None, False)):
        answer = classifier(threshold).classify(picture)
        assert answer.outlier_score == pytest.approx(energy, rel=1e-6)
        assert answer.is_outlier is expected


def test_weak_logits_are_stranger_than_strong_ones(picture):
    weak, strong = (classifier(-5.0, logits).classify(picture) for logits in (LOGITS / 10, LOGITS))
    assert (weak.is_outlier, strong.is_outlier) == (True, False)


def test_a_row_has_the_classes_asked_for(picture):
    row = classifier().classify(picture).row("noise.png", top=2)
    assert (row["file"], row["label"], row["error"]) == ("noise.png", "3", None)
    assert [guess["label"] for guess in row["top"]] == ["3", "5"]
    assert row["confidence"] == row["top"][0]["probability"]
    assert row.keys() == error_row("broken.png", "why").keys()


def test_a_picture_of_nothing_is_a_picture_error():
    with pytest.raises(PictureError, match="shows nothing"):
        classifier().classify(picture_from_array(np.zeros((40, 40), np.uint8), "black"))


def pictures_of_many_kinds():
    """Forty pictures, more than the network is asked for at a time; every fifth shows nothing."""
    random = np.random.default_rng(1)
    noise = [random.integers(0, 256, (8 + i, 9, 3), np.uint8) for i in range(40)]
    return [
        picture_from_array(np.zeros_like(pixels) if i % 5 == 3 else pixels, f"picture {i}")
        for i, pixels in enumerate(noise)
    ]


def test_many_pictures_get_the_answers_that_each_gets_alone_in_their_order(trained_run):
    loaded, pictures = load_classifier(trained_run), pictures_of_many_kinds()
    found = list(loaded.classify_many(pictures))
    assert len(found) == len(pictures)
    for i, (picture, many) in enumerate(zip(pictures, found, strict=True)):
        if i % 5 == 3:
            with pytest.raises(PictureError, match=re.escape(str(many))):
                loaded.classify(picture)
            continue
        alone = loaded.classify(picture)
        np.testing.assert_array_equal(many.prepared.image, alone.prepared.image)
        assert many.prepared.name == picture.name
        assert (many.best.label, many.is_outlier) == (alone.best.label, alone.is_outlier)
        assert many.best.probability == pytest.approx(alone.best.probability, abs=1e-5)
        assert many.outlier_score == pytest.approx(alone.outlier_score, rel=1e-4, abs=1e-4)
    assert sum(isinstance(one, PictureError) for one in found) == 8


def test_many_pictures_ask_the_network_a_few_times_and_hold_few_of_them():
    asked, read = [], []

    def logits(images):
        asked.append(len(images))
        return np.tile(LOGITS, (len(images), 1))

    def reading(i):
        def read_it():
            read.append(i)
            return picture_from_array(IMAGE, str(i))

        return read_it

    answers = Classifier(logits, FACTS, None).classify_many(map(reading, range(100)))
    first = next(answers)
    assert first.prepared.name == "0"
    assert first.prepared.stages == ()
    assert len(read) <= 20
    assert [answer.prepared.name for answer in answers] == [str(i) for i in range(1, 100)]
    assert sum(asked) == 100
    assert len(asked) <= 7


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_network_whose_answers_are_no_numbers_is_a_run_error(picture, bad):
    logits = LOGITS.copy()
    logits[3] = bad
    with pytest.raises(RunError, match="does not answer with numbers"):
        classifier(logits=logits).classify(picture)
    with pytest.raises(RunError, match="does not answer with numbers"):
        list(classifier(logits=logits).classify_many([picture]))


def test_no_pictures_have_no_answers():
    assert list(classifier().classify_many([])) == []


def test_a_bug_among_many_pictures_is_not_taken_for_a_broken_picture(picture):
    def read():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(classifier().classify_many([picture, read]))


def test_the_classifier_of_a_run_has_its_classes_and_threshold(trained_run):
    loaded = load_classifier(trained_run)
    assert loaded.data.class_names == CARD.class_names
    assert loaded.outlier_threshold == trained_run.report().outlier_threshold
    assert loaded.temperature == trained_run.report().temperature != 1


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_probabilities_are_those_at_the_temperature_and_the_score_is_that_of_the_logits(picture, temperature):
    answer = replace(classifier(), temperature=temperature).classify(picture)
    expected = softmax(LOGITS.astype(np.float64) / temperature)
    assert [guess.label for guess in answer.guesses] == [
        guess.label for guess in classifier().classify(picture).guesses
    ]
    assert sorted(guess.probability for guess in answer.guesses) == pytest.approx(sorted(expected.ravel()), rel=1e-5)
    assert answer.outlier_score == pytest.approx(-logsumexp(LOGITS.astype(np.float64)), rel=1e-6)


def test_a_run_without_a_temperature_answers_with_its_own_probabilities(trained_run, tmp_path):
    run = Run(shutil.copytree(trained_run.path, tmp_path / "older"))
    report = json.loads((run.path / "report.json").read_text())
    # As version 0.2 wrote it, and without the answers that would complete it.
    old = {name: report[name] for name in StoredReport.model_fields if name != "temperature"}
    (run.path / "report.json").write_text(json.dumps(old))
    (run.path / "predictions.npz").unlink()
    loaded = load_classifier(run)
    assert (loaded.temperature, loaded.outlier_threshold) == (1.0, report["outlier_threshold"])


def test_about_a_twentieth_of_the_test_images_is_called_an_outlier(trained_run):
    logits, threshold = trained_run.predictions().logits, trained_run.report().outlier_threshold
    energies = -np.log(np.exp(logits.astype(float)).sum(axis=1))
    # The threshold leaves 5 % of the validation images above it; the test images are like them.
    assert 0.01 < (energies > threshold).mean() < 0.15


@pytest.mark.parametrize("content", [b"", b"no network", b"PK\x03\x04 and no more"])
def test_a_damaged_network_is_a_run_error(content):
    run = finished_run(save=lambda path: path.write_bytes(content))
    with pytest.raises(RunError, match=r"'model\.keras' is damaged.*Train the run again"):
        load_classifier(run)


def test_a_network_that_would_run_code_is_not_loaded():
    import keras

    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Lambda(lambda images: images)])
    run = finished_run(save=model.save)
    with pytest.raises(RunError, match="cannot be loaded"):
        Network(run)


def test_a_run_without_a_network_says_why():
    with pytest.raises(RunError, match="has no network yet"):
        load_classifier(started_run())


def test_a_lone_picture_gets_the_logits_that_it_gets_in_company(trained_run):
    images = np.random.default_rng(1).integers(0, 256, (9, *trained_run.record().data.input_shape), np.uint8)
    network = Network(trained_run)
    together = network.logits(images)
    for image, expected in zip(images, together, strict=True):
        np.testing.assert_array_equal(network.logits(image[None]), expected[None])


def test_rows_are_in_the_order_of_the_pictures_and_a_broken_one_has_its_own(picture):
    def broken():
        raise PictureError("'b.png' is damaged.")

    rows = list(classifier().rows([("a.png", lambda: picture), ("b.png", broken), ("c.png", lambda: picture)], top=1))
    assert [(row["file"], row["error"]) for row in rows] == [
        ("a.png", None),
        ("b.png", "'b.png' is damaged."),
        ("c.png", None),
    ]
    assert rows[0] == classifier().classify(picture).row("a.png", 1)
    assert rows[1] == error_row("b.png", "'b.png' is damaged.")
