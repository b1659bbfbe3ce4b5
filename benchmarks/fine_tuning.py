"""Fine-tuning from a run beside training from scratch, on the same few images of another dataset.

    python -m benchmarks.fine_tuning

Both sides learn from the same images by the same settings, watch the same validation images, keep the weights of the
epoch that is best on them, and read the test images once, at the end. They differ in where the first blocks' weights
come from, and in how these are treated at first. Every training is a command line of its own.
"""

import argparse
import json
import shlex
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measurement, describe_machine, measure
from cnn_core.config import RunConfig, RunTransfer, replace
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.counts import image_counts
from cnn_core.models.transfer_settings import transfer_config
from cnn_core.runs.store import find_run

# The shipped run learned Fashion-MNIST; its three convolution blocks are taken, and its dense block is not.
SOURCE = "showcase"
BLOCKS = 3
SIDES = ("from scratch", "fine-tuned")


def configurations(dataset: str, images: int, epochs: int, seed: int) -> dict[str, RunConfig]:
    """The two runs that are compared.

    Args:
        dataset: To learn now.
        images: How many images are learned from; one more or less, as each class gives the same share.
        epochs: Passes over them.
        seed: Decides the images, the fresh weights and the batches, for both alike.
    """
    card = dataset_card(dataset)
    proposal = transfer_config(find_run(SOURCE).record(), SOURCE, card, BLOCKS)
    held_back = image_counts(card.train_count, proposal.training).validation
    training = {
        "epochs": epochs,
        "train_share": images / (card.train_count - held_back),
        "learning_rate": LEARNING_RATE,
        "schedule": "cosine",
        "final_share": 0.01,
    }
    scratch = replace(proposal, seed=seed, training=training, transfer=None)
    transfer = RunTransfer(run=SOURCE, blocks=BLOCKS, head_epochs=HEAD_EPOCHS, fine_tune_rate=FINE_TUNE_RATE)
    return dict(zip(SIDES, (scratch, replace(scratch, transfer=transfer.model_dump())), strict=True))


# Chosen by the validation accuracy of seeds that are not among those reported.
LEARNING_RATE = 3e-3
HEAD_EPOCHS = 0
FINE_TUNE_RATE = 1.0


def main() -> None:
    """Train, print the table, and write the numbers if asked."""
    arguments = _arguments()
    measurements: list[Measurement] = []
    with tempfile.TemporaryDirectory(prefix="cnn-lab-fine-tuning-") as folder:
        for seed in arguments.seeds:
            runs = configurations(arguments.dataset, arguments.images, arguments.epochs, seed)
            for side, config in runs.items():
                print(f"{side}, seed {seed} …", file=sys.stderr)
                settings = Path(folder) / "settings.json"
                settings.write_text(config.model_dump_json())
                command = [sys.executable, "-m", "cnn_core", "train", "--config", str(settings), "--json"]
                measurements.append(measure(command, side, seed, Path(folder) / "runs"))

    report = summarise(measurements)
    print(f"\n{arguments.images} images of {arguments.dataset}, {arguments.epochs} epochs, features of '{SOURCE}'\n")
    print(f"{'':14}" + "".join(f"{f'seed {seed}':>9}" for seed in arguments.seeds) + f"{'mean ± s':>18}")
    for side in SIDES:
        row = report[side]
        print(
            f"{side:14}"
            + "".join(f"{accuracy:9.2%}" for accuracy in row["test_accuracies"])
            + f"{row['mean']:11.2%} ± {row['spread']:.2%}"
        )
    margin = report["margin"]
    print(
        f"\nFine-tuning wins by {100 * margin['mean']:.2f} ± {100 * margin['spread']:.2f} points "
        f"({', '.join(f'{100 * each:+.2f}' for each in margin['by_seed'])})."
    )
    machine = describe_machine()
    print("Machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()))
    print(f"Command: {shlex.join(['python', '-m', 'benchmarks.fine_tuning', *sys.argv[1:]])}")
    if arguments.json:
        report |= {"command": sys.argv[1:], "machine": machine}
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")


def summarise(measurements: list[Measurement]) -> dict[str, Any]:
    """Test accuracies of both sides in the order of the seeds, and the margin seed by seed; spreads are s, (n - 1)."""
    report: dict[str, Any] = {}
    for side in SIDES:
        accuracies = [one.result["test_accuracy"] for one in measurements if one.side == side]
        report[side] = {"test_accuracies": accuracies, **_mean_and_spread(accuracies)}
    pairs = zip(*(report[side]["test_accuracies"] for side in SIDES), strict=True)
    margins = [tuned - scratch for scratch, tuned in pairs]
    report["margin"] = {"by_seed": margins, **_mean_and_spread(margins)}
    report["runs"] = [{"side": one.side, "seed": one.seed, **one.result} for one in measurements]
    return report


def _mean_and_spread(values: list[float]) -> dict[str, float]:
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": statistics.mean(values), "spread": spread}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fine_tuning", description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="mnist", help="to learn now (default: %(default)s)")
    parser.add_argument("--images", type=int, default=500, help="to learn from (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=30, help="of each training (default: %(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(default: 0 1 2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number here")
    return parser.parse_args()


if __name__ == "__main__":
    main()
