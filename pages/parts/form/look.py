"""The few rules of style of the view "Set up"."""

import streamlit as st

# The essentials keep their place beside tabs that are longer than the window, so that "Start training" stays in sight.
# Where the columns stack (below 640 pixels, as Streamlit has it) they scroll with the rest.
_CSS = """
<style>
[data-testid="stMainBlockContainer"]:has(.st-key-essentials) { max-width: 96rem; }
.st-key-essentials [data-testid="stCaptionContainer"] { margin-top: -0.4rem; }
[class*="-block"][class*="st-key-"] button[kind="tertiary"] { padding: 0.25rem; min-height: 2rem; min-width: 2rem; }
/* Icons to those who see them, words to those who hear them. */
[class*="-block"][class*="st-key-"] button[kind="tertiary"] [data-testid="stMarkdownContainer"] {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
@media (min-width: 641px) {
  [data-testid="stColumn"]:has(.st-key-essentials) {
    position: sticky; top: 4.5rem; align-self: flex-start; max-height: calc(100vh - 5rem); overflow-y: auto;
    padding: 0 0.25rem 0.5rem; scrollbar-width: thin;
  }
}
</style>
"""


def apply_form_look() -> None:
    """Apply the rules to the page."""
    st.html(_CSS)
