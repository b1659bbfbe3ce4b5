"""Downloads from a server that behaves badly."""

import errno
import gzip
import hashlib
import os
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cnn_core.data import fetch
from cnn_core.data.download import download_missing
from cnn_core.data.published import Publication, PublishedFile
from cnn_core.errors import DatasetError, StorageError

NAMES = ("train-images", "train-labels", "test-images", "test-labels")
SHAPES = ((300, 20, 20), (300,), (100, 20, 20), (100,))
# Random values do not compress: half of the gzip stream is half of the data.
PAYLOADS = {
    name: bytes([0, 0, 8, len(shape)])
    + b"".join(size.to_bytes(4, "big") for size in shape)
    + os.urandom(shape[0] * (400 if len(shape) == 3 else 1))
    for name, shape in zip(NAMES, SHAPES, strict=True)
}
TOTAL = sum(map(len, PAYLOADS.values()))


class Mirror(ThreadingHTTPServer):
    """Serves the files of one folder; ``plan[path]`` holds what it does instead at the first requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        self.plan: dict[str, list[str]] = {}
        self.always: str | None = None
        self.requests: Counter[str] = Counter()
        self.released = threading.Event()

    def handle_error(self, request, client_address):
        """A client that hangs up is part of these tests."""


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.strip("/").removesuffix(".gz")
        self.server.requests[name] += 1
        plan = self.server.plan.get(name)
        act = self.server.always or (plan.pop(0) if plan else "serve")
        if act.isdigit():
            self.send_error(int(act))
            return
        body = gzip.compress(PAYLOADS[name])
        if act == "alter":
            body = gzip.compress(PAYLOADS[name][:-1] + bytes([PAYLOADS[name][-1] ^ 1]))
        elif act == "overlong":
            body = gzip.compress(PAYLOADS[name] + b"\x00" * 1_000_000)
        elif act == "login page":
            body = b"<html>Please log in</html>"
        elif act == "hang up":
            self.close_connection = True
            return
        self.send_response(200)
        if act != "cut, length unknown":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if act.startswith("cut"):
            body = body[: len(body) // 2]
        elif act == "fall silent":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.server.released.wait(5)
            return
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def mirrors(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    servers = [Mirror(), Mirror()]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield servers
    for server in servers:
        server.released.set()
        server.shutdown()
        server.server_close()


def published_at(*mirrors):
    files = tuple(
        PublishedFile(name, name, shape, hashlib.sha256(PAYLOADS[name]).hexdigest())
        for name, shape in zip(NAMES, SHAPES, strict=True)
    )
    return Publication(files, tuple(mirror if isinstance(mirror, str) else mirror.url for mirror in mirrors), 0)


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def assert_complete(folder):
    assert visible(folder) == sorted(NAMES)
    for name in NAMES:
        assert (folder / name).read_bytes() == PAYLOADS[name]


def test_files_are_stored_unpacked_and_nothing_else_is_left(mirrors, tmp_path):
    folder = tmp_path / "new" / "tiny"
    download_missing("tiny", published_at(mirrors[0]), folder)
    assert_complete(folder)


def test_progress_rises_to_the_known_total(mirrors, tmp_path):
    steps = []
    download_missing("tiny", published_at(mirrors[0]), tmp_path, steps.append)
    done = [step.bytes_done for step in steps]
    assert done == sorted(done)
    assert done[-1] == TOTAL
    assert {step.bytes_total for step in steps} == {TOTAL}
    assert list(dict.fromkeys(step.file for step in steps)) == list(NAMES)
    assert {step.dataset for step in steps} == {"tiny"}


def test_only_what_is_missing_is_fetched(mirrors, tmp_path):
    (tmp_path / "train-images").write_bytes(b"mine")
    (tmp_path / "test-labels.gz").write_bytes(b"mine too")
    download_missing("tiny", published_at(mirrors[0]), tmp_path)
    assert dict(mirrors[0].requests) == {"train-labels": 1, "test-images": 1}
    assert (tmp_path / "train-images").read_bytes() == b"mine"


@pytest.mark.parametrize("act", ["cut", "cut, length unknown", "hang up", "503", "fall silent"])
def test_a_connection_cut_once_is_tried_again(mirrors, tmp_path, monkeypatch, act):
    monkeypatch.setattr(fetch, "_TIMEOUT_SECONDS", 0.3)
    mirrors[0].plan = {"train-images": [act]}
    download_missing("tiny", published_at(mirrors[0]), tmp_path)
    assert_complete(tmp_path)
    assert mirrors[0].requests["train-images"] == 2


def test_a_connection_that_is_always_cut_is_given_up(mirrors, tmp_path):
    mirrors[0].always = "cut"
    with pytest.raises(DatasetError, match=r"'tiny' could not be downloaded: .* was cut off after") as caught:
        download_missing("tiny", published_at(mirrors[0]), tmp_path)
    assert mirrors[0].url in str(caught.value)
    assert f"put train-images.gz, train-labels.gz, test-images.gz, test-labels.gz into '{tmp_path}'" in str(
        caught.value
    )
    assert mirrors[0].requests["train-images"] == 2
    assert visible(tmp_path) == []


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("alter", "SHA-256 is not the published one"),
        ("overlong", "SHA-256 is not the published one"),
        ("login page", "something else than the file"),
        ("404", "answered 404"),
    ],
)
def test_a_mirror_with_something_else_is_not_asked_again(mirrors, tmp_path, act, told):
    mirrors[0].always = act
    with pytest.raises(DatasetError, match=told):
        download_missing("tiny", published_at(mirrors[0]), tmp_path)
    assert mirrors[0].requests == {"train-images": 1}
    assert visible(tmp_path) == []


@pytest.mark.parametrize("act", ["alter", "404", "cut"])
def test_the_next_mirror_steps_in(mirrors, tmp_path, act):
    mirrors[0].always = act
    download_missing("tiny", published_at(*mirrors), tmp_path)
    assert_complete(tmp_path)


def test_without_a_network_the_way_by_hand_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(DatasetError, match=r"could not be reached .*'digits' needs no download"):
        download_missing("tiny", published_at("http://127.0.0.1:1/"), tmp_path)
    assert visible(tmp_path) == []


def test_a_file_where_the_folder_should_be(mirrors, tmp_path):
    (tmp_path / "taken").write_text("a file")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "tiny"):
        with pytest.raises(StorageError, match=r"cannot be written .* Set CNN_LAB_DATA"):
            download_missing("tiny", published_at(mirrors[0]), folder)
    assert (tmp_path / "taken").read_text() == "a file"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_no_half_file(mirrors, tmp_path, monkeypatch, call):
    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    target = fetch.os if call == "fsync" else fetch.Path
    monkeypatch.setattr(target, call, refuse)
    with pytest.raises(StorageError, match=r"disk of .* is full.*Free some space"):
        download_missing("tiny", published_at(mirrors[0]), tmp_path)
    assert visible(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("stop"), BrokenPipeError("my own")])
def test_what_the_caller_raises_ends_the_download_as_it_is(mirrors, tmp_path, error):
    def interrupt(_):
        raise error

    with pytest.raises(type(error)) as caught:
        download_missing("tiny", published_at(mirrors[0]), tmp_path, interrupt)
    assert caught.value is error
    assert visible(tmp_path) == []
    download_missing("tiny", published_at(mirrors[0]), tmp_path)  # and the lock is free again
    assert_complete(tmp_path)


def test_two_at_once_download_once(mirrors, tmp_path):
    publication = published_at(mirrors[0])
    failures = []

    def fetch():
        try:
            download_missing("tiny", publication, tmp_path)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert dict(mirrors[0].requests) == dict.fromkeys(NAMES, 1)
    assert_complete(tmp_path)


def test_a_download_that_never_ends_elsewhere_is_not_waited_for_for_ever(mirrors, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "_LOCK_SECONDS", 0.1)
    with (
        fetch.filelock.FileLock(tmp_path / ".lock"),
        pytest.raises(DatasetError, match="Another process has been downloading 'tiny'"),
    ):
        download_missing("tiny", published_at(mirrors[0]), tmp_path)
