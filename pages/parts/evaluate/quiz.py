"""A person against the network, on hard images."""

from __future__ import annotations

from pages.parts.evaluate.subject import Subject


def quiz(subject: Subject) -> None:
    """To be built."""
