"""What is chosen for the layers, as the address says it, and the widgets that change it."""

from __future__ import annotations

from typing import Literal, get_args

from cnn_core.learn.activations import ACTIVATIONS, LEAKY_SLOPE
from cnn_core.learn.chain import Chain
from cnn_core.learn.pooling import Direction, PoolingKind
from cnn_core.learn.window import Padding
from pages.parts.address import decimal_number, one_of, whole_number
from pages.parts.learn.controls import buttons, slider
from pages.parts.learn.kernel import ChosenKernel
from pages.parts.learn.picture import ShownPicture

STRIDES = (1, 2, 3)
WINDOWS = (2, 3)
_PADDINGS: dict[Padding, str] = {"none": "None", "zeros": "Zeros"}
_KINDS: dict[PoolingKind, str] = {"max": "Maximum", "average": "Average"}
_SHIFTS = {"": "As it is", "left": "←", "right": "→", "up": "↑", "down": "↓"}


def chain_of(picture: ShownPicture, kernel: ChosenKernel) -> Chain:
    """The picture on its way through the layers that are chosen."""
    side = _side()
    return Chain(
        picture.grey.values,
        kernel.weights,
        stride=_stride(),
        padding=_padding(),
        activation_name=_activation(),
        slope=decimal_number("slope", default=LEAKY_SLOPE, least=0, most=1),
        kind=_kind(),
        side=side,
        pool_stride=_pool_stride(side),
    )


def choose_sliding() -> None:
    """Let a person choose stride and padding of the convolution."""
    buttons("stride", "Stride", STRIDES, _stride(), default=1)
    buttons("padding", "Padding", list(_PADDINGS), _padding(), default="none", words=_PADDINGS.__getitem__)


def choose_activation() -> None:
    """Let a person choose an activation, and the slope of the leaky one."""
    name = _activation()
    buttons(
        "activation",
        "Activation",
        list(ACTIVATIONS),
        name,
        default="relu",
        words=lambda one: ACTIVATIONS[one].title,
    )
    if name == "leaky_relu":
        slope = decimal_number("slope", default=LEAKY_SLOPE, least=0, most=1)
        words = "By which negative numbers are multiplied"
        slider("slope", "Slope a", 0.0, 1.0, slope, default=LEAKY_SLOPE, help=words)


def choose_pooling() -> None:
    """Let a person choose kind, window and stride of the pooling."""
    side = _side()
    buttons("pooling", "Pooling", list(_KINDS), _kind(), default="max", words=_KINDS.__getitem__)
    buttons("window", "Window", WINDOWS, side, default=2, words=lambda one: f"{one}×{one}")
    buttons("pool_stride", "Stride", STRIDES, _pool_stride(side), default=side)


def choose_shift() -> Direction | None:
    """Let a person move the picture by one pixel; ``None``: it stays."""
    shift: Literal["", "left", "right", "up", "down"] = one_of("shift", ("", *get_args(Direction)), default="")
    buttons("shift", "Move the picture by one pixel", list(_SHIFTS), shift, default="", words=_SHIFTS.__getitem__)
    return shift or None


def _stride() -> int:
    return whole_number("stride", default=1, least=1, most=max(STRIDES))


def _padding() -> Padding:
    return one_of("padding", tuple(_PADDINGS), default="none")


def _activation() -> str:
    return one_of("activation", tuple(ACTIVATIONS), default="relu")


def _kind() -> PoolingKind:
    return one_of("pooling", tuple(_KINDS), default="max")


def _side() -> int:
    return whole_number("window", default=2, least=min(WINDOWS), most=max(WINDOWS))


def _pool_stride(side: int) -> int:
    # As Keras does where nothing is said.
    return whole_number("pool_stride", default=side, least=1, most=max(STRIDES))
