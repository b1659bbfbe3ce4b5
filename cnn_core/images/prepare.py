"""A picture → the image that a network sees, in named stages that a page can show one beside the other."""

from dataclasses import dataclass

import numpy as np

from cnn_core.errors import PictureError
from cnn_core.images.backdrop import Backdrop, backdrop_of, over_contrast
from cnn_core.images.choices import AUTOMATIC, Choices
from cnn_core.images.decode import Picture
from cnn_core.images.find import Found, find_object
from cnn_core.images.fit import Box, box_around, fit_to_frame, resized
from cnn_core.images.frame import Frame
from cnn_core.images.kind import Kind, enlargement
from cnn_core.images.outline import enclosed_by
from cnn_core.images.tones import filled_tones, full_strength, garment_tones, ink_tones, to_grey
from cnn_core.images.uncut import Region, Stage, Way, as_dataset_image, as_natural, as_scaled, in_channels

# The longer side on which the object is searched; larger frames are served by twice their side.
WORK_SIDE = 320

# On a canvas of 280 pixels 22: a click with a brush of usual width.
DOT_SHARE = 0.08
# Of fewer pixels a side it may be an icon.
SMALLEST_PAPER = 100

_KIND_WHY = {
    "drawing": "A drawing: strokes or a shape of one tone on a plain background.",
    "product": "An object before a plain background.",
    "photo": "A photo: what surrounds the object is not of one colour.",
}


@dataclass(frozen=True, eq=False)
class Prepared:
    """A picture as the network sees it.

    Attributes:
        name: The picture's name.
        image: (height, width, channels) uint8, the shape of the frame.
        stages: How it came about, from the picture to the frame; the last one shows ``image``.
        kind: What sort of picture it was taken for.
        region: Where the frame lies in the picture of the first stage: left, top, right, bottom, as shares of its
            width and height; below 0 or above 1 where the frame is larger than the picture.
        is_small: Whether the whole picture is hardly larger than the frame: not twice as long on its longer side.
    """

    name: str
    image: np.ndarray
    stages: tuple[Stage, ...]
    kind: Kind
    region: Region
    is_small: bool = False

    @property
    def is_photo_or_drawing(self) -> bool:
        """Whether it is a photo (of a product, too) or a drawing, and large enough for something to be cut out."""
        return not self.is_small and self.kind != "dataset"


def prepare(picture: Picture, frame: Frame, choices: Choices = AUTOMATIC) -> Prepared:
    """Bring a picture into the shape of a dataset's images; the picture itself stays as it is.

    An image of the dataset passes unchanged. Of a drawing, a product shot or a photo the object is cut out,
    made bright on dark (dark on bright for a light frame), cropped, scaled with its aspect kept, and centred;
    the outline of a drawing is filled. For a natural frame the middle of the picture is scaled, nothing is
    cut out. Equal pictures and choices give equal images.

    Args:
        picture: Any picture.
        frame: What the dataset's images look like.
        choices: What a person decided by hand.

    Raises:
        PictureError: There is nothing in the picture, or only a dot: it is transparent, or of a single colour.
    """
    whole = np.ascontiguousarray(np.rot90(over_contrast(picture.rgb, picture.alpha), -choices.turn // 90))
    look = _chosen_box(whole, choices)
    rgb = look.cut(whole)
    if (rgb == rgb[0, 0]).all():
        raise _nothing_in(picture.name)
    factor = enlargement(rgb, frame) if choices.kind == "auto" else 0
    if factor:
        way = as_dataset_image(rgb, factor, frame, choices)
    elif choices.kind == "dataset":
        way = as_scaled(rgb, frame, choices)
    elif frame.background == "natural":
        way = as_natural(rgb, frame)
    else:
        way = _as_object(rgb, picture.name, frame, choices)
    left, top, right, bottom = way.region
    height, width = whole.shape[:2]
    return Prepared(
        name=picture.name,
        image=way.stages[-1].image.reshape(frame.shape).copy(),
        stages=(Stage("Picture", whole, _why_picture(way.why, choices)), *way.stages),
        kind=way.kind,
        region=(
            (look.left + left) / width,
            (look.top + top) / height,
            (look.left + right) / width,
            (look.top + bottom) / height,
        ),
        is_small=max(whole.shape[:2]) < 2 * max(frame.height, frame.width),
    )


def _as_object(picture: np.ndarray, name: str, frame: Frame, choices: Choices) -> Way:
    """A drawing, a product or a photo: find the object, make it bright on black, crop, fit."""
    rgb = _at_work_size(picture, frame)
    backdrop = backdrop_of(rgb)
    found = find_object(rgb, backdrop, choices)
    if not found.mask.any():
        raise _nothing_in(name)
    stages = [Stage("Foreground", _cut_out(rgb, found.mask), found.why)]
    box = box_around(found.mask)
    if found.kind == "drawing":
        if _is_dot(box, rgb):
            raise PictureError(f"'{name}' shows only a dot. Draw larger, or choose another picture.")
        stages += _ink_stages(backdrop, found.mask, frame, choices)
    else:
        stages.append(_tones_of(found, rgb, backdrop, frame, choices))
    crop = box.cut(stages[-1].image)
    stages.append(Stage("Crop", crop, "Only the object: where it lay in the picture, and how large, does not count."))
    fitted, place = fit_to_frame(crop, frame)
    if found.kind == "drawing":
        fitted = full_strength(fitted)
    if frame.background == "light":
        fitted = 255 - fitted
    centred = "Centred" if frame.centre == "box" else "Centred by its mass"
    size = f"{frame.width}×{frame.height} pixels"
    stages.append(Stage("Frame", fitted, f"{centred}; the longer side takes {frame.fill:.0%} of {size}."))
    scale = picture.shape[0] / rgb.shape[0], picture.shape[1] / rgb.shape[1]
    return Way(found.kind, _KIND_WHY[found.kind], stages, _frame_around(box, place, frame, scale))


def _ink_stages(backdrop: Backdrop, ink: np.ndarray, frame: Frame, choices: Choices) -> list[Stage]:
    """The ink of a drawing in the dataset's tones, and its outline filled where the dataset's images are."""
    tones = in_channels(ink_tones(backdrop, ink), frame)
    why = "How far each pixel is from the background: the strongest ink is white, the paper black."
    stages = [Stage("Tones", tones, why)]
    wanted = frame.is_filled if choices.fill == "auto" else choices.fill == "filled"
    shape = enclosed_by(ink) if wanted else None
    if shape is not None:
        why = "What the strokes enclose is filled: the dataset's objects have a body, an outline has none."
        stages.append(Stage("Filled", filled_tones(tones, shape), why))
    return stages


def _tones_of(found: Found, rgb: np.ndarray, backdrop: Backdrop, frame: Frame, choices: Choices) -> Stage:
    """The object in the dataset's tones, (H, W) or (H, W, 3) uint8, bright on black, and why."""
    if frame.channels == 3:
        is_negated = choices.polarity == "turn"
        why = "The object's own colours on black."
        return Stage("Tones", garment_tones(rgb, found.mask, is_negated), "Negative colours." if is_negated else why)
    if choices.polarity == "auto":
        is_negated = found.kind == "photo" or not backdrop.is_black
    else:
        is_negated = choices.polarity == "turn"
    why = "Grey; the background is black already, as in the dataset's images."
    if choices.polarity == "keep":
        why = "Grey; chosen by hand: not turned negative."
    elif is_negated:
        why = "Grey and negative, as product photos are when they are put on black: what is dark becomes bright."
    return Stage("Tones", garment_tones(to_grey(rgb), found.mask, is_negated), why)


def _chosen_box(rgb: np.ndarray, choices: Choices) -> Box:
    """The part of a picture that is looked at, at least one pixel."""
    height, width = rgb.shape[:2]
    left, top, right, bottom = choices.crop or (0.0, 0.0, 1.0, 1.0)
    first_row, first_column = min(int(top * height), height - 1), min(int(left * width), width - 1)
    rows, columns = round(bottom * height) - first_row, round(right * width) - first_column
    return Box(first_row, first_column, max(1, rows), max(1, columns))


def _why_picture(why: str, choices: Choices) -> str:
    if choices.kind != "auto":
        why = f"Chosen by hand: a {choices.kind}." if choices.kind != "dataset" else "Chosen by hand: as the dataset's."
    turned = f" Turned by {choices.turn}°." if choices.turn else ""
    return f"{why}{turned}{' Only the part chosen by hand is used.' if choices.crop else ''}"


def _frame_around(box: Box, place: Box, frame: Frame, scale: tuple[float, float]) -> Region:
    """Where the frame lies in the picture: left, top, right, bottom in pixels.

    Args:
        box: The object in the picture at work size.
        place: The same object in the frame.
        frame: The frame.
        scale: Rows and columns of the picture for one at work size.
    """
    down, right = box.rows / place.rows, box.columns / place.columns
    top, left = box.top - place.top * down, box.left - place.left * right
    return (
        left * scale[1],
        top * scale[0],
        (left + frame.width * right) * scale[1],
        (top + frame.height * down) * scale[0],
    )


def _at_work_size(rgb: np.ndarray, frame: Frame) -> np.ndarray:
    height, width = rgb.shape[:2]
    scale = max(WORK_SIDE, 2 * max(frame.height, frame.width)) / max(height, width)
    if scale >= 1:
        return rgb
    return resized(rgb, max(1, round(height * scale)), max(1, round(width * scale)))


def _cut_out(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The picture with what does not belong to the object faded, so that a person can judge the outline.

    Behind a bright object the picture fades to black, behind a dark one to white: light ink stays visible.
    """
    behind = rgb // 5 if rgb[mask].mean() > 160 else 255 - (255 - rgb) // 5
    faded = np.where(mask[..., None], rgb, behind)
    return faded.astype(np.uint8)


def _is_dot(box: Box, rgb: np.ndarray) -> bool:
    """Whether ink takes so little of its paper that it is no drawing, whatever it would look like enlarged."""
    height, width = rgb.shape[:2]
    return min(height, width) >= SMALLEST_PAPER and bool(max(box.rows, box.columns) <= DOT_SHARE * max(height, width))


def _nothing_in(name: str) -> PictureError:
    return PictureError(
        f"'{name}' shows nothing: expected an object that differs from its background, but every pixel is "
        "transparent or nearly of one colour. Draw something, or choose another picture."
    )
