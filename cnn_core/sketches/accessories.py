"""Outlines of shoes and bags as people draw them: each function draws another one each time.

Each takes a generator, which decides the shape, and returns strokes; the first one is the outline. Shoes seen from
the side stand on y = 0 with their toes to the right; lengths are about those of the sole.
"""

from __future__ import annotations

import math

import numpy as np

from cnn_core.sketches.geometry import arc, closed, mirrored, rotated, rounded, stroke


def sandal(rng: np.random.Generator) -> list[np.ndarray]:
    """From above, one or a pair, with a strap between the toes or across; or from the side, with a heel or flat."""
    if rng.random() < 0.6:
        strokes = sandal_from_above(rng)
        return strokes if rng.random() < 0.75 else [part[:, ::-1] for part in strokes]
    heel, thick = rng.uniform(0, 0.3), rng.uniform(0.04, 0.12)
    above = stroke((0, -heel - thick), (0.3, -0.7 * heel - thick), (0.6, -thick), (1, -thick))
    below = stroke((1, 0), (0.6, 0), (0.25, -0.6 * heel), (0.12, 0), (0, 0)) if heel > 0.1 else stroke((1, 0), (0, 0))
    strokes = [closed(rounded(above), below)]
    strokes.append(arc(0.78, -thick, rng.uniform(0.1, 0.2), rng.uniform(0.12, 0.25), 180, 360))
    if rng.random() < 0.7:
        strokes.append(arc(0.15, -heel - thick, rng.uniform(0.12, 0.2), rng.uniform(0.15, 0.35), 180, 360))
    if rng.random() < 0.4:
        strokes.append(stroke((0.3, -0.2 - 0.5 * heel), (0.7, -0.2 - 0.3 * heel)))
    return strokes


def sandal_from_above(rng: np.random.Generator) -> list[np.ndarray]:
    """Its sole, longer than wide, toes up, and straps."""
    wide = rng.uniform(0.17, 0.27)
    strokes = [sole(rng, wide)]
    if rng.random() < 0.65:
        toes, reach = rng.uniform(-0.4, -0.25), rng.uniform(0.15, 0.4)
        x = wide * rng.uniform(0.8, 1.1)
        half = rounded(stroke((0, toes), (0.6 * x, toes + reach / 2 - 0.03), (x, toes + reach)))
        strokes += [half, mirrored(half)]
    else:
        heights = np.linspace(-0.25, 0.25, rng.integers(1, 4))
        strokes += [stroke((-wide, y), (wide, y + rng.uniform(-0.05, 0.05))) for y in heights]
    return pair(rng, strokes)


def sneaker(rng: np.random.Generator) -> list[np.ndarray]:
    """Low, from the side, often with a sole and laces; a quarter from above."""
    if rng.random() < 0.25:
        wide = rng.uniform(0.17, 0.24)
        strokes = [sole(rng, wide), arc(0, 0.2, 0.55 * wide, rng.uniform(0.12, 0.2))]
        return pair(rng, [*strokes, *laces(rng, (-0.04, -0.2), (-0.04, 0.02), int(rng.integers(2, 5)))])
    high, ankle = rng.uniform(0.25, 0.42), rng.uniform(0.3, 0.5)
    toe, instep = high * rng.uniform(0.4, 0.75), high * rng.uniform(0.55, 0.85)
    upper = stroke(
        (0, 0),
        (rng.uniform(-0.04, 0.05), -0.6 * high),
        (0.02, -high),
        (ankle, -high * rng.uniform(0.95, 1.15)),
        (ankle + 0.15, -instep),
        (0.8, -toe),
        (1, -0.55 * toe),
        (1, 0),
    )
    strokes = [closed(rounded(upper) if rng.random() < 0.8 else upper)]
    if rng.random() < 0.45:
        y = -rng.uniform(0.06, 0.12)
        strokes.append(stroke((0, y), (1, y)))
    if rng.random() < 0.6:
        first, last = (ankle + 0.03, 0.03 - high), (ankle + 0.23, 0.03 - instep)
        strokes += laces(rng, first, last, int(rng.integers(2, 5)))
    if rng.random() < 0.2:
        strokes.append(rounded(stroke((0.3, -0.08), (0.5, -0.12), (0.7, -0.6 * high))))
    return strokes


def boot(rng: np.random.Generator) -> list[np.ndarray]:
    """With a shaft, from the side; with a heel or flat, often with laces."""
    high, shaft, toe = rng.uniform(0.6, 1.1), rng.uniform(0.35, 0.5), rng.uniform(0.2, 0.32)
    length, heel = rng.uniform(0.75, 1), rng.uniform(0, 0.2) * (rng.random() < 0.6)
    upper = stroke(
        (0, -heel),
        (rng.uniform(-0.03, 0.04), -0.5 * high),
        (rng.uniform(-0.05, 0.03), -high),
        (shaft, -high),
        (shaft - 0.02, -1.6 * toe),
        (0.8 * length, -toe),
        (length, -0.5 * toe),
        (length, 0),
    )
    below = stroke((0.5, 0), (0.28, -0.8 * heel), (0.22, 0), (0, 0)) if heel > 0.05 else stroke((0, 0))
    strokes = [closed(rounded(upper) if rng.random() < 0.8 else upper, below)]
    if rng.random() < 0.3:
        strokes.append(stroke((0, -0.07 - 0.5 * heel), (length, -0.05)))
    if rng.random() < 0.5:
        strokes += laces(rng, (shaft - 0.04, 0.08 - high), (shaft - 0.02, -1.6 * toe), int(rng.integers(3, 6)))
    if rng.random() < 0.2:
        strokes.append(stroke((0, 0.1 - high), (shaft, 0.1 - high)))
    return strokes


def bag(rng: np.random.Generator) -> list[np.ndarray]:
    """A box, a dome or an oval; mostly with a handle or two, often with a flap."""
    wide, high, kind = rng.uniform(0.3, 0.65), rng.uniform(0.4, 0.9), rng.random()
    above = wide * rng.uniform(0.6, 1.05)
    if kind < 0.65:
        box = closed(stroke((-above, 0), (above, 0), (wide, high), (-wide, high)))
        strokes = [rounded(box) if rng.random() < 0.3 else box]
    elif kind < 0.85:
        dome = arc(0, 0, wide, rng.uniform(0.2, 0.6), 180, 360)
        strokes = [closed(dome, stroke((1.02 * wide, high), (-1.02 * wide, high)))]
    else:
        strokes = [arc(0, high / 2, wide, high / 2)]
    if rng.random() < 0.85:
        reach, rise, y = above * rng.uniform(0.35, 0.95), rng.uniform(0.15, 0.7), rng.uniform(-0.02, 0.1)
        handle = arc(0, y, reach, rise, 180, 360)
        if rng.random() < 0.2:
            handle = stroke((-reach, y), (-0.8 * reach, y - rise), (0.8 * reach, y - rise), (reach, y))
        strokes.append(handle)
        if rng.random() < 0.3:
            strokes.append(np.add(handle * 0.8, (0, 0.2 * y)))
    if rng.random() < 0.4:
        y = high * rng.uniform(0.15, 0.5)
        strokes.append(stroke((-wide, y), (0, y + rng.uniform(0, 0.15)), (wide, y)))
    if rng.random() < 0.3:
        strokes.append(arc(0, 0.4 * high, 0.05, 0.05))
    return strokes


def sole(rng: np.random.Generator, wide: float) -> np.ndarray:
    """A sole from above, about (0, 0), of length 1 and this half width: wider at the toes, narrow in the middle."""
    angles = np.linspace(0, 2 * math.pi, 28)
    across = wide * (1 + 0.12 * np.cos(angles) - rng.uniform(0, 0.22) * np.exp(-np.square(np.sin(angles) / 0.35)))
    # The toes are up, where the sine is -1.
    around = angles - math.pi / 2
    return np.stack([across * np.cos(around) * (1 - 0.18 * np.sin(around)), 0.5 * np.sin(around)], axis=1)


def laces(
    rng: np.random.Generator, first: tuple[float, float], last: tuple[float, float], count: int
) -> list[np.ndarray]:
    """Short strokes across the way from one place to another."""
    along = np.subtract(last, first)
    across = np.array([-along[1], along[0]]) / math.hypot(*along)
    points = np.add(first, np.linspace(0.1, 0.9, count)[:, None] * along)
    return [np.stack([point - 0.02 * across, point + rng.uniform(0.06, 0.12) * across]) for point in points]


def pair(rng: np.random.Generator, strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Half of the time, put the mirror image of a shoe beside it, the two a little turned against each other."""
    if rng.random() < 0.5:
        return strokes
    half = max(abs(part[:, 0]).max() for part in strokes)
    apart, angle, lower = half * rng.uniform(1.02, 1.5), math.radians(rng.uniform(-15, 15)), rng.uniform(0, 0.06)
    right = [np.add(rotated(part, angle), (apart, lower)) for part in strokes]
    left = [np.subtract(rotated(part * (-1, 1), -angle), (apart, lower)) for part in strokes]
    return right + left
