"""The map of a dataset's images: at once by two axes, in the background by neighbours."""

import time

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.data.understand.image_map import KIND, MapResult, draw_images
from cnn_core.errors import DatasetError
from cnn_core.jobs import store
from cnn_core.jobs.job import JobStatus
from cnn_core.jobs.store import find_job, start_job
from pages.parts.data import map_sheet
from tests.app.reading import component_of, trigger, words_of
from tests.own_pictures import brought, class_folders

CHECKSUM = dataset_card("digits").checksum


@pytest.fixture
def image_map(visit):
    """Open the view."""

    def image_map(dataset="digits", **choices):
        app = visit("data.py", dataset=dataset, show="Map", **choices)
        assert not app.exception
        return app

    return image_map


@pytest.fixture(autouse=True)
def processes(monkeypatch):
    """The arguments of the jobs that would have been started; none is."""
    started = []
    monkeypatch.setattr(store, "start_process", lambda arguments, _log: started.append(arguments))
    return started


def made(points=None):
    """A map by neighbours that is done."""
    job = start_job(KIND, CHECKSUM, {"dataset": "digits"})
    places = draw_images(load_dataset("digits")).places
    if points is None:
        points = np.random.default_rng(0).uniform(-1, 1, (len(places), 2)).astype(np.float32)
    np.savez(job.path / "map.npz", places=places, points=points)
    job.write_result(MapResult(count=len(places), divergence=1.0, seconds=12.4))
    job.write_status(JobStatus(state="done", heartbeat=time.time(), share=1.0))
    return job


def test_the_linear_map_is_there_at_once(image_map, processes):
    app = image_map()
    data = component_of(app, "image-map")
    assert len(data["x"]) == len(data["ids"]) == 1437
    assert [data["names"][kind] for kind in data["legend"]] == list("0123456789")
    assert "show 29% of what the pixels differ in" in words_of(app)
    assert processes == []


def test_the_browser_finds_the_thumbnails(image_map):
    address = component_of(image_map(), "image-map")["sheet"]["address"]
    client = TestClient(Starlette(routes=map_sheet.routes()))
    reply = client.get(address)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/png")
    assert "immutable" in reply.headers["cache-control"]
    for other in (address[:-1], address.replace("digits", "nothing"), address.replace("digits", "mnist")):
        assert client.get(other).status_code == 404


def test_a_click_opens_the_image(image_map):
    app = image_map()
    place = component_of(app, "image-map")["ids"][3]
    app = trigger(app, "image-map", "open", place)
    assert app.query_params["image"] == str(place)
    assert [header.value for header in app.header] == [str(load_dataset("digits").train_labels[place])]


def test_what_no_browser_of_ours_sends_is_passed_over(image_map):
    for sent in (10**9, "0", None, [1]):
        app = trigger(image_map(), "image-map", "open", sent)
        assert not app.exception
        assert "image" not in app.query_params


def test_classes_are_pointed_out(image_map):
    app = image_map(**{"class": "7"})
    data = component_of(app, "image-map")
    assert [data["names"][kind] for kind in data["legend"]] == ["7"]
    assert data["grey"].count(True) == 9
    app.multiselect(key="classes-pointed-out").set_value([7, 2])
    app.run()
    assert app.query_params["class"] == ["7", "2"]


def test_choosing_neighbours_starts_the_work(image_map, processes):
    app = image_map()
    app.button_group(key="map").set_value("neighbours")
    app.run()
    assert len(processes) == 1
    assert app.query_params["map"] == "neighbours"
    # Meanwhile there is the linear one.
    assert len(component_of(app, "image-map")["x"]) == 1437
    app.button(key="map-cancel").click()
    app.run()
    assert find_job(KIND, CHECKSUM) is None
    assert app.button(key="map-start")


def test_a_link_to_it_asks_before_it_starts(image_map, processes):
    app = image_map(map="neighbours")
    assert processes == []
    app.button(key="map-start").click()
    app.run()
    assert len(processes) == 1


def test_a_finished_map_is_shown_to_everybody(image_map, processes):
    made()
    app = image_map(map="neighbours")
    assert "Arranged by t-SNE in 12 s" in words_of(app)
    assert component_of(app, "image-map")["shape"].endswith("neighbours")
    assert len(processes) == 1


def test_a_failure_is_told_and_can_be_tried_again(image_map):
    job = start_job(KIND, CHECKSUM, {"dataset": "digits"})
    job.write_status(JobStatus(state="failed", heartbeat=time.time(), error="The disk *broke*."))
    app = image_map(map="neighbours")
    assert r"The map could not be made. The disk \*broke\*." in app.error[0].value
    assert app.button(key="map-start").label == "Try again"


def test_a_damaged_map_is_told(image_map):
    (made().path / "map.npz").write_bytes(b"")
    assert "Make it again" in image_map(map="neighbours").error[0].value


def test_many_classes_have_the_largest_coloured(image_map, tmp_path):
    names = [f"c{number:02}" for number in range(30)]
    brought(class_folders(tmp_path / "pictures", names, count=3, side=8), fewest=2, height=8, width=8)
    data = component_of(image_map("mine"), "image-map")
    assert len(data["legend"]) == 6
    assert data["grey"].count(True) == 24


def test_a_handful_of_images_has_a_map(image_map, tmp_path):
    brought(class_folders(tmp_path / "pictures", count=2), fewest=2)
    assert len(component_of(image_map("mine"), "image-map")["x"]) == 2


def test_the_thumbnails_of_a_dataset_that_is_gone_are_not_made():
    with pytest.raises(DatasetError):
        map_sheet.sheet_link(dataset_card("mnist"))
