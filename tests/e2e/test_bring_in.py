"""From a ZIP that is dropped to a dataset that can be trained on, in a real browser."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.journeys import settled
from tests.own_sources import class_folders

# More than the pages' other uploads may have: a dataset has a limit of its own.
MEGABYTES = 60


def test_a_dropped_zip_becomes_a_dataset(
    visit: Callable[[str], Page], tmp_path: Path, axe: Callable[..., list[str]]
) -> None:
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in class_folders(("cat", "dog"), 40).items():
            archive.writestr(name, content)
        archive.writestr("cat/words.jpg", bytes(MEGABYTES * 2**20))
    page = visit("/data?dataset=bring-in")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text("81 pictures in 2 classes").wait_for(timeout=60_000)
    settled(page)
    expect(page.locator("ul.cnn-lab-becomes li")).to_have_count(8)
    assert axe(page) == []
    page.get_by_label("Title", exact=True).fill("Our pets")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Name", exact=True)).to_have_value("our-pets")
    page.get_by_role("button", name="Bring them in").click()
    page.get_by_text("80 images of 2 classes").wait_for(timeout=60_000)
    address = page.url
    page.get_by_role("button", name="Look at it").click()
    page.wait_for_url("**/data?dataset=our-pets*")
    # A link, or a reload, finds what came out.
    page.goto(address)
    page.get_by_text("1 file was left out").wait_for()
    page.get_by_role("button", name="Train on it").click()
    page.wait_for_url("**/train*")
    page.get_by_text("64 training and 16 test images, 2 classes").wait_for()
