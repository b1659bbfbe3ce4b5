"""Does watching a long training cost more the longer it lasts?

Writes a training of 500 epochs as the worker would (52 rows of progress an epoch, 4 a second), in the middle of an
early and of a late epoch, and lets a client have its Train page open: it speaks the browser's side of Streamlit's
protocol and receives every tick, but draws nothing. The run goes on growing meanwhile.

    python -m benchmarks.ticks --epochs 2 100 500 --seconds 30
"""

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil

from benchmarks.measuring import conclude
from benchmarks.polling import PollingClient, running_app
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import preset_config
from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.events import Event
from cnn_core.runs.samples import Samples
from cnn_core.runs.store import create_run
from cnn_core.runs.writer import RunWriter

ROWS_AN_EPOCH = 52
ROWS_A_SECOND = 4
STEPS = 844
TOTAL_EPOCHS = 500
# The page loads its charts and reads the run's files from their start once; that is not what a tick costs.
SETTLING_SECONDS = 5.0


@dataclass(frozen=True)
class Ticks:
    """What watching cost while the run was in one epoch.

    Attributes:
        kilobytes_per_second: From the server to the page, all messages.
        cpu_milliseconds_per_second: Of the server's process.
        answer_milliseconds: Median, from a tick's request to its last message.
    """

    epoch: int
    ticks: int
    kilobytes_per_second: float
    cpu_milliseconds_per_second: float
    answer_milliseconds: float


def write_long_run(epoch: int) -> Run:
    """Write a run that is in the middle of an epoch, without training."""
    config = preset_config("fast", dataset_card("fashion-mnist"), training={"epochs": TOTAL_EPOCHS})
    run = create_run(config)
    writer = RunWriter(run)
    writer.go_on(phase="training", epoch=epoch, train_count=54_000)
    count = (epoch - 1) * ROWS_AN_EPOCH + ROWS_AN_EPOCH // 2
    # In one go: appending 26,000 lines one by one takes minutes.
    lines = "".join(json.dumps(_row(number)) + "\n" for number in range(count))
    (run.path / directory.STEPS).write_text(lines)
    for number in range(1, epoch):
        figures = {"loss": 0.3 / number, "accuracy": 1 - 0.1 / number, "val_loss": 0.25, "val_accuracy": 0.93}
        writer.append_epoch({"epoch": number, **figures, "learning_rate": 1e-3, "seconds": 13.0})
    for action in ("paused", "resumed"):
        writer.append_event(Event(time.time(), action, 1, 400, STEPS))
    images = np.zeros((12, 28, 28, 1), np.uint8)
    answers = np.full((12, 10), 0.1, np.float32)
    writer.save_samples(Samples(epoch - 1, images, np.zeros(12, np.int64), answers))
    return run


def grow(run: Run, epoch: int, is_over: threading.Event) -> None:
    """Go on writing rows into the epoch under way, as a worker does, until it is over."""
    number = (epoch - 1) * ROWS_AN_EPOCH + ROWS_AN_EPOCH // 2
    with RunWriter(run) as writer:
        while not is_over.wait(1 / ROWS_A_SECOND):
            writer.append_steps(_row(number))
            number += 1


def measure_ticks(epoch: int, seconds: float) -> Ticks:
    """Watch a run in an epoch for a while, with a server of its own."""
    with tempfile.TemporaryDirectory(prefix="cnn-lab-ticks-") as folder:
        os.environ["CNN_LAB_RUNS"] = folder
        run, is_over = write_long_run(epoch), threading.Event()
        worker = threading.Thread(target=grow, args=(run, epoch, is_over))
        worker.start()
        try:
            with running_app(Path(folder)) as (url, server):
                return _watch(url, server, run, epoch, seconds)
        finally:
            is_over.set()
            worker.join()


def _watch(url: str, server: psutil.Process, run: Run, epoch: int, seconds: float) -> Ticks:
    with PollingClient(url, "train", f"view=watch&run={run.id}") as client:
        client.wait_until_drawn()
        time.sleep(SETTLING_SECONDS)
        received, answered, ticks = client.received_bytes, len(client.answer_seconds), client.ticks
        cpu, started = sum(server.cpu_times()[:2]), time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - started
        return Ticks(
            epoch=epoch,
            ticks=client.ticks - ticks,
            kilobytes_per_second=(client.received_bytes - received) / took / 1000,
            cpu_milliseconds_per_second=(sum(server.cpu_times()[:2]) - cpu) / took * 1000,
            answer_milliseconds=statistics.median(client.answer_seconds[answered:]) * 1000,
        )


def _row(number: int) -> dict[str, float]:
    return {
        "epoch": number // ROWS_AN_EPOCH + 1,
        "step": (number % ROWS_AN_EPOCH + 1) * 16,
        "steps": STEPS,
        "loss": round(0.1 + 2 / (number + 1), 6),
        "accuracy": round(1 - 1 / (number + 2), 6),
        "seconds": number / ROWS_A_SECOND,
        "learning_rate": float(f"{1e-3 * 0.9999**number:.6g}"),
    }


def main() -> None:
    """Measure, print the table, and write the numbers if asked."""
    arguments = _arguments()
    found = [measure_ticks(epoch, arguments.seconds) for _ in range(arguments.repeat) for epoch in arguments.epochs]
    print(f"{'epoch':>6} {'ticks':>6} {'KB a second':>12} {'server CPU, ms a second':>24} {'answer, ms':>11}")
    for one in found:
        print(
            f"{one.epoch:6} {one.ticks:6} {one.kilobytes_per_second:12.2f} "
            f"{one.cpu_milliseconds_per_second:24.0f} {one.answer_milliseconds:11.0f}"
        )
    conclude("benchmarks.ticks", {"ticks": [asdict(one) for one in found]}, arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ticks", description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, nargs="+", default=[2, 100, 500], help="under way (default: 2 100 500)")
    parser.add_argument("--seconds", type=float, default=30, help="of watching each (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=1, help="rounds (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number here")
    return parser.parse_args()


if __name__ == "__main__":
    main()
