"""The end of the quiz: the score of the person beside that of the network, and all images with their answers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.quiz import QuizState, answer_in_words, published_score, result_in_words, scores
from pages.parts.evaluate.image_view import open_image
from pages.parts.evaluate.subject import Subject
from pages.parts.gallery import Tile
from pages.parts.tiles import clickable_gallery


def show_result(state: QuizState, answers: Predictions, images: np.ndarray, subject: Subject) -> None:
    """Show the scores, and each image with the label and both answers."""
    count = len(state.images)
    person, network = scores(state.images, state.given, answers)
    st.subheader(result_in_words(person, network, count), anchor=False)
    published = published_score(subject.record.dataset)
    with st.container(horizontal=True):
        st.metric("You", f"{person} of {count}", border=True)
        st.metric("The network", f"{network} of {count}", border=True)
    st.caption(
        "Unfair to the network: the images were chosen because it finds them hard, so it does far better on the rest. "
        "Right is what the dataset's label says; some labels are wrong."
    )
    if published:
        st.caption(
            f"The published {published.accuracy:.1%} of people are of another test ({published.how}; "
            f"[source]({published.source})). They were not hard images as these are, so do not compare your score here "
            f"with it. On all test images this network reaches {subject.report.accuracy:.1%}."
        )
    names = subject.class_names
    clickable_gallery(
        [
            Tile(
                image=images[index],
                title=f"label: {names[answers.labels[index]]}",
                lines=answer_in_words(index, given, answers, names),
                id=index,
            )
            for index, given in zip(state.images, state.given, strict=True)
        ],
        key="quiz-images",
        on_open=open_image,
        label="The images of the quiz",
    )
