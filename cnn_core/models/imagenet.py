"""The files of the ImageNet weights of Keras's networks: what is published of them, and where they lie. No Keras here.

What can be verified:

* ResNet50V2: Keras publishes the MD5 (``keras.src.applications.resnet.WEIGHTS_HASHES``).
* MobileNetV2 at 224: Keras publishes nothing. The SHA-256 is the one that three independent public projects state for
  the file.
* MobileNetV2 at 96, 128, 160 and 192: no digest is published. A download is compared with the MD5 that Google's
  storage sends with it, which is then kept beside the file, so that later damage is noticed. Of a file that was put
  there by hand only the size is known.

:mod:`cnn_core.models.imagenet_download` does that. Whatever the file, its layers and shapes are compared with the
network's when it is loaded (:mod:`cnn_core.models.application`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cnn_core.config import ImageNetName, ImageNetTransfer, RunConfig
from cnn_core.data.folders import data_folder, is_file, keras_folder

TITLES: dict[ImageNetName, str] = {"mobilenet-v2": "MobileNetV2", "resnet50-v2": "ResNet50V2"}

_GOOGLE = "https://storage.googleapis.com/tensorflow/keras-applications"
_RELEASES = "https://github.com/JonathanCMitchell/mobilenet_v2_keras/releases/download/v1.1"
# Weights were learned at these sides; for any other side, Keras takes those of 224.
_SIDES = (96, 128, 160, 192, 224)
_OTHER_SIDE = 224


@dataclass(frozen=True)
class WeightsFile:
    """A published file of weights, without the classifier of ImageNet's classes.

    Attributes:
        name: Its official name, also in Keras's cache.
        urls: Addresses, the preferred one first.
        size: In bytes.
        digest: Algorithm and hexadecimal digest; None where nobody publishes one.
    """

    name: str
    urls: tuple[str, ...]
    size: int
    digest: tuple[Literal["md5", "sha256"], str] | None


def _mobilenet(side: int) -> WeightsFile:
    name = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{side}_no_top.h5"
    google = f"{_GOOGLE}/mobilenet_v2/{name}"
    if side != _OTHER_SIDE:
        # Only Google's storage sends a digest along, so there is no second address to trust.
        return WeightsFile(name, (google,), 9_406_464, None)
    sha256 = "f8aff69536bd77a692c594f559c798c19bf7f3f36668fc9fa00b21c6aab4797c"
    return WeightsFile(name, (google, f"{_RELEASES}/{name}"), 9_406_464, ("sha256", sha256))


_RESNET = "resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5"
WEIGHTS: dict[ImageNetName, dict[int, WeightsFile]] = {
    "mobilenet-v2": {side: _mobilenet(side) for side in _SIDES},
    "resnet50-v2": {
        _OTHER_SIDE: WeightsFile(
            name=_RESNET,
            urls=(
                f"{_GOOGLE}/resnet/{_RESNET}",
                f"https://github.com/keras-team/keras-applications/releases/download/resnet/{_RESNET}",
            ),
            size=94_668_760,
            digest=("md5", "fac2f116257151a9d068a22e544a4917"),
        )
    },
}


@dataclass(frozen=True)
class WeightsState:
    """Whether a network can be started without a download.

    Attributes:
        state: ``damaged`` if there is a file that is not whole: it is neither used nor replaced.
        path: The file; None if there is none.
        message: A sentence or two for a person: where it is, or what to do.
    """

    state: Literal["ready", "missing", "damaged"]
    path: Path | None
    message: str


def weights_file(network: ImageNetName, side: int) -> WeightsFile:
    """The file for images of a side, as Keras chooses it."""
    files = WEIGHTS[network]
    return files.get(side, files[_OTHER_SIDE])


def weights_state(network: ImageNetName, side: int) -> WeightsState:
    """Look whether the weights are on this machine. Compares sizes only; loading verifies more. Never downloads.

    Raises:
        StorageError: There is no folder to look in; see :func:`cnn_core.data.folders.data_folder`.
    """
    file = weights_file(network, side)
    path = find_weights(file)
    title = f"The ImageNet weights of {TITLES[network]}"
    if path is None:
        return WeightsState(
            "missing",
            None,
            f"{title} are not on this machine. The training downloads them first ({file.size / 1e6:.0f} MB); without "
            f"a network, put {file.name} into '{weights_folder()}'. It is published at {file.urls[0]}",
        )
    if path.stat().st_size != file.size:
        return WeightsState(
            "damaged", path, damage_message(path, f"it has {path.stat().st_size:,} bytes, not {file.size:,}")
        )
    return WeightsState("ready", path, f"{title} are in '{path}'.")


def needed_weights(config: RunConfig) -> WeightsState | None:
    """Where the weights stand that a run starts from, as :func:`weights_state`; ``None`` where it needs none."""
    transfer = config.transfer
    if not isinstance(transfer, ImageNetTransfer) or transfer.weights != "imagenet":
        return None
    return weights_state(transfer.network, transfer.side)


def weights_folder() -> Path:
    """Where downloaded weights are put, and where a person puts them by hand. It need not exist yet."""
    return data_folder() / "imagenet"


def find_weights(file: WeightsFile) -> Path | None:
    """The file in the data folder, else in Keras's cache."""
    keras = keras_folder("models")
    folders = [weights_folder(), *([keras] if keras else [])]
    return next((folder / file.name for folder in folders if is_file(folder / file.name)), None)


def damage_message(path: Path, what: str) -> str:
    """What to do about a file that is not what was published."""
    return (
        f"The file of weights '{path}' is damaged or another one: {what}. Delete it or put a good one there, and start "
        "again; where it is missing, it is downloaded."
    )
