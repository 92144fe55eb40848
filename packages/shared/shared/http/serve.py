"""Serves an application in the foreground."""

import signal
import socket
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
import uvicorn

if TYPE_CHECKING:
    from fastapi import FastAPI

    from shared.settings import ServiceSettings

_CANNOT_BIND_STATUS = 1
_BACKLOG = 2048
_MAX_HEADERS_BYTES = 64 * 1024
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve(app: "FastAPI", settings: "ServiceSettings") -> None:
    """Serve until SIGINT or SIGTERM, then let requests in progress end and return.

    A second SIGINT ends them at once. A taken port ends the process with one line that names the setting. Port 0 is a
    free one; the event `http_server_started` tells it. A lifespan that fails ends the process with uvicorn's status 3.
    """
    listener = _listen(settings.bind_host, settings.http_port)
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_grace_s)),
        h11_max_incomplete_event_size=_MAX_HEADERS_BYTES,
    )
    with listener:
        _Server(config).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Ends with status 0 when it is told to stop: a drained server is no failure, and no signal's victim."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            structlog.get_logger("shared.http").info("http_server_started", host=host, port=port)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only then: without it each answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        sys.stderr.write(f"HTTP_PORT: cannot listen on {host} port {port}: {error.strerror}\n")
        raise SystemExit(_CANNOT_BIND_STATUS) from None
    return listener
