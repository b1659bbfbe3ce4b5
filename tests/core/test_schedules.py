"""Learning rates and optimizers."""

import numpy as np
import pytest

from cnn_core.config import TrainingConfig
from cnn_core.training.schedules import OneCycle, build_optimizer

PEAK, TOTAL = 0.02, 400


@pytest.fixture(scope="module")
def rates():
    """The learning rate before each step, and after the last."""
    schedule = OneCycle(PEAK, TOTAL)
    return np.array([float(schedule(step)) for step in range(TOTAL + 1)])


def test_one_cycle_peaks_after_a_quarter(rates):
    assert rates.argmax() == TOTAL // 4
    assert rates.max() == pytest.approx(PEAK)


def test_one_cycle_begins_at_a_tenth_and_ends_at_a_thousandth(rates):
    assert rates[0] == pytest.approx(PEAK / 10)
    assert rates[-1] == pytest.approx(PEAK / 1000)


def test_one_cycle_rises_in_a_line_and_falls_in_half_a_cosine(rates):
    rising, falling = rates[: TOTAL // 4 + 1], rates[TOTAL // 4 :]
    np.testing.assert_allclose(rising, np.linspace(PEAK / 10, PEAK, TOTAL // 4 + 1), rtol=1e-5)
    assert (np.diff(falling) < 0).all()
    # In the middle of a half cosine lies the mean of its ends.
    assert falling[len(falling) // 2] == pytest.approx((PEAK + PEAK / 1000) / 2, rel=1e-4)


def test_one_cycle_stays_at_its_end(rates):
    assert float(OneCycle(PEAK, TOTAL)(TOTAL + 50)) == pytest.approx(rates[-1])


@pytest.mark.parametrize("total", [1, 2, 3])
def test_one_cycle_of_very_few_steps_gives_learning_rates_above_zero(total):
    schedule = OneCycle(PEAK, total)
    values = [float(schedule(step)) for step in range(total)]
    assert all(0 < value <= PEAK * 1.001 for value in values)


def test_one_cycle_survives_a_saved_optimizer():
    schedule = OneCycle.from_config(OneCycle(PEAK, TOTAL).get_config())
    assert float(schedule(100)) == pytest.approx(PEAK)


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", "Adam"), ("adamw", "AdamW"), ("sgd", "SGD"), ("rmsprop", "RMSprop")]
)
def test_every_optimizer_is_the_one_of_that_name_and_rate(name, kind):
    optimizer = build_optimizer(TrainingConfig(optimizer=name, learning_rate=0.004), TOTAL)
    assert type(optimizer).__name__ == kind
    assert float(optimizer.learning_rate) == pytest.approx(0.004)


def test_the_schedule_begins_with_the_run():
    config = TrainingConfig(optimizer="sgd", schedule="one-cycle", learning_rate=PEAK)
    assert float(build_optimizer(config, TOTAL).learning_rate) == pytest.approx(PEAK / 10)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_weight_decay_pulls_on_kernels_and_spares_biases_and_scales(name, decay):
    import keras

    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, bias_initializer="ones"), keras.layers.BatchNormalization()]
    )
    before = [variable.numpy() for variable in model.trainable_variables]
    optimizer = build_optimizer(TrainingConfig(optimizer=name, learning_rate=0.5, weight_decay=decay), TOTAL)
    optimizer.build(model.trainable_variables)
    optimizer.apply([np.zeros_like(value) for value in before], model.trainable_variables)
    after = [variable.numpy() for variable in model.trainable_variables]
    # Decoupled: a step without a gradient shrinks by learning rate × weight decay, whatever the optimizer.
    np.testing.assert_allclose(after[0], before[0] * (1 - 0.5 * decay), rtol=1e-5)
    for unchanged, start in zip(after[1:], before[1:], strict=True):
        np.testing.assert_array_equal(unchanged, start)
