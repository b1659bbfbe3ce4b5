"""Knowledge distillation: what finished networks answer on the training images, as targets beside the labels.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015), without their temperature: the networks
here learn from smoothed labels, and are far from sure of themselves already. The teachers are asked once, before the
first step, about each image as it stands in the dataset; however it is augmented later, its target stays the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnn_core.evaluation.measures import softmax
from cnn_core.runs.store import find_run
from cnn_core.training.predicting import predict_logits


def mean_answers(teachers: tuple[str, ...], images: np.ndarray, between: Callable[[], None]) -> np.ndarray:
    """The mean of the probabilities that some runs' networks give.

    Args:
        teachers: Ids of the runs; at least one.
        images: (N, H, W, C) uint8.
        between: Called after every batch.

    Returns:
        (N, classes) float32.

    Raises:
        RunError: A run is unknown, or its network is missing or damaged.
    """
    from cnn_core.inference.network import Network

    # One after the other: only one of them is in memory at a time.
    answers = [softmax(predict_logits(Network(find_run(run_id)).model, images, between)) for run_id in teachers]
    mean: np.ndarray = np.stack(answers).mean(axis=0).astype(np.float32)
    return mean
