"""Where the time of a training goes: inside the compiled graph, in the validation, in all that the worker adds.

Each preset is trained in this process, as the worker trains it: with progress, checkpoints, requests. The clock is read
around the calls into the graph; what is left is feeding, callbacks, checkpoints and progress. Then the same graph is
called with the same batches and nothing around it.

    python -m benchmarks.step --epochs 2
"""

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import conclude
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import preset_config
from cnn_core.runs.store import create_run

PRESETS = ("tutorial-cnn", "fast")
BARE_CALLS = 30


def profile(name: str, dataset: str, epochs: int) -> dict[str, Any]:
    """Train a preset in this process; returns seconds, and the largest memory of the process in MB."""
    # Not before: what TensorFlow reads from the environment is set by the worker's own import.
    from cnn_core.training import fit, worker
    from cnn_core.training.graph import TrainingGraph

    clock = {"graph": 0.0, "validation": 0.0}
    calls: list[tuple[Any, ...]] = []

    def timed(part: str, function: Any) -> Any:
        def call(self: Any, *arguments: Any) -> Any:
            started = time.perf_counter()
            found = function(self, *arguments)
            clock[part] += time.perf_counter() - started
            if part == "graph":
                # The first call makes the graph, which a long run forgets.
                if not calls:
                    clock[part], clock["began"] = 0.0, time.perf_counter()
                    clock["validation"] = 0.0
                calls.append((self, *arguments))
            clock["ended"] = time.perf_counter()
            return found

        return call

    unwrapped = TrainingGraph.run
    TrainingGraph.run = timed("graph", unwrapped)  # type: ignore[method-assign]
    fit._Training._watch = timed("validation", fit._Training._watch)  # type: ignore[method-assign]
    run = create_run(preset_config(name, dataset_card(dataset), training={"epochs": epochs}))
    worker.train_run(run)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    seconds, steps = clock["ended"] - clock["began"], sum(len(batches) for _, batches, *_ in calls[1:])
    outside = seconds - clock["graph"] - clock["validation"]
    bare = _bare_seconds(calls, unwrapped)
    return {
        "preset": name,
        "steps": steps,
        "ms_a_step": 1000 * (seconds - clock["validation"]) / steps,
        "ms_in_the_graph": 1000 * clock["graph"] / steps,
        "ms_bare": 1000 * bare,
        "outside_share": outside / (seconds - clock["validation"]),
        "validation_share": clock["validation"] / seconds,
        "memory_mb": memory,
    }


def _bare_seconds(calls: list[tuple[Any, ...]], run: Any) -> float:
    """Seconds a step of some of these calls, without anything between them."""
    most = max(len(batches) for _, batches, *_ in calls)
    chosen = [call for call in calls if len(call[1]) == most][:BARE_CALLS]
    started = time.perf_counter()
    for call in chosen:
        run(*call)
    return (time.perf_counter() - started) / (len(chosen) * most)


def _profile_in_a_process(*arguments: Any) -> dict[str, Any]:
    """A process each: TensorFlow does not give memory back."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(profile, arguments)


def main() -> None:
    """Print a row a preset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="fashion-mnist")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cnn-lab-step-") as folder:
        os.environ["CNN_LAB_RUNS"] = str(Path(folder) / "runs")
        rows = [_profile_in_a_process(name, asked.dataset, asked.epochs) for name in asked.presets]
    print("| network | ms a step | in the graph | the graph alone | outside | validation | memory |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        print(
            f"| `{row['preset']}` | {row['ms_a_step']:.2f} | {row['ms_in_the_graph']:.2f} | {row['ms_bare']:.2f} | "
            f"{row['outside_share']:.2%} | {row['validation_share']:.2%} | {row['memory_mb']:.0f} MB |"
        )
    conclude("benchmarks.step", {"rows": rows}, asked.json)


if __name__ == "__main__":
    main()
