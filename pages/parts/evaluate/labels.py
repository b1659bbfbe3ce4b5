"""Test images whose label is probably wrong."""

from __future__ import annotations

from pages.parts.evaluate.subject import Subject


def labels(subject: Subject) -> None:
    """To be built."""
