"""Many pictures at once: answered a slice at a time, so that the page stays usable, and remembered."""

from __future__ import annotations

import base64
import io
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from cnn_core.errors import PictureError
from cnn_core.images.decode import Picture
from cnn_core.inference.classifier import Answer, AnswerRow, error_row
from cnn_core.runs.directory import Run
from pages.parts import cached
from pages.parts.classify.arrival import Arrival
from pages.parts.classify.kept import Kept
from pages.parts.gallery import data_uri

# After so long the page shows what it has, and goes on.
_SLICE_SECONDS = 1.5
# A long table takes longer to show.
_SECONDS_A_ROW = 0.005
_PROGRESS_EVERY = 8
_THUMBNAIL = 120


@dataclass(frozen=True)
class Row:
    """What is kept of a picture in the table: about 5 kB.

    Attributes:
        answer: As ``predict --json`` gives it, with two classes.
        picture, seen: Addresses of the picture and of what the network saw; ``None`` where there is none.
    """

    answer: AnswerRow
    picture: str | None
    seen: str | None


# For all sessions: 25 MB.
_rows: Kept[Row] = Kept(5000)
# What this visit shows stays with it, 5 MB at most: were there only the common memory, several large batches at once
# would push one another out of it and never be finished.
_VISIT = "answered-rows"


def known_rows(arrivals: Sequence[Arrival], run: Run) -> list[Row | None]:
    """What is known of each picture; ``None``: its turn has not come yet. Other pictures' rows leave the session."""
    network, before = cached.classifier_key(run), _rows_of_visit()
    keys = [(network, arrival.key) for arrival in arrivals]
    rows = [before.get(key) or _rows.get(key) for key in keys]
    st.session_state[_VISIT] = {key: row for key, row in zip(keys, rows, strict=True) if row is not None}
    return rows


def _rows_of_visit() -> dict[Hashable, Row]:
    found: dict[Hashable, Row] = st.session_state.setdefault(_VISIT, {})
    return found


def answer_more(arrivals: Sequence[Arrival], run: Run, on_progress: Callable[[int], None]) -> None:
    """Answer pictures for a second or two, the first ones that have no answer yet.

    Args:
        arrivals: All of them.
        run: A run with a network.
        on_progress: Called with the number of pictures answered so far; what it raises ends the work, and what was
            answered stays known.

    Raises:
        RunError: The network cannot be loaded.
    """
    rows = known_rows(arrivals, run)
    # Each once: a picture that was dropped twice has one answer.
    waiting = list({one.key: one for one, row in zip(arrivals, rows, strict=True) if row is None}.values())
    network, classifier = cached.classifier_key(run), cached.classifier(run)
    until = time.monotonic() + _SLICE_SECONDS + _SECONDS_A_ROW * len(arrivals)
    thumbnails: dict[str, str] = {}
    asked: deque[Arrival] = deque()

    def reading() -> Iterator[Callable[[], Picture]]:
        for number, arrival in enumerate(waiting):
            # What has begun is finished: nothing is prepared in vain.
            if number and time.monotonic() > until:
                return
            asked.append(arrival)
            yield lambda arrival=arrival: _read(arrival, thumbnails)

    done = sum(row is not None for row in rows)
    of_visit = _rows_of_visit()
    for answer in classifier.classify_many(reading()):
        arrival = asked.popleft()
        row = _row(arrival, answer, thumbnails.pop(arrival.key, None))
        _rows.put((network, arrival.key), row)
        of_visit[network, arrival.key] = row
        done += 1
        if done % _PROGRESS_EVERY == 0:
            on_progress(done)


def _read(arrival: Arrival, thumbnails: dict[str, str]) -> Picture:
    picture = arrival.read()
    thumbnails[arrival.key] = _thumbnail(picture)
    return picture


def _row(arrival: Arrival, answer: Answer | PictureError, thumbnail: str | None) -> Row:
    if isinstance(answer, PictureError):
        return Row(error_row(arrival.name, str(answer)), thumbnail, None)
    return Row(answer.row(arrival.name, top=2), thumbnail, data_uri(answer.prepared.image))


def _thumbnail(picture: Picture) -> str:
    rgb, alpha = picture.rgb, picture.alpha
    small = Image.fromarray(rgb if alpha is None else np.dstack([rgb, alpha]))
    small.thumbnail((_THUMBNAIL, _THUMBNAIL))
    buffer = io.BytesIO()
    # A quarter of the time for a tenth more bytes.
    small.save(buffer, "webp", method=0, quality=75)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
