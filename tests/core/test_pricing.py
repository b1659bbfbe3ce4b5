"""What a price is measured on: the run's own network and batches, without anything that it need not fetch or load."""

import numpy as np
import pytest

from cnn_core.config import ConvBlock, RunTransfer
from cnn_core.data.load import load_dataset
from cnn_core.evaluation import report
from cnn_core.runs import predictions_file
from cnn_core.training import predicting, pricing
from cnn_core.training.setup import seeded_model, training_data
from tests.fixtures import digits_config


def test_the_weights_of_another_run_need_not_be_there():
    config = digits_config().model_copy(update={"transfer": RunTransfer(run="gone", blocks=1)})
    assert seeded_model(config, is_fresh=False).count_params() == 50_826


def test_the_time_of_an_image_is_that_of_one_batch_as_the_validation_takes_it(monkeypatch):
    config = digits_config(model={"blocks": [ConvBlock(filters=4)]})
    model = seeded_model(config, is_fresh=False)
    # 6·6·4 float32 are the largest feature maps: 50 images of them are allowed.
    monkeypatch.setattr(predicting, "MOST_FEATURE_BYTES", 50 * 4 * 6 * 6 * 4)
    monkeypatch.setattr(pricing, "_PREDICTION_SECONDS", 0.0)
    sizes = []
    predict = model.predict_on_batch
    monkeypatch.setattr(model, "predict_on_batch", lambda images: sizes.append(len(images)) or predict(images))
    _, image_seconds = pricing._time_prediction(model, np.zeros((500, 8, 8, 1), np.uint8))
    assert set(sizes) == {50}
    assert len(sizes) == 1 + pricing._FEWEST_CALLS
    assert image_seconds > 0


@pytest.mark.parametrize("protocol", ["validation", "tutorial"])
def test_the_end_has_the_validation_answers_and_their_temperature_where_a_run_has_them(monkeypatch, protocol):
    config = digits_config(training={"protocol": protocol, "epochs": 1})
    dataset = load_dataset("digits")
    data = training_data(dataset, config)
    fitted, packed = [], []
    monkeypatch.setattr(report, "fit_temperature", lambda answers: fitted.append(len(answers)) or 1.0)
    monkeypatch.setattr(predictions_file, "pack_predictions", packed.append)
    is_tutorial = protocol == "tutorial"
    seconds = pricing._time_end(dataset, data, config, 1000.0)
    assert fitted == ([] if is_tutorial else [len(data.watched_labels)])
    assert (packed[0].validation is None) == is_tutorial
    # What is strange to the network is learned from the training images and from those that were watched.
    images = 360 + (0 if is_tutorial else 144) + (1437 + 360 if is_tutorial else 1293 + 144)
    # The report itself takes a moment, also on a busy machine.
    assert seconds == pytest.approx(1000 * images, abs=100)
