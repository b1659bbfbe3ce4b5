"""Reading a pickled batch of images without running anything that a pickle could ask for."""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np

_SIDE = 32
_CHANNELS = 3
_VALUES = _CHANNELS * _SIDE * _SIDE


class UnpickleError(Exception):
    """What is wrong with a batch, as the end of the sentence "the file …"."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Images of CIFAR's format.

    Attributes:
        images: (N, 32, 32, 3) uint8.
        labels: (N,) int64.
    """

    images: np.ndarray
    labels: np.ndarray


def read_batch(data: bytes, class_count: int) -> Batch:
    """Read a batch as CIFAR-10 is published: a pickled dictionary of ``data`` (N, 3072) uint8 and ``labels``.

    A row of ``data`` holds the red, the green and the blue plane of an image, each row by row (A. Krizhevsky,
    https://www.cs.toronto.edu/~kriz/cifar.html).

    Args:
        data: The whole file.
        class_count: Labels are below it.

    Raises:
        UnpickleError: It is no such pickle, or asks for something else than an array of numbers.
    """
    try:
        found = _ArraysOnly(io.BytesIO(data), encoding="bytes").load()
    except UnpickleError:
        raise
    except Exception as error:  # whatever a made-up pickle drives the unpickler to
        raise UnpickleError(f"cannot be unpickled ({type(error).__name__}: {error})") from error
    if not isinstance(found, dict):
        raise UnpickleError(f"holds no dictionary: {type(found).__name__}")
    pixels, labels = found.get(b"data"), found.get(b"labels")
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape[1:] != (_VALUES,):
        raise UnpickleError("holds no images of 32×32 pixels in three colours")
    if (
        not isinstance(labels, list)
        or len(labels) != len(pixels)
        or not all(_is_label(one, class_count) for one in labels)
    ):
        raise UnpickleError(f"does not hold a label from 0 to {class_count - 1} for each of its {len(pixels):,} images")
    planes = pixels.reshape(-1, _CHANNELS, _SIDE, _SIDE)
    return Batch(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), np.array(labels, np.int64))


def _is_label(value: object, class_count: int) -> bool:
    return type(value) is int and 0 <= value < class_count


class _ArraysOnly(pickle.Unpickler):
    """Knows the three things that a NumPy array is made with, and refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return getattr(np, name)
        # As NumPy 1 and 2 call it.
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return _empty_array
        raise UnpickleError(f"is no batch of images: it asks for '{module}.{name}'")


def _empty_array(kind: object, shape: object, _dtype: object) -> np.ndarray:
    """What NumPy's ``_reconstruct`` does for arrays; their content follows as their state."""
    if kind is not np.ndarray or shape != (0,):
        raise UnpickleError(f"is no batch of images: it asks for a {kind} of shape {shape}")
    return np.ndarray(0, np.int8)
