"""Five questions, drawn from all sorts of them: the same ones for the same picture, kernel and seed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from cnn_core.learn.chain import Chain
from cnn_core.learn.question_ideas import divided, moved, raised, seen
from cnn_core.learn.question_numbers import brighter, made_by, relu_pool, relu_zeros, window_sum
from cnn_core.learn.question_sizes import map_size, row_length, weight_count
from cnn_core.learn.questions import Question

COUNT = 5
# Four digits, to be read out to a class.
LARGEST_SEED = 9999
_LEAST_COMPUTED = 3

Maker = Callable[[Chain, np.random.Generator], Question | None]
# In the order of a network. The first ones are worked out from the picture and the kernel.
COMPUTED: tuple[Maker, ...] = (
    window_sum,
    made_by,
    brighter,
    map_size,
    weight_count,
    relu_zeros,
    relu_pool,
    row_length,
)
IDEAS: tuple[Maker, ...] = (moved, seen, raised, divided)


def draw_questions(chain: Chain, seed: int) -> tuple[Question, ...]:
    """Draw five questions of different sorts, at least three of them worked out from the picture and the kernel.

    Args:
        chain: The picture and what is done to it.
        seed: At least 0.

    Returns:
        In the order of a network's layers: those from the picture first. Sorts that nothing can be asked of, such as
        edges in an even picture, give their place to others.

    Raises:
        ConfigError: The kernel does not fit into the picture.
    """
    rng = np.random.default_rng(seed)
    computed = _made(chain, seed, COMPUTED, rng)
    ideas = _made(chain, seed, IDEAS, rng)
    # Mostly three and two; or four and one.
    wanted = _LEAST_COMPUTED + int(rng.random() < 0.4)
    chosen = [*computed[:wanted], *ideas, *computed[wanted:]][:COUNT]
    order = [maker.__name__ for maker in (*COMPUTED, *IDEAS)]
    return tuple(sorted(chosen, key=lambda question: order.index(question.name)))


def other_seed(seed: int) -> int:
    """The seed of other questions, which nobody can foresee."""
    return (seed + 1 + secrets.randbelow(LARGEST_SEED)) % (LARGEST_SEED + 1)


def _made(chain: Chain, seed: int, makers: tuple[Maker, ...], rng: np.random.Generator) -> list[Question]:
    found = (makers[place](chain, np.random.default_rng([seed, int(place)])) for place in rng.permutation(len(makers)))
    return [question for question in found if question is not None]


@dataclass
class Answers:
    """A person's answers to some questions.

    Attributes:
        given: The place of the choice that was taken, question by question.
        is_explained: Whether the explanation of the last one is still being read.
    """

    given: list[int] = field(default_factory=list)
    is_explained: bool = False

    @property
    def place(self) -> int:
        """Of the question that is shown, from 0; their number at the end."""
        return len(self.given) - self.is_explained

    def take(self, place: int, choice: int) -> None:
        """Take an answer; nothing happens where this question is not the one that is asked: a click too many."""
        if not self.is_explained and place == len(self.given):
            self.given.append(choice)
            self.is_explained = True

    def go_on(self) -> None:
        """Go to the next question."""
        self.is_explained = False

    def score(self, questions: Sequence[Question]) -> int:
        """How many of the given answers are right."""
        return sum(question.choices[choice].is_right for question, choice in zip(questions, self.given, strict=False))
