"""Gather what a run's evaluation has, and fill the page with it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from cnn_core.data.load import load_dataset
from cnn_core.errors import CnnLabError, DatasetError, StorageError
from cnn_core.evaluation.label_issues import find_label_issues
from cnn_core.evaluation.label_list import estimate_in_words
from cnn_core.evaluation.pairs import confusion_in_words, most_confused_pairs, pair_in_words
from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.report import Report
from cnn_core.figures.matrix_cells import confusion_cells, shade_colour
from cnn_core.html_report import facts
from cnn_core.html_report.pictures import suspicious_labels, worst_mistakes
from cnn_core.html_report.run_charts import class_charts, confidence_charts, learning_charts
from cnn_core.runs.directory import Run
from cnn_core.runs.files import save_as
from cnn_core.runs.label_marks import read_marks
from cnn_core.runs.record import RunRecord


@dataclass(frozen=True)
class _Marks:
    """The marks of the labels, or why there are none."""

    by_index: Mapping[int, str]
    problem: str = ""


def make_report(run: Run, images: np.ndarray | None) -> str:
    """The evaluation of a run as one HTML file. It has no scripts and asks nothing of any network.

    What is missing (predictions, images) is left out, and the file says so.

    Args:
        run: A run that was evaluated.
        images: Its test images, (N, H, W, C) uint8, as :func:`find_test_images`; ``None`` where they are not here.

    Raises:
        RunError: It has no evaluation, or its record, status, history or evaluation is damaged.
    """
    record, status, report, history = run.record(), run.status(), run.report(), run.history()
    if images is not None and len(images) != report.test_count:
        # Which answer belongs to which image is not known.
        images = None
    names = report.class_names
    watched = "test" if report.is_test_set_watched else "validation"
    title = run.notes().name or f"{record.preset} on {record.data.title}"
    return _template().render(
        title=title,
        notes=run.notes().text,
        run_id=run.id,
        made=facts.moment(time.time()),
        test_set_use=facts.test_set_use(report),
        figures=facts.head_figures(report),
        run_facts=facts.run_facts(record, status, report),
        settings=facts.all_settings(record),
        class_count=len(names),
        cells=confusion_cells(report.matrix(), names),
        confusion=confusion_in_words(report.matrix(), names),
        pairs=_pairs(report.matrix(), names),
        classes=report.per_class,
        learning=learning_charts(history, watched),
        are_images_here=images is not None,
        **_image_by_image(run, images, report),
    )


def why_not_written_to(path: Path) -> str | None:
    """Why a report cannot be written to a file, as far as a glance tells; ``None``: it probably can."""
    try:
        if path.is_dir():
            return f"'{path}' cannot be written: it is a folder. Name a file in it."
        if not path.parent.is_dir():
            return f"'{path}' cannot be written: there is no folder '{path.parent}'. Make it, or name another file."
        if path.exists() and not path.is_file():
            return f"'{path}' cannot be written: it is no plain file. Name another one."
    except OSError as error:  # longer than a path can be
        return f"'{path}' cannot be written ({error.strerror or error}). Name another file."
    return None


def write_report(run: Run, path: Path) -> None:
    """Write the report to a file; one that is there is replaced, whole or not at all. Images as they are found here.

    Raises:
        RunError: As :func:`make_report`.
        StorageError: The file cannot be written there.
    """
    # Before the work, not after it.
    if why := why_not_written_to(path):
        raise StorageError(why)
    content = make_report(run, find_test_images(run.record())).encode()
    try:
        save_as(path, content)
    except StorageError as error:
        # Its hint is about the folder of the runs, which this is not.
        raise StorageError(
            f"'{path}' cannot be written ({_reason(error)}). Free some space or give this user the right to write "
            "there, or name another file."
        ) from error


def _reason(error: StorageError) -> str:
    cause = error.__cause__
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(error)


def find_test_images(record: RunRecord) -> np.ndarray | None:
    """The images that a run was tested on, (N, H, W, C) uint8; ``None`` where they are not here, or have changed."""
    try:
        dataset = load_dataset(record.dataset, download=False)
    except DatasetError:
        return None
    return dataset.test_images if dataset.checksum == record.data.checksum else None


def _image_by_image(run: Run, images: np.ndarray | None, report: Report) -> dict[str, Any]:
    """What needs the answers for each image."""
    try:
        answers: Predictions = run.predictions()
    except CnnLabError as error:
        return {"problem": str(error)}
    issues = find_label_issues(answers.labels, answers.probabilities)
    marks, names = _marks(run), report.class_names
    return {
        "problem": "",
        "class_charts": class_charts(answers, report),
        "confidence_charts": confidence_charts(answers, report),
        "mistakes": worst_mistakes(answers, names, images),
        "labels": suspicious_labels(issues, names, images, marks.by_index),
        "issue_count": len(issues),
        "marked_count": len(set(issues.indices.tolist()) & set(marks.by_index)),
        "marks_problem": marks.problem,
        "estimate": estimate_in_words(issues, len(answers)),
    }


def _marks(run: Run) -> _Marks:
    try:
        return _Marks(read_marks(run))
    except CnnLabError as error:
        return _Marks({}, str(error))


def _pairs(matrix: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """The most frequent confusions in words."""
    return [
        f"{names[pair.first]} and {names[pair.second]}: {pair_in_words(pair, names)}"
        for pair in most_confused_pairs(matrix)
    ]


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shade"] = shade_colour
    environment.filters["percent"] = lambda share: f"{share:.1%}"
    return environment.get_template("page.html")
