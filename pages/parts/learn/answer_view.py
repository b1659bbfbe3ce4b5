"""From feature maps to an answer: flatten, a dense layer, softmax, with the real numbers of a network."""

from __future__ import annotations

import streamlit as st

from cnn_core.errors import RunError
from cnn_core.learn.arithmetic import explain
from cnn_core.learn.chain import Chain
from cnn_core.learn.numbers import figure
from cnn_core.learn.softmax import LEAST_TEMPERATURE, MOST_TEMPERATURE, Softmax, softmax_terms
from cnn_core.learn.stations import Maps
from cnn_core.learn.weighed import WeighedSum
from cnn_core.learn.window import Sliding
from cnn_core.runs.store import SHOWCASE
from pages.parts import cached
from pages.parts.address import decimal_number, one_of
from pages.parts.boundary import errors_told
from pages.parts.choose_run import choose_run
from pages.parts.gallery import Tile, gallery
from pages.parts.learn.board import Sheet, board
from pages.parts.learn.controls import slider
from pages.parts.learn.drawing import Shown
from pages.parts.learn.kernel import chosen_kernel
from pages.parts.learn.lesson import Try, lesson
from pages.parts.learn.network.walked import Subject, subject_of
from pages.parts.learn.picture import choose_picture
from pages.parts.learn.place import look_at, place_asked
from pages.parts.learn.prepared import prepared_for
from pages.parts.learn.steps import chain_of
from pages.parts.learn.tables import show_contributions, show_softmax
from pages.parts.learn.views import SOFTMAX, WORK, choose

_TEXT = """
After the last pooling all maps are laid out as one long row of numbers: they are **flattened**. A **dense layer**
then does for each class what the kernel did for each window: it multiplies every number by a weight of that class,
adds all of it up, and adds one more number, the bias. The sum is the class's **logit**: its score, which may be any
number. To make shares of the scores, **softmax** takes *e* to the power of each, which is always positive and favours
the large ones, and divides by the sum of them all. Now they add up to 100%, and the largest share is the answer.
Below, a trained network does so for your picture, with its real numbers.
"""

_TRIES = (
    Try(
        "Make it sure of everything",
        "All scores are divided by a temperature of 0.2 first: the best class takes nearly all, though no logit "
        "has changed.",
        {"temperature": "0.2"},
        SOFTMAX,
    ),
    Try(
        "Make it doubt",
        "A temperature of 4: the shares come close to each other, and the order stays.",
        {"temperature": "4"},
        SOFTMAX,
    ),
    Try("Leave it as it is", "A temperature of 1 is plain softmax.", {"temperature": None}, SOFTMAX),
)
_STRONGEST = 6


def answer() -> Shown:
    """Show the view. Imports TensorFlow.

    Raises:
        RunError: The run has no network, or its answer cannot be worked out.
    """
    lesson("From numbers to an answer", _TEXT, _TRIES)
    left, right = st.columns([4, 7], gap="medium")
    with left:
        picture = choose_picture()
    with right:
        run = choose_run("model", preferred=SHOWCASE, on_choose=_go_to)
        st.caption("A run is a network that was trained with this app. Its own classes are all that it can answer.")
    chain = None
    # Without a kernel that fits there is no map to lay out; the network goes without.
    with st.container(border=True, key=WORK), errors_told():
        chain = chain_of(picture, chosen_kernel())
        _flatten(chain)
    prepared = prepared_for(picture, run)
    if prepared is None:
        return Shown(chain)
    with st.spinner("Asking the network…"):
        subject = subject_of(run, None, prepared)
        maps = subject.around(subject.stations[-1])
        classifier = cached.classifier(run)
        fitted = (classifier.adapted if subject.is_adapted and classifier.adapted else classifier).temperature
    temperature = decimal_number("temperature", default=1.0, least=LEAST_TEMPERATURE, most=MOST_TEMPERATURE)
    shares = softmax_terms(maps.logits, temperature)
    names = run.record().data.class_names
    with st.container(border=True):
        _dense(subject, maps)
    with st.container(border=True, key=SOFTMAX):
        _softmax(shares, names, fitted)
    return Shown(chain, [term.probability for term in shares.terms])


def _go_to(run_id: str) -> None:
    # Another network has other classes and other filters.
    choose(**{"run": run_id, "filter": None, "class": None})


def _flatten(chain: Chain) -> None:
    st.subheader("1 · Flatten: a map becomes a row", anchor=False)
    values = chain.pooled.result
    row = values.reshape(1, -1)
    limit = max(float(abs(values).max()), 1e-9)
    board(
        "flatten",
        Sheet("Pooled map", values, is_signed=True, limit=limit),
        Sheet("The same numbers as a row", row, is_signed=True, limit=limit),
        Sliding(*values.shape, 1),
        place=place_asked(*row.shape, default=(0, int(abs(row).argmax()))),
        key="board-flatten",
        on_choose=look_at,
    )
    count, columns = values.size, values.shape[1]
    st.caption(
        f"Row by row: the number at row r, column c (counted from 1) becomes number (r − 1)·{columns} + c of {count}. "
        "A network lays all of its maps out in one row like this; here it is the one from the view Pooling."
    )


def _dense(subject: Subject, maps: Maps) -> None:
    st.subheader("2 · Dense: a score for each class", anchor=False)
    names = subject.class_names
    name = one_of("class", names, default=names[int(maps.logits.argmax())])
    logit = explain(subject.stations[-1], maps, (names.index(name),))
    if not isinstance(logit, WeighedSum):
        raise RunError("The last layer of this network is not dense: its answer cannot be worked out here.")
    image, sums = st.columns([1, 4], gap="medium")
    with image:
        height, width = subject.image.shape[:2]
        gallery([Tile(subject.image, "What the network sees", (f"{width} × {height} pixels",))])
    with sums:
        st.session_state["learn-class"] = name
        st.selectbox("Class", names, key="learn-class", on_change=_write_class, width=260)
        show_contributions(logit, name, _STRONGEST)


def _write_class() -> None:
    choose(**{"class": st.session_state["learn-class"]})


def _softmax(shares: Softmax, names: tuple[str, ...], fitted: float) -> None:
    st.subheader("3 · Softmax: shares of the scores", anchor=False)
    with st.container(width=420):
        words = "By which all logits are divided before softmax"
        slider(
            "temperature",
            "Temperature T",
            LEAST_TEMPERATURE,
            MOST_TEMPERATURE,
            shares.temperature,
            default=1.0,
            help=words,
        )
    st.caption(_effect(shares.temperature))
    show_softmax(shares, names)
    if fitted != 1:
        st.caption(
            f"On Classify this network's logits are divided by {figure(fitted)}. That temperature was found with "
            "images that it had not learned from, so that it is right as often as its shares say."
        )


def _effect(temperature: float) -> str:
    if temperature < 1:
        return "Below 1 the differences between the logits grow: the largest share grows, the network seems surer."
    if temperature > 1:
        return "Above 1 the differences between the logits shrink: the shares become alike, the network seems to doubt."
    return "At 1 nothing is changed. Below 1 the largest share grows, above 1 the shares become more alike."
