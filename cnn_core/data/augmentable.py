"""Whether an augmentation is possible on a dataset, told from its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnn_core.config import AugmentationConfig
from cnn_core.errors import ConfigError
from cnn_core.sketches.bank import has_sketches, shapes

if TYPE_CHECKING:
    from cnn_core.data.catalogue import DatasetCard

# On Fashion-MNIST: enough for people's pictures, and little lost on the dataset's own.
PICTURE_SHARES = {"photos": 0.2, "sketches": 0.15}


def check_augmentation(card: DatasetCard, augmentation: AugmentationConfig) -> None:
    """Refuse photos and drawings where nothing tells an object from the background, and sketches of unknown classes.

    Raises:
        ConfigError: Photos, drawings or sketches are asked for, and the dataset's images have no black background; or
            sketches, and some class is not one that can be sketched.
    """
    if augmentation.shows_pictures and card.frame.background != "dark":
        raise ConfigError(
            f"Images can be shown as photos, drawings or sketches where objects stand on black; those of {card.title} "
            f"have a {card.frame.background} background. Set photos, drawings and sketches to 0."
        )
    if augmentation.sketches and not has_sketches(card.class_names):
        raise ConfigError(
            f"Sketches can be made up of the classes {', '.join(shapes())}; {card.title} has others. Set sketches to 0."
        )
