"""The API as an ASGI application, to be mounted beside the pages. Importing it loads no TensorFlow."""

from __future__ import annotations

import functools

from anyio import CapacityLimiter, to_thread
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cnn_core.api.description import describe
from cnn_core.api.limits import Limits, read_limits
from cnn_core.api.rate import RateLimit
from cnn_core.api.replies import HANDLERS, JSON, json_reply
from cnn_core.api.request_error import RequestError
from cnn_core.api.run_rows import all_runs
from cnn_core.api.schemas import Answers, Health, PredictQuery, Runs
from cnn_core.api.uploads import NamedPicture, check_headers, received_pictures
from cnn_core.api.waiting import WaitingRoom
from cnn_core.errors import RunError
from cnn_core.inference.classifier import AnswerRow
from cnn_core.inference.loaded import LoadedRuns, loaded_runs
from cnn_core.runs.directory import Run
from cnn_core.runs.store import find_run, list_runs

# Pictures of one request that are classified before another request has its turn.
_AT_A_TIME = 4


class Api:
    """The endpoints, and what they share: limits, places, workers.

    Args:
        limits: What is granted.
        loaded: Where classifiers come from.
    """

    def __init__(self, limits: Limits, loaded: LoadedRuns = loaded_runs) -> None:
        self._limits = limits
        self._loaded = loaded
        self._rate = RateLimit(limits.rate, limits.burst)
        self._room = WaitingRoom(limits.waiting, limits.held_bytes)
        self._workers = CapacityLimiter(limits.workers)

    async def predict(self, request: Request) -> Response:
        """Classify the pictures of a request."""
        client = request.client.host if request.client else None
        self._rate.take(client)
        query = _query(request)
        check_headers(request, self._limits)
        run = await to_thread.run_sync(_run_with_model, query.run)
        with self._room.place() as place:
            async with received_pictures(request, self._limits, place, self._workers) as pictures:
                self._rate.charge(client, len(pictures) - 1)
                rows: list[AnswerRow] = []
                for start in range(0, len(pictures), _AT_A_TIME):
                    if await request.is_disconnected():
                        raise ClientDisconnect
                    some = pictures[start : start + _AT_A_TIME]
                    work = functools.partial(self._rows, run, some, query.top)
                    rows += await to_thread.run_sync(work, limiter=self._workers)
        return json_reply(Answers, {"run": query.run, "answers": rows})

    def _rows(self, run: Run, pictures: list[NamedPicture], top: int) -> list[AnswerRow]:
        try:
            return list(self._loaded.classifier(run).rows(pictures, top))
        except RunError as error:
            raise RequestError(409, str(error)) from error

    async def runs(self, request: Request) -> Response:
        """List the runs."""
        self._rate.take(request.client.host if request.client else None)
        return json_reply(Runs, {"runs": await to_thread.run_sync(all_runs)})

    async def health(self, _request: Request) -> Response:
        """Say that the server answers."""
        return json_reply(Health, {"status": "ok", "requests": len(self._room), "networks": len(self._loaded)})

    async def description(self, request: Request) -> Response:
        """Describe the API in OpenAPI 3.1."""
        return Response(describe(f"{request.scope.get('root_path', '')}/v1", self._limits), media_type=JSON)


def create_api(limits: Limits | None = None, loaded: LoadedRuns = loaded_runs) -> Starlette:
    """The API under ``/v1``.

    Args:
        limits: What is granted; ``None``: as the environment says.
        loaded: Where classifiers come from.

    Raises:
        ConfigError: The environment sets a limit that is none.
    """
    api = Api(limits or read_limits(), loaded)
    app = Starlette(
        routes=[
            Route("/v1/predict", api.predict, methods=["POST"]),
            Route("/v1/runs", api.runs),
            Route("/v1/health", api.health),
            Route("/v1/openapi.json", api.description),
        ],
        exception_handlers=HANDLERS,
    )
    app.router.redirect_slashes = False
    return app


def _query(request: Request) -> PredictQuery:
    asked = request.query_params
    try:
        if len(asked.multi_items()) > len(asked):
            raise RequestError(422, f"'{_twice(request)}' is in the address more than once. Name it once.")
        return PredictQuery.model_validate(dict(asked))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        if name not in PredictQuery.model_fields:
            known = ", ".join(PredictQuery.model_fields)
            raise RequestError(422, f"There is no parameter '{name}'. In the address can be: {known}.") from error
        described = PredictQuery.model_fields[name].description
        why = f"{first['msg'][0].lower()}{first['msg'][1:]}"
        raise RequestError(422, f"'{name}' ({described}) is '{asked[name][:80]}': {why}.") from error


def _twice(request: Request) -> str:
    names = [name for name, _ in request.query_params.multi_items()]
    return next(name for name in names if names.count(name) > 1)


def _run_with_model(run_id: str) -> Run:
    try:
        run = find_run(run_id)
    except RunError as error:
        known = ["showcase", *(run.id for run in list_runs()[:3])]
        raise RequestError(
            404, f"There is no run '{run_id}'. GET /api/v1/runs lists the runs, for example {', '.join(known)}."
        ) from error
    try:
        run.model_path()
    except RunError as error:
        raise RequestError(409, str(error)) from error
    return run
