"""Datasets of one's own on disk, of any number of classes and any size, written without decoding a picture."""

import time

import numpy as np

from cnn_core.data.own.store import ARRAYS, TRAIN_GROUPS, OwnCard, checksum_of, digests_of, incoming, publish
from cnn_core.evaluation.predictions import LabelledLogits, Predictions
from cnn_core.images.frame import Frame
from cnn_core.models.presets import preset_config
from cnn_core.runs.directory import Run
from tests.fixtures import finished_run


def own_dataset(
    name: str = "own",
    *,
    classes: int = 2,
    of_each: int = 20,
    test_of_each: int = 4,
    height: int = 16,
    width: int | None = None,
    channels: int = 3,
    counts: list[int] | None = None,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> OwnCard:
    """Write a dataset whose images are noise around a grey of their class.

    Args:
        name: What it is asked for by.
        classes: How many; they are called "Class 0", "Class 1", …
        of_each: Training images of each class.
        test_of_each: Test images of each class.
        height: Rows of an image.
        width: Columns; as many as rows, where none are given.
        channels: 1 or 3.
        counts: Training images of each class, where they differ.
        groups: (N,) int64, of the training images.
        seed: Decides the noise.
    """
    rng = np.random.default_rng(seed)
    frame = Frame(height=height, width=width or height, channels=channels, background="natural")
    class_names = tuple(f"Class {number}" for number in range(classes))
    train_labels = np.repeat(np.arange(classes), counts or [of_each] * classes)
    test_labels = np.repeat(np.arange(classes), test_of_each)
    arrays = {}
    for part, labels in (("train", train_labels), ("test", test_labels)):
        base = (labels * 200 // max(1, classes - 1))[:, None, None, None]
        noise = rng.integers(0, 40, (len(labels), *frame.shape))
        arrays |= {f"{part}_images": (base + noise).astype(np.uint8), f"{part}_labels": labels.astype(np.int64)}
    with incoming() as folder:
        for part in ARRAYS:
            np.save(folder.path / f"{part}.npy", arrays[part])
        if groups is not None:
            np.save(folder.path / TRAIN_GROUPS, groups.astype(np.int64))
        digests = digests_of(folder.path)
        card = OwnCard(
            name=name,
            title=f"Own {name}",
            description="",
            licence="",
            origin="",
            created=time.time(),
            class_names=class_names,
            frame=frame,
            is_mirrored_alike=True,
            train_count=len(train_labels),
            test_count=len(test_labels),
            train_counts=tuple(np.bincount(train_labels, minlength=classes).tolist()),
            test_counts=(test_of_each,) * classes,
            left_out=0,
            checksum=checksum_of(class_names, digests),
            digests=digests,
            settings={},
        )
        publish(folder, card)
    return card


def own_answers(card: OwnCard, *, wrong_each: int = 3, seed: int = 0) -> Predictions:
    """Answers for the test images and some validation images; every third is the next class instead."""
    classes = len(card.class_names)
    labels = np.repeat(np.arange(classes), card.test_counts)
    answers = np.where(np.arange(len(labels)) % wrong_each == 0, (labels + 1) % classes, labels)
    logits = np.random.default_rng(seed).normal(size=(len(labels), classes)).astype(np.float32)
    logits[np.arange(len(labels)), answers] += 6
    return Predictions(labels, logits, validation=LabelledLogits(labels[::2], logits[::2]))


def own_run(card: OwnCard, preset: str = "mlp", *, seed: int = 0) -> Run:
    """A finished run on a dataset of one's own."""
    from cnn_core.data.catalogue import dataset_card

    config = preset_config(preset, dataset_card(card.name), training={"epochs": 2, "batch_size": 8})
    return finished_run(config, predictions=own_answers(card, seed=seed))
