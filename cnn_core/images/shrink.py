"""Images in a smaller size."""

from __future__ import annotations

import cv2
import numpy as np


def shrunk(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Images (N, H, W, C) uint8 in so many rows and columns, each pixel the mean of an area."""
    if images.shape[1:3] == size:
        return images
    shape = (*size, images.shape[3])
    small = np.empty((len(images), *shape), np.uint8)
    for place, image in enumerate(images):
        # OpenCV drops the only channel of a grey image.
        small[place] = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA).reshape(shape)
    return small
