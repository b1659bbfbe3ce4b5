"""The map of a dataset's images in a real browser: an image under the pointer, by the keys, by a click."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

Visit = Callable[..., Page]


def test_the_image_under_the_pointer_is_shown_and_a_click_opens_it(
    visit: Visit, axe: Callable[[Page], list[str]]
) -> None:
    page = visit("/data?dataset=digits&show=Map")
    canvas, card = page.locator(".cnn-lab-map .stage > canvas"), page.locator(".cnn-lab-map .card")
    expect(card).to_be_hidden()
    box = canvas.bounding_box()
    assert box
    # Somewhere on the line through the middle there is one.
    for place in range(60):
        page.mouse.move(box["x"] + 100 + 8 * place, box["y"] + box["height"] / 2)
        if card.is_visible():
            break
    expect(card).to_contain_text("training image")
    number = card.inner_text().rsplit(" ", 1)[1].replace(",", "")
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_contain_text(f"{int(number):,}")
    assert f"image={number}" in page.url
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert axe(page) == []


def test_the_map_is_walked_by_the_arrow_keys(visit: Visit) -> None:
    page = visit("/data?dataset=digits&show=Map")
    canvas, card = page.locator(".cnn-lab-map .stage > canvas"), page.locator(".cnn-lab-map .card")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(card).to_contain_text("training image")
    first = card.inner_text()
    page.keyboard.press("ArrowRight")
    expect(card).not_to_have_text(first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_the_map_is_zoomed_and_moved_and_a_class_stands_alone(visit: Visit) -> None:
    page = visit("/data?dataset=digits&show=Map")
    canvas, legend = page.locator(".cnn-lab-map .stage > canvas"), page.locator(".cnn-lab-map .legend button")
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
    box = canvas.bounding_box()
    assert box
    for _ in range(6):
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] - 20, steps=4)
        page.mouse.up()
    # A drag opens nothing.
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Show the images themselves").click()
    page.get_by_role("button", name="Reset").click()
    drawn = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
    page.wait_for_timeout(200)
    assert canvas.evaluate(drawn)
    legend.nth(3).click()
    expect(legend.nth(3)).to_have_attribute("aria-pressed", "true")
