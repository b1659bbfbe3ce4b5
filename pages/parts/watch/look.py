"""The rules of style that the view "Watch" needs beside those of every page."""

import streamlit as st

# Green and vermilion of Okabe and Ito, as in the charts; a sign says the same.
_CSS = """
<style>
.st-key-watch-numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; }
.st-key-watch-numbers > * { width: 100% !important; }
.st-key-watch-numbers [data-testid="stMetric"] { padding: 0; }
.st-key-watch-numbers [data-testid="stMetricValue"] { font-size: 1.5rem; }
.cnn-lab-notes { white-space: pre-wrap; overflow-wrap: anywhere; padding-left: .6rem;
  border-left: 3px solid rgba(128, 128, 148, .5); }
.cnn-lab-samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.25rem, 1fr)); gap: .5rem; }
.cnn-lab-samples figure { display: flex; align-items: center; gap: .6rem; margin: 0; padding: .4rem;
  border-radius: .5rem; border: 1px solid rgba(128, 128, 148, .35); border-left: 4px solid var(--mark);
  background: rgba(128, 128, 148, .08); }
.cnn-lab-samples img { width: 3.25rem; height: 3.25rem; object-fit: contain; image-rendering: pixelated;
  border-radius: .25rem; flex: none; }
.cnn-lab-samples figcaption { font-size: .8rem; line-height: 1.3; overflow-wrap: anywhere; min-width: 0; }
.cnn-lab-samples .right { --mark: #0C9E78; }
.cnn-lab-samples .wrong { --mark: #E0662B; }
.cnn-lab-samples .muted { opacity: .8; }
</style>
"""


def apply_watch_look() -> None:
    """Apply the rules to the page."""
    st.html(_CSS)
