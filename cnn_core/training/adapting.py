"""Teach a finished network people's photos and drawings, so that its answers for the dataset's images stay the same.

A network that learns both in one trades test images for photos. So it gets some weights twice: of batch normalisation,
of the first blocks and of the last layer there is one set for the dataset's images, which stays as it is, and one for
what people bring; whoever prepares a picture knows which it is. All other weights are shared, and rest. (Normalisation
by domain: Chang et al., "Domain-Specific Batch Normalization for Unsupervised Domain Adaptation", CVPR 2019; ours has
the first blocks and the last layer in it too.)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.config import AugmentationConfig, RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import ConfigError, DatasetError, RunError
from cnn_core.evaluation.calibration import fit_temperature
from cnn_core.evaluation.measures import accuracy
from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.jobs.work import CancelledError, Work
from cnn_core.models.presets import ONE_CYCLE_ADAMW
from cnn_core.models.transfer import block_number
from cnn_core.runs.adaptation_file import Adaptation, AdaptationFacts, write_adaptation
from cnn_core.runs.directory import Run
from cnn_core.runs.files import sha256_of
from cnn_core.runs.queue import worker_lock
from cnn_core.runs.record import RunRecord
from cnn_core.runs.store import find_run, is_showcase
from cnn_core.sketches.bank import has_sketches
from cnn_core.training.predicting import predict_logits
from cnn_core.training.setup import load_beside_keras, training_data
from cnn_core.training.shown import shown_in, ways_of

if TYPE_CHECKING:
    import keras

    from cnn_core.data.dataset import Dataset

ADAPT = "adapt"
EPOCHS = 6
# Every image is shown as one or the other: what the network says of images as they are stays what it was.
_PHOTOS, _DRAWINGS = 0.65, 0.35
# Of the network's weights, that the first blocks may have a second time: they see the strokes and the light.
_SHARE_OF_FIRST_BLOCKS = 0.15
# Of the work, that is done when it begins to learn, and when it has learned.
_BEGUN, _TAUGHT = 0.05, 0.95


def why_not_adapted(run: Run) -> str | None:
    """Why a run cannot be taught people's pictures, as far as a glance at its folder tells; ``None``: it probably can.

    Raises:
        RunError: Its settings or its status cannot be read.
    """
    if is_showcase(run):
        return "The showcase ships with CNN Lab, knows people's pictures, and is never written."
    record, status = run.record(), run.status()
    if status.is_active:
        return f"Run '{run.id}' is {status.state}. Wait until it has ended, then teach it."
    if not run.has_model:
        return f"Run '{run.id}' has no network yet. Resume it on the Runs page, or choose another run."
    if not can_learn_pictures(record):
        return (
            f"Run '{run.id}' cannot be taught people's pictures: it saw some while it was trained, it knows nothing "
            "that people photograph, or its network has no blocks of its own. Choose a run on Fashion-MNIST."
        )
    return None


def can_learn_pictures(record: RunRecord) -> bool:
    """Whether people take pictures of what a run knows, and it has not learned some already."""
    is_own_network = not (record.transfer is not None and record.transfer.kind == "imagenet")
    try:
        card = dataset_card(record.dataset)
    except DatasetError:  # brought along from another machine
        return False
    is_plain = bool(record.model.blocks) and not record.model.shuffle_pixels and not record.augmentation.shows_pictures
    return is_own_network and is_plain and card.shows_objects


def adapt_run(run: Run, epochs: int, tell: Callable[[float, str], None] = lambda _share, _doing: None) -> Adaptation:
    """Teach a finished run people's pictures, and keep what it learned with it. Imports TensorFlow; takes minutes.

    Args:
        run: The run; its network and its evaluation stay as they are.
        epochs: Over its training images, at least 1.
        tell: Called with the share that is done and what is done; what it raises ends the work, and nothing is kept.

    Raises:
        ConfigError: The run cannot be taught; the message says why. Or there are too few epochs.
        DatasetError: The dataset is not on this machine, or is no longer the one that the run was trained on.
        RunError: Its network is damaged, was trained on meanwhile, or cannot be taught.
        StorageError: The result cannot be written.
    """
    if why := why_not_adapted(run):
        raise ConfigError(why)
    if epochs < 1:
        raise ConfigError(f"{epochs} epochs teach nothing. Ask for at least 1.")
    tell(0.0, "reading the training images")
    record = run.record()
    dataset = load_beside_keras(record.dataset, download=False)
    if dataset.checksum != record.data.checksum:
        raise DatasetError(
            f"{dataset.title} has changed since run '{run.id}' was trained: its images are no longer the same. Restore "
            "the dataset as it was, or train a new run."
        )
    from cnn_core.inference.network import Network

    network = sha256_of(run.model_path())
    found = adapt(Network(run).model, dataset, record, epochs, tell)
    with worker_lock(run):
        if run.status().is_active or sha256_of(run.model_path()) != network:
            raise RunError(f"Run '{run.id}' was taken up again meanwhile. Teach it when it has ended.")
        write_adaptation(run, found, network)
    return found


def adapt(
    model: keras.Model,
    dataset: Dataset,
    record: RunRecord,
    epochs: int,
    tell: Callable[[float, str], None] = lambda _share, _doing: None,
) -> Adaptation:
    """Teach a network people's pictures.

    Args:
        model: Of the run; afterwards it is the one for people's pictures.
        dataset: That the run learned from.
        record: Of the run.
        epochs: Over its training images.
        tell: As for :func:`adapt_run`.

    Raises:
        RunError: The loss became infinite.
    """
    from cnn_core.training.callbacks import Callbacks, DivergedError, Step
    from cnn_core.training.fit import fit
    from cnn_core.training.standards import learn_outliers

    began = time.perf_counter()
    config = adaptation_config(record, epochs)
    data = training_data(dataset, config)
    own = own_layers(model)
    for layer in model.layers:
        layer.trainable = layer in own
    ways = ways_of(config.augmentation)
    labels = data.watched_labels
    photos, drawings = (
        shown_in(ways[name], data.watched_images, labels, data.watched_sketches, 1) for name in ("photo", "drawing")
    )
    before = [accuracy(labels, predict_logits(model, images)) for images in (photos, drawings)]

    def on_step(step: Step) -> None:
        done = (step.epoch - 1 + step.step / step.steps) / epochs
        tell(_BEGUN + (_TAUGHT - _BEGUN) * done, f"learning people's pictures, epoch {step.epoch} of {epochs}")

    tell(_BEGUN, "compiling")
    # Both by turns, so that the validation of each epoch takes no longer than the run's own.
    watched = np.where(np.arange(len(labels))[:, None, None, None] % 2, drawings, photos)
    try:
        fit(model, replace(data, watched_images=watched), config, Callbacks(on_step=on_step))
    except DivergedError as error:
        raise RunError("The loss became infinite: this network cannot be taught people's pictures.") from error
    tell(_TAUGHT, "looking at what is strange to it")
    answers = [predict_logits(model, images) for images in (photos, drawings)]
    after = [accuracy(labels, logits) for logits in answers]
    shown = config.augmentation
    return Adaptation(
        weights={layer.name: layer.get_weights() for layer in own},
        temperature=fit_temperature(LabelledLogits(np.tile(labels, 2), np.concatenate(answers))),
        outliers=learn_outliers(model, data, shown),
        facts=AdaptationFacts(
            epochs=epochs,
            photos=_PHOTOS,
            drawings=shown.drawings and _DRAWINGS,
            sketches=shown.sketches,
            parameters=sum(layer.count_params() for layer in own),
            photos_before=before[0],
            photos_after=after[0],
            drawings_before=before[1],
            drawings_after=after[1],
            seconds=time.perf_counter() - began,
        ),
    )


def adaptation_config(record: RunRecord, epochs: int) -> RunConfig:
    """How a run's network learns people's pictures: of the images that it learned from, in the same split."""
    names = dataset_card(record.dataset).class_names
    kept = record.training.model_dump(include={"protocol", "validation_share", "train_share", "class_weights"})
    # Sketches come first, and photos are made of what they leave.
    shows = (
        {"photos": 1.0, "sketches": _DRAWINGS} if has_sketches(names) else {"photos": _PHOTOS, "drawings": _DRAWINGS}
    )
    flips = record.augmentation.horizontal_flip
    return RunConfig(
        dataset=record.dataset,
        preset=record.preset,
        seed=record.seed,
        model=record.model,
        training=ONE_CYCLE_ADAMW.model_copy(
            update={
                **kept,
                "epochs": epochs,
                "weight_decay": 0.0,
                # Batches of such pictures differ much: what batch normalisation knows of the last ones alone is noise.
                "ema_decay": 0.999,
                "ema_warm_up": True,
                "restore_best": False,
                "precision": "auto",
            }
        ),
        augmentation=AugmentationConfig(horizontal_flip=flips, shift_pixels=1, **shows),
    )


def own_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers that a network has twice: batch normalisation, the first blocks, the last layer."""
    from keras.layers import BatchNormalization

    budget = _SHARE_OF_FIRST_BLOCKS * model.count_params()
    numbers = sorted({block_number(layer.name) for layer in model.layers} - {0})
    first, sizes = set[int](), 0
    for number in numbers:
        in_block = [layer for layer in model.layers if block_number(layer.name) == number]
        sizes += sum(layer.count_params() for layer in in_block if not isinstance(layer, BatchNormalization))
        if sizes > budget:
            break
        first.add(number)
    last = model.layers[-1]
    return [
        layer
        for layer in model.layers
        if layer.weights
        and (layer is last or isinstance(layer, BatchNormalization) or block_number(layer.name) in first)
    ]


def work(work: Work) -> AdaptationFacts:
    """Teach a run as a job of the kind :data:`ADAPT`; its settings name the ``run`` and the ``epochs``."""

    def tell(share: float, doing: str) -> None:
        if work.should_stop():
            raise CancelledError
        work.tell(share, doing)

    settings = work.job.job_request().settings
    return adapt_run(find_run(str(settings["run"])), int(settings["epochs"]), tell).facts
