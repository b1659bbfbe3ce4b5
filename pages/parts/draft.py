"""The settings of the next run: what the form of the Train page shows, and what other parts may fill in.

A session has one draft. The widgets of the form are drawn from it and write into it, so it is whole whichever of them
are on the screen, and lives as long as the session. It may hold settings that do not fit together yet, as a person who
types leaves them; :func:`draft` is where they are checked.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from cnn_core.config import RunConfig, run_config
from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.errors import ConfigError
from cnn_core.models.presets import preset_config, preset_names

_KEY = "draft"
_ASKED_VIEW = "train-view-asked"
_numbers = itertools.count(1)


@dataclass
class Draft:
    """The settings of one session, as they were chosen, fitting together or not.

    Attributes:
        settings: Nested, as in ``config.json``.
        version: Part of the key of every widget: another one makes the form show other settings.
        block_ids: A number for each block of the network that stays with it wherever it is moved.
        open_block: Number of the block whose settings are shown; ``None``: of none.
        note: Where the settings come from, for a person; empty: chosen here.
        before: What the form held until something else was filled in, if it would be a pity to lose it.
        valid: The last settings that fitted together.
    """

    settings: dict[str, Any]
    note: str = ""
    before: Draft | None = None
    open_block: int | None = None
    version: int = field(default_factory=lambda: next(_numbers))
    block_ids: list[int] = field(default_factory=list)
    valid: RunConfig = field(init=False)

    def __post_init__(self) -> None:
        self.block_ids = [next(_numbers) for _ in self.settings["model"]["blocks"]]
        self.valid = self.config()

    def config(self) -> RunConfig:
        """The settings, checked.

        Raises:
            ConfigError: Some do not fit together, or are out of range.
        """
        self.valid = run_config(self.settings)
        return self.valid

    @property
    def is_changed(self) -> bool:
        """Whether a person departed from what the chosen network comes with, its seed apart."""
        try:
            asked = preset_config(
                self.settings["preset"], dataset_card(self.settings["dataset"]), seed=self.settings["seed"]
            )
            return run_config(self.settings) != asked
        except ConfigError:
            return True


def draft() -> RunConfig:
    """The settings of this session's form.

    Raises:
        ConfigError: Some do not fit together, or are out of range.
    """
    return current_draft().config()


def fill_form(config: RunConfig, note: str) -> None:
    """Let the form of the Train page show these settings, and the page its form.

    It may be called in a callback or in the body of a page. It does not draw anything: in the body,
    ``st.switch_page("train.py")`` has to follow, or ``st.rerun()`` on the Train page itself.

    Args:
        config: What the form shall show. Epochs that were added after a run's end are no part of a new run's settings.
        note: Where they come from, in a sentence; shown above the form until it is dismissed or a run is started.

    Raises:
        DatasetError: The dataset is not one of this machine's.
    """
    dataset_card(config.dataset)
    settings = config.model_dump(include=set(RunConfig.model_fields))
    settings["training"]["continuations"] = ()
    _replace(settings, note)
    st.session_state[_ASKED_VIEW] = "setup"


def asked_view() -> str | None:
    """The view that a filled form asks the Train page for; asked once."""
    view: str | None = st.session_state.pop(_ASKED_VIEW, None)
    return view


def current_draft() -> Draft:
    """The draft of this session; a new one has the recommended network and dataset."""
    if _KEY not in st.session_state:
        config = preset_config(preset_names()[0], dataset_card(dataset_names()[0]))
        st.session_state[_KEY] = Draft(config.model_dump())
    found: Draft = st.session_state[_KEY]
    return found


def start_from(dataset: str, preset: str) -> None:
    """Begin anew with a network and the settings that it comes with, fitted to a dataset."""
    config = preset_config(preset, dataset_card(dataset), seed=current_draft().valid.seed)
    _replace(config.model_dump(), "")


def undo() -> None:
    """Bring back the settings that were in the form before it was filled."""
    if before := current_draft().before:
        before.version = next(_numbers)
        st.session_state[_KEY] = before


def dismiss_note() -> None:
    """Nothing more is said of where the settings come from, and what was there before is forgotten."""
    found = current_draft()
    found.note, found.before = "", None


def change(section: str, name: str, value: Any) -> None:
    """Set one setting. ``section`` is that of the configuration; empty for those of the run itself."""
    settings = current_draft().settings
    (settings[section] if section else settings)[name] = value


def _replace(settings: dict[str, Any], note: str) -> None:
    before = current_draft()
    is_worth_keeping = before.is_changed and not before.note
    before.before = None
    st.session_state[_KEY] = Draft(settings, note=note, before=before if is_worth_keeping else None)
