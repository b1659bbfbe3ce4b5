"""Where the object is: ink on a plain background, a product before it, a garment in a photo."""

import cv2
import numpy as np

from cnn_core.images.backdrop import Backdrop
from cnn_core.images.fit import resized

# GrabCut takes time by the pixel; its outline at this size is finer than any frame needs.
GRABCUT_SIDE = 160
GRABCUT_ROUNDS = 3
# The person has aimed the camera at the object: it lies within the picture, this far from its sides.
AIM_MARGIN = 0.10

# A mask of less or more than this share of a photo found a speck, or everything.
PLAUSIBLE_SHARE = (0.03, 0.92)
# Parts of the object that lie apart (a pair of shoes) are kept from this share of the largest part on.
PHOTO_PART = 0.10
PLAIN_PART = 0.02

# Levels of 255 up to which a difference is noise, not ink.
FAINTEST = 8


def ink_on(backdrop: Backdrop) -> np.ndarray:
    """(H, W) bool: where a picture differs from its plain background; specks of dust are left out."""
    strongest = float(np.quantile(backdrop.distance, 0.998))
    strongest = max(strongest, 0.5 * float(backdrop.distance.max()))
    threshold = max(FAINTEST, 1.5 * backdrop.noise, 0.2 * strongest)
    return without_specks(backdrop.distance > threshold, PLAIN_PART)


def product_on(backdrop: Backdrop) -> np.ndarray:
    """(H, W) bool: the product before a plain background, its faint parts included, its specks left out.

    Of a white product on white only the outline and the folds differ. Where they enclose more than they
    cover, what they enclose belongs to it; the opening of a bag's handle is smaller, and stays open.
    """
    threshold = max(FAINTEST, 1.5 * backdrop.noise)
    mask = (backdrop.distance > threshold).astype(np.uint8)
    mask = cv2.morphologyEx(np.pad(mask, 2), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))[2:-2, 2:-2]
    product = without_specks(mask.astype(bool), PLAIN_PART)
    enclosed = filled(product)
    return enclosed if enclosed.sum() > 2 * product.sum() else product


def object_in(rgb: np.ndarray) -> np.ndarray | None:
    """Find the object of a photo by GrabCut (Rother, Kolmogorov, Blake: GrabCut, SIGGRAPH 2004).

    Args:
        rgb: (H, W, 3) uint8, the object around the middle.

    Returns:
        (H, W) bool, or None when what was found is implausibly small or large. Equal pictures give equal
        masks.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, GRABCUT_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if min(size) < 8:
        return None
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    seeds = _seeds(size[1], size[0])
    cv2.setRNGSeed(0)  # the generator belongs to the thread
    cv2.grabCut(small, seeds, None, np.zeros((1, 65)), np.zeros((1, 65)), GRABCUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    mask = without_specks((seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD), PHOTO_PART)
    if not PLAUSIBLE_SHARE[0] <= mask.mean() <= PLAUSIBLE_SHARE[1]:
        return None
    return resized(mask.astype(np.uint8) * 255, height, width) > 127


def without_specks(mask: np.ndarray, share: float) -> np.ndarray:
    """Keep the connected parts of a mask (H, W) bool that are at least a share of the largest part."""
    count, parts, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count <= 2:
        return mask
    areas = statistics[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0  # the background
    kept: np.ndarray = (areas >= share * areas.max())[parts] & mask
    return kept


def filled(mask: np.ndarray) -> np.ndarray:
    """A mask (H, W) bool with its holes: all that cannot be reached from the border without crossing it."""
    outside = np.pad(mask.astype(np.uint8), 1)
    cv2.floodFill(outside, None, (0, 0), 2)
    result: np.ndarray = outside[1:-1, 1:-1] != 2
    return result


def _seeds(height: int, width: int) -> np.ndarray:
    """(height, width) uint8 for GrabCut: the border is background, the middle likely object, the rest not."""
    seeds = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    down, right = round(AIM_MARGIN * height), round(AIM_MARGIN * width)
    seeds[down : height - down, right : width - right] = cv2.GC_PR_FGD
    edge = max(1, round(0.02 * max(height, width)))
    seeds[:edge] = seeds[-edge:] = cv2.GC_BGD
    seeds[:, :edge] = seeds[:, -edge:] = cv2.GC_BGD
    return seeds
