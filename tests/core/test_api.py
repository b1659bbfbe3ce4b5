"""The JSON API: the answers of the command line, and a sentence for every request that is not answered."""

import io
import json
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from cnn_core import cli
from cnn_core.api.app import create_api
from cnn_core.api.limits import Limits
from cnn_core.data.load import load_dataset
from cnn_core.errors import StorageError
from cnn_core.images import archive, sources
from cnn_core.inference import loaded
from cnn_core.inference.loaded import LoadedRuns
from tests.fixtures import damaged_run, finished_run, started_run

LOGITS = np.float32([0, 1, 2, 9, 4, 8, 6, 7, 5, 3])


class FakeNetwork:
    """Says 3, then 5, then 7, whatever it sees; a moment later, if asked to."""

    def __init__(self, seconds=0.0):
        self.seconds = seconds

    def logits(self, images):
        time.sleep(self.seconds)
        return np.tile(LOGITS, (len(images), 1))


@pytest.fixture
def network(monkeypatch):
    """What every run has for a network."""
    network = FakeNetwork()
    monkeypatch.setattr(loaded, "load_network", lambda _run: network)
    return network


@pytest.fixture
def serve():
    """An API with limits of its own, mounted as in the app."""
    clients = []

    def serve(**limits):
        api = create_api(Limits(**{"rate": 0, **limits}), LoadedRuns())
        client = TestClient(Starlette(routes=[Mount("/api", app=api)]), base_url="http://lab")
        clients.append(client.__enter__())
        return client

    yield serve
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def api(serve):
    return serve()


@pytest.fixture
def run(network):  # noqa: ARG001 - only while networks are replaced
    return finished_run()


def picture(seed=0, side=8):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def predict(api, *files, query="", **options):
    parts = [("files", (name, content)) for name, content in files]
    return api.post(f"/api/v1/predict{query}", files=parts, **options)


def form_of(name, content, field=b"f"):
    """The body of a form, byte by byte."""
    head = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n' % (field, name)
    return head + content + b"\r\n--x--\r\n"


def refused(response, status):
    """The sentence of a request that was not answered, and nothing else."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    (error,) = response.json().values()
    assert response.json().keys() == {"error"}
    assert error.endswith(".")
    return error


def test_a_picture_gets_a_row_and_a_broken_one_its_error(api, run):
    files = [("three.png", picture()), ("broken.png", picture()[:50]), ("notes.txt", b"words"), ("empty.png", b"")]
    response = predict(api, *files, query=f"?run={run.id}&top=2")
    assert response.status_code == 200
    answer = response.json()
    assert answer["run"] == run.id
    good, *bad = answer["answers"]
    assert (good["file"], good["label"], good["error"]) == ("three.png", "3", None)
    assert [guess["label"] for guess in good["top"]] == ["3", "5"]
    assert [row["file"] for row in bad] == ["broken.png", "notes.txt", "empty.png"]
    assert all(row["file"] in row["error"] and row["label"] is None for row in bad)


def assert_same(rows, expected):
    """All is equal; of the scores, nearly: pictures in other company are added up in another order."""
    scores = [[row["outlier_score"] or 0 for row in of] for of in (rows, expected)]
    assert scores[0] == pytest.approx(scores[1], rel=1e-5)
    rest = [[{**row, "outlier_score": None} for row in of] for of in (rows, expected)]
    assert rest[0] == rest[1]


def test_the_answers_are_those_of_the_command_line(api, tmp_path, monkeypatch, capfd):
    images = load_dataset("digits").test_images
    paths = []
    for index in range(7):
        paths.append(tmp_path / f"{index}.png")
        Image.fromarray(images[index, :, :, 0]).resize((80, 80), 0).save(paths[-1])
    paths[2].write_bytes(b"no picture")
    paths.append(tmp_path / "two.zip")
    paths[-1].write_bytes(zip_of(("x.png", paths[0].read_bytes()), ("y/z.png", paths[1].read_bytes())))
    monkeypatch.setattr(sys, "argv", ["cnn_core", "predict", "showcase", *map(str, paths), "--top", "4", "--json"])
    with pytest.raises(SystemExit):
        cli.main()
    expected = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    rows = predict(api, *((path.name, path.read_bytes()) for path in paths), query="?top=4").json()["answers"]
    # What is sent has no folder.
    assert_same(rows, [{**row, "file": row["file"].removeprefix(f"{tmp_path}/")} for row in expected])
    assert [row["file"] for row in rows[-2:]] == ["two.zip/x.png", "two.zip/y/z.png"]
    assert "2.png" in rows[2]["error"]
    # One by one they are the same.
    assert_same(predict(api, (paths[0].name, paths[0].read_bytes()), query="?top=4").json()["answers"], rows[:1])


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "IMAGE/JPEG; q=1"])
def test_a_picture_can_be_the_whole_body(api, run, kind):
    response = api.post(f"/api/v1/predict?run={run.id}", content=picture(), headers={"Content-Type": kind})
    (row,) = response.json()["answers"]
    assert (row["file"], row["label"], len(row["top"])) == ("picture", "3", 3)


def test_a_name_that_no_text_can_hold_is_a_name_all_the_same(api, run):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="\\ud800.png"\r\n\r\n'
        + picture()
        + b"\r\n--x--\r\n"
    )
    kind = "multipart/form-data; boundary=x; charset=unicode_escape"
    response = api.post(f"/api/v1/predict?run={run.id}", content=body, headers={"Content-Type": kind})
    assert response.status_code == 200
    assert response.json()["answers"][0]["file"] == "?.png"


def test_a_request_without_a_picture_says_how_to_send_one(api, run):
    where = f"/api/v1/predict?run={run.id}"
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    for response in (
        api.post(where),
        api.post(where, content=b"", headers={"Content-Type": "image/png"}),
        # As a browser sends the empty file field of a form.
        api.post(where, content=form_of(b"", b""), headers=form),
        api.post(where, content=b"--x--\r\n", headers=form),
    ):
        assert "There is no picture" in refused(response, 400)
        assert "curl -F" in response.text


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "text/plain", "", "images"])
def test_a_content_type_that_brings_no_pictures_is_refused(api, run, kind):
    response = api.post(f"/api/v1/predict?run={run.id}", content=picture(), headers={"Content-Type": kind})
    assert "brings no pictures" in refused(response, 415)


@pytest.mark.parametrize("parameters", ["", "; boundary=y", "; boundary=x; charset=undefined"])
def test_a_form_that_cannot_be_read_is_refused(api, run, parameters):
    kind = f"multipart/form-data{parameters}"
    body = form_of(b"a.png", picture())
    response = api.post(f"/api/v1/predict?run={run.id}", content=body, headers={"Content-Type": kind})
    refused(response, 400)


def test_text_in_the_form_is_refused_by_its_name(api, run):
    response = api.post("/api/v1/predict", data={"run": run.id}, files={"files": ("a.png", picture())})
    assert "'run' is text" in refused(response, 400)


@pytest.mark.parametrize("top", ["0", "-1", "abc", "", "1.5", "9" * 5000, "1001", "%00"])
def test_a_number_of_classes_that_is_none_is_refused(api, run, top):
    assert "'top'" in refused(predict(api, ("a.png", picture()), query=f"?run={run.id}&top={top}"), 422)


def test_a_parameter_that_does_not_exist_or_stands_there_twice_is_refused(api):
    assert "no parameter 'tpo'" in refused(predict(api, ("a.png", picture()), query="?tpo=3"), 422)
    assert "'top' is in the address more" in refused(predict(api, ("a.png", picture()), query="?top=3&top=3"), 422)


@pytest.mark.parametrize("run_id", ["nobody", "..", "../showcase", "/etc", "%00", "%ff", "a/../showcase"])
def test_a_run_that_does_not_exist_is_not_found(api, run_id):
    error = refused(predict(api, ("a.png", picture()), query=f"?run={run_id}"), 404)
    assert "There is no run" in error
    assert "showcase" in error


def test_a_run_without_a_network_or_with_a_damaged_one_says_why(api):
    run = started_run()
    assert "has no network yet" in refused(predict(api, ("a.png", picture()), query=f"?run={run.id}"), 409)
    run = finished_run(save=lambda path: path.write_bytes(b"no network"))
    assert "is damaged" in refused(predict(api, ("a.png", picture()), query=f"?run={run.id}"), 409)


def test_another_method_is_told_which_one_answers(api):
    response = api.get("/api/v1/predict")
    assert "POST" in refused(response, 405)
    assert response.headers["allow"] == "POST"
    assert "GET" in refused(api.post("/api/v1/runs"), 405)
    # Other sites are granted nothing.
    preflight = api.options("/api/v1/predict", headers={"Origin": "http://elsewhere"})
    assert preflight.status_code == 405
    assert not [name for name in preflight.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/predict/", "/api/v2/runs", "/api/v1/%2e%2e/app.py"])
def test_what_is_not_there_is_not_found_and_never_a_page(api, path):
    assert "nothing at" in refused(api.get(path), 404)


def test_a_request_that_is_too_large_is_refused_whether_it_says_so_or_not(serve, run):
    api, where = serve(body_mb=0.01), f"/api/v1/predict?run={run.id}"
    assert api.post(where, content=picture(), headers={"Content-Type": "image/png"}).status_code == 200
    large = picture(side=200)
    pieces = (large[start : start + 1000] for start in range(0, len(large), 1000))
    for content, kind in (
        (large, "image/png"),
        (pieces, "image/png"),
        (iter([form_of(b"a.png", large)]), "multipart/form-data; boundary=x"),
    ):
        response = api.post(where, content=content, headers={"Content-Type": kind})
        assert "up to 0.01 MB are read" in refused(response, 413)
    assert api.get("/api/v1/health").json()["requests"] == 0


def test_only_so_many_pictures_come_in_one_request(serve, run):
    api = serve(files=3)
    files = [(f"{index}.png", picture()) for index in range(4)]
    assert len(predict(api, *files[:3], query=f"?run={run.id}").json()["answers"]) == 3
    assert "Maximum number of files is 3" in refused(predict(api, *files, query=f"?run={run.id}"), 400)


def zip_of(*files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_every_picture_of_a_zip_has_a_row(serve, run):
    api = serve(files=4)
    photos = zip_of(("a.png", picture()), ("deep/b.png", picture(1)), ("notes.txt", b"words"))
    answer = predict(api, ("photos.zip", photos), ("c.png", picture(2)), query=f"?run={run.id}").json()
    assert [(row["file"], row["error"] is None) for row in answer["answers"]] == [
        ("photos.zip/a.png", True),
        ("photos.zip/deep/b.png", True),
        ("photos.zip/notes.txt", False),
        ("c.png", True),
    ]
    alone = api.post(f"/api/v1/predict?run={run.id}", content=photos, headers={"Content-Type": "application/zip"})
    assert len(alone.json()["answers"]) == 3
    (row,) = predict(api, ("half.zip", photos[:50]), query=f"?run={run.id}").json()["answers"]
    assert "'half.zip' is damaged" in row["error"]
    more = [("photos.zip", photos), ("again.zip", photos)]
    assert "holds 6 pictures: up to 4" in refused(predict(api, *more, query=f"?run={run.id}"), 413)


def test_zips_are_opened_only_while_their_pictures_are_not_too_many(serve, run, monkeypatch):
    opened = []
    really = archive.open_archive
    monkeypatch.setattr(sources, "open_archive", lambda *given: opened.append(given[1]) or really(*given))
    many = zip_of(*((f"{index}.png", b"x") for index in range(5)))
    response = predict(serve(files=4), *[(f"{index}.zip", many) for index in range(4)], query=f"?run={run.id}")
    assert "holds 5 pictures at least: up to 4" in refused(response, 413)
    assert opened == ["0.zip"]


def test_zips_of_one_request_share_what_one_may_take(serve, run, monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", 2 * len(picture()))
    two = zip_of(("a.png", picture()), ("b.png", picture()))
    rows = predict(serve(), ("1.zip", two), ("2.zip", two), query=f"?run={run.id}").json()["answers"]
    assert [row["error"] is None for row in rows] == [True, True, False, False]


def test_a_page_of_another_site_cannot_send_a_form(api, run):
    for site, status in (("cross-site", 403), ("same-origin", 200), ("none", 200)):
        response = predict(api, ("a.png", picture()), query=f"?run={run.id}", headers={"Sec-Fetch-Site": site})
        assert response.status_code == status
    assert "another site" in refused(
        predict(api, ("a.png", picture()), query=f"?run={run.id}", headers={"Sec-Fetch-Site": "cross-site"}), 403
    )


def test_a_disk_that_cannot_be_read_is_told_without_its_folders(api, monkeypatch):
    def broken():
        raise StorageError("The folder '/srv/secret/runs' cannot be read.")

    monkeypatch.setattr("cnn_core.api.app.all_runs", broken)
    assert "/srv" not in refused(api.get("/api/v1/runs"), 503)


def test_a_network_that_answers_with_no_numbers_is_told_so(api, run, network, monkeypatch):
    monkeypatch.setattr(network, "logits", lambda images: np.full((len(images), 10), np.nan, np.float32))
    assert "does not answer with numbers" in refused(predict(api, ("a.png", picture()), query=f"?run={run.id}"), 409)


def test_a_client_that_asks_too_often_waits(serve, run):
    # A slow machine needs seconds for these requests, in which tokens come: few do.
    api = serve(rate=0.05, burst=3)
    assert predict(api, ("a.png", picture()), query=f"?run={run.id}").status_code == 200
    # The third token is there; the two further pictures are owed.
    assert predict(api, *[("a.png", picture())] * 3, query=f"?run={run.id}").status_code == 200
    response = predict(api, ("a.png", picture()), query=f"?run={run.id}")
    assert "Too many requests" in refused(response, 429)
    assert 30 <= int(response.headers["retry-after"]) <= 40
    assert api.get("/api/v1/runs").status_code == 429
    assert api.get("/api/v1/health").status_code == 200


def test_a_server_that_is_asked_too_much_says_so_at_once_and_loses_nothing(serve, run, network):
    api, answers = serve(waiting=4, workers=1), []
    network.seconds = 0.3
    together = threading.Barrier(10)

    def ask(index):
        together.wait()
        response = predict(api, (f"{index}.png", picture(index)), query=f"?run={run.id}")
        answers.append((index, response))

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(ask, range(10)))
    answered = [(index, response.json()) for index, response in answers if response.status_code == 200]
    assert len(answered) >= 4
    for index, answer in answered:
        assert [row["file"] for row in answer["answers"]] == [f"{index}.png"]
    busy = [response for _, response in answers if response.status_code != 200]
    assert busy
    for response in busy:
        assert "busy" in refused(response, 503)
        assert int(response.headers["retry-after"]) >= 1
    assert api.get("/api/v1/health").json()["requests"] == 0


def test_the_server_answers_others_while_it_classifies(serve, run, network, monkeypatch):
    api, goes_on, answer = serve(workers=1), threading.Event(), network.logits

    def logits(images):
        assert goes_on.wait(60)
        return answer(images)

    monkeypatch.setattr(network, "logits", logits)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(predict, api, ("a.png", picture()), query=f"?run={run.id}")
        try:
            while not (health := api.get("/api/v1/health").json())["requests"]:
                assert not slow.done()
                time.sleep(0.01)
            assert health["status"] == "ok"
            assert api.get("/api/v1/runs").status_code == 200
            assert not slow.done()
        finally:
            goes_on.set()
        assert slow.result().status_code == 200


def test_the_runs_are_listed_with_what_they_can_be_asked(api):
    finished, training, damaged = finished_run(), started_run(), damaged_run()
    response = api.get("/api/v1/runs")
    assert response.status_code == 200
    rows = {row["id"]: row for row in response.json()["runs"]}
    assert rows.keys() == {"showcase", finished.id, training.id, damaged.id}
    assert next(iter(rows)) == "showcase"
    assert {name: row["can_predict"] for name, row in rows.items()} == {
        "showcase": True,
        finished.id: True,
        training.id: False,
        damaged.id: False,
    }
    assert rows[finished.id]["classes"] == list("0123456789")
    assert (rows[damaged.id]["state"], rows[damaged.id]["classes"]) == ("damaged", [])


def test_a_bug_is_an_error_too(run, monkeypatch):
    monkeypatch.setattr(FakeNetwork, "logits", lambda *_: 1 / 0)
    client = TestClient(create_api(Limits(), LoadedRuns()), raise_server_exceptions=False)
    response = client.post(f"/v1/predict?run={run.id}", content=picture(), headers={"Content-Type": "image/png"})
    assert "bug" in refused(response, 500)
