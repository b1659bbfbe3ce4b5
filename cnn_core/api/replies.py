"""Replies: JSON of the types that the description is made of, and an error for whatever is not answered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cnn_core.api.request_error import RequestError
from cnn_core.api.schemas import Answers, Error, Health, Runs
from cnn_core.errors import CnnLabError

JSON = "application/json"

_logger = logging.getLogger("cnn_lab")

_BODIES: dict[Any, TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in (Answers, Error, Health, Runs)}


def json_reply(kind: Any, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A reply of one of the types of :mod:`cnn_core.api.schemas`. No cache keeps it: it is about this moment."""
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(_BODIES[kind].dump_json(value), status, headers, media_type=JSON)


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return json_reply(Error, {"error": message}, status, headers)


async def _refused(_request: Request, error: RequestError) -> Response:
    return _error(error.status, str(error), error.headers)


async def _not_here(request: Request, error: HTTPException) -> Response:
    path = request.url.path
    if error.status_code == 405:
        allowed = dict(error.headers or {}).get("Allow", "")
        return _error(405, f"'{path}' does not answer {request.method}, but {allowed}.", {"Allow": allowed})
    return _error(error.status_code, f"There is nothing at '{path}'. /api/v1/openapi.json describes what there is.")


async def _impossible(_request: Request, error: CnnLabError) -> Response:
    # A disk that cannot be read, say: nothing that another request would mend. Where files lie is for the operator.
    _logger.warning("A request to the API was not answered: %s", error)
    return _error(503, "The server cannot read or write its files now: its log says why. Tell whoever runs it.")


async def _gone(_request: Request, _left: ClientDisconnect) -> Response:
    return Response(status_code=400)


async def _bug(_request: Request, _raised: Exception) -> Response:
    # Starlette logs it with its traceback once this is sent.
    return _error(500, "This is a bug of CNN Lab: the server's log says more.")


HANDLERS: dict[Any, Callable[[Request, Any], Any]] = {
    RequestError: _refused,
    HTTPException: _not_here,
    CnnLabError: _impossible,
    ClientDisconnect: _gone,
    Exception: _bug,
}
