"""Addresses inside the app, wherever it is mounted."""

from __future__ import annotations

import streamlit as st


def rooted(path: str) -> str:
    """The absolute path of something inside the app: ``evaluate`` → ``/evaluate``, or ``/lab/evaluate`` behind a proxy.

    Args:
        path: Without a slash in front.
    """
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}/{path}" if base else f"/{path}"
