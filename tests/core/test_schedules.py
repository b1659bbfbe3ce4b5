"""Learning rates as they are planned, and the Keras optimizers that take them."""

import numpy as np
import pytest

from cnn_core.config import Continuation, ImageNetTransfer, TrainingConfig
from cnn_core.training.schedules import planned_rates

STEPS = 10


def rates(schedule, epochs=4, **settings):
    return planned_rates(TrainingConfig(schedule=schedule, epochs=epochs, learning_rate=0.1, **settings), STEPS)


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_a_constant_rate_is_constant(schedule):
    assert rates(schedule).tolist() == [0.1] * 40


def test_steps_go_down_after_so_many_epochs():
    planned = rates("step", epochs=5, decay_epochs=2, decay_factor=0.5)
    assert planned[[0, 19, 20, 39, 40]].tolist() == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025])


@pytest.mark.parametrize("schedule", ["exponential", "cosine", "one-cycle"])
def test_a_decaying_rate_ends_where_it_is_asked_to(schedule):
    planned = rates(schedule, final_share=0.01)
    assert planned[-1] == pytest.approx(0.001)
    peak = planned.argmax()
    assert planned[peak] == pytest.approx(0.1)
    assert (np.diff(planned[peak:]) < 0).all()


def test_an_exponential_rate_falls_by_the_same_share_each_step():
    planned = rates("exponential", final_share=0.01)
    assert planned[1:] / planned[:-1] == pytest.approx(np.full(39, 0.01 ** (1 / 39)))


def test_a_cosine_is_half_way_in_the_middle():
    assert np.interp(19.5, np.arange(40), rates("cosine", final_share=0.01)) == pytest.approx(0.1 * 1.01 / 2, rel=1e-3)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_one_cycle_rises_in_a_straight_line_to_its_peak(share):
    planned = rates("one-cycle", epochs=10, warm_up_share=share)
    peak = round(share * 100)
    assert planned[0] == pytest.approx(0.01)
    assert planned[peak] == pytest.approx(0.1)
    assert np.diff(planned[:peak], 2) == pytest.approx(np.zeros(peak - 2), abs=1e-12)


@pytest.mark.parametrize("schedule", ["constant", "step", "exponential", "cosine", "one-cycle", "plateau"])
def test_a_run_of_a_single_step_has_a_rate(schedule):
    planned = planned_rates(TrainingConfig(schedule=schedule, epochs=1), 1)
    assert planned.shape == (1,)
    assert 0 < planned[0] <= 1e-3


def test_added_epochs_have_their_own_constant_rate():
    more = (Continuation(after_epoch=4, epochs=2, learning_rate=0.003),)
    planned = rates("cosine", continuations=more)
    assert planned[:40].tolist() == rates("cosine").tolist()
    assert planned[40:].tolist() == [0.003] * 20


def test_epochs_added_to_a_run_that_stopped_early_begin_there():
    more = (Continuation(after_epoch=2, epochs=1, learning_rate=0.003),)
    planned = rates("constant", continuations=more)
    assert planned.tolist() == [0.1] * 20 + [0.003] * 10


def test_fine_tuning_is_slower_than_the_head():
    planned = planned_rates(
        TrainingConfig(epochs=3, learning_rate=0.1), STEPS, ImageNetTransfer(head_epochs=1, fine_tune_rate=0.05)
    )
    assert planned.tolist() == pytest.approx([0.1] * 10 + [0.005] * 20)


def built(**training):
    from cnn_core.training.optimizers import build_optimizer

    return build_optimizer(TrainingConfig(**training))


def settings_of(**training):
    return built(**training).get_config()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("adam", "Adam"), ("adamw", "AdamW"), ("sgd", "SGD"), ("rmsprop", "RMSprop"), ("muon", "Muon")],
)
def test_the_optimizer_is_the_one_that_was_asked_for(name, kind):
    optimizer = built(optimizer=name, learning_rate=0.02, weight_decay=0.01, clip_norm=2.5)
    settings = optimizer.get_config()
    assert type(optimizer).__name__ == kind
    assert settings["learning_rate"] == pytest.approx(0.02)
    assert settings["weight_decay"] == pytest.approx(0.01)
    assert settings["global_clipnorm"] == 2.5


@pytest.mark.parametrize("name", ["sgd", "muon"])
def test_momentum_and_nesterov_are_set(name):
    settings = settings_of(optimizer=name, momentum=0.7, nesterov=False)
    assert (settings["momentum"], settings["nesterov"]) == (0.7, False)


def test_without_decay_and_clipping_there_is_none():
    settings = settings_of(optimizer="adam")
    assert settings["weight_decay"] is None
    assert settings["global_clipnorm"] is None


def test_offsets_and_scales_are_not_decayed():
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()])
    optimizer = built(optimizer="adamw", weight_decay=0.5, learning_rate=0.1)
    optimizer.build(model.trainable_variables)
    before = model.get_weights()
    model.layers[1].gamma.assign([3.0, 3.0])
    optimizer.apply([variable.value * 0 for variable in model.trainable_variables], model.trainable_variables)
    kernel, bias, gamma, beta = model.get_weights()[:4]
    np.testing.assert_allclose(kernel, before[0] * (1 - 0.1 * 0.5), rtol=1e-5)
    assert gamma.tolist() == [3.0, 3.0]
    assert bias.tolist() == beta.tolist() == [0.0, 0.0]
