"""Settings that somebody is still typing: what of them is possible already, and where they are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from cnn_core.config.augmentation import AugmentationConfig
from cnn_core.config.network import Block, ModelConfig
from cnn_core.config.run import RunConfig, impossible_fields
from cnn_core.config.training import TrainingConfig
from cnn_core.config.transfer import ImageNetTransfer, RunTransfer

_Section = TypeVar("_Section", bound=BaseModel)
_BLOCK: TypeAdapter[Block] = TypeAdapter(Block)
_TRANSFERS: dict[str, type[RunTransfer] | type[ImageNetTransfer]] = {"run": RunTransfer, "imagenet": ImageNetTransfer}


def possible_part(settings: Mapping[str, Any], before: RunConfig) -> tuple[RunConfig, frozenset[str]]:
    """What can be shown of settings that may be out of range, section by section.

    A setting that is not possible has the value that it had before; the network ends before its first block that is not
    possible. The sections need not fit together.

    Args:
        settings: Nested, as in ``config.json``.
        before: What was possible before.

    Returns:
        The settings, and the names of those sections ("model", "training", "augmentation", "transfer", "seed") of which
        they are not all that was asked.
    """
    mended = set()

    def section(name: str, asked: Mapping[str, Any], kind: type[_Section], older: _Section) -> _Section:
        found, is_whole = _mended(asked, kind, older)
        if not is_whole:
            mended.add(name)
        return found

    blocks = _possible_blocks(settings["model"]["blocks"])
    if len(blocks) < len(settings["model"]["blocks"]):
        mended.add("model")
    model = section("model", {**settings["model"], "blocks": ()}, ModelConfig, before.model)
    transfer: RunTransfer | ImageNetTransfer | None = None
    if asked := settings["transfer"]:
        kind = _TRANSFERS[asked["kind"]]
        older = before.transfer if isinstance(before.transfer, kind) else kind.model_construct(**asked)
        transfer = section("transfer", asked, kind, older)
    seed = settings["seed"]
    if "seed" in impossible_fields(RunConfig, {"seed": seed}):
        mended.add("seed")
        seed = before.seed
    config = RunConfig.model_construct(
        dataset=settings["dataset"],
        preset=settings["preset"],
        seed=seed,
        model=model.model_copy(update={"blocks": blocks}),
        training=section("training", settings["training"], TrainingConfig, before.training),
        augmentation=section("augmentation", settings["augmentation"], AugmentationConfig, before.augmentation),
        transfer=transfer,
    )
    return config, frozenset(mended)


def _mended(asked: Mapping[str, Any], kind: type[_Section], older: _Section) -> tuple[_Section, bool]:
    try:
        return kind.model_validate(asked), True
    except ValidationError:
        kept = {name: getattr(older, name) for name in impossible_fields(kind, asked)}
    try:
        return kind.model_validate({**asked, **kept}), False
    except ValidationError:
        # Each setting is possible, but not with the others.
        return older, False


def _possible_blocks(asked: tuple[Mapping[str, Any], ...] | list[Mapping[str, Any]]) -> tuple[Block, ...]:
    blocks = []
    for block in asked:
        try:
            blocks.append(_BLOCK.validate_python(block))
        except ValidationError:
            break
    return tuple(blocks)
