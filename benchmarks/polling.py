"""Do a training and a page that watches it slow each other?

Trains the tutorial's network alone, then again while the app runs and a client has its Train page open: it
speaks the browser's side of Streamlit's protocol and receives every tick, but draws nothing. What is left is
what the server's answers cost. The order alternates (alone, watched, watched, alone, …).

    python -m benchmarks.polling --epochs 3 --repeat 2
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg  # noqa: TID251 (a client of the pages, not of the core)
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg  # noqa: TID251
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from benchmarks.measuring import REPOSITORY, Measurement, conclude, finish, measure, ours, start
from cnn_core.runs.store import active_runs

STREAM_PATH = "/_stcore/stream"
TIMEOUT_SECONDS = 60.0


class PollingClient:
    """A browser's side of Streamlit's protocol: opens a page, keeps its fragments ticking, draws nothing.

    A script asks for ticks with an ``auto_rerun`` message (``st.fragment(run_every=…)``). From then on the
    browser sends a rerun of that fragment every so many seconds, until ``stop_auto_rerun``, or a run of the
    whole page, which asks anew. This class does the same, in a thread of its own.

        with PollingClient("http://localhost:8501", "train") as client:
            ...
        print(client.ticks, client.received_bytes)

    Attributes:
        ticks: Reruns of fragments sent so far.
        answer_seconds: For each tick that was answered, the time from its request to its last message.
        received_bytes: Of all messages so far.
    """

    def __init__(self, url: str, page: str = "", query: str = "") -> None:
        """Prepare; nothing is sent yet.

        Args:
            url: Where the app answers, such as ``http://localhost:8501``.
            page: The page's path without a slash; empty for the first page.
            query: The part of the address behind the question mark, such as ``run=showcase``.
        """
        self._stream_url = url.rstrip("/").replace("http", "ws", 1) + STREAM_PATH
        self._page = page
        self._query = query
        self._page_script_hash = ""
        self._cached_hashes: set[str] = set()
        self._intervals: dict[str, float] = {}
        self._next_ticks: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._is_closing = threading.Event()
        self._rerun_wanted = threading.Event()
        self._is_drawn = threading.Event()
        self._thread = threading.Thread(target=self._run, name="polling-client", daemon=True)
        self.ticks = 0
        self.answer_seconds: list[float] = []
        self.received_bytes = 0

    def __enter__(self) -> Self:
        """Open the page."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the page, as closing the tab does."""
        self._is_closing.set()
        self._thread.join()

    def rerun(self) -> None:
        """Run the whole page again, as a click on one of its buttons does."""
        self._rerun_wanted.set()

    def wait_until_drawn(self, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Wait until the page has run to its end once.

        Raises:
            TimeoutError: It has not, in this time.
        """
        if not self._is_drawn.wait(timeout_seconds):
            raise TimeoutError(f"The page '/{self._page}' was not drawn within {timeout_seconds:.0f} seconds.")

    def _run(self) -> None:
        with connect(self._stream_url, subprotocols=["streamlit"], max_size=None) as connection:
            self._ask(connection)
            while not self._is_closing.is_set():
                try:
                    message = connection.recv(timeout=self._seconds_to_wait())
                except TimeoutError:
                    message = None
                except ConnectionClosed:
                    return
                if isinstance(message, bytes):
                    self._receive(message)
                if self._rerun_wanted.is_set():
                    self._rerun_wanted.clear()
                    self._ask(connection)
                self._tick(connection)

    def _seconds_to_wait(self) -> float:
        """Until the next tick is due, but never so long that closing or a rerun would wait."""
        now = time.monotonic()
        return max(0.0, min([0.1, *(due - now for due in self._next_ticks.values())]))

    def _receive(self, content: bytes) -> None:
        self.received_bytes += len(content)
        message = ForwardMsg.FromString(content)
        fragments = list(message.metadata.run.fragment_ids)
        if message.metadata.cacheable:
            # The browser keeps long messages and tells the server which, so that they are not sent twice.
            self._cached_hashes.add(message.hash)
        match message.WhichOneof("type"):
            case "new_session" if not fragments:
                self._intervals.clear()
                self._next_ticks.clear()
            case "navigation":  # the page that the frame has chosen, once it knows
                self._page_script_hash = message.navigation.page_script_hash
            case "page_info_changed":  # the page has changed its address
                self._query = message.page_info_changed.query_string
            case "auto_rerun":
                self._begin_ticking(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    self._intervals.pop(fragment, None)
                    self._next_ticks.pop(fragment, None)
            case "script_finished" if not fragments:
                self._is_drawn.set()
            case "script_finished":
                for fragment in fragments:
                    if asked := self._asked.pop(fragment, None):
                        self.answer_seconds.append(time.monotonic() - asked)

    def _begin_ticking(self, fragment: str, interval: float) -> None:
        if self._intervals.get(fragment) != interval:
            self._intervals[fragment] = interval
            self._next_ticks[fragment] = time.monotonic() + interval

    def _tick(self, connection: ClientConnection) -> None:
        now = time.monotonic()
        for fragment, due in self._next_ticks.items():
            if due <= now:
                self._next_ticks[fragment] = max(due + self._intervals[fragment], now)
                self._asked.setdefault(fragment, now)
                self.ticks += 1
                self._ask(connection, fragment)

    def _ask(self, connection: ClientConnection, fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.fragment_id = fragment
        state.is_auto_rerun = bool(fragment)
        state.cached_message_hashes.extend(self._cached_hashes)
        # Once the frame has chosen the page, the page goes by its hash.
        if self._page_script_hash:
            state.page_script_hash = self._page_script_hash
        else:
            state.page_name = self._page
        connection.send(message.SerializeToString())


@dataclass(frozen=True)
class Watched:
    """A training that somebody watched.

    Attributes:
        server_cpu_seconds: What the server spent on its answers while the training ran.
    """

    training: Measurement
    client: PollingClient
    server_cpu_seconds: float


@contextmanager
def running_app(runs: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Run the app on a free port, with its runs in the given folder; yields its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = ["--server.port", str(port), "--server.headless", "true"]
    # The warm-up happens once after a start; it is not what a page costs.
    environment = {**os.environ, "CNN_LAB_RUNS": str(runs), "CNN_LAB_WARM_UP": "0"}
    with subprocess.Popen(
        [*command, *options],
        env=environment,
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(lambda: _answers(url), "the app to start")
            yield url, psutil.Process(process.pid)
        finally:
            process.terminate()


def train_watched(epochs: int, seed: int, runs: Path) -> Watched:
    """Train while a client has the Train page open, from before the training starts until after it ends.

    Args:
        epochs: Of the training.
        seed: Of the training.
        runs: An empty folder, so that the page shows this run.
    """
    os.environ["CNN_LAB_RUNS"] = str(runs)  # active_runs() looks here, in this process
    with running_app(runs) as (url, server), PollingClient(url, "train") as client:
        client.wait_until_drawn()
        cpu_before = sum(server.cpu_times()[:2])
        started = time.perf_counter()
        process = start(ours(epochs, seed), runs)
        _wait_for(lambda: bool(active_runs()) or process.poll() is not None, "the run to start")
        client.rerun()
        training = finish(process, "watched", seed, started)
        return Watched(training, client, sum(server.cpu_times()[:2]) - cpu_before)


def main() -> None:
    """Measure, print the table, and write the numbers if asked."""
    arguments = _arguments()
    alone, watched = _measure_all(arguments.epochs, arguments.seed, arguments.repeat)
    report = _summarise(alone, watched)

    print(f"\n{'':8} {'wall s':>8} {'training s':>11}")
    for one in alone + [one.training for one in watched]:
        print(f"{one.side:8} {one.wall_seconds:8.1f} {one.result['seconds']:11.1f}")
    print(f"\nWatched, the training takes {report['ratio']:.3f} times as long as alone.")
    print(
        f"{report['ticks']} ticks, {report['kilobytes_per_tick']:.1f} KB each, answered in "
        f"{report['median_answer_seconds'] * 1000:.0f} ms (median) for "
        f"{report['cpu_seconds_per_tick'] * 1000:.0f} ms of the server's CPU time."
    )
    conclude("benchmarks.polling", report, arguments.json)


def _measure_all(epochs: int, seed: int, repeat: int) -> tuple[list[Measurement], list[Watched]]:
    alone: list[Measurement] = []
    watched: list[Watched] = []
    for pair in range(repeat):
        for side in ("alone", "watched") if pair % 2 == 0 else ("watched", "alone"):
            print(f"{side}: {epochs} epochs …", file=sys.stderr)
            # A fresh folder each time: the Train page shows the run that begins, as there is no other.
            with tempfile.TemporaryDirectory(prefix="cnn-lab-polling-") as runs:
                if side == "alone":
                    alone.append(measure(ours(epochs, seed), side, seed, Path(runs)))
                else:
                    watched.append(train_watched(epochs, seed, Path(runs)))
    return alone, watched


def _summarise(alone: list[Measurement], watched: list[Watched]) -> dict[str, Any]:
    answers = [seconds for one in watched for seconds in one.client.answer_seconds]
    if not answers:
        sys.exit("The Train page asked for no ticks: nothing was measured.")
    ticks = sum(one.client.ticks for one in watched)
    seconds_alone = [one.result["seconds"] for one in alone]
    seconds_watched = [one.training.result["seconds"] for one in watched]
    return {
        "training_seconds": {"alone": seconds_alone, "watched": seconds_watched},
        "ratio": statistics.mean(seconds_watched) / statistics.mean(seconds_alone),
        "ticks": ticks,
        "kilobytes_per_tick": sum(one.client.received_bytes for one in watched) / ticks / 1000,
        "cpu_seconds_per_tick": sum(one.server_cpu_seconds for one in watched) / ticks,
        "median_answer_seconds": statistics.median(answers),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.polling", description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3, help="of each training (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=1, help="pairs of trainings (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number here")
    return parser.parse_args()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"Waited {TIMEOUT_SECONDS:.0f} seconds for {what}.")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
