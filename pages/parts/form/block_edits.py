"""What can be done to the list of a network's blocks. Dense blocks stay behind the others, whatever is done."""

from __future__ import annotations

from typing import Any

from cnn_core.config import ConvBlock, DenseBlock, ResidualBlock
from pages.parts.draft import Draft

NEW_FILTERS, NEW_UNITS = 32, 128


def can_move(draft: Draft, place: int, by: int) -> bool:
    """Whether the block at a place (from 0) can change places with the one before (-1) or behind it (1)."""
    blocks, other = draft.blocks, place + by
    if not 0 <= other < len(blocks):
        return False
    return (blocks[place]["kind"] == "dense") == (blocks[other]["kind"] == "dense")


def move(draft: Draft, block: int, by: int) -> None:
    """Let a block change places with the one before (-1) or behind it (1)."""
    place = _place(draft, block)
    if place is None or not can_move(draft, place, by):
        return
    for things in (draft.blocks, draft.block_ids):
        things[place], things[place + by] = things[place + by], things[place]


def duplicate(draft: Draft, block: int) -> None:
    """Put a copy of a block behind it."""
    place = _place(draft, block)
    if place is not None:
        _insert(draft, place + 1, dict(draft.blocks[place]))


def remove(draft: Draft, block: int) -> None:
    """Take a block out."""
    place = _place(draft, block)
    if place is not None:
        del draft.blocks[place], draft.block_ids[place]


def add(draft: Draft, kind: str) -> None:
    """Put a new block behind those of its sort, made like the last of them, and show its settings."""
    features = [block for block in draft.blocks if block["kind"] != "dense"]
    last = (
        features[-1] if features else {"filters": NEW_FILTERS, "batch_norm": kind == "residual", "activation": "relu"}
    )
    if kind == "dense":
        dense = [block for block in draft.blocks if block["kind"] == "dense"]
        made = dict(dense[-1]) if dense else DenseBlock(units=NEW_UNITS).model_dump()
        place = len(draft.blocks)
    else:
        shared = {name: last[name] for name in ("filters", "batch_norm", "activation")}
        new = ResidualBlock(**shared) if kind == "residual" else ConvBlock(padding="same", **shared)
        made, place = new.model_dump(), len(features)
    draft.open_block = _insert(draft, place, made)


def _insert(draft: Draft, place: int, block: dict[str, Any]) -> int:
    draft.blocks.insert(place, block)
    number = draft.new_number()
    draft.block_ids.insert(place, number)
    return number


def _place(draft: Draft, block: int) -> int | None:
    # A button that was pressed twice before the page was drawn anew asks for a block that is gone.
    return draft.block_ids.index(block) if block in draft.block_ids else None
