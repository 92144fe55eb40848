"""Requests byte by byte: what no HTTP library would send."""

import contextlib
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPResponse
from urllib.parse import urlsplit

_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send(
    url: str,
    method: str,
    target: str | bytes,
    headers: Mapping[str, str | bytes] | Sequence[tuple[str, str | bytes]] = (),
    body: bytes = b"",
) -> Answer:
    """One request on a connection of its own; `target` goes out as it is, and so do the headers."""
    given = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    names = {name.lower() for name, _ in given}
    if "content-length" not in names and "transfer-encoding" not in names and (body or method in {"POST", "PUT"}):
        given.append(("Content-Length", str(len(body))))
    parts = urlsplit(url)
    lines = [b"%b %b HTTP/1.1" % (method.encode(), _bytes(target)), b"Host: %b" % parts.netloc.encode()]
    lines += [b"%b: %b" % (name.encode(), _bytes(value)) for name, value in (*given, ("Connection", "close"))]
    with socket.create_connection((parts.hostname or "", parts.port or 80), _TIMEOUT_S) as connection:
        # A server may answer and close before it has read a body that it refuses.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        with HTTPResponse(connection, method=method) as response:
            response.begin()
            answered = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, answered, response.read())


def first_line(url: str, request: bytes) -> bytes:
    """The status line that the server answers these bytes with; empty where it only closes."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 80), _TIMEOUT_S) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return connection.makefile("rb").readline()
        return b""


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
