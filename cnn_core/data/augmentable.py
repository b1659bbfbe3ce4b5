"""Whether an augmentation is possible on a dataset, told from its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnn_core.config import AugmentationConfig
from cnn_core.errors import ConfigError

if TYPE_CHECKING:
    from cnn_core.data.catalogue import DatasetCard

# On Fashion-MNIST: enough for people's pictures, and little lost on the dataset's own.
PICTURE_SHARES = {"photos": 0.25, "drawings": 0.2}


def check_augmentation(card: DatasetCard, augmentation: AugmentationConfig) -> None:
    """Refuse to show images as photos or as drawings where nothing tells the object from the background.

    Raises:
        ConfigError: It is asked for, and the dataset's images have no black background.
    """
    if (augmentation.photos or augmentation.drawings) and card.frame.background != "dark":
        raise ConfigError(
            f"Images can be shown as photos or as drawings where objects stand on black; those of {card.title} have a "
            f"{card.frame.background} background. Set photos and drawings to 0."
        )
