"""How a number of a picture, a kernel or a map is written in arithmetic."""

from __future__ import annotations

from collections.abc import Iterable

MINUS = "−"


def figure(value: float, digits: int = 2) -> str:
    """A number with at most so many decimals: "0.12", "−1", "0"; never "−0"."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text.replace("-", MINUS)


def fine(value: float) -> str:
    """As :func:`figure`, with a decimal more where two would leave hardly anything: "0.016"."""
    return figure(value, 3 if abs(value) < 0.095 else 2)


def precise(value: float) -> str:
    """As :func:`figure`, with four decimals, and three more where four would leave hardly anything: "0.0000123"."""
    return figure(value, 7 if abs(value) < 0.00995 else 4)


def in_brackets(text: str) -> str:
    """A written number as it stands behind another sign: in brackets where it is negative."""
    return f"({text})" if text.startswith(MINUS) else text


def sum_of(terms: Iterable[str]) -> str:
    """Terms with plus signs between them."""
    return " + ".join(terms)
