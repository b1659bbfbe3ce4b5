"""The folder of all runs: create, find, list."""

from __future__ import annotations

import difflib
import os
import re
import secrets
import shutil
import time
from pathlib import Path

import pandas as pd

from cnn_core.config import RunConfig
from cnn_core.data.augmentable import check_augmentation
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.counts import check_image_counts
from cnn_core.errors import RunError, StorageError
from cnn_core.models.shapes import feature_map_sizes
from cnn_core.models.teacher_settings import check_teachers
from cnn_core.models.transfer_settings import check_transfer
from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.files import storage_errors, whole_lines, write_atomically
from cnn_core.runs.history import history_table
from cnn_core.runs.queue_file import read_settings
from cnn_core.runs.record import ACTIVE_ORDER, RunRecord, RunStatus, new_record

SHOWCASE = "showcase"
_SHOWCASE_FOLDER = Path(__file__).parents[1] / SHOWCASE
# No file system takes names of more than 255 bytes.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")


def runs_folder() -> Path:
    """``CNN_LAB_RUNS``, or ``runs`` in the current directory."""
    return Path(os.environ.get("CNN_LAB_RUNS") or "runs").expanduser().resolve()


def create_run(config: RunConfig) -> Run:
    """Create the directory of a new run, queued and waiting for its worker. It appears whole or not at all.

    Raises:
        ConfigError: The network does not fit the dataset's images, or the features that it takes over; or there are
            too few images for the batches or shares, or an augmentation needs others; or a teacher knows others.
        DatasetError: There is no dataset of that name.
        RunError: A run to take features from, or to learn the answers of, is unknown, still training, or has no model.
        StorageError: The folder of the runs cannot be written.
    """
    card = dataset_card(config.dataset)
    feature_map_sizes(config.model, card.height, card.width)
    check_image_counts(card, config.training)
    check_augmentation(card, config.augmentation)
    check_transfer(config, card)
    check_teachers(config.training, card)
    folder = runs_folder()
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{config.preset}-{secrets.token_hex(2)}"
    unfinished = folder / f".creating-{name}"
    with storage_errors(folder / name):
        unfinished.mkdir(parents=True)
    try:
        record = new_record(config, card)
        now = record.created
        status = RunStatus(state="queued", heartbeat=now, queued=now, epochs=config.training.total_epochs)
        write_atomically(unfinished / directory.CONFIG, record.model_dump_json(indent=1).encode())
        write_atomically(unfinished / directory.STATUS, status.model_dump_json().encode())
        with storage_errors(folder / name):
            (unfinished / directory.REQUESTS).mkdir()
            unfinished.rename(folder / name)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return Run(folder / name)


def withdraw_run(run: Run) -> None:
    """Take back a run that was created and is no worker's yet."""
    shutil.rmtree(run.path, ignore_errors=True)


def showcase() -> Run:
    """The run that ships with the project."""
    return Run(_SHOWCASE_FOLDER)


def showcase_beginning() -> pd.DataFrame:
    """The epochs of the showcase's first training, as :meth:`Run.history` tells those of the last one.

    Two more trainings followed, each from the weights of the one before.
    """
    return history_table(whole_lines(_SHOWCASE_FOLDER / "beginning.csv"))


def is_showcase(run: Run) -> bool:
    """Whether it is the run that ships with the project, by whatever path."""
    return run.path.resolve() == _SHOWCASE_FOLDER.resolve()


def beside(run: Run) -> Path:
    """The folder for what a person adds to a finished run: its own; for the showcase, which ships, one among the runs.

    It may not be there yet: who writes asks :func:`make_beside`.
    """
    # list_runs passes over names that begin with a dot.
    return runs_folder() / f".{SHOWCASE}" if is_showcase(run) else run.path


def make_beside(run: Run) -> Path:
    """The folder of :func:`beside`, made where it is missing. That of a run that was deleted is not made again.

    Raises:
        StorageError: The folder cannot be made.
    """
    folder = beside(run)
    if is_showcase(run):
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
    return folder


def find_run(run_id: str) -> Run:
    """The run of that id, as it stands in a link; ``showcase`` is the one that ships.

    Raises:
        RunError: There is none.
    """
    if run_id == SHOWCASE:
        return showcase()
    path = runs_folder() / run_id
    # An id comes from outside (a link): it must not lead out of the folder of the runs.
    if _ID.fullmatch(run_id) and path.is_dir():
        return Run(path)
    close = difflib.get_close_matches(run_id, [run.id for run in list_runs()], n=1)
    hint = f"Did you mean '{close[0]}'? " if close else ""
    raise RunError(
        f"There is no run '{run_id}' in '{runs_folder()}'. {hint}"
        "`python -m cnn_core runs` lists the runs; 'showcase' is always there."
    )


def resolve_run(reference: str) -> Run:
    """The run of an id, or of a path to its directory, as the command line takes them.

    Raises:
        RunError: There is none.
    """
    try:
        path = Path(reference).expanduser()
        if (path / directory.CONFIG).is_file():
            return Run(path.resolve())
    except (OSError, RuntimeError):  # longer than a path can be, or in the home of nobody
        pass
    return find_run(reference)


def list_runs(folder: Path | None = None) -> list[Run]:
    """All runs, newest first, the showcase not among them.

    Args:
        folder: That of the runs; :func:`runs_folder` where none is given.
    """
    folder = folder or runs_folder()
    if not folder.is_dir():
        return []
    try:
        names = sorted((entry.name for entry in folder.iterdir() if entry.is_dir()), reverse=True)
    except OSError as error:
        raise StorageError(
            f"The folder of the runs, '{folder}', cannot be read ({error.strerror or error}). Give this user the right "
            "to read it, or point CNN_LAB_RUNS to another folder."
        ) from error
    return [Run(folder / name) for name in names if not name.startswith(".")]


def active_runs(folder: Path | None = None) -> list[tuple[Run, RunRecord, RunStatus]]:
    """The runs that train, are paused or wait, in the order in which they get their turn. Damaged ones are passed over.

    Args:
        folder: That of the runs; :func:`runs_folder` where none is given.
    """
    found = []
    for run in list_runs(folder):
        try:
            status = run.status()
            if status.is_active:
                found.append((run, run.record(), status))
        except RunError:
            continue
    settings = read_settings(folder or runs_folder())

    def turn(entry: tuple[Run, RunRecord, RunStatus]) -> tuple[int, int, float, str]:
        run, record, status = entry
        # Sorted by what comes first: a paused run that goes on has its turn before those that never had one.
        return ACTIVE_ORDER.index(status.state), settings.place(run.id), status.queued or record.created, run.id

    return sorted(found, key=turn)
