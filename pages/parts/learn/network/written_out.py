"""One number of a network, written out as the arithmetic that it came from."""

from __future__ import annotations

import html
from collections.abc import Callable

import numpy as np

from cnn_core.learn.explanations import (
    Activated,
    Added,
    Averaged,
    Explanation,
    Given,
    Mixed,
    Normalised,
    Pooled,
    Scaled,
    Taken,
    Unexplained,
)
from cnn_core.learn.numbers import figure, in_brackets, precise, sum_of
from cnn_core.learn.weighed import WeighedSum, WeighedWindow
from pages.parts.learn.sums import number_table, sign, written

# So many terms of a long sum are shown; what the others come to stands behind them.
_WINDOWS, _TERMS = 4, 8
# From the name of a station to what people call it.
Title = Callable[[str], str]


def written_out(explanation: Explanation, title_of: Title) -> str:
    """HTML that shows how a number came about; the styles of :mod:`pages.parts.learn.sums` must be on the page."""
    match explanation:
        case WeighedWindow():
            return _convolved(explanation, title_of)
        case WeighedSum():
            return _weighed(explanation, title_of)
        case Normalised():
            return _normalised(explanation, title_of)
        case Activated():
            return _activated(explanation, title_of)
        case Pooled():
            return _pooled(explanation, title_of)
        case Averaged():
            return _averaged(explanation, title_of)
        case Added():
            return _added(explanation, title_of)
        case Scaled():
            return _scaled(explanation)
        case Mixed():
            return _mixed(explanation, title_of)
        case Taken():
            return _taken(explanation, title_of)
        case Given():
            return _given(explanation)
        case Unexplained():
            return _unexplained(explanation)


def _sums(*parts: str) -> str:
    return f'<div class="cnn-lab-sums">{"".join(parts)}</div>'


def _total(value: float) -> str:
    return f'<span class="total">{precise(value)}</span>'


def _equation(terms: list[float], value: float) -> str:
    first, *others = (precise(term) for term in terms)
    return written(f"{sum_of([first, *map(in_brackets, others)])} = {precise(value)}")


def _note(text: str) -> str:
    return f'<p class="cnn-lab-note">{html.escape(text)}</p>'


def _convolved(explanation: WeighedWindow, title_of: Title) -> str:
    """The window and the kernel of the maps that count most; one sum a map, then all of them."""
    sums = explanation.channel_sums
    strongest = np.argsort(-np.abs(sums), kind="stable")[:_WINDOWS]
    rows = [_channel(explanation, int(one), is_alone=len(sums) == 1) for one in strongest]
    rest = float(sums.sum() - sums[strongest].sum())
    count = len(sums) - len(strongest)
    terms = sums[strongest].tolist() + ([rest] if count else []) + [explanation.bias]
    note = "Last comes the filter's bias."
    if count:
        note = (
            f"{title_of(explanation.source)} gives {len(sums)} maps, and the filter has a kernel for each. Shown are "
            f"the {len(strongest)} that move this number most; then come the other {count} together, and the bias."
        )
    outside = "" if explanation.is_inside.all() else " Where the window stands over the border, it finds zeros."
    return "".join(rows) + _equation(terms, explanation.value) + _note(note + outside)


def _channel(explanation: WeighedWindow, place: int, *, is_alone: bool) -> str:
    patch, kernel = explanation.patch[..., place], explanation.kernel[..., place]
    products = explanation.products[..., place]
    where = "Window on the picture" if is_alone else f"Window on map {int(explanation.channels[place]) + 1}"
    return _sums(
        # A picture's brightnesses look like it; the numbers of one of many maps have a sign.
        number_table(where, patch, is_signed=not is_alone or bool((patch < 0).any())),
        sign("×"),
        number_table("Kernel for it", kernel),
        sign("="),
        number_table("Products", products),
        sign("→"),
        _total(float(explanation.channel_sums[place])),
    )


def _product(explanation: WeighedSum, unit: int) -> str:
    given, weight, product = (float(of[unit]) for of in (explanation.inputs, explanation.weights, explanation.products))
    return (
        f'<tr><th scope="row">number {unit + 1:,}</th><td>{precise(given)}</td><td>× {precise(weight)}</td>'
        f"<td>= {precise(product)}</td></tr>"
    )


def _weighed(explanation: WeighedSum, title_of: Title) -> str:
    terms = explanation.largest(_TERMS)
    rows = "".join(_product(explanation, unit) for unit in terms.units)
    table = f'<table class="cnn-lab-terms"><tbody>{rows}</tbody></table>'
    products = explanation.products[list(terms.units)].tolist()
    rest = [terms.rest] if terms.rest_count else []
    others = f"; then the other {terms.rest_count:,} products together" if rest else ""
    note = (
        f"{title_of(explanation.source)} gives {len(explanation.inputs):,} numbers, and each has a weight here. Shown "
        f"are those that move the sum most{others}; last comes the bias."
    )
    return table + _equation([*products, *rest, explanation.bias], explanation.value) + _note(note)


def _normalised(explanation: Normalised, title_of: Title) -> str:
    of = explanation
    numbers = [precise(one) for one in (of.given, of.mean, of.deviation, of.scale, of.offset)]
    given, mean, deviation, scale, offset = map(in_brackets, numbers)
    arithmetic = f"({numbers[0]} − {mean}) / {deviation} · {scale} + {offset} = {precise(of.value)}"
    return written(arithmetic) + _note(
        f"{given} comes from {title_of(of.source)}. Less the mean that this map had in training, divided by its "
        "standard deviation; then times a scale and plus an offset that were learned."
    )


def _activated(explanation: Activated, title_of: Title) -> str:
    formula, result = explanation.curve.formula, precise(explanation.value)
    arithmetic = written(f"x = {precise(explanation.given)}; {formula} = {result}")
    return arithmetic + _note(f"x comes from {title_of(explanation.source)}.")


def _pooled(explanation: Pooled, title_of: Title) -> str:
    window, winner = explanation.window, None
    if explanation.winner is not None:
        row, column = explanation.winner
        winner = int(np.flatnonzero(explanation.rows == row)[0]), int(np.flatnonzero(explanation.columns == column)[0])
    table = number_table(f"Window on {title_of(explanation.source)}", window, winner=winner)
    what = "The largest number in the window goes on." if winner else "The mean of the numbers in the window goes on."
    outside = "" if explanation.is_inside.all() else " What lies over the border does not count."
    return _sums(table, sign("→"), _total(explanation.value)) + _note(what + outside)


def _averaged(explanation: Averaged, title_of: Title) -> str:
    count = explanation.numbers.size
    return written(f"{precise(explanation.total)} / {count} = {precise(explanation.value)}") + _note(
        f"The sum of the {count} numbers of this map in {title_of(explanation.source)}, divided by how many they are."
    )


def _added(explanation: Added, title_of: Title) -> str:
    sources = " and ".join(map(title_of, explanation.sources))
    return _equation(list(explanation.terms), explanation.value) + _note(f"The same place of {sources}, added up.")


def _scaled(explanation: Scaled) -> str:
    of = explanation
    offset = f" + {in_brackets(precise(of.offset))}" if of.offset else ""
    # Such a factor as 1/255 has no short decimal.
    factor = f"/ {1 / of.factor:.6g}" if 0 < abs(of.factor) < 1 else f"· {of.factor:.6g}"
    return written(f"{figure(of.given, 2)} {factor}{offset} = {precise(of.value)}") + _note(
        "Brightnesses from 0 to 255 become small numbers, which a network learns from more easily."
    )


def _mixed(explanation: Mixed, title_of: Title) -> str:
    numbers, shares = explanation.numbers, explanation.shares
    return _sums(
        number_table("The four nearest numbers", numbers),
        sign("×"),
        number_table("Their shares", shares),
        sign("→"),
        _total(explanation.value),
    ) + _note(f"The map of {title_of(explanation.source)} is stretched: each number is mixed from its neighbours.")


def _taken(explanation: Taken, title_of: Title) -> str:
    if explanation.place is None:
        return _note("A zero of the border: it comes from nowhere.")
    where = place_in_words(explanation.place)
    return written(f"{where} of {title_of(explanation.source)} = {precise(explanation.value)}") + _note(
        "The number itself is not changed, it only stands elsewhere now."
    )


def _given(explanation: Given) -> str:
    return written(f"brightness = {figure(explanation.value, 0)}") + _note("From 0, black, to 255.")


def _unexplained(explanation: Unexplained) -> str:
    return _total(explanation.value) + _note(explanation.reason)


def place_in_words(place: tuple[int, ...]) -> str:
    """A place of a station, counted from 1: "row 3, column 5 of map 12", or "number 7"."""
    if len(place) == 1:
        return f"number {place[0] + 1:,}"
    row, column, channel = place
    return f"row {row + 1}, column {column + 1} of map {channel + 1}"
