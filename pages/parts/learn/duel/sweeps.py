"""Networks on test images that are changed more and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import streamlit as st

from cnn_core.duel.changes import CHANGES, Name
from cnn_core.duel.sweeps import Sweep, chosen_images, examples
from cnn_core.duel.verdict import sweep_words
from cnn_core.duel.work import SweepWork
from cnn_core.errors import RunError
from cnn_core.figures.colours import SERIES
from cnn_core.figures.duel import COLOURS, SweepLine, sweep_figure
from cnn_core.inference.loaded import loaded_runs
from cnn_core.runs.comparable import check_comparable
from cnn_core.runs.directory import Run
from cnn_core.runs.store import find_run, list_runs
from cnn_core.runs.summary import RunSummary, summarise
from pages.parts import cached
from pages.parts.address import correct, one_of, shortened, whole_number
from pages.parts.boundary import errors_told
from pages.parts.choose_run import run_label
from pages.parts.gallery import Tile, gallery
from pages.parts.learn.controls import buttons
from pages.parts.learn.duel.address import (
    CHANGE,
    COMPARE,
    CONTROL,
    DUEL,
    FIRST,
    OWN,
    SAMPLE,
    SECOND,
    keep_in_address,
    standings_of,
)
from pages.parts.learn.views import choose
from pages.parts.live_chart import live_chart
from pages.parts.words import plain, run_name

_REFRESH_SECONDS = 0.7
# A small network is done with this: nobody sees a bar then.
_SOON_SECONDS = 0.3
_COMPARED = {DUEL: "The duel", CONTROL: "With the control", OWN: "Any two runs"}
_HINTS: dict[Name, str] = {
    "shift": "Every image goes one of four ways. A convolution finds the same thing wherever it is, and its map moves "
    "along. But the dense layer behind the maps has a weight for each place: a CNN stands small shifts, some of which "
    "its poolings swallow, and no large ones. Training on shifted images (augmentation) helps.",
    "turn": "Half of the images turn left, half right. Neither network knows that a turned thing is the same thing: a "
    "kernel that has learned upright edges does not answer to slanting ones.",
    "noise": "What a kernel finds are differences between neighbours, and noise is just that. On Fashion-MNIST the CNN "
    "was ahead in weak noise, and behind the dense network in strong noise.",
    "cover": "The square hides a part, and its edges are something that no training image had.",
}


@dataclass(frozen=True, eq=False)
class _Side:
    """A network of the chart."""

    title: str
    colour: str
    is_dashed: bool
    run: Run


def show_sweeps(ids: Mapping[str, str]) -> None:
    """Let a person choose a change, and show what it does to the networks.

    Args:
        ids: The duel's runs, by the name of their corner; may be empty.
    """
    st.subheader("When the images change", anchor=False)
    compared = one_of(COMPARE, tuple(_COMPARED), default=DUEL)
    name: Name = one_of(CHANGE, tuple(CHANGES), default="shift")
    with st.container(horizontal=True, gap="medium"):
        buttons(CHANGE, "Change", tuple(CHANGES), name, default="shift", words=lambda one: CHANGES[one].title)
        buttons(COMPARE, "Networks", tuple(_COMPARED), compared, default=DUEL, words=lambda one: _COMPARED[one])
    sides = _two_runs() if compared == OWN else _of_duel(ids, has_control=compared == CONTROL)
    if not sides:
        return
    tests = cached.test_set(sides[0].run)
    if not len(tests.images):
        raise RunError("This dataset has no test images to change. Choose runs on another one.")
    chosen = chosen_images(tests.images)
    keys = [(name, *cached.classifier_key(side.run)) for side in sides]
    works = [_work(key, side.run, name, tests, chosen) for key, side in zip(keys, sides, strict=True)]
    for work in works:
        work.wait(_SOON_SECONDS)
    if any(work.is_active for work in works):
        st.fragment(_progress, run_every=_REFRESH_SECONDS)(works)
        return
    for key, side, work in zip(keys, sides, works, strict=True):
        if work.error:
            st.error(f"**{plain(side.title)}:** {plain(work.error)}", icon=":material/error:")
            # The next look at it tries again.
            _work.clear(key)
    sweeps = [work.sweep for work in works if work.sweep is not None]
    if len(sweeps) == len(sides):
        _result(name, sides, sweeps)
        _strip(sides, sweeps, tests.images, chosen)


def _progress(works: Sequence[SweepWork]) -> None:
    with errors_told():
        if not any(work.is_active for work in works):
            st.rerun()
        share = sum(work.share for work in works) / len(works)
        st.progress(min(1.0, share), text="Changing the test images, and asking the networks…")


@st.cache_resource(max_entries=32, show_spinner=False)
def _work(
    key: tuple[object, ...],  # noqa: ARG001 - the cache's key
    _run: Run,
    _name: Name,
    _tests: cached.TestSet,
    _chosen: np.ndarray,
) -> SweepWork:
    return SweepWork(
        _name, lambda: loaded_runs.network(_run).logits, lambda: _tests.images[_chosen], _tests.labels[_chosen]
    )


def _of_duel(ids: Mapping[str, str], *, has_control: bool) -> list[_Side]:
    standings = standings_of(ids, is_told=False)
    sides = [
        _Side(one.corner.title, COLOURS[one.corner.kind], one.corner.is_shuffled, one.run)
        for one in standings.values()
        if (has_control or not one.corner.is_shuffled) and one.run.has_model and not one.status.is_active
    ]
    if len(sides) < 2:
        state = "is not finished yet" if standings else "has not begun"
        st.info(
            f"The duel {state}. When both networks have learned, their test images are shifted, turned, made noisy "
            "and covered here, and both accuracies shown.",
            icon=":material/hourglass_empty:",
        )
        return []
    for side in sides[1:]:
        check_comparable(sides[0].run, side.run)
    return sides


def _two_runs() -> list[_Side]:
    rows = {row.id: row for row in map(summarise, [run for run in list_runs() if run.has_model])}
    rows = {key: row for key, row in rows.items() if row.state != "damaged" and not row.is_active}
    if not rows:
        st.info("There is no finished run yet. Train one first.", icon=":material/info:")
        return []
    # With another A goes the B: it may not fit.
    first = _choose(FIRST, "A", rows, leaves={SECOND: None})
    same = {key: row for key, row in rows.items() if key != first and _is_alike(find_run(first), find_run(key))}
    if not same:
        st.info("No other finished run learned from the same images as A. Choose another A.", icon=":material/info:")
        return []
    second = _choose(SECOND, "B", same)
    keep_in_address({FIRST: first, SECOND: second})
    runs = [find_run(run_id) for run_id in (first, second)]
    names = [f"{letter}: {run_name(run, run.record())}" for letter, run in zip("AB", runs, strict=True)]
    return [_Side(name, SERIES[place], False, run) for place, (name, run) in enumerate(zip(names, runs, strict=True))]


def _is_alike(one: Run, other: Run) -> bool:
    try:
        check_comparable(one, other)
    except RunError:
        return False
    return True


def _choose(
    parameter: str, label: str, rows: Mapping[str, RunSummary], leaves: Mapping[str, None] = MappingProxyType({})
) -> str:
    asked = st.query_params.get(parameter)
    if asked is not None and asked not in rows:
        correct(parameter, None, f"“{shortened(asked)}” is no finished run that can be {label}")
    key = f"learn-duel-{parameter}"
    st.session_state[key] = asked if asked in rows else next(iter(rows))
    chosen: str = st.selectbox(
        label,
        list(rows),
        format_func=lambda run_id: run_label(rows[run_id]),
        key=key,
        on_change=lambda: choose(**leaves, **{parameter: st.session_state[key]}),
    )
    return chosen


def _result(name: Name, sides: Sequence[_Side], sweeps: Sequence[Sweep]) -> None:
    lines = [SweepLine(side.title, side.colour, one, side.is_dashed) for side, one in zip(sides, sweeps, strict=True)]
    classes = sides[0].run.record().data.class_names
    words = sweep_words([side.title for side in sides], list(sweeps))
    live_chart(sweep_figure(lines, 1 / len(classes)), key=f"duel-sweep-{name}", alt=words)
    st.markdown(plain(words))
    st.caption(f"{_HINTS[name]} Shaded: the 95% interval.")


def _strip(sides: Sequence[_Side], sweeps: Sequence[Sweep], images: np.ndarray, chosen: np.ndarray) -> None:
    classes = sides[0].run.record().data.class_names
    sample = whole_number(SAMPLE, default=1, least=1, most=len(chosen)) - 1
    truth = int(sweeps[0].labels[sample])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**One of them: {plain(classes[truth])}**")
        st.button(
            "Another one",
            icon=":material/casino:",
            on_click=choose,
            kwargs={SAMPLE: str((sample + 1) % len(chosen) + 1)},
            key="learn-duel-another",
        )
    change = CHANGES[sweeps[0].name]
    tiles = []
    # The one image alone: all that a sweep looks at are up to 64 MiB.
    for place, shown in enumerate(examples(sweeps[0], images[chosen[sample]], sample)):
        answers = [
            f"{side.title}: {classes[int(one.predicted[place, sample])]}"
            + (" ✓" if one.predicted[place, sample] == truth else " ✗")
            for side, one in zip(sides, sweeps, strict=True)
        ]
        tiles.append(Tile(shown, change.words(sweeps[0].strengths[place]), tuple(answers)))
    gallery(tiles)
