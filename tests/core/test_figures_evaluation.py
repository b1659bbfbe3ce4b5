"""The charts of "By class" and "Confidence": what they draw, and what they leave out and say so."""

import numpy as np
import plotly.graph_objects as go
import pytest

from cnn_core.evaluation.calibration import reliability
from cnn_core.evaluation.coverage import coverage_of
from cnn_core.figures.class_curves import MOST_COLOURED, ClassCurve, class_curves_figure, shown_classes
from cnn_core.figures.coverage import coverage_figure
from cnn_core.figures.reliability import reliability_figure

STEP = np.array([[0, 1], [0.9, 0.9], [1, 0.1]])


def curves_of(shown, name="class {}", points=STEP):
    return {place: ClassCurve(name.format(place), points, 0.5 + place / 1000) for place in shown.drawn}


def figure_of(kind, shown, **options):
    """The figure, checked by Plotly."""
    return go.Figure(class_curves_figure(kind, curves_of(shown), shown, **options))


def in_legend(figure):
    return [trace for trace in figure.data if trace.showlegend]


def test_ten_classes_have_ten_colours_and_nothing_is_left_out():
    shown = shown_classes([0.9] * 10, [])
    figure = figure_of("precision-recall", shown)
    assert shown.words == ""
    assert len({trace.line.color for trace in in_legend(figure)}) == len(figure.data) == 10
    assert figure.data[3].name == "class 3 0.503"


def test_a_chosen_class_keeps_its_colour_and_the_others_turn_grey_below_it():
    all_of_them, one = shown_classes([0.9] * 10, []), shown_classes([0.9] * 10, [4])
    figure = figure_of("precision-recall", one)
    (line,) = in_legend(figure)
    assert line.line.color == all_of_them.coloured[4]
    assert figure.data[-1] is line
    assert len(figure.data) == 10
    assert line.line.width > 2 * max(trace.line.width for trace in figure.data[:-1])
    assert one.words == "Grey: the classes that are not chosen, named under the pointer."


def test_of_some_classes_the_weakest_are_coloured_and_all_are_drawn():
    shown = shown_classes([place / 20 for place in range(20)], [])
    assert list(shown.coloured) == [0, 1, 2, 3, 4]
    assert len(shown.drawn) == 20
    assert shown.words == "Grey: all but the 5 weakest classes, named under the pointer."


def test_of_a_hundred_classes_the_weakest_and_the_chosen_are_drawn_and_that_is_told():
    areas = [1 - place / 100 for place in range(100)]
    shown = shown_classes(areas, [])
    assert shown.drawn == (95, 96, 97, 98, 99)
    assert shown.words == "Drawn of 100 classes: the 5 with the lowest average precision."
    shown = shown_classes(areas, [7])
    assert shown.drawn == (95, 96, 97, 98, 99, 7)
    assert list(shown.coloured) == [7]
    assert shown.words.startswith("Drawn of 100 classes: the chosen ones, and in grey the 5 with the lowest")


def test_more_chosen_classes_than_colours_are_drawn_in_the_order_of_the_choice():
    shown = shown_classes([0.9] * 100, list(range(50, 70)))
    assert list(shown.coloured) == list(range(50, 50 + MOST_COLOURED))
    assert len(set(shown.coloured.values())) == MOST_COLOURED


def test_a_class_without_a_curve_is_not_drawn_even_if_it_is_chosen():
    assert shown_classes([0.9, None, 0.8], [1]).drawn == (0, 2)
    assert shown_classes([None, None], []).drawn == ()
    assert go.Figure(class_curves_figure("ROC", {}, shown_classes([None], []), is_zoomed=True)).data[0].name


def test_a_chance_line_stands_in_the_roc_chart_only():
    shown = shown_classes([0.9] * 3, [])
    assert len(figure_of("precision-recall", shown).data) == 3
    assert len(figure_of("ROC", shown).data) == 4


@pytest.mark.parametrize(
    ("kind", "points", "across", "up"),
    [
        # The curve comes as near as 0.1 to its corner: 2.2 times as much is shown, rounded up.
        ("precision-recall", [[0, 1], [0.9, 0.92], [1, 0]], 0.7, 0.7),
        ("ROC", [[0, 0], [0.1, 0.93], [1, 1]], 0.3, 0.7),
        # A poor network is shown whole.
        ("precision-recall", [[0, 1], [0.4, 0.4], [1, 0]], 0.0, 0.0),
        ("ROC", [[0, 0], [1, 1]], 1.0, 0.0),
    ],
)
def test_a_zoomed_chart_shows_the_corner_in_which_the_curves_bend(kind, points, across, up):
    shown = shown_classes([0.9], [])
    layout = class_curves_figure(kind, curves_of(shown, points=np.array(points)), shown, is_zoomed=True)["layout"]
    assert layout["xaxis"]["range"][0 if kind == "precision-recall" else 1] == pytest.approx(across)
    assert layout["yaxis"]["range"][0] == pytest.approx(up)


def test_long_names_differ_in_the_legend_and_are_whole_under_the_pointer():
    shown = shown_classes([0.9] * 2, [])
    figure = class_curves_figure("ROC", curves_of(shown, "a name of many words that ends in number {}"), shown)
    names = [trace["name"] for trace in figure["data"][1:]]
    assert len({name.split(" 0.5")[0] for name in names}) == 2
    assert all(len(name) < 40 for name in names)
    assert "a name of many words that ends in number 1" in figure["data"][2]["hovertemplate"]


def test_a_class_name_is_text_not_html():
    shown = shown_classes([0.9], [])
    (trace,) = class_curves_figure("precision-recall", curves_of(shown, "<b>{}</b>"), shown)["data"]
    assert "<b>0" not in trace["name"] + trace["hovertemplate"]


@pytest.fixture
def bins():
    # Three right of four at 80 %, one right at 95 %, one wrong at 55 %.
    confidence = np.array([0.8, 0.8, 0.8, 0.8, 0.95, 0.55])
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    return reliability(np.array([0, 0, 0, 1, 0, 1]), probabilities, bins=10)


def test_each_bin_has_its_shorter_part_and_its_gap_in_the_colour_of_its_direction(bins):
    right, better, too_sure, _, images = go.Figure(reliability_figure(bins)).data
    np.testing.assert_allclose(right.x, [0.55, 0.85, 0.95])
    np.testing.assert_allclose(right.y, [0, 0.75, 0.95])
    np.testing.assert_allclose(better.y, [np.nan, np.nan, 0.05])
    np.testing.assert_allclose(too_sure.y, [0.55, 0.05, np.nan])
    np.testing.assert_allclose(too_sure.base[:2], [0, 0.75])
    assert list(images.y) == [1, 4, 1]
    assert better.marker.color != too_sure.marker.color


def test_each_bar_says_its_numbers(bins):
    assert go.Figure(reliability_figure(bins)).data[0].text[1] == "says 80.0%, is right 75.0%<br>4 images"


def test_the_diagonal_is_where_both_are_equal(bins):
    diagonal = go.Figure(reliability_figure(bins)).data[3]
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 1], [0, 1])


def test_empty_bins_leave_nothing_that_is_no_number_on_the_screen(bins):
    assert "nan" not in str([trace.text for trace in go.Figure(reliability_figure(bins)).data])


def test_the_coverage_chart_marks_what_is_chosen_and_what_is_asked_for():
    coverage = coverage_of(np.linspace(1, 0.5, 100), np.arange(100) < 90)
    chosen, target = coverage.at(0.95), coverage.reaching(1.0)
    figure = go.Figure(coverage_figure(coverage.curve, chosen, target))
    _, mark, asked = figure.data
    np.testing.assert_allclose([mark.x[0], mark.y[0]], [0.95, 90 / 95], rtol=1e-6)
    np.testing.assert_allclose([asked.x[0], asked.y[0]], [0.9, 1], rtol=1e-6)
    assert figure.layout.yaxis.range[0] < 0.9 < 1 < figure.layout.yaxis.range[1]
    assert len(figure.layout.shapes) == 2


def test_without_an_accuracy_asked_for_only_the_choice_is_marked():
    coverage = coverage_of(np.linspace(1, 0.5, 10), np.ones(10, bool))
    assert len(coverage_figure(coverage.curve, coverage.at(1.0))["data"]) == 2
