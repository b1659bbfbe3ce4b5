"""Knowledge distillation: what finished networks say of the training images, as targets beside the labels.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015), with the probabilities as they are: at
their temperature 1. The teachers are asked once, before the first step, about each image as it stands in the dataset;
however it is augmented later, its target stays the same.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import RunError
from cnn_core.evaluation.measures import softmax
from cnn_core.models.teacher_settings import check_teachers
from cnn_core.runs.store import find_run
from cnn_core.runs.teachers_file import check_probabilities
from cnn_core.training.predicting import predict_logits, prediction_batch
from cnn_core.training.setup import make_deterministic

if TYPE_CHECKING:
    from cnn_core.training.graph import TrainingData


def ask_teachers(
    data: TrainingData,
    config: RunConfig,
    on_share: Callable[[float], None] = lambda _share: None,
    only: np.ndarray | None = None,
) -> TrainingData:
    """The data with what the teachers of a run say of its training images; as they are, where it has none.

    Args:
        data: What to learn from.
        config: The run.
        on_share: Called before the first batch and after each with the share of the answers that are given.
        only: Indices of the training images to ask about; of all others nothing is known, which is to say that all
            classes are alike. ``None``: about all.

    Raises:
        ConfigError: A teacher knows other classes or images.
        RunError: A teacher is gone or damaged, trains again, or what it says is no number.
    """
    teachers = config.training.teachers
    if not teachers:
        return data
    check_teachers(config.training, dataset_card(config.dataset))
    if config.training.deterministic:
        make_deterministic()
    images = data.train_images if only is None else data.train_images[only]
    probabilities = mean_probabilities(teachers, images, on_share)
    try:
        check_probabilities(probabilities, data.class_count)
    except ValueError as error:
        raise RunError(
            f"What the teachers {', '.join(teachers)} say cannot be learned from: {error}. Choose other teachers."
        ) from error
    if only is not None:
        known, probabilities = probabilities, unknown_probabilities(data)
        probabilities[only] = known
    return replace(data, teacher_probabilities=probabilities)


def unknown_probabilities(data: TrainingData) -> np.ndarray:
    """What is said of images that nobody asked about: (N, classes) float32, all classes alike."""
    return np.full((len(data.train_images), data.class_count), 1 / data.class_count, np.float32)


def mean_probabilities(
    teachers: tuple[str, ...], images: np.ndarray, on_share: Callable[[float], None] = lambda _share: None
) -> np.ndarray:
    """The mean of the probabilities that some runs' networks give.

    Args:
        teachers: Ids of the runs; at least one.
        images: (N, H, W, C) uint8.
        on_share: As for :func:`ask_teachers`.

    Returns:
        (N, classes) float32; each row sums to 1.

    Raises:
        RunError: A run is unknown, or its network is missing or damaged.
    """
    from cnn_core.inference.network import Network

    total = np.zeros((1, 1), np.float32)
    for number, run_id in enumerate(teachers):
        # Loading takes a moment, too.
        on_share(number / len(teachers))
        model, asked = Network(find_run(run_id)).model, 0

        def count(size: int = prediction_batch(model), number: int = number) -> None:
            nonlocal asked
            asked = min(len(images), asked + size)
            on_share((number + asked / len(images)) / len(teachers))

        total = total + softmax(predict_logits(model, images, count)).astype(np.float32)
        # Models refer to themselves in circles, and the next one may be as large.
        del model
        gc.collect()
    return total / np.float32(len(teachers))
