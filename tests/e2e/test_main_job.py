"""The main job in a real browser: train on real images, watch, evaluate, ask a cell, classify a picture."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server
from tests.e2e.journeys import (
    POINTS_DRAWN,
    choose,
    draw_shirt,
    matrix_cell,
    set_number,
    settled,
    shown_run,
    start_training,
    stop_button,
    train_digits,
    wait_for_points,
)


@pytest.mark.real_data
def test_an_epoch_of_fashion_mnist_from_the_start_button_to_a_drawn_shirt(visit, tmp_path: Path):
    page: Page = visit("/train")
    choose(page, "Network", "Tutorial CNN")
    settled(page)
    set_number(page, "Epochs", 1)
    start_training(page)
    wait_for_points(page, 2)
    drawn = page.evaluate(POINTS_DRAWN)
    wait_for_points(page, drawn + 2)

    page.get_by_text(re.compile(r"Finished after")).wait_for(timeout=240_000)
    page.get_by_test_id("stMain").get_by_role("link", name="Evaluate").click()

    page.get_by_role("heading", name="Confusion matrix").wait_for()
    accuracy = float(page.get_by_test_id("stMetricValue").first.inner_text().rstrip("%"))
    assert 80 < accuracy < 95
    settled(page)
    matrix_cell(page, "Shirt", "T-shirt/top").click()
    page.wait_for_url(re.compile(r"true=Shirt&predicted=T-shirt"))
    tiles = page.locator(".cnn-lab-tiles button")
    expect(tiles.first).to_contain_text("true: Shirt")
    # Words do not break at the hyphen.
    expect(tiles.first).to_contain_text("predicted: T\N{NON-BREAKING HYPHEN}shirt/top")
    sure = [float(text.split("%")[0]) for text in tiles.locator("span:nth-of-type(2)").all_inner_texts()]
    assert sure == sorted(sure, reverse=True)
    assert tiles.first.locator("img").evaluate("image => image.naturalWidth") == 28

    page.get_by_role("link", name="Classify", exact=True).click()
    shirt = tmp_path / "shirt.png"
    pixels = np.full((200, 160, 3), 250, np.uint8)
    pixels[20:180, 45:115] = pixels[20:80, 10:150] = (40, 60, 120)
    Image.fromarray(pixels).save(shirt)
    page.locator("input[type=file]").set_input_files(shirt)
    answer = page.locator(".cnn-lab-answer")
    answer.wait_for(timeout=60_000)
    assert answer.locator("li").count() == 3

    page.get_by_role("radio", name="Draw").click()
    expect(page.get_by_text("the answer appears here while you draw")).to_be_visible()
    draw_shirt(page)
    expect(answer.locator("li")).to_have_count(3)


def test_a_run_survives_another_page_a_reload_a_second_tab_and_a_restart_of_the_server(visit, server: Server):
    page: Page = visit("/train")
    train_digits(page, epochs=400)
    wait_for_points(page, 2)
    run = shown_run(page)

    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_text(re.compile("fast on Digits 8×8 is running"))).to_be_visible()
    page.get_by_role("link", name="Train", exact=True).click()
    expect(stop_button(page)).to_be_visible()
    page.reload()
    wait_for_points(page, 2)

    server.stop()
    server.start()
    page.goto(f"{server.url}/train")
    wait_for_points(page, 4)
    page.wait_for_url(re.compile(run))
    drawn = page.evaluate(POINTS_DRAWN)
    wait_for_points(page, drawn + 2)

    second = page.context.new_page()
    second.goto(f"{server.url}/train")
    stop_button(second).click()
    expect(page.get_by_text(re.compile("Stopped in epoch"))).to_be_visible(timeout=20_000)
    expect(second.get_by_text(re.compile("Stopped in epoch"))).to_be_visible(timeout=20_000)
    assert (server.runs / run / "model.keras").exists()


def test_a_zoom_survives_the_next_ticks(visit):
    page: Page = visit("/train")
    train_digits(page, epochs=300)
    wait_for_points(page, 3)
    page.evaluate("Plotly.relayout(document.querySelector('.cnn-lab-chart'), {'xaxis.range': [0.25, 0.75]})")
    wait_for_points(page, page.evaluate(POINTS_DRAWN) + 3)
    shown = page.evaluate("document.querySelector('.cnn-lab-chart')._fullLayout.xaxis.range")
    assert shown == [0.25, 0.75]
    stop_button(page).click()
    page.get_by_text(re.compile("Stopped in epoch")).wait_for()


def test_the_main_journey_works_by_keyboard(visit):
    page: Page = visit("/train")
    start = page.get_by_role("button", name="Start training")
    # The browser draws the form after the script has ended; whoever presses Tab before goes past it.
    start.wait_for()
    page.get_by_role("button", name="Move block 1 down").wait_for()
    settled(page)
    _tab_to(page, "Dataset")
    _type_option(page, "Digits")
    settled(page)
    expect(page.get_by_text("1,437 training")).to_be_visible()
    _tab_to(page, "Start training")
    expect(start).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("Finished after")).wait_for(timeout=120_000)
    settled(page)
    _tab_to(page, "Evaluate")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Confusion matrix").wait_for()
    settled(page)
    _tab_to(page, "True class")
    _type_option(page, "8")
    page.wait_for_url(re.compile("true=8"))


def _type_option(page: Page, text: str) -> None:
    """Open the focused select box, type until one option is left, take it."""
    page.keyboard.press("ArrowDown")
    page.get_by_role("option").first.wait_for()
    page.keyboard.type(text, delay=50)
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def _tab_to(page: Page, name: str, most: int = 120) -> None:
    """Press Tab until the focus is on what bears this name, beside the menu."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const e = document.activeElement;"
            # The text of the whole page is no name: BODY has the focus while a focused element is drawn anew.
            " const isControl = ['A', 'BUTTON', 'INPUT'].includes(e.tagName) && e.closest('[data-testid=stMain]');"
            " return isControl ? e.getAttribute('aria-label') || e.innerText || '' : ''; }"
        )
        if name in focused:
            return
    raise AssertionError(f"{most} times Tab did not reach '{name}'")
