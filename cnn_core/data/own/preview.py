"""What would become of some pictures with certain settings, before thousands of them are brought in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.data.own.reading import fitted_picture, frame_of
from cnn_core.data.own.settings import OwnSettings
from cnn_core.data.own.split import wanted_classes
from cnn_core.data.own.survey import Survey
from cnn_core.images.backdrop import over_contrast
from cnn_core.images.fit import Box, middle_box


@dataclass(frozen=True, eq=False)
class Previewed:
    """A picture and what it would become.

    Attributes:
        name: Of its file.
        label: Its class.
        size: Width and height of the picture, in pixels.
        original: (H, W, 3) uint8, perhaps scaled down.
        used: The part of the original that is used.
        image: (height, width, channels) uint8, as the dataset would have it.
    """

    name: str
    label: str
    size: tuple[int, int]
    original: np.ndarray
    used: Box
    image: np.ndarray


def preview(found: Survey, settings: OwnSettings, count: int) -> tuple[Previewed, ...]:
    """Some pictures of a source, of the classes that are wanted, and what they would become."""
    wanted, frame = set(wanted_classes(found.counts, settings)), frame_of(settings)
    shown = [example for example in found.examples if example.label in wanted][:count]
    previews = []
    for example in shown:
        picture = example.picture
        original = over_contrast(picture.rgb, picture.alpha)
        whole = Box(0, 0, *original.shape[:2])
        previews.append(
            Previewed(
                name=picture.name,
                label=example.label,
                size=picture.size,
                original=original,
                used=middle_box(original, frame) if settings.fit == "crop" else whole,
                image=fitted_picture(picture, frame),
            )
        )
    return tuple(previews)
