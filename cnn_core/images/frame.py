"""What the images of a dataset look like: the shape that every picture is brought into."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Background = Literal["dark", "light", "natural"]
Centre = Literal["box", "mass"]
Fit = Literal["crop", "pad", "stretch"]


class Frame(BaseModel, frozen=True, extra="forbid"):
    """What the images of a dataset look like, so that a picture can be brought into the same shape."""

    height: Annotated[int, Field(ge=1, le=1024, description="rows of an image, in pixels")]
    width: Annotated[int, Field(ge=1, le=1024, description="columns of an image, in pixels")]
    channels: Annotated[Literal[1, 3], Field(description="1: grey, 3: red, green, blue")]
    background: Annotated[
        Background,
        Field(description="'natural': photos such as CIFAR's, fitted and resized, nothing cut out"),
    ] = "dark"
    fill: Annotated[
        float,
        Field(gt=0, le=1, description="share of the frame that the object takes: Fashion-MNIST 1, MNIST 20/28"),
    ] = 1.0
    centre: Annotated[
        Centre,
        Field(description="what lies in the middle: the bounding box (Fashion-MNIST) or the mass (MNIST)"),
    ] = "box"
    fit: Annotated[
        Fit,
        Field(description="how a natural picture of other proportions fits: its middle, with black borders, stretched"),
    ] = "crop"
    is_filled: Annotated[
        bool, Field(description="objects have a body, as garments do, and are no strokes as digits are")
    ] = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of an image."""
        return (self.height, self.width, self.channels)
