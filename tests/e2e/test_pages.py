"""Every page in a real browser: cold deep links, first paint, accessibility, and life without dataset and network."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Route, expect

from cnn_core.data.load import load_dataset
from cnn_core.runs.directory import Run
from cnn_core.runs.notes import Notes
from cnn_core.runs.samples import Samples
from cnn_core.runs.writer import RunWriter
from tests.e2e.conftest import Server, _free_port
from tests.e2e.journeys import draw_shirt, settled, wait_for_points
from tests.fixtures import digits_config, resumable_run, started_run

TABS = ("Network", "Training", "Augmentation", "Transfer", "Learning-rate test", "Code")
VIEWS = ("By+class", "Confidence", "Labels", "Two+runs", "You+against+it&quiz=1", "Report")
DATA_VIEWS = ("Overview", "Images", "Map", "Duplicates", "Prepare", "Manage")
PATHS = (
    "/",
    *(f"/data?dataset=digits&show={view}" for view in DATA_VIEWS),
    "/data?dataset=bring-in",
    *(f"/train?view=setup&tab={tab}" for tab in TABS),
    "/train?view=watch&run={under way}",
    "/train?view=watch&run={stopped}",
    "/runs",
    "/evaluate?run=showcase&true=Shirt",
    "/evaluate?run={stopped}&image=5",
    *(f"/evaluate?run={{stopped}}&show={view}" for view in VIEWS),
    "/classify",
    "/classify?way=Draw",
    "/learn?step=8",
    "/learn?show=Convolution&stride=2&padding=zeros",
    "/learn?show=Questions&only=start.questions&without=pages.text",
    *(f"/learn?show={view}" for view in ("Pooling&shift=right", "Answer")),
    "/learn?show=Your+network&run=showcase",
    "/learn?show=Why+convolution%3F",
)
# Charts and canvas draw themselves after the script has ended, and what is new fades in: nothing has moved for half a
# second. Where something always does, four seconds are enough.
DRAWN = """() => new Promise((done) => {
  const moves = () => document.getAnimations().some((one) => one.playState === 'running');
  const look = () => moves() ? again() : done();
  let waiting = setTimeout(look, 500);
  const again = () => { clearTimeout(waiting); waiting = setTimeout(look, 500); };
  new MutationObserver(again).observe(document, {subtree: true, childList: true, attributes: true});
  setTimeout(done, 4000);
})"""
# The colours of Streamlit's code, and its sparklines, which have no name.
NOT_OURS = ("[data-testid=stCode]", "[data-testid=stMetricChart]")
# Means much in Markdown and in HTML, and is shown as it is.
NAME = "1. *best* -> <a href=https://example.org>www.example.org</a> :material/home:"


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


@pytest.fixture(scope="module")
def runs(server: Server) -> Iterator[dict[str, str]]:
    """The ids of a run under way, whose heart beats, and of one that was stopped; both are gone afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_LAB_RUNS", str(server.runs))
        stopped = resumable_run()
        run = started_run(digits_config(training={"epochs": 9}))
    stopped.save_notes(Notes(name=NAME, text="Result\n---\n- one"))
    images, labels = load_dataset("digits").test_images[:3], load_dataset("digits").test_labels[:3]
    with RunWriter(run) as writer:
        writer.save_samples(Samples(2, images, labels, np.full((3, 10), 0.1, np.float32)))
        yield {"under way": run.id, "stopped": stopped.id}
    for made in (stopped, run):
        shutil.rmtree(made.path)


_known_faults: set[str] = set()


@pytest.fixture
def known_faults(browser: Browser, faults_of_an_empty_page: str, axe: Callable[..., list[str]]) -> set[str]:
    """The kinds of faults that an empty page has; looked for once."""
    if _known_faults:
        return _known_faults
    empty = browser.new_page()
    for _ in range(100):
        try:
            empty.goto(faults_of_an_empty_page)
            break
        except Error:
            time.sleep(0.1)
    empty.get_by_role("heading", name="Empty").wait_for()
    found = axe(empty)
    empty.close()
    _known_faults.update(line.split(" ")[0] for line in found)
    return _known_faults


def last_tab_chosen(page: Page) -> Locator:
    settled(page)
    tab = page.get_by_role("tab").last
    tab.click()
    settled(page)
    return tab


@pytest.mark.parametrize("path", ["/learn", "/train?view=setup"])
def test_a_tab_that_is_disabled_for_a_moment_keeps_the_focus(path: str, visit: Callable[[str], Page]):
    page = visit(path)
    tab = last_tab_chosen(page)
    # What Streamlit does where a tab's message comes later than that of its row.
    tab.evaluate("tab => tab.removeAttribute('tabindex')")
    expect(tab).not_to_be_focused()
    tab.evaluate("tab => tab.setAttribute('tabindex', 0)")
    expect(tab).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", selected=True)).to_be_focused()
    expect(tab).not_to_be_focused()


def test_a_tab_that_was_disabled_before_the_page_was_whole_has_the_focus_again(page: Page, server: Server):
    waiting: list[Route] = []
    page.route(re.compile("tab_focus"), lambda route: waiting.append(route))
    page.goto(f"{server.url}/learn")
    tab = last_tab_chosen(page)
    tab.evaluate("tab => { tab.removeAttribute('tabindex'); tab.setAttribute('tabindex', 0); }")
    expect(tab).not_to_be_focused()
    # React hears of no loss of focus that a change of its own brings.
    tab.evaluate("tab => tab.setAttribute('data-focused', true)")
    for route in waiting:
        route.continue_()
    expect(tab).to_be_focused()


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_a_serious_fault_of_accessibility_that_an_empty_streamlit_page_has_not(
    path: str,
    visit: Callable[[str], Page],
    axe: Callable[..., list[str]],
    known_faults: set[str],
    runs: dict[str, str],
):
    page = visit(path.format_map(runs))
    page.evaluate(DRAWN)
    assert [line for line in axe(page, NOT_OURS) if line.split(" ")[0] not in known_faults] == []


def test_a_chosen_run_is_shown_without_a_fault_and_by_its_name(
    visit: Callable[[str], Page], axe: Callable[..., list[str]], known_faults: set[str], runs: dict[str, str]
):
    page = visit("/runs")
    area = page.get_by_test_id("stDataFrame").bounding_box()
    assert area is not None
    row = sorted(runs.values(), reverse=True).index(runs["stopped"])
    page.mouse.click(area["x"] + 18, area["y"] + 35 * (row + 1.5))
    heading = page.get_by_role("heading", name="best")
    expect(heading).to_be_visible()
    # A joiner, which shows as nothing, keeps an address from being one.
    assert heading.inner_text().replace("\u2060", "") == NAME
    legend = page.locator(".cnn-lab-chart .legendtext")
    expect(legend).to_have_text(NAME)
    expect(page.get_by_test_id("stMain").locator("a[href*='example.org']")).to_have_count(0)
    settled(page)
    assert [line for line in axe(page, NOT_OURS) if line.split(" ")[0] not in known_faults] == []


def test_a_chart_that_missed_a_change_is_sent_whole(visit: Callable[[str], Page], runs: dict[str, str], server: Server):
    page = visit(f"/train?view=watch&run={runs['under way']}")
    wait_for_points(page, 8)
    # As when a message goes lost: what this browser has is not what the next change begins with.
    page.evaluate("document.querySelector('.cnn-lab-chart').cnnLabFigure = undefined")
    row = {"epoch": 3, "step": 1, "steps": 4, "loss": 1.0, "accuracy": 0.5, "seconds": 1.0, "learning_rate": 1e-3}
    RunWriter(Run(server.runs / runs["under way"])).append_steps(row)
    wait_for_points(page, 9)


def test_a_chart_that_cannot_be_loaded_says_so(page: Page, runs: dict[str, str], server: Server):
    page.route("**/cnn-lab/plotly*.js", lambda route: route.abort())
    page.goto(f"{server.url}/train?view=watch&run={runs['under way']}")
    expect(page.get_by_text("The chart could not be loaded").first).to_be_visible()
