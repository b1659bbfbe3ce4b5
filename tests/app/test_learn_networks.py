"""Learn, where it asks a network: learned kernels, and the sums behind an answer."""

import re

import keras
import numpy as np
import pytest
from scipy.signal import correlate2d

from cnn_core.data.load import load_dataset
from cnn_core.inference.network import Network
from cnn_core.learn.numbers import figure
from cnn_core.runs.store import showcase
from pages.parts.learn import views
from tests.app.networks import run_with_network
from tests.app.reading import component_of, html_of, open_tab, words_of
from tests.fixtures import digits_config, finished_run


def run_of(preset):
    return run_with_network(digits_config(preset))


@pytest.fixture
def run():
    return run_of("tutorial-cnn")


def digit(index=0):
    return load_dataset("digits").train_images[index]


def convolution_of(model):
    return next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))


def test_a_learned_kernel_gives_what_the_layer_gives(visit, run):
    app = visit("learn.py", show=views.CONVOLUTION, kernel="learned", run=run.id, filter="3")
    assert not app.exception
    weights = np.asarray(convolution_of(Network(run).model).kernel)[:, :, 0, 2]
    board = component_of(app, "board-convolution")
    np.testing.assert_allclose(board["kernel"]["weights"], weights.ravel(), atol=1e-6)
    found = np.array(board["after"]["values"]).reshape(board["after"]["rows"], -1)
    np.testing.assert_allclose(found, correlate2d(digit()[..., 0] / 255, weights, "valid"), atol=1e-4)


def test_a_filter_that_is_not_there_is_told(visit, run):
    app = visit("learn.py", show=views.CONVOLUTION, kernel="learned", run=run.id, filter="9999")
    assert not app.exception
    assert "filter goes from 1 to" in app.toast[0].value
    assert app.number_input(key="learn-filter").value == 1


def test_a_run_without_convolution_is_told(visit):
    app = visit("learn.py", show=views.CONVOLUTION, kernel="learned", run=run_of("mlp").id)
    assert not app.exception
    assert "no convolution" in app.error[0].value


def test_a_damaged_network_is_told(visit):
    app = visit("learn.py", show=views.ANSWER, run=finished_run().id)
    assert not app.exception
    assert "cannot be loaded" in app.error[0].value


def test_the_answer_is_worked_out_from_the_logits_of_keras(visit, run):
    app = visit("learn.py", show=views.ANSWER, run=run.id, temperature="2")
    assert not app.exception
    (logits,) = Network(run).logits(digit()[None])
    words = html_of(app)
    for logit in logits:
        assert f"<td>{figure(float(logit), 3)}</td>" in words
    expected = np.asarray(keras.ops.softmax(logits / 2))
    shown = [float(share) / 100 for share in re.findall(r"<td>([\d.]+)%</td>", words)]
    np.testing.assert_allclose(shown[:-1], expected, atol=1e-4)
    assert shown[-1] == 1
    best = int(expected.argmax())
    (row,) = re.findall(r'<tr class="best">.*?</tr>', words)
    assert f'<th scope="row">{best} ◀' in row


def test_the_logit_of_any_class_is_the_sum_that_is_written_out(visit, run):
    app = visit("learn.py", show=views.ANSWER, run=run.id, **{"class": "7"})
    (logits,) = Network(run).logits(digit()[None])
    written = re.findall(r'<p class="cnn-lab-formula">(.*?)</p>', html_of(app))[0]
    terms, _, result = written.replace("<b>", "").replace("</b>", "").replace("−", "-").rpartition(" = ")
    parts = [float(term.strip("()")) for term in terms.split(" + ")]
    assert sum(parts) == pytest.approx(float(result), abs=0.005)
    assert float(result) == pytest.approx(float(logits[7]), abs=1e-3)


def test_a_network_that_ends_otherwise_is_told(visit):
    layers = [keras.Input((8, 8, 1), dtype="uint8"), keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    model = keras.Sequential([*layers, keras.layers.Dense(10), keras.layers.ReLU()])
    run = finished_run(digits_config("mlp"), save=model.save)
    app = visit("learn.py", show=views.ANSWER, run=run.id)
    assert not app.exception
    assert "not dense" in app.error[0].value


def test_the_temperature_is_a_slider_in_step_with_the_address(visit, run):
    app = visit("learn.py", show=views.ANSWER, run=run.id)
    app.slider(key="learn-temperature").set_value(0.2).run()
    assert app.query_params["temperature"] == "0.2"
    assert "seems surer" in words_of(app)


@pytest.mark.parametrize("temperature", ["0", "-1", "6", "nan", "inf", "1e0", "x"])
def test_a_temperature_that_is_none_is_corrected(visit, run, temperature):
    app = visit("learn.py", show=views.ANSWER, run=run.id, temperature=temperature)
    assert not app.exception
    assert "temperature goes from 0.1 to 5" in app.toast[0].value
    assert app.slider(key="learn-temperature").value == 1


def test_without_a_choice_the_showcase_answers(visit, run):  # noqa: ARG001 - a newer run is there
    app = visit("learn.py", show=views.ANSWER)
    assert not app.exception
    assert app.query_params["run"] == "showcase"
    names = showcase().record().data.class_names
    assert all(name in html_of(app) for name in names)


def test_flattening_lays_the_rows_of_the_map_end_to_end(visit, run):
    app = visit("learn.py", show=views.ANSWER, run=run.id, at="1.5")
    board = component_of(app, "board-flatten")
    assert board["after"]["values"] == board["before"]["values"]
    assert (board["after"]["rows"], board["after"]["columns"]) == (1, 9)
    assert board["at"] == [0, 4]


def test_a_learned_kernel_that_the_run_has_not_takes_the_flattening_away_alone(visit):
    app = visit("learn.py", show=views.ANSWER, kernel="learned", run=run_of("mlp").id)
    assert not app.exception
    (error,) = app.error
    assert "no convolution" in error.value
    assert "logit of" in html_of(app)
    assert "3 · Softmax" in words_of(app)


def test_what_was_looked_at_in_a_network_does_not_wait_for_another_one(visit, run):
    looked_at = {"layer": "block1_norm", "map": "2", "page": "2", "at": "3.3"}
    app = visit("learn.py", show=views.NETWORK, run="showcase", steps="all", **looked_at)
    open_tab(app, views.ANSWER)
    app.selectbox(key="learn-class").set_value("Bag").run()
    open_tab(app, views.NETWORK)
    assert {name: app.query_params.get(name) for name in looked_at} == looked_at
    app.selectbox(key="run").set_value(run.id).run()
    open_tab(app, views.ANSWER)
    assert not app.toast
    assert "class" not in app.query_params
    app.selectbox(key="run").set_value("showcase").run()
    open_tab(app, views.NETWORK)
    assert not app.toast
    assert app.query_params == {"show": views.NETWORK, "run": "showcase", "steps": "all"}


def test_the_view_teaches_in_80_to_150_words(visit, run):
    app = visit("learn.py", show=views.ANSWER, run=run.id)
    lesson = max((markdown.value for markdown in app.markdown), key=len)
    assert 80 <= len(re.findall(r"\w+", lesson)) <= 150
