"""A real server, a real Chromium, and axe-core: what the browser tests stand on.

``server`` runs ``streamlit run app.py`` once for all tests, ``page`` is a fresh browser tab,
``visit("/train")`` opens a page of the app and waits until it is drawn, ``axe(page)`` lists what keeps people
from using it. Where the browser or axe-core is missing, tests are skipped and say why; in CI they fail.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import psutil
import pytest
from playwright.sync_api import Browser, Page, Playwright, WebSocket, expect, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from cnn_core.data.folders import data_folder
from cnn_core.data.published import PUBLICATIONS

REPOSITORY = Path(__file__).resolve().parents[2]
AXE = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"
SCREENSHOTS = REPOSITORY / "screenshots"
START_TIMEOUT_SECONDS = 60
# Generous: CI has two cores, a training may be running beside the browser, and the first page may load TensorFlow.
PAGE_TIMEOUT_MS = 60_000

# The values of widgets that count once: clicks, and events of components.
TRIGGERS = ("trigger_value", "string_trigger_value", "json_trigger_value")

# The first is Chromium without its own windows, tabs and bubbles: for each page these take two fifths of the
# processor's time, measured (4.0 instead of 2.3 s), though nobody sees them.
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")

# Root and containers need --no-sandbox; the rest keeps Chromium from asking the network for its own things.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

AXE_RUN = """async (exclude) => {
  const context = {exclude: exclude.map((selector) => [selector])};
  const result = await axe.run(context, {resultTypes: ["violations"]});
  return result.violations
    .filter((violation) => ["serious", "critical"].includes(violation.impact))
    .flatMap((violation) => violation.nodes.map((node) => {
      const why = node.failureSummary.replaceAll(/\\s+/g, " ");
      return `${violation.id} (${violation.impact}) at ${node.target.join(" ")}: ${why}`;
    }));
}"""


class Server:
    """``streamlit run app.py`` on a free port, with runs and datasets of its own.

    Stopping and starting again keeps port, runs and datasets, as when a person restarts the app. The datasets that are
    on this machine are linked, so that what is brought in lies beside the links, and goes with the tests.
    """

    def __init__(self, folder: Path) -> None:
        self.runs = folder / "runs"
        self.data = folder / "data"
        self.data.mkdir()
        for name in PUBLICATIONS:
            if (here := data_folder() / name).is_dir():
                (self.data / name).symlink_to(here.resolve())
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self._log_path = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """Everything that the server has written so far, over all restarts."""
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start, and return when the server answers."""
        command = [sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "app.py")]
        options = ["--server.port", str(self.port), "--server.headless", "true"]
        environment = {**os.environ, "CNN_LAB_RUNS": str(self.runs), "CNN_LAB_DATA": str(self.data)}
        if "PYTEST_XDIST_WORKER" in os.environ:
            # Where tests share the machine, a training leaves a core to the browser. What is timed runs by itself.
            environment["TF_NUM_INTRAOP_THREADS"] = "1"
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self._log_path.parent,  # not the checkout: the app must not depend on where it is started
            )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._answers():
            if not self.is_running or time.monotonic() > deadline:
                self.stop()
                pytest.fail(f"The server did not start:\n{self.log}", pytrace=False)
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server as a person does; trainings go on, as they do for a person."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def end_trainings(self) -> None:
        """End the workers that outlived the server: they are no children of it, and carry the run's path."""
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.runs) in argument for argument in process.info["cmdline"] or []):
                process.kill()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Conversation:
    """What a page and its server last said to each other about runs of the script, and when.

    A click that had no effect is seen in it: whether the page sent it, and what it got for it.
    """

    def __init__(self, page: Page) -> None:
        self._start = time.monotonic()
        self._lines: deque[str] = deque(maxlen=40)
        page.on("websocket", self._listen)

    def __str__(self) -> str:
        return "\n".join(self._lines)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, data: bytes | str) -> None:
        if isinstance(data, str):
            return
        message = BackMsg.FromString(data)
        what = message.rerun_script
        # A person's name for a widget is the end of its ID.
        pressed = [state.id[-30:] for state in what.widget_states.widgets if state.WhichOneof("value") in TRIGGERS]
        part = "fragment" if what.fragment_id else "page"
        self._note("page:  ", f"{message.WhichOneof('type')} {part} ?{what.query_string} {' '.join(pressed)}")

    def _received(self, data: bytes | str) -> None:
        if isinstance(data, str):
            return
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "page_info_changed":
            self._note("server:", f"address ?{message.page_info_changed.query_string}")
        elif kind == "new_session":
            part = "a fragment" if message.metadata.run.fragment_ids else "the page"
            self._note("server:", f"runs {part}")
        elif kind == "script_finished":
            self._note("server:", ForwardMsg.ScriptFinishedStatus.Name(message.script_finished))

    def _note(self, who: str, what: str) -> None:
        self._lines.append(f"{time.monotonic() - self._start:8.3f} s {who} {what.strip()}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The running app. A test that stops it starts it again."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()
    server.end_trainings()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PAGE_TIMEOUT_MS)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def launched(playwright: Playwright) -> Iterator[list[Browser]]:  # noqa: ARG001 (it must outlive the browsers)
    """The browsers that were started: one, unless it crashed."""
    browsers: list[Browser] = []
    yield browsers
    for browser in browsers:
        browser.close()


@pytest.fixture
def browser(playwright: Playwright, launched: list[Browser]) -> Browser:
    """Chromium without a window; the same for all tests, and a new one after a crash."""
    if not launched or not launched[-1].is_connected():
        path = _find_chromium(playwright)
        launched.append(playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS))
    return launched[-1]


@pytest.fixture
def page(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty tab of a new visitor. A screenshot of it is kept if the test fails."""
    if not server.is_running:  # a test before this one failed between stop and start
        server.start()
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    page = context.new_page()
    request.node.stash[CONVERSATION] = Conversation(page)
    yield page
    if request.node.stash.get(HAS_FAILED, False):
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{_file_name(request.node.name)}.png", full_page=True)
    context.close()


@pytest.fixture
def visit(page: Page, server: Server) -> Callable[[str], Page]:
    """Open a path of the app, such as ``/evaluate?run=showcase``, and wait until the page is drawn."""

    def visit(path: str = "/") -> Page:
        page.goto(server.url + path)
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        return page

    return visit


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """``axe(page)``: the serious and critical faults of accessibility, one line for each element.

    ``exclude`` names selectors of what is not ours to mend.
    """
    if not AXE.is_file():
        _unavailable("axe-core is not installed: run `make test`, or `npm ci --prefix tests/e2e`")

    def axe(page: Page, exclude: Sequence[str] = ()) -> list[str]:
        page.add_script_tag(path=AXE)
        violations: list[str] = page.evaluate(AXE_RUN, list(exclude))
        return violations

    return axe


# By what they took: where two processes share the tests, none is to wait at the end for a long one that began late.
LONGEST = ("test_pages", "test_learn", "test_main_job", "test_data", "test_training_lab", "test_duel", "test_setup")
HAS_FAILED = pytest.StashKey[bool]()
CONVERSATION = pytest.StashKey[Conversation]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Tell the fixtures whether the test failed, and show with the failure what the server last said and was told."""
    report = yield
    if report.failed:
        item.stash[HAS_FAILED] = True
        server = getattr(item, "funcargs", {}).get("server")
        if isinstance(server, Server):
            report.sections.append(("server log", "\n".join(server.log.splitlines()[-60:])))
        if CONVERSATION in item.stash:
            report.sections.append(("page and server", str(item.stash[CONVERSATION])))
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives the browser; what takes longest comes first."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


def _find_chromium(playwright: Playwright) -> str:
    """The first of: $CNN_LAB_CHROMIUM, :data:`BROWSERS`, Playwright's own."""
    named = os.environ.get("CNN_LAB_CHROMIUM")
    if named and not shutil.which(named):
        pytest.fail(f"CNN_LAB_CHROMIUM={named} is not a program.", pytrace=False)
    for candidate in (named, *BROWSERS, playwright.chromium.executable_path):
        if candidate and (path := shutil.which(candidate)):
            return path
    return _unavailable(
        f"There is no Chromium: install one of {', '.join(BROWSERS)}, or run "
        "`python -m playwright install chromium`, or say where one is in CNN_LAB_CHROMIUM"
    )


def _unavailable(reason: str) -> NoReturn:
    """Skip on a person's machine; fail where nobody would notice the skip."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _file_name(test_name: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in test_name)
