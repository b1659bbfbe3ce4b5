"""Learn, as a person uses it: by mouse, and by keyboard alone."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.e2e.journeys import choose, settled


def result_of(page: Page) -> Locator:
    """The map that comes of the window, once it is drawn."""
    paper = page.get_by_role("application")
    paper.locator("canvas").wait_for()
    return paper


def point_at(page: Page, paper: Locator, column: float, row: float, of: int) -> None:
    """Move the pointer to the middle of a place of a square map, counted from 1."""
    area = paper.bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + (column - 0.5) / of * area["width"], area["y"] + (row - 0.5) / of * area["height"])


def test_a_person_slides_a_kernel_over_a_digit_by_mouse(visit: Callable[[str], Page]):
    page = visit("/learn?picture=digits")
    paper, line = result_of(page), page.locator(".cnn-lab-board .line")
    settled(page)
    paper.scroll_into_view_if_needed()
    # The pointer alone moves the window: nothing is asked of the server, so nothing comes into the address.
    point_at(page, paper, 2, 3, of=6)
    expect(line).to_have_text(re.compile("Row 3, column 2: the 9 products add up to"))
    point_at(page, paper, 5, 4, of=6)
    expect(line).to_have_text(re.compile("Row 4, column 5:"))
    assert "at=" not in page.url
    total = line.inner_text().rstrip(".").rpartition(" ")[2]
    page.mouse.down()
    page.mouse.up()
    settled(page)
    expect(page).to_have_url(re.compile("at=4[.]5"))
    expect(page.locator(".cnn-lab-written b")).to_have_text(total)

    # A number of the kernel is typed; Back takes it back.
    cell = page.get_by_label("kernel, row 2, column 2")
    cell.fill("nonsense")
    cell.press("Enter")
    expect(page.get_by_text("which is no number")).to_be_visible()
    cell.fill("3")
    cell.press("Enter")
    settled(page)
    expect(page.get_by_text("which is no number")).to_have_count(0)
    expect(page).to_have_url(re.compile("kernel=own"))
    page.go_back()
    settled(page)
    expect(page.get_by_label("kernel, row 2, column 2")).to_have_value("0")

    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("button", name="Show all")).to_be_hidden()

    page.get_by_role("button", name=re.compile("Take every third")).click()
    settled(page)
    expect(page).to_have_url(re.compile("stride=3"))
    page.get_by_role("tab", name="Pooling").click()
    expect(page.get_by_text("does not fit")).to_have_count(0)
    expect(page.get_by_text(re.compile("Feature map after ReLU")).first).to_be_visible()


def test_a_person_reads_a_sum_by_keyboard_alone(visit: Callable[[str], Page]):
    page = visit("/learn?picture=digits&at=1.1")
    paper, line = result_of(page), page.locator(".cnn-lab-board .line")
    settled(page)
    paper.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "End"):
        page.keyboard.press(key)
    expect(line).to_have_text(re.compile("Row 3, column 6:"))
    expect(line).to_have_attribute("aria-live", "polite")
    expect(page).to_have_url(re.compile("at=1[.]1"))
    page.keyboard.press("Enter")
    settled(page)
    expect(page).to_have_url(re.compile("at=3[.]6"))
    expect(paper).to_be_focused()
    # From the map one comes to the buttons, and steps.
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Step")).to_be_focused()
    page.keyboard.press("Enter")
    expect(line).to_have_text(re.compile("Row 4, column 1:"))

    page.get_by_role("tab", name="Convolution").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settled(page)
    expect(page).to_have_url(re.compile("show=Activation"))
    expect(page.get_by_role("heading", name="Decide what counts")).to_be_visible()


def test_the_window_that_plays_goes_row_by_row_for_who_wants_little_motion(visit: Callable[[str], Page], page: Page):
    page.emulate_media(reduced_motion="reduce")
    visit("/learn?picture=digits&at=1.1")
    result_of(page)
    settled(page)
    page.get_by_role("button", name="Play", exact=True).click()
    # Ends of rows only.
    expect(page.locator(".cnn-lab-board .line")).to_have_text(re.compile("Row 2, column 6:"))
    page.get_by_role("button", name="Stop", exact=True).click()


def test_the_answer_follows_the_temperature(visit: Callable[[str], Page]):
    page = visit("/learn?picture=digits&show=Answer")
    best = page.locator(".cnn-lab-answer-sums tr.best td.bar i")
    best.wait_for(timeout=60_000)
    settled(page)
    before = best.evaluate("(bar) => bar.style.width")
    page.get_by_role("button", name="Make it doubt").click()
    settled(page)
    expect(page).to_have_url(re.compile("temperature=4"))
    after = best.evaluate("(bar) => bar.style.width")
    assert float(after.rstrip("%")) < float(before.rstrip("%"))
    # A list closes when the page scrolls under it, as it would for the click.
    page.get_by_role("combobox", name="Class").scroll_into_view_if_needed()
    settled(page)
    choose(page, "Class", "Bag")
    settled(page)
    expect(page).to_have_url(re.compile("class=Bag"))
    expect(page.get_by_role("rowheader", name="logit of Bag")).to_be_visible()


def test_a_person_follows_a_number_of_the_showcase_back(visit: Callable[[str], Page]):
    page = visit("/learn?picture=digits&show=Your+network&run=showcase")
    paper, line = page.get_by_role("application"), page.locator(".cnn-lab-lens .line")
    paper.locator("canvas").wait_for(timeout=60_000)
    settled(page)
    # Along the network by keyboard.
    chosen = page.locator(".cnn-lab-strip button[aria-current]")
    chosen.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("layer=block1_relu"))
    expect(page.get_by_role("heading", name="ReLU")).to_be_visible()
    expect(chosen).to_be_focused()
    settled(page)

    # A number by mouse: the pointer alone asks nothing of the server.
    paper.scroll_into_view_if_needed()
    point_at(page, paper, 3, 4, of=14)
    expect(line).to_have_text(re.compile(r"Row 4, column 3: .* It sees 4 × 4 pixels"))
    assert "at=" not in page.url
    page.mouse.down()
    page.mouse.up()
    expect(page).to_have_url(re.compile("at=4[.]3"))
    settled(page)
    for layer in ("block1_norm", "block1_pool", "block1_conv", "scale", "image"):
        page.get_by_role("button", name="Follow it back").click()
        expect(page).to_have_url(re.compile(f"layer={layer}"))
        settled(page)
    expect(page.get_by_text("brightness =")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("layer=scale"))
