"""Softmax, term by term: how logits become shares of 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn_core.errors import ConfigError

LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.1, 5.0


@dataclass(frozen=True)
class Term:
    """One class in a softmax.

    Attributes:
        logit: What the network says.
        scaled: The logit divided by the temperature, less the largest of these: at most 0.
        exponential: e to the power of ``scaled``, in (0, 1]; so small a one that there is no such number is 0.
        probability: Its share of the sum of all exponentials, in [0, 1].
    """

    logit: float
    scaled: float
    exponential: float
    probability: float


@dataclass(frozen=True)
class Softmax:
    """All terms of a softmax.

    Attributes:
        terms: A class each, in the order of the logits.
        total: The sum of the exponentials, at least 1.
        largest: The largest of the logits divided by the temperature, which is taken from each: it changes no share,
            and keeps the exponentials from becoming too large to be computed with.
        temperature: By which the logits were divided.
    """

    terms: tuple[Term, ...]
    total: float
    largest: float
    temperature: float

    @property
    def best(self) -> int:
        """The class with the largest share; of equal ones the first."""
        return max(range(len(self.terms)), key=lambda place: self.terms[place].probability)


def softmax_terms(logits: Sequence[float] | np.ndarray, temperature: float = 1.0) -> Softmax:
    """Work a softmax out.

    Args:
        logits: (classes,), finite, at least one.
        temperature: Above 0, finite. Below 1 the largest share grows, above 1 the shares become more alike.

    Raises:
        ConfigError: The temperature is none, or a logit is no finite number.
    """
    values = np.asarray(logits, np.float64)
    if not 0 < temperature < np.inf:
        raise ConfigError(f"A temperature is a finite number above 0, not {temperature:g}. 1 changes nothing.")
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ConfigError("Softmax needs finite numbers, one a class. A training that went astray leaves others.")
    divided = values / temperature
    largest = float(divided.max())
    scaled = divided - largest
    exponentials = np.exp(scaled)
    total = float(exponentials.sum())
    rows = zip(values, scaled, exponentials, exponentials / total, strict=True)
    return Softmax(tuple(Term(*map(float, row)) for row in rows), total, largest, temperature)
