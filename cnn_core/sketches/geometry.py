"""Strokes, (n, 2) float64: the places x, y that a pen goes through. x grows to the right, y downwards."""

from __future__ import annotations

import math

import numpy as np


def stroke(*points: tuple[float, float]) -> np.ndarray:
    """A stroke through these points."""
    return np.array(points, float)


def closed(*parts: np.ndarray) -> np.ndarray:
    """One stroke through all parts and back to its beginning."""
    return np.concatenate([*parts, parts[0][:1]])


def mirrored(part: np.ndarray) -> np.ndarray:
    """The other half of what is alike on the left and on the right of x = 0: from the end of a stroke back."""
    return part[::-1] * (-1, 1)


def arc(x: float, y: float, across: float, down: float, first: float = 0, last: float = 360) -> np.ndarray:
    """Part of an ellipse about (x, y) with these half axes, from one angle to another in degrees; 270 is on top."""
    angles = np.radians(np.linspace(first, last, 16))
    return np.stack([x + across * np.cos(angles), y + down * np.sin(angles)], axis=1)


def rounded(part: np.ndarray) -> np.ndarray:
    """Cut the corners of a stroke, its ends aside, until it is a curve (Chaikin, 1974)."""
    for _ in range(2):
        before, after = part[:-1], part[1:]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1).reshape(-1, 2)
        part = np.concatenate([part[:1], cut, part[-1:]])
    return part


def rotated(part: np.ndarray, angle: float) -> np.ndarray:
    """Turn a stroke about (0, 0), by an angle in radians."""
    cosine, sine = math.cos(angle), math.sin(angle)
    result: np.ndarray = part @ np.array([[cosine, sine], [-sine, cosine]])
    return result
