"""Widgets that show a setting of the draft and write into it. Limits and defaults come from the configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from pydantic import BaseModel

from cnn_core.config import excluded_limits, impossible_fields, is_whole_number, limits
from pages.parts.draft import Draft, Section, change, current_draft, drafts, renew


def widget_key(section: Section, name: str, draft: Draft | None = None) -> str:
    """The key of a setting's widget: stays with a block wherever it is moved, and changes when the form is filled."""
    draft = draft or current_draft()
    where = f"block{section}" if isinstance(section, int) else section or "run"
    return f"{draft.version}.{draft.renewed.get((section, name), 0)}-{where}-{name}"


def number(
    place: Any,
    label: str,
    model: type[BaseModel],
    section: Section,
    name: str,
    *,
    help: str = "",
    step: float | None = None,
    format: str | None = None,
    factor: float = 1,
    on_change: Callable[[Any], None] | None = None,
) -> None:
    """A box for a number.

    Args:
        place: Where it is drawn.
        label: What it is called.
        model: The part of the configuration that describes and limits it.
        section: Where it stands in the draft.
        name: Its name there.
        help: What it does and when one would change it; the limits follow.
        step: Of the arrows; a tenth of the value where there is none.
        format: As for ``st.number_input``.
        factor: What the number is multiplied by for a person: 100 for a share that is shown in per cent.
        on_change: Called with the new value, after it is written.
    """
    settings = current_draft().section(section)
    value = settings[name]
    is_whole = is_whole_number(model, name)
    possible = _possible(model, name, factor)
    shown = float(value) if factor == 1 else float(f"{value * factor:.10g}")
    # The limits stand in the help and not in the widget: the browser would keep a value out of range to itself, and the
    # run would start with the one before. Whole numbers are no exception: over 2**53 it would do so too.
    place.number_input(
        label,
        value=shown,
        step=float(step or (1 if is_whole else abs(shown) / 10 or 0.1)),
        format="%g" if is_whole else format,
        help=f"{_sentence(help or _description(model, name))} {possible}",
        key=widget_key(section, name),
        on_change=_write,
        args=(
            widget_key(section, name),
            section,
            name,
            (lambda entered: _whole(entered) if is_whole else entered / factor),
            on_change,
        ),
    )
    if name in impossible_fields(model, settings):
        place.markdown(f":small[:red[{possible}]]")


def choice(
    place: Any,
    label: str,
    section: Section,
    name: str,
    options: dict[Any, str],
    *,
    help: str | None = None,
    is_segmented: bool = False,
    on_choice: Callable[[Any], None] | None = None,
) -> None:
    """One of several options, a value of the configuration → what it is called.

    Args:
        place: Where it is drawn.
        label: What it is called.
        section: Where it stands in the draft.
        name: Its name there.
        options: All of them.
        help: What it does and when one would change it.
        is_segmented: Whether all options are seen at once.
        on_choice: Called with the chosen option, after it is written.
    """
    value, key = current_draft().section(section)[name], widget_key(section, name)
    settings = {"help": help, "key": key, "on_change": _write, "args": (key, section, name, None, on_choice)}
    if is_segmented:
        place.segmented_control(
            label, list(options), format_func=options.__getitem__, default=value, required=True, **settings
        )
    else:
        chosen = list(options).index(value)
        place.selectbox(label, list(options), index=chosen, format_func=options.__getitem__, **settings)


def several(
    place: Any,
    label: str,
    section: Section,
    name: str,
    options: dict[Any, str],
    *,
    help: str,
    placeholder: str,
    most: int,
    on_change: Callable[[Any], None] | None = None,
) -> None:
    """Some of several options, in the order in which they were chosen; others as for :func:`choice`.

    Args:
        place: Where it is drawn.
        label: What it is called.
        section: Where it stands in the draft.
        name: Its name there; its value is a tuple.
        options: All that are offered. What is set and is not among them is shown by its own name.
        help: What it does and when one would change it.
        placeholder: Shown while nothing is chosen.
        most: So many at most.
        on_change: Called with what is chosen, after it is written.
    """
    value, key = current_draft().section(section)[name], widget_key(section, name)
    known = list(dict.fromkeys([*options, *value]))
    place.multiselect(
        label,
        known,
        default=list(value),
        format_func=lambda option: options.get(option, option),
        help=help,
        placeholder=placeholder,
        max_selections=most,
        select_all=False,
        key=key,
        on_change=_write,
        # The browser sends names, not options: one that has changed since would come as it is.
        args=(key, section, name, lambda chosen: tuple(each for each in chosen if each in known), on_change),
    )


def toggle(place: Any, label: str, section: Section, name: str, *, help: str) -> None:
    """On or off."""
    place.toggle(
        label,
        value=current_draft().section(section)[name],
        help=help,
        key=widget_key(section, name),
        on_change=_write,
        args=(widget_key(section, name), section, name),
    )


def slider(
    place: Any,
    label: str,
    model: type[BaseModel],
    section: Section,
    name: str,
    *,
    step: float,
    help: str,
    format: str | None = None,
) -> None:
    """A slider over all that the configuration allows."""
    low, high = limits(model, name)
    value = current_draft().section(section)[name]
    kind: type[int] | type[float] = int if isinstance(step, int) and isinstance(value, int) else float
    place.slider(
        label,
        kind(low or 0),
        kind(high or 0),
        value=kind(value),
        step=kind(step),
        format=format,
        help=help,
        key=widget_key(section, name),
        on_change=_write,
        args=(widget_key(section, name), section, name),
    )


def set_also(section: Section, name: str, value: Any) -> None:
    """Set a setting that is not the one whose widget was used; its own widget, if it is shown, follows."""
    if current_draft().section(section)[name] != value:
        change(section, name, value)
        renew(section, name)


def options_of(literal: Sequence[str], words: dict[str, str]) -> dict[str, str]:
    """The options of the configuration with their names for a person, in the configuration's order."""
    return {option: words.get(option, option) for option in literal}


def _write(
    key: str,
    section: Section,
    name: str,
    convert: Callable[[Any], Any] | None = None,
    then: Callable[[Any], None] | None = None,
) -> None:
    if (entered := st.session_state.get(key)) is None:
        return
    value = convert(entered) if convert else entered
    if key == widget_key(section, name) and _has(current_draft(), section):
        # A click that comes when the form has gone already repeats all values: only another one has consequences.
        if value != current_draft().section(section)[name]:
            change(section, name, value)
            if then:
                then(value)
        return
    # A browser may still send what was in a widget that the form no longer has: another choice, made a moment before,
    # has filled the form anew, or has removed the block. It belongs to what can be brought back.
    for draft in drafts():
        if key == widget_key(section, name, draft) and _has(draft, section):
            draft.section(section)[name] = value
            return


def _has(draft: Draft, section: Section) -> bool:
    return section in draft.block_ids if isinstance(section, int) else draft.settings.get(section, True) is not None


def _whole(entered: float) -> int | float:
    return int(entered) if entered.is_integer() else entered


def _description(model: type[BaseModel], name: str) -> str:
    return model.model_fields[name].description or ""


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _possible(model: type[BaseModel], name: str, factor: float) -> str:
    """What can be entered, in words: "From 1 to 500."."""
    low, high = limits(model, name)
    if low is None or high is None:
        return ""
    start, end = f"{low * factor:,.10g}", f"{high * factor:,.10g}"
    is_low_out, is_high_out = excluded_limits(model, name)
    if not is_low_out and not is_high_out:
        return f"From {start} to {end}."
    return f"{'More than' if is_low_out else 'At least'} {start}, {'less than' if is_high_out else 'at most'} {end}."
