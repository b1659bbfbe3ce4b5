"""The learning-rate test on a page: offered, under way, its curve, and the rate that goes into the form."""

import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.jobs.job import JobStatus
from cnn_core.runs.measurements import RateRange
from cnn_core.runs.probes import find_probe, start_probe
from tests.app.conftest import TIMEOUT_SECONDS
from tests.app.reading import words_of
from tests.fixtures import digits_config
from tests.measured import end

# No process is started.
pytestmark = pytest.mark.usefixtures("processes")

RATES = tuple(np.geomspace(1e-6, 1, 150).tolist())
LOSSES = tuple((2.3 - 1.5 * np.exp(-((np.log10(RATES) + 2) ** 2))).tolist())
SUGGESTED = "The loss was lowest, 0.80, at a rate of 0.01. A tenth of it, 0.001, still learns fast."
RANGE = RateRange(rates=RATES, losses=LOSSES, smoothed=LOSSES, suggested=1e-3, explanation=SUGGESTED, is_cut_off=False)


def _page(rate):
    import streamlit as st

    from pages.parts.rate_range_view import rate_range_view
    from tests.fixtures import digits_config

    st.session_state.setdefault("taken", [])
    chosen = rate_range_view(digits_config(training={"learning_rate": rate}))
    if chosen is not None:
        st.session_state["taken"].append(chosen)


def _page_on_imagenet():
    from cnn_core.data.catalogue import dataset_card
    from cnn_core.models.transfer_settings import imagenet_config
    from pages.parts.rate_range_view import rate_range_view

    rate_range_view(imagenet_config(dataset_card("digits")))


def page(rate=0.01):
    return AppTest.from_function(_page, default_timeout=TIMEOUT_SECONDS, kwargs={"rate": rate}).run()


def button(app, label):
    (found,) = [button for button in app.button if button.label == label]
    return found


def finish(result=RANGE):
    end(start_probe("rate-range", digits_config()), result)


def test_the_test_is_offered_started_and_cancelled(processes):
    app = page()
    button(app, "Test learning rates").click().run()
    assert processes[0][0] == "probe"
    assert app.get("progress")[0].proto.text.startswith("Testing learning rates")
    button(app, "Cancel").click().run()
    assert button(app, "Test learning rates")
    assert find_probe("rate-range", digits_config()) is None


def test_the_curve_is_shown_and_explained():
    finish()
    app = page()
    assert "rate-range" in [getattr(element, "key", None) for element in app.main]
    assert "A tenth of it, 0.001, still learns fast." in words_of(app).replace("\\", "")


def test_the_suggested_rate_is_handed_over_once():
    finish()
    app = page()
    button(app, "Use this rate: 0.001").click().run()
    assert app.session_state["taken"] == [1e-3]
    app.run()
    assert app.session_state["taken"] == [1e-3]


def test_a_rate_that_is_set_already_is_not_offered():
    finish()
    assert button(page(rate=1e-3), "This rate is set").disabled


def test_without_a_suggestion_there_is_nothing_to_use():
    finish(RANGE.model_copy(update={"suggested": None, "explanation": "The loss stayed. Nothing to read."}))
    app = page()
    assert [button.label for button in app.button] == ["Test again"]
    assert "Nothing to read." in words_of(app)


def test_a_test_that_failed_is_told_with_a_way_on(processes):
    probe = start_probe("rate-range", digits_config())
    probe.write_status(JobStatus(state="failed", heartbeat=time.time(), error="There is no run 'x'."))
    app = page()
    assert "There is no run 'x'." in app.error[0].value
    button(app, "Test again").click().run()
    assert len(processes) == 2


def test_a_test_on_weights_that_are_not_here_is_not_offered(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    app = AppTest.from_function(_page_on_imagenet, default_timeout=TIMEOUT_SECONDS).run()
    assert button(app, "Test learning rates").disabled
    assert "The ImageNet weights of MobileNetV2 are not on this machine" in words_of(app)
