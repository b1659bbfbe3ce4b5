"""A comparison of two networks in plain words, as the page and the command line say it."""

from __future__ import annotations

import math

from cnn_core.evaluation.comparison import Comparison
from cnn_core.wording import images_in_words

# The usual line: what chance does more often than 1 time in 20 is put down to chance.
ENOUGH = 0.05
# With fewer images that tell the two apart, even a clean sweep happens by chance more often than that.
_FEWEST = 6

NOT_COVERED = (
    "The test is about these two networks as they are, on images like these. It does not say which settings are "
    "better: trained again with another seed, either network would come out a little better or worse. To compare "
    "settings, train both with several seeds. And who picks the best of many runs picks some luck with it."
)


def verdict(comparison: Comparison) -> str:
    """Whether A or B is better, by how much, and how far that can be put down to chance; one to three sentences."""
    both, count = comparison, f"{comparison.count:,}"
    if both.same_answer == both.count:
        return f"A and B give the same answer for each of the {count} images: nothing tells them apart."
    if not both.one_right:
        others = images_in_words(both.count - both.same_answer)
        return f"A and B are right on the same images. They differ on {others}, which both get wrong."
    if not both.difference:
        interval = _interval(both.difference_low, both.difference_high, both.count)
        return (
            f"A and B are equally accurate on these {count} images (95% interval of the difference {interval} "
            f"points), but not on the same ones: {images_in_words(both.one_right)} are got right by one of them only, "
            "half of these by A and half by B. Nothing speaks for either."
        )
    better = "B" if both.difference > 0 else "A"
    low, high = sorted(end if better == "B" else -end for end in (both.difference_low, both.difference_high))
    lead = points(abs(both.difference), both.count)
    return (
        f"On these {count} images {better} is better by {lead} points (95% interval "
        f"{_interval(low, high, both.count)}). If both were equally good, a difference of that size or more would "
        f"happen by chance {chance(both.p_value)}: {_conclusion(both, better, low)}"
    )


def _conclusion(comparison: Comparison, better: str, low: float) -> str:
    if comparison.p_value < ENOUGH:
        return f"seldom enough to call {better} better on images like these."
    if comparison.one_right < _FEWEST:
        images = images_in_words(comparison.one_right)
        return f"not enough to call {better} better. Only {images} tell them apart, too few for any verdict."
    if low > 0:
        return f"a borderline case, for the interval leaves out 0; not enough to call {better} better."
    return f"not enough to call {better} better."


def chance(p_value: float) -> str:
    """How often something happens that has this probability: "1 time in 8", "7 times in 10"."""
    if p_value >= 0.95:
        return "nearly every time"
    if p_value > 0.35:
        return f"{round(10 * p_value)} times in 10"
    if p_value < 1e-4:
        return "less than 1 time in 10,000"
    times = 1 / p_value
    # Two digits are as much as anybody reads.
    return f"1 time in {round(times, 1 - math.floor(math.log10(times))):,.0f}"


def points(difference: float, count: int, *, is_signed: bool = False) -> str:
    """A difference of shares in percentage points, with a true minus, as fine as one of ``count`` images.

    Args:
        difference: As a fraction.
        count: Number of images; 10,000 of them give two decimals.
        is_signed: Whether a plus is said, too.
    """
    digits = max(1, math.ceil(math.log10(count)) - 2)
    text = f"{100 * difference:.{digits}f}"
    is_zero = not text.strip("-0.")
    if is_zero:
        return text.removeprefix("-")
    return f"+{text}" if is_signed and difference > 0 else text.replace("-", "−")


def _interval(low: float, high: float, count: int) -> str:
    return f"{points(low, count)} to {points(high, count)}"
