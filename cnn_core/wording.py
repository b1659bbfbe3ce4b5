"""Numbers of things in words, for sentences anywhere."""

from __future__ import annotations


def images_in_words(count: int) -> str:
    """A number of images: "no image", "1 image", "1,234 images"."""
    return "no image" if count == 0 else "1 image" if count == 1 else f"{count:,} images"


def share_in_words(share: float) -> str:
    """A share of a whole, in [0, 1]: "70%", below a tenth "2.5%"; what is there but rounds to nothing is not "0.0%"."""
    if 0 < share < 0.0005:
        return "less than 0.1%"
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"
