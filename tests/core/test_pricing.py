"""What a price is measured on: the run's own network and batches, without anything that it need not fetch or load."""

import numpy as np

from cnn_core.config import ConvBlock, RunTransfer
from cnn_core.training import fit, pricing
from cnn_core.training.setup import seeded_model
from tests.fixtures import digits_config


def test_the_weights_of_another_run_need_not_be_there():
    config = digits_config().model_copy(update={"transfer": RunTransfer(run="gone", blocks=1)})
    assert seeded_model(config, is_fresh=False).count_params() == 50_826


def test_the_time_of_an_image_is_that_of_one_batch_as_the_validation_takes_it(monkeypatch):
    config = digits_config(model={"blocks": [ConvBlock(filters=4)]})
    model = seeded_model(config, is_fresh=False)
    # 6·6·4 float32 are the largest feature maps: 50 images of them are allowed.
    monkeypatch.setattr(fit, "MOST_FEATURE_BYTES", 50 * 4 * 6 * 6 * 4)
    monkeypatch.setattr(pricing, "_PREDICTION_SECONDS", 0.0)
    sizes = []
    predict = model.predict_on_batch
    monkeypatch.setattr(model, "predict_on_batch", lambda images: sizes.append(len(images)) or predict(images))
    _, image_seconds = pricing._time_prediction(model, np.zeros((500, 8, 8, 1), np.uint8))
    assert set(sizes) == {50}
    assert len(sizes) == 1 + pricing._FEWEST_CALLS
    assert image_seconds > 0
