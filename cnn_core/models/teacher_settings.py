"""Which runs can teach another one (knowledge distillation), and the check of what was asked. No Keras here."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cnn_core.config import RunConfig, TrainingConfig
from cnn_core.data.catalogue import DatasetCard
from cnn_core.errors import ConfigError, RunError

if TYPE_CHECKING:
    from cnn_core.runs.record import RunRecord


def can_teach(record: RunRecord, card: DatasetCard) -> bool:
    """Whether a run's answers can be learned from on a dataset: its own images were these.

    Of other images, some might be among those that the student is tested on. What its own teachers, or the run whose
    features it took, learned from is not looked at.
    """
    return record.data.checksum == card.checksum and record.data.class_names == card.class_names


def teachers_that_know_watched_images(config: RunConfig) -> list[str]:
    """The teachers that learned from images that their student is watched on, because they were split otherwise.

    Those that cannot be read are not among them; :func:`check_teachers` tells.
    """
    from cnn_core.runs.store import find_run

    found = []
    for run_id in config.training.teachers if config.training.protocol == "validation" else ():
        with contextlib.suppress(RunError):
            if _split_of(find_run(run_id).record()) != _split_of(config):
                found.append(run_id)
    return found


def _split_of(config: RunConfig) -> tuple[object, ...]:
    return config.seed, config.training.protocol, config.training.validation_share


def check_teachers(training: TrainingConfig, card: DatasetCard) -> None:
    """Check that all teachers of a run can be asked. Looks at the disk, but loads no network.

    Args:
        training: Of the run that is to start.
        card: Its dataset.

    Raises:
        ConfigError: A teacher learned from other images or classes.
        RunError: A teacher is unknown, damaged, still training, not evaluated, or has no network.
    """
    from cnn_core.runs.store import find_run

    for run_id in training.teachers:
        try:
            run = find_run(run_id)
            record = run.record()
            run.check_is_final("answers")
            if not run.has_report:
                way_out = "" if run.status().state == "finished" else "Resume it, "
                raise RunError(
                    f"Run '{run_id}' has a network and no evaluation, so nobody knows what its answers are worth. "
                    f"{way_out}{'or evaluate' if way_out else 'Evaluate'} it (`evaluate {run_id} --renew`), or choose "
                    "another run."
                )
        except RunError as error:
            raise RunError(f"A teacher cannot be asked: take it out, or choose another one. {error}") from error
        if not can_teach(record, card):
            raise ConfigError(
                f"Run '{run_id}' cannot teach here: it learned from other images than those of {card.title}. Take it "
                "out, or choose a run on this dataset."
            )
