"""Questions about a picture and a kernel that need understanding; each wrong answer is a mistake that people make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cnn_core.learn.numbers import figure

Station = Literal["convolution", "activation", "pooling", "answer"]


@dataclass(frozen=True)
class Choice:
    """An answer to choose.

    Attributes:
        text: The answer.
        why: Why it is right; or what it would be the answer to, and what was overlooked.
        is_right: Whether it is the right one.
    """

    text: str
    why: str
    is_right: bool


@dataclass(frozen=True)
class See:
    """Where one sees the answer.

    Attributes:
        station: The layer that shows it.
        changes: What is chosen for the layers, by the names that addresses use; ``None``: as at first. The rest stays.
        place: Of the station's result, from 0; ``None``: any.
    """

    station: Station
    changes: Mapping[str, str | None] = field(default_factory=dict)
    place: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Shown:
    """Numbers that belong to a question.

    Attributes:
        title: Above them.
        values: (rows, columns) float64.
        is_signed: Whether they have two colours, for what is above and below 0.
        is_table: Whether the numbers are to be read; else they are a picture.
    """

    title: str
    values: np.ndarray
    is_signed: bool
    is_table: bool = True


@dataclass(frozen=True, eq=False)
class Question:
    """A question, with all of its answers explained.

    Attributes:
        name: Of the sort of question.
        text: What is asked.
        choices: Three or four, exactly one of them right, no two alike.
        see: Where one sees the answer.
        shown: What belongs to the question.
    """

    name: str
    text: str
    choices: tuple[Choice, ...]
    see: See
    shown: tuple[Shown, ...] = ()

    @property
    def right(self) -> Choice:
        """The right answer."""
        return next(choice for choice in self.choices if choice.is_right)


def asked(
    name: str, text: str, choices: tuple[Choice, ...] | None, see: See, shown: tuple[Shown, ...] = ()
) -> Question | None:
    """The question, unless there are too few choices for one. Arguments as the attributes of :class:`Question`."""
    return None if choices is None else Question(name, text, choices, see, shown)


Answer = tuple[str, str]
# An answer that is a number, and its explanation.
NumberAnswer = tuple[float, str]
_MOST_WRONG, _LEAST_WRONG = 3, 2


def mixed(rng: np.random.Generator, right: Answer, wrong: Sequence[Answer]) -> tuple[Choice, ...] | None:
    """Choices in a random order: the right one, and three wrong ones at most, of those that are unlike all others.

    Args:
        rng: Mixes them.
        right: Text and explanation.
        wrong: The same; the first ones are preferred.

    Returns:
        ``None`` where fewer than two wrong ones are left.
    """
    found: dict[str, Choice] = {right[0]: Choice(*right, is_right=True)}
    for text, why in wrong:
        if len(found) <= _MOST_WRONG:
            found.setdefault(text, Choice(text, why, is_right=False))
    if len(found) <= _LEAST_WRONG:
        return None
    choices = list(found.values())
    return tuple(choices[place] for place in rng.permutation(len(choices)))


def mixed_numbers(
    rng: np.random.Generator,
    right: NumberAnswer,
    wrong: Sequence[NumberAnswer],
    *,
    gap: float,
    words: Callable[[float], str] = figure,
) -> tuple[Choice, ...] | None:
    """As :func:`mixed`, for numbers that differ from each other by more than ``gap``."""
    kept: list[NumberAnswer] = []
    for value, why in wrong:
        if all(abs(value - other) > gap for other, _ in [right, *kept]):
            kept.append((value, why))
    return mixed(rng, (words(right[0]), right[1]), [(words(value), why) for value, why in kept])
