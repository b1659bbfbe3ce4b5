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

from cnn_core.config import RunConfig, run_config
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
from cnn_core.runs.queue import own_turn, worker_lock
from cnn_core.runs.record import RunRecord
from cnn_core.runs.store import find_run, is_showcase
from cnn_core.sketches.bank import has_sketches
from cnn_core.training.predicting import predict_logits
from cnn_core.training.setup import import_keras, load_beside_keras, make_deterministic, training_data
from cnn_core.training.shown import shown_in, ways_of

if TYPE_CHECKING:
    import keras

    from cnn_core.data.dataset import Dataset

ADAPT = "adapt"
EPOCHS = 6
# Three quarters of the images, since some sketches are shown as photos, too. What the network says of images as they
# are is not theirs to keep: it has other weights for those.
_PHOTOS, _SKETCHES = 0.65, 0.35
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
    if why := _why_no_pictures(record):
        return f"Run '{run.id}' cannot be taught people's pictures: {why}. Choose another run on Fashion-MNIST."
    if status.is_active:
        return f"Run '{run.id}' is {status.state}. Wait until it has ended, then teach it."
    if not run.has_model:
        return f"Run '{run.id}' has no network yet. Resume it on the Runs page, or choose another run."
    return None


def _why_no_pictures(record: RunRecord) -> str | None:
    if record.augmentation.shows_pictures:
        return "it saw such pictures while it was trained"
    if record.transfer is not None and record.transfer.kind == "imagenet":
        return "its network is one of ImageNet's"
    if not record.model.blocks:
        return "its network has no blocks"
    if record.model.shuffle_pixels:
        return "it sees shuffled pixels"
    try:
        card = dataset_card(record.dataset)
    except DatasetError:
        return f"its dataset, '{record.dataset}', is not on this machine"
    if not (card.shows_objects and has_sketches(card.class_names)):
        return f"nobody photographs or draws what {card.title} shows"
    return None


def adapt_run(run: Run, epochs: int, tell: Callable[[float, str], None] = lambda _share, _doing: None) -> Adaptation:
    """Teach a finished run people's pictures, and keep what it learned with it. Imports TensorFlow; takes minutes.

    Args:
        run: The run; its network and its evaluation stay as they are.
        epochs: Over its training images, at least 1.
        tell: Called with the share that is done and what is done; what it raises ends the work, and nothing is kept.

    Raises:
        ConfigError: The run cannot be taught; the message says why. Or so many epochs are not possible.
        DatasetError: The dataset is not on this machine, or is no longer the one that the run was trained on.
        RunError: Its network is damaged or cannot be taught, or another process works on the run.
        StorageError: The result cannot be written.
    """
    if why := why_not_adapted(run):
        raise ConfigError(why)
    record = run.record()
    config = adaptation_config(record, epochs)

    def should_stop() -> bool:
        tell(0.0, "waiting: as many networks train as may at once")
        return False

    # As a training: nobody else works on this run meanwhile, and it has its turn.
    with worker_lock(run), own_turn(run, should_stop):
        tell(0.0, "reading the training images")
        dataset = load_beside_keras(record.dataset, download=False)
        if dataset.checksum != record.data.checksum:
            raise DatasetError(
                f"{dataset.title} has changed since run '{run.id}' was trained: its images are no longer the same. "
                "Restore the dataset as it was, or train a new run."
            )
        from cnn_core.inference.network import Network

        import_keras().utils.set_random_seed(record.seed)
        if config.training.deterministic:
            make_deterministic()
        network = sha256_of(run.model_path())
        found = adapt(Network(run).model, dataset, config, tell)
        # The last moment at which it can be cancelled.
        tell(1.0, "keeping what it learned")
        write_adaptation(run, found, network)
    return found


def adapt(
    model: keras.Model,
    dataset: Dataset,
    config: RunConfig,
    tell: Callable[[float, str], None] = lambda _share, _doing: None,
) -> Adaptation:
    """Teach a network people's pictures.

    Args:
        model: Of the run; afterwards it is the one for people's pictures.
        dataset: That the run learned from.
        config: From :func:`adaptation_config`.
        tell: As for :func:`adapt_run`.

    Raises:
        RunError: The loss became infinite.
    """
    from cnn_core.training.callbacks import Callbacks, DivergedError, Step
    from cnn_core.training.fit import fit
    from cnn_core.training.standards import learn_outliers

    began = time.perf_counter()
    data, epochs = training_data(dataset, config), config.training.epochs
    own = own_layers(model)
    for layer in model.layers:
        layer.trainable = layer in own
    ways, labels = ways_of(config.augmentation), data.watched_labels
    photos, sketches = (
        shown_in(ways[name], data.watched_images, labels, data.watched_sketches, 1) for name in ("photo", "drawing")
    )

    def asked(images: np.ndarray, share: float, doing: str) -> np.ndarray:
        return predict_logits(model, images, lambda: tell(share, doing))

    def on_step(step: Step) -> None:
        done = (step.epoch - 1 + step.step / step.steps) / epochs
        tell(_BEGUN + (_TAUGHT - _BEGUN) * done, f"learning people's pictures, epoch {step.epoch} of {epochs}")

    before = [accuracy(labels, asked(images, _BEGUN, "asking it beforehand")) for images in (photos, sketches)]
    # Both by turns, so that the validation of each epoch takes no longer than the run's own.
    watched = np.where(np.arange(len(labels))[:, None, None, None] % 2, sketches, photos)
    try:
        fit(model, replace(data, watched_images=watched), config, Callbacks(on_step=on_step))
    except DivergedError as error:
        raise RunError("The loss became infinite: this network cannot be taught people's pictures.") from error
    answers = [asked(images, _TAUGHT, "asking it afterwards") for images in (photos, sketches)]
    tell(_TAUGHT, "looking at what is strange to it")
    after = [accuracy(labels, logits) for logits in answers]
    # Nothing is fitted to test images, where these are watched.
    is_test_set_watched = config.training.protocol == "tutorial"
    both = LabelledLogits(np.tile(labels, 2), np.concatenate(answers))
    return Adaptation(
        weights={layer.name: layer.get_weights() for layer in own},
        temperature=1.0 if is_test_set_watched else fit_temperature(both),
        outliers=learn_outliers(model, data, config.augmentation),
        facts=AdaptationFacts(
            epochs=epochs,
            parameters=sum(layer.count_params() for layer in own),
            photo_accuracy_before=before[0],
            photo_accuracy_after=after[0],
            sketch_accuracy_before=before[1],
            sketch_accuracy_after=after[1],
            seconds=time.perf_counter() - began,
        ),
    )


def adaptation_config(record: RunRecord, epochs: int) -> RunConfig:
    """How a run's network learns people's pictures: of the images that it learned from, in the same split.

    Raises:
        ConfigError: So many epochs are not possible.
    """
    kept = {"protocol", "validation_share", "train_share", "class_weights", "deterministic"}
    return run_config(
        {
            **record.model_dump(include={"dataset", "preset", "seed", "model"}),
            "training": {
                **ONE_CYCLE_ADAMW.model_dump(),
                **record.training.model_dump(include=kept),
                "epochs": epochs,
                "weight_decay": 0.0,
                # Batches of such pictures differ much: what batch normalisation knows of the last ones alone is noise.
                "ema_decay": 0.999,
                "ema_warm_up": True,
                "restore_best": False,
                "precision": "auto",
            },
            "augmentation": {
                "horizontal_flip": record.augmentation.horizontal_flip,
                "shift_pixels": 1,
                "photos": _PHOTOS,
                "sketches": _SKETCHES,
            },
        }
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
