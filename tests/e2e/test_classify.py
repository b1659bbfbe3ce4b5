"""The ways in of the Classify page in a real browser: many pictures, a ZIP, the clipboard, a test image, the camera."""

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server
from tests.e2e.journeys import settled

PUT_INTO_CLIPBOARD = """async () => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 90, height: 120});
  const paper = canvas.getContext('2d');
  paper.fillStyle = '#fff';
  paper.fillRect(0, 0, 90, 120);
  paper.fillStyle = '#246';
  paper.fillRect(25, 20, 40, 85);
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
  await navigator.clipboard.write([new ClipboardItem({'image/png': blob})]);
}"""


def shirt(path: Path, colour=(40, 60, 120)) -> Path:
    pixels = np.full((200, 160, 3), 250, np.uint8)
    pixels[20:180, 45:115] = pixels[20:80, 10:150] = colour
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two pictures, what is none, and a ZIP with a picture and what is none."""
    broken, archive = tmp_path / "broken.png", tmp_path / "more.zip"
    broken.write_text("no picture")
    pictures = [shirt(tmp_path / "blue.png"), shirt(tmp_path / "red.png", (180, 30, 40))]
    with zipfile.ZipFile(archive, "w") as content:
        content.write(pictures[0], "folder/inner.png")
        content.writestr("../evil.txt", "words")
    return [*pictures, broken, archive]


def click_row(page: Page, row: int) -> None:
    """Click the name of the file in a row of the table."""
    table = page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    area = table.bounding_box()
    assert area is not None
    page.mouse.click(area["x"] + 250, area["y"] + 38 + 60 * row + 30)


def test_many_pictures_and_a_zip_become_a_table_whose_rows_open(visit, files: list[Path], axe):
    page: Page = visit("/classify")
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_text("5 pictures: 3 answered")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("2 not answered")).to_be_visible()
    expect(page.locator(".cnn-lab-answer")).to_have_count(0)

    click_row(page, 1)
    expect(page.get_by_role("heading", name="red.png")).to_be_visible()
    expect(page.locator(".cnn-lab-answer")).to_be_visible()
    settled(page)
    assert axe(page, exclude=["[data-testid=stDataFrame]"]) == []

    # By keyboard, from there: the table opens what is under the cursor.
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("heading", name="broken.png")).to_be_visible()
    expect(page.get_by_text("'broken.png' is a text file")).to_be_visible()

    page.get_by_role("radio", name="Not answered").click()
    settled(page)
    click_row(page, 1)
    expect(page.get_by_role("heading", name="more.zip/../evil.txt")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("^.*CSV of these")).click()
    assert "more.zip/../evil.txt" in download.value.path().read_text(encoding="utf-8-sig")


def test_pictures_of_the_clipboard_join_those_that_were_dropped(visit):
    page: Page = visit("/classify")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(PUT_INTO_CLIPBOARD)
    page.get_by_role("button", name="Paste from the clipboard").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".cnn-lab-answer")).to_be_visible(timeout=90_000)
    page.keyboard.press("Control+v")
    expect(page.get_by_text("2 pictures: 2 answered")).to_be_visible()
    page.evaluate("navigator.clipboard.writeText('words')")
    page.keyboard.press("Control+v")
    expect(page.get_by_text("There is no picture in the clipboard.")).to_be_visible()


def test_what_is_asked_for_stays_in_the_address_over_a_page_switch_and_a_reload(visit):
    page: Page = visit("/classify?run=showcase&way=camera")
    expect(
        page.get_by_text(re.compile("camera that the browser can see|asks whether this page|settings of"))
    ).to_be_visible()
    page.get_by_role("link", name="Home", exact=True).click()
    page.wait_for_url(lambda url: "classify" not in url)
    settled(page)
    page.get_by_role("link", name="Classify", exact=True).click()
    page.wait_for_url(re.compile(r"/classify\?run=showcase&way=camera"))
    page.reload()
    expect(page.get_by_role("radio", name="Camera")).to_be_checked()


@pytest.mark.real_data
def test_a_test_image_has_its_label_beside_the_answer_and_another_one_comes(page: Page, server: Server):
    # Not visit(): reading the dataset and loading the network may take longer than a page may.
    page.goto(f"{server.url}/classify?run=showcase&way=test-image&image=0")
    expect(page.get_by_text("Test image 0 is labelled Ankle boot")).to_be_visible(timeout=90_000)
    expect(page.locator(".cnn-lab-answer")).to_be_visible()
    page.get_by_text("Only those that it got wrong").click()
    expect(page.get_by_text(re.compile("the network took it for"))).to_be_visible()
    settled(page)
    before = page.url
    page.get_by_role("button", name="Another").click()
    page.wait_for_url(lambda url: url != before)


def test_what_a_person_says_of_an_answer_is_kept_shown_and_taken_away(visit, tmp_path: Path, axe):
    page: Page = visit("/classify?run=showcase")
    page.locator("input[type=file]").set_input_files(shirt(tmp_path / "mine.png"))
    expect(page.locator(".cnn-lab-answer")).to_be_visible(timeout=90_000)
    page.get_by_role("combobox", name="Wrong: it is a …").click()
    page.get_by_role("option", name="Sandal").click()
    expect(page.get_by_text("Kept as Sandal")).to_be_visible()

    page.get_by_test_id("stExpander").last.get_by_text("Feedback").click()
    expect(page.get_by_text("1 picture with the class that a person named.")).to_be_visible()
    settled(page)
    assert axe(page, exclude=["[data-testid=stDataFrame]"]) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download ZIP").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        name, labels = archive.namelist()
        assert (name.split("/")[0], labels) == ("Sandal", "labels.csv")
        with archive.open(name) as file:
            assert np.array_equal(np.asarray(Image.open(file)), np.asarray(Image.open(tmp_path / "mine.png")))

    page.get_by_role("button", name="Delete all…").click()
    page.get_by_role("button", name="Delete all", exact=True).click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Right", exact=True)).to_be_visible()
