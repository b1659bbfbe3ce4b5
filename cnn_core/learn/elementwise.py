"""Activations: functions from one number to one, with the formula that a page can print. No Keras here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    """An activation.

    Attributes:
        title: Its name for people, such as "ReLU".
        formula: Of x, such as "max(0, x)".
        value: The function, in double precision.
    """

    title: str
    formula: str
    value: Callable[[float], float]


def rectifier(slope: float = 0.0, ceiling: float | None = None, threshold: float = 0.0) -> Curve:
    """ReLU and its relatives, as ``keras.layers.ReLU`` has them.

    Args:
        slope: Below the threshold, the function is ``slope · (x − threshold)``.
        ceiling: What it never exceeds.
        threshold: From here on the function is x.
    """

    def value(x: float) -> float:
        if x < threshold:
            return slope * (x - threshold)
        return x if ceiling is None else min(x, ceiling)

    below = f"{slope:g} · {f'(x − {threshold:g})' if threshold else 'x'}" if slope else "0"
    above = "x" if ceiling is None else f"min(x, {ceiling:g})"
    if not threshold and not slope:
        return Curve("ReLU" if ceiling is None else f"ReLU{ceiling:g}", f"max(0, {above})", value)
    return Curve("leaky ReLU" if slope else "ReLU", f"{above} where x ≥ {threshold:g}, else {below}", value)


def exponential_linear(alpha: float = 1.0) -> Curve:
    """ELU (Clevert et al., 2016)."""
    below = f"{alpha:g} · (eˣ − 1)" if alpha != 1 else "eˣ − 1"
    return Curve("ELU", f"x where x > 0, else {below}", lambda x: x if x > 0 else alpha * math.expm1(x))


def _sigmoid(x: float) -> float:
    # Of e to a negative number only, which cannot overflow.
    small = math.exp(-abs(x))
    return 1 / (1 + small) if x >= 0 else small / (1 + small)


def _hard_sigmoid(x: float) -> float:
    return min(1.0, max(0.0, x / 6 + 0.5))


# By the names that Keras gives its functions; parameters as Keras's defaults.
CURVES: dict[str, Curve] = {
    "relu": rectifier(),
    "relu6": rectifier(ceiling=6.0),
    "leaky_relu": rectifier(slope=0.2),
    "elu": exponential_linear(),
    # Hendrycks and Gimpel (2016), exact and not by tanh.
    "gelu": Curve("GELU", "x · Φ(x)", lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2)))),
    "sigmoid": Curve("sigmoid", "1 / (1 + e⁻ˣ)", _sigmoid),
    "tanh": Curve("tanh", "tanh(x)", math.tanh),
    "silu": Curve("swish", "x / (1 + e⁻ˣ)", lambda x: x * _sigmoid(x)),
    "softplus": Curve("softplus", "ln(1 + eˣ)", lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x)))),
    "softsign": Curve("softsign", "x / (1 + |x|)", lambda x: x / (1 + abs(x))),
    "hard_sigmoid": Curve("hard sigmoid", "x / 6 + ½, within 0 and 1", _hard_sigmoid),
    "hard_silu": Curve("hard swish", "x · (x / 6 + ½, within 0 and 1)", lambda x: x * _hard_sigmoid(x)),
    "linear": Curve("unchanged", "x", lambda x: x),
}
