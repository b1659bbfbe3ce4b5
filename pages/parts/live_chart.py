"""A Plotly chart that is updated in place: zoom, legend and hover survive every tick.

``st.plotly_chart`` is mounted anew whenever its data changes, and a zoom is lost with it. This component keeps its
node and calls ``Plotly.react``. It can also be sent what changed since the last tick only. The JavaScript bundle is the
one inside the installed plotly package, served by the app, so it needs no network and always fits the Python
side.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import streamlit as st

from cnn_core.figures.changes import FigureChanges
from pages.parts.code_file import CodeFile, loader

_PLOTLY = CodeFile(Path(plotly.__file__).parent / "package_data" / "plotly.min.js")
_CODE = CodeFile(Path(__file__).with_name("live_chart.js"))
_HOST = "cnn-lab-chart"
_HTML = f'<div class="{_HOST}" role="figure" style="width:100%"></div>'


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    return st.components.v2.component("cnn_lab_live_chart", html=_HTML, js=loader(_HOST), isolate_styles=False)


def live_chart(figure: go.Figure | dict[str, Any], *, key: str, alt: str, changes: FigureChanges | None = None) -> None:
    """Show a figure, or update the one shown under this key.

    Args:
        figure: Or its "data" and "layout". Its colours of text and grid are replaced by the page's.
        key: Unique on the page.
        alt: What the chart shows, for those who do not see it.
        changes: What the browser has of this chart. In a fragment that ticks, the same object at every tick: only what
            changed is sent then. ``None``: the figure is sent whole.
    """
    figure["layout"]["uirevision"] = "keep"
    changes = changes or FigureChanges()
    data = {
        "plotly": _PLOTLY.address,
        "code": _CODE.address,
        "update": changes.next(figure),
        "height": figure["layout"]["height"],
        "alt": alt,
    }
    # The browser says so when it lacks what a change begins with: the chart was mounted anew, or a message went lost.
    _component()(key=key, data=data, height="content", on_lost_change=changes.forget)
