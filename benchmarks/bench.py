"""Accuracy against seconds, in one run on one machine: CNN Lab beside the ways in which people train such a network.

Each training is a process of its own, timed from its start to its end, so that nothing is left out: imports, reading
the data, writing the run, the evaluation on the test images. Every side trains once with each seed, the sides by turns
and with the next seed in the opposite order; an epoch of the plain script and one of PyTorch's, not counted, come
first, so that nobody pays for a cold disk. T is the mean time of the plain script.

    make bench                                              # a quarter of an hour on two cores
    make bench ARGS="--seeds 0 1 2 --sides all --chart docs/speed.html"      # about five hours
    make bench ARGS="--sides plain tutorial-cnn --epochs 3"

PyTorch is compared with where it is installed, or ``CNN_LAB_TORCH_PYTHON`` names a Python that has it.
With ``--json FILE`` every training is written at once, and those that the file has already are not repeated; it is of
one machine and its versions (PyTorch's apart). Those of other sides, seeds or epochs stay in it, and out of the table.
"""

import argparse
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import REPOSITORY, CommandError, Measurement, conclude, describe_machine, measure, ours
from cnn_core.runs.files import write_atomically

PLAIN = "plain"
# PyTorch may be at home in an environment of its own.
TORCH_PYTHON = os.environ.get("CNN_LAB_TORCH_PYTHON", sys.executable)
# What is quick enough to wait for.
USUAL = (PLAIN, "naive-app", "torch", "tutorial-cnn", "fast-6", "fast")


@dataclass(frozen=True)
class Side:
    """One way to train.

    Attributes:
        title: For the table.
        command: Of so many epochs, where they are not its own, with a seed.
        is_tutorial: Whether it trains the tutorials' network the tutorials' way.
    """

    title: str
    command: Callable[[int, int], list[str]]
    is_tutorial: bool = True


def _script(name: str, python: str = sys.executable) -> Callable[[int, int], list[str]]:
    return lambda epochs, seed: [python, f"benchmarks/{name}.py", "--epochs", str(epochs), "--seed", str(seed)]


def _train(*settings: str) -> Callable[[int, int], list[str]]:
    return lambda _, seed: [sys.executable, "-m", "cnn_core", "train", *settings, "--seed", str(seed), "--json"]


def _preset(name: str, epochs: int | None = None) -> Side:
    more = ("--epochs", str(epochs)) if epochs else ()
    title = f"CNN Lab, `{name}`" + (f", {epochs} epochs" if epochs else "")
    return Side(title, _train("--preset", name, *more), is_tutorial=False)


SIDES = {
    PLAIN: Side("plain Keras script", _script("plain_keras")),
    "naive-app": Side("naive Streamlit app", _script("naive_app")),
    "torch": Side("PyTorch, eager", _script("plain_torch", TORCH_PYTHON)),
    "tutorial-cnn": Side("CNN Lab, `tutorial-cnn`", ours),
    "fast-6": _preset("fast", 6),
    "fast": _preset("fast"),
    "strong": _preset("strong"),
    "best": _preset("best"),
}


def main() -> None:
    """Measure, print the table, and write numbers and chart if asked."""
    asked = _arguments()
    names = [name for name in (SIDES if "all" in asked.sides else asked.sides) if _is_possible(name)]
    measurements = measure_all(names, asked)
    if not measurements:
        sys.exit("Nothing was measured; what went wrong stands above.")
    print("\n".join(table(measurements)))
    conclude("benchmarks.bench")
    if asked.chart:
        from benchmarks.speed_chart import speed_chart

        speed_chart(measurements, {name: side.title for name, side in SIDES.items()}).write_html(
            asked.chart, include_plotlyjs="cdn"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10, help="of the tutorials' network (default: %(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="a training of each side each (default: 0)")
    parser.add_argument(
        "--sides", nargs="+", choices=[*SIDES, "all"], default=USUAL, help=f"default: {' '.join(USUAL)}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number here")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="also draw accuracy against seconds, as HTML")
    return parser.parse_args()


def _is_possible(name: str) -> bool:
    if name != "torch" or sys.executable != TORCH_PYTHON or importlib.util.find_spec("torch"):
        return True
    print("PyTorch is not installed here: that side is left out.", file=sys.stderr)
    return False


def measure_all(names: list[str], asked: argparse.Namespace) -> list[Measurement]:
    """Every side with every seed; a side that fails is left out, and said."""
    stored = _measured_before(asked.json)
    failed: set[str] = set()

    def found() -> list[Measurement]:
        fitting = [one for one in stored if one.seed in asked.seeds and _has_epochs(one, asked.epochs)]
        # T is told even where the plain script is not asked for and the file has it.
        return [one for one in fitting if one.side in {PLAIN, *names} - failed]

    with tempfile.TemporaryDirectory(prefix="cnn-lab-bench-") as runs:

        def train(name: str, epochs: int, seed: int) -> Measurement | None:
            try:
                return measure(SIDES[name].command(epochs, seed), name, seed, Path(runs))
            except CommandError as error:
                print(f"{error} It is left out.", file=sys.stderr)
                failed.add(name)
                return None

        print("warming up …", file=sys.stderr)
        for name in [PLAIN, *({"torch"} & {*names})]:
            train(name, 1, 0)
        for turn, seed in enumerate(asked.seeds):
            for name in names if turn % 2 == 0 else reversed(names):
                if name in failed or (name, seed) in {(one.side, one.seed) for one in found()}:
                    continue
                print(f"{name}, seed {seed} …", file=sys.stderr)
                if (measured := train(name, asked.epochs, seed)) is not None:
                    stored.append(measured)
                    _write(asked.json, stored)
    return found()


def _has_epochs(measurement: Measurement, epochs: int) -> bool:
    """Whether it is of a preset, which has its own epochs, or of so many."""
    return not SIDES[measurement.side].is_tutorial or measurement.result["epochs"] == epochs


def _write(file: Path | None, measurements: list[Measurement]) -> None:
    if file is not None:
        found = {"machine": _machine(), "command": sys.argv[1:], "measurements": [asdict(one) for one in measurements]}
        # A half-written file would lose hours.
        write_atomically(file, (json.dumps(found, indent=2) + "\n").encode())


def _machine() -> dict[str, Any]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    return {**describe_machine(), "cnn-lab": project["version"]}


def _measured_before(file: Path | None) -> list[Measurement]:
    if file is None or not file.exists():
        return []
    found = json.loads(file.read_text())
    if found.get("machine") != _machine():
        sys.exit(f"'{file}' was measured on another machine or with other versions. Name another file.")
    return [Measurement(**one) for one in found["measurements"]]


@dataclass(frozen=True)
class _Row:
    title: str
    epochs: int
    seeds: int
    seconds: list[float]
    times: float | None
    accuracies: list[float]
    losses: list[float]


def _rows(measurements: list[Measurement]) -> list[_Row]:
    plain = [one.wall_seconds for one in measurements if one.side == PLAIN]
    found = []
    for name, side in SIDES.items():
        own = [one for one in measurements if one.side == name]
        if not own:
            continue
        seconds = [one.wall_seconds for one in own]
        found.append(
            _Row(
                side.title,
                own[0].result["epochs"],
                len(own),
                seconds,
                statistics.mean(seconds) / statistics.mean(plain) if plain else None,
                [one.result["test_accuracy"] for one in own],
                # Of runs with validation images the loss after the temperature that was fitted on these.
                [one.result.get("calibrated_loss") or one.result["test_loss"] for one in own],
            )
        )
    return found


def table(measurements: list[Measurement]) -> list[str]:
    """The lines of a table in Markdown, a row for each side."""
    lines = [
        "| | epochs | seconds | of T | test accuracy | test loss | n |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in _rows(measurements):
        times = "" if row.times is None else f"{row.times:.2f}"
        accuracy, loss = _spread([100 * one for one in row.accuracies], ".2f"), statistics.mean(row.losses)
        lines.append(
            f"| {row.title} | {row.epochs} | {_spread(row.seconds, '.1f')} | {times} | {accuracy}% | {loss:.3f} | "
            f"{row.seeds} |"
        )
    return lines


def _spread(values: list[float], digits: str) -> str:
    deviation = f" ± {statistics.stdev(values):{digits}}" if len(values) > 1 else ""
    return f"{statistics.mean(values):{digits}}{deviation}"


if __name__ == "__main__":
    main()
