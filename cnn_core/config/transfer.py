"""Where a network's first features come from, if not from chance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cnn_core.config.base import Frozen

ImageNetName = Literal["mobilenet-v2", "resnet50-v2"]


class _FineTuning(Frozen):
    head_epochs: Annotated[
        int,
        Field(ge=0, le=500, description="first epochs, in which only what is new learns and all taken features rest"),
    ] = 2
    fine_tune_rate: Annotated[
        float, Field(gt=0, le=1, description="learning rate of the epochs after those, as a share of the rate before")
    ] = 0.1


class RunTransfer(_FineTuning):
    """The weights of the first blocks of a finished run; the network must have the same first blocks.

    Attributes:
        run: Id of the run, or ``showcase``.
        blocks: How many blocks are taken.
        frozen_blocks: The first so many of them never learn; the others are fine-tuned after ``head_epochs``.
    """

    kind: Literal["run"] = "run"
    run: Annotated[str, Field(min_length=1, max_length=255)]
    blocks: Annotated[int, Field(ge=1, le=64, description="blocks whose weights are taken, from the image on")]
    frozen_blocks: Annotated[int, Field(ge=0, le=64, description="the first so many of them never change")] = 0


class ImageNetTransfer(_FineTuning):
    """A network of ``keras.applications`` in place of the feature blocks; only dense blocks may follow it.

    Grey images become colour, and all are resized to ``side``. Its feature maps are averaged.

    Attributes:
        weights: "imagenet" are downloaded and verified; "random" is the same network from scratch. Never one in
            place of the other.
        frozen_share: Share of its layers, from the image on, that never learn.
    """

    kind: Literal["imagenet"] = "imagenet"
    network: ImageNetName = "mobilenet-v2"
    weights: Literal["imagenet", "random"] = "imagenet"
    side: Annotated[int, Field(ge=32, le=224, description="side that images are resized to, in pixels")] = 96
    frozen_share: Annotated[
        float, Field(ge=0, le=1, description="share of its layers, from the image on, that never change")
    ] = 0.7


Transfer = Annotated[RunTransfer | ImageNetTransfer, Field(discriminator="kind")]
