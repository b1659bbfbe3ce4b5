"""The front door of CNN Lab: ``streamlit run app.py``, or ``python app.py``.

This is the composition root: it puts together the frame of the pages, the JSON API, the security headers and the
warm-up, and holds no logic of the product. The pages live in ``pages/``, behind ``pages/shell.py``: with an ``st.App``
whose script lies in a folder of its own, a cold deep link such as ``/evaluate`` opens inside the frame.
"""

import logging
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import cli_util, config
from streamlit.web.server import server_util

from cnn_core.api.app import create_api
from cnn_core.errors import ConfigError
from pages.parts import code_file
from pages.parts.address import rooted
from pages.parts.classify import feedback_download
from pages.parts.data import map_sheet, zip_download

logger = logging.getLogger("cnn_lab")

# Late enough that the first page is on the screen: importing TensorFlow competes with it for the interpreter.
WARM_UP_DELAY_SECONDS = 5.0

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    # The Classify page looks through the camera when it is asked to. Nothing here listens, locates or pays.
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}


class SecurityHeadersMiddleware:
    """Adds `SECURITY_HEADERS` to every HTTP response that does not set them itself.

    Plain ASGI: websockets and streamed media pass through untouched, where Starlette's ``BaseHTTPMiddleware``
    would wrap every response in a stream of its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers to the start of its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def warm_up(is_stopping: threading.Event) -> None:
    """Load what the Classify page needs before anyone asks for it, unless the server stops first.

    It takes 3 to 4 seconds of a processor, so it leaves a training alone that needs it.
    """
    if is_stopping.wait(WARM_UP_DELAY_SECONDS):
        return
    try:
        from cnn_core.images.decode import picture_from_array
        from cnn_core.runs.store import active_runs, showcase
        from pages.parts import cached

        # A paused run needs no processor, and may stay paused for days.
        while any(status.state != "paused" for _, _, status in active_runs()):
            if is_stopping.wait(WARM_UP_DELAY_SECONDS):
                return
        # Into the cache that the pages use, and through its first answer, which compiles the graphs.
        stroke = np.diag(np.full(28, 255, np.uint8))
        cached.classifier(showcase()).classify(picture_from_array(stroke, "warm-up"))
    except Exception:
        # The page will load the same things itself, and can tell its user what is missing.
        logger.warning("The warm-up failed; the first classification will take longer.", exc_info=True)


def open_browser() -> None:
    """Show the app to whoever sits at this machine: Streamlit itself does so for plain scripts only."""
    address = server_util.get_display_address(config.get_option("server.address") or "localhost")
    cli_util.open_browser(server_util.get_url(address))


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Open the browser where there is a screen, and warm up in the background."""
    is_stopping = threading.Event()
    if os.environ.get("CNN_LAB_WARM_UP") != "0":
        threading.Thread(target=warm_up, args=[is_stopping], name="warm-up", daemon=True).start()
    if not config.get_option("server.headless"):
        # In a thread, as starting a browser may block. The port is bound already, so the browser can connect.
        threading.Thread(target=open_browser, name="open-browser", daemon=True).start()
    yield
    is_stopping.set()


def api_route() -> Mount:
    """The JSON API; where an operator has set a limit that is none, the server says so and does not start."""
    try:
        return Mount(rooted("api"), app=create_api())
    except ConfigError as error:
        sys.exit(f"Error: {error}")


# An absolute path: the app starts from any working directory, under any ASGI server.
app = st.App(
    Path(__file__).resolve().parent / "pages" / "shell.py",
    lifespan=lifespan,
    routes=[
        *code_file.routes(),
        *feedback_download.routes(),
        *zip_download.routes(),
        *map_sheet.routes(),
        api_route(),
    ],
    middleware=[Middleware(SecurityHeadersMiddleware)],
)


if __name__ == "__main__":
    from streamlit.web import cli

    # The same server as `streamlit run`, with the same arguments (`--server.port 8502`).
    sys.exit(cli.main(["run", __file__, *sys.argv[1:]], prog_name="streamlit"))
