"""Work in the background: joined by whoever wants the same, cancelled in an orderly way, told when it died."""

import contextlib
import os
import threading
import time
from pathlib import Path

import pytest
from pydantic import BaseModel

from cnn_core.errors import DatasetError, RunError
from cnn_core.jobs import store, work
from cnn_core.jobs.job import Job, JobStatus
from cnn_core.jobs.store import KEPT_SECONDS, active_jobs, find_done, find_job, jobs_folder, new_folder, start_job, tidy
from cnn_core.jobs.work import CancelledError, run_job


class Answer(BaseModel):
    number: int


def count(given):
    """Ends at once, unless the request says what to wait for."""
    settings = given.job.job_request().settings
    given.tell(0.5, "Counting")
    if settings.get("fails"):
        raise DatasetError("There are no pictures. Add some.")
    if settings.get("breaks"):
        raise ZeroDivisionError("a bug")
    while settings.get("waits") and not given.should_stop():
        time.sleep(0.01)
    if given.should_stop():
        (given.job.path / "cleaned").touch()
        raise CancelledError
    return Answer(number=settings["number"])


@pytest.fixture(autouse=True)
def counting(monkeypatch):
    """A kind of work that runs in this process, in a thread, where a page would start a process."""
    threads = []

    def start_process(arguments, _log):
        assert arguments[0] == "job"
        thread = threading.Thread(target=quietly, args=[Job(Path(arguments[1]))])
        threads.append(thread)
        thread.start()

    def quietly(job):
        with contextlib.suppress(DatasetError, ZeroDivisionError):
            run_job(job)

    monkeypatch.setitem(work.KINDS, "count", f"{__name__}.count")
    monkeypatch.setattr(store, "start_process", start_process)
    yield
    for job in active_jobs("count"):
        job.cancel()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_job_tells_how_far_it_is_and_leaves_its_result():
    job = start_job("count", "abc", {"number": 7, "waits": True})
    wait_for(lambda: job.status().doing == "Counting")
    assert (job.state, job.status().share) == ("working", 0.5)
    assert find_done("count", "abc") is None
    job.cancel()
    done = start_job("count", "abc", {"number": 8})
    wait_for(lambda: done.state == "done")
    assert done.read_result(Answer).number == 8
    assert find_job("count", "abc") == find_done("count", "abc") == done


def test_two_who_want_the_same_get_one_job_and_others_another():
    job = start_job("count", "abc", {"number": 7, "waits": True})
    assert start_job("count", "abc", {"number": 9}) == job
    other = start_job("count", "abcd", {"number": 9})
    assert other != job
    wait_for(lambda: other.state == "done")
    # A result is joined, too, until somebody wants a new one.
    assert start_job("count", "abcd", {"number": 10}) == other
    assert start_job("count", "abcd", {"number": 10}, again=True) != other
    assert [one.path for one in active_jobs("count") if one == job] == [job.path]


def test_who_cancels_lets_the_work_clean_up_behind_itself():
    job = start_job("count", "abc", {"number": 7, "waits": True})
    wait_for(lambda: job.status().doing == "Counting")
    job.cancel()
    assert job.state == "cancelled"
    wait_for(lambda: (job.path / "cleaned").exists())
    assert find_job("count", "abc") is None
    assert active_jobs("count") == []


def test_a_reason_that_a_person_can_mend_is_told_as_it_is():
    job = start_job("count", "abc", {"fails": True})
    wait_for(lambda: not job.is_active)
    assert job.error == "There are no pictures. Add some."


def test_a_bug_is_told_as_one():
    job = start_job("count", "abc", {"breaks": True})
    wait_for(lambda: not job.is_active)
    assert "did not expect: ZeroDivisionError: a bug" in job.error


def test_work_that_says_it_is_done_and_left_nothing_has_failed():
    job = start_job("count", "abc", {"number": 7})
    wait_for(lambda: job.state == "done")
    (job.path / "result.json").unlink()
    assert job.state == "failed"
    assert "is missing" in job.error


def test_a_process_that_fell_silent_is_told_and_its_work_can_be_started_again():
    job = start_job("count", "abc", {"number": 7})
    wait_for(lambda: job.state == "done")
    job.write_status(JobStatus(heartbeat=time.time() - 60))
    assert job.state == "failed"
    assert "has not been heard of for 60 s" in job.error
    assert start_job("count", "abc", {"number": 8}) != job


def test_work_of_another_version_is_told():
    job = start_job("count", "abc", {"number": 7})
    wait_for(lambda: job.state == "done")
    text = (job.path / "request.json").read_text().replace('"count"', '"dance"')
    (job.path / "request.json").write_text(text)
    with pytest.raises(RunError, match="asks for 'dance', which is not known"):
        run_job(job)


def test_the_folder_does_not_grow_without_end(monkeypatch):
    monkeypatch.setattr(store, "MOST_KEPT", 3)
    for number in range(6):
        job = start_job("count", f"key-{number}", {"number": number})
        wait_for(lambda job=job: job.state == "done")
    assert len([path for path in jobs_folder().iterdir() if path.is_dir()]) <= 3 + 1
    assert find_done("count", "key-5") is not None


def test_a_newer_result_takes_the_place_of_an_older_one():
    paths = []
    for number in range(3):
        job = start_job("count", "abc", {"number": number}, again=True)
        wait_for(lambda job=job: job.state == "done")
        paths.append(job.path)
    assert [path.exists() for path in paths] == [False, True, True]
    assert find_done("count", "abc").read_result(Answer).number == 2


@pytest.mark.parametrize("text", ["", "{", '{"kind": 3}'])
def test_a_damaged_request_is_in_nobodys_way_and_goes_with_time(text):
    job = start_job("count", "abc", {"number": 7})
    wait_for(lambda: job.state == "done")
    (job.path / "request.json").write_text(text)
    other = start_job("count", "abc", {"number": 8})
    wait_for(lambda: other.state == "done")
    tidy()
    assert find_job("count", "abc") == other
    make_old(job.path)
    tidy()
    assert not job.path.exists()


def test_an_empty_folder_is_not_cleaned_away_while_somebody_fills_it():
    folder = new_folder("count", "abc")
    tidy()
    assert folder.is_dir()
    make_old(folder)
    tidy()
    assert not folder.exists()


def make_old(folder):
    long_ago = time.time() - KEPT_SECONDS - 60
    for path in (*folder.iterdir(), folder):
        os.utime(path, (long_ago, long_ago))


def test_a_cancel_hides_the_failure_before_it_and_no_result():
    done = start_job("count", "abc", {"number": 7})
    wait_for(lambda: done.state == "done")
    failed = start_job("count", "abc", {"fails": True}, again=True)
    wait_for(lambda: not failed.is_active)
    assert find_job("count", "abc") == failed
    cancelled = start_job("count", "abc", {"number": 8, "waits": True})
    assert find_job("count", "abc") == cancelled
    cancelled.cancel()
    assert find_job("count", "abc") == done


def test_after_a_cancel_a_failure_does_not_come_back():
    failed = start_job("count", "abc", {"fails": True})
    wait_for(lambda: not failed.is_active)
    start_job("count", "abc", {"waits": True}).cancel()
    assert find_job("count", "abc") is None
