"""How the runs of a duel stand: curves and figures, up to date while one of them trains."""

from __future__ import annotations

import html
from collections.abc import Mapping

import streamlit as st

from cnn_core.duel.contest import Standing, check_duel
from cnn_core.duel.verdict import duel_words
from cnn_core.figures.changes import FigureChanges
from cnn_core.figures.duel import COLOURS, duel_figure
from pages.parts.address import one_of
from pages.parts.boundary import errors_told
from pages.parts.learn.controls import buttons
from pages.parts.learn.duel.address import AXIS, standings_of
from pages.parts.learn.mode import PAGES, is_left_out
from pages.parts.live_chart import live_chart
from pages.parts.words import duration, percent, plain

_REFRESH_SECONDS = 1.5
# Rows of an image. On the digits of 8×8 the networks differ by less than chance does.
_SMALL = 16
_AXES = ("epochs", "seconds")
_CSS = """
<style>
.cnn-lab-duel { overflow-x: auto; }
.cnn-lab-duel:focus-visible { outline: 3px solid #6F67F0; outline-offset: 2px; }
.cnn-lab-duel table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; width: 100%;
  max-width: 60rem; }
.cnn-lab-duel :is(th, td) { padding: .35rem .6rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid rgba(128, 128, 148, .25); font-weight: 400; }
.cnn-lab-duel :is(th, td):first-child { text-align: left; }
.cnn-lab-duel thead th { opacity: .85; font-size: .8rem; }
.cnn-lab-duel tbody th { font-weight: 600; }
.cnn-lab-duel i { display: inline-block; width: 1.3rem; margin-right: .5rem; vertical-align: middle;
  border-top: 3px solid; }
.cnn-lab-duel i.dashed { border-top-style: dashed; }
.cnn-lab-duel b { font-size: 1.05rem; }
.cnn-lab-duel small { opacity: .8; font-size: .8rem; margin-left: .35rem; }
@media (max-width: 40rem) { .cnn-lab-duel :is(th, td) { padding: .3rem .3rem; font-size: .8rem; white-space: normal; }
  .cnn-lab-duel i { width: .8rem; margin-right: .25rem; }
  .cnn-lab-duel small { display: block; margin: 0; } }
</style>
"""


def show_standings(ids: Mapping[str, str]) -> None:
    """Show the runs of a duel.

    Args:
        ids: By the name of their corner, at least one.
    """
    standings = standings_of(ids)
    if not standings:
        return
    if wrong := check_duel(standings):
        st.error(plain(wrong), icon=":material/error:")
        return
    first = next(iter(standings.values()))
    st.subheader(f"The duel on {plain(first.record.data.title)}", anchor=False)
    if first.record.data.frame.height < _SMALL:
        st.caption(
            "These images are so small that there is hardly a neighbourhood to live on, and both networks are nearly "
            "always right: little can be told apart here. On Fashion-MNIST it can."
        )
    is_active = any(one.status.is_active for one in standings.values())
    axis = one_of(AXIS, _AXES, default="epochs")
    buttons(AXIS, "Curves over", _AXES, axis, default="epochs")
    changes = FigureChanges()
    if is_active:
        st.fragment(_live, run_every=_REFRESH_SECONDS)(ids, axis, changes)
    else:
        _show(standings, axis, changes)


def _live(ids: Mapping[str, str], axis: str, changes: FigureChanges) -> None:
    with errors_told():
        standings = standings_of(ids, is_told=False)
        if not any(one.status.is_active for one in standings.values()):
            st.rerun()
        _show(standings, axis, changes)


def _show(standings: Mapping[str, Standing], axis: str, changes: FigureChanges) -> None:
    curves = [(one.corner, one.history) for one in standings.values() if len(one.history)]
    if curves:
        figure = duel_figure(curves, by_seconds=axis == "seconds")
        live_chart(figure, key="duel-curves", alt=_alt(standings, axis), changes=changes)
    else:
        st.caption("The curves appear here with the first finished epoch.")
    rows = "".join(_row(one) for one in standings.values())
    heads = ("Network", "Parameters", "Epochs", "Their time", "Test accuracy")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    st.html(
        f'{_CSS}<div class="cnn-lab-duel" tabindex="0" role="region" aria-label="The duel in figures">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    for sentence in duel_words(standings):
        st.markdown(plain(sentence))
    if any(one.interval for one in standings.values()):
        st.caption(
            "In brackets: Wilson's 95% interval, in which the accuracy would probably lie on any number of such images "
            "(another seed makes another network, and moves it too). Whether a difference may be chance says McNemar's "
            "exact test, by the images that only one of the two networks named rightly."
        )
    if not is_left_out(PAGES):
        _watch(standings)


def _watch(standings: Mapping[str, Standing]) -> None:
    with st.container(horizontal=True):
        for one in standings.values():
            st.page_link(
                "train.py",
                label=f"Watch {one.corner.title}",
                icon=":material/monitoring:",
                query_params={"view": "watch", "run": one.run.id},
            )


def _alt(standings: Mapping[str, Standing], axis: str) -> str:
    ends = [
        f"{one.corner.title} {percent(float(one.history['val_accuracy'].iloc[-1]))}"
        for one in standings.values()
        if len(one.history)
    ]
    return f"Validation accuracy over {axis}, at last: {', '.join(ends)}"


def _row(one: Standing) -> str:
    dashed = ' class="dashed"' if one.corner.is_shuffled else ""
    line = f'<i{dashed} style="border-top-color:{COLOURS[one.corner.kind]}"></i>'
    cells = (
        f"{one.parameters:,}",
        f"{len(one.history)} of {one.status.epochs}",
        duration(one.seconds) if len(one.history) else "–",
    )
    inner = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{line}{html.escape(one.corner.title)}</th>{inner}<td>{_result(one)}</td></tr>'


def _result(one: Standing) -> str:
    if one.accuracy is None or one.interval is None:
        return html.escape(_state(one))
    low, high = one.interval
    stopped = "" if one.status.state == "finished" else f" {one.status.state}"
    return f"<b>{one.accuracy:.1%}</b><small>({low:.1%} to {high:.1%}){html.escape(stopped)}</small>"


def _state(one: Standing) -> str:
    status = one.status
    if status.state == "running":
        return f"epoch {status.epoch} of {status.epochs}" if status.phase == "training" else f"{status.phase}…"
    words = {"queued": "waits for its turn", "paused": "paused", "stopped": "stopped before its test"}
    return words.get(status.state, "failed: see Watch" if status.state == "failed" else "no test answers")
