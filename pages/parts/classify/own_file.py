"""Tables whose own file is not offered."""

from __future__ import annotations


def without_own_file(key: str) -> str:
    """Style that takes "Download as CSV" from the tables whose keys begin so.

    That file would hold pictures as text, and names that a spreadsheet takes for formulas.
    """
    return f"""
<style>
[class*="st-key-{key}"] [data-testid="stElementToolbarButton"]:has([aria-label^="Download as CSV"]) {{ display: none; }}
</style>
"""
