"""``predictions.npz``: the answers of a run image by image, as bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np

from cnn_core.evaluation.predictions import LabelledLogits, Predictions


def pack_predictions(predictions: Predictions) -> bytes:
    """The content of the file: ``labels`` and ``logits``, those of the validation images with their own names."""
    arrays = {"labels": predictions.labels, "logits": predictions.logits}
    if (validation := predictions.validation) is not None:
        arrays |= {"validation_labels": validation.labels, "validation_logits": validation.logits}
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def unpack_predictions(content: bytes, class_count: int) -> Predictions:
    """What :func:`pack_predictions` packed; files of older versions have no answers for validation images.

    Raises:
        ValueError: The content is damaged, does not fit so many classes, or has logits that are not finite.
    """
    if not content.startswith(b"PK"):
        # NumPy would speak of pickles.
        raise ValueError("it is not an archive of arrays")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            test = _answers(arrays, "")
            validation = _answers(arrays, "validation_") if "validation_labels" in arrays else None
    except Exception as error:  # NumPy, zipfile and zlib raise whatever they stumble on.
        raise ValueError(str(error)) from error
    _check(test, class_count, "test images")
    if validation is not None:
        _check(validation, class_count, "validation images")
    return Predictions(test.labels, test.logits, validation)


def check_finite(answers: LabelledLogits, images: str) -> None:
    """Refuse answers that are no numbers.

    Raises:
        ValueError: There are some; it says how many.
    """
    broken = int((~np.isfinite(answers.logits).all(axis=1)).sum())
    if broken:
        raise ValueError(f"for {broken:,} of {len(answers):,} {images} the network's answer is not a number")


def _answers(arrays: Mapping[str, np.ndarray], prefix: str) -> LabelledLogits:
    labels, logits = arrays[f"{prefix}labels"], arrays[f"{prefix}logits"]
    # What is converted must not lose anything: classes are whole numbers, logits real ones.
    if labels.dtype.kind not in "iu" or logits.dtype.kind not in "fiu":
        raise ValueError(f"labels are {labels.dtype} and logits {logits.dtype}, not whole and real numbers")
    # What is too large for the type becomes infinite, and is refused as such.
    with np.errstate(over="ignore"):
        return LabelledLogits(labels.astype(np.int64), logits.astype(np.float32))


def _check(answers: LabelledLogits, class_count: int, images: str) -> None:
    labels, logits = answers.labels, answers.logits
    is_fitting = labels.ndim == 1 and len(labels) and logits.shape == (len(labels), class_count)
    if not is_fitting or not ((labels >= 0) & (labels < class_count)).all():
        raise ValueError(f"labels {labels.shape} and logits {logits.shape} do not fit {class_count} classes")
    check_finite(answers, images)
