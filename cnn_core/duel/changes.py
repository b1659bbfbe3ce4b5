"""Ways to change a test image more and more: shift, turn, noise, a covered part. The same every time. No Keras here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

Name = Literal["shift", "turn", "noise", "cover"]

# Any; all images are changed the same way each time.
_SEED = 0
_DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))
_GREY = 128
# Of an image of 28 pixels a side, to which shifts refer.
_USUAL_SIDE = 28


@dataclass(frozen=True)
class Change:
    """One way to change images.

    Attributes:
        title: For people, as a verb: "Shift".
        axis: What is measured, with its unit: under a chart.
        unit: Behind a strength: "°", or empty where strengths are shares.
        strengths: For images of a size (height, width): rising from 0, where nothing is changed.
        apply: Changes (N, H, W, C) uint8 images by a strength; ``background`` is (C,) uint8, and the last argument the
            number of the first of them: what happens to an image depends on its number alone. Gives new images.
    """

    name: Name
    title: str
    axis: str
    unit: str
    strengths: Callable[[int, int], tuple[float, ...]]
    apply: Callable[[np.ndarray, float, np.ndarray, int], np.ndarray]

    def words(self, strength: float) -> str:
        """A strength as people read it: "3 px", "45°", "20%"."""
        return f"{strength:.0%}" if not self.unit else f"{strength:g}{self.unit}"


def background_of(images: np.ndarray) -> np.ndarray:
    """What images have at their edges, for what a shift or a turn uncovers: the median of the outermost pixels.

    Args:
        images: (N, H, W, C) uint8, at least one.

    Returns:
        (C,) uint8.
    """
    edges = [images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]]
    found: np.ndarray = np.median(np.concatenate(edges, axis=1), axis=(0, 1)).astype(np.uint8)
    return found


def shifted(images: np.ndarray, pixels: float, background: np.ndarray, first: int = 0) -> np.ndarray:
    """Shift by whole pixels: every fourth image to the right, the next ones down, left, up."""
    found = np.empty_like(images)
    found[:] = background
    height, width = images.shape[1:3]
    for number, (down, right) in enumerate(_DIRECTIONS):
        # The first of these images that has the number, or the number and four more, and so on.
        turn = (number - first) % 4
        rows, columns = round(down * pixels), round(right * pixels)
        to = _span(rows, height), _span(columns, width)
        come_from = _span(-rows, height), _span(-columns, width)
        found[turn::4, to[0], to[1]] = images[turn::4, come_from[0], come_from[1]]
    return found


def _span(by: int, side: int) -> slice:
    return slice(min(max(by, 0), side), max(side + min(by, 0), 0))


def turned(images: np.ndarray, degrees: float, background: np.ndarray, first: int = 0) -> np.ndarray:
    """Turn around the middle: images by turns to the left and to the right. Bilinear."""
    height, width = images.shape[1:3]
    middle = (width - 1) / 2, (height - 1) / 2
    ways = [cv2.getRotationMatrix2D(middle, sign * degrees, 1.0) for sign in (1, -1)]
    fill = [float(value) for value in background]
    found = np.empty_like(images)
    for number, image in enumerate(images):
        for channel, value in enumerate(fill):
            plane = np.ascontiguousarray(image[..., channel])
            found[number, ..., channel] = cv2.warpAffine(
                plane, ways[(first + number) % 2], (width, height), flags=cv2.INTER_LINEAR, borderValue=value
            )
    return found


def noisy(images: np.ndarray, deviation: float, background: np.ndarray, first: int = 0) -> np.ndarray:
    """Add normal noise to every number; ``deviation`` is a share of the range from black to white."""
    del background
    found = np.empty_like(images)
    for number, image in enumerate(images, start=first):
        noise = _random(number).standard_normal(image.shape, np.float32) * np.float32(255 * deviation)
        found[number - first] = np.clip(np.rint(image + noise), 0, 255)
    return found


def covered(images: np.ndarray, share: float, background: np.ndarray, first: int = 0) -> np.ndarray:
    """Cover a grey square, ``share`` of the shorter side long, at a place by chance, all of it within the image.

    A longer square lies at about the same place as a shorter one.
    """
    del background
    height, width = images.shape[1:3]
    side = round(share * min(height, width))
    found = images.copy()
    for number, image in enumerate(found, start=first):
        top, left = _random(number).random(2)
        row, column = int(top * (height - side + 1)), int(left * (width - side + 1))
        image[row : row + side, column : column + side] = _GREY
    return found


def _random(number: int) -> np.random.Generator:
    """Of an image's own, so that it need not be known with the ones before it."""
    return np.random.default_rng([_SEED, number])


def _shifts(height: int, width: int) -> tuple[float, ...]:
    side = min(height, width)
    return tuple(sorted({float(round(pixels * side / _USUAL_SIDE)) for pixels in range(7)}))


CHANGES: dict[Name, Change] = {
    change.name: change
    for change in (
        Change("shift", "Shift", "shift, in pixels", " px", _shifts, shifted),
        Change("turn", "Turn", "turn, in degrees", "°", lambda *_: (0.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0), turned),
        Change(
            "noise",
            "Noise",
            "standard deviation, as a share of the range from black to white",
            "",
            lambda *_: (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4),
            noisy,
        ),
        Change(
            "cover",
            "Cover",
            "side of the grey square, as a share of the image's",
            "",
            lambda *_: (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
            covered,
        ),
    )
}
