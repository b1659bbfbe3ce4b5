"""Home: how things stand, and the way to the best network."""

import re

from cnn_core.data.load import load_dataset
from cnn_core.evaluation.predictions import Predictions
from cnn_core.runs.notes import Notes
from cnn_core.runs.store import showcase
from tests.app.reading import words_of
from tests.fixtures import damaged_run, digits_predictions, failed_run, finished_run, started_run


def links_of(app):
    return {link.label: link for link in app.get("page_link")}


def test_a_newcomer_is_shown_the_showcase(visit):
    app = visit()
    assert f"{showcase().report().accuracy:.2%}" in words_of(app)
    assert "Runs that you finish appear here" in words_of(app)
    assert "run=showcase" in links_of(app)["Classify a picture"].proto.query_string


def test_the_best_run_is_named_and_linked(visit):
    finished_run()
    labels = load_dataset("digits").test_labels
    logits = digits_predictions().logits.copy()
    logits[labels == 3, 3] = 20
    best = finished_run(predictions=Predictions(labels, logits))
    finished_run()
    app = visit()
    assert f"Your best network gets **{best.report().accuracy:.2%}**" in words_of(app)
    assert f"run={best.id}" in links_of(app)["See what it got wrong"].proto.query_string
    table = app.dataframe[0].value
    assert table["open"].iloc[0] == f"/evaluate?run={best.id}"
    assert table["test accuracy"].iloc[0] == f"{best.report().accuracy:.2%}"
    assert len(table) == 3


def test_only_runs_with_a_result_are_in_the_table(visit):
    failed_run()
    damaged_run()
    started_run()
    run = finished_run()
    table = visit().dataframe[0].value
    assert table["open"].tolist() == [f"/evaluate?run={run.id}"]


def test_what_is_training_is_named(visit):
    started_run()
    assert re.search(r"\*\*mlp\*\* on .* is running", words_of(visit()))


def test_what_is_training_is_called_by_its_name(visit):
    started_run().save_notes(Notes(name="*mine*"))
    app = visit()
    assert r"**\*mine\*** on" in words_of(app)
    assert r"**\*mine\***" in app.sidebar.get("progress")[0].proto.text


def test_without_fashion_mnist_it_says_how_to_get_it(visit):
    assert "Fashion-MNIST is not on this machine" in words_of(visit())
