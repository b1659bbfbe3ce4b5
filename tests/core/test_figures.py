"""Figures are values: what their traces say, without a browser."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from cnn_core.figures.colours import faded
from cnn_core.figures.curves import MOST_POINTS, curve_figure, rate_figure, thinned
from cnn_core.figures.event_marks import MOST_MARKS, event_marks
from cnn_core.runs.events import Event


def curve(*arguments, **options):
    """The figure as Plotly takes it, which checks every value."""
    return go.Figure(curve_figure(*arguments, **options))


def rate_curve(*arguments, **options):
    return go.Figure(rate_figure(*arguments, **options))


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
            "learning_rate": np.linspace(1e-3, 5e-4, count),
        }
    )


HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2],
        "loss": [0.5, 0.4],
        "accuracy": [0.8, 0.9],
        "val_loss": [0.6, 0.5],
        "val_accuracy": [0.7, 0.85],
        "learning_rate": [1e-3, 1e-4],
    }
)


def traces_of(figure):
    """The traces by name; the marks of events have none."""
    return {trace.name or "events": trace for trace in figure.data}


@pytest.mark.parametrize(
    ("measure", "training", "watched"), [("loss", [0.5, 0.4], [0.6, 0.5]), ("accuracy", [0.8, 0.9], [0.7, 0.85])]
)
def test_a_curve_has_training_by_step_and_both_by_epoch(measure, training, watched):
    steps = steps_of(8, 4)
    traces = traces_of(curve(measure, steps, HISTORY, watched="validation"))
    by_step = traces["training, by step"]
    np.testing.assert_allclose(by_step.x, [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2])
    np.testing.assert_allclose(by_step.y, steps[measure], rtol=1e-6)
    np.testing.assert_allclose(traces["training, by epoch"].x, [1, 2])
    np.testing.assert_allclose(traces["training, by epoch"].y, training)
    np.testing.assert_allclose(traces["validation"].y, watched)


@pytest.mark.parametrize(
    "figure",
    [curve_figure("loss", steps_of(8, 4), HISTORY, watched="validation"), rate_figure(steps_of(8, 4), HISTORY)],
    ids=["loss", "learning rate"],
)
def test_nothing_in_a_curve_is_null(figure):
    # Plotly's own Python would leave it out; the browser stumbles over it.
    assert "null" not in pio.to_json(figure, validate=False)


def test_accuracy_is_shown_in_per_cent_and_loss_is_not():
    assert curve("accuracy", steps_of(4, 4), HISTORY, watched="test").layout.yaxis.tickformat == ".0%"
    assert curve("loss", steps_of(4, 4), HISTORY, watched="test").layout.yaxis.tickformat == ""


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 7 * MOST_POINTS + 3])
def test_a_long_curve_is_thinned_and_keeps_its_first_and_last_point(count):
    steps = steps_of(count, 50)
    by_step = curve("loss", steps, HISTORY, watched="validation").data[0]
    assert min(count, MOST_POINTS // 2) <= len(by_step.x) <= MOST_POINTS
    assert by_step.y[-1] == pytest.approx(steps["loss"].iloc[-1])
    assert by_step.y[0] == 1
    assert (np.diff(by_step.x) > 0).all()


def test_a_history_of_any_length_is_thinned():
    epochs = np.arange(1.0, 3001)
    history = pd.DataFrame(dict.fromkeys(HISTORY.columns, epochs))
    for trace in curve("loss", steps_of(4, 4), history, watched="validation").data:
        assert len(trace.x) <= MOST_POINTS


@pytest.mark.parametrize("count", [3, 500, 1500])
def test_a_row_more_leaves_the_points_before_it_where_they_were(count):
    # What the browser has is not sent again.
    before, after = thinned(count), thinned(count + 1)
    assert after[: len(before) - 1].tolist() == before[:-1].tolist()


def test_before_the_first_step_the_curves_are_empty():
    figure = curve("loss", steps_of(0, 4), HISTORY.iloc[:0], watched="validation")
    assert {len(trace.x) for trace in figure.data} == {0}
    assert len(rate_curve(steps_of(0, 4), HISTORY.iloc[:0]).data[0].x) == 0


@pytest.mark.parametrize(("measure", "value"), [("loss", 0.5), ("accuracy", 0.85)])
def test_the_best_epoch_has_a_star_on_the_watched_curve(measure, value):
    star = traces_of(curve(measure, steps_of(8, 4), HISTORY, watched="validation", best_epoch=2))["best epoch"]
    assert (list(star.x), star.y[0]) == ([2], pytest.approx(value))
    assert star.marker.symbol == "star"


def test_without_a_best_epoch_there_is_no_star():
    star = traces_of(curve("loss", steps_of(8, 4), HISTORY, watched="validation"))["best epoch"]
    assert len(star.x) == 0
    assert not star.showlegend


def event(action, step, **more):
    return Event(time=0.0, action=action, epoch=2, step=step, steps=4, **more)


@pytest.mark.parametrize(
    "figure_of",
    [
        lambda events: curve("loss", steps_of(8, 4), HISTORY, watched="validation", events=events),
        lambda events: rate_curve(steps_of(8, 4), HISTORY, events=events),
    ],
    ids=["loss", "learning rate"],
)
def test_events_are_upright_lines_that_say_what_happened(figure_of):
    figure = figure_of([event("paused", 1), event("resumed", 1), event("learning-rate", 3, value=0.0005)])
    marks = traces_of(figure)["events"]
    assert list(marks.x) == [1.25, 1.75]
    assert [(line.x0, line.x1) for line in figure.layout.shapes] == [(1.25, 1.25), (1.75, 1.75)]
    # What happened at one place is told together.
    assert [line.split(" ", 1)[1] for line in marks.text[0].split("<br>")] == ["paused", "resumed"]
    assert marks.text[1].endswith("learning rate set by hand to 0.0005")


def test_too_many_events_are_the_last_ones():
    events = [Event(time=0.0, action="paused", epoch=1, step=step, steps=1000) for step in range(500)]
    figure = curve("loss", steps_of(8, 4), HISTORY, watched="validation", events=events)
    assert len(figure.layout.shapes) == MOST_MARKS
    assert figure.layout.shapes[-1].x0 == 0.499


def test_a_learning_rate_that_falls_far_has_a_logarithmic_axis():
    steps = steps_of(8, 4)
    assert rate_curve(steps, HISTORY).layout.yaxis.type is None
    falling = rate_curve(steps.assign(learning_rate=np.geomspace(1e-2, 1e-5, 8)), HISTORY)
    assert falling.layout.yaxis.type == "log"
    np.testing.assert_allclose(falling.data[0].y, np.geomspace(1e-2, 1e-5, 8), rtol=1e-6)


def test_steps_that_know_no_learning_rate_leave_it_to_the_epochs():
    figure = rate_curve(steps_of(8, 4).assign(learning_rate=np.nan), HISTORY)
    np.testing.assert_allclose(figure.data[0].x, [1, 2])
    np.testing.assert_allclose(figure.data[0].y, [1e-3, 1e-4])


def test_a_faded_colour_is_the_same_colour():
    assert faded("#2F86D1", 0.5) == "rgba(47,134,209,0.5)"


def test_what_a_person_did_is_marked_otherwise_than_what_the_training_did_by_itself():
    events = [
        Event(0.0, "plateau", 1, 4, 4),
        Event(0.0, "learning-rate", 2, 1, 4, value=1e-4),
        Event(0.0, "recovered", 3, 0, 4),
    ]
    trace, layout = event_marks(events)
    assert trace["marker"]["symbol"] == ["triangle-down", "circle-open"]
    assert trace["x"].tolist() == [1.25, 2.0]
    assert len(layout["shapes"]) == 2
