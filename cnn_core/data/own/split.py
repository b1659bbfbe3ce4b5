"""Which of the found pictures are wanted, and which of them are for the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cnn_core.data.grouped import hold_back_groups
from cnn_core.data.own.layout import Found, Layout, Part, sort_key
from cnn_core.data.own.settings import OwnSettings
from cnn_core.errors import DatasetError


def wanted_classes(counts: Mapping[str, int], settings: OwnSettings) -> tuple[str, ...]:
    """The classes that settings ask for, in the order of their labels; those that are too small are none.

    Args:
        counts: Pictures of each class.
        settings: What is asked for.
    """
    kept = [label for label, count in counts.items() if label not in settings.leave_out and count >= settings.fewest]
    return tuple(sorted(kept, key=sort_key))


def check_classes(counts: Mapping[str, int], class_names: Sequence[str], settings: OwnSettings) -> None:
    """Look whether enough of so many classes are left.

    Raises:
        DatasetError: Fewer than two are.
    """
    if len(class_names) < 2:
        raise DatasetError(
            f"{len(class_names)} of {len(counts)} classes are left with at least {settings.fewest} pictures each; two "
            "are needed. Leave fewer out, or lower the smallest class size."
        )


def drawn_count(count: int, settings: OwnSettings) -> int:
    """How many of so many pictures of a class are drawn for the test: at least one, and not all."""
    return min(max(1, round(settings.test_share * count)), count - 1)


def wanted(layout: Layout, settings: OwnSettings) -> tuple[list[Found], tuple[str, ...]]:
    """The pictures that settings ask for, and their classes.

    Raises:
        DatasetError: Fewer than two classes are left.
    """
    class_names = wanted_classes(layout.counts, settings)
    check_classes(layout.counts, class_names, settings)
    names = set(class_names)
    return [one for one in layout.found if one.label in names], class_names


def parted(chosen: Sequence[Found], class_names: tuple[str, ...], settings: OwnSettings) -> list[Part]:
    """Where each picture goes. What the source says counts; otherwise it is drawn, the same share of each class.

    Raises:
        DatasetError: All pictures of a class are in one group, or the source has them in one part only.
    """
    if any(one.part == "test" for one in chosen):
        parts: list[Part] = [one.part or "train" for one in chosen]
        _check_parts(chosen, parts, class_names)
        return parts
    places = {name: label for label, name in enumerate(class_names)}
    labels = np.array([places[one.label] for one in chosen])
    is_grouped = any(one.group for one in chosen)
    test = _by_group(chosen, labels, class_names, settings) if is_grouped else _by_class(labels, settings)
    return ["test" if is_test else "train" for is_test in test]


def _check_parts(chosen: Sequence[Found], parts: Sequence[Part], class_names: tuple[str, ...]) -> None:
    for part, words in (("train", "training"), ("test", "test")):
        there = {one.label for one, its_part in zip(chosen, parts, strict=True) if its_part == part}
        if lacking := [name for name in class_names if name not in there]:
            raise DatasetError(
                f"Class '{lacking[0]}' has no {words} picture: the source says which ones are for the test. Add some, "
                "or leave the class out."
            )


def _by_class(labels: np.ndarray, settings: OwnSettings) -> np.ndarray:
    """(N,) bool: of each class the same share, at least one image and not all."""
    rng, is_test = np.random.default_rng(settings.seed), np.zeros(len(labels), bool)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        is_test[rng.permutation(places)[: drawn_count(len(places), settings)]] = True
    return is_test


def _by_group(
    chosen: Sequence[Found], labels: np.ndarray, class_names: tuple[str, ...], settings: OwnSettings
) -> np.ndarray:
    """(N,) bool: whole groups, so that about the same share of each class is for the test."""
    _check_groups(chosen, class_names)
    numbers: dict[str, int] = {}
    groups = np.array([numbers.setdefault(one.group, len(numbers)) if one.group else -1 for one in chosen])
    is_test = hold_back_groups(labels, groups, settings.test_share, settings.seed)
    for words, part in (("training", labels[~is_test]), ("test", labels[is_test])):
        if lacking := sorted(set(range(len(class_names))) - set(part.tolist())):
            raise DatasetError(
                f"No way was found to divide the groups so that class '{class_names[lacking[0]]}' has {words} "
                "pictures: its groups hold the last ones of other classes, too. Leave the class out, add pictures of "
                "other groups, or take the groups out of the table."
            )
    return is_test


def _check_groups(chosen: Sequence[Found], class_names: tuple[str, ...]) -> None:
    """Each class must be in two groups at least, or it cannot be in both parts."""
    seen: dict[str, str | None] = {}
    divisible: set[str] = set()
    for one in chosen:
        if one.group is None or seen.setdefault(one.label, one.group) != one.group:
            divisible.add(one.label)
    if whole := [name for name in class_names if name not in divisible]:
        raise DatasetError(
            f"All pictures of class '{whole[0]}' belong to one group, '{seen[whole[0]]}', and so cannot be in both "
            "training and test. Leave the class out, add pictures of others, or take the groups out of the table."
        )
