"""The epoch whose network is shown: how its kernels and maps came to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.snapshots import find_snapshots, snapshot_epochs
from pages.parts import cached
from pages.parts.address import change, correct, parsed_whole_number, shortened
from pages.parts.learn.views import EPOCH, MAP, PLACE

if TYPE_CHECKING:
    import keras

_KEY, _SEEN = "network-epoch", "network-seen"
_OWN = "the run's own"


def choose_epoch(run: Run) -> int | None:
    """Let a person choose one of the epochs that a run has kept; ``None``: the run's own network."""
    epochs = snapshot_epochs(run)
    if not epochs:
        asked = st.query_params.get(EPOCH)
        if asked is not None:
            correct(EPOCH, None, f"this run has kept no weights of epoch “{shortened(asked)}”")
        st.caption(
            "To see how kernels and maps came to be, train a run that keeps its weights: *Train*, tab *Training*, "
            "*Keep the weights of each epoch*. Then a slider over its epochs stands here."
        )
        return None
    epoch = _asked(epochs)
    st.session_state[_KEY] = _OWN if epoch is None else epoch
    st.select_slider(
        "After epoch",
        [*epochs, _OWN],
        key=_KEY,
        on_change=_write,
        help="0 is before the first step: the weights that the training began with. The weights are kept to three "
        "digits; the run's own network, at the end, is whole.",
    )
    return epoch


def keep_in_sight(number: int, at: tuple[int, int]) -> None:
    """Remember which map and which place is looked at, so that another epoch shows the same ones."""
    st.session_state[_SEEN] = {MAP: str(number + 1), PLACE: f"{at[0] + 1}.{at[1] + 1}"}


def model_of(run: Run, epoch: int | None) -> keras.Model:
    """The network of a run, or as it was after an epoch. Imports TensorFlow.

    Raises:
        RunError: The run has no network, or the weights of that epoch are missing or damaged.
    """
    model = cached.network(run).model
    if epoch is None:
        return model
    from cnn_core.learn.history import model_at

    return model_at(model, find_snapshots(run), epoch)


def _asked(epochs: tuple[int, ...]) -> int | None:
    asked = st.query_params.get(EPOCH)
    if asked is None:
        return None
    epoch = parsed_whole_number(asked)
    if epoch in epochs:
        return epoch
    correct(EPOCH, None, f"this run has kept no weights of epoch “{shortened(asked)}”")
    return None


def _write() -> None:
    chosen = st.session_state[_KEY]
    change({**st.session_state.get(_SEEN, {}), EPOCH: None if chosen == _OWN else str(chosen)})
