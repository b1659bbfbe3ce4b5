"""``teachers.npy``: what the teachers of a run say of the images that it learns from."""

from __future__ import annotations

import io

import numpy as np

_MAGIC = b"\x93NUMPY"


def pack_probabilities(probabilities: np.ndarray) -> bytes:
    """The content of the file, for (N, classes) float32."""
    content = io.BytesIO()
    np.save(content, probabilities.astype(np.float32), allow_pickle=False)
    return content.getvalue()


def unpack_probabilities(content: bytes, class_count: int) -> np.ndarray:
    """What :func:`pack_probabilities` packed: (N, classes) float32, each row a distribution over the classes.

    Raises:
        ValueError: The content is damaged, of other classes, or holds no probabilities.
    """
    if not content.startswith(_MAGIC):
        # NumPy would speak of pickles.
        raise ValueError("it is not an array")
    try:
        probabilities: np.ndarray = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception as error:  # NumPy raises whatever it stumbles on.
        raise ValueError(str(error)) from error
    check_probabilities(probabilities, class_count)
    return probabilities


def check_probabilities(probabilities: np.ndarray, class_count: int) -> None:
    """Refuse what is no distribution over so many classes.

    Raises:
        ValueError: It says why.
    """
    if probabilities.dtype != np.float32 or probabilities.ndim != 2 or probabilities.shape[1] != class_count:
        raise ValueError(f"{probabilities.dtype} {probabilities.shape} does not fit {class_count} classes")
    # What is no number compares as neither.
    is_distribution = (probabilities >= 0).all(axis=1) & (np.abs(probabilities.sum(axis=1) - 1) < 1e-3)
    if not is_distribution.all():
        raise ValueError(f"{int((~is_distribution).sum()):,} of {len(probabilities):,} rows are no probabilities")
