"""The ways to the frame on which nothing is cut out, and what every way to the frame has."""

from dataclasses import dataclass

import numpy as np

from cnn_core.images.backdrop import border_ring
from cnn_core.images.choices import Choices
from cnn_core.images.fit import Box, fitted_as, middle_box, resized
from cnn_core.images.frame import Frame
from cnn_core.images.kind import Kind
from cnn_core.images.tones import to_grey

# Left, top, right, bottom.
Region = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Stage:
    """One step on the way to the frame.

    Attributes:
        name: One or two words: "Picture", "Foreground", "Frame".
        image: (H, W) or (H, W, 3) uint8, the result of the step.
        why: One sentence for the person who brought the picture.
    """

    name: str
    image: np.ndarray
    why: str


@dataclass(frozen=True, eq=False)
class Way:
    """How an image came about from the part of a picture that is looked at.

    Attributes:
        kind: What sort of picture it was taken for.
        why: One sentence on that.
        stages: What follows the picture, the frame last.
        region: Where the frame lies in that part, in its pixels.
    """

    kind: Kind
    why: str
    stages: list[Stage]
    region: Region


def as_dataset_image(rgb: np.ndarray, factor: int, frame: Frame, choices: Choices) -> Way:
    """An image of the frame's own size, or one enlarged pixel by pixel: only grey and polarity may change."""
    small = in_channels(np.ascontiguousarray(rgb[::factor, ::factor]), frame)
    size = "It has the size of the dataset's images."
    if factor > 1:
        size = f"An image of the dataset's size, every pixel enlarged {factor} times."
    why = "Unchanged: every pixel as it came."
    if choices.polarity == "turn":
        small, why = 255 - small, "Turned negative by hand."
    elif choices.polarity == "auto" and frame.background != "natural" and _is_turned(small, frame):
        small = 255 - small
        why = f"Turned negative: the dataset's images have a {frame.background} background."
    return Way("dataset", size, [Stage("Frame", small, why)], _sides(Box(0, 0, *rgb.shape[:2])))


def as_scaled(rgb: np.ndarray, frame: Frame, choices: Choices) -> Way:
    """A picture that a person says looks as the dataset's own images do: only its size is changed."""
    crop = middle_box(rgb, frame)
    small = in_channels(resized(crop.cut(rgb), frame.height, frame.width), frame)
    why = f"Chosen by hand: only scaled to {frame.width}×{frame.height} pixels."
    is_turned = frame.background != "natural" and _is_turned(small, frame)
    if choices.polarity == "turn" or (choices.polarity == "auto" and is_turned):
        small, why = 255 - small, f"{why[:-1]}, and turned negative."
    return Way("dataset", "As it came.", [Stage("Frame", small, why)], _sides(crop))


def as_natural(rgb: np.ndarray, frame: Frame) -> Way:
    """A photo for a dataset of photos."""
    stages = []
    region = _sides(Box(0, 0, *rgb.shape[:2]))
    size = f"Scaled to {frame.width}×{frame.height} pixels by averaging."
    if frame.fit == "crop":
        box = middle_box(rgb, frame)
        stages.append(
            Stage("Crop", box.cut(rgb), "The middle of the picture, in the proportions of the dataset's images.")
        )
        region = _sides(box)
    elif frame.fit == "pad":
        size = f"All of it, scaled to fit {frame.width}×{frame.height} pixels, with black borders."
        region = _padded_region(rgb, frame)
    else:
        size = f"All of it, stretched to {frame.width}×{frame.height} pixels, as the dataset's images are."
    stages.append(Stage("Frame", in_channels(fitted_as(rgb, frame), frame), size))
    return Way("photo", "The dataset consists of photos: nothing is cut out.", stages, region)


def _padded_region(rgb: np.ndarray, frame: Frame) -> Region:
    """Where the frame lies that holds all of a picture in its middle: beyond the picture on two sides."""
    height, width = rgb.shape[:2]
    scale = min(frame.height / height, frame.width / width)
    beyond_x, beyond_y = (frame.width / scale - width) / 2, (frame.height / scale - height) / 2
    return (-beyond_x, -beyond_y, width + beyond_x, height + beyond_y)


def in_channels(image: np.ndarray, frame: Frame) -> np.ndarray:
    """(H, W) for a frame of one channel, (H, W, 3) for three."""
    if frame.channels == 1:
        return image if image.ndim == 2 else to_grey(image)
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def _is_turned(image: np.ndarray, frame: Frame) -> bool:
    """Whether an image of the dataset's size has the other polarity: a white border for a black one.

    What is neither keeps its polarity: an object may well cover much of the border.
    """
    border = image[border_ring(frame.height, frame.width)]
    black, white = float((border < 32).mean()), float((border > 223).mean())
    return white > black if frame.background == "dark" else black > white


def _sides(box: Box) -> Region:
    return (float(box.left), float(box.top), float(box.left + box.columns), float(box.top + box.rows))
