"""The difference of two confusion matrices as a table of cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnn_core.figures.matrix_cells import MatrixCells, shown_classes


def difference_cells(
    before: np.ndarray, after: np.ndarray, class_names: tuple[str, ...], *, labels: Sequence[int] | None = None
) -> MatrixCells:
    """The cells of one confusion matrix less those of another: counts with their sign.

    Args:
        before: (classes, classes) counts under A; rows are the true class, columns the predicted one.
        after: The same under B.
        class_names: In the order of the labels.
        labels: The classes of the table. ``None``: all, or of many those between which most has changed.

    Returns:
        Blue where B is better (more right answers on the diagonal, fewer errors beside it), orange where it is worse.
        The colour goes with the square root of the difference, as a share of the largest one.
    """
    labels = tuple(shown_classes(after - before) if labels is None else labels)
    row_notes = _counts("recognised", np.diag(before)[[*labels]], np.diag(after)[[*labels]])
    column_notes = _counts("predicted", before.sum(axis=0)[[*labels]], after.sum(axis=0)[[*labels]])
    before, after = before[np.ix_(labels, labels)], after[np.ix_(labels, labels)]
    difference = after - before
    largest = max(int(np.abs(difference).max(initial=0)), 1)
    strength = np.sqrt(np.abs(difference) / largest) * np.sign(difference)
    texts, notes = np.empty(difference.shape, dtype=object), np.empty(difference.shape, dtype=object)
    for place, count in np.ndenumerate(difference):
        texts[place] = signed(int(count))
        notes[place] = f"{before[place]:,} under A, {after[place]:,} under B"
    return MatrixCells(
        tuple(class_names[label] for label in labels),
        texts=texts,
        notes=notes,
        shades=np.where(np.eye(len(difference), dtype=bool), strength, -strength),
        faint=difference == 0,
        row_notes=row_notes,
        column_notes=column_notes,
        labels=labels,
    )


def signed(count: int) -> str:
    """A count with its sign and a true minus; "0" has none."""
    return f"{count:+,}".replace("-", "−") if count else "0"


def _counts(what: str, before: np.ndarray, after: np.ndarray) -> tuple[str, ...]:
    return tuple(f"{what} {a:,} times by A, {b:,} by B" for a, b in zip(before.tolist(), after.tolist(), strict=True))
