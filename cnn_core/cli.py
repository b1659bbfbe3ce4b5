"""The command line: what the pages do, for scripts and for tests.

With ``--json`` stdout holds JSON and nothing else; progress and messages go to stderr. Exit status: 0; 2 for a wrong
call (an unknown name, a setting out of range); 1 for anything else.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnn_core.errors import CnnLabError, ConfigError

if TYPE_CHECKING:
    from cnn_core.config import RunConfig
    from cnn_core.runs.directory import Run

app = typer.Typer(
    name="cnn_core",
    help="Train convolutional image classifiers and question them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# How often `train` looks at its run: seldom enough to cost the training nothing.
_FOLLOW_SECONDS = 0.25

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only, on stdout.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its path, or 'showcase'.")]


def main() -> None:
    """Run the command line; an error that a person can mend becomes a sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # File names need not be valid text; a message about one must come out all the same.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except ConfigError as error:
        _fail(error, status=2)
    except CnnLabError as error:
        _fail(error, status=1)


def _fail(error: CnnLabError, status: int) -> None:
    _say(f"Error: {error}")
    sys.exit(status)


def _say(text: str, end: str = "\n") -> None:
    print(text, file=sys.stderr, end=end, flush=True)


@contextmanager
def _wrong_call() -> Iterator[None]:
    """Whatever is wrong in here, the call named something that does not exist."""
    try:
        yield
    except CnnLabError as error:
        _fail(error, status=2)


@app.command()
def train(
    dataset: Annotated[str | None, typer.Option(help="Name of a dataset.  [default: fashion-mnist]")] = None,
    preset: Annotated[str | None, typer.Option(help="Name of a preset.  [default: fast]")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides split, weights, batches, augmentation.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Size of a step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="adam, adamw, sgd or rmsprop.")] = None,
    loss: Annotated[str | None, typer.Option(help="[sparse_]categorical_crossentropy.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Share of features dropped before the output.")] = None,
    protocol: Annotated[str | None, typer.Option(help="validation, or tutorial: watch the test images.")] = None,
    validation_share: Annotated[float | None, typer.Option(help="Share of training images held back.")] = None,
    config: Annotated[Path | None, typer.Option(help="JSON file with settings as in config.json.")] = None,
    as_json: AsJson = False,
) -> None:
    """Train a network and evaluate it on the test images. Ctrl-C stops it and keeps what it has."""
    from cnn_core.runs.store import create_run

    with _wrong_call():
        settings = _requested_config(
            _read_settings(config),
            {"dataset": dataset, "preset": preset, "seed": seed},
            model={"dropout": dropout},
            training={
                "epochs": epochs,
                "batch_size": batch_size,
                "learning_rate": learning_rate,
                "optimizer": optimizer,
                "loss": loss,
                "protocol": protocol,
                "validation_share": validation_share,
            },
        )
    run = create_run(settings)
    _say(f"Run {run.id}: {settings.preset} on {settings.dataset}, {settings.training.epochs} epochs.")
    _train_and_follow(run)
    summary = _training_summary(run)
    if as_json:
        print(json.dumps(summary))
    else:
        print(f"{summary['test_accuracy']:.2%} of the test images right, after {summary['seconds']:.0f} s.")
        print(f"python -m cnn_core evaluate {run.id}")


def _read_settings(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"The settings in '{path}' cannot be read ({error}). Give a JSON file.") from error
    if not isinstance(settings, dict):
        raise ConfigError(f'The settings in \'{path}\' are not a JSON object such as {{"preset": "fast"}}.')
    return settings


def _requested_config(file: dict[str, Any], names: dict[str, Any], **sections: dict[str, Any]) -> RunConfig:
    """The configuration asked for: the preset's, changed by the file, changed by the options."""
    from cnn_core.config import replace, run_config
    from cnn_core.data.catalogue import dataset_card
    from cnn_core.models.presets import preset_config, preset_names

    # A run's own config.json may be given; these describe when and where it ran, not what was asked.
    for key in ("format", "created", "data", "versions"):
        file.pop(key, None)
    card = dataset_card(names["dataset"] or str(file.pop("dataset", "fashion-mnist")))
    preset = names["preset"] or str(file.pop("preset", "fast"))
    for key in ("dataset", "preset"):
        file.pop(key, None)
    # Runs on an ImageNet network, and others that were put together by hand, have a name that is no preset's.
    is_complete = names["preset"] is None and preset not in preset_names() and "model" in file
    config = (
        run_config({"dataset": card.name, "preset": preset, **file})
        if is_complete
        else preset_config(preset, card, **file)
    )
    changes: dict[str, Any] = {section: _given(options) for section, options in sections.items()}
    return replace(config, **changes, **_given({"seed": names["seed"]}))


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _train_and_follow(run: Run) -> None:
    """Start the worker, repeat its progress on stderr until it ends, and pass Ctrl-C on as a request to stop."""
    import signal
    import time

    from cnn_core.runs.launcher import LocalLauncher
    from cnn_core.runs.record import HEARTBEAT_SECONDS

    # Whoever ends this command wants the training to end, however they do it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    launcher = LocalLauncher()
    launcher.start(run)
    told, status = 0, run.status()
    is_wait_told = False
    while status.is_active:
        try:
            if status.state == "queued" and not is_wait_told and time.time() - run.record().created > 5:
                _say("Waiting for its turn: another run is training. `python -m cnn_core runs` shows it.")
                is_wait_told = True
            if status.phase == "downloading":
                _say(f"\rDownloading the dataset: {status.downloaded or 0:.0%}", end="")
            if status.epoch > told + 1 or status.phase == "evaluating":
                told = _tell_epochs(run, told)
            time.sleep(_FOLLOW_SECONDS)
            status = run.status()
            if status.is_lost:
                # A machine that wakes from sleep needs a moment for its first heartbeat.
                time.sleep(3 * HEARTBEAT_SECONDS)
                status = run.status()
        except KeyboardInterrupt:
            _say("Stopping after this batch; the best epoch so far is kept and evaluated.")
            launcher.stop(run)
    _tell_epochs(run, told)
    if status.state == "failed":
        raise CnnLabError(f"Run '{run.id}' failed. {status.error}")
    if not run.has_report:
        raise CnnLabError(f"Run '{run.id}' was stopped before it had learned anything.")


def _tell_epochs(run: Run, told: int) -> int:
    history = run.history().to_dict("records")
    for row in history[told:]:
        _say(
            f"epoch {row['epoch']:.0f}: loss {row['loss']:.4f}, accuracy {row['accuracy']:.4f}, "
            f"val_loss {row['val_loss']:.4f}, val_accuracy {row['val_accuracy']:.4f}, {row['seconds']:.1f} s"
        )
    return len(history)


def _training_summary(run: Run) -> dict[str, Any]:
    report, status = run.report(), run.status()
    return {
        "run": run.id,
        "path": str(run.path),
        "test_accuracy": report.accuracy,
        "test_loss": report.loss,
        "val_accuracy": report.val_accuracy,
        "seconds": round(status.seconds or 0.0, 2),
        "parameters": report.parameters,
        "epochs": status.epoch,
    }


@app.command()
def evaluate(run: RunArgument, as_json: AsJson = False) -> None:
    """Show what a finished run did on the test images."""
    from cnn_core.runs.store import resolve_run

    with _wrong_call():
        found = resolve_run(run)
    report = found.report()
    if as_json:
        fields = {"accuracy": report.accuracy, "loss": report.loss}
        print(json.dumps({**_training_summary(found), **fields, **report.model_dump(mode="json")}))
        return
    print(f"Run {found.id}: {report.accuracy:.2%} of {report.test_count:,} test images right, loss {report.loss:.4f}")
    if report.is_test_set_watched:
        print("The test images were watched during the training, as the classic tutorials do.")
    print(f"{'class':<14}{'precision':>10}{'recall':>10}{'f1':>10}{'support':>10}")
    for row in report.per_class:
        print(f"{row.name:<14}{row.precision:>10.4f}{row.recall:>10.4f}{row.f1:>10.4f}{row.support:>10}")


@app.command()
def predict(
    run: RunArgument,
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE...", help="Photos, drawings, images.")],
    top: Annotated[int, typer.Option(min=1, help="How many classes to name.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Classify pictures, one line each. A picture that cannot be read gets its line too, and the others go on.

    Exit status 1 only if not one picture could be answered.
    """
    from cnn_core.errors import PictureError
    from cnn_core.images.decode import read_picture
    from cnn_core.inference.classifier import error_row, load_classifier
    from cnn_core.runs.store import resolve_run

    with _wrong_call():
        found = resolve_run(run)
    classifier = load_classifier(found)
    is_any_answered = False
    for path in pictures:
        try:
            row = classifier.classify(read_picture(path)).row(str(path), top)
            is_any_answered = True
        except PictureError as error:
            row = error_row(str(path), str(error))
        if as_json:
            print(json.dumps(row), flush=True)
        elif row["error"]:
            _say(row["error"])
        else:
            named = ", ".join(f"{guess['label']} {guess['probability']:.1%}" for guess in row["top"])
            print(f"{path}: {named}{' (may be none of these)' if row['outlier'] else ''}", flush=True)
    if not is_any_answered:
        raise typer.Exit(1)


@app.command()
def runs(as_json: AsJson = False) -> None:
    """List the runs, newest first."""
    from cnn_core.runs.store import list_runs, runs_folder, summarise

    rows = [summarise(run) for run in list_runs()]
    if as_json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    if not rows:
        _say(f"No runs in {runs_folder()} yet. `python -m cnn_core train` starts one.")
    for row in rows:
        accuracy = f"{row.test_accuracy:.2%}" if row.test_accuracy is not None else "–"
        print(f"{row.id:<44}{row.state:<10}{row.dataset or '–':<16}{accuracy:>8}  {row.message or ''}")


@app.command()
def datasets(as_json: AsJson = False) -> None:
    """List the datasets, and whether each is on this machine."""
    from cnn_core.data.catalogue import dataset_card, dataset_names
    from cnn_core.data.load import dataset_state

    rows = []
    for name in dataset_names():
        card, state = dataset_card(name), dataset_state(name)
        rows.append(
            {
                "name": name,
                "title": card.title,
                "classes": list(card.class_names),
                "image_shape": [card.height, card.width, card.channels],
                "train_count": card.train_count,
                "test_count": card.test_count,
                "state": state.state,
                "message": state.message,
                "licence": card.licence,
                "source": card.source,
                "checksum": card.checksum,
            }
        )
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['name']:<16}{row['state']:<10}{row['message']}")


@app.command()
def presets(as_json: AsJson = False) -> None:
    """List the presets: networks with the training that suits them."""
    from cnn_core.models.presets import PRESETS

    if as_json:
        print(
            json.dumps(
                [
                    {
                        "name": preset.name,
                        "title": preset.title,
                        "description": preset.description,
                        "model": preset.model.model_dump(),
                        "training": preset.training.model_dump(),
                        "augmentation": preset.augmentation.model_dump(),
                    }
                    for preset in PRESETS
                ]
            )
        )
        return
    for preset in PRESETS:
        print(f"{preset.name:<16}{preset.description}")


@app.command(name="train-run", hidden=True)
def train_run_command(path: Path) -> None:
    """Train a queued run: what a launcher starts as the worker process."""
    from cnn_core.runs.directory import Run
    from cnn_core.training.worker import train_run

    train_run(Run(path.resolve()))


@app.command(name="probe", hidden=True)
def probe_command(path: Path) -> None:
    """Measure what a probe's directory asks for: what a page starts in the background."""
    from cnn_core.runs.probes import open_probe
    from cnn_core.training.probe import run_probe

    run_probe(open_probe(path.resolve()))
