"""The arithmetic of a network's shapes, without Keras: what size each block leaves, and which block leaves nothing."""

from __future__ import annotations

from cnn_core.config import ConvBlock, ModelConfig
from cnn_core.errors import ConfigError


def _after_convolution(side: int, block: ConvBlock) -> int:
    if block.padding == "same":
        return -(-side // block.stride)
    return (side - block.kernel) // block.stride + 1


def feature_map_sizes(model: ModelConfig, height: int, width: int) -> list[tuple[int, int]]:
    """Height and width after each convolution block (convolution and pooling together).

    Args:
        model: The network.
        height: Of the images, in pixels.
        width: Of the images, in pixels.

    Raises:
        ConfigError: A block leaves nothing of the image. The message names the block.
    """
    if model.enlarge_to is not None and min(height, width) < model.enlarge_to:
        height = width = model.enlarge_to
    sizes: list[tuple[int, int]] = []
    for number, block in enumerate(model.blocks, start=1):
        if not isinstance(block, ConvBlock):
            break
        sides = [_after_convolution(side, block) for side in (height, width)]
        if block.pooling != "none":
            sides = [side // 2 for side in sides]
        if min(sides) < 1:
            what = "convolution" if block.pooling == "none" else "convolution and its pooling"
            raise ConfigError(
                f"Block {number} leaves nothing of the image: {height}×{width} pixels come in, too few for its "
                f"{block.kernel}×{block.kernel} {what}. Remove a pooling, set the padding to 'same', or enlarge the "
                "images (enlarge_to)."
            )
        height, width = sides
        sizes.append((height, width))
    return sizes


def collapses(model: ModelConfig, height: int, width: int) -> bool:
    """Whether some block of the network leaves nothing of images of this size."""
    try:
        feature_map_sizes(model, height, width)
    except ConfigError:
        return True
    return False
