"""Which images are held back where some belong together: whole groups of them. The exported script holds it all."""

from __future__ import annotations

from collections import Counter

import numpy as np


def hold_back_groups(labels: np.ndarray, groups: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Choose groups of images that are held back: about the same share of each class, and of all.

    Each class is in both parts unless no such choice is found; whoever calls looks whether it is.

    Args:
        labels: (N,) integers.
        groups: (N,) integers: images of one number stay together; -1: alone.
        share: What is held back, above 0 and below 1.
        seed: Decides which ones.

    Returns:
        (N,) bool, true for what is held back.
    """
    classes, rng = labels.tolist(), np.random.default_rng(seed)
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups.tolist()):
        members.setdefault(group if group >= 0 else -1 - place, []).append(place)
    counts = [Counter(classes[place] for place in places) for places in members.values()]
    held: set[int] = set()
    for attempt in range(20):
        order = rng.permutation(len(counts)).tolist()
        if attempt == 0:
            # Large groups first, small ones fill what is missing; those of about one size as chance brings them.
            order.sort(key=lambda number: -counts[number].total().bit_length())
        held = choose_groups(counts, order, {label: share * count for label, count in Counter(classes).items()})
        if divide_classes(counts, order, held):
            break
    result = np.zeros(len(classes), bool)
    for number, places in enumerate(members.values()):
        result[places] = number in held
    return result


def choose_groups(counts: list[Counter[int]], order: list[int], missing: dict[int, float]) -> set[int]:
    """Numbers of groups that have together about as many images of each class as are missing; changes ``missing``."""
    held: set[int] = set()
    of_all = sum(missing.values())
    # Those that fit come first; then the small ones that bring it nearer, although there is one image more than asked.
    for numbers, is_to_fit in ((order, True), (order[::-1], False)):
        for number in numbers:
            group, size = counts[number], counts[number].total()
            nearer = sum(abs(missing[label]) - abs(missing[label] - count) for label, count in group.items())
            # Each class counts first; all together decide where a class could as well have one more as one less.
            nearer += (abs(of_all) - abs(of_all - size)) / 2
            fits = all(count <= missing[label] for label, count in group.items())
            if number not in held and (fits if is_to_fit else nearer > 0):
                held.add(number)
                of_all -= size
                for label, count in group.items():
                    missing[label] -= count
    return held


def divide_classes(counts: list[Counter[int]], order: list[int], held: set[int]) -> bool:
    """Move groups until each class is on both sides; whether that was possible. Changes ``held``."""
    sides: dict[int, list[int]] = {}
    for number, group in enumerate(counts):
        for label in group:
            sides.setdefault(label, [0, 0])[number in held] += 1
    for label in sorted(sides, key=lambda label: (sum(sides[label]), label)):
        lacking = 0 if sides[label][0] == 0 else 1
        if sides[label][lacking]:
            continue
        # The smallest of its groups that no other class needs where it is.
        movable = (
            number
            for number in reversed(order)
            if label in counts[number] and all(sides[other][1 - lacking] > 1 for other in counts[number])
        )
        moved = next(movable, None)
        if moved is None:
            return False
        held.symmetric_difference_update([moved])
        for other in counts[moved]:
            sides[other][lacking] += 1
            sides[other][1 - lacking] -= 1
    return True
