"""Why convolution? The duel of the page Learn, with several seeds: accuracies, the shuffle control, changed images.

A network with convolutions and one of dense layers alone, with as many parameters, learn from the same images in the
same batches, and both once more with the pixels of all images shuffled in one fixed way. Then 2,000 test images are
shifted, turned, made noisy and covered.

    python -m benchmarks.duel --seeds 0 1 2 --json duel.json

With ``--runs FOLDER`` the runs are kept there, and those that are finished in it are not trained again.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.measuring import conclude
from cnn_core.config import RunConfig
from cnn_core.data.load import load_dataset
from cnn_core.duel.changes import CHANGES
from cnn_core.duel.contest import CORNERS, standing
from cnn_core.duel.starting import duel_configs
from cnn_core.duel.sweeps import Sweep, chosen_images, sweep
from cnn_core.inference.network import Network
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import create_run, list_runs

TITLES = {corner.name: corner.title for corner in CORNERS}


def main() -> None:
    """Train, ask, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.duel", description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="fashion-mnist")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="a duel each (default: 0)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number here")
    parser.add_argument("--runs", type=Path, metavar="FOLDER", help="keep the runs here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cnn-lab-duel-") as folder:
        os.environ["CNN_LAB_RUNS"] = str(asked.runs or folder)
        rows = [_row(name, seed, run) for seed in asked.seeds for name, run in _duel(asked.dataset, seed)]
        sweeps = {(row["corner"], row["seed"]): _sweeps(asked.dataset, row.pop("run")) for row in rows}
    print("\n".join([*_accuracies(rows), "", *_changes(sweeps)]))
    for row in rows:
        found = sweeps[row["corner"], row["seed"]]
        row["sweeps"] = {one.name: dict(zip(one.strengths, one.accuracies, strict=True)) for one in found}
    conclude("benchmarks.duel", {"dataset": asked.dataset, "seeds": asked.seeds, "runs": rows}, asked.json)


def _duel(dataset: str, seed: int) -> Iterable[tuple[str, Run]]:
    for name, config in duel_configs(dataset, has_control=True, seed=seed).items():
        yield name, _finished(config) or _train(config)


def _finished(config: RunConfig) -> Run | None:
    asked = config.model_dump()
    return next((run for run in list_runs() if _is_of(run, asked) and run.status().state == "finished"), None)


def _is_of(run: Run, asked: dict[str, Any]) -> bool:
    return run.record().model_dump(include=set(asked)) == asked


def _train(config: RunConfig) -> Run:
    run = create_run(config)
    LocalLauncher().start(run)
    while run.status().is_active:
        time.sleep(0.2)
    if run.status().state != "finished":
        raise SystemExit(f"{run.status().error}\n{run.log()}")
    return run


def _row(name: str, seed: int, run: Run) -> dict[str, Any]:
    corner = next(corner for corner in CORNERS if corner.name == name)
    found = standing(corner, run)
    return {
        "corner": name,
        "seed": seed,
        "run": run,
        "parameters": found.parameters,
        "test_accuracy": found.accuracy,
        "seconds": found.seconds,
        "val_accuracies": found.history["val_accuracy"].tolist(),
    }


def _sweeps(dataset: str, run: Run) -> list[Sweep]:
    data, network = load_dataset(dataset), Network(run)
    chosen = chosen_images(data.test_images)
    images, labels = data.test_images[chosen], data.test_labels[chosen]
    return [sweep(name, network.logits, images, labels) for name in CHANGES]


def _accuracies(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| network | parameters | test accuracy: mean ± sd | seconds of its epochs |",
        "| --- | --- | --- | --- |",
    ]
    for name, title in TITLES.items():
        own = [row for row in rows if row["corner"] == name]
        accuracies = [row["test_accuracy"] for row in own]
        seconds = statistics.mean(row["seconds"] for row in own)
        lines.append(f"| {title} | {own[0]['parameters']:,} | {_mean_and_deviation(accuracies)} | {seconds:.0f} |")
    return lines


def _mean_and_deviation(shares: list[float]) -> str:
    spread = f" ± {100 * statistics.stdev(shares):.1f}" if len(shares) > 1 else ""
    return f"{100 * statistics.mean(shares):.1f}{spread} %"


def _changes(sweeps: dict[tuple[str, int], list[Sweep]]) -> list[str]:
    """A table a change: each network's accuracy at each strength, in the mean over the seeds."""
    lines = []
    for place, change in enumerate(CHANGES.values()):
        strengths = next(iter(sweeps.values()))[place].strengths
        lines += [
            f"| {change.title.lower()} | {' | '.join(change.words(strength) for strength in strengths)} |",
            f"| --- |{' --- |' * len(strengths)}",
        ]
        for name, title in TITLES.items():
            own = [found[place].accuracies for (corner, _), found in sweeps.items() if corner == name]
            lines.append(f"| {title} | {' | '.join(map(_percent, _means(own)))} |")
        lines.append("")
    return lines


_percent: Callable[[float], str] = "{:.1%}".format


def _means(rows: list[tuple[float, ...]]) -> list[float]:
    return [statistics.mean(column) for column in zip(*rows, strict=True)]


if __name__ == "__main__":
    main()
