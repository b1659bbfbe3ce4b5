"""A run in the hands of a person, in a real browser: pause, reload, resume, another learning rate, more epochs."""

import re
import time

import psutil
from playwright.sync_api import Locator, Page, expect

from cnn_core.runs.directory import Run
from tests.e2e.conftest import Server
from tests.e2e.journeys import (
    choose_digits,
    set_number,
    settled,
    shown_run,
    start_training,
    stop_button,
    train_digits,
    wait_for_points,
)
from tests.fixtures import wait_for

# What the worker may use while it is paused: it looks for requests and says that it lives.
PAUSED_CPU_SHARE = 0.05
# On indigo, and on the lighter indigo of the dark theme.
WHITE_THEN_BLACK = ["color(srgb 1 1 1)", "color(srgb 0 0 0)"]
MARKS = "() => document.querySelector('.cnn-lab-chart')?._fullLayout?.shapes?.length ?? 0"


def test_a_run_is_paused_resumed_given_another_rate_and_more_epochs(visit, server: Server):
    page: Page = visit("/train?view=setup")
    train_digits(page, epochs=400)
    wait_for_points(page, 3)
    run = Run(server.runs / shown_run(page))

    page.get_by_role("button", name="Pause", exact=True).click()
    wait_for(lambda: run.status().state == "paused", run)
    expect(page.get_by_text(re.compile(r"Paused at epoch .* It uses no processor"))).to_be_visible()
    assert _cpu_share(run, seconds=3.0) < PAUSED_CPU_SHARE
    rows = len(run.steps())

    page.reload()
    resume = page.get_by_role("button", name="Resume", exact=True)
    expect(resume).to_be_visible()
    assert run.status().state == "paused"
    assert len(run.steps()) == rows
    resume.click()
    wait_for(lambda: len(run.steps()) > rows, run)
    expect(page.get_by_text(re.compile("Training: epoch"))).to_be_visible()

    page.get_by_role("button", name="Learning rate", exact=False).click()
    page.get_by_label("New learning rate", exact=True).fill("0.0002")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Set", exact=True).click()
    wait_for(lambda: any(event.action == "learning-rate" and event.value == 0.0002 for event in run.events()), run)
    page.keyboard.press("Escape")
    # Pause and resumption are one mark, as they happened at one place; the rate is another.
    page.wait_for_function(f"() => ({MARKS})() >= 2")

    stop_button(page).click()
    page.get_by_text(re.compile("Stopped in epoch")).wait_for(timeout=60_000)
    finished = len(run.history())
    page.get_by_role("button", name="Train more epochs").click()
    set_number(page, "Epochs", 2)
    # A dialog lies outside of what has Streamlit's colour scheme.
    assert _text_in_both_themes(page, page.get_by_role("button", name="Train", exact=True)) == WHITE_THEN_BLACK
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text(re.compile("Finished after")).wait_for(timeout=120_000)
    assert len(run.history()) == finished + 2
    assert "continued" in [event.action for event in run.events()]
    assert run.has_report


def test_a_run_learns_from_a_finished_one(visit, server: Server):
    page: Page = visit("/train?view=setup")
    train_digits(page, epochs=2)
    page.get_by_text(re.compile("Finished after")).wait_for(timeout=120_000)
    teacher = Run(server.runs / shown_run(page))

    page.goto(page.url.split("?")[0] + "?view=setup")
    choose_digits(page)
    set_number(page, "Epochs", 2)
    page.get_by_role("tab", name="Training").click()
    settled(page)
    # A list that is opened while the page still scrolls closes at once.
    teachers = page.get_by_role("combobox", name="Teacher networks")
    teachers.scroll_into_view_if_needed()
    settled(page)
    teachers.click()
    page.get_by_role("option", name=re.compile(rf"· {teacher.id[-4:]}$")).click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("They are asked about every training image once")).to_be_visible()
    settled(page)
    # Were it larger with the focus, the press that takes the focus would move the button from under the pointer.
    box = page.get_by_test_id("stMultiSelectTagsContainer").filter(has=teachers)
    with_focus = _heights(page, box)
    teachers.blur()
    assert with_focus == _heights(page, box)
    teachers.focus()
    assert _text_in_both_themes(page, box.locator("[data-tag] span").first) == WHITE_THEN_BLACK
    start_training(page)
    page.get_by_text(re.compile("Finished after")).wait_for(timeout=120_000)
    expect(page.get_by_text(re.compile("1 teacher network ·"))).to_be_visible()
    student = Run(server.runs / shown_run(page))
    assert student.record().training.teachers == (teacher.id,)
    assert len(student.teacher_probabilities()) == student.status().train_count


def _text_in_both_themes(page: Page, element: Locator) -> list[str]:
    """The colour of an element's text by day and by night."""
    colours = []
    for theme in ("light", "dark", "light"):
        page.emulate_media(color_scheme=theme)
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", theme)
        settled(page)
        colours.append(element.evaluate("element => getComputedStyle(element).color"))
    return colours[:2]


def _heights(page: Page, box: Locator) -> list[float]:
    """Of a list of chosen things, in windows in which one more fits into its row, or does not."""
    heights = []
    for width in range(1200, 1360, 16):
        page.set_viewport_size({"width": width, "height": 900})
        heights.append(box.evaluate("box => box.getBoundingClientRect().height"))
    page.set_viewport_size({"width": 1280, "height": 900})
    return heights


def _cpu_share(run: Run, seconds: float) -> float:
    """Of one processor, what the run's worker uses in some seconds."""
    (worker,) = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "train-run" in (process.info["cmdline"] or []) and str(run.path) in process.info["cmdline"]
    ]
    before = sum(worker.cpu_times()[:2])
    time.sleep(seconds)
    return (sum(worker.cpu_times()[:2]) - before) / seconds
