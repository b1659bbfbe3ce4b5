"""What keeps a draft from being started, in words for the person who chose the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from cnn_core.config import RunConfig
from cnn_core.data.augmentable import check_augmentation
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.counts import check_image_counts
from cnn_core.errors import ConfigError, RunError
from cnn_core.models.shapes import ShapeError, feature_map_sizes
from cnn_core.models.teacher_settings import check_teachers
from cnn_core.models.transfer_settings import check_transfer
from pages.parts.draft import Draft

# What the form calls a setting, where that is not its name with a capital letter.
_NAMES = {
    "batch_norm": "Batch normalisation",
    "clip_norm": "Largest gradient norm",
    "decay_epochs": "Epochs between decays",
    "decay_factor": "Decay factor",
    "ema_decay": "Moving average",
    "enlarge_to": "Enlarge images to",
    "final_share": "Final share",
    "fine_tune_rate": "Fine-tuning rate",
    "head_epochs": "Epochs for what is new",
    "teacher_share": "Their share of the target",
    "train_share": "Share that is learned from",
    "validation_share": "Validation share",
    "warm_up_share": "Warm-up",
}
_BOUNDS = {
    "less_than_equal": ("le", "at most"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "greater_than": ("gt", "more than"),
}


@dataclass(frozen=True)
class Problem:
    """Something that does not fit.

    Attributes:
        text: What it is and what to do.
        block: The block of the network that it is about, counted from 1; 0: of none.
    """

    text: str
    block: int = 0

    @property
    def summary(self) -> str:
        """What it is; what to do about a block is said beside it."""
        return f"{self.text.split('. ')[0].removesuffix('.')}. See Network." if self.block else self.text


def find_problems(draft: Draft) -> list[Problem]:
    """Everything that has to be mended before a start; empty where a run can begin."""
    possible, mended = draft.possible()
    found: list[Problem] = []
    try:
        draft.config()
    except ConfigError as error:
        cause = error.__cause__
        told = cause.errors() if isinstance(cause, ValidationError) else []
        found = [_explained(item) for item in told] or [Problem(str(error))]
    return found + _misfits(possible, mended, is_whole=not found)


def _misfits(config: RunConfig, mended: frozenset[str], *, is_whole: bool) -> list[Problem]:
    """Settings that are possible by themselves, but not on this dataset; as far as they can be told."""
    card = dataset_card(config.dataset)
    found = []
    try:
        feature_map_sizes(config.model, card.height, card.width)
    except ShapeError as error:
        found.append(Problem(str(error), error.block))
    if "training" not in mended:
        try:
            check_image_counts(card, config.training)
        except ConfigError as error:
            found.append(Problem(str(error)))
    try:
        check_augmentation(card, config.augmentation)
    except ConfigError as error:
        found.append(Problem(str(error)))
    if is_whole:
        for check in (lambda: check_transfer(config, card), lambda: check_teachers(config.training, card)):
            try:
                check()
            except (ConfigError, RunError) as error:
                found.append(Problem(str(error)))
    return found


def _explained(item: Any) -> Problem:
    where, name = _place(item["loc"])
    subject = f"{where}{name}" if name else where
    if item["type"] in _BOUNDS:
        bound, words = _BOUNDS[item["type"]]
        limit = item["ctx"][bound]
        text = f"{subject} is {_figure(item['input'])}; {words} {limit:,} is possible."
    elif item["type"] == "int_from_float":
        text = f"{subject} is {_figure(item['input'])}; it has to be a whole number."
    else:
        message = item["msg"].removeprefix("Value error, ")
        message = message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")
        text = f"{subject}: {message}" if name else message
    return Problem(text, _block(item["loc"]))


def _figure(value: float) -> str:
    return f"{value:,}" if abs(value) < 1e18 else f"{value:.3g}"


def _place(loc: tuple[Any, ...]) -> tuple[str, str]:
    block = _block(loc)
    last = str(loc[-1]) if loc and isinstance(loc[-1], str) else ""
    if last in ("model", "training", "augmentation", "transfer", "conv", "residual", "dense", "run", "imagenet"):
        last = ""
    name = _NAMES.get(last, last.replace("_", " ").capitalize())
    return (f"Block {block}: " if block else ""), name


def _block(loc: tuple[Any, ...]) -> int:
    return int(loc[2]) + 1 if len(loc) > 2 and loc[:2] == ("model", "blocks") else 0
