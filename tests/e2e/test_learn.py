"""Learn, as a person uses it: by mouse, and by keyboard alone."""

import re
from collections.abc import Callable

from playwright.sync_api import JSHandle, Locator, Page, expect

from pages.parts.learn.views import VIEWS
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


def part_of(paper: Locator) -> JSHandle:
    """What draws a map in the browser, cut off from the server until :func:`answer` speaks for that."""
    return paper.evaluate_handle(
        """(paper) => {
            const host = paper.closest('.cnn-lab-board'), part = host.cnnLabBoard ?? host.cnnLabLens;
            const send = part.send;
            part.send = () => {};
            return { part, send };
        }"""
    )


def answer(part: JSHandle, at: list[int]) -> None:
    """Let a place come from the server, counted from 0."""
    part.evaluate("({ part, send }, at) => part.update({ data: { ...part.data, at }, setTriggerValue: send })", at)


def follows_the_newest_choice(page: Page, paper: Locator, line: Locator, of: int) -> None:
    """Choose three places of a square map one after the other, and let the server answer late."""
    part = part_of(paper)
    for column in (2, 3, 4):
        point_at(page, paper, column, 2, of=of)
        page.mouse.down()
        page.mouse.up()
    newest = re.compile("Row 2, column 4:")
    expect(line).to_have_text(newest)
    for column in (1, 2, 3):
        answer(part, [1, column])
        assert newest.match(line.inner_text())
    # Another place than the newest is news now: Back was pressed, or a link followed.
    answer(part, [1, 1])
    expect(line).to_have_text(re.compile("Row 2, column 2:"))


def test_a_person_slides_a_kernel_over_a_digit_by_mouse(visit: Callable[[str], Page]):
    page = visit("/learn?show=Convolution&picture=digits")
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
    follows_the_newest_choice(page, paper, line, of=6)

    # A number of the kernel is typed; Back takes it back.
    cell = page.get_by_label("kernel, row 2, column 2")
    cell.fill("nonsense")
    cell.press("Enter")
    expect(page.get_by_text("which is no number")).to_be_visible()
    cell.fill("3")
    cell.press("Tab")
    settled(page)
    # What came of it was drawn anew meanwhile.
    expect(page.get_by_label("kernel, row 2, column 3")).to_be_focused()
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
    # What came of it is in sight, though the button was far above it.
    expect(page.locator(".st-key-learn-work")).to_be_in_viewport(ratio=0.5)
    page.get_by_role("tab", name="Pooling").click()
    expect(page.get_by_text("does not fit")).to_have_count(0)
    expect(page.get_by_text(re.compile("Feature map after ReLU")).first).to_be_visible()


def test_a_person_reads_a_sum_by_keyboard_alone(visit: Callable[[str], Page]):
    page = visit("/learn?show=Convolution&picture=digits&at=1.1")
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

    page.get_by_role("tab", name="Convolution", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settled(page)
    expect(page).to_have_url(re.compile("show=Activation"))
    expect(page.get_by_role("heading", name="Decide what counts")).to_be_visible()


def test_the_window_that_plays_goes_row_by_row_for_who_wants_little_motion(visit: Callable[[str], Page], page: Page):
    page.emulate_media(reduced_motion="reduce")
    visit("/learn?show=Convolution&picture=digits&at=1.1")
    result_of(page)
    settled(page)
    page.get_by_role("button", name="Play", exact=True).click()
    # Ends of rows only.
    expect(page.locator(".cnn-lab-board .line")).to_have_text(re.compile("Row 2, column 6:"))
    page.get_by_role("button", name="Stop", exact=True).click()


def test_the_answer_follows_the_temperature(visit: Callable[[str], Page]):
    page = visit("/learn?show=Answer&picture=digits")
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
    follows_the_newest_choice(page, paper, line, of=14)
    for layer in ("block1_norm", "block1_pool", "block1_conv", "scale", "image"):
        page.get_by_role("button", name="Follow it back").click()
        expect(page).to_have_url(re.compile(f"layer={layer}"))
        settled(page)
    expect(page.get_by_text("brightness =")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("layer=scale"))


def test_a_teacher_makes_a_link_and_a_pupil_answers_by_keyboard(visit: Callable[[str], Page]):
    page = visit("/learn?picture=digits&q=7")
    settled(page)
    # Start: the network grows by a layer.
    layers = page.get_by_role("list", name="The network so far").get_by_role("listitem")
    expect(layers).to_have_count(1)
    page.get_by_role("button", name="Next step").click()
    expect(layers).to_have_count(2)
    expect(page).to_have_url(re.compile("step=2"))
    # What Streamlit would clear away is there.
    expect(page.get_by_role("img", name=re.compile("^A valley"))).to_be_visible()

    page.get_by_role("button", name="Teacher’s link").click()
    for view in ("Convolution", "Activation", "Answer"):
        page.get_by_test_id("stPopoverBody").get_by_role("button", name=view, exact=True).click()
        settled(page)
    page.get_by_text("The menu of the other pages").click()
    settled(page)
    link = page.get_by_role("link", name="Open a preview").get_attribute("href")
    assert link is not None
    assert link.startswith(page.url.split("?")[0])

    page.goto(link)
    settled(page)
    expect(page.get_by_role("tab")).to_have_count(len(VIEWS.names) - 3)
    expect(page.get_by_role("link", name="Evaluate")).to_have_count(0)
    expect(layers).to_have_count(2)
    page.get_by_role("tab", name="Questions").click()
    expect(page.get_by_text("Question 1 of 5")).to_be_visible()
    settled(page)
    expect(page.get_by_role("tab", name="Questions")).to_be_focused()
    for number in range(1, 6):
        # By the keys, and once by mouse: what is pressed goes, and the focus goes where one reads on.
        if number == 2:
            page.locator("[class*=st-key-question-1-0] button").click()
        else:
            page.keyboard.press("1")
        expect(page.get_by_role("list", name="All choices, explained")).to_be_visible()
        settled(page)
        expect(page.get_by_text(f"Question {number} of 5")).to_be_focused()
        page.keyboard.press("n")
        settled(page)
        expect(page.get_by_text(f"Question {number + 1} of 5" if number < 5 else "All questions")).to_be_focused()
    expect(page.get_by_role("heading", name=re.compile("of 5 right"))).to_be_visible()
    assert "only=" in page.url

    page.get_by_role("button", name="Show everything").click()
    settled(page)
    expect(page.get_by_role("link", name="Evaluate")).to_be_visible()
    expect(page).to_have_url(re.compile("show=Questions"))
    expect(page.get_by_role("heading", name=re.compile("of 5 right"))).to_be_visible()
