"""What can be asked of a transfer: proposals for the form, and the check of what was asked. No Keras here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnn_core.config import (
    AugmentationConfig,
    Block,
    DenseBlock,
    ImageNetName,
    ImageNetTransfer,
    ModelConfig,
    RunConfig,
    RunTransfer,
    TrainingConfig,
    replace,
)
from cnn_core.data.catalogue import DatasetCard
from cnn_core.errors import ConfigError
from cnn_core.models.presets import preset_config, preset_names
from cnn_core.models.shapes import input_size
from cnn_core.models.summary import describe
from cnn_core.sketches.bank import has_sketches

if TYPE_CHECKING:
    from cnn_core.runs.record import RunRecord

# Small batches and few epochs: features that are there already need few steps.
_TRAINING = TrainingConfig(epochs=6, batch_size=32, learning_rate=1e-3, optimizer="adam")

# Fewer images than these need a training as long as one from chance does.
FEW_IMAGES = 5_000


def transfer_config(source: RunRecord, run_id: str, card: DatasetCard, blocks: int) -> RunConfig:
    """Propose a run that starts from the features of another one.

    The network is that of the other run, so that its weights fit; images smaller than those it was trained on are
    enlarged to that size. On the same dataset it gets the same seed and the same split: otherwise some of the images
    that it is watched on would be images that its features were learned from. On few images of another dataset it is
    trained as the network would be from chance: everything learns, as long and as fast. That was best (see the README).

    Args:
        source: Record of the run to take features from.
        run_id: Its id.
        card: The dataset to train on.
        blocks: How many blocks are taken, from the image on.

    Raises:
        ConfigError: The run has fewer blocks.
    """
    height, width, _ = source.data.input_shape
    seen = max(input_size(source.model, height, width))
    enlarge_to = seen if min(card.height, card.width) < seen else source.model.enlarge_to
    training, transfer = _TRAINING, RunTransfer(run=run_id, blocks=blocks)
    if source.dataset == card.name:
        training = training.model_copy(update=_split_of(source))
    elif card.train_count < FEW_IMAGES:
        preset = source.preset if source.preset in preset_names() else preset_names()[0]
        training = preset_config(preset, card).training
        transfer = RunTransfer(run=run_id, blocks=blocks, head_epochs=0, fine_tune_rate=1.0)
    proposal = RunConfig(
        dataset=card.name,
        preset=source.preset,
        seed=source.seed,
        model=source.model.model_copy(update={"enlarge_to": enlarge_to}),
        training=training,
        augmentation=_fitted(card, source.augmentation),
    )
    return replace(proposal, transfer=transfer.model_dump())


def proposed_blocks(source: RunRecord, card: DatasetCard) -> int:
    """How many blocks of a run are worth taking: those that look at the image, on few other images without the last.

    The last one knows the classes of its own dataset best: on 600 pictures of CIFAR-10, a network of three such blocks
    won 4 points by the first two and nothing by all three.
    """
    features = sum(not isinstance(block, DenseBlock) for block in source.model.blocks)
    if source.dataset != card.name and card.train_count < FEW_IMAGES and features > 1:
        return features - 1
    return features or len(source.model.blocks)


def _split_of(source: RunRecord) -> dict[str, object]:
    """What decides, beside the seed, which images a run learned from."""
    return source.training.model_dump(include={"protocol", "validation_share", "train_share"})


def imagenet_config(
    card: DatasetCard, network: ImageNetName = "mobilenet-v2", weights: Literal["imagenet", "random"] = "imagenet"
) -> RunConfig:
    """Propose a run on top of an ImageNet network.

    With random weights nothing is frozen and nothing is spared: there are no features to keep yet.

    Args:
        card: The dataset to train on.
        network: Which one.
        weights: "imagenet", or "random" for the same network from scratch.
    """
    spared = {"frozen_share": 0.0, "head_epochs": 0, "fine_tune_rate": 1.0} if weights == "random" else {}
    proposal = RunConfig(
        dataset=card.name,
        preset=network,
        model=ModelConfig(blocks=(), dropout=0.2),
        training=_TRAINING,
        augmentation=_fitted(card, AugmentationConfig(horizontal_flip=True)),
    )
    return replace(proposal, transfer=ImageNetTransfer(network=network, weights=weights, **spared).model_dump())


def _fitted(card: DatasetCard, augmentation: AugmentationConfig) -> AugmentationConfig:
    """Without what makes no sense on a dataset."""
    left_out: dict[str, float] = {} if card.is_mirrored_alike else {"horizontal_flip": False}
    left_out |= {} if card.shows_objects else {"photos": 0.0, "drawings": 0.0}
    left_out |= {} if has_sketches(card.class_names) else {"sketches": 0.0}
    return augmentation.model_copy(update=left_out)


def check_transfer(config: RunConfig, card: DatasetCard) -> None:
    """Check that a run can take the features that it asks for. Looks at the disk, but neither loads nor downloads.

    Args:
        config: Of the run that is to start.
        card: Its dataset.

    Raises:
        ConfigError: The network or the images do not fit those features.
        RunError: The run to take them from is unknown, damaged, still training, or has no model.
    """
    transfer = config.transfer
    if isinstance(transfer, ImageNetTransfer) and card.channels not in (1, 3):
        raise ConfigError(
            f"ImageNet networks look at colour images; those of {card.title} have {card.channels} channels, and only "
            "grey ones (1) can be made colour (3). Train a network from scratch, or choose another dataset."
        )
    if isinstance(transfer, RunTransfer):
        from cnn_core.runs.store import find_run

        run = find_run(transfer.run)
        source = run.record()
        run.check_is_final("features")
        _check_blocks(config, transfer, card, source)


def _check_blocks(config: RunConfig, transfer: RunTransfer, card: DatasetCard, source: RunRecord) -> None:
    name = f"run '{transfer.run}'"
    if isinstance(source.transfer, ImageNetTransfer):
        raise ConfigError(
            f"The features of {name} are those of an ImageNet network, not of blocks of its own. Start from the same "
            "ImageNet network, or take the features of another run."
        )
    if source.model.shuffle_pixels != config.model.shuffle_pixels:
        seen = "shuffled" if source.model.shuffle_pixels else "in their places"
        raise ConfigError(
            f"The features of {name} were learned of pixels {seen}, and mean nothing otherwise. "
            f"{'Shuffle' if source.model.shuffle_pixels else 'Do not shuffle'} the pixels here, too, or take those of "
            "another run."
        )
    height, width, channels = source.data.input_shape
    if config.model.shuffle_pixels and (height, width) != (card.height, card.width):
        raise ConfigError(
            f"The features of {name} were learned of the shuffled pixels of images of {height}×{width}, and those of "
            f"{card.title}, {card.height}×{card.width}, are shuffled in another order. Take the features of a run with "
            "images of the same size, or do not shuffle."
        )
    theirs, ours = source.model.blocks, config.model.blocks
    # Kernels fit colour as well as grey (models/transfer.py); the weights of a dense layer belong to one value each.
    is_fitted = {channels, card.channels} == {1, 3} and theirs and not isinstance(theirs[0], DenseBlock)
    if channels != card.channels and not is_fitted:
        raise ConfigError(
            f"The first layer of {name} looks at {_colours(channels)} images, but those of {card.title} are "
            f"{_colours(card.channels)}. Take the features of a run with such images."
        )
    if transfer.blocks > len(theirs):
        raise ConfigError(
            f"{transfer.blocks} blocks are to be taken from {name}, but it has {len(theirs)}. Take fewer."
        )
    for number, (their, our) in enumerate(zip(theirs, ours[: transfer.blocks], strict=False), start=1):
        if _features_of(their) != _features_of(our):
            raise ConfigError(
                f"Block {number} is {describe(our)}, but in {name} it is {describe(their)}. Weights can be taken only "
                f"where the blocks are the same: make it the same{_or_fewer(number)}."
            )
    # A dense layer has a weight for each value of the feature maps, so these must have the same size.
    takes_dense = any(isinstance(block, DenseBlock) for block in theirs[: transfer.blocks])
    seen_there = input_size(source.model, height, width), source.model.features
    seen_here = input_size(config.model, card.height, card.width), config.model.features
    if takes_dense and seen_there != seen_here:
        first = next(number for number, block in enumerate(theirs, start=1) if isinstance(block, DenseBlock))
        raise ConfigError(
            f"Block {first} of {name} is dense, and fits only what came to it there: {_seen(*seen_there)}; here it "
            f"would be {_seen(*seen_here)}. Make the images and the features the same{_or_fewer(first)}."
        )


def _or_fewer(block: int) -> str:
    """The other way out, where there are blocks before the one that does not fit."""
    return {1: "", 2: ", or take the first block only"}.get(block, f", or take the first {block - 1} blocks only")


def _features_of(block: Block) -> Block:
    """What decides a block's features: all but its dropout, which is at work in training only."""
    return block.model_copy(update={"dropout": 0.0})


def _colours(channels: int) -> str:
    return {1: "grey", 3: "colour"}.get(channels, f"{channels}-channel")


def _seen(size: tuple[int, int], features: str) -> str:
    return f"images of {size[0]}×{size[1]} pixels, {'averaged' if features == 'global-average' else 'flattened'}"
