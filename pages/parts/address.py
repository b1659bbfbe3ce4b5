"""Addresses inside the app, wherever it is mounted, and what is asked for in them."""

from __future__ import annotations

import streamlit as st


def rooted(path: str) -> str:
    """The absolute path of something inside the app: ``evaluate`` → ``/evaluate``, or ``/lab/evaluate`` behind a proxy.

    Args:
        path: Without a slash in front.
    """
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}/{path}" if base else f"/{path}"


def whole_number(parameter: str, *, default: int) -> int:
    """A whole number in the address; the default where there is none, or something else."""
    asked = st.query_params.get(parameter, "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else default
