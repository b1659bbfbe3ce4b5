"""The arithmetic of a network's shapes, without Keras: what size each block leaves, and which block leaves nothing."""

from __future__ import annotations

from cnn_core.config import ConvBlock, DenseBlock, FeatureBlock, ModelConfig
from cnn_core.errors import ConfigError


class ShapeError(ConfigError):
    """A block leaves nothing of the image.

    Attributes:
        block: Number of that block, counted from 1.
    """

    def __init__(self, message: str, block: int) -> None:
        super().__init__(message)
        self.block = block


def input_size(model: ModelConfig, height: int, width: int) -> tuple[int, int]:
    """Height and width of what the first block sees: the image's, or those it is enlarged to."""
    if model.enlarge_to is not None and min(height, width) < model.enlarge_to:
        return model.enlarge_to, model.enlarge_to
    return height, width


def convolved_side(side: int, *, kernel: int, stride: int, padding: str) -> int:
    """Height or width after a convolution; zero or less where the window does not fit."""
    if padding == "same":
        return -(-side // stride)
    return (side - kernel) // stride + 1


def feature_map_sizes(model: ModelConfig, height: int, width: int) -> list[tuple[int, int]]:
    """Height and width after each convolution or residual block, its pooling included.

    Args:
        model: The network.
        height: Of the images, in pixels.
        width: Of the images, in pixels.

    Raises:
        ShapeError: A block leaves nothing of the image. The message names the block.
    """
    height, width = input_size(model, height, width)
    sizes: list[tuple[int, int]] = []
    for number, block in enumerate(model.blocks, start=1):
        if isinstance(block, DenseBlock):
            break
        sides = [_side_after(side, block) for side in (height, width)]
        if min(sides) < 1:
            raise ShapeError(_what_happened(model, number, block, height, width), number)
        height, width = sides
        sizes.append((height, width))
    return sizes


def collapses(model: ModelConfig, height: int, width: int) -> bool:
    """Whether some block of the network leaves nothing of images of this size."""
    try:
        feature_map_sizes(model, height, width)
    except ShapeError:
        return True
    return False


def _side_after(side: int, block: FeatureBlock) -> int:
    padding = block.padding if isinstance(block, ConvBlock) else "same"
    side = convolved_side(side, kernel=block.kernel, stride=block.stride, padding=padding)
    return side // 2 if block.pooling != "none" else side


def _what_happened(model: ModelConfig, number: int, block: FeatureBlock, height: int, width: int) -> str:
    if isinstance(block, ConvBlock):
        what = f"{block.kernel}×{block.kernel} convolution" + (" and its pooling" if block.pooling != "none" else "")
    else:
        what = "residual convolutions and their pooling"
    return (
        f"Block {number} leaves nothing of the image: {height}×{width} pixels come in, too few for its {what}. "
        f"{_advice(model, number)}"
    )


def _advice(model: ModelConfig, number: int) -> str:
    """What could be changed up to this block; only what is there to change."""
    blocks = [block for block in model.blocks[:number] if not isinstance(block, DenseBlock)]
    ways = []
    if any(block.pooling != "none" for block in blocks):
        ways.append("remove a pooling")
    if any(block.stride > 1 for block in blocks):
        ways.append("choose a smaller stride")
    if any(isinstance(block, ConvBlock) and block.padding == "valid" and block.kernel > 1 for block in blocks):
        ways.append("set the padding to 'same'")
    ways.append("enlarge the images (enlarge_to)" if model.enlarge_to is None else "enlarge the images further")
    text = f"{', '.join(ways[:-1])}, or {ways[-1]}" if len(ways) > 1 else ways[0]
    return f"{text[0].upper()}{text[1:]}."
