"""Learn, "Why convolution?": the duel is started, found again and shown; what is wrong with it is told."""

import re
import time

import keras
import numpy as np
import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.duel import networks
from cnn_core.duel.contest import CORNERS, newest_duel
from cnn_core.duel.networks import parameter_count
from cnn_core.duel.settings import duel_config
from cnn_core.errors import StorageError
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import list_runs
from cnn_core.runs.writer import RunWriter
from pages.parts.learn import views
from tests.app.form import choose, start
from tests.app.networks import run_with_network
from tests.app.reading import charts_of, html_of, words_of
from tests.fixtures import digits_config, failed_run, finished_run, started_run

BY_NAME = {corner.name: corner for corner in CORNERS}


def config_of(name):
    corner = BY_NAME[name]
    return duel_config(corner.kind, dataset_card("digits"), is_shuffled=corner.is_shuffled)


def finished(name):
    """A finished run of a duel, with a network that has learned nothing."""
    return run_with_network(config_of(name))


@pytest.fixture
def duel(visit):
    return lambda **query: visit("learn.py", show=views.DUEL, dataset="digits", **query)


def settled(app):
    """The page once its networks have answered."""
    for _ in range(100):
        if not app.get("progress"):
            return app
        time.sleep(0.1)
        app.run()
    raise AssertionError("the networks were not asked in time")


def test_a_button_starts_four_runs_and_the_address_leads_to_them(duel, started):
    app = duel()
    assert not app.exception
    app.button(key="learn-duel-start").click().run()
    assert not app.exception
    assert [run.record().preset for run in started] == ["duel-cnn", "duel-dense"] * 2
    assert [run.record().model.shuffle_pixels for run in started] == [False, False, True, True]
    assert {name: app.query_params[name] for name in BY_NAME} == {
        name: run.id for name, run in zip(BY_NAME, started, strict=True)
    }
    assert html_of(app).count("waits for its turn") == 4
    # The click of somebody impatient.
    app.button(key="learn-duel-start").click().run()
    assert len(started) == 4


def test_without_the_control_there_are_two(duel, started):
    app = duel()
    app.toggle(key="learn-duel-control").set_value(False).run()
    app.button(key="learn-duel-start").click().run()
    assert len(started) == 2
    assert "cnn-shuffled" not in app.query_params


def test_a_run_that_cannot_be_started_is_told(duel, monkeypatch):
    def full(_launcher, _run):
        raise StorageError("The disk is full. Free some space.")

    monkeypatch.setattr(LocalLauncher, "start", full)
    app = duel()
    app.button(key="learn-duel-start").click().run()
    assert not app.exception
    assert any("The disk is full" in toast.value for toast in app.toast)
    # Which run could not be started is seen, and nothing is started again by a second click.
    ids = [app.query_params[name] for name in BY_NAME]
    app.button(key="learn-duel-start").click().run()
    assert [app.query_params[name] for name in BY_NAME] == ids
    assert len(list_runs()) == 4


def test_both_parameter_counts_are_shown(duel):
    app = duel()
    counts = [parameter_count(config_of(name).model, (8, 8, 1), 10) for name in ("cnn", "dense")]
    for count in counts:
        assert f"**{count:,}** parameters" in words_of(app)


def test_equal_seconds_follow_from_what_the_epochs_took(duel, started):
    cnn = finished_run(config_of("cnn"))
    dense = finished_run(config_of("dense"))
    # The fixture's epochs take 0.4 seconds.
    RunWriter(cnn).append_epoch(
        {"epoch": 3, "loss": 1, "accuracy": 1, "val_loss": 1, "val_accuracy": 1, "learning_rate": 1e-3, "seconds": 0.4}
    )
    app = duel(equal="seconds")
    assert not app.exception
    assert "0.4 s (CNN), 0.4 s (Dense network)" in words_of(app)
    app.button(key="learn-duel-start").click().run()
    assert started[1].record().training.epochs == cnn.record().training.epochs
    assert dense.id not in [run.id for run in started]


def test_equal_seconds_offer_to_measure_what_is_not_known(duel, processes):
    app = duel(equal="seconds")
    assert not app.exception
    assert not [button for button in app.button if button.key == "learn-duel-start"]
    app.button(key="learn-duel-measure-cnn").click().run()
    assert not app.exception
    assert len(processes) == 1


def test_the_newest_duel_is_found_without_an_address(duel):
    for name in BY_NAME:
        finished(name)
    app = duel()
    assert not app.exception
    (chart,) = [chart for key, chart in charts_of(app).items() if key.startswith("duel-curves")]
    assert [line["name"] for line in chart["data"]] == [corner.title for corner in CORNERS]
    shown = html_of(app)
    accuracy = finished("cnn").stored_report().accuracy
    assert shown.count(f"<b>{accuracy:.1%}</b>") == 4
    assert re.search(r"<small>\(\d+\.\d% to \d+\.\d%\)</small>", shown)


def test_the_newest_duel_stays_in_the_address_when_there_is_a_newer_one(duel):
    runs = {name: finished(name).id for name in BY_NAME}
    app = duel()
    assert {name: app.query_params[name] for name in BY_NAME} == runs
    finished("cnn")
    app.run()
    assert {name: app.query_params[name] for name in BY_NAME} == runs
    # The link that a teacher copies is made of it.
    assert all(run in app.code[0].value for run in runs.values())


def test_a_link_without_buttons_and_pages_starts_no_training_and_leads_nowhere(duel):
    runs = {name: finished(name).id for name in ("cnn", "dense")}

    def offered(app):
        return [one.key for one in app.button if one.key == "learn-duel-start"], app.get("page_link")

    start, links = offered(duel(**runs))
    assert (len(start), len(links)) == (1, 2)
    app = duel(**runs, without="tries.pages")
    assert not app.exception
    assert offered(app) == ([], [])
    assert html_of(app).count("<b>") == 2


def test_a_duel_under_way_shows_how_far_it_is(duel):
    cnn, dense = started_run(config_of("cnn")), finished("dense")
    app = duel(cnn=cnn.id, dense=dense.id)
    assert not app.exception
    assert "epoch 2 of" in html_of(app)
    assert "is not finished yet" in words_of(app)


@pytest.mark.parametrize("change", ["shift", "cover"])
def test_a_change_of_the_images_shows_what_keras_answers(duel, change):
    cnn, dense = finished("cnn"), finished("dense")
    app = settled(duel(cnn=cnn.id, dense=dense.id, change=change))
    assert not app.exception
    (chart,) = [chart for key, chart in charts_of(app).items() if key.startswith("duel-sweep")]
    lines = [line for line in chart["data"] if line.get("name")]
    assert [line["name"] for line in lines] == ["CNN", "Dense network"]
    data = load_dataset("digits")
    for run, line in zip((cnn, dense), lines, strict=True):
        model = keras.models.load_model(run.model_path())
        expected = (np.argmax(model(data.test_images), axis=1) == data.test_labels).mean()
        assert line["y"][0] == pytest.approx(expected, abs=1e-6)
    assert html_of(app).count("<figure>") == len(lines[0]["x"])


def test_any_two_runs_can_be_compared(duel):
    finished("cnn")
    first, second = finished("dense"), finished("dense-shuffled")
    app = settled(duel(compare="own", a=first.id, b=second.id))
    assert not app.exception
    (chart,) = [chart for key, chart in charts_of(app).items() if key.startswith("duel-sweep")]
    names = [line["name"] for line in chart["data"] if line.get("name")]
    assert [name[:2] for name in names] == ["A:", "B:"]


def test_another_a_brings_a_b_that_fits_it(duel):
    first, second, third = finished("cnn"), finished("dense"), finished("dense-shuffled")
    app = settled(duel(compare="own", a=first.id, b=second.id))
    app.selectbox(key="learn-duel-a").select(second.id).run()
    app = settled(app)
    assert not app.exception
    assert app.query_params["a"] == second.id
    assert app.query_params["b"] in (first.id, third.id)
    assert not app.toast


def test_which_two_runs_are_shown_stays_in_the_address(duel):
    runs = {finished("cnn").id, finished("dense").id}
    app = settled(duel(compare="own"))
    assert {app.query_params["a"], app.query_params["b"]} == runs


def test_a_dense_network_that_is_narrow_is_said_to_be(duel, monkeypatch):
    assert "images are fairer" not in words_of(duel())
    monkeypatch.setattr(networks, "_NARROW_UNITS", 1000)
    assert words_of(duel()).count("images are fairer") == 1


def test_a_damaged_network_is_told(duel):
    cnn, dense = finished_run(config_of("cnn")), finished("dense")
    app = settled(duel(cnn=cnn.id, dense=dense.id))
    assert not app.exception
    assert any("cannot be loaded" in error.value for error in app.error)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"cnn": "nonsense"}, "There is no run"),
        ({"cnn": "../../etc", "dense": "x"}, "There is no run"),
        ({"compare": "rubbish", "change": "rubbish", "axis": "x", "equal": "x"}, "The address was corrected"),
        ({"dataset": "nowhere"}, "The address was corrected"),
        ({"compare": "own", "a": "gone"}, "is no finished run"),
    ],
)
def test_an_address_that_is_wrong_is_told(visit, query, told):
    finished("cnn"), finished("dense")
    app = visit("learn.py", show=views.DUEL, **{"dataset": "digits", **query})
    # A correction is told once.
    said = words_of(app) + "".join(toast.value for toast in app.toast)
    assert not settled(app).exception
    assert told in said.replace("\\", "")


def test_where_a_network_of_the_control_looked_is_not_drawn_on_the_picture(visit):
    app = visit("learn.py", show=views.NETWORK, run=finished("cnn-shuffled").id)
    assert not app.exception
    assert "shuffles the pixels before it looks" in words_of(app)
    assert "what spoke for" not in html_of(app)
    app = visit("learn.py", show=views.NETWORK, run=finished("cnn").id)
    assert "shuffles the pixels before it looks" not in words_of(app)


def test_runs_that_are_no_duel_are_told(duel):
    dense = finished("dense")
    app = duel(cnn=dense.id, dense=dense.id)
    assert not app.exception
    assert any("is no CNN" in error.value for error in app.error)


def test_a_run_that_failed_or_was_deleted_is_told(duel):
    failed = failed_run(config=config_of("dense"))
    app = duel(dense=failed.id, cnn="20200101-000000-duel-cnn-0000")
    assert not app.exception
    assert "failed: see Watch" in html_of(app)
    assert any("There is no run" in error.value for error in app.error)


def test_without_any_run_the_view_invites(duel):
    app = duel()
    assert not app.exception
    assert newest_duel() == {}
    assert "has not begun" in words_of(app)
    assert not duel(compare="own").exception


def test_a_network_of_another_kind_than_asked_is_left_out(duel):
    other = finished_run(digits_config("mlp"))
    app = duel(cnn=other.id)
    assert not app.exception
    assert any("is no CNN" in error.value for error in app.error)


def test_the_view_teaches_in_80_to_150_words(duel):
    lesson = max((markdown.value for markdown in duel().markdown), key=len)
    assert 80 <= len(re.findall(r"\w+", lesson)) <= 150


def test_the_form_can_shuffle_pixels_too(form, started):
    app = choose(form("Network"), "model", "shuffle_pixels", True)
    assert start(app).model.shuffle_pixels is True
    assert len(started) == 1
