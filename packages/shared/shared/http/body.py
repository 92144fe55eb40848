"""Bounds on the bodies of requests: refused before they are read where Content-Length says so, else while reading."""

from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from shared.errors import InvalidInput, TooLarge

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimitMiddleware:
    """Raises TooLarge for a body of more than `limit_bytes`, whether it is announced or streamed."""

    def __init__(self, app: "ASGIApp", *, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        check_announced(Headers(scope=scope), self._limit_bytes)
        read = 0

        async def counting() -> "Message":
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                check_size(read, self._limit_bytes)
            return message

        await self._app(scope, counting, send)


async def read_body(request: "Request", limit_bytes: int) -> bytes:
    """The whole body; raises TooLarge as soon as it is known to have more than `limit_bytes`."""
    check_announced(request.headers, limit_bytes)
    parts: list[bytes] = []
    read = 0
    async for part in request.stream():
        read += len(part)
        check_size(read, limit_bytes)
        parts.append(part)
    return b"".join(parts)


def check_announced(headers: Headers, limit_bytes: int) -> None:
    """Raises TooLarge if Content-Length is above the limit, InvalidInput if it is no number."""
    announced = headers.get("content-length")
    if announced is None:
        return
    if not (announced.isascii() and announced.isdigit()):
        raise InvalidInput("Content-Length is not a number", field="content-length")
    check_size(int(announced), limit_bytes)


def check_size(size_bytes: int, limit_bytes: int) -> None:
    """Raises TooLarge, naming limit and value."""
    if size_bytes > limit_bytes:
        raise TooLarge(f"the body has {size_bytes} bytes or more, the limit is {limit_bytes}", field="body")
