"""How far the confidence of a network can be believed."""

from __future__ import annotations

from pages.parts.evaluate.subject import Subject


def confidence(subject: Subject) -> None:
    """To be built."""
