"""Evaluate: the figures of a run, and the images behind each cell of its matrix."""

import csv
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image
from streamlit.runtime.state.query_params import QueryParams

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.evaluation.predictions import Predictions
from cnn_core.models.presets import preset_config
from cnn_core.runs import directory
from cnn_core.runs.store import showcase
from tests.app.reading import chosen_cell, click_cell, component_of, open_tab, tiles_of, trigger, words_of
from tests.fixtures import damaged_run, digits_config, digits_predictions, finish, finished_run, started_run

# What ``digits_predictions`` gets wrong: every 3 is taken for a 5, and one 8 for a 0.
WRONG = 38


@pytest.fixture
def run():
    return finished_run()


@pytest.fixture
def app(visit, run):
    return visit("evaluate.py", run=run.id)


def of_how_many(app):
    (caption,) = [caption.value for caption in app.caption if "Choose one to see why" in caption.value]
    return int(caption.split(" of ")[1].split(" images")[0].replace(",", ""))


@pytest.fixture
def entries(app, monkeypatch):  # noqa: ARG001 - what it does at first does not count
    """The entries that the page makes in the history of the browser, once it is drawn: the addresses that it sends."""
    made = []
    send = QueryParams._send_query_param_msg

    def noted(params):
        made.append(str(params))
        send(params)

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", noted)
    return made


def headings(app):
    return [heading.value for heading in app.subheader]


def test_the_figures_are_those_of_the_report(app, run):
    report = run.report()
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Accuracy"] == f"{report.accuracy:.2%}"
    assert shown["Loss"] == f"{report.loss:.4f}"
    assert report.accuracy == pytest.approx(1 - WRONG / 360)


def test_the_classes_confused_most_are_told_in_words(app):
    assert "3 and 5 are confused most: 37 images of 3 are taken for 5, none the other way round" in words_of(app)
    assert "97% of all errors" in words_of(app)


def test_a_run_without_errors_says_so(visit):
    labels = digits_predictions().labels
    faultless = finished_run(predictions=Predictions(labels, np.eye(10, dtype=np.float32)[labels]))
    app = visit("evaluate.py", run=faultless.id)
    assert not app.exception
    assert "Every test image was classified right" in words_of(app)
    assert "Most confused pairs" not in headings(app)
    assert tiles_of(app) == []
    click_cell(app, true=7, predicted=7)
    assert of_how_many(app) == (labels == 7).sum()


def test_at_first_all_misclassified_images_are_shown_a_page_at_a_time(app):
    assert of_how_many(app) == WRONG
    assert f"{WRONG} images classified wrong" in headings(app)
    tiles = tiles_of(app)
    assert len(tiles) == 24
    # The surest mistake comes first.
    assert tiles[0][:2] == ("true: 8", "predicted: 0")
    shown = component_of(app, "examples")["tiles"]
    assert all(tile["image"].startswith("data:image/png") for tile in shown)
    assert shown[0]["words"] == f"test image {shown[0]['id']}: true 8, predicted 0, {tiles[0][2]}"


def test_the_next_page_shows_the_next_images(app):
    first = tiles_of(app)
    app.pagination[0].set_value(2).run()
    assert len(tiles_of(app)) == WRONG - 24
    assert not set(first) & set(tiles_of(app))
    assert app.query_params["page"] == "2"


def test_back_takes_the_gallery_back_a_page(app):
    first = tiles_of(app)
    app.pagination[0].set_value(2).run()
    del app.query_params["page"]
    app.run()
    assert tiles_of(app) == first
    assert app.pagination[0].value == 1


def test_a_choice_is_one_entry_of_the_browsers_history(app, entries):
    click_cell(app, true=3, predicted=5)
    assert len(entries) == 1
    app.pagination[0].set_value(2).run()
    assert len(entries) == 2
    # The page goes with the order, and with a cell.
    app.selectbox(key="order").set_value("least confident").run()
    assert len(entries) == 3
    assert "page" not in app.query_params
    app.pagination[0].set_value(2).run()
    click_cell(app, true=None, predicted=None)
    assert len(entries) == 5
    app.slider(key="confidence").set_value((20, 80)).run()
    assert len(entries) == 6
    app.segmented_control(key="scale").set_value("% of true class").run()
    app.toggle(key="errors_only").set_value(True).run()
    assert len(entries) == 8


def test_back_shows_the_cell_before(app):
    click_cell(app, true=3, predicted=5)
    before = dict(app.query_params)
    click_cell(app, true=8, predicted=0)
    app.query_params.clear()
    app.query_params.update(before)
    app.run()
    assert chosen_cell(app) == ("3", "5")
    assert component_of(app, "matrix")["selected"] == [3, 5]
    assert of_how_many(app) == WRONG - 1


def test_a_view_leaves_its_choices_behind_and_has_them_again(app, entries):
    click_cell(app, true=3, predicted=5)
    app.pagination[0].set_value(2).run()
    open_tab(app, "By class")
    assert set(app.query_params) == {"run", "show"}
    open_tab(app, "Errors")
    assert chosen_cell(app) == ("3", "5")
    assert app.query_params["page"] == "2"
    assert len(entries) == 4


@pytest.mark.parametrize("chosen", [[99, 0], [-1, 2], ["3", 5], [3], "35", [None, 10], {"true": 3}])
def test_what_no_matrix_sends_is_passed_over(app, chosen):
    trigger(app, "matrix", "choose", chosen)
    assert not app.exception
    assert chosen_cell(app) == ("any", "any")


@pytest.mark.parametrize("chosen", ["abc", -1, 100_000, [3], {}])
def test_what_no_gallery_sends_is_passed_over(app, chosen):
    trigger(app, "examples", "open", chosen)
    assert not app.exception
    assert "image" not in app.query_params


def test_the_order_can_be_turned(app):
    app.selectbox(key="order").set_value("least confident").run()
    tiles = tiles_of(app)
    assert tiles[0][:2] == ("true: 3", "predicted: 5")
    sure = [float(tile[2].removesuffix("% sure")) for tile in tiles]
    assert sure == sorted(sure)


def test_a_range_of_confidence_narrows_the_gallery_and_is_kept_in_the_address(app):
    app.slider(key="confidence").set_value((50, 100)).run()
    assert [tile[:2] for tile in tiles_of(app)] == [("true: 8", "predicted: 0")]
    assert app.query_params["low"] == "50"
    assert "high" not in app.query_params
    app.slider(key="confidence").set_value((0, 50)).run()
    assert of_how_many(app) == WRONG - 1
    assert "low" not in app.query_params


def test_a_link_carries_order_range_and_page(visit, run):
    app = visit("evaluate.py", run=run.id, order="least confident", high="50", page="2")
    assert app.pagination[0].value == 2
    assert app.slider(key="confidence").value == (0, 50)
    assert len(tiles_of(app)) == WRONG - 1 - 24
    assert float(tiles_of(app)[0][2].removesuffix("% sure")) > 15


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"low": "much"}, "low goes from 0 to 100, not “much”"),
        ({"low": "90", "high": "10"}, "low, 90, is above high, 10"),
        ({"low": "-5", "high": "1000"}, "high goes from 0 to 100, not “1000”"),
        ({"page": "x"}, "there are 2 pages, not a page “x”"),
        ({"page": "0"}, "there are 2 pages, not a page “0”"),
        ({"page": "-3"}, "not a page “-3”"),
        ({"order": "upside down"}, "there is no order “upside down”"),
        ({"scale": "dragons"}, "there is no scale “dragons”"),
        ({"true": "dragon"}, "there is no class “dragon”"),
        ({"show": "Dragons"}, "there is no show “Dragons”"),
        ({"predicted": "<b>" * 30}, "there is no class “<b><b><b><b><b><b><…”"),
    ],
    ids=str,
)
def test_nonsense_in_the_address_is_corrected_and_told(visit, run, query, why):
    app = visit("evaluate.py", run=run.id, **query)
    assert not app.exception
    assert of_how_many(app) == WRONG
    assert tiles_of(app)[0][:2] == ("true: 8", "predicted: 0")
    (toast,) = app.toast
    assert why in toast.value.replace("\\", "").replace("\u2060", "")
    assert set(app.query_params) == {"run"}
    app.run()
    assert not app.toast


def test_a_page_beyond_the_end_is_the_last_one(visit, run):
    app = visit("evaluate.py", run=run.id, page="99")
    assert app.query_params["page"] == "2"
    assert "25 to 38 of 38 images" in words_of(app)
    assert "there are 2 pages" in app.toast[0].value


def test_a_true_class_filters_the_gallery(app):
    app.selectbox(key="true").set_value(8).run()
    assert "1 image of 8 taken for something else" in headings(app)
    assert [tile[:2] for tile in tiles_of(app)] == [("true: 8", "predicted: 0")]


def test_a_predicted_class_filters_the_gallery(app):
    app.selectbox(key="predicted").set_value(5).run()
    assert f"{WRONG - 1} images wrongly taken for 5" in headings(app)
    assert {tile[:2] for tile in tiles_of(app)} == {("true: 3", "predicted: 5")}


def test_a_cell_of_the_diagonal_shows_what_was_right(app, run):
    app.selectbox(key="true").set_value(7)
    app.selectbox(key="predicted").set_value(7).run()
    assert of_how_many(app) == run.report().matrix()[7, 7]
    assert {tile[:2] for tile in tiles_of(app)} == {("true: 7", "predicted: 7")}


def test_an_empty_cell_says_so(app):
    app.selectbox(key="true").set_value(1)
    app.selectbox(key="predicted").set_value(2).run()
    assert "No image fits" in app.info[0].value
    assert "No image of 1 taken for 2" in headings(app)
    assert tiles_of(app) == []


def test_a_click_on_a_cell_chooses_it_as_row_and_column(app):
    click_cell(app, true=3, predicted=5)
    assert not app.exception
    assert chosen_cell(app) == ("3", "5")
    assert {tile[:2] for tile in tiles_of(app)} == {("true: 3", "predicted: 5")}
    assert (app.query_params["true"], app.query_params["predicted"]) == ("3", "5")
    assert component_of(app, "matrix")["selected"] == [3, 5]


def test_a_header_chooses_its_row_or_column_and_the_corner_all(app):
    click_cell(app, true=3, predicted=None)
    assert chosen_cell(app) == ("3", "any")
    click_cell(app, true=None, predicted=0)
    assert chosen_cell(app) == ("any", "0")
    click_cell(app, true=None, predicted=None)
    assert of_how_many(app) == WRONG


def test_a_pair_chooses_its_cell_in_either_direction(app):
    labels = {button.label: button for button in app.button if "→" in button.label}
    assert list(labels) == ["**37** 3 → 5", "**0** 5 → 3", "**1** 8 → 0", "**0** 0 → 8"]
    assert [button.disabled for button in labels.values()] == [False, True, False, True]
    labels["**37** 3 → 5"].click().run()
    assert "37 images of 3 taken for 5" in headings(app)
    assert (app.query_params["true"], app.query_params["predicted"]) == ("3", "5")


def test_the_matrix_shows_shares_or_its_errors_alone_when_asked(app):
    words, which = component_of(app, "matrix")["texts"]
    assert words[which[33]] == "0"
    assert words[which[35]] == "37"
    app.segmented_control(key="scale").set_value("% of true class").run()
    words, which = component_of(app, "matrix")["texts"]
    assert words[which[35]] == "100"
    assert component_of(app, "matrix")["shades"][0] == 100
    app.toggle(key="errors_only").set_value(True).run()
    assert component_of(app, "matrix")["shades"][0] == 0


def test_all_errors_are_back_with_one_button(app):
    click_cell(app, true=8, predicted=0)
    assert of_how_many(app) == 1
    (clear,) = [button for button in app.button if button.label == "All errors"]
    clear.click().run()
    assert of_how_many(app) == WRONG
    assert [button.disabled for button in app.button if button.label == "All errors"] == [True]


def test_another_click_chooses_another_cell_from_its_first_page(app):
    click_cell(app, true=3, predicted=5)
    app.pagination[0].set_value(2).run()
    click_cell(app, true=7, predicted=7)
    assert app.pagination[0].value == 1
    assert "page" not in app.query_params
    assert tiles_of(app)[0][:2] == ("true: 7", "predicted: 7")


def test_a_tile_opens_its_image_once(visit, run, monkeypatch):
    opened = []
    monkeypatch.setattr("pages.parts.evaluate.examples.open_image", opened.append)
    app = visit("evaluate.py", run=run.id, true="3")
    third = component_of(app, "examples")["tiles"][2]["id"]
    trigger(app, "examples", "open", third)
    assert not app.exception
    assert opened == [third]
    app.run()
    assert len(opened) == 1


def test_a_link_to_a_cell_opens_on_it(visit, run):
    app = visit("evaluate.py", run=run.id, true="8", predicted="0")
    assert of_how_many(app) == 1


def test_the_choice_of_another_run_shows_that_run(app, visit):
    other = finished_run(state="stopped")
    app = visit("evaluate.py", run=other.id)
    app.selectbox(key="run").set_value("showcase").run()
    assert not app.exception
    assert app.metric[0].value == f"{showcase().report().accuracy:.2%}"
    assert app.query_params["run"] == "showcase"


def test_a_choice_of_classes_does_not_follow_to_a_run_with_other_classes(app):
    click_cell(app, true=8, predicted=0)
    app.selectbox(key="run").set_value("showcase").run()
    assert not app.exception
    assert chosen_cell(app) == ("any", "any")
    assert "true" not in app.query_params
    assert "predicted" not in app.query_params
    assert not app.toast, "nobody asked the showcase for a digit"


def test_without_its_dataset_the_figures_are_there_and_the_images_are_missing(visit):
    run = finished_run(preset_config("mlp", dataset_card("mnist")))
    app = visit("evaluate.py", run=run.id)
    assert not app.exception
    assert app.metric[0].value == f"{run.report().accuracy:.2%}"
    assert "its images are not on this machine" in words_of(app)
    assert len(tiles_of(app)) == 24
    assert {tile["image"] for tile in component_of(app, "examples")["tiles"]} == {None}
    assert [button.label for button in app.get("download_button")] == ["CSV"]
    assert "no ZIP" in words_of(app)


def test_damaged_answers_leave_the_matrix_and_say_what_is_missing(visit):
    run = damaged_run(directory.PREDICTIONS, b"no arrays")
    app = visit("evaluate.py", run=run.id)
    assert not app.exception
    assert component_of(app, "matrix")["names"] == list("0123456789")
    assert tiles_of(app) == []
    assert run.id in app.error[0].value.replace("\\", "")


@pytest.fixture
def downloads(monkeypatch):
    """What the page would make if its download buttons were clicked, by file name."""
    made = {}
    manager = "streamlit.runtime.media_file_manager.MediaFileManager.add_deferred"

    def add_deferred(_manager, make, _mimetype, _coordinates, file_name=None, **_options):
        made[file_name] = make
        return file_name

    monkeypatch.setattr(manager, add_deferred)
    return made


def test_the_selection_can_be_taken_away(downloads, visit, run):
    app = visit("evaluate.py", run=run.id, true="3", predicted="5", order="least confident")
    table = downloads[f"{run.id}-selection.csv"]().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["index"] for row in rows[:24]] == [str(tile["id"]) for tile in component_of(app, "examples")["tiles"]]
    assert {(row["true"], row["predicted"]) for row in rows} == {("3", "5")}
    with zipfile.ZipFile(io.BytesIO(downloads[f"{run.id}-selection.zip"]())) as archive:
        first = Image.open(archive.open(f"3/{int(rows[0]['index']):05d}.png"))
        np.testing.assert_array_equal(first, load_dataset("digits").test_images[int(rows[0]["index"]), ..., 0])


def named_run(names):
    run = started_run()
    record = json.loads((run.path / directory.CONFIG).read_text())
    record["data"]["class_names"] = names
    (run.path / directory.CONFIG).write_text(json.dumps(record))
    finish(run)
    return run


def test_names_of_classes_are_shown_as_they_are(visit):
    names = ["*a*", "<b>", "[c](http://d)", *"3456789"]
    run = named_run(names)
    app = visit("evaluate.py", run=run.id, true="*a*", predicted="*a*")
    assert not app.exception
    assert r"of \*a\* recognised" in " ".join(headings(app))
    assert component_of(app, "matrix")["names"] == names


def test_a_class_called_any_can_be_chosen(visit):
    run = named_run(["any", "any class", *"23456789"])
    app = visit("evaluate.py", run=run.id)
    assert app.selectbox(key="predicted").options[:2] == ["any class class", "any"]
    app.selectbox(key="predicted").set_value(0).run()
    assert "1 image wrongly taken for any" in headings(app)
    assert app.query_params["predicted"] == "any"
    assert "1 image wrongly taken for any" in headings(visit("evaluate.py", run=run.id, predicted="any"))


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
    assert len(tiles_of(app)) == 24
