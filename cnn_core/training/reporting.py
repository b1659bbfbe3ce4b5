"""Between the training loop and the run's directory: writes what the loop tells, reads what the pages ask."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.evaluation.measures import softmax
from cnn_core.runs.checkpoints import Checkpoint, save_checkpoint
from cnn_core.runs.directory import Run
from cnn_core.runs.events import Event
from cnn_core.runs.samples import Samples
from cnn_core.runs.writer import RunWriter
from cnn_core.training.callbacks import Callbacks, Epoch, Marker, Requests, Step

if TYPE_CHECKING:
    import keras

    from cnn_core.runs.queue import Turn
    from cnn_core.training.graph import TrainingData
    from cnn_core.training.state import TrainingState

# Rows of progress a second at most: enough for a curve that moves, little enough to cost nothing.
REPORTS_PER_SECOND = 4
# A request is a file; looking for it at every step would be wasteful.
_REQUEST_CHECK_SECONDS = 0.2
# What a killed worker loses at most, where saving takes no larger a share of the time than this.
CHECKPOINT_SECONDS = float(os.environ.get("CNN_LAB_CHECKPOINT_SECONDS", "15"))
CHECKPOINT_SHARE = 0.01
# The best network so far and the predictions shown are a courtesy while the training goes on: where epochs are short,
# not after each.
_COURTESY_SHARE = 0.005
# A last row of fewer images would be noise.
_FEWEST_IMAGES = 16
# Watched images whose predictions are shown while the training goes on.
_SAMPLE_COUNT = 12


class RequestReader:
    """What the pages ask of this worker. Cheap: looks at the disk a few times a second."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._next_check = 0.0
        self._is_stopped = False

    def should_stop(self) -> bool:
        """Whether to stop. A new learning rate stays where it is until :meth:`take`."""
        self._look()
        return self._is_stopped

    def take(self) -> Requests:
        """All that is asked for; a learning rate once."""
        if not self._look():
            return Requests(stop=self._is_stopped)
        return Requests(self._is_stopped, self._run.requests.has_pause, self._run.requests.take_learning_rate())

    def wait_while_paused(self) -> None:
        """Return when somebody takes the pause back, or asks for a stop."""
        while self._run.requests.has_pause and not self._run.requests.has_stop:
            time.sleep(_REQUEST_CHECK_SECONDS)
        self._next_check = 0.0

    def _look(self) -> bool:
        """Look for a stop, if it is time and none was found before. Returns whether it looked."""
        now = time.monotonic()
        if self._is_stopped or now < self._next_check:
            return False
        self._next_check = now + _REQUEST_CHECK_SECONDS
        self._is_stopped = self._run.requests.has_stop
        return True


class _Allowance:
    """Says when something may be done again, so that it takes a small share of the time in all.

    Args:
        share: Of the time.
        seconds: Between two times, at least.
    """

    def __init__(self, share: float, seconds: float = 0.0) -> None:
        self._share, self._seconds = share, seconds
        self._next = time.monotonic() + seconds

    def is_due(self) -> bool:
        return time.monotonic() >= self._next

    @contextmanager
    def spending(self) -> Iterator[None]:
        started = time.monotonic()
        yield
        now = time.monotonic()
        self._next = now + max(self._seconds, (now - started) / self._share)


class Reporter:
    """Writes what the training loop tells, and hands it the requests.

    Args:
        run: The run under way.
        writer: Of this run.
        requests: Of this run.
        turn: Given back to other runs during a pause.
        seconds: Of training before this worker took over.
    """

    def __init__(
        self, run: Run, writer: RunWriter, requests: RequestReader, turn: Turn, *, epochs: int, seconds: float = 0.0
    ) -> None:
        self._run, self._writer, self._requests, self._turn = run, writer, requests, turn
        self._epochs = epochs
        self._started = time.monotonic() - seconds
        self._next_row = 0.0
        self._checkpoints = _Allowance(CHECKPOINT_SHARE, CHECKPOINT_SECONDS)
        self._models, self._samples = _Allowance(_COURTESY_SHARE), _Allowance(_COURTESY_SHARE)
        self._count, self._loss_sum, self._correct = 0, 0.0, 0

    def callbacks(
        self, model: keras.Model, data: TrainingData, seed: int, keep: Callable[[int], None] | None = None
    ) -> Callbacks:
        """What the loop is given.

        Args:
            model: The one that is trained.
            data: It is trained on.
            seed: Decides which of the watched images are shown.
            keep: Keeps the model's weights as those of an epoch; ``None``: they are not kept.
        """
        chosen = np.random.default_rng(seed).permutation(len(data.watched_labels))[:_SAMPLE_COUNT]
        images, labels = data.watched_images[chosen], data.watched_labels[chosen]

        def on_epoch(epoch: Epoch) -> None:
            if self._samples.is_due() or epoch.epoch == self._epochs:
                with self._samples.spending():
                    self._writer.save_samples(
                        Samples(epoch.epoch, images, labels, softmax(model.predict_on_batch(images)))
                    )
            # Before the history: an epoch that stands there has its snapshot.
            if keep is not None:
                keep(epoch.epoch)
            self._on_epoch(epoch, model.save)

        return Callbacks(
            on_step=self._on_step,
            on_epoch=on_epoch,
            on_marker=self._on_marker,
            requests=self._requests.take,
            on_pause=self._on_pause,
            save=self._save,
            is_save_due=self._checkpoints.is_due,
        )

    def _on_step(self, step: Step) -> None:
        self._count += step.count
        self._loss_sum += step.loss * step.count
        self._correct += step.correct
        now = time.monotonic()
        # Not at the end of an epoch: its last batch may hold a single image, and would look like a collapse. At the end
        # of the run the curve must be whole all the same.
        is_last = step.epoch == self._epochs and step.step == step.steps and self._count >= _FEWEST_IMAGES
        if now < self._next_row and not is_last:
            return
        self._next_row = now + 1 / REPORTS_PER_SECOND
        self._writer.append_steps(
            {
                "epoch": step.epoch,
                "step": step.step,
                "steps": step.steps,
                "loss": round(self._loss_sum / self._count, 6),
                "accuracy": round(self._correct / self._count, 6),
                "seconds": round(now - self._started, 2),
                "learning_rate": float(f"{step.learning_rate:.6g}"),
            }
        )
        self._count, self._loss_sum, self._correct = 0, 0.0, 0

    def _on_epoch(self, epoch: Epoch, save_model: Callable[..., None]) -> None:
        # A run that goes on after its evaluation keeps that network until there is a new evaluation, or the two would
        # not belong together. The checkpoint has the new one meanwhile.
        if epoch.is_best and self._models.is_due() and not self._run.has_report:
            with self._models.spending():
                self._writer.save_model(save_model)
        self._writer.append_epoch(asdict(epoch))
        self._writer.update(epoch=min(epoch.epoch + 1, self._epochs))

    def _on_marker(self, marker: Marker) -> None:
        place = (marker.epoch, marker.step, marker.steps)
        self._writer.append_event(Event(time.time(), marker.action, *place, value=marker.value))

    def _on_pause(self) -> bool:
        """Wait out a pause. A run that is asked to stop meanwhile ends without a turn: that takes seconds."""
        started = time.monotonic()
        self._writer.pause()
        self._turn.give_back()
        self._requests.wait_while_paused()
        goes_on = self._turn.take_again(self._requests.should_stop)
        self._writer.go_on()
        self._started += time.monotonic() - started
        return goes_on

    def _save(self, state: TrainingState) -> None:
        with self._checkpoints.spending():
            position = state.position
            save_checkpoint(self._run, position.epoch, position.step, Checkpoint(state.facts(), state.arrays))
