"""What a training begins with, in the worker and in what is measured beforehand: Keras, the data, the network."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.sketches.bank import SKETCHES_OF_A_CLASS, make_sketches

if TYPE_CHECKING:
    import keras

    from cnn_core.data.dataset import Dataset
    from cnn_core.data.download import DownloadProgress
    from cnn_core.training.graph import TrainingData

# Of a class, beside those that are learned from.
_WATCHED_SKETCHES = 100


def import_keras() -> Any:
    """Import Keras the way that trains fastest here. The first import in a process decides."""
    # Read by TensorFlow when it is imported. One inter-op thread: the operations of one network mostly wait for each
    # other, and a second thread only takes cores from the operation under way.
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    return keras


def load_beside_keras(
    name: str, *, download: bool = True, on_progress: Callable[[DownloadProgress], None] | None = None
) -> Dataset:
    """Load a dataset while Keras is imported; arguments and errors as of :func:`cnn_core.data.load.load_dataset`."""
    # Reading the images needs the processor where importing TensorFlow needs the disk: together they take less.
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(load_dataset, name, download=download, on_progress=on_progress)
        import_keras()
        return reading.result()


def make_deterministic() -> None:
    """Let TensorFlow use operations whose result does not depend on the timing of threads, or refuse."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()


def training_data(dataset: Dataset, config: RunConfig) -> TrainingData:
    """What a run learns from and what it watches, by its protocol, shares and seed."""
    from cnn_core.data.splits import split_training, take_share
    from cnn_core.training.graph import TrainingData

    images, labels, training = dataset.train_images, dataset.train_labels, config.training
    class_count = len(dataset.class_names)
    if training.protocol == "tutorial":
        kept = take_share(labels, None, training.train_share, config.seed, dataset.class_names)
        watched = dataset.test_images, dataset.test_labels
    else:
        split = split_training(
            labels,
            validation_share=training.validation_share,
            seed=config.seed,
            class_names=dataset.class_names,
            groups=dataset.train_groups,
        )
        kept = take_share(labels, split.train, training.train_share, config.seed, dataset.class_names)
        watched = images[split.validation], labels[split.validation]
    sketches = watched_sketches = None
    if config.augmentation.sketches:
        count = SKETCHES_OF_A_CLASS + _WATCHED_SKETCHES
        made = make_sketches(dataset.class_names, images.shape[1:], count, config.seed)
        sketches, watched_sketches = np.split(made, [SKETCHES_OF_A_CLASS], axis=1)
    if kept is not None:
        images, labels = images[kept], labels[kept]
    return TrainingData(images, labels, *watched, class_count, sketches, watched_sketches)


def seeded_model(
    config: RunConfig, *, is_fresh: bool, on_progress: Callable[[DownloadProgress], None] | None = None
) -> keras.Model:
    """The network that a run starts from; its seed decides all that follows by chance.

    Arguments and errors as of :func:`cnn_core.models.transfer.build_run_model`.
    """
    keras = import_keras()
    from cnn_core.models.transfer import build_run_model

    if config.training.deterministic:
        make_deterministic()
    keras.utils.set_random_seed(config.seed)
    card = dataset_card(config.dataset)
    shape, class_count = (card.height, card.width, card.channels), len(card.class_names)
    return build_run_model(config, shape, class_count, on_progress=on_progress, is_fresh=is_fresh)
