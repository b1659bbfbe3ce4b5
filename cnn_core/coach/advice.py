"""What the coach says of a curve, most important first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from cnn_core.config import RunConfig
from cnn_core.runs.record import RunStatus

# More than three pieces of advice at once are followed by nobody.
MOST_ADVICES = 3

Tone = Literal["problem", "hint", "calm"]


@dataclass(frozen=True)
class Advice:
    """One thing that is seen on a curve.

    Attributes:
        title: What it is, in a few words.
        seen: What on this curve says so, with its epochs and values.
        why: What it means, in one or two sentences.
        change_label: What the offered change is, in a few words; ``None`` where there is nothing to change.
        config: A new run with that one change; ``None`` where there is nothing to change.
        tone: "problem": the run will not get anywhere like this; "hint": it could be better; "calm": as it should be.
    """

    title: str
    seen: str
    why: str
    change_label: str | None = None
    config: RunConfig | None = None
    tone: Tone = "hint"


def advise(
    record: RunConfig, class_count: int, history: pd.DataFrame, steps: pd.DataFrame, status: RunStatus
) -> list[Advice]:
    """What is seen on a run's curve, most important first.

    Args:
        record: What was asked: a run's record, or its configuration.
        class_count: Number of classes, at least 2.
        history: As :meth:`cnn_core.runs.directory.Run.history`.
        steps: As :meth:`cnn_core.runs.directory.Run.steps`.
        status: As :meth:`cnn_core.runs.directory.Run.status`.

    Returns:
        One to three. A curve with nothing to mend gives one calm line.
    """
    # The rules make advices, so they import this module.
    from cnn_core.coach.curve import read_curve
    from cnn_core.coach.generalising import GENERALISING
    from cnn_core.coach.learning import FATAL, LEARNING, calm

    curve = read_curve(record, class_count, history, steps, status)
    for rule in FATAL:
        if (advice := rule(curve)) is not None:
            # Whatever else such a curve shows follows from this.
            return [advice]
    found = [advice for rule in (*LEARNING, *GENERALISING) if (advice := rule(curve)) is not None]
    order: tuple[Tone, ...] = ("problem", "hint", "calm")
    found.sort(key=lambda advice: order.index(advice.tone))
    advices = found[:MOST_ADVICES] or [calm(curve)]
    return advices if record.training.protocol == "validation" else [_of_test_images(advice) for advice in advices]


def _of_test_images(advice: Advice) -> Advice:
    """The same where the test images are watched: what the rules call validation is theirs."""
    title = advice.title.replace("Validation", "Test")
    # "Validation images may", at the beginning of a sentence, is an advice to have some.
    words = [text.replace("validation", "test") for text in (title, advice.seen, advice.why)]
    return replace(advice, title=words[0], seen=words[1], why=words[2])
