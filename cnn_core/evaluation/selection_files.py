"""Chosen test images as files to take away: a table of what the network said, and the images in folders by class."""

from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
from PIL import Image

from cnn_core.csv_cells import as_csv_text
from cnn_core.data.folder_names import folder_names as distinct_folders
from cnn_core.evaluation.predictions import LabelledLogits

# A file of its own time, so that the same choice gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TABLE = "selection.csv"


def selection_csv(answers: LabelledLogits, indices: np.ndarray, class_names: tuple[str, ...]) -> bytes:
    """A table of chosen test images, a row each, in their order.

    Args:
        answers: The network's answers for all test images.
        indices: (n,) int64, which of them.
        class_names: In the order of the labels.

    Returns:
        CSV in UTF-8 with a mark that spreadsheets know it by: index, true, predicted, confidence, loss (nats), margin,
        and the probability of each class. Names that begin like a formula have an apostrophe first.
    """
    return _table(answers, indices, class_names, files=None)


def selection_zip(
    answers: LabelledLogits, indices: np.ndarray, class_names: tuple[str, ...], images: np.ndarray
) -> bytes:
    """The chosen test images as PNG files, each in the folder of its true class, and the table beside them.

    Args:
        answers: The network's answers for all test images.
        indices: (n,) int64, which of them.
        class_names: In the order of the labels.
        images: All test images, (N, H, W, C) uint8 with C = 1 or 3.

    Returns:
        A ZIP. ``selection.csv`` names each image's file in its last column. Folders bear names that every
        system takes, whatever the classes are called.
    """
    folders = folder_names(class_names)
    files = [f"{folders[label]}/{index:05d}.png" for index, label in zip(indices, answers.labels[indices], strict=True)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        table = _table(answers, indices, class_names, files)
        archive.writestr(zipfile.ZipInfo(_TABLE, _EPOCH), table, zipfile.ZIP_DEFLATED)
        for index, file in zip(indices, files, strict=True):
            # PNGs are compressed already.
            archive.writestr(zipfile.ZipInfo(file, _EPOCH), png(images[index]))
    return buffer.getvalue()


def folder_names(class_names: tuple[str, ...]) -> tuple[str, ...]:
    """A folder's name for each class, as :func:`cnn_core.data.folder_names.folder_names`; none like the table's."""
    return tuple(distinct_folders(class_names, taken=[_TABLE], numbered=" ({})"))


def _table(
    answers: LabelledLogits, indices: np.ndarray, class_names: tuple[str, ...], files: list[str] | None
) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    head = ["index", "true", "predicted", "confidence", "loss", "margin"]
    writer.writerow([*head, *(f"probability of {name}" for name in class_names), *(["file"] if files else [])])
    measured = np.column_stack(
        [answers.confidence[indices], answers.losses[indices], answers.margins[indices], answers.probabilities[indices]]
    )
    for row, index in enumerate(indices.tolist()):
        names = (class_names[answers.labels[index]], class_names[answers.predicted[index]])
        numbers = (f"{value:.6g}" for value in measured[row].tolist())
        file = [as_csv_text(files[row])] if files else []
        writer.writerow([index, *map(as_csv_text, names), *numbers, *file])
    return text.getvalue().encode("utf-8-sig", errors="replace")


def png(image: np.ndarray) -> bytes:
    """An image (H, W, C) uint8 with C = 1 or 3, as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(buffer, "PNG")
    return buffer.getvalue()
