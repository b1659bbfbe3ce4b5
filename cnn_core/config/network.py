"""The network between the image and the logits."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from cnn_core.config.base import Frozen

Activation = Literal["relu", "leaky_relu", "gelu", "elu", "tanh", "sigmoid"]
Pooling = Literal["max", "average", "none"]
Padding = Literal["valid", "same"]
Features = Literal["flatten", "global-average"]

Filters = Annotated[int, Field(ge=1, le=1024, description="kernels learned, and so feature maps made")]
Kernel = Annotated[int, Field(ge=1, le=11, description="side of the window, in pixels")]
Stride = Annotated[int, Field(ge=1, le=4, description="pixels the window moves at a time")]
BlockDropout = Annotated[float, Field(ge=0, le=0.9, description="share of this block's values dropped in training")]


class ConvBlock(Frozen):
    """Convolution, batch normalisation if asked, activation, pooling if asked, dropout if asked: in that order.

    With ``pool_first`` the pooling comes right after the convolution.
    """

    kind: Literal["conv"] = "conv"
    filters: Filters
    kernel: Kernel = 3
    stride: Stride = 1
    padding: Padding = "valid"
    batch_norm: bool = False
    activation: Activation = "relu"
    pooling: Pooling = "none"
    pool_first: Annotated[
        bool,
        Field(description="pool before normalising and activating: a quarter of the values to do it with, so faster"),
    ] = False
    dropout: BlockDropout = 0.0

    @model_validator(mode="before")
    @classmethod
    def _only_what_pools_pools_first(cls, settings: Any) -> Any:
        if isinstance(settings, dict) and settings.get("pooling", "none") == "none":
            return {name: value for name, value in settings.items() if name != "pool_first"}
        return settings

    @property
    def activates_apart(self) -> bool:
        """Whether the activation is a layer of its own, behind what stands between it and the convolution."""
        return self.batch_norm or self.pool_first


class ResidualBlock(Frozen):
    """Two convolutions (padding "same") beside a shortcut, added before the last activation; then pooling and dropout.

    He et al., "Deep Residual Learning" (2016). The shortcut is the identity where the shapes agree, else a 1×1
    convolution with the block's stride. Only the first of the two convolutions moves by the stride.
    """

    kind: Literal["residual"] = "residual"
    filters: Filters
    kernel: Kernel = 3
    stride: Stride = 1
    batch_norm: bool = True
    activation: Activation = "relu"
    pooling: Pooling = "none"
    dropout: BlockDropout = 0.0


class DenseBlock(Frozen):
    """A fully connected layer, batch normalisation if asked, activation, dropout if asked."""

    kind: Literal["dense"] = "dense"
    units: Annotated[int, Field(ge=1, le=8192, description="outputs, each connected to every input")]
    batch_norm: bool = False
    activation: Activation = "relu"
    dropout: BlockDropout = 0.0

    @property
    def activates_apart(self) -> bool:
        """Whether the activation is a layer of its own, behind what stands between it and the dense layer."""
        return self.batch_norm


Block = Annotated[ConvBlock | ResidualBlock | DenseBlock, Field(discriminator="kind")]
FeatureBlock = ConvBlock | ResidualBlock


class ModelConfig(Frozen):
    """The network between the uint8 image and the logits: feature blocks, flattening, dense blocks, the output."""

    blocks: Annotated[tuple[Block, ...], Field(max_length=64)]
    features: Annotated[
        Features,
        Field(description="how the last feature maps become one vector: all their values, or the mean of each map"),
    ] = "flatten"
    dropout: Annotated[float, Field(ge=0, le=0.9, description="share of the features dropped before the output")] = 0.0
    enlarge_to: Annotated[int, Field(ge=8, le=256, description="side that smaller images are enlarged to")] | None = (
        None
    )
    shuffle_pixels: Annotated[
        bool,
        Field(description="rearrange the pixels of every image in the same way first: neighbours lie far apart then"),
    ] = False

    @model_validator(mode="after")
    def _dense_blocks_come_last(self) -> Self:
        kinds = [block.kind for block in self.blocks]
        after_dense = kinds[kinds.index("dense") :] if "dense" in kinds else []
        if any(kind != "dense" for kind in after_dense):
            raise ValueError("a convolution block stands after a dense block; put the convolution blocks first")
        return self
