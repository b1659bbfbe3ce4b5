"""Every class by itself: its figures in a table, its curves against all other classes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from cnn_core.evaluation.class_table import class_errors, class_remarks, class_table
from cnn_core.evaluation.curves import OneVersusRest, one_versus_rest
from cnn_core.evaluation.predictions import Predictions
from pages.parts.address import change, correct, shortened
from pages.parts.boundary import errors_told
from pages.parts.evaluate.cell import PREDICTED, TRUE
from pages.parts.evaluate.class_curves import show_class_curves
from pages.parts.evaluate.subject import Subject
from pages.parts.evaluate.views import ERRORS, open_view
from pages.parts.words import plain

_CHOSEN = "classes"
# How often the table was made anew, and the rows that are chosen in it.
_TABLE = "by-class-table"
# In pixels. All of up to ten classes are seen at once.
_ROW_HEIGHT, _MOST_HEIGHT = 35, 460
# Names of more letters are cut, so that the figures have room; the charts and the box below have them whole.
_LONG_NAME, _NAME_WIDTH = 20, 140


def by_class(subject: Subject) -> None:
    """Show a row a class and the curves of all. A chosen class is pointed out in them and leads to its errors."""
    scores = None
    # Without the answers image by image there are still the figures of the report.
    with errors_told():
        scores = _scores(str(subject.run.path), subject.run.evaluated_ns, _predictions=subject.predictions())
    table = st.container()
    chosen = _choose_classes(subject.class_names)
    with table:
        for remark in class_remarks(subject.report):
            st.markdown(plain(remark))
        _table(subject, class_table(subject.report, scores), chosen)
    if len(chosen) == 1:
        _ways_to_errors(subject, chosen[0])
    if scores is not None:
        show_class_curves(subject.class_names, scores, chosen)


@st.cache_resource(max_entries=8, show_spinner=False)
def _scores(path: str, evaluated: int, _predictions: Predictions) -> tuple[OneVersusRest, ...]:  # noqa: ARG001 - the key
    return one_versus_rest(_predictions)


def _choose_classes(names: tuple[str, ...]) -> list[int]:
    asked = list(dict.fromkeys(st.query_params.get_all(_CHOSEN)))
    chosen = [name for name in asked if name in names]
    if missing := [name for name in asked if name not in names]:
        correct(_CHOSEN, chosen, f"there is no class “{shortened(missing[0])}”")
    st.session_state[_CHOSEN] = chosen
    st.multiselect(
        "Point out",
        names,
        key=_CHOSEN,
        on_change=lambda: change({_CHOSEN: st.session_state[_CHOSEN]}),
        placeholder="Choose classes here, or rows of the table",
    )
    return [names.index(name) for name in chosen]


def _table(subject: Subject, data: pd.DataFrame, chosen: list[int]) -> None:
    # A table keeps its own choice: where the box below or Back has changed it, this is another table.
    version, of_table = st.session_state.get(_TABLE, (0, chosen))
    version += of_table != chosen
    st.session_state[_TABLE] = version, chosen
    key = f"by-class-{subject.run.id}-{version}"
    st.dataframe(
        data,
        hide_index=True,
        placeholder="–",
        height=min(_ROW_HEIGHT * (len(data) + 1) + 3, _MOST_HEIGHT),
        column_config=_columns(is_long=data["class"].str.len().max() > _LONG_NAME),
        on_select=lambda: _take_over(key, subject.class_names),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": chosen}},
        key=key,
        alt="Each class with its figures. Choosing a row points out its curves; the box below does the same.",
    )


def _take_over(key: str, names: tuple[str, ...]) -> None:
    rows: list[int] = st.session_state[key]["selection"]["rows"]
    st.session_state[_TABLE] = st.session_state[_TABLE][0], rows
    change({_CHOSEN: [names[row] for row in rows]})


def _columns(*, is_long: bool) -> dict[str, Any]:
    return {
        "class": st.column_config.TextColumn(pinned=True, width=_NAME_WIDTH if is_long else None),
        "images": st.column_config.NumberColumn(
            format="localized", width=75, help="Test images of the class (its support)."
        ),
        "precision": _share("Of the images that the network calls so, the share that really are."),
        "recall": _share("Of the images of the class, the share that the network finds."),
        "F1": _share("Precision and recall in one figure (their harmonic mean): high only where both are."),
        "average precision": _share(
            "Precision on average, while more and more images are called so, the surest first: the area under the "
            "precision-recall curve."
        ),
        "ROC AUC": _share(
            "How often an image of the class gets a higher probability for it than an image of another class: the area "
            "under the ROC curve. Guessing has 50%."
        ),
    }


def _share(explanation: str) -> Any:
    return st.column_config.ProgressColumn(format="%.1f%%", min_value=0, max_value=100, width=118, help=explanation)


def _ways_to_errors(subject: Subject, label: int) -> None:
    name, errors = subject.class_names[label], class_errors(subject.report, label)
    with st.container(horizontal=True):
        st.button(
            f"Show its errors: {errors.missed:,} missed",
            icon=":material/search:",
            key="by-class-missed",
            on_click=open_view,
            args=(ERRORS,),
            kwargs={TRUE: name},
            disabled=not errors.missed,
            help="Images of the class that were taken for another one.",
        )
        st.button(
            f"{errors.mistaken:,} others taken for it",
            icon=":material/call_merge:",
            key="by-class-mistaken",
            on_click=open_view,
            args=(ERRORS,),
            kwargs={PREDICTED: name},
            disabled=not errors.mistaken,
            help="Images of other classes that were taken for this one.",
        )
