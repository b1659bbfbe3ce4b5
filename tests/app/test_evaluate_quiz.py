"""The quiz on the Evaluate page: a person against the network."""

import numpy as np
import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.evaluation.predictions import Predictions
from cnn_core.models.presets import preset_config
from tests.app.reading import component_of, html_of, open_tab, words_of
from tests.fixtures import digits_predictions, finished_run


@pytest.fixture
def run():
    return finished_run()


@pytest.fixture
def app(visit, run):
    return visit("evaluate.py", run=run.id, show="You against it", quiz="42")


@pytest.fixture
def labels():
    """The label of each image of the digits, by its picture as the page sends it."""
    from pages.parts.gallery import data_uri

    digits = load_dataset("digits")
    return {data_uri(image): str(label) for image, label in zip(digits.test_images, digits.test_labels, strict=True)}


def press(app, name):
    (button,) = [button for button in app.button if button.label == name]
    return button.click().run()


def said(messages):
    return [message.value.replace("\\", "") for message in messages]


def picture(app):
    html = html_of(app)
    return html.split('src="')[1].split('"')[0]


def play(app, choose):
    """Answer all twenty; returns the pictures."""
    press(app, "Start")
    seen = []
    for place in range(20):
        seen.append(picture(app))
        press(app, choose(place, seen[-1]))
        press(app, "Next image" if place < 19 else "See the result")
    return seen


def result(app):
    return {metric.label: metric.value for metric in app.metric if metric.label in ("You", "The network")}


def test_before_the_start_no_image_is_shown_and_the_rules_are(app):
    assert not app.exception
    assert "20 hard images" in words_of(app)
    assert "what you skip counts as wrong" in words_of(app)
    assert "quiz 42" in words_of(app)
    assert "<img" not in html_of(app)


def test_a_question_gives_nothing_away(app, labels):
    press(app, "Start")
    assert [button.label for button in app.button if button.label in "0123456789"] == list("0123456789")
    assert "The network said" not in words_of(app)
    assert "The label says" not in words_of(app)
    assert 'alt="Image 1 of 20 of the quiz"' in html_of(app)
    assert picture(app) in labels


def test_an_answer_is_judged_at_once_and_then_there_is_only_the_way_on(app, labels):
    press(app, "Start")
    right = labels[picture(app)]
    press(app, right)
    assert f"Right: {right}." in said(app.success)
    assert "The network said" in words_of(app)
    assert not [button for button in app.button if button.label in "0123456789"]
    shown = picture(app)
    press(app, "Next image")
    assert picture(app) != shown
    assert 'alt="Image 2 of 20 of the quiz"' in html_of(app)


def test_a_wrong_answer_says_what_the_label_is(app, labels):
    press(app, "Start")
    right = labels[picture(app)]
    wrong = "1" if right == "0" else "0"
    press(app, wrong)
    assert f"You said {wrong}; the label says {right}." in said(app.error)


def test_who_knows_all_labels_has_twenty_and_the_networks_score_is_its_own(app, labels, run):
    seen = play(app, lambda _, shown: labels[shown])
    answers = run.predictions()
    images = load_dataset("digits").test_images
    from pages.parts.gallery import data_uri

    is_right = {data_uri(image): bool(right) for image, right in zip(images, answers.is_right, strict=True)}
    network = sum(is_right[shown] for shown in seen)
    assert 0 < network < 20
    assert result(app) == {"You": "20 of 20", "The network": f"{network} of 20"}
    assert "You are ahead" in words_of(app)


def test_skipping_counts_as_wrong_and_the_gallery_has_all_three_answers(app, labels):
    seen = play(app, lambda place, shown: "Skip" if place else labels[shown])
    assert result(app)["You"] == "1 of 20"
    tiles = component_of(app, "quiz-images")["tiles"]
    assert [tile["title"] for tile in tiles] == [f"label: {labels[shown]}" for shown in seen]
    assert tiles[0]["lines"][0] == f"✓ you: {labels[seen[0]]}"
    assert {tile["lines"][0] for tile in tiles[1:]} == {"✗ you: skipped"}
    assert all("network: " in tile["lines"][1] for tile in tiles)


def test_the_published_score_of_people_is_for_fashion_mnist_alone(app):
    play(app, lambda *_: "Skip")
    assert "published" not in words_of(app)


def test_a_link_gives_the_same_quiz_to_everybody_and_another_number_another(visit, run):
    quizzes = [visit("evaluate.py", run=run.id, show="You against it", quiz=seed) for seed in ("7", "7", "8")]
    pictures = [picture(press(quiz, "Start")) for quiz in quizzes]
    assert pictures[0] == pictures[1] != pictures[2]


def test_answers_survive_a_look_at_another_view(app):
    press(app, "Start")
    press(app, "3")
    press(app, "Next image")
    shown = picture(app)
    app.query_params["show"] = "By class"
    app.run()
    app.query_params["show"] = "You against it"
    app.run()
    assert picture(app) == shown
    assert 'alt="Image 2 of 20 of the quiz"' in html_of(app)


def test_start_again_asks_the_same_images_and_a_new_quiz_has_a_number_of_its_own(app, monkeypatch):
    seen = play(app, lambda *_: "Skip")
    press(app, "Start again")
    press(app, "Start")
    assert picture(app) == seen[0]
    monkeypatch.setattr("pages.parts.evaluate.quiz.new_seed", lambda: 43)
    press(app, "New quiz")
    assert app.query_params["quiz"] == "43"
    assert "hard images" in words_of(app)


@pytest.mark.parametrize("text", ["seven", "-1", "12345"])
def test_a_number_that_is_none_is_told_and_another_quiz_offered(visit, run, text):
    app = visit("evaluate.py", run=run.id, show="You against it", quiz=text)
    assert not app.exception
    assert f"there is no quiz “{text}”" in app.toast[0].value.replace("\\", "")
    press(app, "Start")
    assert 'alt="Image 1 of 20 of the quiz"' in html_of(app)


def test_without_a_number_in_the_address_one_is_put_there(visit, run):
    app = visit("evaluate.py", run=run.id, show="You against it")
    assert app.query_params["quiz"].isdecimal()


def test_the_tab_opens_a_quiz_with_a_number_and_the_same_one_again(visit, run):
    app = visit("evaluate.py", run=run.id)
    open_tab(app, "You against it")
    number = app.query_params["quiz"]
    assert number.isdecimal()
    open_tab(app, "Errors")
    assert "quiz" not in app.query_params
    assert open_tab(app, "You against it").query_params["quiz"] == number


def test_enter_is_left_to_what_has_the_focus(app):
    for name in ("Start", "Skip", "Next image"):
        (button,) = [button for button in app.button if button.label == name]
        assert button.proto.shortcut.lower() != "enter"
        button.click().run()


def test_without_the_images_there_is_no_quiz(visit):
    run = finished_run(preset_config("mlp", dataset_card("mnist")))
    app = visit("evaluate.py", run=run.id, show="You against it")
    assert not app.exception
    assert "Without its images there is no quiz" in words_of(app)
    assert not [button for button in app.button if button.label == "Start"]


def test_answers_for_other_images_than_the_datasets_make_no_quiz(visit):
    a = digits_predictions()
    twice = Predictions(np.tile(a.labels, 2), np.tile(a.logits, (2, 1)))
    app = visit("evaluate.py", run=finished_run(predictions=twice).id, show="You against it", quiz="1")
    assert not app.exception
    assert "This run answered for 720 test images, and Digits 8×8 has 360" in words_of(app)
    assert "Without its images there is no quiz" in words_of(app)


def test_many_classes_are_a_list_to_choose_from():
    from streamlit.testing.v1 import AppTest

    def page():
        import streamlit as st

        from cnn_core.evaluation.quiz import QuizState
        from pages.parts.evaluate.quiz_answers import ask

        state = st.session_state.setdefault("state", QuizState((5,), []))
        if not state.is_answer_shown:
            ask(state, tuple(f"class {number}" for number in range(13)))

    app = AppTest.from_function(page).run()
    assert [button.label for button in app.button] == ["Answer", "Skip"]
    assert app.button[0].disabled
    app.selectbox[0].set_value(11).run()
    press(app, "Answer")
    assert app.session_state["state"].given == [11]


@pytest.mark.real_data
def test_on_the_showcase_the_published_score_of_people_stands_beside_the_result(visit):
    app = visit("evaluate.py", run="showcase", show="You against it", quiz="42")
    play(app, lambda *_: "Skip")
    assert not app.exception
    assert "The published 83.5% of people" in words_of(app)
    assert not [metric for metric in app.metric if metric.value == "83.5%"], "no score to compare with"
    assert "do not compare your score here with it" in words_of(app)
