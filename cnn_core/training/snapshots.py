"""Takes the weights out of a model under way and keeps them; :mod:`cnn_core.runs.snapshots` says what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnn_core.config import RunConfig
from cnn_core.models.transfer import set_trainable
from cnn_core.runs.directory import Run
from cnn_core.runs.snapshots import save_snapshot

if TYPE_CHECKING:
    import keras


class SnapshotKeeper:
    """Keeps snapshots of a model that is trained.

    Args:
        run: The run under way.
        model: The one that is trained.
        config: The run's.
    """

    def __init__(self, run: Run, model: keras.Model, config: RunConfig) -> None:
        self._run, self._model = run, model
        self._config = config
        self._head_epochs = config.transfer.head_epochs if config.transfer else 0

    def keep_first(self) -> None:
        """Keep what the training begins with, before the first stage has been prepared: all that may ever learn.

        Raises:
            StorageError: It cannot be written.
        """
        set_trainable(self._model, self._config, head_only=False)
        save_snapshot(self._run, 0, changing_weights(self._model))

    def keep(self, epoch: int) -> None:
        """Keep what the model has now, as the weights of an epoch of the stage under way.

        Raises:
            StorageError: It cannot be written.
        """
        save_snapshot(self._run, epoch, changing_weights(self._model), is_whole=epoch > self._head_epochs)


def changing_weights(model: keras.Model) -> dict[str, np.ndarray]:
    """The weights of the layers that learn now, averages of batch normalisation among them, by Keras's path."""
    return {
        weight.path: np.asarray(weight.value) for layer in model.layers if layer.trainable for weight in layer.weights
    }
