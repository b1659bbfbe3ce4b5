"""What would come out of settings, and what speaks against them, told before anything is read."""

from __future__ import annotations

from collections.abc import Mapping

from cnn_core.data.own.bring import check_name
from cnn_core.data.own.settings import OwnSettings
from cnn_core.data.own.split import check_classes, drawn_count, wanted_classes
from cnn_core.data.own.survey import Survey
from cnn_core.errors import DatasetError

_NAMED = 3


def expected_counts(found: Survey, settings: OwnSettings) -> tuple[int, int]:
    """Training and test images that would come out if every file can be read; with groups only about so many."""
    counts = {label: found.counts[label] for label in wanted_classes(found.counts, settings)}
    test = sum(_test_count(found.test_counts, label, count, settings) for label, count in counts.items())
    return sum(counts.values()) - test, test


def too_small(found: Survey, settings: OwnSettings) -> tuple[str, ...]:
    """Classes that are not brought in because they have too few pictures, in the order of their names."""
    return tuple(
        label for label, count in found.counts.items() if count < settings.fewest and label not in settings.leave_out
    )


def check_plan(found: Survey, settings: OwnSettings) -> None:
    """Look whether anything speaks against bringing a source in with these settings.

    Raises:
        DatasetError: The name is taken; fewer than two classes are left; or one is in one part only.
    """
    check_name(settings.name)
    wanted = wanted_classes(found.counts, settings)
    check_classes(found.counts, wanted, settings)
    if not found.has_test_part:
        return
    one_sided = [label for label in wanted if found.test_counts.get(label, 0) in (0, found.counts[label])]
    if one_sided:
        named = ", ".join(f"'{label}'" for label in one_sided[:_NAMED])
        more = f" and {len(one_sided) - _NAMED:,} more" if len(one_sided) > _NAMED else ""
        raise DatasetError(
            f"The source says which pictures are for the test, and has {named}{more} in one part only. Add pictures to "
            "the other part, or leave them out."
        )


def _test_count(test_counts: Mapping[str, int], label: str, count: int, settings: OwnSettings) -> int:
    return test_counts.get(label, 0) if test_counts else drawn_count(count, settings)
