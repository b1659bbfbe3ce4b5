"""Two runs side by side."""

from __future__ import annotations

from pages.parts.evaluate.subject import Subject


def two_runs(subject: Subject) -> None:
    """To be built."""
