"""The numbers of the dense layer that an answer comes out of, for one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Contribution:
    """What one input of a dense layer gives to a logit.

    Attributes:
        place: Of the input, from 0.
        value: Of the input.
        weight: From the input to the class.
    """

    place: int
    value: float
    weight: float

    @property
    def product(self) -> float:
        """The value times the weight."""
        return self.value * self.weight


@dataclass(frozen=True, eq=False)
class LastLayer:
    """The last dense layer of a network, and what it gets for one picture.

    Attributes:
        inputs: (n,) float64.
        weights: (n, classes) float64.
        bias: (classes,) float64.
        logits: (classes,) float64, as Keras computes them.
    """

    inputs: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    logits: np.ndarray

    def strongest(self, label: int, count: int) -> list[Contribution]:
        """The inputs whose products move the logit of a class most, the strongest first; those that are 0 left out."""
        products = self.inputs * self.weights[:, label]
        places = np.argsort(-np.abs(products), kind="stable")[:count]
        return [
            Contribution(int(place), float(self.inputs[place]), float(self.weights[place, label]))
            for place in places
            if products[place]
        ]

    def rest(self, label: int, shown: list[Contribution]) -> float:
        """The sum of all other products for a class."""
        total = float(self.inputs @ self.weights[:, label])
        return total - sum(one.product for one in shown)
