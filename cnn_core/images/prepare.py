"""A picture → the image that a network sees, in named stages that a page can show one beside the other."""

from dataclasses import dataclass

import numpy as np

from cnn_core.errors import PictureError
from cnn_core.images.backdrop import Backdrop, backdrop_of, border_ring, over_contrast
from cnn_core.images.choices import AUTOMATIC, Choices
from cnn_core.images.decode import Picture
from cnn_core.images.find import Found, find_object
from cnn_core.images.fit import Box, box_around, fit_to_frame, middle_box, resized
from cnn_core.images.frame import Frame
from cnn_core.images.kind import Kind, enlargement
from cnn_core.images.outline import enclosed_by
from cnn_core.images.tones import filled_tones, full_strength, garment_tones, ink_tones, to_grey

# The longer side on which the object is searched; larger frames are served by twice their side.
WORK_SIDE = 320

_KIND_WHY = {
    "drawing": "A drawing: strokes or a shape of one tone on a plain background.",
    "product": "An object before a plain background.",
    "photo": "A photo: what surrounds the object is not of one colour.",
}

Region = tuple[float, float, float, float]


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
        region: Where the frame lies in the picture of the first stage: left, top, right, bottom, as shares of its
            width and height; below 0 or above 1 where the frame is larger than the picture.
    """

    name: str
    image: np.ndarray
    stages: tuple[Stage, ...]
    kind: Kind
    region: Region


@dataclass(frozen=True, eq=False)
class _Way:
    """How an image came about from the part of the picture that is looked at; ``region`` in pixels of that part."""

    kind: Kind
    stages: list[Stage]
    region: Region


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
        PictureError: There is nothing in the picture: it is transparent, or of a single colour.
    """
    whole = np.ascontiguousarray(np.rot90(over_contrast(picture.rgb, picture.alpha), -choices.turn // 90))
    look = _chosen_box(whole, choices)
    rgb = look.cut(whole)
    if (rgb == rgb[0, 0]).all():
        raise _nothing_in(picture.name)
    factor = enlargement(rgb, frame) if choices.kind == "auto" else 0
    if factor:
        way = _as_dataset_image(rgb, factor, frame, choices)
    elif choices.kind == "dataset":
        way = _as_scaled(rgb, frame, choices)
    elif frame.background == "natural":
        way = _as_natural(rgb, frame)
    else:
        way = _as_object(rgb, picture.name, frame, choices)
    left, top, right, bottom = way.region
    height, width = whole.shape[:2]
    return Prepared(
        name=picture.name,
        image=way.stages[-1].image.reshape(frame.shape).copy(),
        stages=(Stage("Picture", whole, _why_picture(way.stages[0].why, choices)), *way.stages[1:]),
        kind=way.kind,
        region=(
            (look.left + left) / width,
            (look.top + top) / height,
            (look.left + right) / width,
            (look.top + bottom) / height,
        ),
    )


def _as_dataset_image(rgb: np.ndarray, factor: int, frame: Frame, choices: Choices) -> _Way:
    """An image of the frame's own size, or one enlarged pixel by pixel: only grey and polarity may change."""
    small = _in_channels(np.ascontiguousarray(rgb[::factor, ::factor]), frame)
    size = "It has the size of the dataset's images."
    if factor > 1:
        size = f"An image of the dataset's size, every pixel enlarged {factor} times."
    why = "Unchanged: every pixel as it came."
    if choices.polarity == "turn":
        small, why = 255 - small, "Turned negative by hand."
    elif choices.polarity == "auto" and frame.background != "natural" and _is_turned(small, frame):
        small = 255 - small
        why = f"Turned negative: the dataset's images have a {frame.background} background."
    return _Way("dataset", [Stage("Picture", rgb, size), Stage("Frame", small, why)], _all_of(rgb))


def _as_scaled(rgb: np.ndarray, frame: Frame, choices: Choices) -> _Way:
    """A picture that a person says looks as the dataset's own images do: only its size is changed."""
    crop = middle_box(rgb, frame)
    small = _in_channels(resized(crop.cut(rgb), frame.height, frame.width), frame)
    why = f"Chosen by hand: only scaled to {frame.width}×{frame.height} pixels."
    is_turned = frame.background != "natural" and _is_turned(small, frame)
    if choices.polarity == "turn" or (choices.polarity == "auto" and is_turned):
        small, why = 255 - small, f"{why[:-1]}, and turned negative."
    return _Way("dataset", [Stage("Picture", rgb, "As it came."), Stage("Frame", small, why)], _sides(crop))


def _as_natural(rgb: np.ndarray, frame: Frame) -> _Way:
    """A colour photo for a dataset of colour photos."""
    box = middle_box(rgb, frame)
    crop = box.cut(rgb)
    stages = [
        Stage("Picture", rgb, "The dataset consists of photos: nothing is cut out."),
        Stage("Crop", crop, "The middle of the picture, in the proportions of the dataset's images."),
        Stage(
            "Frame",
            _in_channels(resized(crop, frame.height, frame.width), frame),
            f"Scaled to {frame.width}×{frame.height} pixels by averaging.",
        ),
    ]
    return _Way("photo", stages, _sides(box))


def _as_object(picture: np.ndarray, name: str, frame: Frame, choices: Choices) -> _Way:
    """A drawing, a product or a photo: find the object, make it bright on black, crop, fit."""
    rgb = _at_work_size(picture, frame)
    backdrop = backdrop_of(rgb)
    found = find_object(rgb, backdrop, choices)
    if not found.mask.any():
        raise _nothing_in(name)
    stages = [Stage("Picture", rgb, _KIND_WHY[found.kind])]
    stages.append(Stage("Foreground", _cut_out(rgb, found.mask), found.why))
    box = box_around(found.mask)
    if found.kind == "drawing":
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
    return _Way(found.kind, stages, _frame_around(box, place, frame, scale))


def _ink_stages(backdrop: Backdrop, ink: np.ndarray, frame: Frame, choices: Choices) -> list[Stage]:
    """The ink of a drawing in the dataset's tones, and its outline filled where the dataset's images are."""
    tones = _in_channels(ink_tones(backdrop, ink), frame)
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


def _all_of(rgb: np.ndarray) -> Region:
    return (0.0, 0.0, float(rgb.shape[1]), float(rgb.shape[0]))


def _sides(box: Box) -> Region:
    return (float(box.left), float(box.top), float(box.left + box.columns), float(box.top + box.rows))


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
