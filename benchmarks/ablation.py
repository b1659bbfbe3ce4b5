"""What each part does: a dense network beside the tutorial's CNN, and that with and without three additions.

The additions are batch normalisation, dropout and augmentation. Trains every variant with every seed by the command
line, seed by seed, so that a machine that becomes slower does so for all of them. A finished training is a line of the
file at once; called again, only what is missing is trained.

    python -m benchmarks.ablation --epochs 10 --seeds 3 --out ablation.jsonl
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import conclude, measure
from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.models.presets import find_preset

BASE = "tutorial-cnn"
# Where the original networks put it: a little on feature maps, more on the dense layer.
CONV_DROPOUT, DENSE_DROPOUT = 0.2, 0.4


@dataclass(frozen=True)
class Variant:
    """A network and its training, as settings for ``train --config``.

    Attributes:
        name: For the table and the file.
        settings: As in a run's ``config.json``; what is not there is the preset's.
    """

    name: str
    settings: dict[str, Any]


def variants(dataset: str, epochs: int) -> list[Variant]:
    """What is compared, in the order of the table."""
    dropout = {"conv": CONV_DROPOUT, "dense": DENSE_DROPOUT}
    # The mirror image of a digit is no digit.
    augmentation = {"horizontal_flip": dataset_card(dataset).is_mirrored_alike, "shift_pixels": 1}
    with_norm, with_dropout = _blocks(batch_norm=True), _blocks(dropout=dropout)
    with_all = _blocks(batch_norm=True, dropout=dropout)
    shared = {"dataset": dataset, "training": {"epochs": epochs}}
    cnn = {**shared, "preset": BASE}
    return [
        Variant("mlp", {**shared, "preset": "mlp"}),
        Variant(BASE, cnn),
        Variant("+ batch normalisation", {**cnn, "model": {"blocks": with_norm}}),
        Variant("+ dropout", {**cnn, "model": {"blocks": with_dropout}}),
        Variant("+ augmentation", {**cnn, "augmentation": augmentation}),
        Variant("+ all three", {**cnn, "model": {"blocks": with_all}, "augmentation": augmentation}),
    ]


def _blocks(*, batch_norm: bool = False, dropout: dict[str, float] | None = None) -> list[dict[str, Any]]:
    """The blocks of the tutorial's network, changed."""
    rates = dropout or {}
    return [
        {**block.model_dump(), "batch_norm": batch_norm, "dropout": rates.get(block.kind, 0.0)}
        for block in find_preset(BASE).model.blocks
    ]


@dataclass(frozen=True)
class Result:
    """One finished training, a line of the file."""

    variant: Variant
    seed: int
    test_accuracy: float
    seconds: float
    parameters: int


def read_results(path: Path, wanted: list[Variant]) -> list[Result]:
    """The trainings that are finished already. Lines of other settings, and a line cut in half, are passed over."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
            same = next(one for one in wanted if one.name == row["variant"] and one.settings == row["settings"])
            found.append(Result(same, row["seed"], row["test_accuracy"], row["seconds"], row["parameters"]))
        except (ValueError, KeyError, StopIteration):
            continue
    return found


def train(variant: Variant, seed: int, folder: Path) -> Result:
    """Train one variant by the command line, with its run in a folder that is thrown away."""
    config = folder / "settings.json"
    config.write_text(json.dumps({**variant.settings, "seed": seed}), encoding="utf-8")
    command = [sys.executable, "-m", "cnn_core", "train", "--config", str(config), "--json"]
    result = measure(command, variant.name, seed, folder / "runs").result
    return Result(variant, seed, result["test_accuracy"], result["seconds"], result["parameters"])


def append(path: Path, result: Result) -> None:
    """Add a finished training to the file, on a line of its own even where the last one was cut in half."""
    row = {"variant": result.variant.name, "settings": result.variant.settings, "seed": result.seed}
    row |= {name: getattr(result, name) for name in ("test_accuracy", "seconds", "parameters")}
    is_cut = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" * is_cut + json.dumps(row) + "\n")


def table(wanted: list[Variant], results: list[Result]) -> Iterator[str]:
    """The lines of a Markdown table: a variant a row, with means over the seeds and the standard deviation."""
    yield f"| network | test accuracy | beside `{BASE}` | seconds | parameters | n |"
    yield "| --- | --- | --- | --- | --- | --- |"
    base = {result.seed: result.test_accuracy for result in results if result.variant.name == BASE}
    for variant in wanted:
        own = [result for result in results if result.variant == variant]
        if not own:
            continue
        gains = [result.test_accuracy - base[result.seed] for result in own if result.seed in base]
        is_base = variant.name == BASE
        beside = f"{100 * statistics.mean(gains):+.2f} points" if gains and not is_base else ""
        seconds = statistics.mean(result.seconds for result in own)
        name = variant.name if variant.name.startswith("+") else f"`{variant.name}`"
        accuracy = _accuracy([result.test_accuracy for result in own])
        yield f"| {name} | {accuracy} | {beside} | {seconds:.0f} | {own[0].parameters:,} | {len(own)} |"


def _accuracy(accuracies: list[float]) -> str:
    spread = f" ± {100 * statistics.stdev(accuracies):.2f}" if len(accuracies) > 1 else ""
    return f"{100 * statistics.mean(accuracies):.2f}{spread} %"


def main() -> None:
    """Train what is missing, then print the table."""
    arguments = _arguments()
    wanted = variants(arguments.dataset, arguments.epochs)
    results = [one for one in read_results(arguments.out, wanted) if one.seed < arguments.seeds]
    finished = {(result.variant.name, result.seed) for result in results}
    for seed in range(arguments.seeds):
        for variant in wanted:
            if (variant.name, seed) in finished:
                continue
            print(f"{variant.name}, seed {seed}: {arguments.epochs} epochs …", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="cnn-lab-ablation-") as folder:
                result = train(variant, seed, Path(folder))
            append(arguments.out, result)
            results.append(result)

    print("\n".join(table(wanted, results)))
    print()
    # Its results are written down one by one, as they come.
    conclude("benchmarks.ablation")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", choices=dataset_names(), default="fashion-mnist")
    parser.add_argument("--epochs", type=int, default=10, help="of each training (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="0 to this, without it (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("ablation.jsonl"), metavar="FILE", help="finished trainings")
    return parser.parse_args()


if __name__ == "__main__":
    main()
