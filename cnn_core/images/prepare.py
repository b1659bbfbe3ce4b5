"""A picture → the image that a network sees, in named stages that a page can show one beside the other."""

from dataclasses import dataclass

import numpy as np

from cnn_core.errors import PictureError
from cnn_core.images.backdrop import Backdrop, backdrop_of, border_ring, over_contrast
from cnn_core.images.decode import Picture
from cnn_core.images.find import Found, find_object
from cnn_core.images.fit import crop_to, fit_to_frame, resized, square_crop
from cnn_core.images.frame import Frame
from cnn_core.images.kind import Kind, enlargement
from cnn_core.images.tones import full_strength, garment_tones, ink_tones, to_grey

# The longer side on which the object is searched; larger frames are served by twice their side.
WORK_SIDE = 320

_KIND_WHY = {
    "drawing": "A drawing: strokes or a shape of one tone on a plain background.",
    "product": "An object before a plain background.",
    "photo": "A photo: what surrounds the object is not of one colour.",
}


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
class Prepared:
    """A picture as the network sees it.

    Attributes:
        name: The picture's name.
        image: (height, width, channels) uint8, the shape of the frame.
        stages: How it came about, from the picture to the frame; the last one shows ``image``.
        kind: What sort of picture it was taken for.
    """

    name: str
    image: np.ndarray
    stages: tuple[Stage, ...]
    kind: Kind


def prepare(picture: Picture, frame: Frame) -> Prepared:
    """Bring a picture into the shape of a dataset's images; the picture itself stays as it is.

    An image of the dataset passes unchanged. Of a drawing, a product shot or a photo the object is cut out,
    made bright on dark (dark on bright for a light frame), cropped, scaled with its aspect kept, and centred.
    For a natural frame the middle of the picture is scaled, nothing is cut out. Equal pictures give equal
    images.

    Raises:
        PictureError: There is nothing in the picture: it is transparent, or of a single colour.
    """
    rgb = over_contrast(picture.rgb, picture.alpha)
    if (rgb == rgb[0, 0]).all():
        raise _nothing_in(picture.name)
    factor = enlargement(rgb, frame)
    if factor:
        kind, stages = _as_dataset_image(rgb, factor, frame)
    elif frame.background == "natural":
        kind, stages = _as_natural(rgb, frame)
    else:
        kind, stages = _as_object(_at_work_size(rgb, frame), picture.name, frame)
    image = stages[-1].image.reshape(frame.shape).copy()
    return Prepared(picture.name, image, tuple(stages), kind)


def _as_dataset_image(rgb: np.ndarray, factor: int, frame: Frame) -> tuple[Kind, list[Stage]]:
    """An image of the frame's own size, or one enlarged pixel by pixel: only grey and polarity may change."""
    small = _in_channels(np.ascontiguousarray(rgb[::factor, ::factor]), frame)
    size = "It has the size of the dataset's images."
    if factor > 1:
        size = f"An image of the dataset's size, every pixel enlarged {factor} times."
    why = "Unchanged: every pixel as it came."
    if frame.background != "natural" and _is_turned(small, frame):
        small = 255 - small
        why = f"Turned negative: the dataset's images have a {frame.background} background."
    return "dataset", [Stage("Picture", rgb, size), Stage("Frame", small, why)]


def _as_natural(rgb: np.ndarray, frame: Frame) -> tuple[Kind, list[Stage]]:
    """A colour photo for a dataset of colour photos."""
    crop = square_crop(rgb, frame)
    image = _in_channels(resized(crop, frame.height, frame.width), frame)
    return "photo", [
        Stage("Picture", rgb, "The dataset consists of photos: nothing is cut out."),
        Stage("Crop", crop, "The middle of the picture, in the proportions of the dataset's images."),
        Stage("Frame", image, f"Scaled to {frame.width}×{frame.height} pixels by averaging."),
    ]


def _as_object(rgb: np.ndarray, name: str, frame: Frame) -> tuple[Kind, list[Stage]]:
    """A drawing, a product or a photo: find the object, make it bright on black, crop, fit."""
    backdrop = backdrop_of(rgb)
    found = find_object(rgb, backdrop)
    if not found.mask.any():
        raise _nothing_in(name)
    tones, why = _tones_of(found, rgb, backdrop, frame)
    crop = crop_to(tones, found.mask)
    fitted = fit_to_frame(crop, frame)
    if found.kind == "drawing":
        fitted = full_strength(fitted)
    if frame.background == "light":
        fitted = 255 - fitted
    centred = "Centred" if frame.centre == "box" else "Centred by its mass"
    return found.kind, [
        Stage("Picture", rgb, _KIND_WHY[found.kind]),
        Stage("Foreground", _cut_out(rgb, found.mask), found.why),
        Stage("Tones", tones, why),
        Stage("Crop", crop, "Only the object: where it lay in the picture, and how large, does not count."),
        Stage(
            "Frame",
            fitted,
            f"{centred}; the longer side takes {frame.fill:.0%} of {frame.width}×{frame.height} pixels.",
        ),
    ]


def _tones_of(found: Found, rgb: np.ndarray, backdrop: Backdrop, frame: Frame) -> tuple[np.ndarray, str]:
    """The object in the dataset's tones, (H, W) or (H, W, 3) uint8, bright on black, and why."""
    if found.kind == "drawing":
        ink = _in_channels(ink_tones(backdrop, found.mask), frame)
        return ink, "How far each pixel is from the background: the strongest ink is white, the paper black."
    if frame.channels == 3:
        return garment_tones(rgb, found.mask, is_negated=False), "The object's own colours on black."
    is_negated = found.kind == "photo" or not backdrop.is_black
    why = "Grey; the background is black already, as in the dataset's images."
    if is_negated:
        why = "Grey and negative, as product photos are when they are put on black: what is dark becomes bright."
    return garment_tones(to_grey(rgb), found.mask, is_negated), why


def _at_work_size(rgb: np.ndarray, frame: Frame) -> np.ndarray:
    height, width = rgb.shape[:2]
    scale = max(WORK_SIDE, 2 * max(frame.height, frame.width)) / max(height, width)
    if scale >= 1:
        return rgb
    return resized(rgb, max(1, round(height * scale)), max(1, round(width * scale)))


def _in_channels(image: np.ndarray, frame: Frame) -> np.ndarray:
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


def _cut_out(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The picture with what does not belong to the object faded, so that a person can judge the outline."""
    faded = np.where(mask[..., None], rgb, 255 - (255 - rgb) // 5)
    return faded.astype(np.uint8)


def _nothing_in(name: str) -> PictureError:
    return PictureError(
        f"'{name}' shows nothing: expected an object that differs from its background, but every pixel is "
        "transparent or nearly of one colour. Draw something, or choose another picture."
    )
