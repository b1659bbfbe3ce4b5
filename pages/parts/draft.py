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
from cnn_core.models.presets import find_preset, preset_config, preset_names

_KEY = "draft"
_ASKED_VIEW = "train-view-asked"
# Where a setting stands: a section of the configuration, "" for the run itself, or the number of a block.
Section = str | int

_numbers = itertools.count(1)


@dataclass
class Draft:
    """The settings of one session, as they were chosen, fitting together or not.

    Attributes:
        settings: Nested, as in ``config.json``.
        note: Where the settings come from, for a person; empty: chosen here.
        before: What the form held until something else was filled in, if it would be a pity to lose it.
        open_block: Number of the block whose settings are shown; ``None``: of none.
        version: Part of the key of every widget: another one makes the form show other settings.
        block_ids: A number for each block of the network that stays with it wherever it is moved.
        valid: The last settings that fitted together.
    """

    settings: dict[str, Any]
    note: str = ""
    before: Draft | None = None
    open_block: int | None = None
    version: int = field(default_factory=lambda: next(_numbers))
    block_ids: list[int] = field(init=False)
    valid: RunConfig = field(init=False)

    def __post_init__(self) -> None:
        self.number_blocks()
        self.config()

    def config(self) -> RunConfig:
        """The settings, checked.

        Raises:
            ConfigError: Some do not fit together, or are out of range.
        """
        self.valid = run_config(self.settings)
        return self.valid

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """The settings of the network's blocks, from the image on."""
        blocks: list[dict[str, Any]] = self.settings["model"]["blocks"]
        return blocks

    def number_blocks(self) -> None:
        """Give every block of the network a number of its own; the list of them can be changed from then on."""
        self.settings["model"]["blocks"] = list(self.blocks)
        self.block_ids = [next(_numbers) for _ in self.blocks]

    def new_number(self) -> int:
        """A number that no block of any draft has."""
        return next(_numbers)

    def section(self, name: Section) -> dict[str, Any]:
        """The settings of a section, to be read and changed."""
        if isinstance(name, int):
            return self.blocks[self.block_ids.index(name)]
        found: dict[str, Any] = self.settings[name] if name else self.settings
        return found

    def preset_config(self) -> RunConfig | None:
        """What the chosen network comes with on the chosen dataset; ``None`` if it is of no preset."""
        try:
            card = dataset_card(self.settings["dataset"])
            return preset_config(self.settings["preset"], card)
        except ConfigError:
            return None

    @property
    def is_changed(self) -> bool:
        """Whether a person departed from what the chosen network comes with, its seed apart."""
        asked = self.preset_config()
        try:
            return asked is None or run_config({**self.settings, "seed": asked.seed}) != asked
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
        DatasetError: The dataset is not known here.
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
    """Begin anew with a network and the settings that it comes with, fitted to a dataset; the seed stays."""
    card, now = dataset_card(dataset), current_draft()
    config = preset_config(preset, card, seed=now.valid.seed)
    note = f"These are the settings that **{find_preset(preset).title}** comes with on {card.title}."
    is_put_aside = now.is_changed or now.before is not None
    _replace(config.model_dump(), f"{note} What you had changed before is put aside." if is_put_aside else "")


def undo() -> None:
    """Bring back the settings that were in the form before it was filled."""
    if before := current_draft().before:
        before.version = next(_numbers)
        st.session_state[_KEY] = before


def dismiss_note() -> None:
    """Nothing more is said of where the settings come from, and what was there before is forgotten."""
    now = current_draft()
    now.note, now.before = "", None


def change(section: Section, name: str, value: Any) -> None:
    """Set one setting of the draft."""
    current_draft().section(section)[name] = value


def change_whole(config: RunConfig) -> None:
    """Set all settings, as where one choice decides several; the form shows the same place with the new ones."""
    now = current_draft()
    now.settings = config.model_dump(include=set(RunConfig.model_fields))
    now.number_blocks()
    now.version = next(_numbers)
    now.open_block = None


def _replace(settings: dict[str, Any], note: str) -> None:
    st.session_state[_KEY] = Draft(settings, note=note, before=_worth_keeping(current_draft()))


def _worth_keeping(draft: Draft) -> Draft | None:
    """What can be brought back: the draft if somebody changed it, else what it can bring back itself."""
    older, draft.before = draft.before, None
    return draft if draft.is_changed else older
