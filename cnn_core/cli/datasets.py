"""Commands on datasets: ``datasets`` lists them; ``datasets add`` and ``datasets remove``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnn_core.cli.app import AsJson, app, say, wrong_call
from cnn_core.cli.settings import parse_assignments

if TYPE_CHECKING:
    from cnn_core.data.own.bring import Progress

datasets = typer.Typer(help="List the datasets, bring one in, or remove one.")
app.add_typer(datasets, name="datasets")


@datasets.callback(invoke_without_command=True)
def list_datasets(context: typer.Context, as_json: AsJson = False) -> None:
    """List the datasets, and whether each is on this machine."""
    if context.invoked_subcommand:
        return
    from cnn_core.data.catalogue import dataset_card, dataset_names
    from cnn_core.data.load import dataset_state
    from cnn_core.errors import DatasetError

    rows: list[dict[str, object]] = []
    for name in dataset_names():
        try:
            card, state = dataset_card(name), dataset_state(name)
        except DatasetError as error:  # its card is damaged: the others are listed all the same
            rows.append({"name": name, "state": "damaged", "message": str(error), "is_own": True})
            continue
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
                "is_own": card.is_own,
            }
        )
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['name']:<16}{row['state']:<10}{row['message']}")


@datasets.command()
def add(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder of class folders, or a ZIP of them.")],
    name: Annotated[str | None, typer.Option(help="What commands call it.  [default: after the path]")] = None,
    title: Annotated[str | None, typer.Option(help="What pages call it.  [default: name or path]")] = None,
    size: Annotated[
        int | None, typer.Option(help="Side of an image, in pixels.  [default: what suits the pictures]")
    ] = None,
    is_grey: Annotated[
        bool | None, typer.Option("--grey/--colour", help="Channels.  [default: grey if all pictures are]")
    ] = None,
    fit: Annotated[str, typer.Option(help="Other proportions: crop, pad or stretch.")] = "crop",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any other, such as test_share=0.1; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring pictures in, as a dataset to train on. They stay where they are."""
    from cnn_core.data.own.bring import bring_in, check_name
    from cnn_core.data.own.layout import read_layout
    from cnn_core.data.own.settings import name_for, own_settings
    from cnn_core.data.own.sources import open_source
    from cnn_core.data.own.suggest import suggest_settings
    from cnn_core.data.own.survey import survey
    from cnn_core.wording import classes_in_words, files_in_words

    shown = title or name or path.resolve().stem
    with wrong_call():
        source = open_source(path)
        layout = read_layout(source)
        check_name(name or name_for(shown))
        asked: dict[str, object] = {"name": name or name_for(shown), "title": shown, "fit": fit}
        if size is not None:
            asked |= {"height": size, "width": size}
        if is_grey is not None:
            asked["channels"] = 1 if is_grey else 3
        suggested = suggest_settings(survey(source, layout)).model_dump()
        settings = own_settings({**suggested, **asked, **parse_assignments(setting or [])})
    for warning in layout.warnings:
        say(f"Note: {warning}")
    say(f"Images of {settings.height}×{settings.width}, {'grey' if settings.channels == 1 else 'colour'}.")
    card = bring_in(source, layout, settings, on_progress=_tell, should_stop=lambda: False)
    say("")
    if card.left_out_classes:
        say(f"Note: left out, as classes that are not wanted or too small: {classes_in_words(card.left_out_classes)}.")
    if as_json:
        print(json.dumps(card.model_dump(mode="json"), ensure_ascii=False))
        return
    print(
        f"{card.title}: {card.train_count:,} training and {card.test_count:,} test images of "
        f"{len(card.class_names)} classes; {files_in_words(card.left_out)} left out. "
        f"`python -m cnn_core train --dataset {card.name}` trains on it."
    )


@datasets.command()
def export(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where the ZIP goes.")],
) -> None:
    """Write a dataset as a ZIP of class folders, with its labels and its data card."""
    from cnn_core.data.export import dataset_zip
    from cnn_core.runs.files import storage_errors

    with wrong_call():
        pieces = dataset_zip(name)
    unfinished = path.with_name(f".{path.name}.writing")
    try:
        with storage_errors(path), unfinished.open("wb") as file:
            file.writelines(pieces)
        with storage_errors(path):
            unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    say(f"'{name}' is in '{path}'.")


@datasets.command()
def card(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Print the data card of a dataset, as Markdown: source, licence, counts, checksums."""
    from cnn_core.data.catalogue import dataset_card
    from cnn_core.data.data_card import data_card_text
    from cnn_core.data.load import load_dataset

    with wrong_call():
        known = dataset_card(name)
    print(data_card_text(known, load_dataset(name, download=False)), end="")


@datasets.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A dataset that you brought in.")],
    even_if_used: Annotated[
        bool, typer.Option("--even-if-used", help="Though runs learned from it: their figures stay, its images go.")
    ] = False,
) -> None:
    """Delete a dataset that was brought in; the pictures that it was made of stay where they are."""
    from cnn_core.runs.datasets import remove_dataset

    with wrong_call():
        remove_dataset(name, even_if_used=even_if_used)
    say(f"'{name}' is deleted.")


def _tell(progress: Progress) -> None:
    say(f"\r{progress.done:,} of {progress.total:,} pictures, {progress.pace:,.0f} a second", end="")


@datasets.command()
def check(name: Annotated[str, typer.Argument(metavar="NAME")], as_json: AsJson = False) -> None:
    """Look for images that a dataset holds twice: equal ones, and resized, cropped, shifted or brightened copies."""
    import time

    from cnn_core.data.catalogue import dataset_card
    from cnn_core.data.duplicates.find import find_duplicates
    from cnn_core.data.load import load_dataset

    with wrong_call():
        dataset_card(name)
    started, dataset = time.perf_counter(), load_dataset(name, download=False)
    found = find_duplicates(dataset, _tell_share).found(name, dataset.checksum, time.perf_counter() - started)
    say("")
    if as_json:
        print(found.model_dump_json())
        return
    print(f"{'':<32}{'equal':>8}{'near':>8}{'of two classes':>16}")
    for where, counts in (
        ("training and test (leaks)", found.across),
        ("within training", found.within_training),
        ("within test", found.within_test),
    ):
        print(f"{where:<32}{counts.exact:>8,}{counts.near:>8,}{counts.contradictory:>16,}")
    print(f"{found.leaked:,} test images are among the training images, too.")


def _tell_share(share: float, doing: str) -> None:
    say(f"\r{share:4.0%}  {doing:<60}", end="")
