"""How the pages word figures: one way for each."""

from __future__ import annotations

import re
import time

from cnn_core.runs.directory import Run
from cnn_core.runs.record import RunRecord


def percent(share: float | None) -> str:
    """A share as "93.12%"; a dash where there is none."""
    return "–" if share is None else f"{share:.2%}"


def number(value: float | None, digits: int = 3) -> str:
    """A figure with so many decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


# Read as Markdown even where it is escaped: addresses become links, arrows and dashes are set in type, icons drawn.
_AFTER_ESCAPES = re.compile(
    r"https?(?=:)|www(?=\.)|@|:(?=material|streamlit)|(?<!\S)(?:<-|[-><~])(?=[->=](?!\S))", re.IGNORECASE
)
# Shown as nothing, and neither an address nor an arrow goes on behind it.
_WORD_JOINER = "\u2060"


def plain(text: str) -> str:
    """Text that is not ours, such as a file name or an error about it, so that Markdown shows it as it is."""
    # Before the escapes, whose signs are not those of the text.
    text = _AFTER_ESCAPES.sub(lambda found: found[0] + _WORD_JOINER, text)
    text = re.sub(r"([\\`*_{}\[\]<>$~:#|&])", r"\\\1", text)
    # At the beginning of a line: a list, a heading's underline, code.
    return re.sub(r"^[ \t]*(\d*)([-+=]|(?<=\d)[.)])?", _line_start, text, flags=re.MULTILINE)


def _line_start(found: re.Match[str]) -> str:
    return found[1] + (f"\\{found[2]}" if found[2] else "")


def duration(seconds: float | None) -> str:
    """Seconds as "42 s", "3 min 05 s" or "2 h 10 min"; a dash where there are none."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def roughly(seconds: float) -> str:
    """A time that is only reckoned, in few digits: "40 s", "5 min", "1.5 h"."""
    if seconds < 57:
        return f"{max(5, 5 * round(seconds / 5))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def moment(timestamp: float) -> str:
    """Seconds since 1970 as "21 Nov 15:04", in the server's time zone."""
    return time.strftime("%d %b %H:%M", time.localtime(timestamp))


def run_title(record: RunRecord) -> str:
    """A run in a few words: "fast on Fashion-MNIST, 21 Nov 15:04"."""
    return f"{record.preset} on {record.data.title}, {moment(record.created)}"


def run_name(run: Run, record: RunRecord) -> str:
    """What a person called a run, or its network's name; as Markdown that shows it as it is."""
    return plain(run.notes().name or record.preset)


def amount(value: float, unit: str = "") -> str:
    """A large figure as "1.23 M" or "456 kB"; small ones as they are."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {letter}{unit}"
    return f"{value:,.0f} {unit}".strip()
