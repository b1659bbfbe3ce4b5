"""From options and files to the configuration of a run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnn_core.errors import ConfigError

if TYPE_CHECKING:
    from cnn_core.config import RunConfig


def read_settings(path: Path | None) -> dict[str, Any]:
    """The settings in a JSON file; none without a file.

    Raises:
        ConfigError: It cannot be read, or holds something else.
    """
    if path is None:
        return {}
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"The settings in '{path}' cannot be read ({error}). Give a JSON file.") from error
    if not isinstance(settings, dict):
        raise ConfigError(f'The settings in \'{path}\' are not a JSON object such as {{"preset": "fast"}}.')
    return settings


def parse_assignments(assignments: Iterable[str]) -> dict[str, Any]:
    """Settings such as ``training.patience=3``: a value is JSON where it can be read as such, else text.

    Raises:
        ConfigError: There is no name, or no value.
    """
    settings: dict[str, Any] = {}
    for assignment in assignments:
        name, sign, value = assignment.partition("=")
        section, _, field = name.strip().partition(".")
        if not (section and sign):
            raise ConfigError(f"'{assignment}' is no setting; expected one such as training.patience=3.")
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = value
        if field:
            settings.setdefault(section, {})[field] = parsed
        else:
            settings[section] = parsed
    return settings


def requested_config(
    file: dict[str, Any], names: dict[str, Any], assigned: dict[str, Any], **sections: dict[str, Any]
) -> RunConfig:
    """The configuration asked for: the preset's, changed by the file, by the assignments, by the options.

    Args:
        file: As in ``config.json``, or a part of it.
        names: ``dataset``, ``preset`` and ``seed``; ``None`` where they are not given.
        assigned: From :func:`parse_assignments`.
        sections: Options by section; ``None`` where they are not given.

    Raises:
        ConfigError: A setting is unknown or out of range.
        DatasetError: There is no dataset of that name.
    """
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
    config = replace(config, **assigned)
    changes: dict[str, Any] = {section: _given(options) for section, options in sections.items()}
    return replace(config, **changes, **_given({"seed": names["seed"]}))


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
