"""Activations: functions from one number to one, with the formula that a page can print. No Keras here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import erf, expit

# Of one number, or of each of an array, in double precision.
Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Curve:
    """An activation.

    Attributes:
        title: Its name for people, such as "ReLU".
        formula: Of x, such as "max(0, x)".
        function: From any array to one of the same shape, both float64.
    """

    title: str
    formula: str
    function: Function

    def value(self, x: float) -> float:
        """The function of one number."""
        return float(self.function(np.asarray(x, np.float64)))


def rectifier(slope: float = 0.0, ceiling: float | None = None, threshold: float = 0.0) -> Curve:
    """ReLU and its relatives, as ``keras.layers.ReLU`` has them.

    Args:
        slope: Below the threshold, the function is ``slope · (x − threshold)``.
        ceiling: What it never exceeds.
        threshold: From here on the function is x.
    """

    def function(x: np.ndarray) -> np.ndarray:
        kept = x if ceiling is None else np.minimum(x, ceiling)
        return np.where(x < threshold, slope * (x - threshold), kept)

    below = f"{slope:g} · {f'(x − {threshold:g})' if threshold else 'x'}" if slope else "0"
    above = "x" if ceiling is None else f"min(x, {ceiling:g})"
    if not threshold and not slope:
        return Curve("ReLU" if ceiling is None else f"ReLU{ceiling:g}", f"max(0, {above})", function)
    return Curve("leaky ReLU" if slope else "ReLU", f"{above} where x ≥ {threshold:g}, else {below}", function)


def exponential_linear(alpha: float = 1.0) -> Curve:
    """ELU (Clevert et al., 2016)."""
    below = f"{alpha:g} · (eˣ − 1)" if alpha != 1 else "eˣ − 1"
    # Only of what is negative: e to a large number is none.
    return Curve(
        "ELU", f"x where x > 0, else {below}", lambda x: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    )


def _hard_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip(x / 6 + 0.5, 0.0, 1.0)


# By the names that Keras gives its functions; parameters as Keras's defaults.
CURVES: dict[str, Curve] = {
    "relu": rectifier(),
    "relu6": rectifier(ceiling=6.0),
    "leaky_relu": rectifier(slope=0.2),
    "elu": exponential_linear(),
    # Hendrycks and Gimpel (2016), exact and not by tanh.
    "gelu": Curve("GELU", "x · Φ(x)", lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2)))),
    "sigmoid": Curve("sigmoid", "1 / (1 + e⁻ˣ)", expit),
    "tanh": Curve("tanh", "tanh(x)", np.tanh),
    "silu": Curve("swish", "x / (1 + e⁻ˣ)", lambda x: x * expit(x)),
    "softplus": Curve("softplus", "ln(1 + eˣ)", lambda x: np.logaddexp(0.0, x)),
    "softsign": Curve("softsign", "x / (1 + |x|)", lambda x: x / (1 + np.abs(x))),
    "hard_sigmoid": Curve("hard sigmoid", "x / 6 + ½, within 0 and 1", _hard_sigmoid),
    "hard_silu": Curve("hard swish", "x · (x / 6 + ½, within 0 and 1)", lambda x: x * _hard_sigmoid(x)),
    "linear": Curve("unchanged", "x", lambda x: x),
}
