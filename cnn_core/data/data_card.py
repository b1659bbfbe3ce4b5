"""The data card: what somebody should know of a dataset before they train on it, or pass it on."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.dataset import Dataset
from cnn_core.data.own.store import read_card
from cnn_core.images.frame import Frame
from cnn_core.wording import classes_in_words, files_in_words

_FITS = {
    "crop": "The middle of each picture was taken.",
    "pad": "Each picture was kept whole, between black borders.",
    "stretch": "Each picture was stretched to these proportions.",
}


def data_card_text(card: DatasetCard, dataset: Dataset) -> str:
    """A data card as Markdown: source, licence, counts, how the images came about, checksums.

    After Gebru et al., "Datasheets for Datasets" (2021), in so far as a program can know the answers. What people wrote
    of their own datasets is text, not Markdown: pages show the card, and would fetch an image that is named in it.

    Args:
        card: What is known of the dataset.
        dataset: The same, loaded: its labels are counted.
    """
    sections = [
        f"# {_line(card.title)}",
        _plain(card.description),
        _facts(card),
        "## Images by class",
        _counts(dataset),
        *(_own_sections(card.name) if card.is_own else []),
        "## Checksum",
        f"Of classes, images, labels and groups (SHA-256): `{card.checksum}`. Runs remember the one that they learned "
        "from.",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _facts(card: DatasetCard) -> str:
    colour = "grey" if card.channels == 1 else "colour"
    facts = {
        "Name": f"`{card.name}`",
        "Source": _line(card.source) or "not said",
        "Licence": _line(card.licence) or "not said: ask whoever made the pictures before you pass them on",
        "Images": f"{card.train_count:,} to train on, {card.test_count:,} to test with",
        "Size": f"{card.height}×{card.width} pixels, {colour}, 8 bits a value",
        "Classes": f"{len(card.class_names):,}",
    }
    return "\n".join(f"* {what}: {fact}" for what, fact in facts.items())


def _counts(dataset: Dataset) -> str:
    count = len(dataset.class_names)
    train = np.bincount(dataset.train_labels, minlength=count)
    test = np.bincount(dataset.test_labels, minlength=count)
    rows = [
        f"| {_line(name)} | {of_train:,} | {of_test:,} |"
        for name, of_train, of_test in zip(dataset.class_names, train, test, strict=True)
    ]
    return "\n".join(["| class | training | test |", "| --- | --- | --- |", *rows])


def _own_sections(name: str) -> list[str]:
    card = read_card(name)
    day = datetime.fromtimestamp(card.created, UTC).strftime("%d %B %Y")
    made = [f"Brought in on {day}. {_framed(card.frame)}"]
    if card.left_out:
        made.append(f"{files_in_words(card.left_out)} left out.")
    if card.left_out_classes:
        made.append(f"Classes that were left out: {_line(classes_in_words(card.left_out_classes))}.")
    return [
        "## How the images came about",
        " ".join(made),
        "## Files",
        "\n".join(f"* `{array}.npy`, SHA-256 `{digest}`" for array, digest in card.digests.items()),
    ]


def _framed(frame: Frame) -> str:
    return f"{_FITS[frame.fit]} Scaled to {frame.height}×{frame.width} pixels by averaging."


def _line(text: str) -> str:
    """Text as one line that Markdown shows as it is."""
    return _plain(" ".join(text.split()))


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>$~#|&])", r"\\\1", text)
