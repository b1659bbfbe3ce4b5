"""Commands that train: ``train``, ``resume``, ``extend``, ``teach``, and ``script``, which shows how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnn_core.cli.app import AsJson, RunArgument, app, say, wrong_call
from cnn_core.cli.following import train_and_follow, training_summary
from cnn_core.cli.settings import parse_assignments, read_settings, requested_config
from cnn_core.errors import ConfigError
from cnn_core.wording import epochs_in_words

if TYPE_CHECKING:
    from cnn_core.runs.directory import Run


@app.command()
def train(
    dataset: Annotated[str | None, typer.Option(help="Name of a dataset.  [default: fashion-mnist]")] = None,
    preset: Annotated[str | None, typer.Option(help="Name of a preset.  [default: fast]")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides split, weights, batches, augmentation.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Size of a step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="adam, adamw, sgd, rmsprop or muon.")] = None,
    loss: Annotated[str | None, typer.Option(help="[sparse_]categorical_crossentropy.")] = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(metavar="RUN", help="Learn from what this run's network says, too; may be repeated."),
    ] = None,
    dropout: Annotated[float | None, typer.Option(help="Share of features dropped before the output.")] = None,
    protocol: Annotated[str | None, typer.Option(help="validation, or tutorial: watch the test images.")] = None,
    validation_share: Annotated[float | None, typer.Option(help="Share of training images held back.")] = None,
    config: Annotated[Path | None, typer.Option(help="JSON file with settings as in config.json.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any setting, such as training.patience=3; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a network and evaluate it on the test images. Ctrl-C stops it and keeps what it has."""
    from cnn_core.runs.store import create_run

    with wrong_call():
        file, assigned = read_settings(config), parse_assignments(setting or [])
        teachers = tuple(map(_teacher_id, teacher or []))
        if teachers and not any("loss" in (part.get("training") or {}) for part in (file, assigned)):
            # Integer labels have no room for a teacher's doubts.
            loss = loss or "categorical_crossentropy"
        settings = requested_config(
            file,
            {"dataset": dataset, "preset": preset, "seed": seed},
            assigned,
            model={"dropout": dropout},
            training={
                "epochs": epochs,
                "batch_size": batch_size,
                "learning_rate": learning_rate,
                "optimizer": optimizer,
                "loss": loss,
                "teachers": teachers or None,
                "protocol": protocol,
                "validation_share": validation_share,
            },
        )
    run = create_run(settings)
    say(f"Run {run.id}: {settings.preset} on {settings.dataset}, {epochs_in_words(settings.training.epochs)}.")
    _finish(run, as_json)


def _teacher_id(reference: str) -> str:
    """The id under which a run is found again, also by the worker: it lies among the runs, or is the showcase."""
    from cnn_core.runs.store import SHOWCASE, is_showcase, resolve_run, runs_folder

    run = resolve_run(reference)
    if is_showcase(run):
        return SHOWCASE
    if run.path.parent != runs_folder():
        raise ConfigError(
            f"The run in '{run.path}' is not among those in '{runs_folder()}', and a teacher has to be. Point "
            "CNN_LAB_RUNS to its folder, or copy it."
        )
    return run.id


@app.command()
def resume(run: RunArgument, as_json: AsJson = False) -> None:
    """Go on with a run that was stopped, failed or lost its worker, from its last checkpoint."""
    from cnn_core.runs.lifecycle import resume_run
    from cnn_core.runs.store import resolve_run

    with wrong_call():
        found = resolve_run(run)
        resume_run(found)
    _finish(found, as_json)


@app.command()
def extend(
    run: RunArgument,
    epochs: Annotated[int, typer.Option(help="How many more.")],
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Of these epochs.  [default: the last one; after a schedule, a tenth of its largest]"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a run that has ended for more epochs, with the optimizer as it was."""
    from cnn_core.runs.continuing import propose_more
    from cnn_core.runs.lifecycle import extend_run
    from cnn_core.runs.store import resolve_run

    with wrong_call():
        found = resolve_run(run)
        training = found.record().training
        proposal = propose_more(training, found.history()) if learning_rate is None else None
        if learning_rate is None:
            # Without a proposal the run has all the epochs that it can have, and the next call says so.
            learning_rate = proposal.learning_rate if proposal else training.learning_rate
        extend_run(found, epochs, learning_rate)
    if proposal is not None:
        rate = f"the learning rate {proposal.learning_rate:g}, {proposal.reason}"
        say(f"Run {found.id}: {epochs_in_words(epochs)} more at {rate}.")
    _finish(found, as_json)


@app.command()
def teach(
    run: RunArgument,
    epochs: Annotated[
        int | None, typer.Option(help="Over its training images, shown as photos and sketches.  [default: 6]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Teach a finished run people's photos and drawings. Its answers for the dataset's images stay the same."""
    from cnn_core.runs.store import resolve_run
    from cnn_core.training.adapting import EPOCHS, adapt_run, adaptation_config, why_not_adapted

    epochs = EPOCHS if epochs is None else epochs
    with wrong_call():
        found = resolve_run(run)
        if why := why_not_adapted(found):
            raise ConfigError(why)
        adaptation_config(found.record(), epochs)
    last = ""

    def tell(_share: float, doing: str) -> None:
        nonlocal last
        if doing != last:
            say(f"Run {found.id}: {doing}")
            last = doing

    facts = adapt_run(found, epochs, tell).facts
    if as_json:
        print(json.dumps({"run": found.id, **facts.model_dump()}))
        return
    watched = "test" if found.record().training.protocol == "tutorial" else "validation"
    print(
        f"Of its {watched} images, as photos, {facts.photo_accuracy_after:.1%} right "
        f"({facts.photo_accuracy_before:.1%} before); of made-up sketches {facts.sketch_accuracy_after:.1%} "
        f"({facts.sketch_accuracy_before:.1%}); after {facts.seconds:.0f} s."
    )
    print(f"python -m cnn_core predict {found.id} PICTURE")


@app.command()
def script(run: RunArgument) -> None:
    """Print a Keras script that stands alone and trains what this run trained."""
    from cnn_core.config import RunConfig
    from cnn_core.runs.store import is_showcase, resolve_run
    from cnn_core.script import training_script

    with wrong_call():
        found = resolve_run(run)
        if is_showcase(found):
            raise ConfigError(
                "The showcase was trained in three steps, and the runs of the first two do not ship: no single script "
                "does it. `sh scripts/train_showcase.sh` of the project repeats all. Name a run of your own."
            )
        record = found.record()
        print(training_script(RunConfig(**record.model_dump(include=set(RunConfig.model_fields)))), end="")


def _finish(run: Run, as_json: bool) -> None:
    train_and_follow(run)
    summary = training_summary(run, run.stored_report())
    if as_json:
        print(json.dumps(summary))
    else:
        print(f"{summary['test_accuracy']:.2%} of the test images right, after {summary['seconds']:.0f} s.")
        print(f"python -m cnn_core evaluate {run.id}")
