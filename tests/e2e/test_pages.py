"""Every page in a real browser: cold deep links, first paint, accessibility, and life without dataset and network."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, _free_port
from tests.e2e.journeys import draw_shirt, settled

PATHS = ("/", "/train", "/evaluate", "/classify", "/classify?way=Draw")


@pytest.fixture
def fresh_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that nobody has visited, without dataset, and without a network to fetch one from."""
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "no data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no cache"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()
    server.end_trainings()


def test_a_cold_deep_link_opens_the_page_in_its_frame(page: Page, fresh_server: Server):
    page.goto(f"{fresh_server.url}/evaluate")
    page.get_by_role("heading", name="Evaluate").wait_for()
    expect(page.get_by_role("link", name="Train", exact=True)).to_be_visible()
    settled(page)
    expect(page.get_by_text(re.compile("page not found", re.IGNORECASE))).to_have_count(0)


def test_home_shows_its_first_content_within_1500_ms(visit: Callable[[str], Page], server: Server):
    page = visit("/")
    seconds = []
    for _ in range(3):
        tab = page.context.new_page()
        started = time.perf_counter()
        tab.goto(server.url)
        tab.get_by_role("heading", name="CNN Lab").wait_for()
        seconds.append(time.perf_counter() - started)
        tab.close()
    assert min(seconds) < 1.5, seconds


def test_without_dataset_and_network_the_showcase_answers_and_train_says_what_to_do(page: Page, fresh_server: Server):
    page.goto(f"{fresh_server.url}/evaluate")
    expect(page.get_by_text(re.compile("images are not on this machine"))).to_be_visible()
    accuracy = float(page.get_by_test_id("stMetricValue").first.inner_text().rstrip("%"))
    assert accuracy >= 93

    page.goto(f"{fresh_server.url}/train")
    expect(
        page.get_by_test_id("stMain").get_by_text(re.compile("Fashion-MNIST is not on this machine"))
    ).to_be_visible()

    page.goto(f"{fresh_server.url}/classify?way=Draw")
    page.locator("canvas").last.wait_for()
    draw_shirt(page)
    expect(page.locator(".cnn-lab-answer li")).to_have_count(3, timeout=60_000)


@pytest.fixture(scope="module")
def faults_of_an_empty_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Streamlit app with nothing but a title and a menu."""
    script = tmp_path_factory.mktemp("empty") / "empty.py"
    script.write_text(
        "import streamlit as st\n"
        "page = st.navigation([st.Page(lambda: st.title('Empty'), title='Empty', url_path='a'),"
        " st.Page(lambda: st.title('Other'), title='Other', url_path='b')])\n"
        "page.run()\n"
    )
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    process = subprocess.Popen([*command, "--server.headless", "true"], cwd=script.parent)
    yield f"http://localhost:{port}"
    process.terminate()
    process.wait(timeout=10)


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_a_serious_fault_of_accessibility_that_an_empty_streamlit_page_has_not(
    path: str, visit: Callable[[str], Page], axe: Callable[..., list[str]], faults_of_an_empty_page: str
):
    page = visit(path)
    page.wait_for_timeout(1500)  # charts and canvas draw themselves after the script has ended
    found = axe(page)
    empty = page.context.new_page()
    for _ in range(100):
        try:
            empty.goto(faults_of_an_empty_page)
            break
        except Exception:
            time.sleep(0.1)
    empty.get_by_role("heading", name="Empty").wait_for()
    known = {line.split(" ")[0] for line in axe(empty)}
    assert [line for line in found if line.split(" ")[0] not in known] == []
