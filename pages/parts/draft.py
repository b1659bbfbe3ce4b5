"""The settings of the next run: what the form of the Train page shows, and what other parts may fill in.

A session has one draft. The widgets of the form are drawn from it and write into it, so it is whole whichever of them
are on the screen, and lives as long as the session. It may hold settings that do not fit together yet, as a person who
types leaves them; :func:`draft` is where they are checked.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from cnn_core.config import RunConfig, possible_part, run_config
from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.errors import ConfigError
from cnn_core.models.presets import find_preset, preset_config, preset_names
from pages.parts.words import plain

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
        is_note_of_before: Whether the note is worth showing only while there is something to bring back.
        before: What the form held until something else was filled in; it may itself remember what was there before.
        open_block: Number of the block whose settings are shown; ``None``: of none.
        version: Part of the key of every widget: another one makes the form show other settings.
        renewed: For a setting that was set without its widget, another such part, of its widget alone.
        block_ids: A number for each block of the network that stays with it wherever it is moved.
    """

    settings: dict[str, Any]
    note: str = ""
    is_note_of_before: bool = False
    before: Draft | None = None
    open_block: int | None = None
    version: int = field(default_factory=lambda: next(_numbers))
    renewed: dict[tuple[Section, str], int] = field(default_factory=dict)
    block_ids: list[int] = field(init=False)
    _shown: RunConfig = field(init=False)

    def __post_init__(self) -> None:
        self.settings["model"]["blocks"] = list(self.blocks)
        self.block_ids = [next(_numbers) for _ in self.blocks]
        # Only what a person typed is ever out of range, and of that a new draft takes the seed at most.
        self._shown = run_config({**self.settings, "seed": 0})

    def config(self) -> RunConfig:
        """The settings, checked.

        Raises:
            ConfigError: Some do not fit together, or are out of range.
        """
        return run_config(self.settings)

    def possible(self) -> tuple[RunConfig, frozenset[str]]:
        """What can be shown of the settings, whatever is out of range; see :func:`cnn_core.config.possible_part`.

        Returns:
            The settings, and the sections of which they are not all that is asked.
        """
        self._shown, mended = possible_part(self.settings, self._shown)
        return self._shown, mended

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """The settings of the network's blocks, from the image on."""
        blocks: list[dict[str, Any]] = self.settings["model"]["blocks"]
        return blocks

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

    def brings_back(self) -> Draft | None:
        """What was in the form before, and was changed by a person, so that it would be a pity to lose it."""
        older = self.before
        while older and not older.is_changed:
            older = older.before
        return older


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


def usable_draft() -> Draft:
    """The draft of this session, on a dataset that there is: one's own may have been deleted meanwhile."""
    name, names = current_draft().settings["dataset"], dataset_names()
    if name not in names:
        config = preset_config(preset_names()[0], dataset_card(names[0]))
        note = f"The dataset **{plain(name)}** that was chosen here is gone: these are the recommended settings."
        st.session_state[_KEY] = Draft(config.model_dump(), note=note)
    return current_draft()


def start_from(dataset: str, preset: str) -> None:
    """Begin anew with a network and the settings that it comes with, fitted to a dataset; the seed stays."""
    card, now = dataset_card(dataset), current_draft()
    settings = preset_config(preset, card).model_dump()
    settings["seed"] = now.settings["seed"]
    note = f"These are the settings that **{find_preset(preset).title}** comes with on {card.title}."
    _replace(settings, f"{note} What you had changed before is put aside.")
    current_draft().is_note_of_before = True


def put_aside(note: str) -> None:
    """Keep the settings as they are, to be brought back, before several of them are changed by one choice.

    Args:
        note: What is changed, in a sentence; shown above the form.
    """
    now = current_draft()
    older, now.before = now.brings_back(), None
    now.before = copy.deepcopy(now)
    now.before.before = older
    now.note, now.is_note_of_before = note, False


def undo() -> None:
    """Bring back the settings that were in the form before it was filled."""
    if before := current_draft().brings_back():
        before.version = next(_numbers)
        st.session_state[_KEY] = before


def dismiss_note() -> None:
    """Nothing more is said of where the settings come from, and what was there before is forgotten."""
    now = current_draft()
    now.note, now.before = "", None


def change(section: Section, name: str, value: Any) -> None:
    """Set one setting of the draft."""
    current_draft().section(section)[name] = value


def renew(section: Section, name: str) -> None:
    """Let a setting's widget show what the draft has, whatever was in it."""
    current_draft().renewed[section, name] = next(_numbers)


def drafts() -> Iterator[Draft]:
    """The draft of this session, and those that it can bring back, the last one first."""
    now: Draft | None = current_draft()
    while now:
        yield now
        now = now.before


def _replace(settings: dict[str, Any], note: str) -> None:
    # Kept even if nobody has changed it: what the browser was sending meanwhile belongs to it.
    before = current_draft()
    before.before = before.brings_back()
    st.session_state[_KEY] = Draft(settings, note=note, before=before)
