"""Text in figures. Plotly reads a little HTML in it, links too: what others wrote must not be taken for that."""

from __future__ import annotations

import html


def as_text(text: str) -> str:
    """Text that is not ours, such as a run's name or a class's, so that a figure shows it as it is."""
    return html.escape(text, quote=False)
