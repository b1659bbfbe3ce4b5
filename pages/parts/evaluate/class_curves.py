"""Precision-recall and ROC curves of the classes, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnn_core.evaluation.curves import OneVersusRest
from cnn_core.figures.class_curves import ClassCurve, class_curves_figure, shown_classes
from pages.parts.live_chart import live_chart

_ZOOMED = "by-class-zoomed"


def show_class_curves(names: tuple[str, ...], scores: Sequence[OneVersusRest], chosen: Sequence[int]) -> None:
    """Show both charts.

    Args:
        names: Of the classes, in the order of the labels.
        scores: Each class against the rest.
        chosen: Classes to point out.
    """
    shown = shown_classes([score.average_precision for score in scores], chosen)
    st.subheader("Each class against all others", anchor=False)
    is_zoomed = st.toggle(
        "Zoom into the corner where the curves bend", value=True, key=_ZOOMED, persist_state="session"
    )
    if shown.words:
        st.caption(shown.words)
    left, right = st.columns(2, gap="medium")
    # Another part of the axes is another chart: a zoom into the one means nothing in the other.
    part = "corner" if is_zoomed else "whole"
    with left:
        st.markdown(
            "**Precision and recall**",
            help="The lower the probability that is enough to call an image so, the more of the class is found "
            "(recall), and the more of what is called so is wrong (precision). Good: the upper right corner. The "
            "figure beside a name is the average precision.",
        )
        curves = {
            place: ClassCurve(names[place], scores[place].precision_recall, scores[place].average_precision)
            for place in shown.drawn
        }
        live_chart(
            class_curves_figure("precision-recall", curves, shown, is_zoomed=is_zoomed),
            key=f"precision-recall-{part}",
            alt="Precision over recall, a curve a class. The table above has their average precisions.",
        )
    with right:
        st.markdown(
            "**ROC**",
            help="The lower the probability that is enough to call an image so, the more of the class is found "
            "(recall), and the more images of other classes are called so, too (false alarms). Good: the upper left "
            "corner. The figure beside a name is the area under the curve.",
        )
        curves = {place: ClassCurve(names[place], scores[place].roc, scores[place].roc_auc) for place in shown.drawn}
        live_chart(
            class_curves_figure("ROC", curves, shown, is_zoomed=is_zoomed),
            key=f"roc-{part}",
            alt="Recall over the share of other images taken for the class, a curve a class. The table above has the "
            "areas under them.",
        )
