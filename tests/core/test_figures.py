"""Figures are values: what their traces say, without a browser."""

import numpy as np
import pandas as pd
import pytest

from cnn_core.figures.colours import faded
from cnn_core.figures.confusion import confusion_figure
from cnn_core.figures.curves import MOST_POINTS, curve_figure

MATRIX = np.array([[8, 2, 0], [0, 1000, 0], [0, 0, 0]])
NAMES = ("cat", "dog", "owl")


def texts_of(figure):
    """What stands in each cell: the diagonal and the rest are two heatmaps, one empty where the other speaks."""
    right, wrong = (np.array(trace.text) for trace in figure.data[:2])
    assert not ((right != "") & (wrong != "")).any()
    return np.where(right != "", right, wrong).tolist()


def test_the_cells_show_counts():
    assert texts_of(confusion_figure(MATRIX, NAMES)) == [["8", "2", "0"], ["0", "1,000", "0"], ["0", "0", "0"]]


def test_the_cells_show_shares_of_the_true_class():
    shares = texts_of(confusion_figure(MATRIX, NAMES, scale="row shares"))
    assert shares[0] == ["80", "20", "0"]
    assert shares[2] == ["0", "0", "0"], "a class without images"


def test_right_answers_are_coloured_by_share_and_errors_by_the_root_of_theirs():
    right, wrong = (np.array(trace.z, float) for trace in confusion_figure(MATRIX, NAMES).data[:2])
    np.testing.assert_allclose(np.diag(right), [0.8, 1, 0])
    assert np.isnan(right[0, 1])
    assert wrong[0, 1] == pytest.approx(np.sqrt(0.2))
    assert np.isnan(wrong[1, 1])


def test_the_counts_do_not_change_the_colours_the_scale_shows():
    counts, shares = (confusion_figure(MATRIX, NAMES, scale=scale) for scale in ("counts", "row shares"))
    np.testing.assert_array_equal(np.array(counts.data[1].z, float), np.array(shares.data[1].z, float))


def test_every_cell_can_be_clicked_and_says_which_it_is():
    targets = confusion_figure(MATRIX, NAMES).data[2]
    assert [list(pair) for pair in targets.customdata] == [[i, j] for i in range(3) for j in range(3)]
    # Rows, downwards, are the true class.
    assert list(targets.y) == [i for i in range(3) for _ in range(3)]
    assert list(targets.x) == [0, 1, 2] * 3
    assert targets.text[1] == "true: cat<br>predicted: dog<br>2 images, 20.0% of cat"


def test_the_axes_name_the_classes_the_first_on_top():
    layout = confusion_figure(MATRIX, NAMES).layout
    assert (layout.yaxis.title.text, layout.xaxis.title.text) == ("true class", "predicted class")
    assert layout.yaxis.ticktext == layout.xaxis.ticktext == NAMES
    assert layout.yaxis.range[0] > layout.yaxis.range[1]


@pytest.mark.parametrize(
    ("selected", "corners"),
    [
        ((1, 2), (1.5, 2.5, 0.5, 1.5)),
        ((0, None), (-0.5, 2.5, -0.5, 0.5)),
        ((None, 2), (1.5, 2.5, -0.5, 2.5)),
    ],
    ids=["cell", "row", "column"],
)
def test_the_selection_is_outlined(selected, corners):
    (shape,) = confusion_figure(MATRIX, NAMES, selected=selected).layout.shapes
    assert (shape.x0, shape.x1, shape.y0, shape.y1) == corners


def test_without_a_selection_nothing_is_outlined():
    assert confusion_figure(MATRIX, NAMES).layout.shapes == ()


def steps_of(count, per_epoch):
    number = np.arange(count)
    return pd.DataFrame(
        {
            "epoch": number // per_epoch + 1,
            "step": number % per_epoch + 1,
            "steps": per_epoch,
            "loss": 1 / (number + 1),
            "accuracy": number / count,
            "seconds": number / 4,
        }
    )


HISTORY = pd.DataFrame(
    {"epoch": [1, 2], "loss": [0.5, 0.4], "accuracy": [0.8, 0.9], "val_loss": [0.6, 0.5], "val_accuracy": [0.7, 0.85]}
)


@pytest.mark.parametrize(
    ("measure", "training", "watched"), [("loss", [0.5, 0.4], [0.6, 0.5]), ("accuracy", [0.8, 0.9], [0.7, 0.85])]
)
def test_a_curve_has_training_by_step_and_both_by_epoch(measure, training, watched):
    steps = steps_of(8, 4)
    by_step, by_epoch, of_watched = curve_figure(measure, steps, HISTORY, watched="validation").data
    np.testing.assert_allclose(by_step.x, [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2])
    np.testing.assert_allclose(by_step.y, steps[measure], rtol=1e-6)
    np.testing.assert_allclose(by_epoch.x, [1, 2])
    np.testing.assert_allclose(by_epoch.y, training)
    np.testing.assert_allclose(of_watched.y, watched)
    assert of_watched.name == "validation"


def test_accuracy_is_shown_in_per_cent_and_loss_is_not():
    assert curve_figure("accuracy", steps_of(4, 4), HISTORY, watched="test").layout.yaxis.tickformat == ".0%"
    assert curve_figure("loss", steps_of(4, 4), HISTORY, watched="test").layout.yaxis.tickformat is None


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 7 * MOST_POINTS + 3])
def test_a_long_curve_is_thinned_and_keeps_its_first_and_last_point(count):
    steps = steps_of(count, 50)
    by_step = curve_figure("loss", steps, HISTORY, watched="validation").data[0]
    assert len(by_step.x) == min(count, MOST_POINTS)
    assert by_step.y[-1] == pytest.approx(steps["loss"].iloc[-1])
    assert by_step.y[0] == 1
    assert (np.diff(by_step.x) > 0).all()


def test_before_the_first_step_the_curves_are_empty():
    figure = curve_figure("loss", steps_of(0, 4), HISTORY.iloc[:0], watched="validation")
    assert [len(trace.x) for trace in figure.data] == [0, 0, 0]


def test_a_faded_colour_is_the_same_colour():
    assert faded("#2F86D1", 0.5) == "rgba(47,134,209,0.5)"
