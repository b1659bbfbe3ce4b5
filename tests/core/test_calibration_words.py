"""What a reliability diagram says is what its numbers say."""

from types import SimpleNamespace

import numpy as np
import pytest

from cnn_core.evaluation.calibration import ReliabilityBins
from cnn_core.evaluation.calibration_words import reliability_words, temperature_words


def bins_of(*rows):
    """Bins from (images, confidence, accuracy); NaN where there are no images."""
    counts, confidence, accuracy = (np.array(column) for column in zip(*rows, strict=True))
    limits = np.linspace(0, 1, len(rows) + 1)
    return ReliabilityBins(limits[:-1], limits[1:], counts, accuracy.astype(float), confidence.astype(float))


EMPTY = (0, np.nan, np.nan)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((1000, 0.9, 0.84), "When it says 90%, it is right 84% of the time: it is too sure of itself."),
        ((1000, 0.9, 0.97), "When it says 90%, it is right 97% of the time: it is better than it thinks."),
        # A gap of 1.5 points among 100 images is chance: the standard error is 3 points.
        ((100, 0.9, 0.885), "When it says 90%, it is right 88% of the time: its confidence can be believed."),
        # Among 100,000 images it is not, but 0.3 points are of no use to anybody.
        ((100_000, 0.9, 0.897), "When it says 90.0%, it is right 89.7% of the time: its confidence can be believed."),
        ((100_000, 0.994, 0.986), "When it says 99.4%, it is right 98.6% of the time: it is too sure of itself."),
        ((20, 1.0, 1.0), "When it says 100.0%, it is right 100.0% of the time: its confidence can be believed."),
    ],
)
def test_one_bin_is_told_as_it_is(row, words):
    assert reliability_words(bins_of(EMPTY, row)) == words


def test_the_gap_that_concerns_the_most_images_is_told():
    # 0.3 × 50 = 15 images, 0.05 × 1000 = 50 images.
    words = reliability_words(bins_of((50, 0.5, 0.2), EMPTY, (1000, 0.8, 0.75)))
    assert words.startswith("When it says 80%, it is right 75%")


def test_a_gap_that_may_be_chance_is_not_told_beside_one_that_is_none():
    # 0.15 × 200 images, where two standard errors are 0.065, outweigh 0.006 × 4000, where they are 0.0095.
    assert reliability_words(bins_of((200, 0.7, 0.55), (4000, 0.9, 0.894))).startswith("When it says 70%")
    # 0.1 × 60 images, where they are 0.118, weigh nothing.
    assert reliability_words(bins_of((60, 0.7, 0.6), (4000, 0.9, 0.889))).startswith("When it says 90%")


@pytest.mark.parametrize(
    ("loss", "gap", "words"),
    [
        (0.2, 0.02, "Closer to the line: the mean gap goes 8.00% → 2.00%."),
        (
            0.4,
            0.02,
            "the loss is worse with it, 0.3000 → 0.4000, though the mean gap goes 8.00% → 2.00%. 144 validation",
        ),
        (0.4, 0.09, "0.3000 → 0.4000, and the mean gap goes 8.00% → 9.00%"),
        (0.2, 0.09, "The loss is lower with it, 0.3000 → 0.2000, but the mean gap is not: 8.00% → 9.00%."),
    ],
)
def test_what_a_temperature_has_brought_is_told_also_where_it_is_nothing(loss, gap, words):
    report = SimpleNamespace(loss=0.3, calibrated_loss=loss, expected_calibration_error=0.08, calibrated_error=gap)
    assert words in temperature_words(report, 144)
