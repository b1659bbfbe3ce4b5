"""Chosen test images as files to take away: a table of what the network said, and the images in folders by class."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile

import numpy as np
from PIL import Image

from cnn_core.csv_cells import as_csv_text
from cnn_core.evaluation.predictions import LabelledLogits

# A file of its own time, so that the same choice gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)
# Names that Windows keeps for devices, with any ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
# Bytes of a folder's name, below what any file system takes.
_LONGEST = 120


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
        archive.writestr(zipfile.ZipInfo("selection.csv", _EPOCH), table, zipfile.ZIP_DEFLATED)
        for index, file in zip(indices, files, strict=True):
            # PNGs are compressed already.
            archive.writestr(zipfile.ZipInfo(file, _EPOCH), png(images[index]))
    return buffer.getvalue()


def folder_names(class_names: tuple[str, ...]) -> tuple[str, ...]:
    """A folder's name for each class: distinct on every system, even where capitals do not count.

    Letters of any script stay; what some system forbids becomes ``_``.
    """
    taken: set[str] = {"selection.csv"}
    names = []
    for class_name in class_names:
        name = plain = _folder_name(class_name)
        number = 1
        while (key := unicodedata.normalize("NFC", name.casefold())) in taken:
            number += 1
            name = f"{plain} ({number})"
        taken.add(key)
        names.append(name)
    return tuple(names)


def _folder_name(class_name: str) -> str:
    name = unicodedata.normalize("NFC", class_name)
    # Control signs, halves of surrogate pairs and signs that turn the direction of writing, too.
    name = "".join("_" if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") else sign for sign in name)
    name = re.sub(r'[<>:"/\\|?*]', "_", name)
    name = name.encode()[:_LONGEST].decode(errors="ignore").strip().rstrip(". ")
    if _DEVICES.fullmatch(name):
        name = f"_{name}"
    # A dot in front hides it.
    return re.sub(r"^\.", "_", name) or "_"


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
