"""The training loop: what it learns, what it keeps, how it ends."""

import re

import numpy as np
import pytest

from cnn_core.config import AugmentationConfig, ConvBlock, DenseBlock, ModelConfig, RunConfig, TrainingConfig
from cnn_core.data.load import load_dataset
from cnn_core.data.splits import split_training
from cnn_core.models.build import build_model
from cnn_core.training import fit as fit_module
from cnn_core.training import predicting
from cnn_core.training.callbacks import Callbacks, DivergedError, Requests
from cnn_core.training.fit import fit
from cnn_core.training.graph import TrainingData
from cnn_core.training.predicting import predict_logits

BATCH = 32
SMALL_CNN = ModelConfig(blocks=(ConvBlock(filters=12, padding="same", pooling="max"), DenseBlock(units=48)))


def config_for(*, seed=0, model=SMALL_CNN, augmentation=None, **training):
    training = {"epochs": 2, "batch_size": BATCH, "learning_rate": 3e-3, **training}
    return RunConfig(
        dataset="digits",
        preset="mine",
        seed=seed,
        model=model,
        training=TrainingConfig(**training),
        augmentation=augmentation or AugmentationConfig(),
    )


@pytest.fixture(scope="module")
def digits():
    """The digits' training images, split into 1,149 to learn from and 288 to watch."""
    dataset = load_dataset("digits")
    split = split_training(dataset.train_labels, validation_share=0.2, seed=0)
    images, labels = dataset.train_images, dataset.train_labels
    return TrainingData(
        images[split.train], labels[split.train], images[split.validation], labels[split.validation], 10
    )


@pytest.fixture(scope="module")
def few(digits):
    """The first 128 of the images, four steps an epoch."""
    return TrainingData(
        digits.train_images[:128], digits.train_labels[:128], digits.watched_images, digits.watched_labels, 10
    )


class Observed:
    """Trains a fresh network and takes down what the loop tells, with the weights at the end of each epoch."""

    def __init__(self, config, data, *, stop_after=None, requests=None, save_at=None, resume=None):
        import keras

        self.steps, self.epochs, self.weights, self.markers, self.states = [], [], [], [], []
        keras.utils.set_random_seed(config.seed)
        self.model = self._model_for(config, data)
        self.callbacks = Callbacks(
            on_step=self.steps.append,
            on_epoch=self._on_epoch,
            on_marker=self.markers.append,
            requests=requests or (lambda: Requests(stop=stop_after is not None and len(self.steps) >= stop_after)),
            save=self.states.append,
            is_save_due=lambda: len(self.steps) == save_at,
        )
        self.result = fit(self.model, data, config, self.callbacks, resume)

    def _model_for(self, config, data):
        return build_model(config.model, data.train_images.shape[1:], data.class_count)

    def _on_epoch(self, epoch):
        self.epochs.append(epoch)
        self.weights.append(self.model.get_weights())

    @property
    def final(self):
        return self.model.get_weights()


def same(weights, others):
    return all(np.array_equal(one, other) for one, other in zip(weights, others, strict=True))


@pytest.fixture(scope="module")
def learned(digits):
    return Observed(config_for(epochs=6), digits)


def test_a_small_network_learns_the_digits(learned):
    accuracies = [epoch.val_accuracy for epoch in learned.epochs]
    # 1.0 on held-back images would be a sign that they are not held back.
    assert 0.9 < max(accuracies) < 1.0
    assert learned.epochs[-1].loss < learned.epochs[0].loss / 3


def test_every_image_is_seen_once_an_epoch(learned, digits):
    count = len(digits.train_labels)
    for number in range(1, 7):
        steps = [step for step in learned.steps if step.epoch == number]
        assert sum(step.count for step in steps) == count
        assert [step.step for step in steps] == list(range(1, -(-count // BATCH) + 1))
        assert {step.steps for step in steps} == {len(steps)}
        assert steps[-1].count == count % BATCH


def test_the_figures_of_an_epoch_are_the_means_over_its_images(learned, digits):
    for epoch in learned.epochs:
        steps = [step for step in learned.steps if step.epoch == epoch.epoch]
        assert epoch.loss == pytest.approx(sum(s.loss * s.count for s in steps) / len(digits.train_labels))
        assert epoch.accuracy == pytest.approx(sum(s.correct for s in steps) / len(digits.train_labels))


def test_the_watched_figures_are_those_that_keras_evaluates(learned, digits):
    import keras

    best = learned.epochs[learned.result.best_epoch - 1]
    learned.model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    loss, accuracy = learned.model.evaluate(digits.watched_images, digits.watched_labels, verbose=0)
    assert (best.val_loss, best.val_accuracy) == pytest.approx((loss, accuracy), rel=1e-4)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_a_step_of_sgd_is_the_one_that_keras_takes(few, loss):
    import keras

    # One batch of all images: their order does not matter.
    config = config_for(epochs=1, batch_size=128, optimizer="sgd", learning_rate=0.1, loss=loss)
    ours = Observed(config, few)
    keras.utils.set_random_seed(config.seed)
    theirs = build_model(config.model, few.train_images.shape[1:], 10)
    theirs.compile(
        keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    theirs.train_on_batch(few.train_images, few.train_labels)
    for one, other in zip(ours.final, theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_label_smoothing_changes_what_is_learned_and_not_how_it_is_measured(few):
    import keras

    config = config_for(epochs=1, batch_size=128, optimizer="sgd", loss="categorical_crossentropy", label_smoothing=0.3)
    smooth = Observed(config, few)
    plain = Observed(config_for(epochs=1, batch_size=128, optimizer="sgd"), few)
    assert smooth.steps[0].loss == pytest.approx(plain.steps[0].loss, rel=1e-6)
    assert not same(smooth.final, plain.final)

    keras.utils.set_random_seed(config.seed)
    theirs = build_model(config.model, few.train_images.shape[1:], 10)
    theirs.compile(
        keras.optimizers.SGD(3e-3, momentum=0.9, nesterov=True),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3),
    )
    theirs.train_on_batch(few.train_images, np.eye(10)[few.train_labels])
    for one, other in zip(smooth.final, theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_same_seed_trains_the_same_network_to_the_last_bit(few):
    augmentation = AugmentationConfig(horizontal_flip=True, shift_pixels=1, erase_probability=0.5)
    model = SMALL_CNN.model_copy(update={"dropout": 0.3})
    first, again = (Observed(config_for(seed=5, model=model, augmentation=augmentation), few) for _ in range(2))
    assert same(first.final, again.final)
    assert [step.loss for step in first.steps] == [step.loss for step in again.steps]


def test_another_seed_trains_another_network(few):
    assert not same(Observed(config_for(seed=1), few).final, Observed(config_for(seed=2), few).final)


def test_another_seed_draws_other_batches(few):
    # Learning rate too small to matter and the same start: the losses differ only by who is in the batch.
    def losses(seed):
        config = config_for(epochs=1, learning_rate=1e-12).model_copy(update={"seed": 0})
        import keras

        keras.utils.set_random_seed(0)
        model = build_model(config.model, few.train_images.shape[1:], 10)
        steps = []
        fit(model, few, config.model_copy(update={"seed": seed}), Callbacks(on_step=steps.append))
        return [step.loss for step in steps]

    assert losses(1) == losses(1)
    assert losses(1) != losses(2)


def test_what_is_watched_is_never_learned_from(few):
    nonsense = TrainingData(
        few.train_images, few.train_labels, 255 - few.watched_images, (few.watched_labels + 1) % 10, 10
    )
    # By this protocol the last weights are kept, whatever the watched images say.
    config = config_for(protocol="tutorial")
    assert same(Observed(config, few).final, Observed(config, nonsense).final)


@pytest.fixture(scope="module")
def misled(few):
    """Watched images with wrong labels: the better the network becomes, the worse its watched accuracy."""
    return TrainingData(few.train_images, few.train_labels, few.train_images, (few.train_labels + 1) % 10, 10)


def test_the_weights_of_the_best_watched_epoch_are_kept(misled):
    seen = Observed(config_for(epochs=5, learning_rate=5e-3), misled)
    best = max(seen.epochs, key=lambda epoch: (epoch.val_accuracy, -epoch.val_loss)).epoch
    assert best < 5, "the test needs a best epoch before the last"
    assert seen.result.best_epoch == best
    assert same(seen.final, seen.weights[best - 1])
    assert not same(seen.final, seen.weights[-1])
    is_best = [epoch.epoch for epoch in seen.epochs if epoch.is_best]
    assert is_best[-1] == best


def test_the_tutorials_protocol_keeps_the_last_epoch(misled):
    seen = Observed(config_for(epochs=5, learning_rate=5e-3, protocol="tutorial"), misled)
    assert seen.result.best_epoch == 5
    assert same(seen.final, seen.weights[-1])
    assert seen.epochs[0].val_accuracy > seen.epochs[-1].val_accuracy


@pytest.fixture
def single_steps(monkeypatch):
    """The graph is called for one step at a time, so that a stop can come after any of them."""
    monkeypatch.setattr(fit_module, "STEPS_PER_CALL", 1)


def test_how_many_steps_a_call_takes_does_not_count(few, monkeypatch):
    together = Observed(config_for(epochs=2), few)
    monkeypatch.setattr(fit_module, "STEPS_PER_CALL", 1)
    one_by_one = Observed(config_for(epochs=2), few)
    assert together.steps == one_by_one.steps
    assert same(together.final, one_by_one.final)


@pytest.mark.usefixtures("single_steps")
def test_stopped_in_the_first_epoch_the_weights_so_far_are_kept(few):
    start = Observed(config_for(), few, stop_after=1)
    seen = Observed(config_for(), few, stop_after=3)
    assert (seen.result.best_epoch, seen.result.epochs, seen.result.is_stopped) == (0, 0, True)
    assert len(seen.steps) == 3
    assert seen.epochs == []
    assert not same(seen.final, start.final)


@pytest.mark.usefixtures("single_steps")
def test_stopped_within_a_later_epoch_the_best_finished_one_is_kept(few):
    seen = Observed(config_for(epochs=3), few, stop_after=6)
    assert (seen.result.best_epoch, seen.result.epochs, seen.result.is_stopped) == (1, 1, True)
    assert (seen.steps[-1].epoch, seen.steps[-1].step) == (2, 2)
    assert same(seen.final, seen.weights[0])


def test_not_stopped_it_says_so(learned):
    assert (learned.result.epochs, learned.result.is_stopped) == (6, False)


def too_fast(epochs):
    """A configuration whose learning rate no person could set."""
    config = config_for(epochs=epochs, optimizer="sgd")
    training = config.training.model_copy(update={"learning_rate": 1e30})
    return config.model_copy(update={"training": training})


def test_a_training_that_diverges_ends_with_its_epoch_and_step(few):
    with pytest.raises(DivergedError) as caught:
        Observed(too_fast(epochs=2), few)
    message = str(caught.value)
    assert re.search(r"epoch 1, step [2-4]:", message)
    assert "a tenth of its learning rate" in message


def test_a_training_that_diverges_in_its_last_step_does_not_pass_for_finished(few):
    one_step = TrainingData(
        few.train_images[:BATCH], few.train_labels[:BATCH], few.watched_images, few.watched_labels, 10
    )
    with pytest.raises(DivergedError, match="epoch 1"):
        Observed(too_fast(epochs=1), one_step)


def test_the_one_cycle_schedule_ends_near_zero(few):
    seen = Observed(config_for(epochs=3, schedule="one-cycle", learning_rate=0.01), few)
    rates = [epoch.learning_rate for epoch in seen.epochs]
    assert rates[0] > rates[1] > rates[2]
    assert rates[2] == pytest.approx(0.01 / 1000, rel=0.05)


def test_a_constant_schedule_is_constant(few):
    seen = Observed(config_for(epochs=2, learning_rate=0.002), few)
    assert [epoch.learning_rate for epoch in seen.epochs] == pytest.approx([0.002, 0.002])


def test_large_feature_maps_are_predicted_in_smaller_batches(few, monkeypatch):
    model = build_model(SMALL_CNN, few.train_images.shape[1:], 10)
    at_once = predict_logits(model, few.train_images)
    sizes = []
    monkeypatch.setattr(predicting, "MOST_FEATURE_BYTES", 4 * 8 * 8 * 12 * 10)
    predict = model.predict_on_batch
    monkeypatch.setattr(model, "predict_on_batch", lambda batch: sizes.append(len(batch)) or predict(batch))
    np.testing.assert_allclose(predict_logits(model, few.train_images), at_once, rtol=1e-5, atol=1e-6)
    assert sizes == [10] * 12 + [8]
