"""Drawing on the Classify page: what the canvas is told, what becomes of what it sends."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cnn_core.inference import loaded
from cnn_core.inference.classifier import Classifier
from pages.parts.classify.draw import DRAWING
from tests.app.drawing import INK, PAPER, picture_of, send
from tests.app.reading import component_of, html_of, words_of
from tests.fixtures import finished_run

UPPER, LOWER = (100, 20, 180, 100), (40, 180, 240, 260)


@pytest.fixture
def app(visit, monkeypatch):
    def load(run, *_networks):
        # Tall images are ones, wide ones twos.
        def logits(images):
            spread = [(image.any(axis=1).sum(), image.any(axis=0).sum()) for image in images]
            return np.stack([np.eye(10, dtype=np.float32)[1 if rows > columns else 2] * 9 for rows, columns in spread])

        return Classifier(logits, run.record().data, None)

    monkeypatch.setattr(loaded, "load_network", lambda *_: SimpleNamespace(logits=None))
    monkeypatch.setattr(loaded, "load_classifier", load)
    return visit("classify.py", run=finished_run().id, way="draw")


def headline(app):
    return [header.value for header in app.header]


def told(app):
    """What the canvas is told to show and to draw with."""
    return component_of(app, "canvas")


def strokes(app):
    return [stroke["number"] for stroke in told(app)["initialDrawing"]["objects"]]


def can(app):
    return {one.label: not one.disabled for one in app.button if one.label in ("Undo", "Redo", "Clear")}


def test_an_empty_canvas_invites_and_answers_nothing(app):
    assert not app.exception
    assert not app.error
    assert headline(app) == []
    assert "the answer appears here while you draw" in words_of(app)
    assert can(app) == {"Undo": False, "Redo": False, "Clear": False}


def test_the_answer_follows_the_drawing(app):
    send(app, picture_of((120, 20, 160, 260)))
    (tall,) = headline(app)
    assert tall.startswith("1, ")
    send(app, picture_of((120, 20, 160, 260), (0, 120, 280, 160)), strokes=2)
    assert "the answer appears here" not in words_of(app)
    send(app, picture_of((20, 120, 260, 160)), strokes=3)
    (wide,) = headline(app)
    assert wide.startswith("2, ")
    assert not app.exception


def test_a_canvas_on_which_all_is_rubbed_out_is_empty(app):
    send(app, Image.new("RGB", (280, 280), PAPER), strokes=2)
    assert not app.error
    assert headline(app) == []
    assert "the answer appears here while you draw" in words_of(app)


def test_one_dot_is_answered_or_asked_to_become_more_without_an_error(app):
    send(app, picture_of((140, 140, 143, 143)))
    assert not app.exception
    assert not app.error
    assert len(headline(app)) + len(app.info) == 1


def test_undo_takes_a_stroke_away_and_redo_brings_it_back(app):
    send(app, picture_of(UPPER, LOWER), strokes=2)
    assert can(app) == {"Undo": True, "Redo": False, "Clear": True}
    before = told(app)["initialDrawing"]["edition"]
    app.button(key="draw-Undo").click().run()
    assert strokes(app) == [0]
    assert told(app)["initialDrawing"]["edition"] > before, "without it the canvas would not draw anew"
    send(app, picture_of(UPPER), strokes=1)
    assert can(app) == {"Undo": True, "Redo": True, "Clear": True}
    app.button(key="draw-Redo").click().run()
    assert strokes(app) == [0, 1]
    assert can(app)["Redo"] is False


def test_the_last_stroke_undone_leaves_the_invitation_at_once(app):
    send(app, picture_of(UPPER))
    app.button(key="draw-Undo").click().run()
    assert strokes(app) == []
    assert headline(app) == []
    app.button(key="draw-Redo").click().run()
    assert strokes(app) == [0]
    send(app, picture_of(UPPER, LOWER))
    assert len(headline(app)) == 1


def test_after_a_new_stroke_there_is_nothing_to_redo(app):
    send(app, picture_of(UPPER, LOWER), strokes=2)
    app.button(key="draw-Undo").click().run()
    send(app, picture_of(UPPER), strokes=1)
    send(app, picture_of(UPPER, (0, 0, 20, 20)), strokes=2)
    assert can(app)["Redo"] is False


def test_clear_begins_anew(app):
    send(app, picture_of(UPPER, LOWER), strokes=2)
    before = told(app)["initialDrawing"]["edition"]
    app.button(key="draw-Clear").click().run()
    assert strokes(app) == []
    assert told(app)["initialDrawing"]["edition"] > before
    assert headline(app) == []
    assert can(app) == {"Undo": False, "Redo": False, "Clear": False}
    # The canvas then tells what it shows.
    send(app, Image.new("RGB", (280, 280), PAPER), strokes=0)
    assert headline(app) == []


def test_the_eraser_draws_in_the_colour_of_the_paper(app):
    assert (told(app)["strokeColor"], told(app)["backgroundColor"]) == (INK, PAPER)
    app.segmented_control(key="tool").set_value(":material/ink_eraser: Eraser").run()
    assert told(app)["strokeColor"] == PAPER
    app.slider(key="brush").set_value(30).run()
    assert told(app)["strokeWidth"] == 48, "wide enough for the soft edges of a stroke of 30"


def test_on_dark_paper_the_drawing_is_there_in_light_ink_and_gets_the_same_answer(app):
    send(app, picture_of(LOWER), strokes=2)
    answer = headline(app)
    app.segmented_control(key="paper").set_value("Light on dark").run()
    assert (told(app)["strokeColor"], told(app)["backgroundColor"]) == (PAPER, INK)
    assert [stroke["stroke"] for stroke in told(app)["initialDrawing"]["objects"]] == [PAPER, PAPER]
    send(app, picture_of(LOWER, paper=INK, ink=PAPER), strokes=2, stroke=PAPER)
    assert headline(app) == answer


def test_the_drawing_survives_another_page(app):
    send(app, picture_of(UPPER, LOWER), strokes=2)
    answer = headline(app)
    app.switch_page("runs.py").run()
    app.switch_page("classify.py").run()
    assert strokes(app) == [0, 1]
    assert headline(app) == answer
    assert can(app)["Undo"] is True


def test_what_the_network_saw_is_shown_stage_by_stage(app):
    send(app, picture_of(UPPER))
    page = html_of(app)
    assert page.count('class="screen"') >= 4
    assert '<div class="name">Picture</div>' in page
    assert '<div class="name">Frame</div>' in page
    assert f'alt="{DRAWING}"' not in page, "it is on the canvas already"
