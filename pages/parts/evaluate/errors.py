"""The confusion matrix that one can ask, and the images behind each of its cells."""

from __future__ import annotations

import streamlit as st

from cnn_core.evaluation.examples import select_examples
from pages.parts import cached
from pages.parts.evaluate.confusion_matrix import choose_cell
from pages.parts.evaluate.examples import show_examples
from pages.parts.evaluate.subject import Subject


def errors(subject: Subject) -> None:
    """Show the matrix and, beside it, the images of what is chosen in it."""
    predictions = subject.predictions()
    matrix, images = st.columns([6, 5], gap="medium")
    with matrix:
        st.subheader("Confusion matrix", anchor=False)
        true, predicted = choose_cell(subject.report)
    with images:
        is_diagonal = true is not None and true == predicted
        st.subheader("Rightly classified images" if is_diagonal else "Misclassified images", anchor=False)
        show_examples(
            predictions,
            lambda order: select_examples(predictions, true=true, predicted=predicted, order=order),
            images=cached.test_images(subject.run),
            class_names=subject.class_names,
            selection=(subject.run.id, true, predicted),
        )
