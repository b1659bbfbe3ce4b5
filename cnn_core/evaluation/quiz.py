"""A quiz for people: hard test images, and how their answers compare with the network's."""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.wording import images_in_words

QUIZ_LENGTH = 20
# What a link can name: four digits, to be read out to a class.
_SEEDS = 10_000


@dataclass(frozen=True)
class PublishedScore:
    """How well people do on random test images of a dataset: a fraction, how it was found, where it stands."""

    accuracy: float
    how: str
    source: str


# Never measured by us; quoted from the dataset's own list of benchmarks.
_PUBLISHED = {
    "fashion-mnist": PublishedScore(
        0.835,
        "1,000 random test images, each labelled by three people without expertise in fashion; the majority counts",
        "https://github.com/zalandoresearch/fashion-mnist#benchmark",
    )
}


def published_score(dataset: str) -> PublishedScore | None:
    """What was published of people on the test images of a dataset, by its name; ``None`` where nothing was."""
    return _PUBLISHED.get(dataset)


def draw_quiz(answers: LabelledLogits, class_count: int, seed: int, length: int = QUIZ_LENGTH) -> np.ndarray:
    """Draw hard images, the same ones for the same answers and seed.

    Hard are the images that the network gets wrong, and as many of those that it gets right with the smallest margin
    between its two most probable classes; at least ``length`` of these, so that it is right on some however good or bad
    it is. Of these images some are drawn at random. No class has more than twice its equal share of the quiz, unless
    there are too few hard images of the others.

    Args:
        answers: The network's answers.
        class_count: Number of classes.
        seed: At least 0.
        length: Number of images to draw.

    Returns:
        Indices in the order of the quiz, int64, none twice; all images where there are no more than ``length``.
    """
    wrong, right = np.flatnonzero(~answers.is_right), np.flatnonzero(answers.is_right)
    closest = right[np.argsort(answers.margins[right], kind="stable")][: max(len(wrong), length)]
    pool = np.concatenate([wrong, closest])
    most = math.ceil(2 * length / class_count)
    drawn: list[int] = []
    beyond: list[int] = []
    taken: Counter[int] = Counter()
    for index in np.random.default_rng(seed).permutation(np.sort(pool)).tolist():
        label = int(answers.labels[index])
        (drawn if taken[label] < most else beyond).append(index)
        taken[label] += 1
        if len(drawn) == length:
            break
    return np.array((drawn + beyond)[:length], np.int64)


def new_seed() -> int:
    """The seed of a quiz that nobody can foresee."""
    return secrets.randbelow(_SEEDS)


def parse_seed(text: str) -> int | None:
    """The seed that a link names; ``None`` where it is no whole number from 0 to 9,999."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else None


@dataclass
class QuizState:
    """A quiz under way.

    Attributes:
        images: Indices of its test images, in order.
        given: The classes that the person named so far; ``None`` where they passed.
        is_answer_shown: Whether the answer to the last one given is still being looked at.
    """

    images: tuple[int, ...]
    given: list[int | None]
    is_answer_shown: bool = False

    @property
    def place(self) -> int:
        """Of the image that is shown, counted from 0; the number of images at the end."""
        return len(self.given) - self.is_answer_shown

    @property
    def is_over(self) -> bool:
        """Whether all images were answered, and the last answer was looked at."""
        return self.place == len(self.images)

    def answer(self, image: int, label: int | None) -> None:
        """Take an answer; nothing happens where this image is not the one that is asked for: a click too many.

        Args:
            image: Index of the image that the answer is for.
            label: The class; ``None`` to pass.
        """
        if not self.is_answer_shown and not self.is_over and self.images[self.place] == image:
            self.given.append(label)
            self.is_answer_shown = True

    def go_on(self) -> None:
        """Go to the next image."""
        self.is_answer_shown = False


def scores(images: Sequence[int], given: Sequence[int | None], answers: LabelledLogits) -> tuple[int, int]:
    """How many of the answered images the person got right, and how many of the same ones the network.

    Args:
        images: Indices of the quiz's images.
        given: The person's classes for the first of them; ``None`` where they passed, which counts as wrong.
        answers: The network's answers.
    """
    asked = list(images)[: len(given)]
    person = sum(label == answers.labels[index] for index, label in zip(asked, given, strict=True))
    return int(person), int(answers.is_right[asked].sum())


def result_in_words(person: int, network: int, count: int) -> str:
    """The end of a quiz in a sentence."""
    of = images_in_words(count)
    if person == network:
        return f"A draw: you and the network are both right on {person} of {of}."
    who = "You are" if person > network else "The network is"
    return f"{who} ahead: you are right on {person} of {of}, the network on {network}."


def feedback(image: int, given: int | None, answers: LabelledLogits, class_names: tuple[str, ...]) -> tuple[str, str]:
    """What is said after an answer: of the person's, and of the network's.

    Args:
        image: Index of the image.
        given: The person's class; ``None`` where they passed.
        answers: The network's answers.
        class_names: In the order of the labels; not ours, and not escaped here.
    """
    label, predicted = int(answers.labels[image]), int(answers.predicted[image])
    if given == label:
        person = f"Right: {class_names[label]}."
    elif given is None:
        person = f"Skipped. The label says {class_names[label]}."
    else:
        person = f"You said {class_names[given]}; the label says {class_names[label]}."
    verdict = "right" if predicted == label else "wrong"
    sure = f"{answers.confidence[image]:.1%} sure"
    return person, f"The network said {class_names[predicted]}, {sure}: {verdict}."


def answer_in_words(
    image: int, given: int | None, answers: LabelledLogits, class_names: tuple[str, ...]
) -> tuple[str, str]:
    """Both answers for an image, a line each, with a tick or a cross. Arguments as for :func:`feedback`."""
    label, predicted = int(answers.labels[image]), int(answers.predicted[image])
    person = "skipped" if given is None else class_names[given]
    return (
        f"{_mark(given == label)} you: {person}",
        f"{_mark(predicted == label)} network: {class_names[predicted]}, {answers.confidence[image]:.1%} sure",
    )


def _mark(is_right: bool) -> str:
    return "✓" if is_right else "✗"
