"""Is the price that the Train page names before a start what the run then takes?

For each preset: the price is measured, the run is trained, the price is measured again, as where the speed of the
machine drifts, the run lies between the two. Compared are seconds from the start of the worker's process to its end.

    python -m benchmarks.price --epochs 2 --repeat 1
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import describe_machine
from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import preset_config
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.measurements import Price
from cnn_core.runs.probes import start_probe
from cnn_core.runs.store import create_run

PRESETS = ("mlp", "tutorial-cnn", "fast")


def price_of(config: RunConfig) -> Price:
    """Measure the price of a run, and wait for it."""
    probe = start_probe("price", config, again=True)
    while probe.is_active:
        time.sleep(0.2)
    if probe.error:
        raise SystemExit(f"{probe.error}\n{probe.log()}")
    return probe.price()


def train(config: RunConfig) -> float:
    """Train, and return the seconds from the start of the process to its end."""
    started = time.perf_counter()
    run = create_run(config)
    LocalLauncher().start(run)
    while run.status().is_active:
        time.sleep(0.1)
    seconds = time.perf_counter() - started
    if run.status().state != "finished":
        raise SystemExit(f"{run.status().error}\n{run.log()}")
    return seconds


def main() -> None:
    """Print a row a preset and repetition: what was named, what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="fashion-mnist")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    asked = parser.parse_args()
    print(describe_machine(), flush=True)
    print("| network | price before | price after | the run took | of the price before | of both |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory(prefix="cnn-lab-price-") as folder:
        os.environ["CNN_LAB_RUNS"] = str(Path(folder) / "runs")
        for name in asked.presets * asked.repeat:
            config = preset_config(name, dataset_card(asked.dataset), training={"epochs": asked.epochs})
            before, took, after = price_of(config), train(config), price_of(config)
            mean = (before.total_seconds + after.total_seconds) / 2
            busy = " (busy)" if before.is_contended or after.is_contended else ""
            print(
                f"| `{name}` | {before.total_seconds:.1f} s | {after.total_seconds:.1f} s{busy} | {took:.1f} s | "
                f"{took / before.total_seconds:.2f} × | {took / mean:.2f} × |",
                flush=True,
            )


if __name__ == "__main__":
    main()
