"""``report.json``: the evaluation of a run, and of which answers and which network it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from cnn_core.errors import RunError
from cnn_core.evaluation.report import Report, StoredReport, evaluate, parse_report
from cnn_core.runs.files import sha256_of
from cnn_core.runs.progress import kept_epoch

if TYPE_CHECKING:
    # A run reads its report here.
    from cnn_core.runs.directory import Run

# Classes.
_MOST_LAID_OUT = 100


class ReportSources(BaseModel):
    """What the file says beside the evaluation: SHA-256 of what it was made of. ``None`` in those of older versions.

    Attributes:
        predictions_sha256: Of ``predictions.npz``.
        model_sha256: Of ``model.keras``; ``None`` too where there was none.
    """

    model_config = ConfigDict(frozen=True)

    predictions_sha256: str | None = None
    model_sha256: str | None = None


def pack_report(report: Report, predictions: bytes, model: Path) -> bytes:
    """The content of the file.

    Args:
        report: The evaluation.
        predictions: Content of the file with the answers that were evaluated.
        model: The file of the network that gave them; it may be missing.

    Raises:
        OSError: The network cannot be read.
    """
    sources = ReportSources(
        predictions_sha256=hashlib.sha256(predictions).hexdigest(),
        model_sha256=sha256_of(model) if model.is_file() else None,
    )
    # Laid out for a person; a matrix of a million numbers is read by none, and would take seconds.
    indent = 1 if len(report.per_class) <= _MOST_LAID_OUT else None
    return json.dumps({**report.model_dump(mode="json"), **sources.model_dump()}, indent=indent).encode()


def unpack_report(content: bytes) -> tuple[StoredReport, ReportSources]:
    """What :func:`pack_report` packed, or an older version wrote.

    Raises:
        ValidationError: It is neither.
    """
    return parse_report(content), ReportSources.model_validate_json(content)


def current_report(run: Run, stored: StoredReport, sources: ReportSources) -> Report:
    """The evaluation of the answers that are there, as this version makes it. Reading changes no run.

    It is computed anew where the file is of an older version, or of other answers: then its writing was broken off.

    Raises:
        RunError: It is of an older version, and the answers are missing or damaged.
    """
    is_of_these = _is_of_these_answers(run, sources)
    if isinstance(stored, Report) and is_of_these:
        return stored
    try:
        return _computed_anew(run, run.reported_ns, run.evaluated_ns, is_of_these)
    except RunError:
        if isinstance(stored, Report):
            # Answers that cannot be read do not speak against it; who needs them is told.
            return stored
        raise


def is_of_this_network(run: Run, sources: ReportSources) -> bool:
    """Whether the evaluation is of the network that is there; ``False`` where there is none."""
    if not run.has_model:
        return False
    model = run.model_path()
    if sources.model_sha256 is not None:
        return sha256_of(model) == sources.model_sha256
    # Older versions wrote one after the other.
    return model.stat().st_mtime_ns <= run.reported_ns


@lru_cache(maxsize=256)
def _computed_anew(run: Run, report_ns: int, predictions_ns: int, is_of_these: bool) -> Report:  # noqa: ARG001 - the cache's key
    stored, predictions, record = run.stored_report(), run.predictions(), run.record()
    training = stored.training()
    if not is_of_these:
        best_epoch, val_accuracy = kept_epoch(run.history(), record.training)
        training = replace(training, best_epoch=best_epoch, val_accuracy=val_accuracy)
    return evaluate(predictions.labels, predictions.logits, stored.class_names, training, predictions.validation)


def _is_of_these_answers(run: Run, sources: ReportSources) -> bool:
    if sources.predictions_sha256 is None or not run.evaluated_ns:
        return True
    try:
        return _known_digest(run.predictions_path(), run.evaluated_ns) == sources.predictions_sha256
    except OSError:
        return True


@lru_cache(maxsize=256)
def _known_digest(path: Path, written_ns: int) -> str:  # noqa: ARG001 - the cache's key
    return sha256_of(path)
