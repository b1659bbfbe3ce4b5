"""Evaluate · By class: every class in a table and as a curve, and the way to its errors."""

import json

import numpy as np
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from cnn_core.evaluation.predictions import Predictions
from cnn_core.runs import directory
from cnn_core.runs.store import showcase
from tests.app.reading import charts_of, chosen_cell, words_of
from tests.fixtures import digits_predictions, finished_run


@pytest.fixture
def run():
    return finished_run()


@pytest.fixture
def app(visit, run):
    return visit("evaluate.py", run=run.id, show="By class")


def choose_rows(app, rows):
    """Choose rows of the table: what the browser would send."""
    (table,) = app.dataframe
    states = app._tree.get_widget_states()
    selection = json.dumps({"selection": {"rows": rows, "columns": [], "cells": []}})
    states.widgets.append(WidgetState(id=table.proto.id, string_value=selection))
    return app._run(states)


def legend_of(chart):
    return [trace["name"] for trace in chart["data"] if trace["showlegend"]]


def test_a_table_says_how_each_class_fares(app):
    table = app.dataframe[0].value
    assert table["class"].tolist() == list("0123456789")
    assert table["recall"].iloc[3] == 0
    assert table["images"].sum() == 360
    # Of the 5s and the 3s, which are all taken for 5s.
    assert table["precision"].iloc[5] == pytest.approx(100 * 37 / (37 + 37), abs=3)
    assert table[["average precision", "ROC AUC"]].notna().all().all()


def test_a_class_that_was_never_predicted_has_no_precision_and_is_named(app):
    assert np.isnan(app.dataframe[0].value["precision"].iloc[3])
    assert "Never predicted, so without a precision: 3" in words_of(app).replace("\\", "")


def test_both_charts_have_a_curve_a_class(app):
    charts = charts_of(app)
    assert set(charts) == {"precision-recall-corner", "roc-corner"}
    for chart in charts.values():
        assert [name[0] for name in legend_of(chart)] == list("0123456789")


def test_a_chosen_row_is_pointed_out_in_both_charts_and_in_the_address(app):
    choose_rows(app, [8])
    assert not app.exception
    assert app.multiselect(key="classes").value == ["8"]
    assert app.query_params["classes"] == "8"
    for chart in charts_of(app).values():
        assert [name[0] for name in legend_of(chart)] == ["8"]


def test_a_link_points_a_class_out(visit, run):
    app = visit("evaluate.py", run=run.id, show="By class", classes="3")
    assert app.multiselect(key="classes").value == ["3"]
    assert "37 missed" in app.button(key="by-class-missed").label


def test_a_link_to_a_class_that_is_none_points_out_the_others_and_says_so(visit, run):
    app = visit("evaluate.py", run=run.id, show="By class", classes=["dragon", "3", "3"])
    assert not app.exception
    assert app.multiselect(key="classes").value == ["3"]
    assert "there is no class “dragon”" in app.toast[0].value
    assert app.query_params["classes"] == "3"


def test_back_points_out_the_class_before_in_the_table_too(app):
    choose_rows(app, [3])
    choose_rows(app, [3, 8])
    assert app.query_params["classes"] == ["3", "8"]
    table = app.dataframe[0].proto.id
    app.query_params["classes"] = "3"
    app.run()
    assert app.multiselect(key="classes").value == ["3"]
    assert app.dataframe[0].proto.id != table


def test_the_errors_of_a_class_are_one_click_away(app):
    choose_rows(app, [3])
    app.button(key="by-class-missed").click()
    app.run()
    assert not app.exception
    assert "show" not in app.query_params, "the errors are what opens first"
    assert chosen_cell(app) == ("3", "any")
    assert app.query_params["true"] == "3", "a reload shows the same"
    assert "predicted" not in app.query_params


def test_what_was_taken_for_a_class_is_one_click_away(app):
    app.multiselect(key="classes").set_value(["5"])
    app.run()
    assert app.button(key="by-class-missed").disabled
    app.button(key="by-class-mistaken").click()
    app.run()
    assert chosen_cell(app) == ("any", "5")


def test_the_box_chooses_rows_of_the_table_too(app):
    choose_rows(app, [3])
    before = app.dataframe[0].proto.id
    app.multiselect(key="classes").set_value(["1", "2"])
    app.run()
    assert app.dataframe[0].proto.id != before, "else the browser would keep its own choice"
    assert [button for button in app.button if (button.key or "").startswith("by-class")] == []
    choose_rows(app, [4])
    assert app.multiselect(key="classes").value == ["4"]


def test_the_whole_axes_can_be_shown(app):
    app.toggle(key="by-class-zoomed").set_value(False)
    app.run()
    chart = charts_of(app)["roc-whole"]
    assert chart["layout"]["xaxis"]["range"] == [pytest.approx(-0.01), 1]


def test_a_class_without_test_images_has_no_figures_and_no_curve(visit):
    answers = digits_predictions()
    is_kept = answers.labels != 6
    run = finished_run(predictions=Predictions(answers.labels[is_kept], answers.logits[is_kept]))
    app = visit("evaluate.py", run=run.id, show="By class", classes="6")
    assert not app.exception
    row = app.dataframe[0].value.iloc[6]
    assert row.isna().tolist() == [False, False, True, True, True, True, True]
    assert "No test image, so no figures: 6" in words_of(app).replace("\\", "")
    assert "nan" not in words_of(app).lower()
    assert [name[0] for name in legend_of(charts_of(app)["roc-corner"])] == list("012345789")
    assert app.button(key="by-class-missed").disabled


def test_without_answers_image_by_image_the_table_is_there_all_the_same(visit, run):
    (run.path / directory.PREDICTIONS).write_bytes(b"half a file")
    app = visit("evaluate.py", run=run.id, show="By class")
    assert not app.exception
    assert app.dataframe[0].value["recall"].iloc[7] == 100
    assert "average precision" not in app.dataframe[0].value
    assert charts_of(app) == {}
    assert any("predictions.npz" in error.value for error in app.error)


def test_another_run_does_not_inherit_classes_that_it_does_not_have(app):
    choose_rows(app, [3])
    app.selectbox(key="run").set_value("showcase")
    app.run()
    assert not app.exception
    assert app.multiselect(key="classes").value == []
    assert app.dataframe[0].value["class"].tolist() == list(showcase().record().data.class_names)
    assert "Weakest class: Shirt" in words_of(app).replace("\\", "")
