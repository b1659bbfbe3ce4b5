"""The run that ships with the project: good enough to show, small enough to ship, true to itself."""

import numpy as np
import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.evaluation.report import Training, evaluate
from cnn_core.inference.network import Network
from cnn_core.runs.adaptation_file import read_adaptation
from cnn_core.runs.outliers_file import read_outliers
from cnn_core.runs.store import find_run, list_runs, showcase
from cnn_core.runs.summary import summarise

CARD = dataset_card("fashion-mnist")


def test_the_showcase_knows_clothes_and_is_good_at_it():
    record, report = showcase().record(), showcase().report()
    assert (record.dataset, record.data.checksum) == (CARD.name, CARD.checksum)
    assert record.data.class_names == CARD.class_names
    assert 0.95 <= report.accuracy < 0.97
    assert report.calibrated_loss < 0.16
    assert report.test_count == 10_000
    assert not report.is_test_set_watched


def test_the_showcase_is_small_enough_to_ship():
    assert sum(path.stat().st_size for path in showcase().path.rglob("*") if path.is_file()) < 5_000_000


def test_the_showcase_is_finished_and_has_everything_that_the_pages_show():
    run = showcase()
    status = run.status()
    assert (status.state, status.error) == ("finished", None)
    assert status.epoch == status.epochs == len(run.history())
    assert run.has_model
    assert summarise(run).state == "finished"


def test_the_showcase_tells_what_is_strange_to_it():
    assert "dataset" in read_outliers(showcase()).standards
    # Of photos and of drawings, too: it was taught them.
    assert set(read_adaptation(showcase()).outliers.standards) == {"dataset", "photo", "drawing"}


def test_the_showcase_is_found_by_its_name_and_is_none_of_the_users_runs():
    assert find_run("showcase") == showcase()
    assert list_runs() == []


def test_the_report_of_the_showcase_follows_from_its_predictions():
    run = showcase()
    report, predictions = run.report(), run.predictions()
    training = Training(**{name: getattr(report, name) for name in Training.__dataclass_fields__})
    again = evaluate(predictions.labels, predictions.logits, run.record().data.class_names, training)
    assert again.confusion_matrix == report.confusion_matrix
    assert again.loss == pytest.approx(report.loss)
    assert again.expected_calibration_error == pytest.approx(report.expected_calibration_error)
    assert report.accuracy == pytest.approx((predictions.logits.argmax(1) == predictions.labels).mean())
    history = run.history().set_index("epoch")
    assert report.val_accuracy == pytest.approx(history["val_accuracy"][report.best_epoch], abs=1e-6)


def test_the_network_of_the_showcase_fits_its_record():
    run = showcase()
    network = Network(run)
    assert network.model.input_shape == (None, *run.record().data.input_shape)
    assert network.model.count_params() == run.report().parameters
    assert run.report().parameters + read_adaptation(run).facts.parameters <= 500_000
    logits = network.logits(np.zeros((2, *run.record().data.input_shape), np.uint8))
    assert logits.shape == (2, len(run.record().data.class_names))


def test_nothing_in_the_showcase_tells_of_the_machine_it_was_trained_on():
    for path in showcase().path.rglob("*"):
        if path.suffix in (".json", ".jsonl", ".csv", ".txt"):
            text = path.read_text(encoding="utf-8")
            assert not [word for word in ("/home/", "/root/", "/tmp/", "/Users/", "C:\\") if word in text], path


@pytest.mark.real_data
def test_the_network_of_the_showcase_gives_the_stored_predictions():
    dataset, predictions = load_dataset("fashion-mnist", download=False), showcase().predictions()
    np.testing.assert_array_equal(predictions.labels, dataset.test_labels)
    logits = Network(showcase()).logits(dataset.test_images[:1000])
    np.testing.assert_allclose(logits, predictions.logits[:1000], rtol=1e-2, atol=1e-2)
