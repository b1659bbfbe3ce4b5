"""A few watched images and what the network says of them today."""

from __future__ import annotations

import html

import streamlit as st

from cnn_core.runs.record import RunRecord
from cnn_core.runs.samples import Samples
from pages.parts.gallery import data_uri
from pages.parts.watch.numbers import watched_name


def show_samples(record: RunRecord, samples: Samples | None) -> None:
    """Show the images with the answers of the last epoch; nothing before the first."""
    if samples is None:
        return
    names = record.data.class_names
    answers = samples.probabilities.argmax(axis=1)
    right = int((answers == samples.labels).sum())
    when = f"after epoch {samples.epoch}" if samples.epoch else "before the first epoch"
    st.subheader(f"What it says {when}", anchor=False)
    st.caption(
        f"{right} of these {len(answers)} {watched_name(record)} images right. They are the same after every epoch: "
        "see where the network changes its mind."
    )
    tiles = "".join(_tile(samples, place, int(answers[place]), names) for place in range(len(answers)))
    st.html(f'<div class="cnn-lab-samples">{tiles}</div>')


def _tile(samples: Samples, place: int, answer: int, names: tuple[str, ...]) -> str:
    label, probabilities = int(samples.labels[place]), samples.probabilities[place]
    is_right = answer == label
    said, true = html.escape(names[answer]), html.escape(names[label])
    lines = [f"{probabilities[answer]:.0%} sure"]
    if not is_right:
        lines.append(f"is {true}, {probabilities[label]:.0%}")
    sign, kind = ("✓", "right") if is_right else ("✗", "wrong")
    caption = "".join(f'<div class="muted">{line}</div>' for line in lines)
    return (
        f'<figure class="{kind}"><img src="{data_uri(samples.images[place])}" alt="{true}">'
        f"<figcaption><strong>{sign} {said}</strong>{caption}</figcaption></figure>"
    )
