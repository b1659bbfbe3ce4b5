"""The queue: so many at once, in the order that people gave it, whoever dies or falls silent."""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from cnn_core.errors import ConfigError, RunError
from cnn_core.runs import queue
from cnn_core.runs.capacity import CORES_PER_RUN, WORKER_BYTES, Capacity
from cnn_core.runs.queue import (
    MOST_AT_ONCE,
    Turn,
    capacity,
    chosen_at_once,
    move_in_queue,
    own_turn,
    runs_at_once,
    set_runs_at_once,
    waiting_runs,
    worker_lock,
)
from cnn_core.runs.store import active_runs, create_run, runs_folder
from cnn_core.runs.writer import RunWriter
from tests.fixtures import digits_config, paused_run, set_status

# Takes the turn of a run, says so, and holds it until it is killed.
HOLDER = """
import sys, time
from pathlib import Path
from cnn_core.runs.directory import Run
from cnn_core.runs.queue import own_turn
from cnn_core.runs.writer import RunWriter
run = Run(Path(sys.argv[1]))
with RunWriter(run) as writer, own_turn(run, lambda: False):
    writer.go_on()
    print("turn", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch):
    monkeypatch.setattr(queue, "_POLL_SECONDS", 0.02)


def queued(count):
    return [create_run(digits_config()) for _ in range(count)]


def queue_ids():
    return [run.id for run, _, _ in waiting_runs()]


class Worker(threading.Thread):
    """A worker without the training: waits for its turn, holds it until it is let go."""

    def __init__(self, run, order=None):
        super().__init__(daemon=True)
        self.run_, self.order = run, order if order is not None else []
        self.got, self.let_go = threading.Event(), threading.Event()
        self.start()

    def run(self):
        writer = RunWriter(self.run_)
        with own_turn(self.run_, lambda: self.run_.requests.has_stop) as turn:
            if turn.has_it:
                writer.go_on()
                self.order.append(self.run_.id)
                self.got.set()
                self.let_go.wait(10)
                writer.end("finished")
            else:
                writer.end("stopped")

    def end(self):
        self.let_go.set()
        self.join(10)
        assert not self.is_alive()


@contextmanager
def holder(run):
    """A process that holds the turn of a run."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(run.path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "turn\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def is_left_waiting(worker):
    return not worker.got.wait(0.3)


def test_by_default_a_small_machine_trains_one_at_a_time(monkeypatch):
    monkeypatch.setattr(queue, "measure_capacity", lambda running: Capacity(2, 8 * WORKER_BYTES, running))
    first, second = map(Worker, queued(2))
    assert first.got.wait(5)
    assert is_left_waiting(second)
    first.end()
    assert second.got.wait(5)
    second.end()


def test_as_many_train_at_once_as_were_set_and_the_others_wait_in_their_order():
    set_runs_at_once(2)
    runs, order = queued(4), []
    workers = [Worker(run, order) for run in reversed(runs)][::-1]
    assert workers[0].got.wait(5)
    assert workers[1].got.wait(5)
    assert is_left_waiting(workers[2])
    workers[1].end()
    assert workers[2].got.wait(5)
    assert is_left_waiting(workers[3])
    for worker in workers:
        worker.end()
    assert order == [run.id for run in runs]


def test_fewer_at_once_than_train_now_lets_them_finish_and_holds_the_next_back():
    set_runs_at_once(3)
    workers = [Worker(run) for run in queued(4)]
    for worker in workers[:3]:
        assert worker.got.wait(5)
    set_runs_at_once(1)
    workers[0].end()
    workers[1].end()
    assert is_left_waiting(workers[3])
    workers[2].end()
    assert workers[3].got.wait(5)
    workers[3].end()


def test_a_worker_that_is_killed_gives_its_turn_to_the_next():
    set_runs_at_once(1)
    first, second = queued(2)
    with holder(first) as process:
        worker = Worker(second)
        assert is_left_waiting(worker)
        process.kill()
        assert worker.got.wait(5)
    worker.end()


def test_a_run_that_is_silent_at_the_head_of_the_queue_blocks_nobody():
    set_runs_at_once(1)
    silent, alive = queued(2)
    set_status(silent, heartbeat=time.time() - 60)
    worker = Worker(alive)
    assert worker.got.wait(5)
    worker.end()


def test_a_queued_run_that_is_cancelled_ends_without_its_turn_and_blocks_nobody():
    set_runs_at_once(1)
    workers = [Worker(run) for run in queued(3)]
    assert workers[0].got.wait(5)
    workers[1].run_.requests.stop()
    workers[1].join(5)
    assert workers[1].run_.status().state == "stopped"
    assert queue_ids() == [workers[2].run_.id]
    workers[0].end()
    assert workers[2].got.wait(5)
    workers[2].end()


def test_a_paused_run_gives_its_turn_to_others_and_comes_before_the_queued_ones():
    set_runs_at_once(1)
    paused, others = paused_run(), queued(2)
    writer, turn = RunWriter(paused), Turn(paused)
    assert not turn.has_it
    first = Worker(others[0])
    assert first.got.wait(5)
    second = Worker(others[1])

    again = threading.Thread(target=lambda: turn.take_again(lambda: False), daemon=True)
    again.start()
    first.end()
    # As long as it shall be paused, it wants no turn.
    assert second.got.wait(5)
    third = Worker(create_run(digits_config()))
    paused.requests.resume()
    assert queue_ids() == [paused.id, third.run_.id]
    second.end()
    again.join(5)
    assert turn.has_it
    writer.go_on()
    assert is_left_waiting(third)
    turn.give_back()
    turn.give_back()
    assert third.got.wait(5)
    third.end()


def test_a_paused_run_that_is_stopped_waits_no_longer():
    run = paused_run()
    assert not Turn(run).take_again(lambda: True)


def test_the_order_is_that_of_creation_until_somebody_moves_a_run():
    runs = queued(4)
    ids = [run.id for run in runs]
    assert queue_ids() == ids
    move_in_queue(runs[3], 0)
    assert queue_ids() == [ids[3], ids[0], ids[1], ids[2]]
    move_in_queue(runs[3], 2)
    assert queue_ids() == [ids[0], ids[1], ids[3], ids[2]]
    move_in_queue(runs[0], 99)
    assert queue_ids() == [ids[1], ids[3], ids[2], ids[0]]
    # Who comes later stands behind those that were moved.
    late = create_run(digits_config())
    assert queue_ids()[-1] == late.id
    assert [run.id for run, _, _ in active_runs()] == queue_ids()


def test_the_run_that_was_moved_to_the_front_trains_next():
    set_runs_at_once(1)
    runs = queued(3)
    workers = [Worker(run) for run in runs]
    assert workers[0].got.wait(5)
    move_in_queue(runs[2], 0)
    workers[0].end()
    assert workers[2].got.wait(5)
    assert is_left_waiting(workers[1])
    workers[2].end()
    workers[1].end()


def test_two_people_who_move_runs_at_once_lose_none():
    runs = queued(6)
    ids = {run.id for run in runs}

    def shuffle(mine):
        for number in range(10):
            move_in_queue(mine[number % 3], number % 5)

    people = [threading.Thread(target=shuffle, args=[part]) for part in (runs[:3], runs[3:])]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    assert len(queue_ids()) == 6
    assert set(queue_ids()) == ids


def test_a_run_that_trains_by_now_is_not_moved_and_says_so():
    first, second = queued(2)
    RunWriter(first).go_on()
    with pytest.raises(RunError, match="it is running and no longer in the queue"):
        move_in_queue(first, 0)
    assert queue_ids() == [second.id]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"at_once": 99}', b'{"order": 3}', b"\xff"])
def test_a_damaged_file_of_the_queue_decides_nothing(content):
    run = create_run(digits_config())
    (runs_folder() / ".queue.json").write_bytes(content)
    assert chosen_at_once() is None
    assert queue_ids() == [run.id]
    set_runs_at_once(2)
    assert runs_at_once() == 2


@pytest.mark.parametrize(
    ("cores", "memory", "running", "count"),
    [
        (2, 16.0, 0, 1),
        (8, 16.0, 0, 2),
        (16, 3.0, 0, 3),
        # Two train, and there is room for one more beside them.
        (64, 1.5, 2, 3),
        (64, 0.5, 2, 2),
        # Never none, never without end.
        (1, 0.1, 0, 1),
        (512, 999.0, 0, MOST_AT_ONCE),
    ],
)
def test_the_machine_carries_what_its_cores_and_its_memory_carry(cores, memory, running, count):
    assert CORES_PER_RUN == 4
    assert Capacity(cores, int(memory * WORKER_BYTES), running).count == count


def test_how_many_at_once_is_the_machines_until_a_person_sets_it_and_again_after():
    assert chosen_at_once() is None
    assert runs_at_once() == capacity().count >= 1
    set_runs_at_once(3)
    assert chosen_at_once() == runs_at_once() == 3
    move_in_queue(create_run(digits_config()), 0)
    assert chosen_at_once() == 3
    set_runs_at_once(None)
    assert chosen_at_once() is None


@pytest.mark.parametrize("count", [0, -1, MOST_AT_ONCE + 1])
def test_a_number_at_once_that_makes_no_sense_is_refused(count):
    with pytest.raises(ConfigError, match=f"1 to {MOST_AT_ONCE} are possible, but {count} came"):
        set_runs_at_once(count)


def test_a_run_has_one_worker():
    run = create_run(digits_config())
    with worker_lock(run):
        with pytest.raises(RunError, match=f"'{run.id}' has a worker already"), worker_lock(run):
            pass
        with worker_lock(create_run(digits_config())):
            pass
    with worker_lock(run):
        pass


SERVER = """
import sys, time
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import active_runs
for run, _, _ in active_runs():
    LocalLauncher().start(run)
print("started", flush=True)
time.sleep(60)
"""


def test_five_queued_runs_survive_the_restart_of_the_server():
    set_runs_at_once(1)
    blocking, *runs = queued(6)
    created = [run.status().heartbeat for run in runs]
    turn = Turn(blocking)
    assert turn.take_again(lambda: False)
    RunWriter(blocking).end("stopped")
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout.readline() == "started\n"
        server.kill()
        server.wait()
        server.stdout.close()
        deadline = time.monotonic() + 60
        while any(run.status().heartbeat == then for run, then in zip(runs, created, strict=True)):
            assert time.monotonic() < deadline, [run.log() for run in runs]
            time.sleep(0.1)
        assert queue_ids() == [run.id for run in runs]
        move_in_queue(runs[4], 0)
        assert queue_ids()[0] == runs[4].id
    finally:
        for run in runs:
            run.requests.stop()
        deadline = time.monotonic() + 60
        while active_runs() and time.monotonic() < deadline:
            time.sleep(0.1)
        turn.give_back()
    assert [run.status().state for run in runs] == ["stopped"] * 5
