"""Numbers of things in words, for sentences anywhere."""

from __future__ import annotations

import itertools
from collections.abc import Mapping


def images_in_words(count: int) -> str:
    """A number of images: "no image", "1 image", "1,234 images"."""
    return "no image" if count == 0 else "1 image" if count == 1 else f"{count:,} images"


def files_in_words(count: int) -> str:
    """A number of files and its verb: "1 file was", "1,234 files were"."""
    return "1 file was" if count == 1 else f"{count:,} files were"


def epochs_in_words(count: int) -> str:
    """A number of epochs: "1 epoch", "6 epochs"."""
    return f"{count:,} epoch{'s' * (count != 1)}"


def classes_in_words(counts: Mapping[str, int], most: int = 10) -> str:
    """Classes and how many pictures each has: "shoes (3), hats (12) and 4 more"."""
    named = ", ".join(f"{label} ({count:,})" for label, count in itertools.islice(counts.items(), most))
    return f"{named} and {len(counts) - most} more" if len(counts) > most else named


def share_in_words(share: float) -> str:
    """A share of a whole, in [0, 1]: "70%", below a tenth "2.5%"; what is there but rounds to nothing is not "0.0%"."""
    if 0 < share < 0.0005:
        return "less than 0.1%"
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"
