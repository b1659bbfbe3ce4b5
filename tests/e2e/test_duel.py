"""Learn, "Why convolution?", as a person uses it: start the duel, see it end, change the images."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.journeys import settled


def test_a_person_lets_two_networks_fight_and_shifts_the_images(
    visit: Callable[[str], Page], axe: Callable[..., list[str]]
):
    page = visit("/learn?show=Why+convolution%3F&dataset=digits")
    settled(page)
    page.get_by_text("With the control", exact=True).first.click()
    settled(page)
    page.get_by_role("button", name=re.compile("Start .*: 2 runs")).click()
    settled(page)
    expect(page).to_have_url(re.compile("cnn=.*&dense="))
    table = page.get_by_role("region", name="The duel in figures")
    # Both are tested: the page has noticed it by itself.
    expect(table.locator("b")).to_have_count(2, timeout=120_000)
    expect(page.get_by_text(re.compile("With the pixels in their places"))).to_be_visible()

    strip = page.locator(".cnn-lab-gallery figure")
    expect(strip.first).to_be_visible(timeout=60_000)
    address = page.url
    page.reload()
    settled(page)
    assert page.url == address
    expect(table.locator("b")).to_have_count(2)
    page.get_by_role("button", name="Turn them, with the control").click()
    settled(page)
    expect(page).to_have_url(re.compile("change=turn"))
    expect(strip).to_have_count(7, timeout=60_000)
    page.get_by_text("Any two runs", exact=True).click()
    settled(page)
    expect(page.get_by_role("combobox", name=re.compile("^A"))).to_be_visible()
    assert axe(page) == []
