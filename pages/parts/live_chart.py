"""A Plotly chart that is updated in place: zoom, legend and hover survive every tick.

``st.plotly_chart`` is mounted anew whenever its data changes, and a zoom is lost with it. This component keeps its
node and calls ``Plotly.react``. The JavaScript bundle is the one inside the installed plotly package, served by
:func:`routes`, so it needs no network and always fits the Python side.
"""

from __future__ import annotations

import functools
import gzip
from pathlib import Path

import plotly
import plotly.graph_objects as go
import plotly.io as pio
import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.runtime import exists

from pages.parts.address import rooted

# The version in the path lets browsers keep the file for as long as it fits.
_BUNDLE_PATH = f"cnn-lab/plotly-{plotly.__version__}.min.js"

_HTML = '<div class="cnn-lab-chart" role="figure" style="width:100%"></div>'

_JS = """
function loadPlotly(source) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  window.__cnnLabPlotly ||= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = source;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { window.__cnnLabPlotly = null; script.remove(); reject(new Error(source)); };
    document.head.appendChild(script);
  });
  return window.__cnnLabPlotly;
}

function themed(layout, style) {
  const variable = (name) => style.getPropertyValue(name).trim();
  const grid = variable('--st-border-color') || '#8884';
  layout.paper_bgcolor = layout.plot_bgcolor = 'rgba(0,0,0,0)';
  layout.font = { family: variable('--st-font') || 'sans-serif', color: variable('--st-text-color'), size: 13 };
  layout.hoverlabel = {
    bgcolor: variable('--st-secondary-background-color'),
    bordercolor: grid,
    font: { color: variable('--st-text-color') },
  };
  for (const axis of ['xaxis', 'yaxis'])
    layout[axis] = Object.assign({ gridcolor: grid, zerolinecolor: grid, automargin: true }, layout[axis]);
  layout.autosize = true;
  return layout;
}

export default function ({ parentElement, data }) {
  const host = parentElement.querySelector('.cnn-lab-chart');
  host.setAttribute('aria-label', data.alt);
  host.style.minHeight = data.height + 'px';
  loadPlotly(data.source).then((Plotly) => {
    const figure = JSON.parse(data.figure);
    Plotly.react(host, figure.data, themed(figure.layout, getComputedStyle(host)), {
      displaylogo: false, responsive: true, showTips: false,
      modeBarButtonsToRemove: ['lasso2d', 'select2d', 'autoScale2d'],
    });
  }).catch((error) => {
    host.textContent = 'The chart could not be loaded (' + error.message + '). Reload the page.';
  });
  return () => { if (window.Plotly && !host.isConnected) window.Plotly.purge(host); };
}
"""


@functools.cache
def _bundle() -> bytes:
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return gzip.compress(source.read_bytes(), compresslevel=6)


def _serve_bundle(_request: Request) -> Response:
    return Response(
        _bundle(),
        media_type="text/javascript",
        headers={"Content-Encoding": "gzip", "Cache-Control": "public, max-age=31536000, immutable"},
    )


def routes() -> list[Route]:
    """What the app must serve for the charts. To be called when the server's settings are known."""
    return [Route(rooted(_BUNDLE_PATH), _serve_bundle)]


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    return st.components.v2.component("cnn_lab_live_chart", html=_HTML, js=_JS, isolate_styles=False)


def live_chart(figure: go.Figure, *, key: str, alt: str) -> None:
    """Show a figure, or update the one shown under this key.

    Args:
        figure: Its colours of text and grid are replaced by the page's.
        key: Unique on the page.
        alt: What the chart shows, for those who do not see it.
    """
    if not exists():
        # Without a server (AppTest) there is nothing to mount a component on.
        st.plotly_chart(figure, key=key, alt=alt)
        return
    figure.update_layout(template=None, uirevision="keep")
    data = {
        "source": rooted(_BUNDLE_PATH),
        "figure": pio.to_json(figure, validate=False),
        "height": figure.layout.height,
        "alt": alt,
    }
    _component()(key=key, data=data, height="content")
