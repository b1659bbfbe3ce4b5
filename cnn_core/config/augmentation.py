"""What happens to a training image each time it is seen."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from cnn_core.config.base import Frozen


class AugmentationConfig(Frozen):
    """What happens to a training image each time it is seen. Validation and test images stay as they are."""

    horizontal_flip: Annotated[bool, Field(description="mirror every second image, left to right")] = False
    shift_pixels: Annotated[int, Field(ge=0, le=8, description="largest shift in each direction, in pixels")] = 0
    rotate_degrees: Annotated[float, Field(ge=0, le=45, description="largest turn either way, in degrees")] = 0.0
    zoom: Annotated[
        float, Field(ge=0, le=0.5, description="largest change of size, as a share; smaller and larger")
    ] = 0.0
    contrast: Annotated[
        float, Field(ge=0, le=0.9, description="largest change of contrast and brightness, as a share")
    ] = 0.0
    noise: Annotated[
        float, Field(ge=0, le=0.5, description="standard deviation of added noise, as a share of white")
    ] = 0.0
    erase_probability: Annotated[float, Field(ge=0, le=1, description="random erasing, share of the images")] = 0.0
    photos: Annotated[float, Field(ge=0, le=1, description="shown as if cut out of a photo, share of the images")] = 0.0
    drawings: Annotated[float, Field(ge=0, le=1, description="shown as if drawn by hand, share of the images")] = 0.0
    sketches: Annotated[
        float,
        Field(
            ge=0, le=1, description="a made-up sketch of the same class instead, before all else; share of the images"
        ),
    ] = 0.0
    mixup: Annotated[
        float, Field(ge=0, le=2, description="two images laid over each other; alpha of the Beta distribution; 0: off")
    ] = 0.0
    cutmix: Annotated[
        float, Field(ge=0, le=2, description="a patch of another image; alpha of the Beta distribution; 0: off")
    ] = 0.0

    @model_validator(mode="after")
    def _an_image_is_shown_in_one_way(self) -> Self:
        if self.photos + self.drawings > 1 + 1e-9:
            raise ValueError(
                f"an image is shown as a photo or as a drawing: the shares photos {self.photos:g} and drawings "
                f"{self.drawings:g} are more than 1 together; lower one"
            )
        return self

    @property
    def changes_images(self) -> bool:
        """Whether single images are changed; not, whether they are mixed or sketches take their places."""
        return self.model_copy(update={"sketches": 0.0, "mixup": 0.0, "cutmix": 0.0}) != AugmentationConfig()

    @property
    def shows_pictures(self) -> bool:
        """Whether some images are shown as what people bring: photos, drawings, sketches."""
        return self.photos > 0 or self.drawings > 0 or self.sketches > 0

    @property
    def mixes_labels(self) -> bool:
        """Whether an image can belong to two classes at once."""
        return self.mixup > 0 or self.cutmix > 0
