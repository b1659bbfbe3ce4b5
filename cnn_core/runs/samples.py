"""A few validation images and what the network says of them today: ``samples.npz``."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Samples:
    """Some watched images with the network's answers after an epoch.

    Attributes:
        epoch: The finished epoch that the answers are from, counted from 1; 0: before the first.
        images: (N, H, W, C) uint8.
        labels: (N,) int64, the true classes.
        probabilities: (N, classes) float32.
    """

    epoch: int
    images: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray


def pack_samples(samples: Samples) -> bytes:
    """Samples as the content of ``samples.npz``."""
    arrays = io.BytesIO()
    np.savez(
        arrays,
        epoch=np.int64(samples.epoch),
        images=samples.images.astype(np.uint8),
        labels=samples.labels.astype(np.int64),
        probabilities=samples.probabilities.astype(np.float32),
    )
    return arrays.getvalue()


def unpack_samples(content: bytes) -> Samples | None:
    """The samples in a file; ``None`` where it is damaged: they are a view of the training, not its result."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            samples = Samples(
                int(arrays["epoch"]),
                np.asarray(arrays["images"], np.uint8),
                np.asarray(arrays["labels"], np.int64),
                np.asarray(arrays["probabilities"], np.float32),
            )
    except Exception:  # NumPy, zipfile and zlib raise whatever they stumble on.
        return None
    return samples if _fits_together(samples) else None


def _fits_together(samples: Samples) -> bool:
    count = len(samples.images)
    if samples.images.ndim != 4 or samples.labels.shape != (count,) or samples.probabilities.ndim != 2:
        return False
    class_count = samples.probabilities.shape[1]
    is_label = ((samples.labels >= 0) & (samples.labels < class_count)).all()
    return bool(len(samples.probabilities) == count and is_label)
