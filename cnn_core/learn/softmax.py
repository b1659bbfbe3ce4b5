"""From logits to probabilities, step by step. No Keras here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.errors import ConfigError


@dataclass(frozen=True, eq=False)
class Softmax:
    """From logits to probabilities: e to the power of each, and each one's share of the sum.

    Attributes:
        logits: (classes,) float64, as the network gives them.
        temperature: By which they are divided first: above 1 the shares come closer, below 1 they part.
    """

    logits: np.ndarray
    temperature: float

    @property
    def divided(self) -> np.ndarray:
        """(classes,) float64: the logits over the temperature."""
        divided: np.ndarray = self.logits / self.temperature
        return divided

    @property
    def lowered(self) -> np.ndarray:
        """(classes,) float64: the same less the largest, which changes no share, and keeps e to their power small."""
        lowered: np.ndarray = self.divided - self.divided.max()
        return lowered

    @property
    def powers(self) -> np.ndarray:
        """(classes,) float64 in [0, 1]: e to the power of :attr:`lowered`; 1 for the largest."""
        powers: np.ndarray = np.exp(self.lowered)
        return powers

    @property
    def total(self) -> float:
        """Their sum, at least 1."""
        return float(self.powers.sum())

    @property
    def probabilities(self) -> np.ndarray:
        """(classes,) float64; they sum to 1."""
        probabilities: np.ndarray = self.powers / self.total
        return probabilities


def softmax_of(logits: np.ndarray, temperature: float = 1.0) -> Softmax:
    """Softmax with its steps.

    Args:
        logits: (classes,), at least one.
        temperature: Above 0.

    Raises:
        ConfigError: The temperature is not above 0, or a logit is no number.
    """
    if not (np.isfinite(temperature) and temperature > 0):
        raise ConfigError(f"A temperature is a number above 0; it was given {temperature}. 1 changes nothing.")
    if not np.isfinite(logits).all():
        raise ConfigError("Softmax needs numbers as logits; among these is one that is none, or that is infinite.")
    return Softmax(logits.astype(np.float64), float(temperature))
