"""A run's network as it was after an epoch. Importing this module imports Keras."""

from __future__ import annotations

import keras

from cnn_core.errors import RunError
from cnn_core.runs.snapshots import TRAIN_AGAIN, Snapshots


def model_at(run_model: keras.Model, snapshots: Snapshots, epoch: int) -> keras.Model:
    """A copy of a run's network with the weights that it had after an epoch.

    Args:
        run_model: The run's own network, as :class:`cnn_core.inference.network.Network` loads it; it stays as it is.
            What never learns is taken from it.
        snapshots: Of the same run, from :func:`cnn_core.runs.snapshots.find_snapshots`.
        epoch: One of ``snapshots.epochs``; 0 is before the first step.

    Returns:
        Model from (N, height, width, channels) uint8 to (N, classes) float32 logits, with the same layers. Its weights
        are those of the epoch to float16: 3 digits.

    Raises:
        RunError: The snapshot is missing or damaged, or does not fit the network.
    """
    stored = snapshots.weights(epoch)
    model = keras.models.clone_model(run_model)
    model.set_weights(run_model.get_weights())
    variables = {weight.path: weight for weight in model.weights}
    for name, array in stored.items():
        if name not in variables or tuple(variables[name].shape) != array.shape:
            raise RunError(
                f"The weights of epoch {epoch} of run '{snapshots.run.id}' do not fit its network ({name}): another "
                f"version of CNN Lab wrote one of the two. {TRAIN_AGAIN}."
            )
        variables[name].assign(array)
    return model
