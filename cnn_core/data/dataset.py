"""A dataset in memory, and the checksum that says which one it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels that a network is trained and tested on. The arrays are made read-only.

    Attributes:
        name: The name it is asked for by, such as ``fashion-mnist``.
        title: The name it is shown under.
        class_names: Label ``i`` means ``class_names[i]``.
        train_images: (N, height, width, channels) uint8.
        train_labels: (N,) int64, in ``range(len(class_names))``.
        test_images: (M, height, width, channels) uint8.
        test_labels: (M,) int64.
        checksum: What :func:`dataset_checksum` gives for exactly these images and labels.
        train_groups: (N,) int64: training images of the same number belong together, such as those of one person, and
            are learned from or held back together; -1: alone. ``None``: all are.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    train_images: np.ndarray = field(repr=False)
    train_labels: np.ndarray = field(repr=False)
    test_images: np.ndarray = field(repr=False)
    test_labels: np.ndarray = field(repr=False)
    checksum: str
    train_groups: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels, self.train_groups):
            if array is not None:
                array.setflags(write=False)


def dataset_checksum(payload_digests: Iterable[str]) -> str:
    """Identify a dataset by the digests of what it is published as.

    Args:
        payload_digests: SHA-256, as hex digits, of the IDX byte streams (headers included) of the training
            images, the training labels, the test images and the test labels, in this order. Images of one
            channel have three sizes in their header (count, rows, columns), labels are stored as uint8.
            Of CIFAR-10 the MD5 of its batches, as published, that of the test images last.

    Returns:
        SHA-256, as hex digits, of the given digests with a line feed after each.
    """
    return hashlib.sha256("".join(f"{digest}\n" for digest in payload_digests).encode("ascii")).hexdigest()
