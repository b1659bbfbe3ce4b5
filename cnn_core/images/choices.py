"""What a person decides by hand on the way from a picture to the frame; all else is decided by the picture."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

# A crop of less than this share of a side shows nothing.
SMALLEST_CROP = 0.02

Share = Annotated[float, Field(ge=0, le=1)]


class Choices(BaseModel):
    """What is not left to the picture. ``auto`` everywhere: nothing is decided by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Annotated[
        Literal["auto", "dataset", "drawing", "product", "photo"],
        Field(description="what sort of picture it is; 'dataset': as the dataset's own images, only scaled"),
    ] = "auto"
    foreground: Annotated[
        Literal["auto", "all"], Field(description="'all': the whole picture is the object, nothing is cut out")
    ] = "auto"
    polarity: Annotated[
        Literal["auto", "keep", "turn"],
        Field(description="'turn': negative, dark becomes bright; the ink of a drawing is bright in any case"),
    ] = "auto"
    fill: Annotated[
        Literal["auto", "filled", "open"], Field(description="whether the outline of a drawing is filled")
    ] = "auto"
    turn: Annotated[Literal[0, 90, 180, 270], Field(description="degrees clockwise, before all else")] = 0
    crop: Annotated[
        tuple[Share, Share, Share, Share] | None,
        Field(description="left, top, right, bottom of what is looked at, as shares of the turned picture"),
    ] = None

    @model_validator(mode="after")
    def _check_crop(self) -> Self:
        if self.crop is not None:
            left, top, right, bottom = self.crop
            if right - left < SMALLEST_CROP or bottom - top < SMALLEST_CROP:
                raise ValueError(
                    f"a crop is at least {SMALLEST_CROP:.0%} wide and high, its left and top come first; "
                    f"got {self.crop}"
                )
        return self


AUTOMATIC = Choices()
