"""Test images whose label is probably wrong, for a person to look at and to mark."""

from __future__ import annotations

import html
from collections.abc import Hashable, Mapping

import numpy as np
import streamlit as st

from cnn_core.errors import CnnLabError
from cnn_core.evaluation.label_issues import LabelIssues, find_label_issues
from cnn_core.evaluation.label_list import estimate_in_words, issues_csv
from cnn_core.runs.directory import Run
from cnn_core.runs.label_marks import MARKS, Mark, read_marks, save_mark
from pages.parts import cached
from pages.parts.address import change, one_of
from pages.parts.boundary import errors_toasted
from pages.parts.evaluate.image_view import open_image
from pages.parts.evaluate.subject import Subject
from pages.parts.gallery import data_uri
from pages.parts.pager import one_page
from pages.parts.words import plain

_PAGE_SIZE, _COLUMNS = 12, 3
_SHOWN = "marks"
_ALL, _UNMARKED, _MARKED = _KINDS = ("all", "not looked at", "looked at")
# What was chosen when the list was made: it does not move under the hand that marks it.
_LIST = "labels-list"
_WORDS: dict[Mark, str] = {"keep": "label right", "wrong": "label wrong", "ambiguous": "unclear"}

_CSS = """
<style>
.cnn-lab-label { display: flex; gap: .75rem; align-items: flex-start; }
.cnn-lab-label img { width: 92px; flex: none; image-rendering: pixelated; border-radius: .25rem; }
.cnn-lab-label dl { margin: 0; padding: 0; font-size: .875rem; line-height: 1.3; min-width: 0;
  overflow-wrap: anywhere; }
.cnn-lab-label dt { opacity: .8; font-size: .8rem; }
.cnn-lab-label dd { margin: 0 0 .3rem; padding: 0; font-weight: 600; }
/* Three in a row, also where three cards stand beside each other. */
[class*="st-key-label-mark-"] button { padding-inline: .25rem; }
[class*="st-key-label-mark-"] button * { font-size: .8rem; }
/* An icon to those who see it, words to those who hear them. */
[class*="st-key-label-open-"] button [data-testid="stMarkdownContainer"] {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
</style>
"""


def labels(subject: Subject) -> list[int]:
    """Show the suspicious labels, the most suspicious first, with a mark for each that is saved with the run.

    Returns:
        The images that are shown, on all pages.
    """
    answers = subject.predictions()
    issues = find_label_issues(answers.labels, answers.probabilities)
    st.markdown(
        "Images that the network confidently puts into another class than their label says, the strongest "
        "contradiction first. It never learned from them. **The network may be wrong, not the label:** look and decide."
    )
    estimate = estimate_in_words(issues, len(answers))
    if not len(issues):
        st.info(f"No label of this run's test images is suspicious. {estimate}", icon=":material/check:")
        return []
    st.caption(estimate)
    marks = _marks_told(subject.run)
    chosen = _choose(issues, subject, marks or {})
    if not len(chosen):
        st.info("No image here. Show all to see the others.", icon=":material/check:")
        return []
    images = cached.test_images(subject.run)
    st.html(_CSS)
    _grid(chosen, issues, subject, images, marks)
    shown: list[int] = issues.indices[chosen].tolist()
    return shown


def _marks_told(run: Run) -> Mapping[int, Mark] | None:
    """The marks; ``None``, and a message, where they cannot be read: the list can be looked at all the same."""
    try:
        return read_marks(run)
    except CnnLabError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def _choose(issues: LabelIssues, subject: Subject, marks: Mapping[int, Mark]) -> np.ndarray:
    """Show how far the person has come, and let them choose what to show: places in the list."""
    is_marked = np.isin(issues.indices, list(marks))
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        shown = one_of(_SHOWN, _KINDS, default=_ALL)
        st.session_state[_SHOWN] = shown
        st.segmented_control("Show", _KINDS, required=True, key=_SHOWN, on_change=_write_to_address)
        st.progress(is_marked.mean(), f"{is_marked.sum():,} of {len(issues):,} looked at", width=260)
        st.download_button(
            "Download as CSV",
            issues_csv(issues, subject.class_names, marks),
            file_name=f"{subject.run.id}-labels.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    fits = {_ALL: np.ones_like(is_marked), _UNMARKED: ~is_marked, _MARKED: is_marked}[shown]
    return _list(fits, of=(subject.run.id, subject.run.evaluated_ns, shown))


def _list(fits: np.ndarray, of: Hashable) -> np.ndarray:
    """What fits the choice, and what did when the list was made: marking an image takes it away only when asked to."""
    before, listed = st.session_state.get(_LIST, (None, fits))
    listed = fits | listed if before == of else fits
    st.session_state[_LIST] = of, listed
    # There in any case: what stands below it would be drawn anew with its coming, and the focus lost.
    place = st.container(horizontal=True, vertical_alignment="center")
    if moved := int((listed & ~fits).sum()):
        with place:
            are = "image, marked since, keeps its place" if moved == 1 else "images, marked since, keep their places"
            st.caption(f"{moved:,} {are}.", width="content")
            st.button("Leave out", type="tertiary", on_click=_forget_list)
    return np.flatnonzero(listed)


def _forget_list() -> None:
    st.session_state.pop(_LIST, None)
    change({"page": None})


def _write_to_address() -> None:
    _forget_list()
    shown = st.session_state[_SHOWN]
    change({_SHOWN: None if shown == _ALL else shown, "page": None})


def _grid(
    chosen: np.ndarray,
    issues: LabelIssues,
    subject: Subject,
    images: np.ndarray | None,
    marks: Mapping[int, Mark] | None,
) -> None:
    places = one_page(chosen, size=_PAGE_SIZE, what="images", key="labels")
    for first in range(0, len(places), _COLUMNS):
        row = places[first : first + _COLUMNS]
        for column, place in zip(st.columns(_COLUMNS), row, strict=False):
            index = int(issues.indices[place])
            with column, st.container(border=True, height="stretch", gap="small"):
                with st.container(horizontal=True, gap="small"):
                    st.html(_described(int(place), issues, subject.class_names, images))
                    st.button(
                        f"Open test image {index}",
                        icon=":material/open_in_full:",
                        key=f"label-open-{index}",
                        help="Open the image",
                        type="tertiary",
                        on_click=open_image,
                        args=(index,),
                    )
                _mark_control(subject.run, index, marks)


def _described(place: int, issues: LabelIssues, class_names: tuple[str, ...], images: np.ndarray | None) -> str:
    given, suggested = (html.escape(class_names[part[place]]) for part in (issues.given, issues.suggested))
    index = issues.indices[place]
    picture = "" if images is None else f'<img src="{data_uri(images[index])}" alt="Test image {index}">'
    return (
        f'<div class="cnn-lab-label">{picture}<dl>'
        f"<dt>Label, {issues.given_probability[place]:.1%}</dt><dd>{given}</dd>"
        f"<dt>Network, {issues.suggested_probability[place]:.1%}</dt><dd>{suggested}</dd>"
        f"<dt>Test image {index}</dt></dl></div>"
    )


def _mark_control(run: Run, index: int, marks: Mapping[int, Mark] | None) -> None:
    key = f"label-mark-{run.id}-{index}"
    # The file decides, each time: somebody else may have marked it, or the mark could not be saved.
    st.session_state[key] = (marks or {}).get(index)
    st.segmented_control(
        f"The label of test image {index}",
        MARKS,
        format_func=_WORDS.__getitem__,
        key=key,
        label_visibility="collapsed",
        on_change=_save,
        args=(run, index, key),
        disabled=marks is None,
        width="stretch",
    )


def _save(run: Run, index: int, key: str) -> None:
    with errors_toasted():
        save_mark(run, index, st.session_state[key])
