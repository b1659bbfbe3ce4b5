"""The evaluation as a file of its own."""

from __future__ import annotations

from pages.parts.evaluate.subject import Subject


def report_file(subject: Subject) -> None:
    """To be built."""
