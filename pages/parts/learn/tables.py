"""The sums behind an answer as tables: a logit of its products, shares of exponentials."""

from __future__ import annotations

import html

import streamlit as st

from cnn_core.learn.numbers import figure, in_brackets
from cnn_core.learn.softmax import Softmax
from cnn_core.learn.weighed import WeighedSum
from pages.parts.bars import TABLE_BARS_CSS, table_bar

_CSS = """
<style>
.cnn-lab-answer-sums { overflow-x: auto; max-height: 42rem; overflow-y: auto; }
.cnn-lab-answer-sums:focus-visible { outline: 3px solid #6F67F0; outline-offset: 2px; }
.cnn-lab-answer-sums table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums;
  width: 100%; max-width: 56rem; }
.cnn-lab-answer-sums :is(th, td) { padding: .3rem .6rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid rgba(128, 128, 148, .25); }
.cnn-lab-answer-sums :is(th, td):first-child { text-align: left; white-space: normal; }
.cnn-lab-answer-sums thead th { font-weight: 400; opacity: .85; font-size: .8rem; }
.cnn-lab-answer-sums tbody th { font-weight: 400; }
.cnn-lab-answer-sums tr.best :is(th, td) { font-weight: 700; background: rgba(111, 103, 240, .13); }
.cnn-lab-answer-sums tr.sum :is(th, td) { font-weight: 600; border-bottom: 0;
  border-top: 2px solid rgba(128, 128, 148, .6); }
.cnn-lab-answer-sums td.bar { width: 34%; min-width: 90px; text-align: left; }
.cnn-lab-formula { font-size: .95rem; margin: .6rem 0 0; line-height: 1.6; font-variant-numeric: tabular-nums; }
@media (max-width: 40rem) {
  .cnn-lab-answer-sums table { font-size: .78rem; }
  .cnn-lab-answer-sums :is(th, td) { padding: .3rem .25rem; }
  .cnn-lab-answer-sums :is(.told, .softmax :is(th, td):nth-child(3)) { display: none; }
  .cnn-lab-answer-sums td.bar { min-width: 60px; width: 24%; }
}
</style>
"""


def show_contributions(logit: WeighedSum, name: str, count: int) -> None:
    """Show how the logit of a class comes about: its strongest products, all the others together, the bias."""
    terms, products = logit.largest(count), logit.products
    shown = [unit for unit in terms.units if products[unit]]
    rows = [
        _row([f"number {unit + 1:,}", *(figure(float(of[unit]), 3) for of in (logit.inputs, logit.weights, products))])
        for unit in shown
    ]
    rows.append(_row([f"the other {len(products) - len(shown):,} together", "", "", figure(terms.rest, 3)]))
    rows.append(_row(["bias", "", "", figure(logit.bias, 3)]))
    rows.append(_row([f"logit of {name}", "", "", figure(logit.value, 3)], kind="sum"))
    first, *others = (figure(float(term), 3) for term in [*products[shown], terms.rest, logit.bias])
    written = " + ".join([first, *map(in_brackets, others)])
    table = _table(["of the row", "value", "× weight", "= product"], rows)
    st.html(f'{_CSS}{table}<p class="cnn-lab-formula">{written} = <b>{figure(logit.value, 3)}</b></p>')
    st.caption(
        f"This is the network's own row: the {len(products):,} numbers that the layer before gives, all maps together. "
        "Each has a weight for each class; shown are those that move the score of this class most."
    )


def show_softmax(shares: Softmax, names: tuple[str, ...]) -> None:
    """Show logits, exponentials and shares of all classes; the largest is marked."""
    t = shares.temperature
    rows = [
        _row(
            [
                name,
                figure(term.logit, 3),
                figure(term.scaled, 3),
                _small(term.exponential),
                f"{term.probability:.2%}",
            ],
            kind="best" if place == shares.best else "",
            share=term.probability,
        )
        for place, (name, term) in enumerate(zip(names, shares.terms, strict=True))
    ]
    rows.append(_row(["sum", "", "", figure(shares.total, 4), "100%"], kind="sum", share=0))
    scaled = f"z / {t:g} − {in_brackets(figure(shares.largest, 3))}"
    table = _table(["class", "logit z", scaled, "e to that power", "share", ""], rows, kind="softmax")
    best = shares.terms[shares.best]
    parts = " + ".join(_small(term.exponential) for term in shares.terms)
    st.html(
        f'{_CSS}{TABLE_BARS_CSS}{table}<p class="cnn-lab-formula">{parts} = {figure(shares.total, 4)}<br>'
        f"{html.escape(names[shares.best])}: {_small(best.exponential)} / {figure(shares.total, 4)} = "
        f"<b>{best.probability:.2%}</b></p>"
    )
    st.caption(
        f"Each logit is divided by T, and the largest result, {figure(shares.largest, 3)}, is taken from all of them. "
        "That leaves the same factor out above and below the line, so no share changes, and no power becomes too large."
    )


def _small(value: float) -> str:
    return figure(value, 4) if value >= 0.00005 or value == 0 else "≈ 0"


def _row(cells: list[str], *, kind: str = "", share: float | None = None) -> str:
    first, *others = (html.escape(cell) for cell in cells)
    bar = "" if share is None else f'<td class="bar">{_bar(share)}</td>'
    inner = "".join(f"<td>{cell}</td>" for cell in others)
    if kind == "best":
        first += ' ◀<span class="told"> the answer</span>'
    return f'<tr class="{kind}"><th scope="row">{first}</th>{inner}{bar}</tr>'


def _bar(share: float) -> str:
    return table_bar(f"{share:.2%}") if share > 0 else ""


def _table(heads: list[str], rows: list[str], *, kind: str = "") -> str:
    head = "".join(f'<th scope="col">{html.escape(one)}</th>' if one else "<td></td>" for one in heads)
    # What scrolls must be reached by keyboard too.
    return (
        '<div class="cnn-lab-answer-sums" tabindex="0" role="region" aria-label="Sums">'
        f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )
