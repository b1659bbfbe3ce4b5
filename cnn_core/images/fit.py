"""An object on black → the frame: cropped, scaled with its aspect kept, centred."""

from dataclasses import dataclass

import cv2
import numpy as np

from cnn_core.images.frame import Frame


@dataclass(frozen=True)
class Box:
    """Whole rows and columns of an image."""

    top: int
    left: int
    rows: int
    columns: int

    def cut(self, image: np.ndarray) -> np.ndarray:
        """The part of an image (H, W) or (H, W, 3) that lies in the box."""
        return image[self.top : self.top + self.rows, self.left : self.left + self.columns]


def box_around(mask: np.ndarray) -> Box:
    """The smallest box around what is True in a mask (H, W) bool with at least one True."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1)


def fit_to_frame(crop: np.ndarray, frame: Frame) -> tuple[np.ndarray, Box]:
    """Scale an object so that its longer side takes ``frame.fill`` of the frame, and centre it on black.

    Args:
        crop: (H, W) or (H, W, 3) uint8, the object's bounding box, black around the object.
        frame: Its ``centre`` tells what comes to lie in the middle, the box or the mass. The object stays
            whole in either case.

    Returns:
        uint8 of the frame's height and width, with the channels of ``crop``, and where in it the crop lies.
    """
    height, width = crop.shape[:2]
    scale = frame.fill * min(frame.height / height, frame.width / width)
    rows = min(frame.height, max(1, round(height * scale)))
    columns = min(frame.width, max(1, round(width * scale)))
    small = resized(crop, rows, columns)
    # An odd pixel goes to the top and to the left, as in the images of Fashion-MNIST.
    top, left = (frame.height - rows + 1) // 2, (frame.width - columns + 1) // 2
    if frame.centre == "mass" and small.any():
        weights = small.reshape(rows, columns, -1).sum(axis=2, dtype=float)
        top = _offset(weights.sum(axis=1), frame.height)
        left = _offset(weights.sum(axis=0), frame.width)
    fitted = np.zeros((frame.height, frame.width, *crop.shape[2:]), np.uint8)
    fitted[top : top + rows, left : left + columns] = small
    return fitted, Box(top, left, rows, columns)


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scale (H, W) or (H, W, 3) uint8: by averaging areas when it shrinks, linearly when it grows."""
    if image.shape[:2] == (height, width):
        return image
    shrinks = height < image.shape[0] or width < image.shape[1]
    result: np.ndarray = cv2.resize(
        np.ascontiguousarray(image),
        (width, height),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
    )
    return result


def fitted_as(rgb: np.ndarray, frame: Frame) -> np.ndarray:
    """Bring a natural picture into a frame, whatever its proportions, as ``frame.fit`` says.

    Args:
        rgb: (H, W, 3) uint8.
        frame: ``crop`` takes the picture's middle, ``pad`` keeps all of it between borders of black, ``stretch``
            changes its proportions.

    Returns:
        (height, width, 3) uint8 of the frame.
    """
    if frame.fit == "stretch":
        return resized(rgb, frame.height, frame.width)
    if frame.fit == "crop":
        return resized(middle_box(rgb, frame).cut(rgb), frame.height, frame.width)
    scale = min(frame.height / rgb.shape[0], frame.width / rgb.shape[1])
    rows = min(frame.height, max(1, round(scale * rgb.shape[0])))
    columns = min(frame.width, max(1, round(scale * rgb.shape[1])))
    top, left = (frame.height - rows) // 2, (frame.width - columns) // 2
    padded = np.zeros((frame.height, frame.width, 3), np.uint8)
    padded[top : top + rows, left : left + columns] = resized(rgb, rows, columns)
    return padded


def middle_box(rgb: np.ndarray, frame: Frame) -> Box:
    """The largest box around the middle of a picture (H, W, 3) that has the frame's proportions."""
    height, width = rgb.shape[:2]
    rows = min(height, max(1, round(width * frame.height / frame.width)))
    columns = min(width, max(1, round(height * frame.width / frame.height)))
    return Box((height - rows) // 2, (width - columns) // 2, rows, columns)


def _offset(weights: np.ndarray, length: int) -> int:
    """Where a line of weights must begin so that its centre of mass lies in the middle of a length.

    The middle of 28 pixels is the pixel of index 14, as it is in MNIST's images (measured: 13.98 and 14.00).
    """
    mass = float((weights * np.arange(len(weights))).sum() / weights.sum())
    return int(np.clip(round(length // 2 - mass), 0, length - len(weights)))
