"""A dataset as a ZIP of class folders: what other programs read, and what can be brought in again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.data_card import data_card_text
from cnn_core.data.dataset import Dataset
from cnn_core.data.folder_names import folder_names
from cnn_core.data.load import load_dataset
from cnn_core.zip_stream import ZipStream

LABELS, CARD = "labels.csv", "README.md"
HEAD = ("file", "label", "split", "group")


def dataset_zip(name: str) -> Iterator[bytes]:
    """A dataset as a ZIP, in pieces: one image is in memory at a time.

    The images are PNG files, exactly those that a training reads, in ``train/<class>/`` and ``test/<class>/``;
    ``labels.csv`` has a row for each, with the columns ``HEAD``, in UTF-8: the classes by their exact names, which
    folders may not bear. ``README.md`` is the data card.

    Raises:
        DatasetError: It is unknown, not on this machine, or damaged; before the first piece.
    """
    dataset = load_dataset(name, download=False)
    return _pieces(dataset, data_card_text(dataset_card(name), dataset))


def _pieces(dataset: Dataset, card: str) -> Iterator[bytes]:
    folders = folder_names(dataset.class_names)
    archive, text = ZipStream(), io.StringIO()
    table = csv.writer(text)
    table.writerow(HEAD)
    yield archive.add(CARD, card.encode())
    parts = {
        "train": (dataset.train_images, dataset.train_labels),
        "test": (dataset.test_images, dataset.test_labels),
    }
    for part, (images, labels) in parts.items():
        digits = len(str(len(images)))
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            path = f"{part}/{folders[label]}/{number:0{digits}d}.png"
            table.writerow([path, dataset.class_names[label], part, _group(dataset, part, number)])
            yield archive.add(path, _png(image))
    yield archive.add(LABELS, text.getvalue().encode())
    yield archive.end()


def _group(dataset: Dataset, part: str, number: int) -> str:
    groups = dataset.train_groups if part == "train" else None
    return "" if groups is None or groups[number] < 0 else str(groups[number])


def _png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    # Small pictures: the strongest compression takes four times as long and saves a few hundredths.
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(buffer, "png", compress_level=3)
    return buffer.getvalue()
