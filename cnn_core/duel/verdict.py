"""What the numbers of a duel say, in sentences: no more than they say."""

from __future__ import annotations

from collections.abc import Mapping

from cnn_core.duel.changes import CHANGES
from cnn_core.duel.contest import Standing
from cnn_core.duel.sweeps import Sweep
from cnn_core.errors import RunError
from cnn_core.evaluation.comparison import Comparison, compare
from cnn_core.evaluation.comparison_words import ENOUGH, points

# McNemar's test on the images that only one of the two gets right: both answered for the same ones.
_UNSURE = "; these test images cannot tell that from chance"


def duel_words(standings: Mapping[str, Standing]) -> list[str]:
    """Sentences on a duel, by what of it is finished.

    Args:
        standings: By the name of their corner; of one duel.

    Raises:
        RunError: Two of them did not answer for the same images.
    """
    tested = {name: one for name, one in standings.items() if one.answers is not None}
    words = [
        _between(tested[f"cnn{end}"], tested[f"dense{end}"])
        for end in ("", "-shuffled")
        if f"cnn{end}" in tested and f"dense{end}" in tested
    ]
    pairs = [(name, f"{name}-shuffled") for name in ("cnn", "dense")]
    return words + [_shuffled(tested[one], tested[other]) for one, other in pairs if one in tested and other in tested]


def _between(cnn: Standing, dense: Standing) -> str:
    found = _compared(cnn, dense)
    where = f"With the pixels {'shuffled' if cnn.corner.is_shuffled else 'in their places'}"
    if not found.difference:
        return f"{where} both networks are as good as each other, with this seed."
    better = "dense network" if found.difference > 0 else "CNN"
    return f"{where} the {better} is {_points(found)} better, with this seed{_chance(found)}."


def _shuffled(plain: Standing, shuffled: Standing) -> str:
    found = _compared(plain, shuffled)
    who = "the CNN" if plain.corner.kind == "cnn" else "the dense network"
    where = f"With shuffled pixels, and trained anew, {who} is"
    if not found.difference:
        return f"{where} as good as before, with this seed."
    return f"{where} {_points(found)} {'better' if found.difference > 0 else 'worse'}, with this seed{_chance(found)}."


def _compared(one: Standing, other: Standing) -> Comparison:
    if one.answers is None or other.answers is None:
        raise RunError("These runs have not answered for their test images yet. Wait until they are finished.")
    return compare(one.answers, other.answers)


def _points(found: Comparison) -> str:
    return f"{points(abs(found.difference), found.count)} points"


def _chance(found: Comparison) -> str:
    return "" if found.p_value < ENOUGH else _UNSURE


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
