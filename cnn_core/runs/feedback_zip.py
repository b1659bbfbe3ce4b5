"""Corrections as a ZIP of class folders, to take away and to train on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from cnn_core.csv_cells import as_csv_text
from cnn_core.data.folder_names import NONE_OF_THEM, folder_names
from cnn_core.errors import RunError
from cnn_core.runs.directory import Run
from cnn_core.runs.feedback import kept_picture, read_feedback
from cnn_core.runs.feedback_file import PICTURE, Correction
from cnn_core.zip_stream import ZipStream

LABELS = "labels.csv"
HEAD = ("file", "label", "predicted", "confidence", "name", "time")


def feedback_zip(run: Run) -> Iterator[bytes]:
    """The corrections of a run as a ZIP, in pieces: no more than one picture is in memory at a time.

    A folder holds the pictures of each class that was named, and one more those that are none of the classes;
    ``labels.csv`` has a row for each picture, with the columns ``HEAD``, in UTF-8 with a mark that spreadsheets know
    it by: the names of the classes exactly as the run has them, the confidence as a share, the time in UTC, ISO 8601.
    Names of pictures that begin like a formula have an apostrophe first. What is damaged is left out.

    Raises:
        RunError: The run is no longer there, or nothing usable is kept with it; before the first piece.
    """
    class_names = run.record().data.class_names
    corrections = read_feedback(run).corrections
    if not corrections:
        raise RunError(
            f"Run '{run.id}' has no feedback to download. Say on the Classify page what a picture shows first."
        )
    names = [*class_names, NONE_OF_THEM]
    labels: list[str | None] = [*class_names, None]
    folders = dict(zip(labels, folder_names(names, taken=[LABELS]), strict=True))
    return _pieces(run, corrections, folders)


def _pieces(run: Run, corrections: tuple[Correction, ...], folders: dict[str | None, str]) -> Iterator[bytes]:
    archive = ZipStream()
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(HEAD)
    for one in corrections:
        picture = kept_picture(run, one)
        if picture is None:
            continue
        path = f"{folders[one.label]}/{one.key}{PICTURE}"
        table.writerow([path, *_cells(one)])
        yield archive.add(path, picture, one.time)
    yield archive.add(LABELS, text.getvalue().encode("utf-8-sig"))
    yield archive.end()


def _cells(one: Correction) -> list[str]:
    # As they are: who trains on it needs the very names, and a class may be called "+".
    label = NONE_OF_THEM if one.label is None else one.label
    moment = datetime.fromtimestamp(one.time, UTC).isoformat(timespec="seconds")
    return [label, one.said.predicted, f"{one.said.confidence:.6g}", as_csv_text(one.name), moment]
