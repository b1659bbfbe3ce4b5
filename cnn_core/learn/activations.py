"""Activation functions: the curve, the formula, and what each is good for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.learn.elementwise import CURVES, rectifier

# Keras's own: `keras.activations.leaky_relu`.
LEAKY_SLOPE = 0.2


@dataclass(frozen=True)
class Activation:
    """An activation function.

    Attributes:
        name: What an address calls it; Keras's name.
        title: What a person calls it.
        formula: As LaTeX.
        why: Two sentences: what it does, and why one takes it.
    """

    name: str
    title: str
    formula: str
    why: str

    def __call__(self, values: np.ndarray, slope: float = LEAKY_SLOPE) -> np.ndarray:
        """The function of each value; ``slope`` counts for the leaky ReLU alone."""
        curve = rectifier(slope) if self.name == "leaky_relu" else CURVES[self.name]
        return curve.function(np.asarray(values, np.float64))


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation(
            "relu",
            "ReLU",
            r"f(x) = \max(0,\, x)",
            "What is negative becomes 0, the rest stays. It costs next to nothing, and most networks use it.",
        ),
        Activation(
            "leaky_relu",
            "Leaky ReLU",
            r"f(x) = x \text{ where } x \geq 0, \text{ else } a \cdot x",
            "What is negative is made small instead of 0. So a kernel whose sums are all negative can still learn.",
        ),
        Activation(
            "gelu",
            "GELU",
            r"f(x) = x \cdot \Phi(x)",
            "A ReLU with a soft corner: Φ(x) is the share of a bell curve below x. The networks behind "
            "language models use it.",
        ),
        Activation(
            "sigmoid",
            "Sigmoid",
            r"f(x) = \frac{1}{1 + e^{-x}}",
            "Any number becomes one between 0 and 1. Far from 0 it is nearly flat: a learning network "
            "hardly notices there which way to go.",
        ),
        Activation(
            "tanh",
            "Tanh",
            r"f(x) = \tanh(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}",
            "Any number becomes one between −1 and 1, and keeps its sign. It is flat far from 0, as the sigmoid is.",
        ),
    )
}
