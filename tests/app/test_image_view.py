"""One test image opened: what the network says of it, where it looked, which training images are like it."""

import dataclasses
import re
from types import SimpleNamespace

import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.explain.reading import Reading
from cnn_core.models.presets import preset_config
from cnn_core.runs import directory
from cnn_core.runs.features_file import FEATURES
from pages.parts import cached, explained
from pages.parts.explained import ExplainedNetwork
from tests.app.reading import component_of, html_of, words_of
from tests.fixtures import digits_predictions, finished_run

TEST_LABELS = load_dataset("digits").test_labels
# What ``digits_predictions`` gets wrong for sure, and one that it gets right.
WRONG = int((TEST_LABELS == 8).argmax())
RIGHT = int((TEST_LABELS == 7).argmax())


def save(preset):
    """What writes a network with fresh weights."""

    def write(path):
        from cnn_core.models.build import build_model

        build_model(preset_config(preset, dataset_card("digits")).model, (8, 8, 1), 10).save(path)

    return write


@pytest.fixture
def run():
    # Its last map has 3 × 3 places.
    return finished_run(save=save("tutorial-cnn"))


@pytest.fixture
def opened(visit):
    """Open an image by its address, with all training images read."""

    def opened(run, index=WRONG):
        app = visit("evaluate.py", run=run.id, image=str(index))
        if run.has_model:
            explained.reading(ExplainedNetwork(run)).wait(60)
        return app.run()

    return opened


def button(app, key):
    (found,) = [one for one in app.button if one.key == key]
    return found


def neighbours_of(app):
    """Label and further lines of each training image that is shown."""
    figures = re.findall(r"<figure>.*?</figure>", html_of(app), flags=re.S)
    tiles = [tuple(re.findall(r"<(?:strong|div class=\"muted\")>(.*?)</", figure)) for figure in figures]
    return [tile for tile in tiles if any(line.startswith("training image") for line in tile)]


def test_no_image_is_open_unless_one_is_asked_for(visit, run):
    assert "cnn-lab-large" not in html_of(visit("evaluate.py", run=run.id))


def test_a_link_opens_an_image_with_all_that_the_network_says_of_it(opened, run):
    app = opened(run)
    assert not app.exception
    predictions = digits_predictions()
    assert "8, taken for 0" in [header.value for header in app.header]
    confidence, loss = predictions.confidence[WRONG], predictions.losses[WRONG]
    assert f"Test image {WRONG} · {confidence:.1%} sure · loss {loss:.3f}" in words_of(app)
    html = html_of(app)
    assert html.count('class="cnn-lab-large"') == 1
    # A bar for each of the ten classes, the predicted one first, the true one marked.
    assert html.count('class="track"') == 10
    assert html.index('<span>0<span class="mark">predicted</span>') < html.index(
        '<span>8<span class="mark">true</span>'
    )


def test_a_wrong_answer_has_a_map_for_the_predicted_and_one_for_the_true_class(opened, run):
    html = html_of(opened(run))
    assert html.count("Heat map of what spoke for") == 2
    assert "<strong>0</strong> (predicted)" in html
    assert "<strong>8</strong> (true class)" in html


def test_a_right_answer_has_one_map(opened, run):
    app = opened(run, RIGHT)
    assert "7, recognised" in [header.value for header in app.header]
    html = html_of(app)
    assert html.count("Heat map of what spoke for") == 1
    assert "<strong>7</strong> (predicted and true)" in html


def test_the_nearest_training_images_are_shown_with_their_labels_and_kept_with_the_run(opened, run):
    neighbours = neighbours_of(opened(run))
    assert len(neighbours) == 6
    labels = load_dataset("digits").train_labels
    for label, distance, which in neighbours:
        assert label == str(labels[int(which.removeprefix("training image "))])
        assert float(distance.removeprefix("distance ")) >= 0
    assert (run.path / FEATURES).is_file()


def test_previous_and_next_go_through_the_images_that_it_was_opened_from(visit, run):
    threes = [int(index) for index in (TEST_LABELS == 3).nonzero()[0]]
    # The surest mistake first: of the threes, the last one.
    app = visit("evaluate.py", run=run.id, true="3", image=str(threes[-2]))
    assert "2 of 37" in words_of(app)
    button(app, "image-Next").click()
    app.run()
    assert app.query_params["image"] == str(threes[-3])
    assert f"Test image {threes[-3]} " in words_of(app)
    button(app, "image-Previous").click()
    app.run()
    button(app, "image-Previous").click()
    app.run()
    assert f"Test image {threes[-1]} " in words_of(app)
    assert button(app, "image-Previous").disabled
    assert app.query_params["true"] == "3"


def test_a_link_to_an_image_of_a_later_page_walks_the_same_selection(visit, run):
    threes = [int(index) for index in (TEST_LABELS == 3).nonzero()[0]]
    app = visit("evaluate.py", run=run.id, true="3", predicted="5", page="2", image=str(threes[5]))
    assert "32 of 37" in words_of(app)


def test_an_image_that_is_not_in_the_selection_has_all_others_around_it(visit, run):
    app = visit("evaluate.py", run=run.id, true="3", image=str(RIGHT))
    assert f"{RIGHT + 1} of 360" in words_of(app)


@pytest.mark.parametrize("asked", ["360", "-1", "abc", "1e2", "٣", "", "9" * 40, "<b>"])
def test_an_image_that_does_not_exist_is_told_and_forgotten(visit, run, asked):
    app = visit("evaluate.py", run=run.id, image=asked)
    assert not app.exception
    assert "cnn-lab-large" not in html_of(app)
    (toast,) = app.toast
    assert "this run was tested on 360" in toast.value
    assert "image" not in app.query_params


def test_a_network_without_convolution_says_so_and_still_has_neighbours(opened):
    app = opened(finished_run(save=save("mlp")))
    assert not app.exception
    assert "no convolution" in words_of(app)
    assert "Heat map" not in html_of(app)
    assert len(neighbours_of(app)) == 6


def test_a_damaged_network_is_told_once_and_the_answer_is_there(opened):
    app = opened(finished_run())
    assert not app.exception
    assert words_of(app).count("is damaged") == 1
    assert html_of(app).count('class="track"') == 10


def test_a_run_without_a_network_says_so(opened, run):
    (run.path / directory.MODEL).unlink()
    app = opened(run)
    assert not app.exception
    assert "no network any more" in words_of(app)
    assert html_of(app).count('class="track"') == 10


def test_without_the_dataset_there_are_numbers_and_no_images(visit):
    run = finished_run(preset_config("mlp", dataset_card("fashion-mnist")), save=save("mlp"))
    app = visit("evaluate.py", run=run.id, image=str(WRONG))
    assert not app.exception
    assert "its images are not on this machine" in words_of(app)
    assert "cnn-lab-large" not in html_of(app)
    assert html_of(app).count('class="track"') == 10


def change_dataset(monkeypatch, **changes):
    changed = dataclasses.replace(load_dataset("digits"), **changes)
    for module in (cached, explained):
        monkeypatch.setattr(module, "load_dataset", lambda *_, **__: changed)


def test_without_the_images_that_it_was_tested_on_there_are_numbers_and_no_images(visit, run, monkeypatch):
    change_dataset(monkeypatch, checksum="another")
    app = visit("evaluate.py", run=run.id, image=str(WRONG))
    assert not app.exception
    assert "has changed since this run was tested" in words_of(app)
    assert "cnn-lab-large" not in html_of(app)
    assert html_of(app).count('class="track"') == 10


def test_a_dataset_that_is_mended_is_noticed(visit, run, monkeypatch):
    right = cached.load_dataset
    change_dataset(monkeypatch, checksum="another")
    app = visit("evaluate.py", run=run.id)
    assert "has changed since this run was tested" in words_of(app)
    for module in (cached, explained):
        monkeypatch.setattr(module, "load_dataset", right)
    app.run()
    assert "has changed" not in words_of(app)
    assert component_of(app, "examples")["tiles"][0]["image"]


def test_a_test_image_that_is_in_the_training_set_is_told(opened, run, monkeypatch):
    images = load_dataset("digits").train_images.copy()
    images[11] = load_dataset("digits").test_images[WRONG]
    change_dataset(monkeypatch, train_images=images)
    app = opened(run)
    assert "The very same picture is in the training set (training image 11)" in words_of(app)
    same = [tile for tile in neighbours_of(app) if "the same picture" in tile]
    assert [tile[1:3] for tile in same] == [("distance 0.000", "training image 11")]


def test_the_company_of_an_image_explains_the_answer(opened, run, monkeypatch):
    labels = load_dataset("digits").train_labels
    change_dataset(monkeypatch, train_labels=labels * 0 + 5)
    words = words_of(opened(run)).replace("\\", "")
    assert "All of its 6 nearest training images are labelled 5: the network sees it among these" in words
    assert "still it said 0" in words
    assert "is on the list of Labels" not in words
    change_dataset(monkeypatch, train_labels=labels * 0 + 8)
    explained._training_images.clear()
    assert "nearest training images are labelled" not in words_of(opened(run))


def standing(**attributes):
    """A reading that stands still."""
    facts = {"state": "reading", "share": 0.34, "features": None, "error": None, "unsaved": None, "is_active": False}
    return SimpleNamespace(wait=lambda seconds: None, **{**facts, **attributes})  # noqa: ARG005


def test_while_the_training_images_are_read_the_share_is_shown(visit, run, monkeypatch):
    monkeypatch.setattr(explained, "reading", lambda run: standing(is_active=True))  # noqa: ARG005
    app = visit("evaluate.py", run=run.id, image=str(WRONG))
    assert not app.exception
    (progress,) = app.get("progress")
    assert (progress.proto.value, progress.proto.text) == (
        34,
        "Reading the training images: 34%. Once for each network.",
    )
    assert html_of(app).count("Heat map of what spoke for") == 2


def test_a_reading_that_failed_can_be_tried_again(visit, run, monkeypatch):
    good = explained.reading
    failed = standing(state="failed", error="There is not enough memory.")
    monkeypatch.setattr(explained, "reading", lambda run: failed)  # noqa: ARG005
    app = visit("evaluate.py", run=run.id, image=str(WRONG))
    assert "There is not enough memory." in words_of(app)
    monkeypatch.setattr(explained, "reading", good)
    button(app, "read-again").click()
    app.run()
    good(ExplainedNetwork(run)).wait(60)
    app.run()
    assert len(neighbours_of(app)) == 6


def test_a_reading_is_made_anew_after_it_was_forgotten(run):
    first = explained.reading(ExplainedNetwork(run))
    assert isinstance(first, Reading)
    assert explained.reading(ExplainedNetwork(run)) is first
    first.wait(60)
    explained.read_again(ExplainedNetwork(run))
    assert explained.reading(ExplainedNetwork(run)) is not first
    explained.reading(ExplainedNetwork(run)).wait(60)


@pytest.fixture
def begun(monkeypatch):
    """The readings that are begun; each goes on until it is told to end."""
    begun = []

    def begin(source):
        begun.append(SimpleNamespace(run=source.run, is_active=True))
        return begun[-1]

    monkeypatch.setattr(explained, "Reading", begin)
    return begun


def test_a_reading_under_way_is_begun_once_however_many_networks_are_asked_for(begun):
    runs = [finished_run() for _ in range(6)]
    for _ in range(3):
        found = [explained.reading(ExplainedNetwork(run)) for run in runs]
    assert found == begun
    assert len(begun) == 6


def test_of_readings_that_are_done_the_three_asked_for_last_are_kept(begun):
    runs = [finished_run() for _ in range(4)]
    for run in runs:
        explained.reading(ExplainedNetwork(run)).is_active = False
    assert [explained.reading(ExplainedNetwork(run)) for run in runs[1:]] == begun[1:]
    explained.reading(ExplainedNetwork(runs[0])).is_active = False
    assert len(begun) == 5
    explained.reading(ExplainedNetwork(runs[1]))
    assert len(begun) == 6, "the one that was asked for longest ago had gone"


def test_class_names_are_shown_as_they_are(opened, run):
    path = run.path / directory.CONFIG
    path.write_text(path.read_text().replace('"8"', '"<b>*8*</b>"'))
    report = run.path / directory.REPORT
    report.write_text(report.read_text().replace('"8"', '"<b>*8*</b>"'))
    app = opened(run)
    assert not app.exception
    assert "&lt;b&gt;*8*&lt;/b&gt;" in html_of(app)
    assert "<b>*8*" not in html_of(app)
    assert any("\\*8\\*" in header.value for header in app.header)
