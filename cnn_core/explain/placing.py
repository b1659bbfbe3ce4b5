"""A heat map of a network's input, laid over the picture that the input was made of."""

from __future__ import annotations

import cv2
import numpy as np

from cnn_core.images.uncut import Region


def heat_on_picture(heat: np.ndarray, region: Region, height: int, width: int) -> np.ndarray:
    """Lay a heat map over a picture, where the network's frame lies in it.

    Args:
        heat: (h, w) float32 in [0, 1]; it covers the whole frame.
        region: Where the frame lies in the picture, as :attr:`cnn_core.images.prepare.Prepared.region` gives it: left,
            top, right, bottom in shares of the picture, beyond 0 and 1 where the frame is larger.
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.

    Returns:
        (height, width) float32 in [0, 1], enlarged smoothly; 0 where the network did not see the picture.
    """
    left, top, right, bottom = region
    # The place of each pixel's middle within the frame, as a share of it.
    across = ((np.arange(width, dtype=np.float32) + 0.5) / width - left) / (right - left)
    down = ((np.arange(height, dtype=np.float32) + 0.5) / height - top) / (bottom - top)
    columns = np.tile((across * heat.shape[1] - 0.5).astype(np.float32), (height, 1))
    rows = np.tile((down * heat.shape[0] - 0.5).astype(np.float32)[:, None], (1, width))
    placed = cv2.remap(
        heat.astype(np.float32), columns, rows, interpolation=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    is_seen = ((down >= 0) & (down <= 1))[:, None] & ((across >= 0) & (across <= 1))
    # Cubic interpolation swings a little beyond its points.
    result: np.ndarray = np.where(is_seen, np.clip(placed, 0, 1), 0).astype(np.float32)
    return result
