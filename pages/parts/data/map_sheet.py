"""The thumbnails of a map in one picture, at an address of its own: a browser fetches it once, and keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cnn_core.data.catalogue import DatasetCard, dataset_card
from cnn_core.data.understand.image_map import draw_images
from cnn_core.data.understand.small import Sheet, sheet_of
from cnn_core.errors import CnnLabError
from pages.parts import cached
from pages.parts.address import rooted

_FOLDER = "maps"


@dataclass(frozen=True)
class SheetLink:
    """Where the thumbnails are, and how they lie there.

    Attributes:
        address: Of the picture.
        columns: Thumbnails in a row.
        width: Of a thumbnail, in pixels.
        height: Of a thumbnail, in pixels.
    """

    address: str
    columns: int
    width: int
    height: int


def sheet_link(card: DatasetCard) -> SheetLink:
    """The thumbnails of the images that a dataset's maps show.

    Raises:
        DatasetError: The dataset is not here, or damaged.
    """
    sheet = _sheet(card.name, card.checksum)
    address = rooted(f"{_FOLDER}/{quote(card.name, safe='')}/{card.checksum}")
    return SheetLink(address, sheet.columns, sheet.width, sheet.height)


def routes() -> list[Route]:
    """What the app must serve. To be called when the server's settings are known."""
    return [Route(rooted(f"{_FOLDER}/{{name}}/{{checksum}}"), _serve)]


@st.cache_resource(max_entries=4, show_spinner=False)
def _sheet(name: str, checksum: str) -> Sheet:  # noqa: ARG001 - the cache's key
    return sheet_of(draw_images(cached.dataset(name)).images)


def _serve(request: Request) -> Response:
    name, checksum = request.path_params["name"], request.path_params["checksum"]
    try:
        # Made anew only where the server was started again meanwhile.
        sheet = _sheet(name, checksum) if dataset_card(name).checksum == checksum else None
    except CnnLabError:
        sheet = None
    if sheet is None:
        return PlainTextResponse("There is no such dataset here, or it has changed. Reload the page.", status_code=404)
    # The address changes with the images.
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(sheet.data, media_type=f"image/{sheet.kind}", headers=headers)
