"""Classify: drop pictures or draw one, and see what the network sees and says."""

import streamlit as st

from pages.parts import cached
from pages.parts.answers import show_answers
from pages.parts.choose_run import choose_run
from pages.parts.ways_in import PAPER_SIDE, draw, drop

st.title("Classify")
run = choose_run("model")
class_names = run.record().data.class_names
st.caption(f"This network knows {len(class_names)} classes: {', '.join(class_names)}.")
way = st.segmented_control(
    "How do you bring your picture?",
    ["Drop pictures", "Draw"],
    default="Drop pictures",
    required=True,
    key="way",
    bind="query-params",
)
if way == "Draw":
    # Not columns: they would squeeze the paper in a narrow window, this puts the answer below it.
    with st.container(horizontal=True, gap="medium"):
        paper, answer = st.container(width=PAPER_SIDE + 20), st.container(width=500)
    with paper:
        pictures = draw()
else:
    pictures, answer = drop(), st.container()
with answer:
    if way == "Draw" and not pictures:
        st.info("Draw one of its classes: the answer appears here while you draw.", icon=":material/draw:")
    show_answers(pictures, lambda: cached.classifier(run), network=cached.classifier_key(run))
