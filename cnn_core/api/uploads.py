"""A request's body → pictures to read, within limits: what is too large is refused before it is in memory."""

from __future__ import annotations

import asyncio
import functools
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import BinaryIO

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from cnn_core.api.limits import Limits
from cnn_core.api.request_error import RequestError
from cnn_core.api.waiting import Place
from cnn_core.images.archive import Allowance, is_archive
from cnn_core.images.decode import Picture, decode_picture
from cnn_core.images.sources import sources_in

NamedPicture = tuple[str, Callable[[], Picture]]

FORM = "multipart/form-data"
BYTES = "application/octet-stream"
ZIP = "application/zip"
# What a picture is called that came without a name.
NAMELESS = "picture"
_HEAD_BYTES = 4
# Fields that are no files are refused, but by a sentence that names them.
_MAX_FIELDS = 20

_HOW_TO_SEND = (
    f"Send pictures, or ZIPs of them, as {FORM} (curl -F files=@shirt.jpg), or one as the whole body with the content "
    f"type image/…, {ZIP} or {BYTES}."
)


def check_headers(request: Request, limits: Limits) -> None:
    """Refuse what can be refused before the body is read.

    Raises:
        RequestError: A page of another site sends it, there is no body, it is of a kind that brings no pictures, or
            larger than is read.
    """
    # A form may be sent by any page that somebody opens, and without asking first.
    if request.headers.get("sec-fetch-site", "").strip().lower() == "cross-site":
        raise RequestError(403, "A page of another site sent this request. Send it from a program, or from this site.")
    length = request.headers.get("content-length", "")
    if length in ("", "0") and "transfer-encoding" not in request.headers:
        raise RequestError(400, f"There is no picture in the request. {_HOW_TO_SEND}")
    kind = _content_type(request)
    if kind not in (FORM, ZIP, BYTES) and not kind.startswith("image/"):
        came = f"'{kind}'" if kind else "no content type"
        raise RequestError(415, f"The request has {came}, which brings no pictures. {_HOW_TO_SEND}")
    if length.isascii() and length.isdecimal() and int(length) > limits.body_bytes:
        raise _too_large(limits)


@asynccontextmanager
async def received_pictures(
    request: Request, limits: Limits, place: Place, workers: CapacityLimiter | None = None
) -> AsyncIterator[list[NamedPicture]]:
    """Read the body: the pictures' names as they were sent, and what reads each picture, once, in any thread.

    Of a form, files over 1 MB lie in the folder for temporary files; all are gone afterwards.

    Args:
        request: The request.
        limits: What is granted.
        place: What the request holds.
        workers: How many threads may open ZIPs at the same time; ``None``: as AnyIO grants.

    Raises:
        RequestError: The body is too large, arrives too slowly, cannot be read, or holds no or too many pictures; or
            the server holds too much already.
    """
    counted = Request(request.scope, _counting(request.receive, limits, place))
    client = request.client.host if request.client else None
    try:
        with place.arriving(client):
            async with asyncio.timeout(limits.upload_seconds):
                if _content_type(request) != FORM:
                    body = await counted.body()
                    form = FormData()
                else:
                    body = b""
                    form = await counted.form(max_files=limits.files, max_fields=_MAX_FIELDS)
    except TimeoutError as error:
        raise RequestError(
            408, f"The request took longer than {limits.upload_seconds:g} s to arrive. Send fewer pictures at once."
        ) from error
    # A form in an odd character set can raise any ValueError.
    except (HTTPException, ValueError) as error:
        reason = (error.detail if isinstance(error, HTTPException) else str(error)).rstrip(".")
        raise RequestError(400, f"The form cannot be read: {reason}. {_HOW_TO_SEND}") from error
    try:
        files = _files_of(form)
        if body:
            files.append((NAMELESS, io.BytesIO(body)))
        if not files:
            raise RequestError(400, f"There is no picture in the request. {_HOW_TO_SEND}")
        yield await to_thread.run_sync(_pictures_in, files, limits.files, limiter=workers)
    finally:
        await form.close()


def _files_of(form: FormData) -> list[tuple[str, BinaryIO]]:
    files: list[tuple[str, BinaryIO]] = []
    for field, part in form.multi_items():
        if not isinstance(part, UploadFile):
            raise RequestError(
                400,
                f"The field '{_writable(field)}' is text, expected a file with a name. 'run' and 'top' belong into "
                "the address: /predict?run=showcase&top=3.",
            )
        # An empty file field of a form in a browser.
        if part.filename or part.size:
            files.append((_writable(part.filename or NAMELESS), part.file))
    return files


def _pictures_in(files: list[tuple[str, BinaryIO]], most: int) -> list[NamedPicture]:
    """The pictures of all files; those of a ZIP one by one."""
    pictures: list[NamedPicture] = []
    allowance = Allowance()
    for rest, (name, file) in zip(reversed(range(len(files))), files, strict=True):
        head = file.read(_HEAD_BYTES)
        file.seek(0)
        left_out = 0
        if is_archive(head):
            found = sources_in(file.read(), name, allowance)
            pictures += [(_writable(source.name), source.read) for source in found]
            left_out = found.left_out
        else:
            pictures.append((name, functools.partial(_read, file, name)))
        # Before the next ZIP is opened: each may hold thousands.
        if len(pictures) + left_out > most:
            raise RequestError(
                413,
                f"The request holds {len(pictures) + left_out:,} pictures{' at least' if rest else ''}: "
                f"up to {most:,} are read. Divide it into several.",
            )
    return pictures


def _read(file: BinaryIO, name: str) -> Picture:
    return decode_picture(file.read(), name)


def _writable(name: str) -> str:
    """A name without what JSON in UTF-8 cannot hold."""
    return name.encode("utf-8", "replace").decode()


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _counting(receive: Receive, limits: Limits, place: Place) -> Receive:
    """Pass messages on, and refuse the one with which the body becomes too large."""

    async def counted() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            count = len(message.get("body", b""))
            if place.held + count > limits.body_bytes:
                raise _too_large(limits)
            place.hold(count)
        return message

    return counted


def _too_large(limits: Limits) -> RequestError:
    return RequestError(
        413,
        f"The request is too large: up to {limits.body_mb:g} MB are read. Send fewer at once, or smaller pictures.",
    )
