"""The evaluation as a file: made on the page, opened without a server or a network."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from cnn_core.runs.store import showcase


def opened(browser: Browser, path: Path, **options: object):
    """A page with the file in it, and everything that it complains of or asks the network for."""
    context = browser.new_context(offline=True, **options)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.extend([request.url] * request.url.startswith(("http", "ws"))))
    page.goto(path.as_uri())
    return page, complaints


@pytest.fixture
def file(visit, tmp_path):
    page = visit("/evaluate?run=showcase&show=Report")
    page.get_by_role("button", name="Make the report").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the report").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_file_opens_offline_and_complains_of_nothing(file, browser, scheme):
    assert file.name == "showcase-evaluation.html"
    page, complaints = opened(browser, file, color_scheme=scheme)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    matrix = page.get_by_role("table", name=re.compile("Confusion matrix"))
    right = str(showcase().report().confusion_matrix[0][0])
    expect(matrix.get_by_role("cell", name=right, exact=True)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Precision over recall"))).to_be_visible()
    assert complaints == []
    page.context.close()


def test_nothing_keeps_people_from_reading_it(file, browser, axe):
    # Its own policy lets no script in, axe-core's neither.
    for scheme in ("light", "dark"):
        page, _ = opened(browser, file, color_scheme=scheme, bypass_csp=True)
        assert axe(page) == []
        page.context.close()


def test_it_fits_a_narrow_window(file, browser):
    page, _ = opened(browser, file, viewport={"width": 420, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    page.context.close()
