"""The hand that draws: strokes that shake and do not quite meet, and a pen that makes an image of them."""

from __future__ import annotations

import math

import cv2
import numpy as np

from cnn_core.images.tones import BODY, full_strength

# An image is drawn this large, in pixels, and with this margin; the network's is much smaller.
SIDE, MARGIN = 112, 10
# A hand moves about this far between two tremors; lengths are of the longer side of what is drawn.
STEP = 0.05


def shaken(strokes: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Draw strokes as a hand would: turned, stretched, leaning, wavy, trembling; some outlines have a gap.

    Returns:
        Strokes about (0, 0) of length 1, about.
    """
    everything = np.concatenate(strokes)
    lowest, highest = everything.min(axis=0), everything.max(axis=0)
    middle, size = (lowest + highest) / 2, (highest - lowest).max()
    angle, stretch, lean = math.radians(rng.normal(0, 6)), rng.normal(0, 0.12), rng.normal(0, 0.06)
    cosine, sine = math.cos(angle), math.sin(angle)
    matrix = np.array([[cosine, sine], [-sine, cosine]]) @ [[math.exp(stretch), 0], [lean, math.exp(-stretch)]]
    if rng.random() < 0.5:
        matrix = matrix * (-1, 1)
    frequencies = rng.uniform(2, 7, (2, 6)) * rng.choice((-1, 1), (2, 6))
    phases, heights = rng.uniform(0, 2 * math.pi, 6), rng.uniform(0, 0.035, 6)
    result = []
    for part in strokes:
        line = resampled((part - middle) / size)
        wave = heights * np.sin(line @ frequencies + phases)
        tremor = np.cumsum(rng.normal(0, 0.005, line.shape), axis=0)
        # The end is found again, more or less.
        tremor -= np.linspace(0, rng.random(), len(line))[:, None] * tremor[-1]
        line = line + wave.reshape(-1, 2, 3).sum(axis=2) + tremor
        if len(line) > 20:
            line = with_gap(line, rng)
        result.append(line @ matrix)
    return result


def resampled(part: np.ndarray) -> np.ndarray:
    """The same stroke in steps of equal length."""
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(part, axis=0).T))])
    steps = np.linspace(0, lengths[-1], max(2, int(lengths[-1] / STEP)))
    return np.stack([np.interp(steps, lengths, part[:, 0]), np.interp(steps, lengths, part[:, 1])], axis=1)


def with_gap(line: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Begin a long stroke anywhere; a third of the time, leave a gap there. An open one, a handle, becomes a loop."""
    line = np.roll(line[:-1], -int(rng.integers(len(line))), axis=0)
    if rng.random() < 0.3:
        return line[: len(line) - int(rng.uniform(0, 0.12) * len(line))]
    return np.concatenate([line, line[:1]])


def penned(strokes: list[np.ndarray], rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Draw strokes with a pen of some width, and bring that into a frame as people's drawings are.

    Nine of ten are filled.

    Returns:
        (height, width) uint8, white on black, the longer side of what is drawn as long as the frame's.
    """
    everything = np.concatenate(strokes)
    lowest, highest = everything.min(axis=0), everything.max(axis=0)
    scale = (SIDE - 2 * MARGIN) / (highest - lowest).max()
    # OpenCV takes sixteenths of pixels.
    lines = [np.rint(16 * ((part - lowest) * scale + MARGIN)).astype(np.int32) for part in strokes]
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    if rng.random() < 0.9:
        for line in lines:
            cv2.fillPoly(canvas, [line], BODY, cv2.LINE_AA, 4)
    pen = int(rng.integers(2, 8))
    cv2.polylines(canvas, lines, isClosed=False, color=255, thickness=pen, lineType=cv2.LINE_AA, shift=4)
    return framed(canvas, height, width)


def framed(canvas: np.ndarray, height: int, width: int) -> np.ndarray:
    """What is drawn on black (H, W) uint8, as large as the frame allows, in its middle, and at full strength."""
    left, above, columns, rows = cv2.boundingRect(canvas)
    scale = min(height / rows, width / columns)
    high, wide = max(1, round(rows * scale)), max(1, round(columns * scale))
    small = cv2.resize(canvas[above : above + rows, left : left + columns], (wide, high), interpolation=cv2.INTER_AREA)
    # An odd pixel goes to the top and to the left, as in the images of Fashion-MNIST.
    row, column = (height - high + 1) // 2, (width - wide + 1) // 2
    image = np.zeros((height, width), np.uint8)
    image[row : row + high, column : column + wide] = small
    return full_strength(image)
