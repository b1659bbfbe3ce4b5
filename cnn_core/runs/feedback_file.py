"""A picture whose class a person has said, as two files: the picture, and what was said of it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cnn_core.images.decode import KEPT_SIDE, Picture, printable
from cnn_core.runs.files import format_of

# Raised when an older reader could no longer understand the files.
FORMAT = 1

PICTURE, WORDS = ".png", ".json"
# Of one file: the largest picture, uncompressed, and some more.
_MOST_BYTES = 4 * KEPT_SIDE**2 + 100_000
_YEAR_2100 = 4_102_444_800


class Said(BaseModel):
    """What the network said of a picture.

    Attributes:
        predicted: The most probable class.
        confidence: Its probability.
        is_outlier: Whether it said "probably none of my classes".
    """

    model_config = ConfigDict(frozen=True)

    predicted: str
    confidence: Annotated[float, Field(ge=0, le=1)]
    is_outlier: bool


class _Words(BaseModel):
    """The file beside a picture."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    label: str | None
    said: Said
    name: Annotated[str, Field(max_length=200)]
    time: Annotated[float, Field(ge=0, le=_YEAR_2100)]


@dataclass(frozen=True)
class Correction:
    """A picture and what a person said that it shows.

    Attributes:
        key: Identifies the picture by its content.
        label: Name of a class of the run; ``None``: none of them.
        said: What the network had said.
        name: What the picture was called, printable.
        time: When it was said, in seconds since 1970.
    """

    key: str
    label: str | None
    said: Said
    name: str
    time: float


@dataclass(frozen=True)
class Unusable:
    """What lies in the folder and is no correction.

    Attributes:
        name: Of the file, or of the picture's files without their endings.
        why: A sentence.
        is_ours: Whether it was one, and may be deleted.
    """

    name: str
    why: str
    is_ours: bool


def picture_key(picture: Picture) -> str:
    """A picture's content as 32 hexadecimal digits; its name does not matter."""
    digest = hashlib.blake2b(np.ascontiguousarray(picture.rgb).data, digest_size=16)
    digest.update(repr(picture.rgb.shape).encode())
    if picture.alpha is not None:
        digest.update(np.ascontiguousarray(picture.alpha).data)
    return digest.hexdigest()


def read_correction(
    folder: Path, key: str, endings: set[str], class_names: tuple[str, ...]
) -> Correction | Unusable | None:
    """Read what was said of a picture. The picture itself is not looked at.

    Args:
        folder: Where both files lie.
        key: Of the picture.
        endings: Of its files that are there.
        class_names: Of the run.

    Returns:
        The correction, or why it is none; ``None`` where it was deleted meanwhile.
    """
    why = None
    try:
        content = _read(folder / f"{key}{WORDS}")
    except FileNotFoundError:
        return Unusable(key, "What was said of this picture is missing.", is_ours=True) if PICTURE in endings else None
    except OSError as error:
        return Unusable(key, f"What was said of it cannot be read: {error.strerror or error}.", is_ours=True)
    if (version := format_of(content, FORMAT)) != FORMAT:
        why = f"Another version of CNN Lab wrote it: format {printable(repr(version))}, this one reads {FORMAT}."
    elif PICTURE not in endings:
        why = "The picture is missing."
    else:
        try:
            words = _Words.model_validate_json(content)
        except ValidationError:
            why = "What was said of this picture is damaged."
        else:
            if words.label is None or words.label in class_names:
                return Correction(key, words.label, words.said, words.name, words.time)
            why = f"The run has no class '{printable(words.label)}'."
    return Unusable(key, why, is_ours=True)


def pack_picture(picture: Picture) -> bytes:
    """The picture as a PNG, with ``KEPT_SIDE`` pixels a side at most, and nothing in it but pixels."""
    rgb, alpha = picture.rgb, picture.alpha
    image = Image.fromarray(rgb if alpha is None else np.dstack([rgb, alpha]))
    image.thumbnail((KEPT_SIDE, KEPT_SIDE))
    buffer = io.BytesIO()
    # A third of the time of the usual way, for files a tenth larger.
    image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def pack_words(label: str | None, said: Said, name: str, time: float) -> bytes:
    """What is said of a picture, as a :class:`Correction` has it, as JSON."""
    return _Words(label=label, said=said, name=name, time=time).model_dump_json().encode()


def read_picture(folder: Path, key: str) -> bytes | None:
    """The file of a picture, as :func:`pack_picture` made it; ``None`` where it is gone or damaged."""
    try:
        content = _read(folder / f"{key}{PICTURE}")
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if max(image.size) > KEPT_SIDE:
                return None
            # The sums of all its parts: a fraction of the time of decoding it.
            image.verify()
    # A damaged file raises whatever its decoder stumbles on.
    except Exception:
        return None
    return content


def _read(path: Path) -> bytes:
    if path.stat().st_size > _MOST_BYTES:
        raise OSError("it is too large")
    return path.read_bytes()
