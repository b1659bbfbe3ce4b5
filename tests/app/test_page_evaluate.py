"""Evaluate: the figures of a run, and the images behind each cell of its matrix."""

import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import preset_config
from cnn_core.runs.store import showcase
from tests.app.reading import click_cell, html_of, tiles_of, words_of
from tests.fixtures import digits_config, finished_run

# What ``digits_predictions`` gets wrong: every 3 is taken for a 5, and one 8 for a 0.
WRONG = 38


@pytest.fixture
def run():
    return finished_run()


@pytest.fixture
def app(visit, run):
    return visit("evaluate.py", run=run.id)


def of_how_many(app):
    (caption,) = [caption.value for caption in app.caption if " images" in caption.value and " to " in caption.value]
    return int(caption.split(" of ")[1].split()[0].replace(",", ""))


def test_the_figures_are_those_of_the_report(app, run):
    report = run.report()
    assert {metric.label: metric.value for metric in app.metric} == {
        "Accuracy": f"{report.accuracy:.2%}",
        "Loss": f"{report.loss:.4f}",
        "Precision": f"{report.precision:.2%}",
        "Recall": f"{report.recall:.2%}",
        "F1": f"{report.f1:.2%}",
    }
    assert report.accuracy == pytest.approx(1 - WRONG / 360)


def test_a_table_says_how_each_class_fares(visit, run):
    table = visit("evaluate.py", run=run.id, show="By class").dataframe[0].value
    assert table["class"].tolist() == list("0123456789")
    assert table["recall"].iloc[3] == 0
    assert table["support"].sum() == 360


def test_at_first_all_misclassified_images_are_shown_twelve_at_a_time(app):
    assert of_how_many(app) == WRONG
    tiles = tiles_of(app)
    assert len(tiles) == 12
    # The surest mistake comes first.
    assert tiles[0][:2] == ("true: 8", "predicted: 0")
    assert html_of(app).count('<img src="data:image/png') == 12


def test_the_next_page_shows_the_next_images(app):
    first = tiles_of(app)
    app.number_input[0].set_value(4)
    app.run()
    assert len(tiles_of(app)) == WRONG - 36
    assert not set(first) & set(tiles_of(app))


def test_the_order_can_be_turned(app):
    app.selectbox(key="order").set_value("least confident")
    app.run()
    tiles = tiles_of(app)
    assert tiles[0][:2] == ("true: 3", "predicted: 5")
    sure = [float(tile[2].removesuffix("% sure")) for tile in tiles]
    assert sure == sorted(sure)


def test_a_true_class_filters_the_gallery(app):
    app.selectbox(key="true").set_value("8")
    app.run()
    assert of_how_many(app) == 1
    assert [tile[:2] for tile in tiles_of(app)] == [("true: 8", "predicted: 0")]


def test_a_predicted_class_filters_the_gallery(app):
    app.selectbox(key="predicted").set_value("5")
    app.run()
    assert of_how_many(app) == WRONG - 1
    assert {tile[:2] for tile in tiles_of(app)} == {("true: 3", "predicted: 5")}


def test_a_cell_of_the_diagonal_shows_what_was_right(app, run):
    app.selectbox(key="true").set_value("7")
    app.selectbox(key="predicted").set_value("7")
    app.run()
    assert of_how_many(app) == run.report().matrix()[7, 7]
    assert {tile[:2] for tile in tiles_of(app)} == {("true: 7", "predicted: 7")}


def test_an_empty_cell_says_so(app):
    app.selectbox(key="true").set_value("1")
    app.selectbox(key="predicted").set_value("2")
    app.run()
    assert "No image fits" in app.info[0].value
    assert tiles_of(app) == []


def test_a_click_on_a_cell_chooses_it_as_row_and_column(app):
    click_cell(app, true=3, predicted=5)
    assert not app.exception
    assert (app.selectbox(key="true").value, app.selectbox(key="predicted").value) == ("3", "5")
    assert {tile[:2] for tile in tiles_of(app)} == {("true: 3", "predicted: 5")}
    assert (app.query_params["true"], app.query_params["predicted"]) == ("3", "5")


def test_all_errors_are_back_with_one_button(app):
    click_cell(app, true=8, predicted=0)
    assert of_how_many(app) == 1
    (clear,) = [button for button in app.button if button.label == "All errors"]
    clear.click()
    app.run()
    assert of_how_many(app) == WRONG
    assert [button.disabled for button in app.button if button.label == "All errors"] == [True]


def test_another_click_chooses_another_cell_from_its_first_page(app):
    click_cell(app, true=3, predicted=5)
    app.number_input[0].set_value(2)
    app.run()
    click_cell(app, true=7, predicted=7)
    assert app.number_input[0].value == 1
    assert tiles_of(app)[0][:2] == ("true: 7", "predicted: 7")


def test_a_link_to_a_cell_opens_on_it(visit, run):
    app = visit("evaluate.py", run=run.id, true="8", predicted="0")
    assert of_how_many(app) == 1


def test_a_link_to_a_class_that_is_none_opens_on_all(visit, run):
    app = visit("evaluate.py", run=run.id, true="dragon")
    assert not app.exception
    assert of_how_many(app) == WRONG


def test_the_choice_of_another_run_shows_that_run(app, visit):
    other = finished_run(state="stopped")
    app = visit("evaluate.py", run=other.id)
    app.selectbox(key="run").set_value("showcase")
    app.run()
    assert not app.exception
    assert app.metric[0].value == f"{showcase().report().accuracy:.2%}"
    assert app.query_params["run"] == "showcase"


def test_a_choice_of_classes_does_not_follow_to_a_run_with_other_classes(app):
    click_cell(app, true=8, predicted=0)
    app.selectbox(key="run").set_value("showcase")
    app.run()
    assert not app.exception
    assert app.selectbox(key="true").value in ("any", *showcase().record().data.class_names)


def test_without_its_dataset_the_figures_are_there_and_the_images_are_missing(visit):
    run = finished_run(preset_config("mlp", dataset_card("mnist")))
    app = visit("evaluate.py", run=run.id)
    assert not app.exception
    assert app.metric[0].value == f"{run.report().accuracy:.2%}"
    assert "its images are not on this machine" in app.info[0].value
    assert len(tiles_of(app)) == 12
    assert "<img" not in html_of(app)


def test_the_protocol_is_told(visit):
    assert "read once, after the training" in words_of(visit("evaluate.py", run=finished_run().id))
    watched = finished_run(digits_config(training={"protocol": "tutorial", "epochs": 2}))
    assert "watched every epoch" in words_of(visit("evaluate.py", run=watched.id))


def test_without_a_run_in_the_address_the_newest_is_shown_and_named_there(visit, run):
    app = visit("evaluate.py")
    assert app.selectbox(key="run").value == run.id
    assert app.query_params["run"] == run.id


def test_with_no_run_of_ones_own_the_showcase_is_shown(visit):
    app = visit("evaluate.py")
    assert app.selectbox(key="run").value == "showcase"
    assert len(tiles_of(app)) == 12
