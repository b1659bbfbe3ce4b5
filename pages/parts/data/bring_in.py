"""One's own pictures become a dataset: choose where they are, see what would become of them, start, and look at it.

What was chosen has a token in the address (``?job=…``), by which every tab and every later visit finds it again.
"""

from __future__ import annotations

import streamlit as st

from cnn_core.data.own.bringing import asked_settings
from cnn_core.data.own.staging import KIND, find_staged, staged_in
from cnn_core.jobs.job import Job
from cnn_core.jobs.store import active_jobs, find_job
from pages.parts.data.bring_in_done import brought_in
from pages.parts.data.bring_in_form import form
from pages.parts.data.bring_in_source import PARAMETER, choose_source, open_staged
from pages.parts.job_view import JobView
from pages.parts.words import plain


def bring_in() -> None:
    """Show the form, or how far it is."""
    st.subheader("Bring in your own pictures", anchor=False)
    token = st.query_params.get(PARAMETER, "")
    job = find_job(KIND, token) if token else None
    if job is not None or find_staged(token):
        _show(token, job)
        return
    if token:
        st.info(
            "These pictures are no longer waiting here: they were cancelled, or it is too long ago. Nothing of them "
            "was kept. Choose them again.",
            icon=":material/info:",
        )
    _under_way()
    choose_source()


def _show(token: str, job: Job | None) -> None:
    if job is not None and job.is_active:
        st.markdown(
            f"**{plain(_title(job, token))}** is being brought in. You can leave this page, and even close it: it goes "
            "on, and shows up here again."
        )
    JobView(
        key=f"bring-in-{token}",
        find=lambda: find_job(KIND, token),
        offer=lambda: _offer(token),
        result=brought_in,
        retry=lambda: _offer(token),
        doing="Starting…",
        failed="It was not brought in.",
    ).show()


def _offer(token: str) -> None:
    staged = find_staged(token)
    if staged is None:
        st.button("Choose other pictures", icon=":material/arrow_back:", on_click=open_staged, args=(None,))
        return
    failed = find_job(KIND, token)
    form(staged, None if failed is None else asked_settings(failed))


def _under_way() -> None:
    """What others, or this person in another tab, are bringing in at the moment."""
    for job in active_jobs(KIND):
        token = job.job_request().key
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"under-way-{token}"):
            with st.container(width="stretch"):
                st.markdown(f"**{plain(_title(job, token))}** is being brought in: {job.status().share:.0%}")
            st.button(
                "Show", icon=":material/visibility:", on_click=open_staged, args=(token,), key=f"show-bringing-{token}"
            )


def _title(job: Job, token: str) -> str:
    staged = staged_in(job.path, token)
    return asked_settings(job).title if staged is None else staged.source.title
