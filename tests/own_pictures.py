"""Datasets of one's own, made up and brought in as a person's would be."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cnn_core.data.own.store import OwnCard
from tests import own_sources


def class_folders(path: Path, classes: Sequence[str] = ("cat", "dog"), count: int = 6, side: int = 10) -> Path:
    """A folder with a folder of ``count`` pictures for each class; no two are equal."""
    rng = np.random.default_rng(0)
    for name in classes:
        (path / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (side, side, 3), np.uint8)
            Image.fromarray(pixels).save(path / name / f"{number}.png")
    return path


def brought(path: Path, **settings: Any) -> OwnCard:
    """Bring a folder or a ZIP in, as "mine" unless the settings say otherwise."""
    card: OwnCard = own_sources.brought(
        path, **{"name": "mine", "title": "Mine", "height": 10, "width": 10, **settings}
    )
    return card
