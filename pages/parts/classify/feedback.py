"""Under an answer: right, or what the picture shows. What a person says is kept with the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from cnn_core.images.decode import Picture
from cnn_core.inference.classifier import Answer
from cnn_core.runs.directory import Run
from cnn_core.runs.feedback import delete_corrections, find_correction, keep_correction
from cnn_core.runs.feedback_file import Correction, Said, picture_key
from pages.parts.boundary import errors_toasted
from pages.parts.words import plain

NONE_OF_THEM = "none of them"

# What this session said of a picture, one after the other, by run and picture.
_SAID = "feedback-said"


@dataclass(frozen=True)
class _Step:
    """What was kept of a picture before this session said something, and after."""

    before: Correction | None
    after: Correction | None


def feedback_form(picture: Picture, answer: Answer, run: Run) -> None:
    """Let a person say whether an answer is right, and if not, what the picture shows. It can be taken back.

    Args:
        picture: As it was brought.
        answer: What the network says of it.
        run: The run that was asked.

    Raises:
        RunError: The run is no longer there.
    """
    key = picture_key(picture)
    kept = find_correction(run, key)
    scope = f"{run.id}-{key}"
    said = Said(predicted=answer.best.label, confidence=min(1.0, answer.best.probability), is_outlier=answer.is_outlier)
    told = None if answer.is_outlier else answer.best.label
    # Where "none of my classes" is wrong, it is most often the nearest class; else the second.
    likely = answer.guesses[0 if answer.is_outlier else 1].label
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="feedback-form"):
        if kept is None:
            right = f"Right: {NONE_OF_THEM}" if answer.is_outlier else "Right"
            _button(right, "check", told, scope, (run, picture, said))
            _button(f"No, it is: {plain(likely)}", "edit", likely, scope, (run, picture, said))
        else:
            st.markdown(f":green[:material/check_circle:] Kept as **{plain(name_of(kept.label))}**", width="content")
            # Only one's own words: what somebody else said is deleted in the table, where it asks.
            if _last_step(run, key, kept) is not None:
                st.button(
                    "Take back",
                    icon=":material/undo:",
                    key=f"feedback-undo-{scope}",
                    on_click=_undo,
                    args=(run, picture),
                )
        _choice([guess.label for guess in answer.guesses], scope, (run, picture, said), is_kept=kept is not None)
    st.caption(
        "Kept with the picture in this run's folder: whoever uses this app sees it below.",
        help="The folder is on the computer that runs this app.",
    )


def name_of(label: str | None) -> str:
    """A class, or "none of them"."""
    return NONE_OF_THEM if label is None else label


def _button(words: str, icon: str, label: str | None, scope: str, asked: tuple[Run, Picture, Said]) -> None:
    st.button(words, icon=f":material/{icon}:", key=f"feedback-{icon}-{scope}", on_click=_keep, args=(*asked, label))


def _choice(labels: Sequence[str], scope: str, asked: tuple[Run, Picture, Said], *, is_kept: bool) -> None:
    """All classes, the most probable first, and none of them."""
    key = f"feedback-choice-{scope}"
    options: list[str | None] = [*labels, None]
    st.selectbox(
        "Wrong: it is a …",
        range(len(options)),
        index=None,
        format_func=lambda place: name_of(options[place]),
        placeholder="No: it is a …" if is_kept else "Wrong: it is a …",
        label_visibility="collapsed",
        width=210,
        key=key,
        on_change=_keep_choice,
        args=(*asked, options, key),
    )


def _keep_choice(run: Run, picture: Picture, said: Said, options: Sequence[str | None], key: str) -> None:
    place = st.session_state[key]
    # Empty again: what was said stands beside it.
    st.session_state[key] = None
    if place is not None:
        _keep(run, picture, said, options[place])


def _keep(run: Run, picture: Picture, said: Said, label: str | None) -> None:
    with errors_toasted():
        key = picture_key(picture)
        before = find_correction(run, key)
        keep_correction(run, picture, label, said)
        _steps(run, key).append(_Step(before, find_correction(run, key)))


def _undo(run: Run, picture: Picture) -> None:
    """Say again what was said before; where nothing was, forget the picture. What others said since stays."""
    with errors_toasted():
        key = picture_key(picture)
        step = _last_step(run, key, find_correction(run, key))
        if step is None:
            return
        before = step.before
        if before is None:
            delete_corrections(run, [key])
        else:
            keep_correction(run, replace(picture, name=before.name), before.label, before.said, at=before.time)
        _steps(run, key).pop()


def _last_step(run: Run, key: str, kept: Correction | None) -> _Step | None:
    """The last that this session said, if that is what is kept."""
    steps = _steps(run, key)
    return steps[-1] if steps and steps[-1].after == kept else None


def _steps(run: Run, key: str) -> list[_Step]:
    said: dict[tuple[str, str], list[_Step]] = st.session_state.setdefault(_SAID, {})
    return said.setdefault((str(run.path), key), [])
