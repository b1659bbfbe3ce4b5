"""Pictures of a source → images of a dataset, several at a time and in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from cnn_core.data.own.layout import Found, Part
from cnn_core.data.own.settings import OwnSettings
from cnn_core.data.own.sources import Source
from cnn_core.errors import PictureError
from cnn_core.images.backdrop import over_contrast
from cnn_core.images.decode import Picture, decode_picture, printable
from cnn_core.images.fit import fitted_as
from cnn_core.images.frame import Frame
from cnn_core.images.uncut import in_channels

# Pictures on their way at a time: enough to keep the threads busy, few enough to stay small.
_WINDOW = 64
_THREADS = 3

# An image and the size of its picture, width and height; or why it cannot be read.
Read = tuple[np.ndarray, tuple[int, int]] | PictureError


def frame_of(settings: OwnSettings) -> Frame:
    """The frame that settings ask for."""
    return Frame(
        height=settings.height, width=settings.width, channels=settings.channels, background="natural", fit=settings.fit
    )


def fitted_picture(picture: Picture, frame: Frame) -> np.ndarray:
    """Bring a picture into a dataset's shape: (height, width, channels) uint8."""
    return in_channels(fitted_as(over_contrast(picture.rgb, picture.alpha), frame), frame).reshape(frame.shape)


def reason_of(error: PictureError, name: str) -> str:
    """Why a picture could not be read, beside its name: "is empty (0 bytes)…"."""
    return str(error).removeprefix(f"'{printable(name)}' ")


def read_all(
    source: Source, chosen: Sequence[Found], parts: Sequence[Part], frame: Frame
) -> Iterator[tuple[Found, Part, Read]]:
    """Read one after the other, decode several at a time, and hand them on in order: image and original size."""

    def read(one: Found) -> Read:
        try:
            picture = decode_picture(source.read(one.name), one.name)
        except PictureError as error:
            return error
        return fitted_picture(picture, frame), picture.size

    under_way: deque[tuple[Found, Part, Future[Read]]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for one, part in zip(chosen, parts, strict=True):
                under_way.append((one, part, pool.submit(read, one)))
                if len(under_way) >= _WINDOW:
                    first, of_part, image = under_way.popleft()
                    yield first, of_part, image.result()
            while under_way:
                first, of_part, image = under_way.popleft()
                yield first, of_part, image.result()
        finally:
            pool.shutdown(cancel_futures=True)
