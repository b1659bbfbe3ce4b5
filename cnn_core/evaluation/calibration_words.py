"""What a reliability diagram says, in a sentence."""

from __future__ import annotations

import numpy as np

from cnn_core.evaluation.calibration import ReliabilityBins
from cnn_core.evaluation.report import Report

# A gap below half a point is of no use to anybody.
_NO_GAP = 0.005
# Standard errors beyond which a gap is hardly chance.
_BEYOND_CHANCE = 2.0


def reliability_words(bins: ReliabilityBins) -> str:
    """Where confidence and accuracy lie apart for the most images, such as "When it says 90%, it is right 84% …".

    Args:
        bins: With at least one image.

    Returns:
        A sentence about one bin: the one whose gap, beyond what chance explains, times its images is the largest; where
        there is no such gap, the bin with the most images.
    """
    counts, gaps = bins.counts, bins.confidence - bins.accuracy
    spread = np.sqrt(bins.confidence * (1 - bins.confidence) / np.maximum(counts, 1))
    # Both are NaN in empty bins, and no comparison with NaN holds.
    is_real = np.abs(gaps) > np.maximum(_NO_GAP, _BEYOND_CHANCE * spread)
    if not is_real.any():
        place = int(counts.argmax())
        return f"{_said(bins, place)}: its confidence can be believed."
    place = int(np.where(is_real, np.abs(gaps) * counts, 0.0).argmax())
    verdict = "it is too sure of itself" if gaps[place] > 0 else "it is better than it thinks"
    return f"{_said(bins, place)}: {verdict}."


def temperature_words(report: Report, validation_count: int) -> str:
    """What a temperature has brought on the test images: two sentences at most.

    Args:
        report: With a temperature.
        validation_count: Images that it was fitted on.
    """
    if report.calibrated_loss is None or report.calibrated_error is None:
        raise ValueError("This report has no temperature. Ask only where it has one.")
    gap = f"{report.expected_calibration_error:.2%} → {report.calibrated_error:.2%}"
    loss = f"{report.loss:.4f} → {report.calibrated_loss:.4f}"
    is_closer = report.calibrated_error < report.expected_calibration_error
    if report.calibrated_loss > report.loss:
        return (
            f"On the test images the loss is worse with it, {loss}{', though' if is_closer else ', and'} the mean gap "
            f"goes {gap}. {validation_count:,} validation images are what it was fitted on: their chance is in it."
        )
    if is_closer:
        return f"Closer to the line: the mean gap goes {gap}. The largest that is left:"
    return f"The loss is lower with it, {loss}, but the mean gap is not: {gap}."


def _said(bins: ReliabilityBins, place: int) -> str:
    confidence, accuracy = bins.confidence[place], bins.accuracy[place]
    digits = 1 if f"{confidence:.0%}" == f"{accuracy:.0%}" else 0
    said, right = (f"{share:.{digits}%}" for share in (confidence, accuracy))
    return f"When it says {said}, it is right {right} of the time"
