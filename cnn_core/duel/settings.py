"""What the runs of a duel are asked for: the same images, batches, seed and optimizer; only the network differs."""

from __future__ import annotations

from cnn_core.config import RunConfig, replace
from cnn_core.data.catalogue import DatasetCard
from cnn_core.duel.networks import KINDS, Kind, duel_network
from cnn_core.models.presets import preset_config

# The names of the networks, as a run's preset says it; the run's directory is called by it, too.
PRESETS: dict[Kind, str] = {"cnn": "duel-cnn", "dense": "duel-dense"}
# Adam at its usual rate, no augmentation, nothing that helps one network more than the other.
_TRAINED_AS = "simple-cnn"
# Of a large dataset; a lesson does not last long. Small ones are seen more often.
_EPOCHS = 8


def duel_config(
    kind: Kind, card: DatasetCard, *, is_shuffled: bool = False, seed: int = 0, epochs: int | None = None
) -> RunConfig:
    """One run of a duel.

    Args:
        kind: With convolutions, or of dense layers alone.
        card: The dataset.
        is_shuffled: Whether the network sees shuffled pixels: the control.
        seed: Decides split, weights and batches.
        epochs: Other than usual, so that the run takes as long as another one.

    Raises:
        ConfigError: The seed or the epochs are out of range.
    """
    usual = preset_config(_TRAINED_AS, card)
    shape = card.height, card.width, card.channels
    model = duel_network(kind, shape, len(card.class_names), is_shuffled=is_shuffled)
    config = usual.model_copy(update={"preset": PRESETS[kind], "model": model})
    return replace(config, seed=seed, training={"epochs": epochs or max(_EPOCHS, usual.training.epochs)})


def duel_kind(preset: str) -> Kind | None:
    """Which network of a duel is called so; ``None`` for all others."""
    return next((kind for kind in KINDS if PRESETS[kind] == preset), None)
