"""From what somebody names to a dataset, in the background: found again, cancelled, tried again, cleaned away."""

import contextlib
import io
import json
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from cnn_core.data.own import bringing, staging
from cnn_core.data.own.bring import Progress
from cnn_core.data.own.bringing import BroughtIn, asked_settings, told
from cnn_core.data.own.settings import own_settings
from cnn_core.data.own.staging import KIND, find_staged, stage_path, stage_upload, start_bringing
from cnn_core.data.own.store import own_names, read_card
from cnn_core.errors import CnnLabError, DatasetError, StorageError
from cnn_core.jobs import store
from cnn_core.jobs.job import Job
from cnn_core.jobs.store import KEPT_SECONDS, active_jobs, find_job, jobs_folder, tidy
from cnn_core.jobs.work import run_job
from tests.own_sources import class_folders, folder_at, nothing_is_left, png, zip_at

PETS = {"name": "pets", "title": "Pets", "height": 8, "width": 8}


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """An empty data folder, and one folder that pictures may be brought from."""
    monkeypatch.setenv("CNN_LAB_FOLDERS", str(tmp_path / "allowed"))
    folder = tmp_path / "data"
    monkeypatch.setenv("CNN_LAB_DATA", str(folder))
    return folder


@pytest.fixture
def at_once(monkeypatch):
    """The work is done here, at once, where otherwise a process is started; the jobs that were."""
    jobs = []

    def start_process(arguments, _log):
        jobs.append(Job(Path(arguments[1])))
        with contextlib.suppress(CnnLabError):
            run_job(jobs[-1])

    monkeypatch.setattr(store, "start_process", start_process)
    return jobs


@pytest.fixture
def in_thread(monkeypatch):
    """The work is done in a thread, which ends with the test."""
    threads = []

    def start_process(arguments, _log):
        threads.append(threading.Thread(target=run_job, args=[Job(Path(arguments[1]))]))
        threads[-1].start()

    monkeypatch.setattr(store, "start_process", start_process)
    yield threads
    for job in active_jobs(KIND):
        job.cancel()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()


def upload(tmp_path, files=None, name="My pets.zip"):
    content = zip_at(tmp_path / "packed.zip", class_folders() if files is None else files).read_bytes()
    return stage_upload(io.BytesIO(content), name)


def staged_files():
    return sorted(path.name for path in jobs_folder().glob("*/*"))


def test_an_upload_becomes_a_dataset_and_is_deleted(tmp_path, at_once):
    staged = upload(tmp_path, {**class_folders(), "cat/words.jpg": b"words"})
    assert staged.is_upload
    assert staged.open().title == "My pets.zip"
    assert find_staged(staged.token) == staged
    job = start_bringing(staged, own_settings(PETS))
    assert at_once == [job]
    assert job.state == "done"
    result = job.read_result(BroughtIn)
    assert result.model_copy(update={"seconds": 0}) == BroughtIn(
        name="pets", title="Pets", train_count=10, test_count=2, classes=2, left_out=1, seconds=0
    )
    assert read_card("pets").train_count == 10
    assert find_job(KIND, staged.token) == job
    assert find_staged(staged.token) is None
    assert "upload.zip" not in staged_files()


@pytest.mark.usefixtures("at_once")
def test_what_lies_on_the_server_stays_there(tmp_path):
    folder = folder_at(tmp_path / "allowed" / "pets", class_folders())
    staged = stage_path(str(folder))
    assert (staged.is_upload, staged.source.title, staged.path) == (False, "pets", folder)
    assert start_bringing(staged, own_settings(PETS)).state == "done"
    assert len(list(folder.rglob("*.png"))) == 12
    staged = stage_path(str(folder))
    staged.discard()
    assert find_staged(staged.token) is None
    assert len(list(folder.rglob("*.png"))) == 12


@pytest.mark.parametrize(
    ("files", "said"), [({"1.png": png()}, "'My pets.zip' holds no picture"), ({"cat/1.png": png()}, "one class only")]
)
def test_what_is_no_dataset_is_told_and_not_kept(tmp_path, files, said):
    with pytest.raises(DatasetError, match=said):
        upload(tmp_path, files)
    assert staged_files() == []
    with pytest.raises(DatasetError, match=r"'My pets\.zip' is no ZIP"):
        stage_upload(io.BytesIO(b"words"), "My pets.zip")
    assert staged_files() == []


def test_a_full_disk_is_told_and_nothing_of_the_upload_is_kept(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(staging.shutil, "copyfileobj", full)
    with pytest.raises(StorageError, match="The disk is full"):
        upload(tmp_path)
    assert staged_files() == []


@pytest.mark.usefixtures("at_once")
def test_a_path_elsewhere_is_refused_when_it_is_named_and_when_it_is_read(tmp_path):
    outside = folder_at(tmp_path / "secret", class_folders())
    with pytest.raises(DatasetError, match="not in a folder that pictures may be brought from"):
        stage_path(str(outside))
    inside = folder_at(tmp_path / "allowed" / "pets", class_folders())
    staged = stage_path(str(inside))
    inside.rename(tmp_path / "allowed" / "other")
    inside.symlink_to(outside)
    job = start_bringing(staged, own_settings(PETS))
    assert job.state == "failed"
    assert "not in a folder" in job.error
    assert own_names() == []


@pytest.mark.parametrize("token", ["", "..", "*", "0" * 7, "0123456g", "../../x"])
def test_an_address_that_names_nothing_finds_nothing(token):
    assert find_staged(token) is None


def test_a_cancel_leaves_nothing(tmp_path, data, in_thread, monkeypatch):
    waiting = threading.Event()

    def wait(progress):
        waiting.set()
        time.sleep(0.01)
        return told(progress)

    monkeypatch.setattr(bringing, "told", wait)
    monkeypatch.setattr("cnn_core.data.own.bring._TOLD_EACH_SECONDS", 0)
    staged = upload(tmp_path, class_folders(count=400))
    job = start_bringing(staged, own_settings(PETS))
    # Whoever presses the button once more gets the same.
    assert start_bringing(staged, own_settings(PETS)) == job
    assert waiting.wait(20)
    assert active_jobs(KIND) == [job]
    job.cancel()
    assert find_staged(staged.token) is None
    for thread in in_thread:
        thread.join(20)
    assert job.state == "cancelled"
    assert nothing_is_left(data)
    assert "upload.zip" not in staged_files()
    assert find_job(KIND, staged.token) is None


@pytest.mark.usefixtures("at_once")
def test_after_a_failure_the_same_upload_can_be_tried_with_other_choices(tmp_path, data):
    staged = upload(tmp_path, {**class_folders(), **{f"bird/{number}.png": b"words" for number in range(6)}})
    job = start_bringing(staged, own_settings(PETS))
    assert job.state == "failed"
    assert "Class 'bird' has no training image" in job.error
    assert nothing_is_left(data)
    again = find_staged(staged.token)
    assert again == staged
    assert asked_settings(find_job(KIND, staged.token)) == own_settings(PETS)
    job = start_bringing(again, own_settings({**PETS, "leave_out": ["bird"]}))
    assert job.path != staged.folder
    assert job.state == "done"
    assert find_job(KIND, staged.token) == job
    assert read_card("pets").class_names == ("cat", "dog")
    assert "upload.zip" not in staged_files()


def test_a_name_that_is_taken_starts_nothing(tmp_path, at_once):
    start_bringing(upload(tmp_path), own_settings(PETS))
    staged = upload(tmp_path)
    with pytest.raises(DatasetError, match="The name 'pets' is taken"):
        start_bringing(staged, own_settings(PETS))
    assert len(at_once) == 1
    assert find_staged(staged.token) == staged


def test_uploads_that_nobody_starts_are_cleaned_away(tmp_path):
    staged, other = upload(tmp_path), upload(tmp_path)
    old = time.time() - KEPT_SECONDS - 60
    for path in staged.folder.iterdir():
        os.utime(path, (old, old))
    tidy()
    assert find_staged(staged.token) is None
    assert not staged.folder.exists()
    assert find_staged(other.token) == other


@pytest.mark.usefixtures("at_once")
def test_a_job_without_its_pictures_says_so(tmp_path):
    staged = upload(tmp_path)
    staged.discard()
    job = start_bringing(staged, own_settings(PETS))
    assert "nothing to bring in" in job.error


def test_progress_is_told_in_words():
    assert told(Progress(1200, 60_000, 0.5)) == "1,200 of 60,000 pictures, 2,400 a second, 24 s left"
    assert told(Progress(60_000, 60_000, 20)) == "60,000 of 60,000 pictures, 3,000 a second"
    assert Progress(0, 0, 0).share == 0


def test_a_process_of_its_own_brings_pictures_in(tmp_path):
    staged = upload(tmp_path)
    job = start_bringing(staged, own_settings(PETS))
    deadline = time.monotonic() + 60
    while job.is_active and time.monotonic() < deadline:
        time.sleep(0.1)
    assert job.state == "done", job.log()
    assert own_names() == ["pets"]
    assert json.loads((job.path / "result.json").read_text())["classes"] == 2


class Pieces(io.BytesIO):
    """A file that would be read in pieces, of which none may be read."""

    def read(self, *_):
        raise AssertionError


def test_uploads_that_wait_have_a_ceiling_together(tmp_path, monkeypatch):
    first = upload(tmp_path)
    size = first.path.stat().st_size
    monkeypatch.setattr(staging, "MOST_WAITING_BYTES", 2 * size + 10)
    upload(tmp_path)
    before = staged_files()
    with pytest.raises(StorageError, match="wait to be brought in already") as told:
        stage_upload(Pieces(b"x" * size), "My pets.zip")
    assert "Bring them in or discard them" in str(told.value)
    assert staged_files() == before
    # What is discarded makes room.
    first.discard()
    upload(tmp_path)


def test_an_upload_for_which_the_disk_has_no_room_is_not_begun(monkeypatch):
    monkeypatch.setattr(staging.shutil, "disk_usage", lambda _path: SimpleNamespace(free=10))
    with pytest.raises(StorageError, match="has 0 MB left"):
        stage_upload(Pieces(b"x" * 1_000_000), "My pets.zip")
    assert list(jobs_folder().glob(f"{KIND}-*")) == []
