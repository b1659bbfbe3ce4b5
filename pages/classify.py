"""Classify: bring pictures in any way, and see what the network sees and says."""

import streamlit as st

from pages.parts.choose_run import choose_run
from pages.parts.classify.answer_view import show_answer
from pages.parts.classify.camera import camera
from pages.parts.classify.draw import PAPER_SIDE, draw
from pages.parts.classify.drop import drop
from pages.parts.classify.feedback_table import feedback_table
from pages.parts.classify.known_classes import show_known_classes
from pages.parts.classify.shown import show_arrivals
from pages.parts.classify.test_image import choose_test_image, show_label
from pages.parts.classify.ways_in import choose_way

st.title("Classify")
run = choose_run("model")
show_known_classes(run.record().data.class_names)
way = choose_way()
if way == "drop":
    show_arrivals(drop(), run)
elif way == "camera":
    show_arrivals(camera(), run)
elif way == "test-image":
    image = choose_test_image(run)
    if image is not None:
        show_label(image, run)
        show_answer(image.picture, run, is_asked_back=False)
else:
    # Not columns: they would squeeze the paper in a narrow window, this puts the answer below it.
    with st.container(horizontal=True, gap="medium"):
        paper, answer = st.container(width=PAPER_SIDE), st.container(width="stretch")
    with paper:
        pictures = draw()
    with answer:
        if not pictures:
            st.info("Draw one of its classes: the answer appears here while you draw.", icon=":material/draw:")
        for picture in pictures:
            show_answer(picture, run)
feedback_table(run)
