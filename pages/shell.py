"""The frame: menu, what is training now, error boundary. ``app.py`` runs this script; it runs the chosen page."""

import sys
from pathlib import Path

import streamlit as st

# The pages import `cnn_core` and `pages.parts` from the project's root, wherever the server was started.
_ICON = Path(__file__).with_name("icon.png")
_LOGO = Path(__file__).with_name("logo.svg")
_ROOT = str(Path(__file__).resolve().parents[1])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

from pages.parts.boundary import errors_told, toast_kept  # noqa: E402
from pages.parts.compiled_graphs import compiled_graphs_kept  # noqa: E402
from pages.parts.learn.mode import PAGES, is_left_out  # noqa: E402
from pages.parts.look import apply_look  # noqa: E402
from pages.parts.run_dialogs import leave_questions_behind  # noqa: E402
from pages.parts.training_now import training_now  # noqa: E402

st.set_page_config(page_title="CNN Lab", page_icon=str(_ICON), layout="wide")
apply_look()

pages = [
    st.Page("home.py", title="Home", icon=":material/home:", default=True),
    st.Page("data.py", title="Data", icon=":material/photo_library:"),
    st.Page("train.py", title="Train", icon=":material/play_circle:"),
    st.Page("runs.py", title="Runs", icon=":material/list:"),
    st.Page("evaluate.py", title="Evaluate", icon=":material/fact_check:"),
    st.Page("classify.py", title="Classify", icon=":material/image_search:"),
    st.Page("learn.py", title="Learn", icon=":material/school:"),
]
page = st.navigation(pages)
# Which page it is, the menu must have told; then it goes where a teacher's link leaves it out.
has_menu = page.url_path != "learn" or not is_left_out(PAGES)
if not has_menu:
    page = st.navigation(pages, position="hidden")
leave_questions_behind(page.url_path)
toast_kept()
st.logo(str(_LOGO), size="large", icon_image=str(_ICON))
if has_menu:
    with st.sidebar:
        training_now()
with compiled_graphs_kept(), errors_told():
    page.run()
