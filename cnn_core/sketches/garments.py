"""Outlines of garments as people draw them: each function draws another one each time.

Each takes a generator, which decides the shape, and returns strokes; the first one is the outline. The neck is at
(0, 0); lengths are about those of the body.
"""

from __future__ import annotations

import math

import numpy as np

from cnn_core.sketches.geometry import arc, closed, mirrored, stroke


def t_shirt(rng: np.random.Generator) -> list[np.ndarray]:
    """Short sleeves, some without; now and then a print or a hem at the neck."""
    neck, depth = rng.uniform(0.07, 0.15), rng.uniform(0.03, 0.14)
    sleeve = rng.uniform(0.13, 0.36) * (rng.random() > 0.06)
    strokes = [upper_body(rng, neck, depth, sleeve, math.radians(rng.uniform(5, 60)), 0.3, rng.uniform(0.65, 1))]
    if rng.random() < 0.15:
        strokes.append(arc(rng.uniform(-0.1, 0.1), 0.35, 0.08, 0.08))
    if rng.random() < 0.2:
        strokes.append(arc(0, 0, 1.3 * neck, 1.5 * depth, 0, 180))
    return strokes


def pullover(rng: np.random.Generator) -> list[np.ndarray]:
    """Long sleeves; now and then hems, a high collar, a hood, or stripes."""
    neck, length = rng.uniform(0.06, 0.13), rng.uniform(0.65, 1.05)
    strokes = [long_sleeved(rng, neck, rng.uniform(0.02, 0.1), length)]
    if rng.random() < 0.35:
        strokes.append(stroke((-0.26, length - 0.08), (0.26, length - 0.08)))
    if rng.random() < 0.2:
        strokes.append(closed(stroke((-neck, 0), (-neck, -0.1), (neck, -0.1), (neck, 0))))
    elif rng.random() < 0.2:
        strokes.append(hood(neck))
    if rng.random() < 0.15:
        strokes += [stroke((-0.22, y), (0.22, y)) for y in np.linspace(0.3, length - 0.2, rng.integers(1, 4))]
    return strokes


def coat(rng: np.random.Generator) -> list[np.ndarray]:
    """Long sleeves and an opening in the middle; often a collar, buttons, pockets."""
    neck, depth, length = rng.uniform(0.06, 0.13), rng.uniform(0.02, 0.1), rng.uniform(0.65, 1.05)
    strokes = [long_sleeved(rng, neck, depth, length), *opening(rng, depth, length)]
    if rng.random() < 0.5:
        strokes += collar(rng, neck, depth + 0.1)
    if rng.random() < 0.3:
        pocket = stroke((0.08, 0.65 * length), (0.2, 0.65 * length))
        strokes += [pocket, mirrored(pocket)]
    if rng.random() < 0.15:
        strokes.append(hood(neck))
    return strokes


def shirt(rng: np.random.Generator) -> list[np.ndarray]:
    """A collar, mostly an opening with buttons; long or short sleeves."""
    neck, depth, length = rng.uniform(0.06, 0.13), rng.uniform(0.02, 0.1), rng.uniform(0.65, 1.05)
    if rng.random() < 0.6:
        strokes = [long_sleeved(rng, neck, depth, length)]
    else:
        angle = math.radians(rng.uniform(10, 60))
        strokes = [upper_body(rng, neck, depth, rng.uniform(0.15, 0.35), angle, 0.3, length)]
    strokes += collar(rng, neck, depth + 0.06)
    if rng.random() < 0.8:
        strokes += opening(rng, depth, length)
    if rng.random() < 0.3:
        strokes.append(closed(stroke((0.08, 0.3), (0.2, 0.3), (0.2, 0.42), (0.08, 0.42))))
    return strokes


def dress(rng: np.random.Generator) -> list[np.ndarray]:
    """Narrow above, wide below; a third with short sleeves; often a waist, now and then folds."""
    shoulder, length, hem = rng.uniform(0.13, 0.24), rng.uniform(1.1, 1.5), rng.uniform(0.22, 0.5)
    waist, waist_y = shoulder * rng.uniform(0.6, 0.95), rng.uniform(0.32, 0.5)
    right = [(0.6 * shoulder, 0.0), (0.75 * shoulder, 0.0)]
    if rng.random() < 0.35:
        right += [(shoulder, 0.04), (shoulder + 0.14, rng.uniform(0.1, 0.25)), (shoulder + 0.06, 0.3)]
    half = stroke(*right, (0.95 * shoulder, 0.2), (waist, waist_y), (hem, length))
    strokes = [closed(neckline(0.6 * shoulder, rng.uniform(0.05, 0.15)), half, mirrored(half))]
    if rng.random() < 0.5:
        strokes.append(stroke((-waist, waist_y), (waist, waist_y)))
    if rng.random() < 0.3:
        folds = rng.uniform(-0.7, 0.7, rng.integers(1, 4))
        strokes += [stroke((waist * fold, waist_y + 0.1), (hem * fold, length - 0.03)) for fold in folds]
    return strokes


def trousers(rng: np.random.Generator) -> list[np.ndarray]:
    """Legs more or less apart; now and then a waistband or a fly."""
    waist, crotch, length = rng.uniform(0.17, 0.3), rng.uniform(0.22, 0.5), rng.uniform(0.75, 1.15)
    outside = waist * rng.uniform(0.85, 2)
    inside = max(0.015, outside - rng.uniform(0.1, 0.26))
    half = stroke((waist, 0), (1.05 * waist, 0.2), (outside, length), (inside, length))
    strokes = [closed(half, stroke((rng.uniform(-0.03, 0.03), crotch)), mirrored(half))]
    if rng.random() < 0.35:
        strokes.append(stroke((-waist, 0.08), (waist, 0.08)))
    if rng.random() < 0.25:
        strokes.append(stroke((0, 0.05), (0, crotch)))
    return strokes


def long_sleeved(rng: np.random.Generator, neck: float, depth: float, length: float) -> np.ndarray:
    """The outline of what has long sleeves, hanging or held away."""
    angle = math.radians(rng.uniform(20, 78))
    return upper_body(rng, neck, depth, rng.uniform(0.48, 0.95), angle, 0.26, length)


def upper_body(
    rng: np.random.Generator, neck: float, depth: float, sleeve: float, angle: float, shoulder: float, length: float
) -> np.ndarray:
    """The outline of a garment for the upper body.

    Args:
        rng: Decides what the other arguments leave open.
        neck: Half of its width.
        depth: How far it reaches down.
        sleeve: Its length; 0 for none.
        angle: Between the sleeve and the horizontal, in radians.
        shoulder: Half of the distance between the shoulders, about.
        length: From the neck to the hem.
    """
    shoulder *= rng.uniform(0.8, 1.2)
    side, armpit = shoulder * rng.uniform(0.8, 1.05), rng.uniform(0.2, 0.32)
    if sleeve:
        start = np.array([shoulder, rng.uniform(0.02, 0.1)])
        end = start + sleeve * np.array([math.cos(angle), math.sin(angle)])
        cuff = end + rng.uniform(0.1, 0.22) * np.array([-math.sin(angle), math.cos(angle)])
        arm = np.stack([start, end, cuff, np.array([side, start[1] + armpit])])
    else:
        arm = stroke((shoulder * rng.uniform(0.5, 0.8), 0), (side, armpit))
    hem = stroke((shoulder * rng.uniform(0.75, 1.12), length))
    half = np.concatenate([stroke((neck, 0)), arm, hem])
    if rng.random() < 0.7:
        return closed(neckline(neck, depth), half, mirrored(half))
    return closed(stroke((-neck, 0), (0, depth)), half, mirrored(half))


def neckline(neck: float, depth: float) -> np.ndarray:
    """From the left shoulder to the right one."""
    return arc(0, 0, neck, depth, 180, 0)


def opening(rng: np.random.Generator, depth: float, length: float) -> list[np.ndarray]:
    """From the neck to the hem, in one line or two, often with buttons."""
    x = rng.uniform(-0.02, 0.02)
    lines = [stroke((x, depth), (x, length))]
    if rng.random() < 0.3:
        lines.append(np.add(lines[0], (0.05, 0)))
    if rng.random() < 0.6:
        heights = np.linspace(depth + 0.1, length - 0.1, rng.integers(2, 6))
        lines += [stroke((x + 0.05, y), (x + 0.06, y + 0.01)) for y in heights]
    return lines


def collar(rng: np.random.Generator, neck: float, depth: float) -> list[np.ndarray]:
    """Both sides, down to where they meet."""
    side = stroke((neck, 0), (0.9 * neck + 0.02, rng.uniform(0.1, 0.22)), (0, depth))
    return [side, mirrored(side)]


def hood(neck: float) -> np.ndarray:
    """Behind the neck."""
    return arc(0, 0.02, 1.5 * neck, 0.2, 180, 360)
