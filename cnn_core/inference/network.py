"""A saved network, loaded and ready to answer. Importing this module imports TensorFlow: 2 to 4 seconds."""

from __future__ import annotations

import os
from typing import Any

# Read by TensorFlow when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

# Imported so that Keras finds its layer in a file: the only one that is ours.
import cnn_core.models.shuffle  # noqa: F401
from cnn_core.errors import RunError
from cnn_core.runs.adaptation_file import Adaptation
from cnn_core.runs.directory import Run


class Network:
    """The network of a run.

    Args:
        run: A run with a model. Keras's safe mode refuses files that would run code, but open runs of strangers
            with care all the same.
        adaptation: What takes the place of some of its weights, as where it answers for people's pictures.

    Raises:
        RunError: The run has no model, or the file is damaged; or the adaptation is of another network.
    """

    def __init__(self, run: Run, adaptation: Adaptation | None = None) -> None:
        path = run.model_path()
        try:
            model = keras.models.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # Keras raises whatever its zip and HDF5 readers do.
            raise RunError(
                f"The network of run '{run.id}' cannot be loaded: '{path.name}' is damaged or was saved by another "
                f"version of Keras ({type(error).__name__}). Train the run again, or choose another one."
            ) from error
        if adaptation is not None:
            _replace_weights(model, adaptation, run)
        self.model, self.adaptation = model, adaptation
        spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
        self._logits: Any = tf.function(lambda images: model(images, training=False), input_signature=[spec])

    def logits(self, images: np.ndarray) -> np.ndarray:
        """The logits for (N, height, width, channels) uint8 images: (N, classes) float32. Safe from many threads."""
        return in_company(self._logits, images)


def _replace_weights(model: keras.Model, adaptation: Adaptation, run: Run) -> None:
    layers = {layer.name: layer for layer in model.layers}
    try:
        for name, weights in adaptation.weights.items():
            layers[name].set_weights(weights)
    except (KeyError, ValueError) as error:
        raise RunError(
            f"What run '{run.id}' was taught of people's pictures does not fit its network ({error}). Teach it again."
        ) from error


def in_company(graph: Any, images: np.ndarray) -> np.ndarray:
    """What a graph gives for (N, H, W, C) uint8 images: (N, …) float32.

    A lone image is computed by other kernels, which add in another order: its answer would differ in the last digits
    from the one that it gets in company. So it is asked for twice.
    """
    if len(images) == 1:
        return graph(tf.constant(np.repeat(images, 2, axis=0))).numpy()[:1]  # type: ignore[no-any-return]
    return graph(tf.constant(images)).numpy()  # type: ignore[no-any-return]
