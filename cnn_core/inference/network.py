"""A saved network, loaded and ready to answer. Importing this module imports TensorFlow: 2 to 4 seconds."""

from __future__ import annotations

import gc
import os
from typing import Any

# Read by TensorFlow when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from cnn_core.errors import RunError
from cnn_core.runs.directory import Run

# TensorFlow and Keras bring a million objects that live as long as the process. Streamlit collects garbage after every
# run of a script, twice once Keras is imported, and would walk through all of them each time: 60 ms a tick, measured.
gc.collect()
gc.freeze()


class Network:
    """The network of a run.

    Args:
        run: A run with a model. Only files that CNN Lab wrote are loaded: a foreign model file could run code.

    Raises:
        RunError: The run has no model, or the file is damaged.
    """

    def __init__(self, run: Run) -> None:
        path = run.model_path()
        try:
            model = keras.models.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # Keras raises whatever its zip and HDF5 readers do.
            raise RunError(
                f"The network of run '{run.id}' cannot be loaded: '{path.name}' is damaged or was saved by another "
                f"version of Keras ({type(error).__name__}). Train the run again, or choose another one."
            ) from error
        self.model = model
        spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
        self._logits: Any = tf.function(lambda images: model(images, training=False), input_signature=[spec])

    def logits(self, images: np.ndarray) -> np.ndarray:
        """The logits for (N, height, width, channels) uint8 images: (N, classes) float32. Safe from many threads."""
        return self._logits(tf.constant(images)).numpy()  # type: ignore[no-any-return]


def warm_up() -> None:
    """Load the showcase's network and let it answer once, so that the first real picture does not wait."""
    from cnn_core.runs.store import showcase

    run = showcase()
    Network(run).logits(np.zeros((1, *run.record().data.input_shape), np.uint8))
