"""The corrections of a run as a ZIP that is made while it is sent: a download button would hold it in memory."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from cnn_core.errors import CnnLabError, RunError
from cnn_core.runs.directory import Run
from cnn_core.runs.feedback_zip import feedback_zip
from cnn_core.runs.store import find_run
from pages.parts.address import rooted

_FOLDER = "feedback"


def zip_address(run: Run) -> str:
    """Where a browser finds the ZIP."""
    return rooted(f"{_FOLDER}/{quote(run.id, safe='')}.zip")


def routes() -> list[Route]:
    """What the app must serve. To be called when the server's settings are known."""
    return [Route(rooted(f"{_FOLDER}/{{run}}.zip"), _serve)]


def _serve(request: Request) -> Response:
    try:
        run = find_run(request.path_params["run"])
    except RunError:
        # Not the error's own words: they say where this computer keeps its runs.
        return PlainTextResponse("There is no such run: it was deleted, or never was here.", status_code=404)
    try:
        pieces = feedback_zip(run)
    except RunError as error:
        return PlainTextResponse(str(error), status_code=404)
    except CnnLabError:
        return PlainTextResponse("The feedback cannot be read from this computer's disk.", status_code=503)
    headers = {"Content-Disposition": f'attachment; filename="{run.id}-feedback.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)
