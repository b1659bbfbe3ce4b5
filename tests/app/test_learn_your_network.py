"""Learn, view "Your network": every number is Keras's own, and what is asked for in the address is shown or told."""

import re

import keras  # noqa: TID253 - what is tested is about Keras
import numpy as np
import pytest

from cnn_core.data.load import load_dataset
from cnn_core.inference.network import Network
from cnn_core.runs.snapshots import save_snapshot
from pages.parts.learn import views
from tests.app.networks import run_with_network
from tests.app.reading import component_of, html_of, tiles_of, trigger, words_of
from tests.app.test_learn_networks import run_of
from tests.fixtures import digits_config


@pytest.fixture
def run():
    return run_of("fast")


@pytest.fixture
def model(run):
    return Network(run).model


def opened(visit, run, **asked):
    return visit("learn.py", show=views.NETWORK, run=run.id, **asked)


def go(app, **asked):
    """Change the address, as a link within the page does."""
    for name, value in asked.items():
        app.query_params[name] = value
    return app.run()


def image(index=0):
    return load_dataset("digits").train_images[index]


def keras_maps(model, layer, index=0):
    part = keras.Model(model.input, model.get_layer(layer).output)
    return np.asarray(part(image(index)[None], training=False))[0]


def shown_map(app):
    sheet = component_of(app, "network-lens")["map"]
    return np.array(sheet["values"]).reshape(sheet["rows"], sheet["columns"])


def results_of(app):
    """The results that are written out on the page, as numbers."""
    found = re.findall(r'cnn-lab-written">.* = <b>(.*?)</b>', html_of(app))
    return [float(number.replace("−", "-").replace(",", "")) for number in found]


def test_a_map_is_that_of_keras_and_its_number_is_worked_out(visit, run, model):
    app = opened(visit, run, map="3", at="1.1")
    for layer in ("block1_conv", "block1_norm", "block2_relu", "block3_pool"):
        go(app, layer=layer)
        assert not app.exception
        expected = keras_maps(model, layer)[..., 2]
        np.testing.assert_allclose(shown_map(app), expected, atol=1e-4)
        if layer == "block3_pool":
            assert "The largest number in the window goes on" in html_of(app)
        else:
            assert results_of(app) == [pytest.approx(float(expected[0, 0]), abs=1e-4)]


def test_it_opens_on_the_strongest_map_of_the_first_convolution(visit, run, model):
    app = opened(visit, run)
    assert not app.exception
    maps = keras_maps(model, "block1_conv")
    strongest = int(np.abs(maps).mean(axis=(0, 1)).argmax())
    np.testing.assert_allclose(shown_map(app), maps[..., strongest], atol=1e-4)
    assert tiles_of(app, "network-maps")[0][0] == f"Map {strongest + 1} ◀"
    assert component_of(app, "network-strip")["chosen"] == "block1_conv"
    assert "layer" not in app.query_params


def test_a_logit_is_the_sum_of_its_products_and_is_called_by_its_class(visit, run, model):
    app = opened(visit, run, layer="logits", at="1.8")
    logits = np.asarray(model(image()[None], training=False))[0]
    assert results_of(app) == [pytest.approx(float(logits[7]), abs=1e-4)]
    assert "How number 8 (7) comes about" in words_of(app)
    written = re.findall(r'cnn-lab-written">(.*?) = <b>', html_of(app))[0]
    terms = [float(term.strip("()").replace("−", "-")) for term in written.split(" + ")]
    assert sum(terms) == pytest.approx(float(logits[7]), abs=1e-3)


def test_a_step_a_map_and_a_number_are_chosen_in_turn(visit, run):
    app = opened(visit, run)
    trigger(app, "network-strip", "choose", "block2_conv")
    second = int(tiles_of(app, "network-maps")[1][0].split()[1])
    trigger(app, "network-maps", "open", second - 1)
    trigger(app, "network-lens", "choose", [1, 2])
    assert [app.query_params[name] for name in ("layer", "map", "at")] == ["block2_conv", str(second), "2.3"]
    assert f"row 2, column 3 of map {second} comes about" in words_of(app)


def test_a_step_that_no_browser_of_ours_sends_is_passed_over(visit, run):
    app = opened(visit, run)
    for value in ("no such", 7, None, ["block2_conv"]):
        trigger(app, "network-strip", "choose", value)
        trigger(app, "network-lens", "choose", [99, 0])
        assert not app.exception
        assert "layer" not in app.query_params
        assert "at" not in app.query_params


def test_a_number_is_followed_back_to_the_picture(visit, run, model):
    app = opened(visit, run, layer="logits", at="1.1")
    for _ in range(len(model.layers)):
        if not [button for button in app.button if button.key == "network-back"]:
            break
        app.button(key="network-back").click().run()
        assert not app.exception
    assert app.query_params["layer"] == "image"
    assert "brightness = " in html_of(app)


def test_each_number_of_a_map_has_its_field_on_the_picture(visit, run):
    app = opened(visit, run, layer="block1_conv", map="1")
    fields = component_of(app, "network-lens")["fields"]
    # 3×3 with a border of zeros: cut at the edges.
    assert fields["rows"] == [[0, 2], *([row - 1, row + 2] for row in range(1, 7)), [6, 8]]
    assert fields["columns"] == fields["rows"]


def test_what_is_not_there_is_told_and_corrected(visit, run):
    app = opened(visit, run)
    for name, value, told in (
        ("layer", "block99", "this network has no layer “block99”"),
        ("map", "99", "map goes from 1 to 32"),
        ("at", "9.1", "there is no place “9.1”"),
        ("epoch", "3", "kept no weights of epoch “3”"),
        ("excites", "2", "excites goes from 0 to 1"),
        ("steps", "some", "there is no steps “some”"),
    ):
        go(app, **{name: value})
        assert not app.exception
        assert told in app.toast[0].value
        assert name not in app.query_params


def test_behind_the_last_number_of_a_row_is_no_place(visit):
    config = digits_config("mlp", model={"blocks": [{"kind": "dense", "units": 13}]})
    run = run_with_network(config)
    app = opened(visit, run, layer="block1_dense", at="3.1")
    # 13 numbers in three rows of 6.
    assert component_of(app, "network-lens")["at"] == [2, 0]
    go(app, at="3.2")
    assert "there is no place “3.2”" in app.toast[0].value
    assert "at" not in app.query_params


def test_a_network_without_convolution_is_shown_without_maps(visit):
    app = opened(visit, run_of("mlp"))
    assert not app.exception
    assert "This network has no convolution" in words_of(app)
    assert "Each result is a weighted sum" in words_of(app)


def test_what_excites_a_filter_is_found_and_made(visit, run, model):
    app = opened(visit, run, layer="block1_relu", map="2", excites="1")
    assert not app.exception
    images = load_dataset("digits").train_images
    part = keras.Model(model.input, model.get_layer("block1_relu").output)
    peaks = np.asarray(part(images, training=False))[..., 1].max(axis=(1, 2))
    best = int(np.argmax(peaks))
    assert f"image {best:,}" in html_of(app)
    assert "Made for it" in words_of(app)


def test_a_network_whose_training_went_astray_is_told(visit):
    run = run_of("fast")
    broken = keras.models.load_model(run.path / "model.keras")
    broken.set_weights([np.full_like(weight, np.nan) for weight in broken.get_weights()])
    broken.save(run.path / "model.keras")
    app = opened(visit, run)
    assert not app.exception
    assert "does not answer with numbers" in app.error[0].value


def test_an_epoch_shows_the_weights_that_it_had_and_the_same_map(visit, run, model):
    weights = {weight.path: np.asarray(weight.value) for weight in model.weights}
    halves = {path: weight / 2 for path, weight in weights.items()}
    for epoch, kept in enumerate((halves, weights)):
        save_snapshot(run, epoch, kept)
    own = opened(visit, run, layer="block1_conv")
    looked_at = int(tiles_of(own, "network-maps")[0][0].split()[1])
    own.select_slider(key="network-epoch").set_value(0).run()
    assert not own.exception
    assert own.query_params["epoch"] == "0"
    assert own.query_params["map"] == str(looked_at)
    kernel = np.asarray(model.get_layer("block1_conv").kernel)
    told = re.findall(r"<strong>for map 1</strong><div class=\"muted\">(.*?) to (.*?)</div>", html_of(own))
    low, high = (float(number.replace("−", "-")) for number in told[0])
    assert low == pytest.approx(float(kernel[..., looked_at - 1].min()) / 2, abs=0.006)
    assert high == pytest.approx(float(kernel[..., looked_at - 1].max()) / 2, abs=0.006)
    model.set_weights(list(halves.values()))
    np.testing.assert_allclose(shown_map(own), keras_maps(model, "block1_conv")[..., looked_at - 1], atol=1e-3)


def test_a_damaged_snapshot_is_told(visit, run, model):
    save_snapshot(run, 0, {weight.path: np.asarray(weight.value) for weight in model.weights})
    next((run.path / "snapshots").iterdir()).write_bytes(b"half a file")
    app = opened(visit, run, epoch="0")
    assert not app.exception
    assert "is damaged" in app.error[0].value
