"""Greys as the dataset has them: a bright object on black, whatever the picture was."""

import cv2
import numpy as np

from cnn_core.images.backdrop import Backdrop

# An object whose middle grey is below this would sink into the black around it.
DIM = 64
# The body of a filled outline: a dark grey, so that the lines drawn within stay visible.
BODY = 80


def to_grey(rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 → (H, W) uint8, weighted as the eye does (ITU-R BT.601). Grey stays what it is."""
    grey: np.ndarray = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    return grey


def ink_tones(backdrop: Backdrop, ink: np.ndarray) -> np.ndarray:
    """The strength of a drawing's ink, whatever its colour: 0 on the background, 255 where it is strongest.

    Args:
        backdrop: The background of the drawing.
        ink: (H, W) bool, True on the ink; at least one True. Beside it the smoothed edges of the strokes are
            kept, all else is black.

    Returns:
        (H, W) uint8.
    """
    strength = np.maximum(backdrop.distance.astype(np.float32) - backdrop.noise, 0)
    strongest = max(1.0, float(np.quantile(strength[ink], 0.98)))
    near = cv2.dilate(np.pad(ink.astype(np.uint8), 2), np.ones((5, 5), np.uint8))[2:-2, 2:-2]
    result: np.ndarray = np.rint(strength * near * (255.0 / strongest)).clip(0, 255).astype(np.uint8)
    return result


def filled_tones(tones: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Give a drawing's outline a body of one grey.

    Args:
        tones: (H, W) or (H, W, 3) uint8, the ink bright on black.
        shape: (H, W) bool, what the strokes enclose.

    Returns:
        uint8 of the same shape as ``tones``.
    """
    body = np.where(shape if tones.ndim == 2 else shape[..., None], np.uint8(BODY), np.uint8(0))
    result: np.ndarray = np.maximum(tones, body)
    return result


def full_strength(image: np.ndarray) -> np.ndarray:
    """Scale tones, uint8, so that the brightest is 255: fine strokes pale as they shrink."""
    brightest = max(1, int(image.max()))
    result: np.ndarray = np.rint(image * (255.0 / brightest)).astype(np.uint8)
    return result


def garment_tones(grey: np.ndarray, mask: np.ndarray, is_negated: bool) -> np.ndarray:
    """Cut an object out of its picture and make it bright on black.

    The images of Fashion-MNIST are product shots before white, turned negative (Xiao, Rasul, Vollgraf:
    Fashion-MNIST, 2017, section 2). An object that would then be hardly visible, a white one, is lifted as a
    whole, so that its folds and prints keep their contrast.

    Args:
        grey: (H, W) or, for colours, (H, W, 3) uint8.
        mask: (H, W) bool, True on the object; at least one True.
        is_negated: Whether to turn the tones negative.

    Returns:
        uint8 of the same shape as ``grey``; 0 outside the mask.
    """
    tones = (255 - grey if is_negated else grey).astype(np.float32)
    lift = max(0.0, DIM - float(np.median(tones[mask])))
    lifted: np.ndarray = np.rint(tones + lift).clip(1, 255).astype(np.uint8)
    lifted[~mask] = 0
    return lifted
