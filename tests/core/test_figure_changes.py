"""What is handed out of a figure that grows: put together again it is the figure, and it costs what was added."""

import base64
import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from cnn_core.figures.changes import FigureChanges
from cnn_core.figures.curves import curve_figure, rate_figure


class Reader:
    """What the browser does (``live_chart.js``), in Python."""

    def __init__(self):
        self.version, self.still, self.curves = 0, None, []

    def take_in(self, update):
        """Whether the reader had what the change begins with."""
        update = json.loads(json.dumps(update))
        if update["version"] == self.version:
            return True
        if update["base"] not in (0, self.version):
            return False
        old = self.curves
        self.curves = []
        for index, change in enumerate(update["curves"]):
            before = (old[index] if index < len(old) else None) or {"x": [], "y": []}
            self.curves.append(
                change and {axis: [*before[axis][: change["keep"]], *numbers(change[axis])] for axis in "xy"}
            )
        self.still = update.get("still", self.still)
        self.version = update["version"]
        return True

    def figure(self):
        parts = json.loads(self.still)
        for trace, curve in zip(parts["data"], self.curves, strict=True):
            trace.update(curve or {})
        return go.Figure(parts)


def numbers(encoded):
    return np.frombuffer(base64.b64decode(encoded), "<f4").tolist()


def line(*y, name="loss"):
    return go.Figure({"data": [{"type": "scatter", "name": name, "x": np.arange(len(y)), "y": np.array(y)}]})


def size(update):
    return len(json.dumps(update))


def assert_same(figure, other):
    assert len(figure.data) == len(other.data)
    for trace, expected in zip(figure.data, other.data, strict=True):
        for axis in "xy":
            np.testing.assert_allclose(np.asarray(trace[axis], float), np.asarray(expected[axis], float), rtol=1e-6)
        assert trace.name == expected.name


@pytest.mark.parametrize(
    "figures",
    [
        [line(1, 2), line(1, 2, 3), line(1, 2, 3, 4, 5)],
        [line(1, 2, 3), line(1, 2, 9, 4)],
        [line(1, 2, 3), line(1)],
        [line(1, 2), line()],
        [line(), line(1)],
        [line(1, np.nan), line(1, np.nan, 3)],
        [line(1, 2), line(1, 2), line(1, 2, 3)],
        [line(1, 2), line(1, 2, name="another"), line(1, 2, 3, name="another")],
        [line(1, 2), go.Figure({"data": [*line(1, 2).data, *line(3).data]}), line(1)],
    ],
    ids=["grows", "its end moves", "shrinks", "vanishes", "begins", "a gap", "stands", "renamed", "another curve"],
)
def test_whoever_takes_in_every_change_has_the_figure(figures):
    changes, reader = FigureChanges(), Reader()
    for figure in figures:
        assert reader.take_in(changes.next(figure))
        assert_same(reader.figure(), figure)


def test_a_point_more_costs_a_point():
    changes = FigureChanges()
    whole = size(changes.next(line(*range(1000))))
    added = size(changes.next(line(*range(1001))))
    assert whole > 8000
    assert added < 150


def test_a_reader_who_missed_a_change_notices_and_gets_all():
    changes, reader = FigureChanges(), Reader()
    reader.take_in(changes.next(line(1)))
    changes.next(line(1, 2))
    assert not reader.take_in(changes.next(line(1, 2, 3)))
    changes.forget()
    assert reader.take_in(changes.next(line(1, 2, 3)))
    assert_same(reader.figure(), line(1, 2, 3))


def test_a_reader_who_asked_for_all_and_misses_that_too_gets_it_again():
    changes, reader = FigureChanges(), Reader()
    changes.next(line(1))
    changes.forget()
    changes.next(line(1, 2))
    assert reader.take_in(changes.next(line(1, 2, 3)))
    assert_same(reader.figure(), line(1, 2, 3))


def test_a_reader_who_has_another_figure_does_not_mix_them():
    first, second, reader = FigureChanges(), FigureChanges(), Reader()
    reader.take_in(first.next(line(1)))
    second.next(line(7))
    assert not reader.take_in(second.next(line(7, 8)))


def test_a_reader_who_missed_it_notices_even_where_nothing_changed_since():
    changes, reader = FigureChanges(), Reader()
    reader.take_in(changes.next(line(1)))
    changes.next(line(1, 2))
    assert not reader.take_in(changes.next(line(1, 2)))


def test_names_along_an_axis_are_handed_out_whole():
    bars = go.Figure({"data": [{"type": "bar", "x": ["cat", "dog"], "y": [1, 2]}]})
    reader = Reader()
    reader.take_in(FigureChanges().next(bars))
    assert list(reader.figure().data[0].x) == ["cat", "dog"]


ROWS_AN_EPOCH = 52


def tables_at(epoch, extra_rows):
    """Steps and history of a long training in the middle of an epoch, as a follower gives them."""
    count = (epoch - 1) * ROWS_AN_EPOCH + extra_rows
    number = np.arange(count)
    steps = pd.DataFrame(
        {
            "epoch": number // ROWS_AN_EPOCH + 1,
            "step": number % ROWS_AN_EPOCH * 16 + 16,
            "steps": ROWS_AN_EPOCH * 16,
            "loss": 2 / (number + 1),
            "accuracy": 1 - 1 / (number + 1),
            "learning_rate": 1e-3 * 0.9999**number,
        }
    )
    epochs = np.arange(1, epoch)
    history = pd.DataFrame({"epoch": epochs, "learning_rate": 1e-3})
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        history[name] = 1 / (epochs + 1)
    return steps, history


def bytes_of_ticks(epoch, ticks=10):
    """Mean size of what a page that is open already gets a tick: four rows more each time."""
    changes = [FigureChanges() for _ in range(3)]
    sizes = []
    for tick in range(ticks + 1):
        steps, history = tables_at(epoch, 4 + 4 * tick)
        figures = [
            curve_figure("loss", steps, history, watched="validation", best_epoch=epoch - 1),
            curve_figure("accuracy", steps, history, watched="validation", best_epoch=epoch - 1),
            rate_figure(steps, history),
        ]
        sizes.append(sum(size(one.next(figure)) for one, figure in zip(changes, figures, strict=True)))
    return np.mean(sizes[1:])


@pytest.mark.parametrize("epoch", [100, 500])
def test_a_tick_late_in_a_long_training_carries_no_more_than_an_early_one(epoch):
    early, late = bytes_of_ticks(2), bytes_of_ticks(epoch)
    assert late <= early * 1.02
    assert late < 3000
