"""One fixed order of the pixels of an image: what shuffling them means here. No Keras."""

from __future__ import annotations

import numpy as np

_SEED = 0


def pixel_order(height: int, width: int) -> np.ndarray:
    """Where each pixel of a shuffled image comes from, the same for all images of a size, everywhere and always.

    Returns:
        (height × width,) int64, a permutation: counted row by row, pixel i of the shuffled image is pixel ``order[i]``
        of the image.
    """
    # The old generator, whose numbers never change: those of the new one may, with another version of NumPy (NEP 19),
    # and a saved network would see other pixels then.
    order: np.ndarray = np.random.RandomState(_SEED).permutation(height * width).astype(np.int64)
    return order
