"""The form of a new run in a real browser: what only a browser does, such as a second click or a huge number."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server
from tests.e2e.journeys import choose_digits, set_number, settled, stop_button


@pytest.fixture
def form(visit):
    """The form with the digits chosen."""
    page: Page = visit("/train?view=setup")
    choose_digits(page)
    return page


def runs_of(server: Server) -> set[str]:
    return {path.parent.name for path in server.runs.glob("*/config.json")}


@pytest.mark.parametrize("pause_ms", [0, 200])
def test_a_double_click_starts_one_run_and_the_address_leads_to_it(form: Page, server: Server, pause_ms: int):
    before = runs_of(server)
    set_number(form, "Epochs", 200)
    area = form.get_by_role("button", name="Start training").bounding_box()
    assert area is not None
    place = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    form.mouse.click(*place)
    form.wait_for_timeout(pause_ms)
    # Wherever the button is by now: what was sent meanwhile is sent with the old address.
    form.mouse.click(*place)
    form.get_by_text(re.compile("Training: epoch|Waiting|Starting", re.I)).first.wait_for()
    form.wait_for_timeout(1500)
    (run,) = runs_of(server) - before
    expect(form).to_have_url(re.compile(rf"run={run}"))
    expect(form).to_have_url(re.compile(r"view=watch"))
    stop_button(form).click()
    form.get_by_text(re.compile("Stopped")).first.wait_for()


def test_a_number_larger_than_the_browser_counts_is_told(form: Page):
    set_number(form, "Epochs", 9_999_999_999_999_999)
    expect(form.get_by_text(re.compile(r"at most 500 is possible"))).to_be_visible()
    expect(form.get_by_role("button", name="Start training")).to_be_disabled()
    set_number(form, "Epochs", 7)
    expect(form.get_by_text(re.compile("7 × "))).to_be_visible()
    expect(form.get_by_label("Epochs", exact=True)).to_have_value("7")


def test_a_number_typed_and_another_choice_made_at_once_are_both_kept(form: Page):
    form.get_by_role("tab", name="Transfer").click()
    settled(form)
    form.get_by_role("radio", name="From ImageNet").click()
    settled(form)
    form.get_by_label("Epochs", exact=True).fill("17")
    form.get_by_role("radio", name="Random").click()
    settled(form)
    expect(form.get_by_label("Epochs", exact=True)).to_have_value("17")
    expect(form.get_by_text(re.compile("17 × "))).to_be_visible()


def test_the_buttons_of_the_blocks_are_told_apart_by_their_names(form: Page, axe):
    form.wait_for_timeout(1000)
    names = form.evaluate(
        "() => [...document.querySelectorAll('[class*=\"-block\"] button[kind=tertiary]')].map(b => b.innerText)"
    )
    assert len(names) >= 20
    assert len(set(names)) == len(names)
    expect(form.get_by_role("button", name="Move block 2 up")).to_have_count(1)
    # Seen by nobody, and as large as the icons allow.
    sizes = form.evaluate(
        "() => [...document.querySelectorAll('[class*=\"-block\"] button[kind=tertiary]')]"
        ".map(b => b.getBoundingClientRect().width)"
    )
    assert max(sizes) < 48
    form.get_by_role("button", name="Settings of block 1").click()
    expect(form.get_by_role("button", name="Close the settings of block 1")).to_be_visible()
    assert [fault for fault in axe(form) if "block" in fault] == []
