"""What is promised in seconds. `make test` runs this file alone: beside other tests, these would be measured too.

Each is the best of several, since a machine that is shared with others delays single ones.
"""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from cnn_core.runs.directory import Run
from tests.e2e.conftest import Server
from tests.e2e.journeys import (
    SEEN,
    draw_shirt,
    empty_canvas,
    seen,
    settled,
    shown_run,
    stop_button,
    stroke,
    train_digits,
)
from tests.fixtures import wait_for

HOME_SECONDS = 1.5
# From the end of a stroke to its answer on the screen.
ANSWER_SECONDS = 0.7
# From the request, on the disk, to the last batch.
PAUSE_SECONDS = 1.0


def test_home_shows_its_first_content_at_once(visit: Callable[[str], Page], server: Server):
    page = visit("/")
    seconds = []
    for _ in range(3):
        tab = page.context.new_page()
        started = time.perf_counter()
        tab.goto(server.url)
        tab.get_by_role("heading", name="CNN Lab").wait_for()
        seconds.append(time.perf_counter() - started)
        tab.close()
    assert min(seconds) < HOME_SECONDS, seconds


def test_a_stroke_is_answered_at_once(visit: Callable[[str], Page]):
    page = empty_canvas(visit)
    draw_shirt(page)
    expect(page.locator(".cnn-lab-answer li")).to_have_count(3, timeout=60_000)
    settled(page)
    seconds = []
    for number in range(6):
        before = seen(page)
        stroke(page, (100 + 12 * number, 110), (100 + 12 * number, 230))
        began = time.perf_counter()
        page.wait_for_function(
            "([seen, before]) => { const image = document.querySelector(seen); return image && image.src !== before; }",
            arg=[SEEN, before],
            polling=20,
        )
        seconds.append(time.perf_counter() - began)
        settled(page)
    assert min(seconds) < ANSWER_SECONDS, seconds


def test_a_training_pauses_at_once(visit: Callable[[str], Page], server: Server):
    page = visit("/train?view=setup")
    train_digits(page, epochs=400)
    run = Run(server.runs / shown_run(page))
    seconds = []
    for _ in range(3):
        # The first epoch compiles the graphs that train and watch; nothing pauses a compiler.
        epochs = len(run.history())
        wait_for(lambda: len(run.history()) > epochs, run)  # noqa: B023
        page.get_by_role("button", name="Pause", exact=True).click()
        wait_for(lambda: run.status().state == "paused", run)
        asked = (run.path / "requests" / "pause").stat().st_mtime
        seconds.append(run.events()[-1].time - asked)
        page.get_by_role("button", name="Resume", exact=True).click()
        wait_for(lambda: run.status().state == "running", run)
    assert min(seconds) < PAUSE_SECONDS, seconds
    stop_button(page).click()
    page.get_by_text(re.compile("Stopped in epoch")).wait_for(timeout=60_000)
