"""Learn, where it teaches: Start, the questions, and what a teacher's link leaves out."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import streamlit as st
from scipy.signal import correlate2d

from cnn_core.data.load import load_dataset
from cnn_core.learn.chain import Chain
from cnn_core.learn.kernels import KERNELS
from cnn_core.learn.question_set import COUNT, draw_questions
from cnn_core.runs.store import SHOWCASE
from pages.parts.learn import views
from tests.app.reading import component_of, html_of, open_tab, words_of
from tests.app.test_learn_networks import run_of
from tests.app.test_page_learn import png

SOBEL = KERNELS["sobel-vertical"].weights


@pytest.fixture
def learn(visit):
    return lambda **query: visit("learn.py", **query)


def digit(index=0):
    return load_dataset("digits").train_images[index, ..., 0] / 255


def told(app):
    return " ".join(toast.value for toast in app.toast)


def text_of(app):
    return words_of(app) + html_of(app)


def tabs_of(app):
    return [tab.label for tab in app.tabs]


def button(app, label):
    (found,) = [one for one in app.button if one.label == label]
    return found


def buttons_of(app, prefix):
    return [one for one in app.button if (one.key or "").startswith(prefix)]


def test_start_opens_where_nothing_is_asked_for(learn):
    app = learn()
    assert not app.exception
    assert app.query_params == {}
    assert tabs_of(app)[0] == views.START
    assert tabs_of(app)[-1] == views.QUESTIONS
    for words in ("table of numbers", "compare pixels", "The loss", "The gradient", "epochs", "layer by layer"):
        assert words in text_of(app)


def test_a_view_that_is_none_opens_start_and_is_told(learn):
    app = learn(show="Nothing")
    assert app.query_params == {}
    assert "Nothing" in told(app)
    assert "From a picture to an answer" in words_of(app)


def test_start_shows_the_numbers_of_the_picture(learn):
    app = learn(picture="digits", image="3")
    assert "8 rows and 8 columns" in words_of(app)
    (table,) = re.findall(r"<table aria-label='The numbers.*?</table>", words_of(app))
    cells = [float(cell) for cell in re.findall(r">([\d.]+)</td>", table)]
    windows = np.lib.stride_tricks.sliding_window_view(digit(3), (6, 6)).reshape(-1, 36)
    assert np.abs(windows - cells).max(axis=1).min() < 0.006


@pytest.mark.parametrize("step", range(1, 6))
def test_each_step_draws_one_layer_more(learn, step):
    app = learn(step=str(step))
    assert not app.exception
    drawing = re.search(r'<ol class="cnn-lab-network".*?</ol>', html_of(app))[0]
    assert drawing.count("<li") == step
    assert drawing.count('aria-current="step"') == 1
    sizes = ["8×8: 64 numbers", "6×6: 36 numbers", "6×6, as before", "3×3: 9 numbers", "9 numbers in a row"]
    assert re.findall(r'<span class="size">(.*?)</span>', drawing) == sizes[:step]


def test_the_next_step_is_a_button_and_stands_in_the_address(learn):
    app = learn()
    button(app, "Next step").click().run()
    assert app.query_params["step"] == "2"
    assert "feature map" in words_of(app)
    button(app, "Back").click().run()
    assert "step" not in app.query_params


def test_the_whole_network_ends_with_the_answer_of_a_trained_one(learn):
    app = learn(step="8")
    assert not app.exception
    assert not app.error
    drawings = re.findall(r'<ol class="cnn-lab-network.*?</ol>', html_of(app))
    assert [drawing.count("<li") for drawing in drawings] == [7, 8]
    assert "10 shares" in drawings[0]
    assert "8×8×4" in drawings[1]
    assert "2×2×6" in drawings[1]
    assert "40 weights, the second one 222" in words_of(app)


@pytest.mark.parametrize("step", ["0", "9", "x"])
def test_a_step_that_is_none_is_told(learn, step):
    app = learn(step=step)
    assert "step goes from 1 to 8" in told(app)
    assert app.query_params == {}


def test_the_buttons_of_start_open_views_that_are_set_up(learn):
    app = learn(kernel="emboss")
    assert len(buttons_of(app, "start-")) == 6
    app.button(key="start-section-1-try").click().run()
    assert app.query_params == {"show": views.CONVOLUTION, "kernel": "identity"}
    open_tab(app, views.START)
    app.button(key="start-section-4-try").click().run()
    assert component_of(app, "board-convolution")["kernel"]["weights"] == [0, 0, 0, 0, 1, 0, 0, 0, 0]
    open_tab(app, views.START)
    app.button(key="start-section-3-try").click().run()
    assert not app.exception
    assert app.query_params["shift"] == "right"
    assert len(app.metric) == 2


@pytest.mark.parametrize("button", ["start-section-6-try", "layer-Many filters, several blocks"])
def test_learned_kernels_are_those_of_the_network_that_comes_with_the_app(learn, button):
    # The choice of a run outlives its place in the address.
    app = learn(show=views.ANSWER, run=run_of("mlp").id)
    open_tab(app, views.START)
    app.query_params["step"] = "8"
    app.run()
    app.button(key=button).click().run()
    assert not app.error
    assert app.query_params["run"] == SHOWCASE


def test_a_picture_in_which_nothing_is_found_is_drawn_as_far_as_it_goes(learn):
    app = learn(picture="upload", step="8")
    app.file_uploader(key="learn-file").set_value([("white.png", png(np.full((20, 20), 255, np.uint8)), "image/png")])
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    (drawing,) = re.findall(r'<ol class="cnn-lab-network.*?</ol>', html_of(app))
    assert drawing.count("<li") == 5
    assert "Softmax" not in drawing
    assert "with 0.0%" not in words_of(app)


def test_an_upload_is_what_start_is_about(learn):
    app = learn(picture="drawing")
    assert not app.exception
    assert "Draw something" in words_of(app)


def asked(seed=1, **changes):
    return draw_questions(Chain(digit(), SOBEL, **changes), seed)


def answer(app, place, choice):
    return app.button(key=f"question-{place}-{choice}").click().run()


def test_the_questions_are_those_of_the_address(learn):
    app = learn(show=views.QUESTIONS, q="7")
    question = asked(7)[0]
    assert not app.exception
    assert question.text in words_of(app).replace("\\", "")
    shown = [one.label.replace("\\", "") for one in buttons_of(app, "question-0-")]
    assert shown == [choice.text for choice in question.choices]


def test_all_are_answered_explained_and_counted(learn):
    app = learn(show=views.QUESTIONS, q="7")
    for place, question in enumerate(asked(7)):
        right = question.choices.index(question.right)
        answer(app, place, right if place != 1 else (right + 1) % len(question.choices))
        assert not app.exception
        assert (app.success[0].value == "Right.") if place != 1 else app.error
        explained = html_of(app)
        assert explained.count("(your answer)") == 1
        assert explained.count('class="right') == 1
        app.button(key="next-question").click().run()
    assert f"{COUNT - 1} of {COUNT} right" in words_of(app)
    assert len(app.expander) == COUNT
    app.button(key="answer-again").click().run()
    assert buttons_of(app, "question-0-")


def test_see_it_sets_the_view_up_and_the_answer_waits(learn):
    seed = next(seed for seed in range(50) if asked(seed)[0].name == "window_sum")
    app = learn(show=views.QUESTIONS, q=str(seed))
    row, column = asked(seed)[0].see.place
    answer(app, 0, 0)
    app.button(key="question-0-see").click().run()
    assert app.query_params["show"] == views.CONVOLUTION
    assert component_of(app, "board-convolution")["at"] == [row, column]
    expected = correlate2d(digit(), SOBEL, "valid")[row, column]
    assert f"{expected:.3f}".rstrip("0").rstrip(".").replace("-", "−") in html_of(app)
    open_tab(app, views.QUESTIONS)
    assert app.query_params["q"] == str(seed)
    assert "(your answer)" in html_of(app)


# Between them they lead to another stride, another padding, another kernel and another pooling.
@pytest.mark.parametrize("seed", [2, 3])
def test_who_looks_after_each_answer_comes_back_to_the_same_questions(learn, seed):
    begun = {"show": views.QUESTIONS, "q": str(seed), "run": "showcase", "padding": "zeros", "pooling": "average"}
    app = learn(**begun)
    for place in range(COUNT):
        answer(app, place, 0)
        app.button(key=f"question-{place}-see").click().run()
        assert app.query_params["show"] != views.QUESTIONS
        open_tab(app, views.QUESTIONS)
        assert app.query_params == begun
        assert "(your answer)" in html_of(app)
        app.button(key="next-question").click().run()
    assert f"of {COUNT} right" in words_of(app)
    app.button(key="result-1-see").click().run()
    open_tab(app, views.QUESTIONS)
    assert f"of {COUNT} right" in words_of(app)


def test_what_one_changes_oneself_while_looking_stays(learn):
    seed = next(seed for seed in range(50) if asked(seed)[0].name == "made_by")
    app = learn(show=views.QUESTIONS, q=str(seed), stride="2")
    answer(app, 0, 0)
    app.button(key="question-0-see").click().run()
    assert "stride" not in app.query_params
    app.segmented_control(key="learn-stride").set_value(3).run()
    kernel = app.query_params.get("kernel")
    open_tab(app, views.QUESTIONS)
    assert app.query_params["stride"] == "3"
    assert app.query_params.get("kernel") == kernel


def test_new_questions_are_others(learn):
    app = learn(show=views.QUESTIONS, q="7")
    app.button(key="new-questions").click().run()
    assert app.query_params["q"] != "7"
    assert asked(int(app.query_params["q"]))[0].text in words_of(app).replace("\\", "")


def test_questions_of_no_number_are_told(learn):
    app = learn(show=views.QUESTIONS, q="many")
    assert not app.exception
    assert "q goes from 0 to 9,999" in told(app)


def test_a_link_shows_some_views_only(learn):
    app = learn(only="pooling.questions", kernel="emboss")
    assert not app.exception
    assert not app.toast
    assert tabs_of(app) == [views.POOLING, views.QUESTIONS]
    assert component_of(app, "board-pooling")
    assert not buttons_of(app, "to-convolution")
    open_tab(app, views.QUESTIONS)
    app.button(key="new-questions").click().run()
    assert app.query_params["only"] == "pooling.questions"
    assert app.query_params["kernel"] == "emboss"
    open_tab(app, views.POOLING)
    assert "show" not in app.query_params


def test_a_link_to_a_view_that_it_hides_opens_the_first_one(learn):
    app = learn(only="activation.answer", show=views.POOLING, at="2.2")
    assert not app.exception
    assert "“Pooling” is not shown here" in told(app)
    assert component_of(app, "board-activation")
    assert "show" not in app.query_params


@pytest.mark.parametrize(
    ("only", "without", "left"),
    [
        ("pooling.cats", "text.music", {"only": "pooling", "without": "text"}),
        ("cats", "music", {}),
        ("", "", {}),
        ("x" * 500, "." * 300, {}),
    ],
)
def test_names_that_are_none_are_corrected_and_told(learn, only, without, left):
    app = learn(only=only, without=without)
    assert not app.exception
    assert told(app)
    found = {name: app.query_params[name] for name in ("only", "without") if name in app.query_params}
    assert found == left


def test_texts_and_buttons_to_try_can_be_left_out(learn):
    whole = learn(show=views.POOLING)
    assert buttons_of(whole, "try-")
    assert "Pooling has nothing to learn" in words_of(whole)
    without_text = learn(show=views.POOLING, without="text")
    assert buttons_of(without_text, "try-")
    assert "nothing to learn" not in words_of(without_text)
    bare = learn(show=views.POOLING, without="text.tries")
    assert not buttons_of(bare, "try-")
    assert "nothing to learn" not in words_of(bare)
    assert component_of(bare, "board-pooling")
    start = learn(without="text.tries", step="2")
    assert "cnn-lab-network" in html_of(start)
    assert "The gradient" not in text_of(start)
    assert not buttons_of(start, "layer-")


def test_a_button_that_leads_to_a_hidden_view_is_off_and_says_why(learn):
    app = learn(only="start.pooling", step="2")
    assert button(app, "Slide the kernel yourself").disabled
    assert "The view “Convolution” is not part of this link." in words_of(app)
    assert [one.key for one in buttons_of(app, "on-")] == [f"on-{views.POOLING}"]


@pytest.fixture
def menus(monkeypatch):
    """Where the menu is put, each time that it is."""
    positions = []
    navigation = st.navigation
    monkeypatch.setattr(
        st, "navigation", lambda pages, **how: (positions.append(how.get("position")), navigation(pages, **how))[1]
    )
    return positions


def test_the_menu_of_the_other_pages_can_be_left_out(learn, menus):
    learn(without="pages")
    assert menus[-1] == "hidden"


def test_the_menu_stays_where_nobody_leaves_it_out(learn, menus):
    learn(without="text")
    assert "hidden" not in menus


def test_other_pages_keep_their_menu(visit, menus):
    visit("runs.py", without="pages")
    assert "hidden" not in menus


def link_of(app):
    (code,) = app.code
    return {name: values[0] for name, values in parse_qs(urlsplit(code.value).query).items()}


def test_the_link_keeps_the_page_and_leaves_out_what_is_unticked(learn):
    app = learn(show=views.POOLING, kernel="own", numbers="1 0 0, 0 1 0, 0 0 1", shift="left", at="2.2")
    everything = link_of(app)
    assert everything == {
        "show": views.POOLING,
        "kernel": "own",
        "numbers": "1 0 0, 0 1 0, 0 0 1",
        "shift": "left",
        "at": "2.2",
    }
    app.button_group(key="link-views").set_value([views.POOLING, views.START]).run()
    app.checkbox(key="link-pages").set_value(False).run()
    app.checkbox(key="link-text").set_value(False).run()
    assert link_of(app) == {**everything, "only": "start.pooling", "without": "text.pages"}
    # Of the open view, which the link hides, nothing is left.
    app.button_group(key="link-views").set_value([views.QUESTIONS, views.CONVOLUTION]).run()
    assert link_of(app) == {
        "kernel": "own",
        "numbers": "1 0 0, 0 1 0, 0 0 1",
        "only": "convolution.questions",
        "without": "text.pages",
    }
    opened = learn(**link_of(app))
    assert not opened.toast
    assert tabs_of(opened) == [views.CONVOLUTION, views.QUESTIONS]
    assert component_of(opened, "board-convolution")["kernel"]["weights"] == [1, 0, 0, 0, 1, 0, 0, 0, 1]


def test_a_link_without_views_is_not_made(learn):
    app = learn()
    app.button_group(key="link-views").set_value([]).run()
    assert not app.code
    assert "at least one view" in words_of(app)


def test_that_a_drawing_is_not_in_the_link_is_said(learn):
    assert "not in the link" in words_of(learn(show=views.CONVOLUTION, picture="drawing"))
    assert "not in the link" not in words_of(learn(show=views.CONVOLUTION))


def test_show_everything_stays_at_the_view(learn):
    app = learn(only="pooling.questions", without="text.pages", kernel="blur")
    assert not app.code
    app.button(key="show-everything").click().run()
    assert not app.exception
    assert app.query_params == {"show": views.POOLING, "kernel": "blur"}
    assert tabs_of(app) == list(views.VIEWS.names)


def test_what_a_button_sets_up_is_photo_or_drawing_into_sight_and_start_finds_its_section_again(learn):
    app = learn()
    assert component_of(app, "revealer")["number"] is None
    app.button(key="start-section-3-try").click().run()
    there = component_of(app, "revealer")
    assert there["selector"] == ".st-key-learn-moved"
    # Once: whatever happens next on that view stays where it is.
    app.run()
    assert component_of(app, "revealer") == there
    open_tab(app, views.START)
    back = component_of(app, "revealer")
    assert back["selector"] == ".st-key-start-section-3"
    assert back["number"] > there["number"]
    open_tab(app, views.CONVOLUTION)
    app.button(key="try-Slide a kernel over a picture-1").click().run()
    assert component_of(app, "revealer")["selector"] == ".st-key-learn-work"
