"""The price beside the start button: what is known, what is measured, what went wrong; no process is started."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.jobs.job import JobStatus
from cnn_core.runs.probes import find_probe, start_probe
from tests.app.conftest import TIMEOUT_SECONDS
from tests.app.reading import words_of
from tests.fixtures import digits_config
from tests.measured import MEASURED, end

# No process is started.
pytestmark = pytest.mark.usefixtures("processes")


def _page(**training):
    from pages.parts.price_view import price_view
    from tests.fixtures import digits_config

    price_view(digits_config(training=training))


def page(**training):
    return AppTest.from_function(_page, default_timeout=TIMEOUT_SECONDS, kwargs=training).run()


def labels_of(app):
    return [button.label for button in app.button]


def test_parameters_and_multiply_adds_are_known_before_anything_is_measured():
    app = page()
    # 64·256 + 256·128 + 128·10
    assert "50,826 parameters · 50.4 k multiply-adds an image" in words_of(app)
    assert labels_of(app) == ["Measure time and memory"]


def test_measuring_starts_a_process_and_shows_how_far_it_is(processes):
    app = page()
    app.button[0].click().run()
    assert len(processes) == 1
    assert labels_of(app) == ["Cancel"]
    find_probe("price", digits_config()).write_status(JobStatus(heartbeat=time.time(), share=0.55))
    app.run()
    assert app.get("progress")[0].proto.value == 55


def test_another_tab_sees_the_measurement_under_way(processes):
    page().button[0].click().run()
    assert labels_of(page()) == ["Cancel"]
    assert len(processes) == 1


def test_cancelling_brings_the_offer_back():
    app = page()
    app.button[0].click().run()
    app.button[0].click().run()
    assert labels_of(app) == ["Measure time and memory"]
    assert find_probe("price", digits_config()) is None


def test_the_price_is_that_of_the_epochs_in_the_form():
    end(start_probe("price", digits_config()))
    words = words_of(page(epochs=4))
    assert "**1.5 s** an epoch · **13 s** in all" in words
    assert "**600 MB** of memory" in words
    assert "5 s of it until the first step" in words
    assert "kept the processor busy" not in words
    assert "**22 s** in all" in words_of(page(epochs=10))


def test_what_may_make_it_differ_is_said():
    end(start_probe("price", digits_config()), MEASURED.model_copy(update={"is_contended": True}))
    words = words_of(page(patience=3))
    assert "kept the processor busy" in words
    assert "Early stopping may end it sooner" in words


def test_measuring_again_is_possible(processes):
    end(start_probe("price", digits_config()))
    app = page()
    (again,) = [button for button in app.button if button.label == "Measure again"]
    again.click().run()
    assert len(processes) == 2
    assert labels_of(app) == ["Cancel"]


def test_a_failure_is_told_with_a_way_on(processes):
    probe = start_probe("price", digits_config())
    probe.write_status(JobStatus(state="failed", heartbeat=time.time(), error="The memory did not suffice."))
    app = page()
    assert "The memory did not suffice." in app.error[0].value
    app.button[0].click().run()
    assert len(processes) == 2


def test_a_result_that_cannot_be_read_is_told():
    probe = start_probe("price", digits_config())
    end(probe)
    (probe.path / "result.json").write_text("{half")
    app = page()
    assert "cannot be read" in app.error[0].value
    assert labels_of(app) == ["Measure again"]
    assert not app.exception
