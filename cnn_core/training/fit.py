"""The training loop. It knows callables and arrays: neither the run's directory nor a screen."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import keras
import numpy as np

from cnn_core.config import RunConfig
from cnn_core.evaluation.measures import accuracy, cross_entropy
from cnn_core.models.transfer import set_trainable
from cnn_core.runs.events import LoopAction
from cnn_core.training.callbacks import Callbacks, DivergedError, Epoch, FitResult, Marker, Step
from cnn_core.training.graph import TrainingData, TrainingGraph
from cnn_core.training.predicting import predict_logits
from cnn_core.training.schedules import planned_rates
from cnn_core.training.stages import Stage, stages
from cnn_core.training.state import Position, Score, TrainingState

# A call from Python into the graph costs a fraction of a millisecond, during which the processor idles. Few enough
# that a pause is still felt at once, also where a step takes long.
STEPS_PER_CALL = 8
LONGEST_CALL_SECONDS = 0.25


def fit(
    model: keras.Model,
    data: TrainingData,
    config: RunConfig,
    callbacks: Callbacks,
    resume: TrainingState | None = None,
) -> FitResult:
    """Train a model and leave the weights to keep in it.

    These are the weights of the best epoch by the monitored figure, or the last epoch's where the configuration says
    so: choosing by test images that are watched would flatter the result.

    Args:
        model: From uint8 images to logits; trained in place.
        data: What to learn from and what to watch.
        config: The run. The same configuration draws the same batches and augmentation.
        callbacks: What is told and asked on the way.
        resume: A state that an earlier call saved; the training goes on from there as if it had not been interrupted.

    Raises:
        DivergedError: The loss is no longer a number. The model has the weights to keep, if there are any.
    """
    return _Training(model, data, config, callbacks).run(resume)


class _StopRequestedError(Exception):
    pass


class _NotANumberError(Exception):
    pass


class _Training:
    """A training under way: where it stands, how good its epochs were, which weights it would keep."""

    def __init__(self, model: keras.Model, data: TrainingData, config: RunConfig, callbacks: Callbacks) -> None:
        self._model, self._data, self._config, self._callbacks = model, data, config, callbacks
        self._count, self._size = len(data.train_labels), config.training.batch_size
        self._steps = data.steps(self._size)
        self._rates = planned_rates(config.training, self._steps, config.transfer)
        self._position, self._score = Position(), Score()
        self._kept_epoch, self._kept_weights = 0, list[np.ndarray]()
        self._graph: TrainingGraph | None = None
        self._step_seconds = LONGEST_CALL_SECONDS
        self._paused_seconds = 0.0

    def run(self, resume: TrainingState | None) -> FitResult:
        if resume is not None:
            self._position, self._score = replace(resume.position), replace(resume.score)
            self._kept_epoch, self._kept_weights = resume.kept_epoch, resume.arrays["kept"]
        is_stopped = False
        try:
            for stage in stages(self._config):
                if self._position.epoch <= stage.last_epoch:
                    graph = self._begin(stage, resume)
                    if self._train(graph, stage):
                        break
        except _StopRequestedError:
            self._mark("stopped")
            is_stopped = True
        except _NotANumberError:
            self._mark("diverged")
            self._restore_kept()
            position = self._position
            raise DivergedError(position.epoch, position.step, self._kept_epoch, position.last_rate) from None
        self._save()
        self._restore_kept()
        return FitResult(self._kept_epoch, self._position.epoch - 1, is_stopped)

    def _begin(self, stage: Stage, resume: TrainingState | None) -> TrainingGraph:
        """Compile the graph of a stage and give it the state before it: the resumed one, or the last stage's."""
        set_trainable(self._model, self._config, head_only=stage.head_only)
        before = self._graph.arrays() if self._graph else resume.arrays if resume else None
        # Saved between two stages, a state has the optimizer of the one before.
        is_within = self._position.step > 0 or self._position.epoch > stage.first_epoch
        graph = self._graph = TrainingGraph(self._model, self._data, self._config, head_only=stage.head_only)
        if before is not None:
            graph.restore(before, same_stage=is_within)
        if not is_within and stage.first_epoch > 1:
            # The first epochs of fine-tuning are often worse than the head's last.
            self._position.plateau_scale = 1.0
            self._score.waited = self._score.plateau = 0
        return graph

    def _train(self, graph: TrainingGraph, stage: Stage) -> bool:
        """Go on to the end of a stage. Returns whether the run ends early, for want of a better epoch."""
        while self._position.epoch in stage:
            self._begin_continuation()
            # Also where the run is resumed after it had ended early, and had not been evaluated yet.
            if self._is_patience_over(stage):
                return True
            self._run_epoch(graph)
            if self._is_patience_over(stage) and self._position.epoch <= self._config.training.total_epochs:
                self._mark("early-stopped")
        return False

    def _is_patience_over(self, stage: Stage) -> bool:
        # The head's few epochs were chosen by hand, and end by themselves.
        return not stage.head_only and 0 < self._config.training.patience <= self._score.waited

    def _run_epoch(self, graph: TrainingGraph) -> None:
        """Go on to the end of the epoch under way."""
        position = self._position
        self._paused_seconds = 0.0
        started = time.perf_counter() - position.seconds
        order = np.random.default_rng((self._config.seed, position.epoch)).permutation(self._count).astype(np.int32)
        while position.step < self._steps:
            self._take_steps(graph, order)
            position.seconds = time.perf_counter() - started - self._paused_seconds
            self._attend()
        with graph.averaged():
            val_loss, val_accuracy = self._watch()
            is_best = self._keep_if_best(val_loss, val_accuracy)
            self._callbacks.on_epoch(
                Epoch(
                    position.epoch,
                    loss=position.loss_sum / self._count,
                    accuracy=position.correct / self._count,
                    val_loss=val_loss,
                    val_accuracy=val_accuracy,
                    learning_rate=position.last_rate,
                    seconds=time.perf_counter() - started - self._paused_seconds,
                    is_best=is_best,
                )
            )
        self._decay_on_plateau()
        self._position = replace(position, epoch=position.epoch + 1, step=0, loss_sum=0.0, correct=0, seconds=0.0)

    def _begin_continuation(self) -> None:
        begun = self._config.training.continuations_begun(self._position.epoch)
        if begun > self._position.continuations:
            # What changed the rate on the way to the old end does not concern what was asked for since.
            self._position = replace(
                self._position, continuations=begun, rate_scale=1.0, rate_limit=None, plateau_scale=1.0
            )
            self._score.waited = self._score.plateau = 0

    def _take_steps(self, graph: TrainingGraph, order: np.ndarray) -> None:
        """A few steps in one call: whole batches together, and the smaller last one, if there is one, by itself."""
        position = self._position
        most = max(1, min(STEPS_PER_CALL, int(LONGEST_CALL_SECONDS / self._step_seconds)))
        whole = max(1, min(most, self._count // self._size - position.step))
        batches = order[position.step * self._size : (position.step + whole) * self._size].reshape(whole, -1)
        first = self._steps_done
        rates = self._rates[first : first + whole] * (position.rate_scale * position.plateau_scale)
        if position.rate_limit is not None:
            rates = np.minimum(rates, position.rate_limit)
        started = time.perf_counter()
        losses, corrects = graph.run(batches, position.epoch, position.step + 1, rates)
        self._step_seconds = (time.perf_counter() - started) / whole
        for loss, correct, rate in zip(losses.tolist(), corrects.tolist(), rates.tolist(), strict=True):
            position.step, position.last_rate = position.step + 1, rate
            if not math.isfinite(loss):
                raise _NotANumberError
            position.loss_sum += loss * batches.shape[1]
            position.correct += correct
            self._callbacks.on_step(
                Step(position.epoch, position.step, self._steps, batches.shape[1], loss, correct, rate)
            )

    @property
    def _steps_done(self) -> int:
        """All epochs together."""
        return (self._position.epoch - 1) * self._steps + self._position.step

    def _watch(self) -> tuple[float, float]:
        """Loss and accuracy on the watched images."""
        logits = predict_logits(self._model, self._data.watched_images, between=self._attend)
        if not np.isfinite(logits).all():
            raise _NotANumberError
        return cross_entropy(self._data.watched_labels, logits), accuracy(self._data.watched_labels, logits)

    def _keep_if_best(self, val_loss: float, val_accuracy: float) -> bool:
        """Keep the model's weights if they are the best, or the last ones are to be kept; say whether they were."""
        training, epoch = self._config.training, self._position.epoch
        is_best = self._score.offer(training, epoch, val_accuracy, val_loss)
        if not is_best and training.keeps_best:
            return False
        self._kept_epoch, self._kept_weights = epoch, self._model.get_weights()
        return True

    def _decay_on_plateau(self) -> None:
        training = self._config.training
        is_planned = training.schedule == "plateau" and not self._position.continuations
        if not is_planned or self._score.plateau < training.decay_epochs:
            return
        self._score.plateau = 0
        lowered = max(self._position.plateau_scale * training.decay_factor, training.final_share)
        if lowered < self._position.plateau_scale:
            rate = self._position.last_rate * lowered / self._position.plateau_scale
            self._position.plateau_scale = lowered
            self._mark("plateau", value=rate)

    def _attend(self) -> None:
        """Do what is asked of the training, between two steps or two batches of the validation."""
        while True:
            asked = self._callbacks.requests()
            if asked.learning_rate is not None:
                self._change_rate(asked.learning_rate)
            if asked.stop:
                raise _StopRequestedError
            if not asked.pause:
                break
            self._pause()
        if self._callbacks.is_save_due():
            self._save()

    def _change_rate(self, rate: float) -> None:
        """Scale the rest of the schedule so that the next step is taken with this rate."""
        position = self._position
        planned = self._rates[min(self._steps_done, len(self._rates) - 1)]
        position.rate_scale = rate / (planned * position.plateau_scale)
        # Early in a warm-up the scale is large: its peak must not become a rate that nobody asked for.
        position.rate_limit = max(rate, self._config.training.learning_rate)
        # At once: what the curve says of the rate must be true for a worker that takes over.
        self._save()
        self._mark("learning-rate", value=rate)

    def _pause(self) -> None:
        started = time.perf_counter()
        self._save()
        self._mark("paused")
        if not self._callbacks.on_pause():
            raise _StopRequestedError
        self._paused_seconds += time.perf_counter() - started
        self._mark("resumed")

    def _mark(self, action: LoopAction, value: float | None = None) -> None:
        position = self._position
        self._callbacks.on_marker(Marker(action, position.epoch, position.step, self._steps, value))

    def _save(self) -> None:
        if self._callbacks.save is not None and self._graph is not None:
            arrays = {**self._graph.arrays(), "kept": self._kept_weights}
            position, score = replace(self._position), replace(self._score)
            self._callbacks.save(TrainingState(position, score, self._kept_epoch, arrays))

    def _restore_kept(self) -> None:
        """Give the model the weights that were kept; without any it stays as it is."""
        if self._kept_epoch:
            self._model.set_weights(self._kept_weights)
