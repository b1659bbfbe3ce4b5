"""The kernels that a network's first convolution has learned. Importing this module imports TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import layers

from cnn_core.errors import RunError
from cnn_core.explain.kinds import with_inner


@dataclass(frozen=True, eq=False)
class LearnedKernels:
    """The kernels of a convolution, each for a picture of one channel.

    Attributes:
        weights: (filters, side, side) float64.
        channels: How many the pictures of the network have. Of several the kernels are added: a grey picture is one
            whose channels are equal, and for it the sum gives what the separate ones give.
    """

    weights: np.ndarray
    channels: int


def first_kernels(model: Any) -> LearnedKernels:
    """The kernels of the first convolution of a network.

    Raises:
        RunError: It has none, they are no numbers, or their window is no square.
    """
    for layer in with_inner(model):
        if isinstance(layer, layers.Conv2D):
            weights = np.asarray(layer.kernel, np.float64)
            if weights.shape[0] != weights.shape[1]:
                raise RunError("The kernels of this network's first convolution are no squares. Choose another run.")
            if not np.isfinite(weights).all():
                raise RunError(
                    "The kernels of this network are no numbers: its training went astray. Choose another run."
                )
            return LearnedKernels(np.moveaxis(weights.sum(axis=2), -1, 0), weights.shape[2])
    raise RunError(
        "This network has no convolution, so it has learned no kernels. Choose another run, or a kernel by name."
    )
