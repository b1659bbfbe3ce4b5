"""The overlay: which curves it has, and that they are told apart."""

import pytest

from cnn_core.figures.overlay import MOST_RUNS, RunCurves, overlay_figure
from tests.fixtures import started_run


def curves(*names):
    history = started_run().history()
    return [RunCurves(name, history + number) for number, name in enumerate(names)]


def test_each_run_has_the_curve_of_its_validation_images():
    figure = overlay_figure("accuracy", curves("a", "b"), images=["validation"])
    assert [line.name for line in figure.data] == ["a", "b"]
    assert list(figure.data[0].x) == [1, 2]
    assert list(figure.data[0].y) == pytest.approx([0.8, 0.9])
    assert list(figure.data[1].y) == pytest.approx([1.8, 1.9])
    assert figure.layout.yaxis.title.text == "accuracy"


def test_training_curves_are_dotted_in_the_colour_of_their_run_and_hidden_with_it():
    figure = overlay_figure("loss", curves("a", "b"), images=["training", "validation"])
    assert [line.name for line in figure.data] == ["a", "a, training", "b", "b, training"]
    watched, trained = figure.data[:2]
    assert list(watched.y) == pytest.approx([0.9, 0.45])
    assert list(trained.y) == pytest.approx([1.0, 0.5])
    assert watched.line.color == trained.line.color
    assert (watched.line.dash, trained.line.dash) == (None, "dot")
    assert watched.legendgroup == trained.legendgroup != figure.data[2].legendgroup


def test_the_name_of_a_run_is_no_html():
    lines = overlay_figure("loss", curves("<a href='https://a.org'>R&D</a>"), images=["validation", "training"]).data
    assert lines[0].name == "&lt;a href='https://a.org'&gt;R&amp;D&lt;/a&gt;"
    assert lines[1].name == lines[0].name + ", training"


def test_no_two_runs_look_alike():
    lines = overlay_figure("loss", curves(*"abcdefgh"), images=["validation"]).data
    assert len(lines) == MOST_RUNS == 8
    assert len({line.line.color for line in lines}) == len({line.marker.symbol for line in lines}) == MOST_RUNS


def luminance(colour):
    """Relative luminance by WCAG 2.1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("page", ["#FFFFFF", "#14151F"])
def test_every_curve_stands_out_from_the_page(page):
    for line in overlay_figure("loss", curves(*"abcdefgh"), images=["validation"]).data:
        light, dark = sorted([luminance(line.line.color), luminance(page)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3


def test_a_run_before_its_first_epoch_is_an_empty_curve():
    empty = RunCurves("new", started_run(epochs=0).history())
    figure = overlay_figure("accuracy", [empty, *curves("a")], images=["validation"])
    assert [len(line.x) for line in figure.data] == [0, 2]
