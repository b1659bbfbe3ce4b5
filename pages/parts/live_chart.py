"""A Plotly chart that is updated in place: zoom, legend and hover survive every tick.

``st.plotly_chart`` is mounted anew whenever its data changes, and a zoom is lost with it. This component keeps its
node and calls ``Plotly.react``. It can also be sent what changed since the last tick only. The JavaScript bundle is the
one inside the installed plotly package, served by :func:`routes`, so it needs no network and always fits the Python
side. So is ``live_chart.js``: Streamlit sends the code that a component is made of anew with each of its updates.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.runtime import exists

from cnn_core.figures.changes import FigureChanges
from pages.parts.address import rooted

_CODE = Path(__file__).with_name("live_chart.js").read_bytes()

# The version in each path lets browsers keep the file for as long as it fits.
_BUNDLE_PATH = f"cnn-lab/plotly-{plotly.__version__}.min.js"
_CODE_PATH = f"cnn-lab/live-chart-{hashlib.sha256(_CODE).hexdigest()[:12]}.js"

_HTML = '<div class="cnn-lab-chart" role="figure" style="width:100%"></div>'

# The import is resolved from the page: the component's own code has no address that a path could begin at.
_JS = """
export default (component) => {
  const host = component.parentElement.querySelector('.cnn-lab-chart');
  import(new URL(component.data.code, document.baseURI).href)
    .catch((error) => { host.textContent = 'The chart could not be loaded (' + error.message + '). Reload the page.'; })
    .then((code) => code?.draw(component));
  return () => { if (window.Plotly && !host.isConnected) window.Plotly.purge(host); };
}
"""


@functools.cache
def _bundle() -> bytes:
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return gzip.compress(source.read_bytes(), compresslevel=6)


@functools.cache
def _code() -> bytes:
    return gzip.compress(_CODE)


def _serve_bundle(_request: Request) -> Response:
    return _javascript(_bundle())


def _serve_code(_request: Request) -> Response:
    return _javascript(_code())


def _javascript(compressed: bytes) -> Response:
    return Response(
        compressed,
        media_type="text/javascript",
        headers={"Content-Encoding": "gzip", "Cache-Control": "public, max-age=31536000, immutable"},
    )


def routes() -> list[Route]:
    """What the app must serve for the charts. To be called when the server's settings are known."""
    return [Route(rooted(_BUNDLE_PATH), _serve_bundle), Route(rooted(_CODE_PATH), _serve_code)]


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    return st.components.v2.component("cnn_lab_live_chart", html=_HTML, js=_JS, isolate_styles=False)


def live_chart(figure: go.Figure | dict[str, Any], *, key: str, alt: str, changes: FigureChanges | None = None) -> None:
    """Show a figure, or update the one shown under this key.

    Args:
        figure: Or its "data" and "layout". Its colours of text and grid are replaced by the page's.
        key: Unique on the page.
        alt: What the chart shows, for those who do not see it.
        changes: What the browser has of this chart. In a fragment that ticks, the same object at every tick: only what
            changed is sent then. ``None``: the figure is sent whole.
    """
    if not exists():
        # Without a server (AppTest) there is nothing to mount a component on.
        st.plotly_chart(figure, key=key, alt=alt)
        return
    figure["layout"]["uirevision"] = "keep"
    changes = changes or FigureChanges()
    data = {
        "plotly": rooted(_BUNDLE_PATH),
        "code": rooted(_CODE_PATH),
        "update": changes.next(figure),
        "height": figure["layout"]["height"],
        "alt": alt,
    }
    # The browser says so when it lacks what a change begins with: the chart was mounted anew, or a message went lost.
    _component()(key=key, data=data, height="content", on_lost_change=changes.forget)
