"""A matrix of classes by classes as a table of cells: what each says, and how strongly it is coloured.

The page makes a table of it that can be asked, and the report a table that can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_core.evaluation.pairs import most_confused_classes
from cnn_core.figures.colours import TRAINING, VALIDATION, faded
from cnn_core.wording import images_in_words

# Of more classes than this, a part is shown: a table of a million cells is neither drawn nor read.
MOST_CLASSES, PART_OF_MORE = 100, 50

Scale = Literal["counts", "% of true class", "% of predicted class"]

# A cell with a shade of 0 is bare; one of 1 or -1 has the colour at this opacity, which text of the page stands out of.
STRONGEST = 0.7
# A share of errors of this much has the strongest colour; a quarter of it still half.
_MOST_ERRORS = 0.36


@dataclass(frozen=True, eq=False)
class MatrixCells:
    """A table whose rows are the true class and whose columns are the predicted one.

    Attributes:
        names: Of the classes, in the order of the labels; not ours, to be escaped.
        texts: (classes, classes) of str, what stands in each cell.
        notes: (classes, classes) of str, what is told of each cell besides its classes; ``{row}`` and ``{column}``
            stand for the names of its true and its predicted class.
        shades: (classes, classes) float64 in [-1, 1]: above 0 blue, for what is good; below 0 orange, for errors.
        faint: (classes, classes) bool, where the text matters little: nothing is there, or it is not asked about.
        row_notes: What is told of each true class, such as "1,000 images, 72.3 % of them recognised".
        column_notes: What is told of each predicted class.
        labels: The labels of its classes, ascending; all of them, or those of a part.
    """

    names: tuple[str, ...]
    texts: np.ndarray
    notes: np.ndarray
    shades: np.ndarray
    faint: np.ndarray
    row_notes: tuple[str, ...]
    column_notes: tuple[str, ...]
    labels: tuple[int, ...]

    def title(self, true: int, predicted: int) -> str:
        """What a cell says in words: "true cat, predicted dog: 2 images, 20 % of cat"; not escaped."""
        row, column = self.names[true], self.names[predicted]
        # The parts that the first name stands between are filled in apart: a name may look like a placeholder.
        note = row.join(part.replace("{column}", column) for part in str(self.notes[true, predicted]).split("{row}"))
        return f"true {row}, predicted {column}: {note}"


def shade_colour(shade: float) -> str:
    """The colour of a cell, as CSS: translucent, so that the page's own text can be read on it.

    Args:
        shade: In [-1, 1]; 0 is bare.
    """
    return faded(TRAINING if shade > 0 else VALIDATION, round(STRONGEST * abs(shade), 3))


def shown_classes(matrix: np.ndarray, also: Iterable[int] = ()) -> tuple[int, ...]:
    """The classes that a table is made of: all, or of many those that are confused with each other most.

    Args:
        matrix: (classes, classes) counts, or how they differ from other ones.
        also: Classes that are to be in it.
    """
    return most_confused_classes(matrix, len(matrix) if len(matrix) <= MOST_CLASSES else PART_OF_MORE, also)


def confusion_cells(
    matrix: np.ndarray,
    class_names: tuple[str, ...],
    *,
    scale: Scale = "counts",
    errors_only: bool = False,
    labels: Sequence[int] | None = None,
) -> MatrixCells:
    """The cells of a confusion matrix.

    Args:
        matrix: (classes, classes) counts; rows are the true class, columns the predicted one.
        class_names: In the order of the labels.
        scale: What the cells say: counts, or percentages of their row or of their column. The colours follow the
            shares of the row, unless the scale is that of the columns.
        errors_only: Right answers are bare, and the largest share of errors has the strongest colour.
        labels: The classes of the table; the shares are of all. ``None``: as :func:`shown_classes`.

    Returns:
        Right answers (the diagonal) blue by their share; errors orange by the square root of theirs, so that a few per
        cent stand out however good the network is. Where there is no share, in the row of a class without images or
        the column of one never predicted, the text is a dash.
    """
    labels = tuple(shown_classes(matrix) if labels is None else labels)
    rows, columns = matrix.sum(axis=1)[[*labels]], matrix.sum(axis=0)[[*labels]]
    matrix = matrix[np.ix_(labels, labels)]
    of_row = matrix / np.maximum(rows, 1)[:, None]
    of_column = matrix / np.maximum(columns, 1)
    is_by_column = scale == "% of predicted class"
    shares, whole = (of_column, columns[None, :]) if is_by_column else (of_row, rows[:, None])
    is_right = np.eye(len(matrix), dtype=bool)
    errors = np.where(is_right, 0.0, shares)
    most = max(float(errors.max(initial=0.0)), 1e-12) if errors_only else _MOST_ERRORS
    # Added to 0, so that there is no minus 0.
    shades = 0.0 + np.where(is_right, 0.0 if errors_only else shares, -np.minimum(np.sqrt(errors / most), 1.0))
    if scale == "counts":
        texts = _each(lambda count: f"{count:,}", matrix)
    else:
        texts = np.where(np.broadcast_to(whole == 0, matrix.shape), "–", _each(_percentage, shares))
    return MatrixCells(
        tuple(class_names[label] for label in labels),
        texts=texts,
        notes=_notes(matrix, of_column if is_by_column else of_row, "{column}" if is_by_column else "{row}"),
        shades=shades,
        faint=(matrix == 0) | (is_right & errors_only),
        row_notes=tuple(
            f"{images_in_words(total)}, {right / total:.1%} of them recognised" if total else "no test image"
            for total, right in zip(rows.tolist(), np.diag(matrix).tolist(), strict=True)
        ),
        column_notes=tuple(
            f"{images_in_words(total)}, {right / total:.1%} of them rightly" if total else "never predicted"
            for total, right in zip(columns.tolist(), np.diag(matrix).tolist(), strict=True)
        ),
        labels=labels,
    )


def _percentage(share: float) -> str:
    """One decimal where there is one; what is there but rounds to nothing is not nothing."""
    if 0 < share < 0.0005:
        return "<0.1"
    return f"{100 * share:.1f}".removesuffix(".0")


def _notes(matrix: np.ndarray, shares: np.ndarray, whole: str) -> np.ndarray:
    notes = np.full(matrix.shape, images_in_words(0), dtype=object)
    for true, predicted in zip(*np.nonzero(matrix), strict=True):
        notes[true, predicted] = (
            f"{images_in_words(int(matrix[true, predicted]))}, {shares[true, predicted]:.1%} of {whole}"
        )
    return notes


def _each(word: Callable[[float], str], values: np.ndarray) -> np.ndarray:
    worded: np.ndarray = np.vectorize(word, otypes=[object])(values)
    return worded
