"""The images of a dataset as the search sees them: training images first, then test images; grey, and small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.data.dataset import Dataset
from cnn_core.images.grey import GREY_WEIGHTS
from cnn_core.images.shrink import shrunk as shrunk

# Larger images are looked at in this size: what tells two pictures apart is still to be seen.
MOST_PIXELS = 32


@dataclass(frozen=True, eq=False)
class AllImages:
    """Training images, then test images, as one list; nothing is copied before it is asked for.

    Attributes:
        train, test: (N, H, W, C) and (M, H, W, C) uint8.
    """

    train: np.ndarray
    test: np.ndarray

    @classmethod
    def of(cls, dataset: Dataset) -> AllImages:
        """Those of a dataset."""
        return cls(dataset.train_images, dataset.test_images)

    def __len__(self) -> int:
        return len(self.train) + len(self.test)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of an image."""
        return self.train.shape[1], self.train.shape[2]

    @property
    def small_size(self) -> tuple[int, int]:
        """Rows and columns of a small image."""
        return min(self.size[0], MOST_PIXELS), min(self.size[1], MOST_PIXELS)

    def take(self, indices: np.ndarray) -> np.ndarray:
        """(K, H, W, C) uint8 of indices (K,)."""
        is_train = indices < len(self.train)
        taken = np.empty((len(indices), *self.train.shape[1:]), np.uint8)
        taken[is_train] = self.train[indices[is_train]]
        taken[~is_train] = self.test[indices[~is_train] - len(self.train)]
        return taken

    def small(self, indices: np.ndarray) -> np.ndarray:
        """(K, h, w, C) uint8, at most :data:`MOST_PIXELS` a side."""
        return shrunk(self.take(indices), self.small_size)

    def small_grey(self, indices: np.ndarray) -> np.ndarray:
        """(K, h, w) uint8."""
        rounded: np.ndarray = np.rint(grey(self.small(indices))).astype(np.uint8)
        return rounded


def grey(images: np.ndarray) -> np.ndarray:
    """How bright images (N, H, W, C) are: (N, H, W) float32 in [0, 255]."""
    bright: np.ndarray = images[..., 0].astype(np.float32)
    return bright if images.shape[3] == 1 else images.astype(np.float32) @ np.array(GREY_WEIGHTS, np.float32)
