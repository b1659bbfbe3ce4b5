"""What the journeys have in common: the moves of a person on the pages."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

# The number of points in the first curve of the Train page, as the browser drew it.
POINTS_DRAWN = "() => document.querySelector('.cnn-lab-chart')?._fullData?.[0]?.x?.length ?? 0"
# On Classify, the image that the network saw.
SEEN = "ol.cnn-lab-strip li:last-child img"


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a select box."""
    page.get_by_role("combobox", name=re.compile(f"^{label}")).click()
    page.get_by_role("option", name=option).first.click()


def choose_digits(page: Page) -> None:
    """Choose the dataset that is quick to learn, in the form."""
    choose(page, "Dataset", "Digits")
    settled(page)


def set_number(page: Page, label: str, value: int) -> None:
    """Type a number and leave the field."""
    page.get_by_label(label, exact=True).fill(str(value))
    page.keyboard.press("Tab")
    settled(page)


def settled(page: Page) -> None:
    """Wait until the page's script has run to its end."""
    page.wait_for_timeout(300)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def start_training(page: Page) -> None:
    """Press the button and wait until the new run has taken its first steps.

    A short training may be over before the page has looked at it. To be called on the form: Watch may show that an
    earlier run has finished.
    """
    # A button that moves while it is pressed, since what is above it is drawn anew, hears nothing.
    settled(page)
    page.get_by_role("button", name="Start training").click()
    page.get_by_text(re.compile("Training: epoch|Finished after")).first.wait_for(timeout=60_000)


def train_digits(page: Page, epochs: int) -> None:
    """Start a training of digits that is as long as that, from the form."""
    choose_digits(page)
    set_number(page, "Epochs", epochs)
    start_training(page)


def shown_run(page: Page) -> str:
    """The id of the run in the address."""
    found = re.search(r"run=([\w-]+)", page.url)
    assert found is not None, page.url
    return found.group(1)


def stop_button(page: Page) -> Locator:
    """The Train page's own; Streamlit shows one of that name in its header while a script runs."""
    return page.get_by_test_id("stMain").get_by_role("button", name="Stop")


def wait_for_points(page: Page, count: int, timeout_ms: int = 60_000) -> None:
    """Wait until the curve has so many points."""
    page.wait_for_function(f"() => ({POINTS_DRAWN})() >= {count}", timeout=timeout_ms)


def matrix_cell(page: Page, true: str, predicted: str) -> Locator:
    """A cell of the confusion matrix, by the names of its classes."""
    return page.get_by_role("gridcell", name=f"true {true}, predicted {predicted}:")


def empty_canvas(visit: Callable[[str], Page]) -> Page:
    """Open the page that answers drawings, by the showcase."""
    page = visit("/classify?way=draw&run=showcase")
    page.locator("canvas").last.wait_for()
    settled(page)
    return page


def stroke(page: Page, *points: tuple[float, float]) -> None:
    """Draw a line through points of the paper, in its pixels."""
    area = page.locator("canvas").last.bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + points[0][0], area["y"] + points[0][1])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(area["x"] + x, area["y"] + y, steps=4)
    page.mouse.up()


def seen(page: Page) -> str:
    """What the network saw, as an address."""
    address = page.locator(SEEN).get_attribute("src")
    assert address
    return address


def draw_shirt(page: Page) -> None:
    """Draw the outline of a T-shirt on the canvas."""
    paper = page.locator("canvas").last
    paper.wait_for()
    area = paper.bounding_box()
    assert area is not None
    outline = [
        (90, 60),
        (30, 120),
        (60, 140),
        (80, 120),
        (80, 240),
        (200, 240),
        (200, 120),
        (220, 140),
        (250, 120),
    ]
    outline += [(190, 60), (140, 80), (90, 60)]
    x, y = area["x"], area["y"]
    page.mouse.move(x + outline[0][0], y + outline[0][1])
    page.mouse.down()
    for dx, dy in outline[1:]:
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
