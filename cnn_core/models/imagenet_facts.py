"""What the ImageNet networks cost, without Keras. Measured on the networks that Keras 3.15 builds; a test compares."""

from __future__ import annotations

from dataclasses import dataclass

from cnn_core.config import ImageNetName, ImageNetTransfer


@dataclass(frozen=True)
class ImageNetFacts:
    """An ImageNet network without its classifier, for images of one side.

    Attributes:
        layers: As Keras counts them, the input not among them.
        parameters: All of them, as Keras counts.
        feature_side: Height and width of its last feature maps.
        channels: Number of its last feature maps.
        multiply_adds: An image, forward; of the convolutions, as in :class:`cnn_core.models.summary.LayerRow`.
        activation_values: Numbers that its layers compute for an image; padded borders are left out.
    """

    layers: int
    parameters: int
    feature_side: int
    channels: int
    multiply_adds: int
    activation_values: int


@dataclass(frozen=True)
class _Network:
    """What is measured.

    Attributes:
        convolutions: Parameters of each convolution, by the number of its layer, counted from 0.
        norms: Parameters of each batch normalisation that gradients learn, in the same way; as many are followed.
        multiply_adds: A pixel of the feature maps whose side was halved once, twice and so on.
        values: Numbers computed, in the same way.
    """

    layers: int
    channels: int
    convolutions: dict[int, int]
    norms: dict[int, int]
    multiply_adds: tuple[int, ...]
    values: tuple[int, ...]


# fmt: off
_MOBILENET = _Network(
    layers=153,
    channels=1280,
    convolutions={
        0: 864, 3: 288, 6: 512, 8: 1536, 12: 864, 15: 2304, 17: 3456, 20: 1296, 23: 3456, 26: 3456, 30: 1296,
        33: 4608, 35: 6144, 38: 1728, 41: 6144, 44: 6144, 47: 1728, 50: 6144, 53: 6144, 57: 1728, 60: 12_288,
        62: 24_576, 65: 3456, 68: 24_576, 71: 24_576, 74: 3456, 77: 24_576, 80: 24_576, 83: 3456, 86: 24_576,
        89: 24_576, 92: 3456, 95: 36_864, 97: 55_296, 100: 5184, 103: 55_296, 106: 55_296, 109: 5184, 112: 55_296,
        115: 55_296, 119: 5184, 122: 92_160, 124: 153_600, 127: 8640, 130: 153_600, 133: 153_600, 136: 8640,
        139: 153_600, 142: 153_600, 145: 8640, 148: 307_200, 150: 409_600,
    },
    norms={
        1: 64, 4: 64, 7: 32, 9: 192, 13: 192, 16: 48, 18: 288, 21: 288, 24: 48, 27: 288, 31: 288, 34: 64, 36: 384,
        39: 384, 42: 64, 45: 384, 48: 384, 51: 64, 54: 384, 58: 384, 61: 128, 63: 768, 66: 768, 69: 128, 72: 768,
        75: 768, 78: 128, 81: 768, 84: 768, 87: 128, 90: 768, 93: 768, 96: 192, 98: 1152, 101: 1152, 104: 192,
        107: 1152, 110: 1152, 113: 192, 116: 1152, 120: 1152, 123: 320, 125: 1920, 128: 1920, 131: 320, 134: 1920,
        137: 1920, 140: 320, 143: 1920, 146: 1920, 149: 640, 151: 2560,
    },
    multiply_adds=(3200, 14_832, 40_080, 523_584, 1_608_064),
    values=(512, 1704, 3568, 19_904, 24_768),
)
_RESNET = _Network(
    layers=189,
    channels=2048,
    convolutions={
        1: 9472, 6: 4096, 10: 36_864, 13: 16_640, 14: 16_640, 18: 16_384, 22: 36_864, 25: 16_640, 29: 16_384,
        33: 36_864, 37: 16_640, 41: 32_768, 45: 147_456, 48: 131_584, 49: 66_048, 53: 65_536, 57: 147_456, 60: 66_048,
        64: 65_536, 68: 147_456, 71: 66_048, 75: 65_536, 79: 147_456, 83: 66_048, 87: 131_072, 91: 589_824,
        94: 525_312, 95: 263_168, 99: 262_144, 103: 589_824, 106: 263_168, 110: 262_144, 114: 589_824, 117: 263_168,
        121: 262_144, 125: 589_824, 128: 263_168, 132: 262_144, 136: 589_824, 139: 263_168, 143: 262_144,
        147: 589_824, 151: 263_168, 155: 524_288, 159: 2_359_296, 162: 2_099_200, 163: 1_050_624, 167: 1_048_576,
        171: 2_359_296, 174: 1_050_624, 178: 1_048_576, 182: 2_359_296, 185: 1_050_624,
    },
    norms={
        4: 128, 7: 128, 11: 128, 16: 512, 19: 128, 23: 128, 27: 512, 30: 128, 34: 128, 39: 512, 42: 256, 46: 256,
        51: 1024, 54: 256, 58: 256, 62: 1024, 65: 256, 69: 256, 73: 1024, 76: 256, 80: 256, 85: 1024, 88: 512,
        92: 512, 97: 2048, 100: 512, 104: 512, 108: 2048, 111: 512, 115: 512, 119: 2048, 122: 512, 126: 512,
        130: 2048, 133: 512, 137: 512, 141: 2048, 144: 512, 148: 512, 153: 2048, 156: 1024, 160: 1024, 165: 4096,
        168: 1024, 172: 1024, 176: 4096, 179: 1024, 183: 1024, 187: 4096,
    },
    multiply_adds=(9408, 159_744, 1_052_672, 6_438_912, 15_794_176),
    values=(64, 3456, 10_816, 32_896, 41_728),
)
# fmt: on
_NETWORKS: dict[ImageNetName, _Network] = {"mobilenet-v2": _MOBILENET, "resnet50-v2": _RESNET}


def imagenet_facts(network: ImageNetName, side: int) -> ImageNetFacts:
    """The cost of an ImageNet network.

    Args:
        network: Which one.
        side: That images are resized to, in pixels.
    """
    facts = _NETWORKS[network]
    # Both networks halve the side five times, and round up.
    sides = [side]
    for _ in facts.values:
        sides.append(-(-sides[-1] // 2))
    pixels = [side**2 for side in sides[1:]]
    return ImageNetFacts(
        layers=facts.layers,
        parameters=sum(facts.convolutions.values()) + 2 * sum(facts.norms.values()),
        feature_side=sides[-1],
        channels=facts.channels,
        multiply_adds=sum(each * count for each, count in zip(facts.multiply_adds, pixels, strict=True)),
        activation_values=sum(each * count for each, count in zip(facts.values, pixels, strict=True)),
    )


def resting_layers(network: ImageNetName, frozen_share: float) -> int:
    """How many layers of an ImageNet network, from the image on, never learn."""
    return round(frozen_share * _NETWORKS[network].layers)


def learning_parameters(transfer: ImageNetTransfer) -> int:
    """Parameters of the ImageNet network that gradients change, once its head has been trained alone.

    Batch normalisation learns only where the weights were random; see :func:`cnn_core.models.transfer.set_trainable`.
    """
    facts = _NETWORKS[transfer.network]
    learned = [facts.convolutions] if transfer.weights == "imagenet" else [facts.convolutions, facts.norms]
    first = resting_layers(transfer.network, transfer.frozen_share)
    return sum(count for table in learned for number, count in table.items() if number >= first)
