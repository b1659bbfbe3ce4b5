"""Questions about how the layers work, whatever the picture is."""

from __future__ import annotations

import numpy as np

from cnn_core.learn.chain import Chain
from cnn_core.learn.numbers import figure
from cnn_core.learn.questions import Question, See, asked, mixed, mixed_numbers
from cnn_core.learn.softmax import softmax_terms


def moved(chain: Chain, rng: np.random.Generator) -> Question | None:  # noqa: ARG001 - as the others are called
    """How far does the map move with the picture?"""
    stride, places = int(rng.integers(2, 4)), int(rng.integers(1, 4))
    pixels = stride * places
    choices = mixed(
        rng,
        (
            f"It stands {_places(places)} further right",
            f"With stride {stride} a place of the map is {stride} pixels of the picture: {pixels} / {stride} = "
            f"{places}.",
        ),
        [
            (
                f"It stands {_places(pixels)} further right",
                f"So far it would be with stride 1. Here one place of the map is {stride} pixels of the picture.",
            ),
            ("It stays where it is", "The map says where something is. Only pooling makes small moves matter less."),
            (
                "It is not found any more",
                "The same weights are used at every place, so what they find is found anywhere.",
            ),
        ],
    )
    return asked(
        "moved",
        f"With stride {stride} a kernel has found an edge. Now what is in the picture moves {pixels} pixels to the "
        "right, and nothing of it leaves the picture. Where is the edge in the feature map?",
        choices,
        See("convolution", {"stride": str(stride)}),
    )


def seen(chain: Chain, rng: np.random.Generator) -> Question | None:
    """How much of the picture does a number of the second map see?"""
    side = max(2, len(chain.weights))
    across = 2 * side - 1
    choices = mixed(
        rng,
        (
            f"{across}×{across}",
            f"It is made of {side}×{side} numbers of the first map. Each of these sees {side}×{side} pixels, and "
            f"neighbours share all but one row or column: {side} + {side - 1} = {across}.",
        ),
        [
            (
                f"{side}×{side}",
                f"So much of the first map. But each of these numbers sees {side}×{side} pixels itself.",
            ),
            (
                f"{2 * side}×{2 * side}",
                "The windows of neighbours overlap: with each place only one row or column is added.",
            ),
            (
                f"{side * side}×{side * side}",
                f"That would need {side} windows side by side. They overlap: each is one pixel further.",
            ),
        ],
    )
    return asked(
        "seen",
        f"Two convolutions of {side}×{side} follow each other, both with stride 1. How many pixels of the picture does "
        "one number of the second map depend on?",
        choices,
        See("convolution", {"stride": None}),
    )


def raised(chain: Chain, rng: np.random.Generator) -> Question | None:  # noqa: ARG001
    """What becomes of the shares when all logits grow alike?"""
    # So far apart that no two mistakes lead to the same share.
    logits = np.round(rng.permutation([0.0, 1.0, 2.0]) + rng.uniform(-0.3, 0.3, 3), 1)
    by = int(rng.integers(2, 5))
    share = _share(logits)
    choices = mixed_numbers(
        rng,
        (share, "Every e to the power of a logit grows by the same factor, and so does their sum: no share changes."),
        [
            (
                _share(logits + np.array([by, 0, 0])),
                f"So large it would be if only the logit of A grew by {by}. All of them do.",
            ),
            (_share(logits * by), f"That is what multiplying all logits by {by} does: differences grow."),
            (_share(logits / by), f"That is what dividing all logits by {by} does, a temperature of {by}."),
            (1 / 3, "They do not become alike: the differences between the logits are what they were."),
        ],
        gap=0.01,
        words=lambda value: f"{value:.1%}",
    )
    written = ", ".join(f"{name} {figure(value, 1)}" for name, value in zip("ABC", logits.tolist(), strict=True))
    return asked(
        "raised",
        f"Three classes have the logits {written}; softmax gives A a share of {share:.1%}. Now all three "
        f"logits grow by {by}. What is the share of A?",
        choices,
        See("answer", {"temperature": None}),
    )


def divided(chain: Chain, rng: np.random.Generator) -> Question | None:  # noqa: ARG001
    """What does a temperature change?"""
    temperature = int(rng.integers(2, 6))
    choices = mixed(
        rng,
        (
            "The largest share falls, the order stays",
            "Dividing brings the logits closer together, so the shares become alike. A larger logit stays larger.",
        ),
        [
            ("The largest share grows, the order stays", "That is what a temperature below 1 does."),
            (
                "The largest share falls, and another class may win",
                "The order cannot change: of two logits, the larger one is the larger one after dividing, too.",
            ),
            (
                "Nothing: the shares add up to 100% as before",
                "They do add up to 100%, but e to a power is no straight line: the shares are other ones.",
            ),
        ],
    )
    return asked(
        "divided",
        f"All logits of an answer are divided by {temperature} before softmax, which is called a temperature of "
        f"{temperature}. What happens to the shares?",
        choices,
        See("answer", {"temperature": str(temperature)}),
    )


def _share(logits: np.ndarray) -> float:
    return softmax_terms(logits).terms[0].probability


def _places(count: int) -> str:
    return f"{count} place{'' if count == 1 else 's'}"
