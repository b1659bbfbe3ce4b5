"""A dataset as a ZIP that is made while it is sent: a download button would hold it in memory."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from cnn_core.data.export import dataset_zip
from cnn_core.errors import CnnLabError, DatasetError
from pages.parts.address import rooted

_FOLDER = "datasets"


def zip_address(name: str) -> str:
    """Where a browser finds the ZIP of a dataset."""
    return rooted(f"{_FOLDER}/{quote(name, safe='')}.zip")


def routes() -> list[Route]:
    """What the app must serve. To be called when the server's settings are known."""
    return [Route(rooted(f"{_FOLDER}/{{name}}.zip"), _serve)]


def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    try:
        pieces = dataset_zip(name)
    except DatasetError:
        # Not the error's own words: they say where this computer keeps its data.
        return PlainTextResponse("There is no such dataset here, or it is damaged.", status_code=404)
    except CnnLabError:
        return PlainTextResponse("The dataset cannot be read from this computer's disk.", status_code=503)
    # Headers are Latin-1; a folder that was named by hand may have any name.
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}.zip"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)
