"""Which settings decide what a probe measures: two configurations that agree in them share a measurement."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from cnn_core.config import RunConfig
from cnn_core.runs.record import installed_versions

ProbeKind = Literal["price", "rate-range"]

# Of the training. Where the rate stands and how long it goes on, a step costs the same and the test begins the same.
_IN_NEITHER = {
    "epochs",
    "learning_rate",
    "schedule",
    "decay_factor",
    "decay_epochs",
    "final_share",
    "warm_up_share",
    "monitor",
    "patience",
    "restore_best",
    "snapshots",
    "continuations",
}
# A step costs the same whatever their value is, but not if they are off.
_ON_OR_OFF = ("weight_decay", "label_smoothing", "clip_norm", "ema_decay", "momentum")


def probe_key(kind: ProbeKind, config: RunConfig) -> str:
    """A name for everything that decides what is measured, the installed versions among it: 16 hexadecimal digits."""
    settings = config.model_dump(mode="json", include=set(RunConfig.model_fields), exclude={"preset"})
    settings["training"] = {name: value for name, value in settings["training"].items() if name not in _IN_NEITHER}
    if kind == "price":
        settings = _price_settings(settings)
    elif settings["transfer"]:
        # The test takes the first stage; how far the rate falls after it does not matter.
        settings["transfer"] = {**settings["transfer"], "fine_tune_rate": None}
    facts = json.dumps([kind, settings, installed_versions()], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _price_settings(settings: dict[str, Any]) -> dict[str, Any]:
    settings = {**settings, "seed": None}
    training, transfer = settings["training"], settings["transfer"]
    on_or_off = {name: bool(training[name]) for name in _ON_OR_OFF}
    settings["training"] = {**training, **on_or_off, "teacher_share": None}
    if transfer:
        has_head = bool(transfer["head_epochs"])
        settings["transfer"] = {**transfer, "head_epochs": has_head, "fine_tune_rate": None}
    return settings
