"""What one step of a network does to numbers: its geometry, and where its weights are read. No Keras here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_core.learn.elementwise import Curve

Shape = tuple[int, ...]
Kind = Literal[
    "image",
    "shuffle",
    "scale",
    "enlarge",
    "pad",
    "join",
    "convolution",
    "depthwise",
    "normalisation",
    "activation",
    "pooling",
    "average",
    "add",
    "flatten",
    "dense",
    "dropout",
    "other",
]


@dataclass(frozen=True)
class Window:
    """A window that slides over maps. Each pair is for rows and columns.

    Attributes:
        size: Its height and width, in numbers.
        stride: How far it moves at a time.
        dilation: Distance of the numbers in it; 1 where they are neighbours.
        is_padded: Whether it also stands over the border (Keras's ``same``): there are as many results as strides
            fit, and of an odd border the larger half lies below and to the right.
    """

    size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    is_padded: bool = False

    def covered(self, axis: int, place: int, side: int) -> np.ndarray:
        """The rows (axis 0) or columns (1) of a map with ``side`` of them that count for one result.

        Returns:
            (size,) int64, rising; below 0, or ``side`` and more, where the window stands over the border.
        """
        first = place * self.stride[axis] - self._before(axis, side)
        return first + self.dilation[axis] * np.arange(self.size[axis])

    def _before(self, axis: int, side: int) -> int:
        if not self.is_padded:
            return 0
        results = -(-side // self.stride[axis])
        reach = (results - 1) * self.stride[axis] + (self.size[axis] - 1) * self.dilation[axis] + 1
        return max(reach - side, 0) // 2


@dataclass(frozen=True, eq=False)
class Weights:
    """A kernel and its offset, as the network has them.

    Attributes:
        kernel: float32; see the operation that they are of.
        bias: (results,) float32; zero where the layer has none.
    """

    kernel: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True, eq=False)
class NormWeights:
    """What batch normalisation knows of each channel; each (channels,) float32."""

    mean: np.ndarray
    variance: np.ndarray
    scale: np.ndarray
    offset: np.ndarray


@dataclass(frozen=True)
class Show:
    """The picture as it comes."""

    kind: Kind = "image"


@dataclass(frozen=True, eq=False)
class Shuffle:
    """All places take others' numbers, always in the same way.

    Attributes:
        order: (places,) int64: row by row, the place that each one's numbers come from.
    """

    order: np.ndarray
    kind: Kind = "shuffle"


@dataclass(frozen=True, eq=False)
class Scale:
    """Each number times a factor, plus an offset; both () or (channels,)."""

    factor: np.ndarray
    offset: np.ndarray
    kind: Kind = "scale"


@dataclass(frozen=True)
class Resize:
    """Bilinear: each number is mixed from its four neighbours in the smaller or larger map."""

    kind: Kind = "enlarge"


@dataclass(frozen=True)
class Pad:
    """Zeros around each map; so many rows above, so many columns to the left."""

    top: int
    left: int
    kind: Kind = "pad"


@dataclass(frozen=True)
class Join:
    """The channels of one source after those of the other."""

    kind: Kind = "join"


@dataclass(frozen=True)
class Convolve:
    """A convolution; a depthwise one has as many groups as channels.

    Attributes:
        window: Of the kernel.
        groups: Into which channels and filters are cut: a filter sees the channels of its group.
        read: Gives the weights: kernel (height, width, channels of a group, filters). They are not kept here twice.
    """

    window: Window
    groups: int
    read: Callable[[], Weights]
    kind: Kind = "convolution"


@dataclass(frozen=True)
class Normalise:
    """Batch normalisation with the averages that training left; ``read`` gives them."""

    epsilon: float
    read: Callable[[], NormWeights]
    kind: Kind = "normalisation"


@dataclass(frozen=True)
class Activate:
    """The same function of every number."""

    curve: Curve
    kind: Kind = "activation"


@dataclass(frozen=True)
class Pool:
    """The largest number in a window, or the mean; what lies over the border does not count."""

    window: Window
    is_max: bool
    kind: Kind = "pooling"


@dataclass(frozen=True)
class Average:
    """The mean of each map."""

    kind: Kind = "average"


@dataclass(frozen=True)
class Add:
    """The sum of the sources, number by number."""

    kind: Kind = "add"


@dataclass(frozen=True)
class Flatten:
    """Row by row, and in each place channel by channel."""

    kind: Kind = "flatten"


@dataclass(frozen=True)
class Weigh:
    """A dense layer; ``read`` gives its weights: kernel (inputs, units)."""

    read: Callable[[], Weights]
    kind: Kind = "dense"


@dataclass(frozen=True)
class Rest:
    """Does something in training only."""

    kind: Kind = "dropout"


@dataclass(frozen=True)
class Unknown:
    """Something that is not explained here; ``reason`` is a sentence that says so."""

    reason: str
    kind: Kind = "other"


Operation = (
    Show
    | Shuffle
    | Scale
    | Resize
    | Pad
    | Join
    | Convolve
    | Normalise
    | Activate
    | Pool
    | Average
    | Add
    | Flatten
    | Weigh
    | Rest
    | Unknown
)


def resize_sources(place: int, side: int, source_side: int) -> tuple[int, int, float]:
    """Between which rows (or columns) of its source a row of a resized map lies.

    The middles of pixels are half a pixel from the edge. In single precision, as TensorFlow computes it: what lies
    exactly on a row must not fall to the one beside it.

    Returns:
        The row before, the row after (they may lie outside, where the outermost counts), and the share of the latter.
    """
    half = np.float32(0.5)
    middle = (np.float32(place) + half) * (np.float32(source_side) / np.float32(side)) - half
    before = np.floor(middle)
    return int(before), int(np.ceil(middle)), float(middle - before)
