"""CNN Lab beside the plain Keras script: same network, same data, same epochs, same way of testing.

Each training is a process of its own, timed from its start to its end, so that nothing is left out: imports,
reading the data, writing the run, the evaluation. The order alternates (plain, ours, ours, plain, …), so that
a machine that gets slower or faster favours neither; one epoch of each, not counted, comes first, so that neither pays
for reading TensorFlow from a cold disk.

    make bench
    make bench ARGS="--epochs 2 --seeds 0 1 2 --json bench.json"
"""

import argparse
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.measuring import Measurement, conclude, measure, ours, plain

SIDES = {"plain Keras": plain, "CNN Lab": ours}


def main() -> None:
    """Measure, print the table, and write the numbers if asked."""
    arguments = _arguments()
    measurements = _measure_all(arguments.epochs, arguments.seeds, arguments.repeat)
    ratio = _mean_wall(measurements, "CNN Lab") / _mean_wall(measurements, "plain Keras")

    print(f"\n{'':12} {'seed':>5} {'wall s':>8} {'test accuracy':>14} {'test loss':>10}")
    for measurement in sorted(measurements, key=lambda measurement: measurement.side, reverse=True):
        print(_row(measurement))
    for side in SIDES:
        print(_mean_row(side, [measurement for measurement in measurements if measurement.side == side]))
    print(f"\nCNN Lab takes {ratio:.2f} times as long as plain Keras.")
    numbers = {"epochs": arguments.epochs, "ratio": ratio, "measurements": [asdict(one) for one in measurements]}
    conclude("benchmarks.bench", numbers, arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10, help="of each training (default: %(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="one pair of trainings each (default: 0)")
    parser.add_argument("--repeat", type=int, default=2, help="pairs for each seed (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number here")
    return parser.parse_args()


def _measure_all(epochs: int, seeds: list[int], repeat: int) -> list[Measurement]:
    measurements = []
    with tempfile.TemporaryDirectory(prefix="cnn-lab-bench-") as runs:
        for side, command in SIDES.items():
            print(f"{side}: warming up …", file=sys.stderr)
            measure(command(1, 0), side, 0, Path(runs))
        for pair, seed in enumerate(seeds * repeat):
            for side in SIDES if pair % 2 == 0 else reversed(SIDES):
                print(f"{side}: {epochs} epochs, seed {seed} …", file=sys.stderr)
                command = SIDES[side](epochs, seed)
                measurements.append(measure(command, side, seed, Path(runs)))
    return measurements


def _mean_wall(measurements: list[Measurement], side: str) -> float:
    return statistics.mean(one.wall_seconds for one in measurements if one.side == side)


def _row(measurement: Measurement) -> str:
    accuracy, loss = measurement.result["test_accuracy"], measurement.result["test_loss"]
    return f"{measurement.side:12} {measurement.seed:5} {measurement.wall_seconds:8.1f} {accuracy:14.2%} {loss:10.4f}"


def _mean_row(side: str, measurements: list[Measurement]) -> str:
    walls = [measurement.wall_seconds for measurement in measurements]
    accuracies = [measurement.result["test_accuracy"] for measurement in measurements]
    spread = f" ± {statistics.stdev(walls):.1f}" if len(walls) > 1 else ""
    mean, accuracy = statistics.mean(walls), statistics.mean(accuracies)
    return f"{side}, mean of {len(walls)}: {mean:.1f}{spread} s, {accuracy:.2%}"


if __name__ == "__main__":
    main()
