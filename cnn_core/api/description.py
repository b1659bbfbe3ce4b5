"""The API in OpenAPI 3.1, made of the types that it answers with."""

from __future__ import annotations

import functools
import json
from typing import Any

from pydantic import TypeAdapter

from cnn_core.api.limits import Limits
from cnn_core.api.schemas import Answers, Error, Health, PredictForm, PredictQuery, Runs
from cnn_core.api.uploads import BYTES, FORM, ZIP

_REFUSALS = {
    400: "There is no picture in the request, or its form cannot be read.",
    403: "A page of another site sent the request.",
    404: "There is no such run.",
    405: "The path does not answer this method.",
    408: "The request took too long to arrive.",
    409: "The run has no network that can be asked.",
    413: "The request is too large, or holds too many pictures.",
    415: "The content type brings no pictures.",
    422: "A parameter in the address is wrong.",
    429: "This address has asked too often, or sends too much at once.",
    503: "The server is busy, or its disk cannot be read.",
}
_WITH_RETRY_AFTER = (429, 503)
_WHOLE_BODY = {"type": "string", "format": "binary", "minLength": 1}


@functools.lru_cache(maxsize=4)
def describe(server: str, limits: Limits) -> bytes:
    """The description as JSON.

    Args:
        server: The path under which the API lies: "/api/v1".
        limits: What is granted.
    """
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "CNN Lab",
                "version": "1",
                "description": "Classifies pictures with the networks of CNN Lab: the answers of "
                f"`python -m cnn_core predict --json`. {_in_words(limits)}",
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [{"url": server}],
            "paths": {
                "/predict": {"post": _predict()},
                "/runs": {"get": _get("listRuns", "List the runs", "Runs", 405, 429, 503)},
                "/health": {"get": _get("health", "Whether the server answers", "Health", 405)},
            },
            "components": {"schemas": _schemas(limits)},
        }
    ).encode()


def _in_words(limits: Limits) -> str:
    rate = f" One address may send {limits.rate:g} pictures a second, {limits.burst} at once." if limits.rate else ""
    return f"A request brings up to {limits.files} pictures and {limits.body_mb:g} MB.{rate}"


def _predict() -> dict[str, Any]:
    properties = PredictQuery.model_json_schema()["properties"]
    return {
        "operationId": "predict",
        "summary": "Classify pictures",
        "description": "A picture that cannot be answered has its error in its row, and the others go on. "
        "Of a ZIP, every picture has a row.",
        "parameters": [
            {
                "name": name,
                "in": "query",
                "description": schema["description"],
                "schema": {key: value for key, value in schema.items() if key not in ("title", "description")},
            }
            for name, schema in properties.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                FORM: {"schema": _reference("PredictForm")},
                **{kind: {"schema": dict(_WHOLE_BODY)} for kind in ("image/*", ZIP, BYTES)},
            },
        },
        "responses": {"200": _body("Answers", "An answer for each picture."), **_refusals(*_REFUSALS)},
    }


def _get(name: str, summary: str, answer: str, *refusals: int) -> dict[str, Any]:
    responses = {"200": _body(answer, summary), **_refusals(*refusals)}
    return {"operationId": name, "summary": summary, "responses": responses}


def _refusals(*statuses: int) -> dict[str, Any]:
    found = {str(status): _body("Error", _REFUSALS[status]) for status in statuses}
    for status in _WITH_RETRY_AFTER:
        if str(status) in found:
            seconds = {"description": "seconds to wait", "schema": {"type": "integer", "minimum": 1}}
            found[str(status)]["headers"] = {"Retry-After": seconds}
    return found


def _body(schema: str, description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _reference(schema)}}}


def _reference(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _schemas(limits: Limits) -> dict[str, Any]:
    kinds: tuple[Any, ...] = (Answers, Error, Health, Runs)
    adapters: list[Any] = [(kind.__name__, "serialization", TypeAdapter(kind)) for kind in kinds]
    adapters.append((PredictForm.__name__, "validation", TypeAdapter(PredictForm)))
    _, schemas = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
    found: dict[str, Any] = schemas["$defs"]
    found[PredictForm.__name__]["properties"]["files"]["maxItems"] = limits.files
    return found
