"""Asking a confusion matrix in a real browser: cell, gallery, image and back; by mouse, by keyboard, by a link."""

import re
import shutil
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from cnn_core.evaluation.predictions import Predictions
from tests.e2e.conftest import Server
from tests.e2e.journeys import matrix_cell, settled
from tests.fixtures import digits_predictions, finished_run

# What ``digits_predictions`` gets wrong: every 3 is taken for a 5, and one 8 for a 0.
THREES = 37


@pytest.fixture
def run(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The id of a run on the built-in digits; gone afterwards."""
    monkeypatch.setenv("CNN_LAB_RUNS", str(server.runs))
    made = finished_run()
    yield made.id
    shutil.rmtree(made.path)


@pytest.fixture
def other_run(run: str, server: Server) -> Iterator[str]:  # noqa: ARG001 - made in the same folder
    """The id of a run that says 1 for the first 7, and is right where the other one is not; gone afterwards."""
    answers = digits_predictions()
    logits = 9 * np.eye(10, dtype=np.float32)[answers.labels]
    logits[np.flatnonzero(answers.labels == 7)[0]] = 12 * np.eye(10)[1]
    made = finished_run(predictions=Predictions(answers.labels, logits))
    yield made.id
    shutil.rmtree(made.path)


def tiles(page: Page) -> Locator:
    return page.locator(".cnn-lab-tiles button")


def focused(page: Page) -> str:
    """The name of what has the focus."""
    name: str = page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName")
    return name


def tab_to(page: Page, words: str, most: int = 60) -> None:
    """Press Tab until the name of what has the focus begins so."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focused(page).startswith(words):
            return
    raise AssertionError(f"{most} times Tab did not reach '{words}'")


def test_from_a_cell_to_its_images_to_one_of_them_and_back_by_mouse(visit: Callable[[str], Page], run: str):
    page = visit(f"/evaluate?run={run}")
    matrix_cell(page, "3", "5").click()
    expect(page.get_by_role("heading", name=f"{THREES} images of 3 taken for 5")).to_be_visible()
    page.wait_for_url(re.compile("true=3&predicted=5"))
    expect(matrix_cell(page, "3", "5")).to_have_attribute("aria-selected", "true")
    # Until then the tiles of all errors stand there: as many, and most of them true 3, predicted 5 too.
    settled(page)
    expect(tiles(page)).to_have_count(24)
    assert tiles(page).first.locator("img").evaluate("image => image.naturalWidth") == 8
    name = tiles(page).nth(1).get_attribute("aria-label")
    index = re.search(r"test image (\d+): true 3, predicted 5", name or "").group(1)
    tiles(page).nth(1).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.wait_for_url(re.compile(rf"image={index}\b"))
    settled(page)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    settled(page)
    assert "image=" not in page.url
    expect(page.get_by_role("heading", name=f"{THREES} images of 3 taken for 5")).to_be_visible()


def test_the_same_by_keyboard_alone(visit: Callable[[str], Page], run: str):
    page = visit(f"/evaluate?run={run}")
    matrix_cell(page, "0", "0").wait_for()
    settled(page)
    tab_to(page, "true 0, predicted 0:")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", *["ArrowRight"] * 5):
        page.keyboard.press(key)
    assert focused(page).startswith("true 3, predicted 5: 37 images")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"{THREES} images of 3 taken for 5")).to_be_visible()
    settled(page)
    assert focused(page).startswith("true 3, predicted 5"), "the focus survives the answer"

    # The table is one stop of the Tab key: the next is not another cell.
    page.keyboard.press("Tab")
    assert not focused(page).startswith("true")
    tab_to(page, "test image")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    settled(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    settled(page)
    assert "image=" not in page.url


def test_headers_and_the_ends_of_the_table_are_reached_by_keys(visit: Callable[[str], Page], run: str):
    page = visit(f"/evaluate?run={run}")
    matrix_cell(page, "4", "4").click()
    settled(page)
    for key, where in (
        ("End", "true 4, predicted 9:"),
        ("Home", "true 4:"),
        ("Control+End", "true 9, predicted 9:"),
        ("Control+Home", "all classes"),
        ("ArrowUp", "all classes"),
        ("ArrowRight", "predicted 0:"),
    ):
        page.keyboard.press(key)
        assert focused(page).startswith(where), key
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("predicted=0"))
    expect(page.get_by_role("heading", name="1 image wrongly taken for 0")).to_be_visible()
    expect(page.get_by_role("columnheader", name="predicted 0:")).to_have_attribute("aria-selected", "true")


def test_a_link_to_a_cell_opens_it(visit: Callable[[str], Page], run: str):
    page = visit(f"/evaluate?run={run}&true=3&predicted=5&order=least%20confident&page=2")
    expect(page.get_by_role("heading", name=f"{THREES} images of 3 taken for 5")).to_be_visible()
    expect(matrix_cell(page, "3", "5")).to_have_attribute("aria-selected", "true")
    expect(tiles(page)).to_have_count(THREES - 24)
    assert "page=2" in page.url


def test_back_undoes_one_choice_at_a_time(visit: Callable[[str], Page], run: str):
    page = visit(f"/evaluate?run={run}")
    matrix_cell(page, "3", "5").click()
    page.wait_for_url(re.compile("true=3&predicted=5"))
    settled(page)
    page.get_by_test_id("stPagination").get_by_role("button", name="2").first.click()
    page.wait_for_url(re.compile("page=2"))
    expect(tiles(page)).to_have_count(THREES - 24)
    settled(page)
    page.get_by_role("tab", name="By class").click()
    page.wait_for_url(re.compile("show=By"))
    assert "true=" not in page.url
    settled(page)
    page.go_back()
    expect(tiles(page)).to_have_count(THREES - 24)
    settled(page)
    page.go_back()
    expect(tiles(page)).to_have_count(24)
    expect(page.get_by_role("heading", name=f"{THREES} images of 3 taken for 5")).to_be_visible()
    settled(page)
    page.go_back()
    expect(page.get_by_role("heading", name="38 images classified wrong")).to_be_visible()
    expect(matrix_cell(page, "3", "5")).to_have_attribute("aria-selected", "false")


def test_the_tip_of_a_cell_is_put_away_by_escape(visit: Callable[[str], Page], run: str):
    page = visit(f"/evaluate?run={run}")
    matrix_cell(page, "3", "5").hover()
    tip = page.locator(".cnn-lab-matrix .tip")
    expect(tip).to_have_text(re.compile("true 3, predicted 5: 37 images"))
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_a_cell_of_the_difference_of_two_runs_shows_its_images(visit: Callable[[str], Page], run: str, other_run: str):
    page = visit(f"/evaluate?run={run}&show=Two+runs&other={other_run}")
    matrix_cell(page, "7", "1").click()
    expect(page.get_by_role("heading", name="Images that tell them apart: 7 → 1")).to_be_visible()
    expect(tiles(page)).to_have_count(1)
    page.wait_for_url(re.compile("true=7&predicted=1"))
    settled(page)
    page.get_by_role("button", name="Swap A and B").click()
    page.wait_for_url(re.compile(rf"run={other_run}.*other={run}|other={run}.*run={other_run}"))
    expect(tiles(page)).to_have_count(1)


def test_the_quiz_is_played_by_keyboard_and_leaves_enter_to_a_link(visit: Callable[[str], Page], run: str):
    page = visit(f"/evaluate?run={run}&show=You+against+it&quiz=1")
    page.get_by_role("button", name="Start").wait_for()
    settled(page)
    page.keyboard.press("n")
    expect(page.get_by_text("What is it?")).to_be_visible()
    settled(page)
    page.keyboard.press("3")
    expect(page.get_by_text(re.compile("The network said"))).to_be_visible()
    settled(page)
    page.get_by_role("link", name="Runs", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/runs"))


def test_the_selection_is_made_when_it_is_asked_for(visit: Callable[[str], Page], run: str):
    page = visit(f"/evaluate?run={run}&true=3&predicted=5")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    content = waiting.value.path().read_text(encoding="utf-8-sig")
    assert content.count("\n") == THREES + 1


def test_marks_are_set_by_keyboard_alone_stay_and_keep_the_focus(visit: Callable[[str], Page], run: str):
    page = visit(f"/evaluate?run={run}&show=Labels&marks=not+looked+at")
    card = page.locator("[class*=st-key-label-mark-]").first
    card.wait_for()
    settled(page)
    card.get_by_text("label wrong").locator("xpath=ancestor::button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"^1 of \d+ looked at$"))).to_be_visible()
    settled(page)
    assert page.evaluate("document.activeElement.innerText") == "label wrong"
    page.reload()
    expect(page.get_by_text(re.compile(r"^1 of \d+ looked at$"))).to_be_visible()


def test_a_table_that_cannot_be_loaded_says_so(page: Page, run: str, server: Server):
    page.route("**/cnn-lab/matrix_grid-*.js", lambda route: route.abort())
    page.goto(f"{server.url}/evaluate?run={run}")
    expect(page.get_by_text("This part could not be loaded").first).to_be_visible()
