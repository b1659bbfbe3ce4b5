"""Which sort of picture it is, and where its object lies."""

from dataclasses import dataclass

import numpy as np

from cnn_core.images.backdrop import Backdrop
from cnn_core.images.choices import Choices
from cnn_core.images.foreground import ink_on, object_in, product_on
from cnn_core.images.kind import Kind, is_drawing


@dataclass(frozen=True, eq=False)
class Found:
    """The object of a picture.

    Attributes:
        kind: What sort of picture it is.
        mask: (H, W) bool, True on the object; all False when there is none.
        why: One sentence on how it was found.
    """

    kind: Kind
    mask: np.ndarray
    why: str


def find_object(rgb: np.ndarray, backdrop: Backdrop, choices: Choices) -> Found:
    """Find the object of a picture (H, W, 3) uint8 whose background has been measured."""
    kind = choices.kind if choices.kind != "auto" else _kind_of(backdrop)
    if choices.foreground == "all" and kind != "drawing":
        return Found(kind, np.ones(rgb.shape[:2], bool), "Chosen by hand: the whole picture.")
    if kind == "drawing":
        return Found("drawing", ink_on(backdrop), "What differs from the colour of the border is ink.")
    if kind == "product":
        return Found("product", product_on(backdrop), "What differs from the colour of the border is the object.")
    mask = object_in(rgb)
    if mask is not None:
        return Found("photo", mask, "GrabCut parts what lies around the middle from what lies along the border.")
    everything = np.ones(rgb.shape[:2], bool)
    return Found("photo", everything, "No object stood out from the background: the whole picture is taken.")


def _kind_of(backdrop: Backdrop) -> Kind:
    if not backdrop.is_plain:
        return "photo"
    ink = ink_on(backdrop)
    return "drawing" if not ink.any() or is_drawing(backdrop, ink) else "product"
