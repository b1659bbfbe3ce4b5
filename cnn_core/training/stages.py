"""The stages of a run: first the head alone, then all that may learn. Runs without transfer have one stage."""

from __future__ import annotations

from dataclasses import dataclass

from cnn_core.config import RunConfig


@dataclass(frozen=True)
class Stage:
    """Epochs, counted from 1, in which the same layers learn."""

    first_epoch: int
    last_epoch: int
    head_only: bool

    def __contains__(self, epoch: int) -> bool:
        return self.first_epoch <= epoch <= self.last_epoch


def stages(config: RunConfig) -> tuple[Stage, ...]:
    """The stages of a run, in order; they cover all its epochs."""
    total = config.training.total_epochs
    head = min(config.transfer.head_epochs, total) if config.transfer else 0
    found = [Stage(1, head, head_only=True), Stage(head + 1, total, head_only=False)]
    return tuple(stage for stage in found if stage.first_epoch <= stage.last_epoch)
