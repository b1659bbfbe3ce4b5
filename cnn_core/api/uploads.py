"""A request's body → pictures to read, within limits: what is too large is refused before it is in memory."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import BinaryIO

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from cnn_core.api.limits import Limits
from cnn_core.api.request_error import RequestError
from cnn_core.api.waiting import Place
from cnn_core.images.decode import Picture, decode_picture

NamedPicture = tuple[str, Callable[[], Picture]]

FORM = "multipart/form-data"
BYTES = "application/octet-stream"
# What a picture is called that came without a name.
NAMELESS = "picture"
# Fields that are no files are refused, but by a sentence that names them.
_MAX_FIELDS = 20

_HOW_TO_SEND = (
    f"Send pictures as {FORM} (curl -F files=@shirt.jpg), or one picture as the whole body with the content type "
    f"image/… or {BYTES}."
)


def check_headers(request: Request, limits: Limits) -> None:
    """Refuse what can be refused before the body is read.

    Raises:
        RequestError: There is no body, it is of a kind that brings no pictures, or larger than is read.
    """
    length = request.headers.get("content-length", "")
    if length in ("", "0") and "transfer-encoding" not in request.headers:
        raise RequestError(400, f"There is no picture in the request. {_HOW_TO_SEND}")
    kind = _content_type(request)
    if kind not in (FORM, BYTES) and not kind.startswith("image/"):
        came = f"'{kind}'" if kind else "no content type"
        raise RequestError(415, f"The request has {came}, which brings no pictures. {_HOW_TO_SEND}")
    if length.isascii() and length.isdecimal() and int(length) > limits.body_bytes:
        raise _too_large(limits)


@asynccontextmanager
async def received_pictures(request: Request, limits: Limits, place: Place) -> AsyncIterator[list[NamedPicture]]:
    """Read the body: the pictures' names as they were sent, and what reads each picture, once, in any thread.

    Of a form, files over 1 MB lie in the folder for temporary files; all are gone afterwards.

    Raises:
        RequestError: The body is too large, arrives too slowly, cannot be read, or holds no or too many pictures; or
            the server holds too much already.
    """
    counted = Request(request.scope, _counting(request.receive, limits, place))
    try:
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
        pictures = _pictures_of(form)
        if body:
            pictures.append((NAMELESS, functools.partial(decode_picture, body, NAMELESS)))
        if not pictures:
            raise RequestError(400, f"There is no picture in the request. {_HOW_TO_SEND}")
        yield pictures
    finally:
        await form.close()


def _pictures_of(form: FormData) -> list[NamedPicture]:
    pictures: list[NamedPicture] = []
    for field, part in form.multi_items():
        if not isinstance(part, UploadFile):
            raise RequestError(
                400,
                f"The field '{_writable(field)}' is text, expected a file with a name. 'run' and 'top' belong into "
                "the address: /predict?run=showcase&top=3.",
            )
        # An empty file field of a form in a browser.
        if part.filename or part.size:
            name = _writable(part.filename or NAMELESS)
            pictures.append((name, functools.partial(_read, part.file, name)))
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
