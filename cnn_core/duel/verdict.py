"""What the numbers of a duel say, in sentences: no more than they say."""

from __future__ import annotations

from collections.abc import Mapping

from cnn_core.duel.changes import CHANGES
from cnn_core.duel.contest import Standing
from cnn_core.duel.sweeps import Sweep

_UNSURE = "their 95% intervals overlap, so it may be chance"


def duel_words(standings: Mapping[str, Standing]) -> list[str]:
    """Sentences on a duel, by what of it is finished.

    Args:
        standings: By the name of their corner.
    """
    tested = {name: one for name, one in standings.items() if one.accuracy is not None}
    words = [
        _between(tested[f"cnn{end}"], tested[f"dense{end}"])
        for end in ("", "-shuffled")
        if f"cnn{end}" in tested and f"dense{end}" in tested
    ]
    pairs = [(name, f"{name}-shuffled") for name in ("cnn", "dense")]
    return words + [_shuffled(tested[one], tested[other]) for one, other in pairs if one in tested and other in tested]


def _between(cnn: Standing, dense: Standing) -> str:
    points = 100 * (_accuracy(cnn) - _accuracy(dense))
    better = "CNN" if points > 0 else "dense network"
    sure = "" if _differ(cnn, dense) else f"; {_UNSURE}"
    where = "shuffled" if cnn.corner.is_shuffled else "in their places"
    return f"With the pixels {where} the {better} is {abs(points):.1f} points better{sure}."


def _shuffled(plain: Standing, shuffled: Standing) -> str:
    who = "the CNN" if plain.corner.kind == "cnn" else "the dense network"
    points = 100 * (_accuracy(shuffled) - _accuracy(plain))
    if not _differ(plain, shuffled):
        return f"With shuffled pixels, and trained anew, {who} is about as good ({points:+.1f} points; {_UNSURE})."
    return (
        f"With shuffled pixels, and trained anew, {who} {'loses' if points < 0 else 'gains'} {abs(points):.1f} points."
    )


def _differ(one: Standing, other: Standing) -> bool:
    if one.interval is None or other.interval is None:
        return False
    return one.interval[1] < other.interval[0] or other.interval[1] < one.interval[0]


def _accuracy(one: Standing) -> float:
    return one.accuracy or 0.0


def sweep_words(titles: list[str], sweeps: list[Sweep]) -> str:
    """A sentence on one change: what each network reaches unchanged, at half of the way, and at its end."""
    change, strengths = CHANGES[sweeps[0].name], sweeps[0].strengths
    places = sorted({0, len(strengths) // 2, len(strengths) - 1})
    shares = [
        f"{title} {', '.join(f'{sweep.accuracies[place]:.0%}' for place in places)}"
        for title, sweep in zip(titles, sweeps, strict=True)
    ]
    when = " and ".join(f"at {change.words(strengths[place])}" for place in places[1:])
    return f"Named rightly of {sweeps[0].count:,} test images, unchanged, {when}: {'; '.join(shares)}."
