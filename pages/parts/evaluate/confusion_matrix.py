"""The confusion matrix that one can ask: click a cell, or choose by keyboard. The choice lives in the address."""

from __future__ import annotations

import streamlit as st

from cnn_core.evaluation.report import Report
from cnn_core.figures.confusion import confusion_figure

_CHART, _TRUE, _PREDICTED, _SCALE = "matrix", "true", "predicted", "scale"
_ANY = "any"


def choose_cell(report: Report) -> tuple[int | None, int | None]:
    """Show the matrix and two boxes for the keyboard.

    Returns:
        The chosen true and predicted class; ``None`` stands for any.
    """
    names = list(report.class_names)
    scale = st.segmented_control(
        "Cells show",
        ["counts", "row shares"],
        default="counts",
        required=True,
        key=_SCALE,
        bind="query-params",
    )
    left, middle, right = st.columns([4, 4, 3], vertical_alignment="bottom")
    # Read before the chart is drawn: it outlines the choice.
    true = left.selectbox("True class", [_ANY, *names], key=_TRUE, bind="query-params")
    predicted = middle.selectbox("Predicted class", [_ANY, *names], key=_PREDICTED, bind="query-params")
    right.button("All errors", on_click=_clear, width="stretch", disabled=true == predicted == _ANY)
    cell = (
        None if true == _ANY else names.index(true),
        None if predicted == _ANY else names.index(predicted),
    )
    is_dark = st.context.theme.type == "dark"
    st.plotly_chart(
        confusion_figure(report.matrix(), report.class_names, scale=scale, selected=cell, is_dark=is_dark),
        key=_CHART,
        on_select=lambda: _take_over_click(names),
        selection_mode="points",
        config={"displayModeBar": False},
        alt="Confusion matrix: rows are the true class, columns the predicted one. The boxes above choose a cell.",
    )
    return cell


def _take_over_click(names: list[str]) -> None:
    points = st.session_state[_CHART]["selection"]["points"]
    # Drawing the chart anew reports an empty selection; only a click counts.
    if points:
        true, predicted = points[0]["customdata"][:2]
        st.session_state[_TRUE], st.session_state[_PREDICTED] = names[true], names[predicted]


def _clear() -> None:
    st.session_state[_TRUE] = st.session_state[_PREDICTED] = _ANY
