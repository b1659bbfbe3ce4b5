"""What a source holds, as far as a person needs to know it before anything is brought in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from cnn_core.data.own.layout import Found, Layout, read_layout
from cnn_core.data.own.reading import reason_of
from cnn_core.data.own.sources import Source
from cnn_core.errors import PictureError
from cnn_core.images.decode import Picture, decode_picture

# Pictures that are looked at, and of these the ones that are shown.
LOOKED_AT, SHOWN = 36, 12

_THREADS = 3
# Grey pictures that were saved as colour are a little off: so much between the channels, in so few pixels.
_COLOUR_STEPS, _COLOUR_SHARE = 16, 0.002
_MOST_TOLD = 1000


@dataclass(frozen=True, eq=False)
class Example:
    """A picture of a source, decoded.

    Attributes:
        label: Its class.
    """

    label: str
    picture: Picture


@dataclass(frozen=True, eq=False)
class Survey:
    """What a source holds.

    Attributes:
        title: What a person calls the source.
        kind: How it is laid out, in words.
        counts: Files of each class, in the order of their names.
        test_counts: Those of them that the source marks for the test; empty where it marks none.
        is_grouped: Whether the source says which pictures belong together.
        left_out: Files that belong to no class, and why: the first ones.
        left_out_count: How many they are.
        warnings: What a person should know.
        sizes: (n, 2) int: width and height of the pictures looked at.
        is_grey: Whether all of them are grey.
        examples: Some of them, of many classes, the widest and the tallest first.
        bad: Those that could not be read, and why.
        looked_at: How many were tried.
    """

    title: str
    kind: str
    counts: dict[str, int]
    test_counts: dict[str, int]
    is_grouped: bool
    left_out: tuple[tuple[str, str], ...]
    left_out_count: int
    warnings: tuple[str, ...]
    sizes: np.ndarray
    is_grey: bool
    examples: tuple[Example, ...]
    bad: tuple[tuple[str, str], ...]
    looked_at: int

    @property
    def has_test_part(self) -> bool:
        """Whether the source says which pictures are for the test."""
        return bool(self.test_counts)


def survey(source: Source, layout: Layout | None = None) -> Survey:
    """Look at the names in a source, and at some of its pictures: :data:`LOOKED_AT`, of as many classes as possible.

    Args:
        source: What is looked at.
        layout: Its layout, if it was read before.

    Raises:
        DatasetError: It is no dataset; see :func:`~cnn_core.data.own.layout.read_layout`.
    """
    layout = layout or read_layout(source)
    tried = _spread(layout.found, LOOKED_AT)
    good, bad = _read(source, tried)
    return Survey(
        title=source.title,
        kind=layout.kind,
        counts=dict(layout.counts),
        test_counts=_test_counts(layout),
        is_grouped=any(one.group for one in layout.found),
        left_out=layout.left_out[:_MOST_TOLD],
        left_out_count=len(layout.left_out),
        warnings=layout.warnings,
        sizes=np.array([example.picture.size for example in good], int).reshape(-1, 2),
        is_grey=bool(good) and all(is_grey(example.picture.rgb) for example in good),
        examples=tuple(_telling(good)),
        bad=tuple(bad),
        looked_at=len(tried),
    )


def is_grey(rgb: np.ndarray) -> bool:
    """Whether a picture (H, W, 3) uint8 has no colour, apart from what JPEG makes of grey."""
    spread = rgb.max(axis=2) - rgb.min(axis=2)
    return bool((spread > _COLOUR_STEPS).mean() < _COLOUR_SHARE)


def _test_counts(layout: Layout) -> dict[str, int]:
    return dict(Counter(one.label for one in layout.found if one.part == "test"))


def _spread(found: Sequence[Found], count: int) -> list[Found]:
    """Some of many, always the same: one of each class, then another of each, until there are enough."""
    of_class: dict[str, list[Found]] = {}
    for one in found:
        of_class.setdefault(one.label, []).append(one)
    rng = np.random.default_rng(0)
    orders = [iter(rng.permutation(len(ones))[:count]) for ones in of_class.values()]
    classes = list(zip(of_class.values(), orders, strict=True))
    # Of more classes than there is room for, those that chance takes.
    classes = [classes[place] for place in sorted(rng.permutation(len(classes))[:count])]
    chosen: list[Found] = []
    while len(chosen) < count:
        turn = [ones[place] for ones, order in classes if (place := next(order, None)) is not None]
        if not turn:
            break
        chosen += turn
    return chosen[:count]


def _read(source: Source, tried: Iterable[Found]) -> tuple[list[Example], list[tuple[str, str]]]:
    def read(one: Found) -> Example | tuple[str, str]:
        try:
            return Example(one.label, decode_picture(source.read(one.name), one.name))
        except PictureError as error:
            return (one.name, reason_of(error, one.name))

    with ThreadPoolExecutor(_THREADS) as pool:
        results = list(pool.map(read, tried))
    return [one for one in results if isinstance(one, Example)], [one for one in results if isinstance(one, tuple)]


def _telling(good: Sequence[Example]) -> list[Example]:
    """Those that show best what a choice does: the widest, the tallest, and others as they come."""
    if not good:
        return []
    proportions = [example.picture.size[0] / example.picture.size[1] for example in good]
    first = dict.fromkeys([int(np.argmax(proportions)), int(np.argmin(proportions))])
    order = [*first, *(place for place in range(len(good)) if place not in first)]
    return [good[place] for place in order[:SHOWN]]
