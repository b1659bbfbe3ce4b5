"""Drawing in a real browser: strokes with the mouse, the answer while one draws, and all the controls."""

import base64
import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.journeys import SEEN, draw_shirt, empty_canvas, seen, settled, stroke


@pytest.fixture
def canvas(visit: Callable[[str], Page]) -> Page:
    """The page with an empty canvas."""
    return empty_canvas(visit)


def seen_anew(page: Page, before: str) -> str:
    """What the network saw, once it is another than before."""
    expect(page.locator(SEEN)).not_to_have_attribute("src", before)
    return seen(page)


def pixels(address: str) -> np.ndarray:
    """The pixels of an image inside an address, (H, W) int64."""
    content = base64.b64decode(address.partition("base64,")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("L"), np.int64)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_the_answer_follows_each_stroke_and_what_is_undone_is_undone(canvas: Page):
    page = canvas
    expect(page.get_by_text("the answer appears here while you draw")).to_be_visible()
    expect(button(page, "Undo")).to_be_disabled()
    draw_shirt(page)
    expect(page.locator(".cnn-lab-answer li")).to_have_count(3, timeout=60_000)
    outline = seen(page)

    stroke(page, (140, 100), (140, 235))
    with_stripe = seen_anew(page, outline)
    button(page, "Undo").click()
    expect(page.locator(SEEN)).to_have_attribute("src", outline)
    expect(button(page, "Redo")).to_be_enabled()
    button(page, "Redo").click()
    expect(page.locator(SEEN)).to_have_attribute("src", with_stripe)
    settled(page)

    page.get_by_role("radio", name="Eraser").click()
    settled(page)
    stroke(page, (20, 200), (260, 200))
    erased = seen_anew(page, with_stripe)
    # On dark paper the same is drawn in light ink, and the network sees the same, but for the rounding of smooth edges.
    picture = page.locator("ol.cnn-lab-strip li").first.locator("img")
    light = picture.get_attribute("src") or ""
    page.get_by_role("radio", name="Light on dark").click()
    expect(picture).not_to_have_attribute("src", light)
    settled(page)
    assert np.abs(pixels(seen(page)) - pixels(erased)).max() <= 3

    button(page, "Clear").click()
    expect(page.get_by_text("the answer appears here while you draw")).to_be_visible()
    expect(page.locator(".cnn-lab-answer")).to_have_count(0)
    settled(page)
    page.get_by_role("radio", name="Brush").click()
    settled(page)
    stroke(page, (60, 60), (220, 220))
    expect(page.locator(".cnn-lab-answer li")).to_have_count(3)


def test_a_drawing_is_there_again_after_another_page(canvas: Page):
    page = canvas
    draw_shirt(page)
    expect(page.locator(".cnn-lab-answer li")).to_have_count(3, timeout=60_000)
    before = seen(page)
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    page.go_back()
    page.locator("canvas").last.wait_for()
    expect(page.locator(SEEN)).to_have_attribute("src", before)
    settled(page)
    stroke(page, (140, 100), (140, 235))
    two = seen_anew(page, before)
    button(page, "Undo").click()
    expect(page.locator(SEEN)).to_have_attribute("src", before)
    assert two != before


def test_a_step_is_decided_by_hand_and_handed_back(canvas: Page):
    page = canvas
    draw_shirt(page)
    expect(page.locator(".cnn-lab-answer li")).to_have_count(3, timeout=60_000)
    automatic = seen(page)
    page.get_by_text("Adjust the steps by hand").click()
    # A list that is open closes when the page is drawn anew.
    settled(page)
    page.get_by_role("combobox", name=re.compile("^What it is")).click()
    page.get_by_role("option", name="A product shot").click()
    expect(page.get_by_text("adjusted by hand")).to_be_visible()
    as_product = seen_anew(page, automatic)
    page.get_by_role("combobox", name=re.compile("^Light and dark")).click()
    page.get_by_role("option", name="As it is").click()
    seen_anew(page, as_product)
    settled(page)
    button(page, "Back to automatic").click()
    expect(page.locator(SEEN)).to_have_attribute("src", automatic)
    expect(page.get_by_text("adjusted by hand")).to_have_count(0)


def test_all_controls_can_be_reached_by_keyboard_and_the_toolbar_of_the_component_cannot(canvas: Page):
    page = canvas
    draw_shirt(page)
    expect(page.locator(".cnn-lab-answer li")).to_have_count(3, timeout=60_000)
    settled(page)
    wanted = {"Undo", "Clear", "Width of the stroke", "Brush", "Dark on light", "Adjust the steps by hand"}
    names = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        names.add(
            page.evaluate(
                "() => { const one = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;"
                " return one.getAttribute('aria-label') ?? one.innerText.split('\\n').pop(); }"
            )
        )
    missing = {want for want in wanted if not any(want in name for name in names)}
    assert not missing, sorted(names)
    assert "Reset canvas & history" not in names
    expect(page.get_by_role("button", name="Undo")).to_have_count(1)


def test_the_canvas_fits_a_narrow_window(visit: Callable[[str], Page], page: Page):
    page.set_viewport_size({"width": 420, "height": 900})
    visit("/classify?way=draw&run=showcase")
    paper = page.locator("canvas").last
    paper.wait_for()
    area = paper.bounding_box()
    assert area is not None
    assert area["x"] >= 0
    assert area["x"] + area["width"] <= 420
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
