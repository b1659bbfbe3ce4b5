"""Settings that suit what a source holds, so that a person has little to choose."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

import numpy as np

from cnn_core.data.catalogue import is_built_in
from cnn_core.data.folder_names import NONE_OF_THEM
from cnn_core.data.own.settings import RESERVED, OwnSettings, name_for
from cnn_core.data.own.store import own_folder
from cnn_core.data.own.survey import Survey

# Sides of images, in pixels, that networks here are made for.
SIZES = (28, 32, 48, 64, 96, 128)

# Twice the side takes a training four times as long, and a small network sees what there is to see in these.
_LARGEST_SUGGESTED = 64
# Of larger pictures the smaller sides are taken where there are so many that an epoch would take very long.
_MOST_PIXELS = 500_000_000
_FEWEST = 5
# A mirrored picture would belong to another class.
_SIDES = re.compile(r"(?<![^\W\d_])(left|right|links|rechts)(?![^\W\d_])", re.IGNORECASE)


def suggest_settings(found: Survey) -> OwnSettings:
    """Settings for a source: its images as large as its pictures allow and training carries.

    Pictures that "show none of these classes", as corrections from the Classify page may, are left out.
    """
    side = suggested_side(found)
    title = re.sub(r"\.zip$", "", found.title, flags=re.IGNORECASE).strip()[:80] or "Pictures"
    rest = [label for label in found.counts if label != NONE_OF_THEM]
    leave_out = (NONE_OF_THEM,) if NONE_OF_THEM in found.counts and len(rest) >= 2 else ()
    smallest = sorted(found.counts[label] for label in rest)
    # Where only one class has that many, small ones count too.
    fewest = _FEWEST if len(smallest) > 1 and smallest[-2] >= _FEWEST else 2
    return OwnSettings(
        name=free_name(title),
        title=title,
        height=side,
        width=side,
        channels=1 if found.is_grey else 3,
        leave_out=leave_out,
        fewest=fewest,
        is_mirrored_alike=is_mirrored_alike(found.counts),
    )


def suggested_side(found: Survey) -> int:
    """The side of an image, in pixels: that of the pictures, or what trains quickly where they are larger."""
    if not len(found.sizes):
        return 32
    median = float(np.median(found.sizes.min(axis=1)))
    count = sum(found.counts.values())
    largest = min(median, _LARGEST_SUGGESTED)
    fitting = [side for side in SIZES if side <= largest and count * side**2 <= _MOST_PIXELS]
    return max(fitting, default=SIZES[0])


def why_this_size(found: Survey) -> str:
    """What a suggested size follows from, as a sentence for a person."""
    if not len(found.sizes):
        return "None of the pictures looked at could be read."
    low, high = found.sizes.min(axis=0), found.sizes.max(axis=0)
    if (low == high).all():
        return f"All pictures looked at have {low[0]:,}×{low[1]:,} pixels."
    median = np.median(found.sizes, axis=0)
    return (
        f"The pictures looked at have {low[0]:,}×{low[1]:,} to {high[0]:,}×{high[1]:,} pixels, "
        f"{median[0]:,.0f}×{median[1]:,.0f} in the middle."
    )


def is_mirrored_alike(class_names: Iterable[str]) -> bool:
    """Whether names of classes sound like things, which may be mirrored: not letters, digits, left and right."""
    names = list(class_names)
    are_signs = sum(len(name) == 1 or name.isdecimal() for name in names) > len(names) / 2
    return not are_signs and not any(_SIDES.search(name) for name in names)


def free_name(title: str) -> str:
    """A name that a title suggests, and that no dataset has yet."""
    name = name_for(title)
    numbered = (f"{name[:59]}-{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if not _is_taken(one))


def _is_taken(name: str) -> bool:
    return name == RESERVED or is_built_in(name) or own_folder(name).exists()
